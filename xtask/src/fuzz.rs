//! `cargo xtask fuzz`: builds and runs the fuzz targets of `fuzz/`, all of them or one, for some seconds each.
//!
//! cargo-fuzz does the work and is not installed by us. It asks for a nightly compiler only because of two flags that the stable one
//! takes too when told to (`RUSTC_BOOTSTRAP`). Without sanitizers (`-s none`), since there is no unsafe code of ours to watch: what is
//! looked for is a panic, a broken promise of a target, or memory without bound.

use std::path::PathBuf;

use xshell::Shell;

use crate::Outcome;
use crate::report::{Failure, say};
use crate::shell::{cargo, root, shell, target};

/// Long enough to go through the corpus and some way beyond it.
const SECONDS: u64 = 30;

/// Runs the target that is named, or all; the seconds are of each.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (mut named, mut seconds) = (None, SECONDS);
    for argument in arguments {
        match argument.parse() {
            Ok(number) => seconds = number,
            Err(_) => named = Some(argument.as_str()),
        }
    }
    let shell = shell()?;
    let mut targets = targets(&shell)?;
    if let Some(name) = named {
        if !targets.iter().any(|target| target == name) {
            return Err(Failure::new(format!(
                "no target is called {name:?}; the targets are {}",
                targets.join(", ")
            )));
        }
        targets.retain(|target| target == name);
    }
    if cargo(&shell, &["fuzz", "--version"]).quiet().ignore_stdout().ignore_stderr().run().is_err() {
        return Err(Failure::new("cargo-fuzz is not there; install it: cargo install cargo-fuzz"));
    }
    shell.change_dir(folder());
    for name in &targets {
        say(&format!("fuzz: {name} for {seconds} s"));
        cargo(&shell, &["fuzz", "run", "--sanitizer", "none", name, "--"])
            .arg(format!("-max_total_time={seconds}"))
            .env("RUSTC_BOOTSTRAP", "1")
            // The flags of a fuzz build are not everybody else's.
            .env("CARGO_TARGET_DIR", target().join("fuzz"))
            .quiet()
            .run()
            .map_err(|_| {
                Failure::new(format!(
                    "{name} found something; the input is named above. Give it a telling name with an ending, put it \
                     into fuzz/corpus/{name}, and the ordinary tests fail until it is mended"
                ))
            })?;
    }
    Ok(())
}

/// Whether the targets still compile, with the flags and in the build directory of everybody else.
pub(crate) fn check(shell: &Shell) -> Outcome {
    cargo(shell, &["check", "--quiet", "--manifest-path", "fuzz/Cargo.toml"])
        .env("CARGO_TARGET_DIR", target())
        .quiet()
        .run()
        .map_err(|_| Failure::new("a fuzz target does not compile; see the messages above"))
}

fn folder() -> PathBuf {
    root().join("fuzz")
}

/// The names of the targets: one file each.
fn targets(shell: &Shell) -> Result<Vec<String>, Failure> {
    let files = shell.read_dir(folder().join("fuzz_targets"))?;
    let mut names: Vec<String> =
        files.iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
