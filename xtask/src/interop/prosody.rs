//! One Prosody server that plays the notification service of one side.
//!
//! Its configuration, accounts, rosters, data and logs live in a directory of its own; it listens on free loopback
//! ports only and has nothing to do with a service of the system. The process is ended by its id, at the latest when the
//! value is dropped.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::pki::Authority;
use crate::report::Failure;

/// Starting takes a third of a second; a loaded machine gets plenty.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// A server told to end closes its streams first, then itself.
const STOP_DEADLINE: Duration = Duration::from_secs(10);
/// How often a starting or ending process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The agent everything is about.
pub(crate) const AGENT: &str = "40217";
/// The server's own user, whose presence says whether the web application is up.
pub(crate) const FINESSE: &str = "finesse";

/// The password of a user of these servers; worthless outside of one run.
pub(crate) fn password(user: &str) -> String {
    format!("interop-{user}")
}

/// A running server.
pub(crate) struct Prosody {
    domain: String,
    home: PathBuf,
    xmpp: u16,
    https: u16,
    child: Option<Child>,
}

impl Prosody {
    /// Writes configuration and accounts for `domain` into `home` (which is emptied first) and starts the server.
    pub(crate) fn start(domain: &str, home: &Path, authority: &Authority) -> Result<Self, Failure> {
        if home.exists() {
            fs::remove_dir_all(home)?;
        }
        fs::create_dir_all(home)?;
        let (xmpp, https) = two_free_ports()?;
        let mut server = Self { domain: domain.to_owned(), home: home.to_owned(), xmpp, https, child: None };
        server.write_files(authority)?;
        server.launch()?;
        Ok(server)
    }

    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    pub(crate) fn pubsub_domain(&self) -> String {
        format!("pubsub.{}", self.domain)
    }

    /// Where it speaks XMPP with TLS from the first byte.
    pub(crate) fn xmpp(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.xmpp))
    }

    /// Where it speaks BOSH, as Finesse spells the path.
    pub(crate) fn bosh_url(&self) -> String {
        format!("https://127.0.0.1:{}/http-bind/", self.https)
    }

    /// Where it speaks WebSocket, as Finesse spells the path.
    pub(crate) fn websocket_url(&self) -> String {
        format!("wss://127.0.0.1:{}/ws", self.https)
    }

    /// How many SASL attempts for whatever user the server has seen so far.
    pub(crate) fn attempts(&self) -> Result<usize, Failure> {
        let log = fs::read_to_string(self.home.join("prosody.log"))?;
        Ok(log.lines().filter(|line| line.contains("Received[c2s_unauthed]: <auth")).count())
    }

    /// How many times a user has said that it is no longer there.
    pub(crate) fn farewells(&self) -> Result<usize, Failure> {
        let log = fs::read_to_string(self.home.join("prosody.log"))?;
        Ok(log
            .lines()
            .filter(|line| line.contains("Received[c2s]: <presence") && line.contains("unavailable"))
            .count())
    }

    /// Ends the server the polite way: it closes its streams with `system-shutdown`.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
        let deadline = Instant::now() + STOP_DEADLINE;
        while told.success() && Instant::now() < deadline {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Ends the server as a crash would: no farewell, the system resets its connections.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops the process in its tracks, or lets it go on: connections stay open and nothing is answered.
    pub(crate) fn freeze(&self, still: bool) -> Result<(), Failure> {
        let Some(child) = &self.child else { return Err(self.failed("does not run")) };
        let signal = if still { "-STOP" } else { "-CONT" };
        if Command::new("kill").args([signal, &child.id().to_string()]).status()?.success() {
            return Ok(());
        }
        Err(self.failed("could not be frozen or released"))
    }

    /// Starts it again on the same ports, after `stop` or `kill`.
    pub(crate) fn launch(&mut self) -> Result<(), Failure> {
        let output = fs::File::create(self.home.join("output.log"))?;
        let child = Command::new("prosody")
            .arg("-F")
            .arg("--config")
            .arg(self.home.join("prosody.cfg.lua"))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| Failure::new(format!("prosody does not start: {error}")))?;
        let child = self.child.insert(child);
        let deadline = Instant::now() + START_DEADLINE;
        let listens = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        while !(listens(self.xmpp) && listens(self.https)) {
            if let Some(status) = child.try_wait()? {
                return Err(self.failed(&format!("ended with {status}")));
            }
            if Instant::now() > deadline {
                return Err(self.failed("does not listen"));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn failed(&self, what: &str) -> Failure {
        Failure::new(format!("prosody for {} {what}; its logs are in {}", self.domain, self.home.display()))
    }

    fn write_files(&self, authority: &Authority) -> Result<(), Failure> {
        let leaf = authority.issue(&[&self.domain, &self.pubsub_domain(), "localhost", "127.0.0.1"])?;
        // Named after the domain, so that Prosody's search for a certificate by server name finds them.
        fs::write(self.home.join(format!("{}.crt", self.domain)), &leaf.chain)?;
        fs::write(self.home.join(format!("{}.key", self.domain)), &leaf.key)?;
        fs::write(self.home.join("prosody.cfg.lua"), self.configuration())?;
        let data = self.home.join("data").join(encoded(&self.domain));
        fs::create_dir_all(data.join("accounts"))?;
        fs::create_dir_all(data.join("roster"))?;
        for (user, contact) in [(AGENT, FINESSE), (FINESSE, AGENT)] {
            let account = format!("return {{ [\"password\"] = {}; }};\n", quoted(&password(user)));
            fs::write(data.join("accounts").join(format!("{user}.dat")), account)?;
            // A mutual subscription is how the agent comes to hear the presence of `finesse` without asking.
            let contact = quoted(&format!("{contact}@{}", self.domain));
            let roster = format!(
                "return {{ [false] = {{ version = 1; pending = {{}}; }}; \
                 [{contact}] = {{ subscription = \"both\"; groups = {{}}; }}; }};\n"
            );
            fs::write(data.join("roster").join(format!("{user}.dat")), roster)?;
        }
        Ok(())
    }

    fn configuration(&self) -> String {
        let path = |name: &str| quoted(&self.home.join(name).display().to_string());
        let (certificate, key) =
            (path(&format!("{}.crt", self.domain)), path(&format!("{}.key", self.domain)));
        let tls = format!("{{ certificate = {certificate}; key = {key}; }}");
        let mut lua = String::new();
        let mut set = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(lua, "{name} = {value}");
        };
        set("daemonize", "false");
        // Harmless for an ordinary user, and needed where CI runs as root.
        set("run_as_root", "true");
        set("pidfile", &path("prosody.pid"));
        set("data_path", &path("data"));
        set("certificates", &path("."));
        // The number of login attempts is read from this log.
        set("log", &format!("{{ debug = {} }}", path("prosody.log")));
        set("interfaces", "{ \"127.0.0.1\" }");
        for off in ["c2s_ports", "s2s_ports", "s2s_direct_tls_ports", "legacy_ssl_ports", "http_ports"] {
            set(off, "{}");
        }
        set("c2s_direct_tls_ports", &format!("{{ {} }}", self.xmpp));
        set("https_ports", &format!("{{ {} }}", self.https));
        for service in ["ssl", "c2s_direct_tls_ssl", "https_ssl"] {
            set(service, &tls);
        }
        // BOSH is asked for by address, not by name.
        set("http_default_host", &quoted(&self.domain));
        set("http_paths", "{ websocket = \"/ws\" }");
        set("bosh_max_inactivity", "30");
        set(
            "modules_enabled",
            "{ \"roster\"; \"saslauth\"; \"tls\"; \"disco\"; \"ping\"; \"posix\"; \"bosh\"; \"websocket\"; \"presence\"; \"message\"; \
             \"iq\"; \"c2s\" }",
        );
        // Events are never kept for those who are away: after a gap the truth is read, not replayed.
        set("modules_disabled", "{ \"s2s\"; \"offline\" }");
        set("authentication", "\"internal_plain\"");
        set("storage", "\"internal\"");
        // The newer of two sessions with one resource wins, as Finesse does it.
        set("conflict_resolve", "\"kick_old\"");
        let _ = writeln!(lua, "VirtualHost {}", quoted(&self.domain));
        let _ = writeln!(lua, "Component {} \"pubsub\"", quoted(&self.pubsub_domain()));
        let _ = writeln!(lua, "admins = {{ {} }}", quoted(&format!("{FINESSE}@{}", self.domain)));
        lua
    }
}

impl Drop for Prosody {
    fn drop(&mut self) {
        // Nothing can be done for a process that does not even die of this.
        let _ = self.kill();
    }
}

/// How Prosody spells names of hosts as directories.
fn encoded(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, character| {
        if character.is_ascii_alphanumeric() {
            text.push(character);
        } else {
            let _ = write!(text, "%{:02x}", u32::from(character));
        }
        text
    })
}

/// A Lua string. What goes in are names and paths of this run.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Two different ports nobody listens on; both are held while they are looked for.
fn two_free_ports() -> Result<(u16, u16), Failure> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let second = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_directories_are_spelled_as_prosody_spells_them() {
        assert_eq!(encoded("fin-a.lab.example"), "fin%2da%2elab%2eexample");
    }

    #[test]
    fn lua_strings_cannot_be_broken_out_of() {
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    }
}
