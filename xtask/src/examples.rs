//! `cargo xtask examples`: runs every example that needs no server.
//!
//! An example says itself what it needs, in a line of its opening comment: `//! Needs: nothing`, or for instance
//! `//! Needs: a real pair of servers`. A tidy rule sees to it that the line is there.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Outcome;
use crate::report::{Failure, say, seconds};
use crate::shell::{cargo, clean, root, shell, target};

/// Builds all examples, then runs those that need nothing.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let shell = shell()?;
    // The whole workspace is selected on purpose: same features as the tests, so nothing is compiled a second time.
    cargo(&shell, &["build", "--quiet", "--workspace", "--bins", "--examples"]).quiet().run()?;
    let mut failed = Vec::new();
    for file in files()? {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match needs(&file)?.as_deref() {
            Some("nothing") => {}
            Some(needs) => {
                say(&format!("examples: {name} not run, it needs {needs}"));
                continue;
            }
            None => {
                failed.push(format!("{}: says nowhere what it needs", file.display()));
                continue;
            }
        }
        let program = target().join("debug/examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let started = Instant::now();
        let output = clean(shell.cmd(program)).quiet().ignore_status().output()?;
        if output.status.success() {
            say(&format!("examples: {name} ok in {}", seconds(started.elapsed())));
        } else {
            say(&String::from_utf8_lossy(&output.stdout));
            say(&String::from_utf8_lossy(&output.stderr));
            failed.push(format!("{}: ended with {}", file.display(), output.status));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "these examples fail; run one with `cargo run -p CRATE --example NAME`:\n  {}",
        failed.join("\n  ")
    )))
}

/// Every `CRATE/examples/NAME.rs`, sorted.
fn files() -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root())? {
        let Ok(examples) = std::fs::read_dir(entry?.path().join("examples")) else { continue };
        for example in examples {
            let path = example?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What the example says it needs.
fn needs(file: &Path) -> Result<Option<String>, Failure> {
    let text = std::fs::read_to_string(file)?;
    Ok(text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .find_map(|line| line.strip_prefix("//! Needs: "))
        .map(|needs| needs.trim().trim_end_matches('.').to_owned()))
}
