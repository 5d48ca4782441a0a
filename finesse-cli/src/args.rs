//! The flags, as clap reads them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use finesse_ha::session::Transport;

/// Watches, rehearses and explains failover of a pair of Cisco Finesse servers.
#[derive(Debug, Parser)]
#[command(name = "finesse", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a simulated pair, an agent, calls, and each way of failing, as a time line.
    Demo(DemoArgs),
    /// Run the simulated pair until stopped; prints its addresses, CA file and control address.
    Sim(SimArgs),
    /// Show the health of both sides, each criterion in order.
    Status(StatusArgs),
    /// Print a session's feed.
    Watch(WatchArgs),
    /// Decode a REST body, an Update or a whole stanza to JSON; never touches the network.
    Decode(DecodeArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyName {
    /// To the other side on any trigger, if that side is ready.
    Immediate,
    /// Stay, never switch.
    Wait,
    /// Decide by cause.
    Hybrid,
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No variant is hidden, so each has a name.
        self.to_possible_value().map_or(Ok(()), |value| f.pad(value.get_name()))
    }
}

/// The pair, the agent and the trust.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PairArgs {
    /// REST base of side A, for example `https://fin-a.lab.example:8445`
    #[arg(long, value_name = "URL")]
    pub(crate) side_a: Option<String>,
    /// REST base of side B; left out, it is the second node that SystemInfo of side A names
    #[arg(long, value_name = "URL")]
    pub(crate) side_b: Option<String>,
    /// Notification transport: tcp, websocket, bosh or auto [default: auto]
    #[arg(long, value_name = "NAME")]
    pub(crate) transport: Option<Transport>,
    /// Where side A's notifications are: host:port for tcp, a URL for bosh (https://…) or websocket (wss://…)
    #[arg(long, value_name = "ADDR")]
    pub(crate) notify_a: Option<String>,
    /// Where side B's notifications are
    #[arg(long, value_name = "ADDR")]
    pub(crate) notify_b: Option<String>,
    /// The agent's loginId
    #[arg(long, value_name = "ID", env = "FINESSE_USER")]
    pub(crate) user: Option<String>,
    /// A file that holds the password; else FINESSE_PASSWORD, else asked for on a terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file that holds an SSO access token; else FINESSE_TOKEN
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Sign the agent in with this extension; without it the session only observes
    #[arg(long, value_name = "EXT")]
    pub(crate) extension: Option<String>,
    /// Trust this CA or server certificate (PEM) besides the system's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pin", "insecure"])]
    pub(crate) ca: Option<PathBuf>,
    /// Trust only a server certificate with this SHA-256 fingerprint, in hex (repeatable)
    #[arg(long, value_name = "SHA256", conflicts_with = "insecure")]
    pub(crate) pin: Vec<String>,
    /// Do not verify certificates at all
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Failover policy [default: hybrid]
    #[arg(long, value_enum)]
    pub(crate) policy: Option<PolicyName>,
    /// One timing or policy parameter, for example stream_grace_healthy=5s (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Take parameters that break an inequality (for scaled-down tests)
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// A named pair from the configuration file; flags win over it
    #[arg(long, value_name = "NAME", env = "FINESSE_CONTEXT")]
    pub(crate) context: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Only this transport [default: tcp and bosh]
    #[arg(long, value_name = "NAME")]
    pub(crate) transport: Option<Transport>,
    /// Only this policy [default: immediate, wait and hybrid]
    #[arg(long, value_enum)]
    pub(crate) policy: Option<PolicyName>,
    /// Only the failures whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Seed of the simulated pair's and the client's randomness
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Text or JSON lines [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct SimArgs {
    /// Write the CA of the pair to this file
    #[arg(long, value_name = "FILE", default_value = "finesse-sim-ca.pem")]
    pub(crate) ca_file: PathBuf,
    /// Scale every timer of the servers by this factor; 0.1 is ten times faster
    #[arg(long, default_value_t = 1.0)]
    pub(crate) scale: f64,
    /// Seed of the pair's randomness
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Text or JSON lines [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) pair: PairArgs,
    /// Text or one JSON object [default: text]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) pair: PairArgs,
    /// Stop after this long
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) limit: Option<Duration>,
    /// Stop after the first event of this name
    #[arg(long, value_name = "EVENT")]
    pub(crate) until: Option<String>,
    /// Subscribe explicitly to this node, for example /finesse/api/Team/512/Users (repeatable)
    #[arg(long, value_name = "NODE")]
    pub(crate) subscribe: Vec<String>,
    /// Text or JSON lines [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The file; standard input if left out or "-"
    pub(crate) file: Option<PathBuf>,
}
