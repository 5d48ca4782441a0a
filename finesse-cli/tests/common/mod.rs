//! Runs the command as a person or a script would, against a simulated pair on loopback sockets with TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test may fail it")]
#![allow(dead_code, reason = "every test crate uses another part")]

pub(crate) mod schema;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use finesse_sim::{AgentSpec, Profile, Side, Sim};
use serde_json::Value;

/// Above everything a command may rightly take here; only a hanging one reaches it, and then it is ended.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const AGENT: &str = "40217";
pub(crate) const EXTENSION: &str = "7301";
pub(crate) const PASSWORD: &str = "s3cret-of-40217";

/// A pair whose timers run twenty times faster than in real life.
pub(crate) struct Pair {
    pub(crate) sim: Sim,
    ca: PathBuf,
}

impl Pair {
    pub(crate) async fn serve(name: &str) -> Self {
        Self::serve_as(name, Profile::ucce()).await
    }

    pub(crate) async fn serve_as(name: &str, profile: Profile) -> Self {
        let sim = Sim::serve(profile.scaled(0.05), 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, EXTENSION));
        let ca = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-ca.pem"));
        std::fs::write(&ca, sim.ca_pem().unwrap()).unwrap();
        Self { sim, ca }
    }

    /// The file with the pair's authority.
    pub(crate) fn ca(&self) -> &std::path::Path {
        &self.ca
    }

    /// A command that names both sides and the agent, and trusts the pair.
    pub(crate) fn command(&self, verb: &str) -> Command {
        let mut command = self.untrusting(verb);
        command.arg("--ca").arg(&self.ca);
        command
    }

    /// The same without the pair's authority. Where the notifications are is left to SystemInfo.
    pub(crate) fn untrusting(&self, verb: &str) -> Command {
        let mut command = self.naming(verb, &[(Side::A, "--side-a"), (Side::B, "--side-b")]);
        command.env("FINESSE_PASSWORD", PASSWORD);
        command
    }

    /// A command that names side A alone; side B is left to SystemInfo.
    pub(crate) fn command_for_a(&self, verb: &str) -> Command {
        let mut command = self.naming(verb, &[(Side::A, "--side-a")]);
        command.arg("--ca").arg(&self.ca).env("FINESSE_PASSWORD", PASSWORD);
        command
    }

    /// What a `finesse user` or `finesse call` leaves.
    pub(crate) fn act(&self, verb: &str, arguments: &[&str]) -> Finished {
        finish(self.command(verb).args(arguments))
    }

    /// The same, which must be applied.
    pub(crate) fn applied(&self, verb: &str, arguments: &[&str]) {
        let done = self.act(verb, arguments);
        assert_eq!(done.outcome(), "applied", "{verb} {arguments:?}: {}{}", done.out, done.err);
        assert_eq!(done.code, Some(0));
    }

    fn naming(&self, verb: &str, sides: &[(Side, &str)]) -> Command {
        let mut command = finesse(&[verb, "--user", AGENT, "--output", "json"]);
        for (side, flag) in sides {
            command.args([flag, &*self.sim.addresses(*side).unwrap().rest_url]);
        }
        command
    }
}

/// The built program, apart from the environment of whoever runs the tests.
pub(crate) fn finesse(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_finesse"));
    for variable in ["FINESSE_USER", "FINESSE_PASSWORD", "FINESSE_TOKEN", "FINESSE_CONTEXT", "FINESSE_LOG"] {
        command.env_remove(variable);
    }
    for variable in ["https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(variable).env_remove(variable.to_uppercase());
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What a finished command left.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Finished {
    /// The one line of a command.
    pub(crate) fn command(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "one line was expected: {}{}", self.out, self.err);
        let line: Value = serde_json::from_str(&self.out).unwrap();
        assert_eq!(line["event"], "command", "{line}");
        for name in ["at", "id", "verb", "outcome", "evidence"] {
            assert!(line[name].is_string(), "{name} is missing in {line}");
        }
        assert!(line["elapsed_ms"].is_u64(), "{line}");
        line
    }

    pub(crate) fn outcome(&self) -> String {
        self.command()["outcome"].as_str().unwrap().to_owned()
    }

    pub(crate) fn evidence(&self) -> String {
        self.command()["evidence"].as_str().unwrap().to_owned()
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Finished {
    feed(command, b"")
}

fn finished(child: Child) -> Finished {
    let _watchdog = Watchdog::over(&child);
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command with this on its standard input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Finished {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses early closes its end; that is its right.
    let _ = child.stdin.take().unwrap().write_all(input);
    finished(child)
}

/// Ends a process that outlives its time, unless dropped before.
struct Watchdog(#[allow(dead_code, reason = "its end is the signal")] Sender<()>);

impl Watchdog {
    fn over(child: &Child) -> Self {
        let (sender, receiver) = channel::<()>();
        let pid = child.id().to_string();
        std::thread::spawn(move || {
            if receiver.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
        });
        Self(sender)
    }
}

/// A command that runs, read line by line. It is ended with the value.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    _watchdog: Watchdog,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let watchdog = Watchdog::over(&child);
        Self { child, lines, _watchdog: watchdog }
    }

    /// Reads on to the first event of one of these names.
    pub(crate) fn until(&mut self, names: &[&str]) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.lines.read_line(&mut line).unwrap(),
                0,
                "the output ended before {names:?}: {}",
                self.complaints()
            );
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["event"].as_str().is_some_and(|event| names.contains(&event)) {
                return value;
            }
        }
    }

    /// The first line as JSON, whatever it is.
    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) fn interrupt(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }

    /// Waits for the end; gives the rest of the lines too.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }

    /// Waits for the end; gives all that was not read yet.
    pub(crate) fn finish(&mut self) -> Finished {
        let err = self.complaints();
        let (status, out) = self.end();
        Finished { code: status.code(), out, err }
    }

    fn complaints(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
