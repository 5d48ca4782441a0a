//! `cargo xtask tidy`: the rules of the house. They are ordinary tests (`xtask/tests/tidy`), so `cargo test` runs them too.

use crate::Outcome;
use crate::report::Failure;
use crate::shell::{cargo, shell};

/// Runs the tidy tests alone.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let shell = shell()?;
    cargo(&shell, &["test", "--package", "xtask", "--test", "tidy"])
        .quiet()
        .run()
        .map_err(|_| Failure::new("a rule is broken; the messages above name the place and the remedy"))
}
