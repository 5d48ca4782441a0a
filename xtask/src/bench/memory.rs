//! Allocations of one event and the memory of a long list, as the program beside this one counts them.

use serde::Deserialize;

use super::Figure;
use crate::report::Failure;
use crate::shell::{cargo, shell};

/// What the program prints.
#[derive(Deserialize)]
struct Line {
    name: String,
    value: f64,
    unit: String,
    reference: f64,
    what: String,
}

/// Builds the program, as this one was built, and runs it.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let shell = shell()?;
    let mut command = cargo(&shell, &["run", "--quiet", "--package", "xtask", "--bin", "allocations"]);
    if !cfg!(debug_assertions) {
        command = command.arg("--release");
    }
    let printed = command.quiet().read()?;
    printed
        .lines()
        .map(|line| {
            let Line { name, value, unit, reference, what } = serde_json::from_str(line)?;
            Ok(Figure { name, value, unit: unit.into(), reference: Some((reference, what)) })
        })
        .collect()
}
