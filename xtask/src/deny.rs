//! `cargo xtask deny`: licences, sources and duplicate versions of the dependency tree, by cargo-deny and `deny.toml`.
//!
//! The tool is built once into `target/tools` (about a minute and a half on two cores) and never touches what the user has
//! installed. Advisories are checked only on request: they need a fresh copy of a database from the network, and a
//! build must not turn red because the world learnt something while nobody changed anything.

use std::path::PathBuf;

use xshell::Shell;

use crate::Outcome;
use crate::report::{Failure, say};
use crate::shell::{cargo, clean, shell, target};

/// Pinned, so that a new release cannot change what passes.
const VERSION: &str = "0.20.2";

/// Runs the checks that need no network, and `advisories` on request.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let shell = shell()?;
    let tool = tool(&shell)?;
    let mut checks = vec!["check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    if arguments.iter().any(|argument| argument == "--advisories") {
        checks.push("advisories");
    }
    clean(shell.cmd(&tool).args(["--log-level", "warn", "--workspace", "--all-features"]).args(&checks))
        .quiet()
        .run()
        .map_err(|_| {
            Failure::new(
                "the dependency tree breaks a rule of deny.toml; drop or replace the crate named above, or add an \
                 exception there together with the reason",
            )
        })
}

/// The path of cargo-deny in the version we want, built if need be.
fn tool(shell: &Shell) -> Result<PathBuf, Failure> {
    let home = target().join("tools");
    let path = home.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if path.exists() {
        let version = shell.cmd(&path).arg("--version").quiet().ignore_stderr().read().unwrap_or_default();
        if version.split_whitespace().any(|word| word == VERSION) {
            return Ok(path);
        }
    }
    say(&format!("deny: building cargo-deny {VERSION} into {} (once)", home.display()));
    // A debug build without debug information is three times quicker to make, and the tool runs for a second.
    cargo(
        shell,
        &["install", "cargo-deny", "--locked", "--debug", "--quiet", "--force", "--version", VERSION],
    )
    .arg("--root")
    .arg(&home)
    .env("CARGO_PROFILE_DEV_DEBUG", "0")
    .quiet()
    .run()
    .map_err(|_| {
        Failure::new(format!(
            "could not build cargo-deny {VERSION}; without access to the registry, put that version at {}",
            path.display()
        ))
    })?;
    Ok(path)
}
