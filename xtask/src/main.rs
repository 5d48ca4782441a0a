//! The tasks of this workspace: `cargo xtask NAME`.
//!
//! This file is a table from sub-command to function and nothing else; each task lives in a file of its own. Tasks
//! are Rust, not shell scripts, so that they run wherever Rust runs. A task that fails says what to do.

mod bench;
mod ci;
mod demo;
mod deny;
mod examples;
mod features;
mod fuzz;
mod interop;
mod operations;
mod pair;
mod payload;
mod report;
mod shell;
mod sim;
mod simulation;
mod tidy;
mod tokens;

use std::process::ExitCode;

use report::{Failure, say};

/// What every task returns: nothing, or a sentence for the person who ran it.
type Outcome = Result<(), Failure>;

/// One sub-command.
struct Task {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

/// Every sub-command, in the order a newcomer would want to meet them.
const TASKS: &[Task] = &[
    Task {
        name: "ci",
        usage: "[STEP...] [--advisories]",
        about: "everything CI runs, or only the steps named",
        run: ci::run,
    },
    Task {
        name: "tidy",
        usage: "",
        about: "the rules of the house: layering, manifests, file lengths, pure cores",
        run: tidy::run,
    },
    Task {
        name: "features",
        usage: "",
        about: "checks each feature alone and the combinations that matter",
        run: features::run,
    },
    Task {
        name: "deny",
        usage: "[--advisories]",
        about: "licences, sources and duplicate versions of every dependency",
        run: deny::run,
    },
    Task {
        name: "examples",
        usage: "",
        about: "runs every example that needs no server",
        run: examples::run,
    },
    Task {
        name: "interop",
        usage: "[--keep] [--write]",
        about: "the conformance suite: every transport against simulator and Prosody, and one failover",
        run: interop::run,
    },
    Task {
        name: "operations",
        usage: "",
        about: "writes the table of every operation of the REST API, from its list",
        run: operations::run,
    },
    Task {
        name: "fuzz",
        usage: "[TARGET] [SECONDS]",
        about: "runs the fuzz targets, each for 30 s unless told; needs cargo-fuzz",
        run: fuzz::run,
    },
    Task {
        name: "sim",
        usage: "[--seeds N] [--seed S]",
        about: "many simulated failures under one clock, or the replay of one",
        run: sim::run,
    },
    Task {
        name: "bench",
        usage: "[NAME] [--json]",
        about: "the figures, each beside its floor",
        run: bench::run,
    },
    Task {
        name: "bench-server",
        usage: "",
        about: "the canned server that the link bench starts for itself",
        run: bench::canned::run,
    },
    Task {
        name: "bench-links",
        usage: "TRANSPORT",
        about: "the memory of idle links, for which the link bench starts a process",
        run: bench::link::run_memory,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        usage();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "-h" | "--help") {
        usage();
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        say(&format!("xtask: no task is called {name:?}"));
        usage();
        return ExitCode::from(2);
    };
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("xtask {name}: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    say("usage: cargo xtask TASK");
    for task in TASKS {
        say(&format!("  {:<38} {}", format!("{} {}", task.name, task.usage), task.about));
    }
}
