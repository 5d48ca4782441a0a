//! `cargo xtask ci`: what CI runs, nothing more and nothing hidden.
//!
//! The steps are ordered so that the quick and the telling come first, and so that nothing is compiled twice: clippy and
//! the documentation share one set of checked dependencies, tests, examples and demo share one debug build of the
//! whole workspace. A step that fails does not stop the others; the table at the end shows all of them.

use std::time::{Duration, Instant};

use xshell::Shell;

use crate::Outcome;
use crate::report::{Failure, say, seconds, table};
use crate::shell::{cargo, shell};
use crate::{demo, deny, examples, features, fuzz, interop, sim};

/// One step: its name, what it does, and how to see or mend a failure by hand.
struct Step {
    name: &'static str,
    run: fn(&Shell, &Options) -> Outcome,
    remedy: &'static str,
}

/// What the flags of the command line say.
struct Options {
    advisories: bool,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        run: |shell, _| quietly(cargo(shell, &["fmt", "--all", "--check"])),
        remedy: "run `cargo fmt --all`",
    },
    Step {
        name: "clippy",
        run: |shell, _| {
            quietly(cargo(
                shell,
                &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
            ))
        },
        remedy: "mend what clippy names; an `allow` carries its reason",
    },
    Step {
        name: "docs",
        run: |shell, _| {
            quietly(
                cargo(shell, &["doc", "--workspace", "--no-deps", "--quiet"])
                    .env("RUSTDOCFLAGS", "-D warnings"),
            )
        },
        remedy: "run `cargo doc --workspace --no-deps`; most often a link in a comment leads nowhere",
    },
    Step {
        name: "test",
        run: |shell, _| quietly(cargo(shell, &["test", "--workspace", "--no-fail-fast", "--quiet"])),
        remedy: "run the named test alone: `cargo test -p CRATE NAME`",
    },
    Step {
        name: "examples",
        run: |_, _| examples::run(&[]),
        remedy: "run the named example alone: `cargo run -p CRATE --example NAME`",
    },
    Step {
        name: "sim",
        run: |_, _| sim::run(&[]),
        remedy: "replay the seed named above: `cargo xtask sim --seed S`",
    },
    Step {
        name: "demo",
        run: |_, _| demo::run(&[]),
        remedy: "run `cargo run -p finesse-cli -- demo` and read the time line",
    },
    Step {
        name: "interop",
        run: |_, _| interop::run(&[]),
        remedy: "run `cargo xtask interop --keep` and read the servers' logs it names",
    },
    Step {
        name: "deny",
        run: |_, options| {
            let flag = options.advisories.then(|| "--advisories".to_owned());
            deny::run(&flag.into_iter().collect::<Vec<_>>())
        },
        remedy: "read deny.toml, and the crate named above",
    },
    Step {
        name: "fuzz",
        run: |shell, _| fuzz::check(shell),
        remedy: "run `cargo check --manifest-path fuzz/Cargo.toml`",
    },
    Step { name: "features", run: |_, _| features::run(&[]), remedy: "run the named `cargo check` by hand" },
];

/// Runs all steps, or only those named.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = Options { advisories: arguments.iter().any(|argument| argument == "--advisories") };
    let named: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| *argument != "--advisories").collect();
    if let Some(unknown) = named.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        return Err(Failure::new(format!(
            "no step is called {unknown:?}; the steps are {}",
            known.join(", ")
        )));
    }
    let shell = shell()?;
    let begun = Instant::now();
    let mut results = Vec::new();
    for step in STEPS.iter().filter(|step| named.is_empty() || named.contains(&step.name)) {
        say(&format!("ci: {} ...", step.name));
        let started = Instant::now();
        let outcome = (step.run)(&shell, &options);
        let took = started.elapsed();
        match &outcome {
            Ok(()) => say(&format!("ci: {} ok in {}", step.name, seconds(took))),
            Err(failure) => {
                say(&format!("ci: {} FAILED in {}: {failure}", step.name, seconds(took)));
                say(&format!("    what to do: {}", step.remedy));
            }
        }
        results.push((step, outcome.is_ok(), took));
    }
    close(&results, begun.elapsed())
}

/// The overall table, and the verdict.
fn close(results: &[(&Step, bool, Duration)], total: Duration) -> Outcome {
    let mut rows: Vec<Vec<String>> = results
        .iter()
        .map(|(step, fine, took)| {
            let verdict = if *fine { "ok" } else { "FAILED" };
            vec![step.name.to_owned(), verdict.to_owned(), seconds(*took)]
        })
        .collect();
    let failed: Vec<&str> =
        results.iter().filter(|(_, fine, _)| !fine).map(|(step, _, _)| step.name).collect();
    let verdict = if failed.is_empty() { "ok" } else { "FAILED" };
    rows.push(vec!["all".to_owned(), verdict.to_owned(), seconds(total)]);
    table(&rows);
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "failed: {}; once mended, run only these again: cargo xtask ci {}",
        failed.join(", "),
        failed.join(" ")
    )))
}

/// Runs a command whose own output says enough.
fn quietly(command: xshell::Cmd<'_>) -> Outcome {
    command.quiet().run().map_err(|_| Failure::new("see the messages above"))
}
