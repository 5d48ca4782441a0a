//! Gets Prosody from the distribution when it is missing.

use std::path::Path;

use xshell::Shell;

use crate::report::{Failure, say};

/// Where the system's own service keeps its process id.
const SYSTEM_PID: &str = "/run/prosody/prosody.pid";

/// Makes sure that `prosody` can be started, installing the package if this user may.
pub(crate) fn ensure(shell: &Shell) -> Result<(), Failure> {
    if on_path("prosody") {
        return Ok(());
    }
    let by_hand = "install the package `prosody` (0.12 or newer), then run this again";
    if !on_path("apt-get") {
        return Err(Failure::new(format!("prosody is missing and this system has no apt-get: {by_hand}")));
    }
    let root = shell.cmd("id").arg("-u").quiet().read().is_ok_and(|id| id.trim() == "0");
    // `sudo -n` asks no questions: a task must not hang on a password prompt in CI.
    let sudo = !root
        && on_path("sudo")
        && shell.cmd("sudo").args(["-n", "true"]).quiet().ignore_stderr().run().is_ok();
    if !root && !sudo {
        return Err(Failure::new(format!(
            "prosody is missing and this user may not install packages: {by_hand}"
        )));
    }
    say("interop: installing prosody from the distribution");
    let service_before = Path::new(SYSTEM_PID).exists();
    let apt = |arguments: &[&str]| {
        let command = if sudo { shell.cmd("sudo").args(["-n", "apt-get"]) } else { shell.cmd("apt-get") };
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .quiet()
            .ignore_stdout()
            .run()
            .map_err(|error| Failure::new(format!("could not install prosody ({error}): {by_hand}")))
    };
    apt(&["-qq", "update"])?;
    apt(&["-qq", "install", "-y", "--no-install-recommends", "prosody"])?;
    // Debian starts the service it installs. That one is nobody's wish: we only wanted the program. A service that ran
    // before is left alone, and so is one on a system that forbids starting.
    if !service_before && Path::new(SYSTEM_PID).exists() {
        let command = if sudo { shell.cmd("sudo").args(["-n", "service"]) } else { shell.cmd("service") };
        command.args(["prosody", "stop"]).quiet().ignore_stdout().run()?;
    }
    if on_path("prosody") {
        return Ok(());
    }
    Err(Failure::new(format!("the package was installed but `prosody` is not on the PATH: {by_hand}")))
}

fn on_path(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}
