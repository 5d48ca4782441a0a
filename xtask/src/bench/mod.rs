//! `cargo xtask bench [NAME] [--json]`: figures, each printed beside what it should be compared with.
//!
//! Nothing is asserted here: a machine that is busy with something else must not turn a build red. Each bench
//! measures its reference in the same run, so the ratio means something on any machine.

pub(crate) mod canned;
mod decode;
mod delay;
pub(crate) mod link;
mod link_loss;
mod memory;
mod round_trips;
mod stage;
mod statistics;
mod switch;

use std::borrow::Cow;

use serde_json::json;

use crate::Outcome;
use crate::report::{Failure, say};

/// One figure; with `--json` one object a line.
#[derive(Clone)]
pub(crate) struct Figure {
    /// What was measured, such as `decode.dialog-update`.
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: Cow<'static, str>,
    /// What it is compared with, in the same unit, and what that is.
    pub(crate) reference: Option<(f64, String)>,
}

/// What a bench has to say.
pub(crate) enum Entry {
    Figure(Figure),
    /// What could not be measured here, and why.
    Skipped {
        name: String,
        why: String,
    },
}

/// Figures, none of which was skipped.
fn entries(figures: Vec<Figure>) -> Vec<Entry> {
    figures.into_iter().map(Entry::Figure).collect()
}

/// A bench: its name, what it shows, and how to run it.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Vec<Entry>, Failure>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "decode", about: "decoding one dialog update", run: || decode::run().map(entries) },
    Bench { name: "link", about: "what one notification link costs", run: link::run },
    Bench {
        name: "memory",
        about: "allocations of an event, and what a list of 6,000 users holds",
        run: || memory::run().map(entries),
    },
    Bench {
        name: "link-loss",
        about: "from a stream that is cut to the decision",
        run: || link_loss::run().map(entries),
    },
    Bench {
        name: "switch",
        about: "from the decision to move to being live again",
        run: || switch::run().map(entries),
    },
    Bench {
        name: "round-trips",
        about: "the same, counted in round trips of a long line",
        run: || round_trips::run().map(entries),
    },
];

/// Runs all benches, or the one named.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let json = arguments.iter().any(|argument| argument == "--json");
    let named: Vec<&String> = arguments.iter().filter(|argument| *argument != "--json").collect();
    if let Some(unknown) = named.iter().find(|name| BENCHES.iter().all(|bench| bench.name != name.as_str())) {
        let known: Vec<String> =
            BENCHES.iter().map(|bench| format!("{} ({})", bench.name, bench.about)).collect();
        return Err(Failure::new(format!("no bench is called {unknown:?}; there are: {}", known.join(", "))));
    }
    if cfg!(debug_assertions) && !json {
        say("bench: this is a debug build; for figures worth keeping: cargo run --release -p xtask -- bench");
    }
    for bench in
        BENCHES.iter().filter(|bench| named.is_empty() || named.iter().any(|name| *name == bench.name))
    {
        for entry in (bench.run)()? {
            say(&match &entry {
                Entry::Figure(figure) if json => line(figure),
                Entry::Figure(figure) => sentence(figure),
                Entry::Skipped { name, why } if json => json!({ "name": name, "skipped": why }).to_string(),
                Entry::Skipped { name, why } => format!("{name}: {why}, skipped"),
            });
        }
    }
    Ok(())
}

fn line(figure: &Figure) -> String {
    let mut object = json!({ "name": figure.name, "value": figure.value, "unit": figure.unit });
    if let Some((reference, _)) = &figure.reference {
        object["reference"] = json!(reference);
        object["ratio"] = json!(figure.value / reference);
    }
    object.to_string()
}

fn sentence(figure: &Figure) -> String {
    let head = format!("{}: {:.2} {}", figure.name, figure.value, figure.unit);
    match &figure.reference {
        Some((reference, what)) => format!(
            "{head}, beside {reference:.2} {} for {what}: {:.2} times",
            figure.unit,
            figure.value / reference
        ),
        None => head,
    }
}
