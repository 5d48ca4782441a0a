//! Resident memory of one idle TLS link, of a thousand in one process.
//!
//! Each framing has a process of its own, or it would live in memory that another one has left. Every link has asked its server for an
//! answer once, as an idle link does every 20 s: with BOSH that leaves it with two connections, and two it keeps.

use finesse_ha::session::Transport;
use finesse_notify::{Link, open};
use xshell::cmd;

use super::{config, over_tls};
use crate::Outcome;
use crate::bench::canned::Canned;
use crate::bench::stage::on_runtime;
use crate::bench::{Entry, Figure};
use crate::report::{Failure, say};
use crate::shell::shell;

/// Links of one process.
const LINKS: usize = 1_000;
/// Links opened before the memory is first looked at, so that what is shared is there.
const WARM: usize = 20;
/// What a link over TCP may take, in kB. For the others nothing is set, and it shows what they take more.
const ALLOWED: f64 = 40.0;

/// Measures one framing in a new process.
pub(super) fn of_one_link(framing: Transport) -> Result<Entry, Failure> {
    let shell = shell()?;
    let (program, name) = (std::env::current_exe()?, framing.to_string());
    let output = cmd!(shell, "{program} bench-links {name}").quiet().ignore_status().output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let name = format!("link.{framing}.memory-idle-tls");
    Ok(match said.parse() {
        Ok(value) => Entry::Figure(Figure {
            name,
            value,
            unit: "kB".into(),
            reference: Some((ALLOWED, "what a link over TCP may take".to_owned())),
        }),
        // Most often there may be too few files open at once.
        Err(_) => {
            Entry::Skipped { name, why: format!("{said} (does `ulimit -n` allow for {} files?)", 2 * LINKS) }
        }
    })
}

/// The task of the new process; its argument is the framing.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let framing: Transport = arguments.first().map_or("", String::as_str).parse().map_err(Failure::new)?;
    let per_link = on_runtime(async {
        let canned = Canned::start().await?;
        let connect = over_tls(framing, &canned)?;
        let mut links: Vec<Link> = Vec::with_capacity(LINKS);
        let mut before = 0.0;
        for number in 0..LINKS {
            if number == WARM {
                before = resident()?;
            }
            let link = open(connect.as_ref(), config("idle")?.build()?).await?;
            link.control.barrier().await?;
            links.push(link);
        }
        Ok((resident()? - before) / (LINKS - WARM) as f64)
    })?;
    say(&format!("{per_link:.2}"));
    Ok(())
}

/// Resident memory of this process in kB.
fn resident() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
        .ok_or_else(|| Failure::new("this system does not say how much memory a process has"))
}
