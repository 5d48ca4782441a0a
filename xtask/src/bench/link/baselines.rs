//! What other libraries take in, beside ours, in turns: slixmpp (Python) and tokio-xmpp (Rust), each as a program of its own below
//! `xtask/baselines`, each where it is installed or can be built.
//!
//! All log in to the same server process over TLS and take in the same events. Ours decodes each into its typed update; of the others the
//! text of the payload is taken, unescaped, as their users get it: what decoding it would cost them is not counted.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use finesse_ha::session::Transport;
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;
use xshell::cmd;

use super::events::{Cost, EVENTS, take_in};
use super::over_tls;
use crate::bench::canned::{AGENT, Canned, DOMAIN};
use crate::bench::stage::on_runtime;
use crate::bench::statistics::median;
use crate::bench::{Entry, Figure};
use crate::report::Failure;
use crate::shell::{cargo, root, shell, target};

/// Runs of each beside as many of ours; odd, so that there is a middle one. They take a second each.
const RUNS: usize = 9;
/// Far above what the slowest takes for one run.
const PATIENCE: Duration = Duration::from_secs(60);

/// A library to compare with.
struct Baseline {
    name: &'static str,
    /// The program and its first argument, or why there is none.
    find: fn() -> Result<Vec<PathBuf>, Failure>,
}

const BASELINES: [Baseline; 2] =
    [Baseline { name: "slixmpp", find: slixmpp }, Baseline { name: "tokio-xmpp", find: tokio_xmpp }];

/// What a program prints.
#[derive(Deserialize)]
struct Printed {
    version: String,
    seconds: f64,
    cpu: Option<f64>,
}

/// Measures those that are there.
pub(super) fn run() -> Result<Vec<Entry>, Failure> {
    let mut all = Vec::new();
    for Baseline { name, find } in BASELINES {
        match find().and_then(|program| on_runtime(beside(name, &program))) {
            Ok(figures) => all.extend(figures),
            Err(why) => all.push(Entry::Skipped { name: name.to_owned(), why: why.to_string() }),
        }
    }
    Ok(all)
}

/// Python's library, if Python has it.
fn slixmpp() -> Result<Vec<PathBuf>, Failure> {
    let shell = shell()?;
    let looked = cmd!(shell, "python3 -c").arg("import slixmpp").quiet().ignore_stdout().ignore_stderr();
    looked.run().map_err(|_| Failure::new("not installed"))?;
    Ok(vec!["python3".into(), folder().join("slixmpp_events.py")])
}

/// Rust's library, built on demand into the target directory of everything else, with the versions of its own lock file.
fn tokio_xmpp() -> Result<Vec<PathBuf>, Failure> {
    let shell = shell()?;
    let manifest = folder().join("tokio-xmpp/Cargo.toml");
    // The first time takes minutes, so cargo may tell on standard error what it does.
    let build = cargo(&shell, &["build", "--release", "--locked", "--manifest-path"]);
    build
        .arg(manifest)
        .arg("--target-dir")
        .arg(target())
        .quiet()
        .run()
        .map_err(|_| Failure::new("cannot be built, for the reason above"))?;
    Ok(vec![target().join(format!("release/baseline-tokio-xmpp{}", std::env::consts::EXE_SUFFIX))])
}

fn folder() -> PathBuf {
    root().join("xtask/baselines")
}

/// Runs one beside ours.
async fn beside(name: &str, program: &[PathBuf]) -> Result<Vec<Entry>, Failure> {
    let canned = Canned::start().await?;
    let ca = target().join("bench-ca.pem");
    std::fs::write(&ca, &canned.ca)?;
    let connect = over_tls(Transport::Tcp, &canned)?;
    let (mut ours, mut theirs, mut version) = (Vec::new(), Vec::new(), String::new());
    for _ in 0..RUNS {
        ours.push(take_in(connect.as_ref(), &format!("events-{EVENTS}")).await?);
        let printed = one_run(program, &canned, &ca).await?;
        version = printed.version;
        let spent = printed.cpu.map(Duration::from_secs_f64);
        theirs.push(Cost::of(Duration::from_secs_f64(printed.seconds), spent));
    }
    let what = format!("{name} {version}, which does not decode them");
    let rate = |costs: &[Cost]| median(costs.iter().map(|cost| cost.rate).collect());
    let cpu = |costs: &[Cost]| median(costs.iter().filter_map(|cost| cost.cpu).collect());
    let figure = |of: &str, unit: &'static str, ours: f64, theirs: f64| {
        Entry::Figure(Figure {
            name: format!("link.tcp-tls.{of}.beside-{name}"),
            value: ours,
            unit: unit.into(),
            reference: Some((theirs, what.clone())),
        })
    };
    let mut figures = vec![figure("events", "events/s", rate(&ours), rate(&theirs))];
    if ours.iter().chain(&theirs).all(|cost| cost.cpu.is_some()) {
        figures.push(figure("cpu-per-event", "us", cpu(&ours), cpu(&theirs)));
    }
    Ok(figures)
}

async fn one_run(program: &[PathBuf], canned: &Canned, ca: &Path) -> Result<Printed, Failure> {
    let (first, rest) = program.split_first().ok_or_else(|| Failure::new("there is no program"))?;
    let mut command = Command::new(first);
    command
        .args(rest)
        .args([&canned.address.to_string(), DOMAIN, AGENT, &EVENTS.to_string()])
        .env("SSL_CERT_FILE", ca)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(PATIENCE, command.output())
        .await
        .map_err(|_| Failure::new(format!("not over within {PATIENCE:?}")))??;
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing was said");
    Err(Failure::new(format!("failed ({}): {}", output.status, last.trim())))
}
