//! The flags, as clap reads them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use finesse_ha::session::Transport;
use finesse_ha::side::Side;
use finesse_model::{DialogId, ReasonCodeId};

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
    /// Sign an agent in or out, or change his state; prints what became of it.
    ///
    /// With --extension, an agent who is signed out is signed in first. The session of this command ends with it, and a side signs an agent out about a
    /// minute after his last session with it has ended: keep one beside it (a desktop, or `finesse watch`).
    User(UserArgs),
    /// Make calls and act on them; prints what became of it.
    ///
    /// It is done for the extension given by --extension, or else for the one that the agent is signed in on. DIALOG is the id of the call, which
    /// `finesse get User/ID/Dialogs` and `finesse watch` show.
    ///
    /// With --extension, an agent who is signed out is signed in first. The session of this command ends with it, and a side signs an agent out about a
    /// minute after his last session with it has ended: keep one beside it (a desktop, or `finesse watch`).
    Call(CallArgs),
    /// Read any REST resource and print it as JSON, as `decode` does; what this version does not know is printed as its elements stand there.
    ///
    /// The first side that is in service is asked. Configuration, which only the primary node has, is asked of the primary.
    Get(GetArgs),
    /// Decode REST bodies, Updates or whole stanzas to JSON; never touches the network.
    Decode(DecodeArgs),
    /// Print the JSON Schema of what `decode` and `get` print of everything that has a type.
    Schema(SchemaArgs),
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
    #[arg(global = true, long, value_name = "URL")]
    pub(crate) side_a: Option<String>,
    /// REST base of side B; left out, it is the second node that SystemInfo of side A names
    #[arg(global = true, long, value_name = "URL")]
    pub(crate) side_b: Option<String>,
    /// Notification transport: tcp, websocket, bosh or auto [default: auto]
    #[arg(global = true, long, value_name = "NAME")]
    pub(crate) transport: Option<Transport>,
    /// Where side A's notifications are: host:port for tcp, a URL for bosh (https://…) or websocket (wss://…)
    #[arg(global = true, long, value_name = "ADDR")]
    pub(crate) notify_a: Option<String>,
    /// Where side B's notifications are
    #[arg(global = true, long, value_name = "ADDR")]
    pub(crate) notify_b: Option<String>,
    /// The agent's loginId
    #[arg(global = true, long, value_name = "ID", env = "FINESSE_USER")]
    pub(crate) user: Option<String>,
    /// A file that holds the password; else FINESSE_PASSWORD, else asked for on a terminal
    #[arg(global = true, long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file that holds an SSO access token; else FINESSE_TOKEN
    #[arg(global = true, long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Sign the agent in with this extension; without it the session only observes
    #[arg(global = true, long, value_name = "EXT")]
    pub(crate) extension: Option<String>,
    /// Trust this CA or server certificate (PEM) besides the system's
    #[arg(global = true, long, value_name = "FILE", conflicts_with_all = ["pin", "insecure"])]
    pub(crate) ca: Option<PathBuf>,
    /// Trust only a server certificate with this SHA-256 fingerprint, in hex (repeatable)
    #[arg(global = true, long, value_name = "SHA256", conflicts_with = "insecure")]
    pub(crate) pin: Vec<String>,
    /// Do not verify certificates at all
    #[arg(global = true, long)]
    pub(crate) insecure: bool,
    /// Failover policy [default: hybrid]
    #[arg(global = true, long, value_enum)]
    pub(crate) policy: Option<PolicyName>,
    /// One timing or policy parameter, for example stream_grace_healthy=5s (repeatable)
    #[arg(global = true, long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Take parameters that break an inequality (for scaled-down tests)
    #[arg(global = true, long)]
    pub(crate) unchecked: bool,
    /// A named pair from the configuration file; flags win over it
    #[arg(global = true, long, value_name = "NAME", env = "FINESSE_CONTEXT")]
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

/// What `user` and `call` share.
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    #[command(flatten)]
    pub(crate) pair: PairArgs,
    /// Give up after this long; what was sent by then is reported as unknown
    // A dead side is noticed within 25 s, a move takes up to 10 s of jitter, and an effect is awaited for 10 s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "60s", global = true)]
    pub(crate) timeout: Duration,
    /// Text or one JSON line [default: text]
    #[arg(long, value_enum, global = true)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    #[command(flatten)]
    pub(crate) act: ActArgs,
    #[command(subcommand)]
    pub(crate) verb: UserVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserVerb {
    /// Sign in with --extension; an agent who is signed in keeps his state.
    SignIn,
    /// Sign out; CCE allows that from NOT_READY, not from READY.
    SignOut {
        /// Database id of a reason code, where the site demands one
        #[arg(long, value_name = "ID")]
        reason: Option<ReasonCodeId>,
    },
    /// READY: calls may come.
    Ready,
    /// NOT_READY.
    NotReady {
        /// Database id of a reason code, where the site demands one
        #[arg(long, value_name = "ID")]
        reason: Option<ReasonCodeId>,
    },
    /// WORK after the present call, where wrap-up is allowed.
    Work,
}

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    #[command(flatten)]
    pub(crate) act: ActArgs,
    #[command(subcommand)]
    pub(crate) verb: CallVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CallVerb {
    /// Call somebody.
    Make { number: String },
    /// Answer an alerting call.
    Answer { dialog: DialogId },
    /// Put a call on hold.
    Hold { dialog: DialogId },
    /// Take a call back from hold.
    Retrieve { dialog: DialogId },
    /// Leave a call.
    Drop { dialog: DialogId },
    /// Call a third party beside the active call.
    Consult { dialog: DialogId, number: String },
    /// Complete a consult as a transfer (DIALOG is the held call); with NUMBER, transfer the active call there at once.
    Transfer { dialog: DialogId, number: Option<String> },
    /// Complete a consult as a conference; DIALOG is the held call.
    Conference { dialog: DialogId },
    /// Send tones. They leave no trace, so the outcome of accepted ones is unknown.
    Dtmf { dialog: DialogId, digits: String },
    /// Change call variables.
    Data {
        dialog: DialogId,
        /// A call variable and its new value (repeatable)
        #[arg(value_name = "NAME=VALUE", required = true, value_parser = name_and_value)]
        values: Vec<(String, String)>,
    },
    /// Set the wrap-up reason.
    WrapUp {
        dialog: DialogId,
        /// The reason's label
        reason: String,
    },
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(String::from("give it as NAME=VALUE")),
    }
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// A path below /finesse/api, such as User/40217; or one that begins with /finesse/, /desktop/ or /finesse-dp/. What stands in it must be percent-encoded
    pub(crate) path: String,
    /// Print the body as it came
    #[arg(long)]
    pub(crate) raw: bool,
    /// Ask this side [default: the first that is in service]
    #[arg(long, value_name = "A|B", value_parser = side)]
    pub(crate) side: Option<Side>,
    #[command(flatten)]
    pub(crate) pair: PairArgs,
    /// One JSON line, or text: the same indented [default: json]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

fn side(text: &str) -> Result<Side, String> {
    let side = Side::BOTH.into_iter().find(|side| side.to_string().eq_ignore_ascii_case(text));
    side.ok_or_else(|| String::from("a side is A or B"))
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Only the documents with this root, for example Dialogs
    pub(crate) root: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The file; standard input if left out or "-"
    pub(crate) file: Option<PathBuf>,
}
