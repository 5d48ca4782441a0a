//! From flags, environment and the configuration file to a session.
//!
//! Order: a flag wins over the environment, the environment over the named context of the configuration file.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use finesse_ha::failover::{Hybrid, Immediate, Pair, WaitAndRetry};
use finesse_ha::params::Params;
use finesse_ha::session::{
    Session, SessionBuilder, SessionEnd, SetupError, SideAddress, Transport, alternate,
};
use finesse_model::{Extension, SystemInfo, UserId};
use finesse_net::{Proxies, Trust};
use finesse_rest::{Client, ClientBuilder, Credentials};
use secrecy::SecretString;
use serde::Deserialize;

use crate::args::{PairArgs, PolicyName};
use crate::exit::{Exit, Failure};
use crate::output::complain;

/// One named pair of the configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    side_a: Option<String>,
    side_b: Option<String>,
    transport: Option<String>,
    notify_a: Option<String>,
    notify_b: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    extension: Option<String>,
    ca: Option<PathBuf>,
    #[serde(default)]
    pin: Vec<String>,
    policy: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    #[serde(default)]
    context: BTreeMap<String, Context>,
}

/// Everything that was said about the pair, in one place.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) pair: Pair<SideAddress>,
    pub(crate) transport: Transport,
    pub(crate) trust: Trust,
    /// HTTP proxies for BOSH and WebSocket, from the environment.
    pub(crate) proxies: Proxies,
    pub(crate) params: Params,
    unchecked: bool,
    policy: PolicyName,
    extension: Option<Extension>,
    /// Where side B's notifications are, if side B itself is left to SystemInfo.
    notify_found: Option<String>,
    user: Option<String>,
    /// Files that flags name.
    flags: SecretFiles,
    /// Files that the context names; the environment stands between the two.
    context: SecretFiles,
}

/// Files with a secret; of two, the token counts.
#[derive(Debug, Clone)]
struct SecretFiles {
    token: Option<PathBuf>,
    password: Option<PathBuf>,
}

impl Setup {
    /// Puts flags, environment and the named context together.
    pub(crate) fn resolve(args: &PairArgs) -> Result<Self, Failure> {
        // A variable that is set to nothing is not set.
        let name = args.context.as_deref().filter(|name| !name.is_empty());
        let context = name.map_or_else(|| Ok(Context::default()), context)?;
        let in_context = || format!("context {}", name.unwrap_or_default());
        let Some(side_a) = args.side_a.clone().or(context.side_a) else {
            return Err(Failure::usage(
                "no pair named: give --side-a URL, or --context NAME of the configuration file",
            ));
        };
        let with_notify = |rest: String, notify: Option<String>| match notify {
            Some(notify) => SideAddress::new(rest).with_notifications(notify),
            None => SideAddress::new(rest),
        };
        let a = with_notify(side_a, args.notify_a.clone().or(context.notify_a));
        let notify_b = args.notify_b.clone().or(context.notify_b);
        let b = args.side_b.clone().or(context.side_b).map(|rest| with_notify(rest, notify_b.clone()));
        let notify_found = notify_b.filter(|_| b.is_none());
        let transport = match (args.transport, context.transport) {
            (Some(transport), _) => transport,
            (None, Some(text)) => text
                .parse()
                .map_err(|why: String| Failure::usage(format!("{}: transport {why}", in_context())))?,
            (None, None) => Transport::Auto,
        };
        let policy = match (args.policy, &context.policy) {
            (Some(policy), _) => policy,
            (None, Some(text)) => PolicyName::from_str(text, false).map_err(|_| {
                let known = PolicyName::value_variants().iter().map(ToString::to_string);
                Failure::usage(format!(
                    "{}: policy \"{text}\" is not one of {}",
                    in_context(),
                    known.collect::<Vec<_>>().join(", ")
                ))
            })?,
            (None, None) => PolicyName::Hybrid,
        };
        let mut params = Params::default();
        for (setting, value) in &context.set {
            params
                .set(setting, value)
                .map_err(|error| Failure::usage(format!("{}: {error}", in_context())))?;
        }
        for setting in &args.set {
            let Some((name, value)) = setting.split_once('=') else {
                return Err(Failure::usage(format!("--set {setting}: give it as NAME=VALUE")));
            };
            params.set(name.trim(), value).map_err(|error| Failure::usage(error.to_string()))?;
        }
        if !args.unchecked {
            params.validate().map_err(|error| Failure::usage(error.to_string()))?;
        }
        let extension = match args.extension.clone().or(context.extension) {
            Some(text) => Some(Extension::new(text).map_err(|error| Failure::usage(error.to_string()))?),
            None => None,
        };
        // A level that says anything about trust says all of it: a flag is not to be weakened or overruled by a file.
        let trust = if args.ca.is_some() || !args.pin.is_empty() || args.insecure {
            // That only one of them is given is clap's business.
            trust("--", args.ca.as_deref(), &args.pin, args.insecure)?
        } else if context.ca.is_some() && !context.pin.is_empty() {
            return Err(Failure::usage(format!(
                "{}: ca and pin exclude each other; name one of them",
                in_context()
            )));
        } else {
            trust(&format!("{}: ", in_context()), context.ca.as_deref(), &context.pin, false)?
        };
        let proxies = Proxies::from_env().map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Self {
            pair: Pair { a, b },
            transport,
            trust,
            proxies,
            params,
            unchecked: args.unchecked,
            policy,
            extension,
            notify_found,
            user: args.user.clone().filter(|user| !user.is_empty()).or(context.user),
            flags: SecretFiles { token: args.token_file.clone(), password: args.password_file.clone() },
            context: SecretFiles { token: context.token_file, password: context.password_file },
        })
    }

    /// The credentials, or `None` when no user was named.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, Failure> {
        let Some(user) = &self.user else { return Ok(None) };
        let user = UserId::new(user.as_str()).map_err(|error| Failure::usage(error.to_string()))?;
        let environment = || {
            variable("FINESSE_TOKEN")
                .map(Secret::Token)
                .or_else(|| variable("FINESSE_PASSWORD").map(Secret::Password))
        };
        let found = match self.flags.read()? {
            Some(found) => Some(found),
            None => match environment() {
                Some(found) => Some(found),
                None => self.context.read()?,
            },
        };
        match found {
            Some(Secret::Token(token)) => return Ok(Some(Credentials::bearer(user, token))),
            Some(Secret::Password(password)) => return Ok(Some(Credentials::basic(user, password))),
            None => {}
        }
        if std::io::stdin().is_terminal() {
            let password = rpassword::prompt_password(format!("password of {user}: "))
                .map_err(|error| Failure::new(Exit::Failed, format!("reading the password: {error}")))?;
            return Ok(Some(Credentials::basic(user, SecretString::from(password))));
        }
        Err(Failure::usage(format!(
            "no password for {user}: give --password-file FILE, or set FINESSE_PASSWORD, or run on a terminal to be asked"
        )))
    }

    /// Side B as side A's SystemInfo names it, where nobody else did.
    pub(crate) fn side_b_of(&self, info: &SystemInfo) -> Option<SideAddress> {
        let found = alternate(&self.pair.a, info)?;
        Some(match &self.notify_found {
            Some(notify) => found.with_notifications(notify.clone()),
            None => found,
        })
    }

    /// The extension that was given.
    pub(crate) fn extension(&self) -> Option<&Extension> {
        self.extension.as_ref()
    }

    /// A client of one side, without credentials for looking only.
    pub(crate) fn client(
        &self,
        address: &SideAddress,
        credentials: Option<&Credentials>,
        request_timeout: Duration,
    ) -> Result<Client, Failure> {
        let builder = self.client_builder(address, credentials, request_timeout);
        builder.build().map_err(|error| Failure::usage(error.to_string()))
    }

    /// The same, to be made by the caller.
    pub(crate) fn client_builder(
        &self,
        address: &SideAddress,
        credentials: Option<&Credentials>,
        request_timeout: Duration,
    ) -> ClientBuilder {
        let builder = Client::builder(&address.rest)
            .trust(self.trust.clone())
            .connect_timeout(self.params.connect_timeout)
            .request_timeout(request_timeout);
        match credentials {
            Some(credentials) => builder.credentials(credentials.clone()),
            None => builder,
        }
    }

    /// A session as described.
    pub(crate) fn session(&self, credentials: Credentials) -> SessionBuilder {
        let builder = self.observer(credentials);
        match &self.extension {
            Some(extension) => builder.sign_in(extension.clone()),
            None => builder,
        }
    }

    /// The same, but it signs nobody in whatever extension was given.
    pub(crate) fn observer(&self, credentials: Credentials) -> SessionBuilder {
        let mut builder = Session::builder(self.pair.clone())
            .credentials(credentials)
            .transport(self.transport)
            .trust(self.trust.clone())
            .proxies(self.proxies.clone())
            .params(self.params.clone());
        if let Some(notify) = &self.notify_found {
            builder = builder.alternate_notifications(notify.clone());
        }
        builder = with_policy(builder, self.policy, &self.params);
        if self.unchecked { builder.unchecked() } else { builder }
    }
}

/// The policy of that name, with these numbers.
pub(crate) fn with_policy(builder: SessionBuilder, name: PolicyName, params: &Params) -> SessionBuilder {
    match name {
        PolicyName::Immediate => builder.policy(Immediate),
        PolicyName::Wait => builder.policy(WaitAndRetry::default()),
        PolicyName::Hybrid => builder.policy(Hybrid::new(params)),
    }
}

/// What a wrong description means for the exit code.
pub(crate) fn setup_failure(error: &SetupError) -> Failure {
    match error {
        SetupError::Invalid(_) | SetupError::Params(_) => Failure::usage(error.to_string()),
        SetupError::Trust(_) => Failure::new(Exit::Trust, error.to_string()),
        SetupError::Ended(end) => end_failure(end),
        _ => Failure::new(Exit::Failed, error.to_string()),
    }
}

/// What the end of a session means for the exit code.
pub(crate) fn end_failure(end: &SessionEnd) -> Failure {
    match end {
        SessionEnd::Credentials(_) => Failure::new(Exit::Credentials, end.to_string()),
        SessionEnd::Trust(_) => {
            Failure::new(Exit::Trust, format!("{end}; on the command line: --ca FILE or --pin SHA256"))
        }
        _ => Failure::new(Exit::Failed, end.to_string()),
    }
}

fn context(name: &str) -> Result<Context, Failure> {
    let Some(path) = configuration_file() else {
        return Err(Failure::usage(format!(
            "context {name}: neither XDG_CONFIG_HOME nor HOME is set, so there is no configuration file"
        )));
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("context {name}: reading {}: {error}", path.display())))?;
    let configuration: Configuration = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("reading {}: {error}", path.display())))?;
    let known: Vec<&str> = configuration.context.keys().map(String::as_str).collect();
    configuration.context.get(name).cloned().ok_or_else(|| {
        Failure::usage(format!(
            "context {name} is not in {}; known are: {}",
            path.display(),
            known.join(", ")
        ))
    })
}

fn configuration_file() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(base.join("finesse").join("config.toml"))
}

/// `origin` stands before the names in messages: who reads them must know whether a flag or a file is meant.
fn trust(origin: &str, ca: Option<&Path>, pins: &[String], insecure: bool) -> Result<Trust, Failure> {
    if insecure {
        complain(
            "--insecure: certificates are not verified; anybody on the way can read and change everything",
        );
        return Ok(Trust::InsecureAcceptAnything);
    }
    if !pins.is_empty() {
        let wrong = |pin: &String| {
            Failure::usage(format!(
                "{origin}pin {pin}: not a SHA-256 fingerprint (64 hex digits, colons allowed)"
            ))
        };
        let pins: Result<Vec<_>, _> =
            pins.iter().map(|pin| fingerprint(pin).ok_or_else(|| wrong(pin))).collect();
        return pins.map(Trust::Pins);
    }
    match ca {
        Some(file) => std::fs::read(file).map(Trust::ExtraCa).map_err(|error| {
            Failure::new(Exit::Trust, format!("{origin}ca {} cannot be read: {error}", file.display()))
        }),
        None => Ok(Trust::System),
    }
}

fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    if digits.len() != 64 {
        return None;
    }
    let mut pin = [0; 32];
    for (byte, pair) in pin.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(pin)
}

enum Secret {
    Token(SecretString),
    Password(SecretString),
}

impl SecretFiles {
    fn read(&self) -> Result<Option<Secret>, Failure> {
        match (&self.token, &self.password) {
            (Some(file), _) => read_secret(file).map(|token| Some(Secret::Token(token))),
            (None, Some(file)) => read_secret(file).map(|password| Some(Secret::Password(password))),
            (None, None) => Ok(None),
        }
    }
}

fn read_secret(file: &Path) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("reading {}: {error}", file.display())))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn variable(name: &str) -> Option<SecretString> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(set: &[&str]) -> PairArgs {
        PairArgs {
            side_a: Some(String::from("https://fin-a.lab.example:8445")),
            set: set.iter().map(|text| (*text).to_owned()).collect(),
            ..PairArgs::default()
        }
    }

    #[test]
    fn without_a_side_the_usage_is_wrong() {
        assert_eq!(Setup::resolve(&PairArgs::default()).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_broken_inequality_is_wrong_usage_unless_unchecked() {
        let failure = Setup::resolve(&args(&["rest_grace=1s"])).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("rest_grace") && failure.message.contains("request_timeout"));
        let unchecked = PairArgs { unchecked: true, ..args(&["rest_grace=1s"]) };
        assert!(Setup::resolve(&unchecked).is_ok());
    }

    #[test]
    fn an_unknown_parameter_is_wrong_usage_and_lists_the_known() {
        let failure = Setup::resolve(&args(&["ping=1s"])).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("ping_idle"));
    }

    #[test]
    fn fingerprints_are_read_with_and_without_colons() {
        let plain = "00".repeat(31) + "ff";
        assert_eq!(fingerprint(&plain).unwrap()[31], 255);
        let colons = vec!["00"; 31].join(":") + ":ff";
        assert_eq!(fingerprint(&colons).unwrap(), fingerprint(&plain).unwrap());
        assert!(fingerprint("abc").is_none());
    }
}
