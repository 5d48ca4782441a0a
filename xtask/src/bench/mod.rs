//! `cargo xtask bench [NAME] [--json]`: figures, each printed beside what it should be compared with.
//!
//! Nothing is asserted here: a machine that is busy with something else must not turn a build red. Each bench
//! measures its reference in the same run, so the ratio means something on any machine.

pub(crate) mod canned;
mod decode;
mod delay;
mod link;
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

/// A bench: its name, what it shows, and how to run it.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Vec<Figure>, Failure>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "decode", about: "decoding one dialog update", run: decode::run },
    Bench { name: "link", about: "what one notification link costs", run: link::run },
    Bench {
        name: "memory",
        about: "allocations of an event, and what a list of 6,000 users holds",
        run: memory::run,
    },
    Bench { name: "link-loss", about: "from a stream that is cut to the decision", run: link_loss::run },
    Bench { name: "switch", about: "from the decision to move to being live again", run: switch::run },
    Bench {
        name: "round-trips",
        about: "the same, counted in round trips of a long line",
        run: round_trips::run,
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
        for figure in (bench.run)()? {
            say(&if json { line(&figure) } else { sentence(&figure) });
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
