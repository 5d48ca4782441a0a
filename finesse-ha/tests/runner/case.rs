//! A case as it is written down, and how one file becomes several variations.
//!
//! Invariant: what is not understood is refused, at every level, before anything runs. `README.md` beside the files explains every field.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use finesse_ha::event::Event;
use finesse_ha::params::Params;
use finesse_sim::{AgentSpec, Fault, Side, WorldAction};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::pattern::Pattern;
use super::switches::Switches;

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) variations: Vec<(String, Case)>,
}

/// One variation of a file, with nothing left to choose but the seed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) title: String,
    /// For the reader.
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(default)]
    pub(crate) policy: PolicyName,
    #[serde(default)]
    pub(crate) params: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) profile: Switches,
    #[serde(default = "agent")]
    pub(crate) agent: AgentSpec,
    #[serde(default)]
    pub(crate) observer: bool,
    #[serde(default)]
    pub(crate) start: Start,
    #[serde(default)]
    pub(crate) given: Vec<Step>,
    pub(crate) steps: Vec<Step>,
    #[serde(deserialize_with = "duration")]
    pub(crate) until: Duration,
    pub(crate) expect: Expect,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyName {
    #[default]
    Hybrid,
    Immediate,
    Wait,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Start {
    /// Live on side A for about a minute when time zero comes.
    #[default]
    Live,
    /// The session is opened at time zero, after the steps of that moment.
    Cold,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// From time zero on; the steps that are given have none.
    at: Option<Duration>,
    pub(crate) what: What,
    /// The name under which the call that begins here is known to the rest of the case.
    pub(crate) name: Option<String>,
    /// What may become of the click.
    pub(crate) outcome: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Fault(Fault),
    /// A `WorldAction`, in which names of calls are still to be replaced.
    World(Value),
    /// A click, likewise.
    Click(Value),
    Path(Path),
    Client(Client),
}

/// What the application asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "click", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Click {
    Ready {},
    NotReady { reason: Option<i64> },
    SignOut {},
    MakeCall { to: String },
    Answer { call: String },
    Hold { call: String },
    Retrieve { call: String },
    Drop { call: String },
    Consult { call: String, to: String },
    Transfer { call: String },
    BlindTransfer { call: String, to: String },
    SendDtmf { call: String, digits: String },
    UpdateData { call: String, variables: BTreeMap<String, String> },
}

/// The network between this client and one side.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "path", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Path {
    /// New connections are refused.
    Refuse { side: Side, only: Option<Which> },
    /// New connections and requests are never answered.
    BlackHole { side: Side, only: Option<Which> },
    /// All is well again.
    Open { side: Side },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Which {
    Rest,
    Stream,
}

/// The program that holds the session.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "client", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Client {
    /// It dies without a good-bye.
    Dies {},
    /// It begins anew, knowing nothing.
    Starts {},
    /// It ends its session in an orderly way.
    Closes {},
}

/// What must have come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// An ordered subsequence of the feed.
    #[serde(default)]
    pub(crate) feed: Vec<Told>,
    /// What must not be in the feed.
    #[serde(default)]
    pub(crate) never: Vec<Told>,
    pub(crate) gaps: Option<Count>,
    pub(crate) switches: Option<Count>,
    pub(crate) ghost_logouts: Option<Count>,
    /// Forced logouts that the world has carried out.
    pub(crate) forced_logouts: Option<Count>,
    /// The side in use at the end.
    pub(crate) side: Option<Side>,
    /// Live at the end, and for the last time since this moment at the latest.
    #[serde(default, deserialize_with = "maybe_duration")]
    pub(crate) live_by: Option<Duration>,
    /// The agent's true state at the end.
    pub(crate) state: Option<Pattern>,
    /// The session is over at the end, and this is said of it. Otherwise it must be live.
    pub(crate) closed: Option<Pattern>,
    /// Entries of the pair's log.
    #[serde(default)]
    pub(crate) log: Vec<Logged>,
}

/// One item of the feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) event: String,
    /// Fields it must have.
    #[serde(default)]
    pub(crate) with: Pattern,
    #[serde(default, deserialize_with = "maybe_duration")]
    pub(crate) after: Option<Duration>,
    #[serde(default, deserialize_with = "maybe_duration")]
    pub(crate) by: Option<Duration>,
}

/// How many entries of the pair's log look like this.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logged {
    pub(crate) entry: Pattern,
    pub(crate) times: Count,
    #[serde(default, deserialize_with = "maybe_duration")]
    pub(crate) after: Option<Duration>,
    #[serde(default, deserialize_with = "maybe_duration")]
    pub(crate) by: Option<Duration>,
}

/// A number, or bounds of one, both included.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Count {
    Exactly(usize),
    Within(usize, usize),
}

impl Count {
    /// In words, if the number is another.
    pub(crate) fn check(self, what: &str, found: usize) -> Result<(), String> {
        match self {
            Self::Exactly(wanted) if wanted != found => Err(format!("{what}: {found}, expected {wanted}")),
            Self::Within(least, most) if found < least || found > most => {
                Err(format!("{what}: {found}, expected {least} to {most}"))
            }
            _ => Ok(()),
        }
    }
}

impl Step {
    /// When it happens, from time zero on.
    pub(crate) fn at(&self) -> Duration {
        self.at.unwrap_or_default()
    }
}

impl Case {
    /// The client's numbers.
    pub(crate) fn params(&self) -> Result<Params, String> {
        let mut params = Params::default();
        for (name, value) in &self.params {
            params.set(name, value).map_err(|error| error.to_string())?;
        }
        Ok(params)
    }

    /// What serde does not see; `names` are those by which calls are spoken of anywhere.
    fn check(&self, names: &BTreeSet<String>) -> Result<(), String> {
        self.params()?;
        if self.steps.iter().any(|step| step.at() > self.until) {
            return Err(String::from("a step comes after the end"));
        }
        if self.given.iter().any(|step| step.at.is_some()) {
            return Err(String::from(
                "what is given happens before time zero, one step a second; it has no `at`",
            ));
        }
        let told = self.expect.feed.iter().chain(&self.expect.never);
        if let Some(told) = told.into_iter().find(|told| !Event::NAMES.contains(&told.event.as_str())) {
            return Err(format!("there is no event {:?}", told.event));
        }
        let named: BTreeSet<&str> =
            self.given.iter().chain(&self.steps).filter_map(|step| step.name.as_deref()).collect();
        match names.iter().find(|name| !named.contains(name.as_str())) {
            Some(name) => Err(format!("no call is named {name}")),
            None => Ok(()),
        }
    }
}

/// The names of calls, as `@name`, in all texts.
fn names_in(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => text.strip_prefix('@').map(str::to_owned).into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(names_in).collect(),
        Value::Object(fields) => fields.values().flat_map(names_in).collect(),
        _ => BTreeSet::new(),
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(input)?;
        let mut text = |name: &str| match fields.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(D::Error::custom(format!("a step's {name} is {other}, not a text"))),
        };
        let at = text("at")?.map(|at| parse(&at).map_err(D::Error::custom)).transpose()?;
        let name = text("as")?;
        let outcome = match fields.remove("outcome") {
            None => Vec::new(),
            Some(Value::String(one)) => vec![one],
            Some(list) => Vec::deserialize(list).map_err(D::Error::custom)?,
        };
        let whole = Value::Object(fields.clone());
        let what = if fields.contains_key("fault") {
            let fault: Fault = read(whole)?;
            fault.check().map_err(D::Error::custom)?;
            What::Fault(fault)
        } else if fields.contains_key("action") {
            let _: WorldAction = read(whole.clone())?;
            What::World(whole)
        } else if fields.contains_key("click") {
            let _: Click = read(whole.clone())?;
            What::Click(whole)
        } else if fields.contains_key("path") {
            What::Path(read(whole)?)
        } else if fields.contains_key("client") {
            What::Client(read(whole)?)
        } else {
            return Err(D::Error::custom(format!(
                "a step is a fault, an action, a click, a path or a client: {whole}"
            )));
        };
        if !outcome.is_empty() && !matches!(what, What::Click(_)) {
            return Err(D::Error::custom("only a click has an outcome"));
        }
        let begins = ["call_begin", "call_transfer", "call_replace"];
        let is_call =
            matches!(&what, What::World(action) if begins.iter().any(|name| action["action"] == **name));
        if name.is_some() && !is_call {
            return Err(D::Error::custom("only an action by which a call begins has a name"));
        }
        Ok(Self { at, what, name, outcome })
    }
}

fn read<T: serde::de::DeserializeOwned, E: Error>(value: Value) -> Result<T, E> {
    T::deserialize(&value).map_err(|error| E::custom(format!("{value}: {error}")))
}

fn agent() -> AgentSpec {
    AgentSpec::new("1001", "simulated", "7301")
}

pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("duration {text:?}: {error}"))
}

pub(crate) fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(input)?).map_err(D::Error::custom)
}

pub(crate) fn maybe_duration<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
    duration(input).map(Some)
}

impl File {
    /// Reads a file's text: the case as it stands, each of its variants, and each of their ways.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut base: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let variants: BTreeMap<String, Value> = take(&mut base, "variants")?;
        let mut variations = vec![(String::from("as it stands"), base.clone())];
        for (name, patch) in variants {
            let mut varied = base.clone();
            merge(&mut varied, patch);
            variations.push((name, varied));
        }
        let mut cases = Vec::new();
        for (name, mut varied) in variations {
            let ways: BTreeMap<String, Vec<Value>> = take(&mut varied, "ways")?;
            for (way, patch) in product(&ways) {
                let mut one = varied.clone();
                merge(&mut one, patch);
                let name = if way.is_empty() { name.clone() } else { format!("{name}, {way}") };
                let names = names_in(&one);
                let case: Case = Case::deserialize(one).map_err(|error| format!("{name}: {error}"))?;
                case.check(&names).map_err(|error| format!("{name}: {error}"))?;
                cases.push((name, case));
            }
        }
        let id = cases.first().map(|(_, case)| case.id.clone()).unwrap_or_default();
        Ok(Self { id, variations: cases })
    }
}

fn take<T: serde::de::DeserializeOwned + Default>(from: &mut Value, name: &str) -> Result<T, String> {
    let taken = from.as_object_mut().and_then(|fields| fields.remove(name));
    taken.map_or_else(
        || Ok(T::default()),
        |value| T::deserialize(value).map_err(|error| format!("{name}: {error}")),
    )
}

/// Every combination of the switches, in words and as a patch.
fn product(ways: &BTreeMap<String, Vec<Value>>) -> Vec<(String, Value)> {
    let mut all = vec![(Vec::new(), Map::new())];
    for (switch, values) in ways {
        all = all
            .into_iter()
            .flat_map(|(words, patch)| {
                values.iter().map(move |value| {
                    let (mut words, mut patch): (Vec<String>, Map<String, Value>) =
                        (words.clone(), patch.clone());
                    words.push(format!("{switch} = {value}"));
                    patch.insert(switch.clone(), value.clone());
                    (words, patch)
                })
            })
            .collect();
    }
    all.into_iter()
        .map(|(words, patch)| (words.join(", "), serde_json::json!({ "profile": patch })))
        .collect()
}

/// A merge patch as in RFC 7386: objects are merged, everything else is replaced, null removes.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}
