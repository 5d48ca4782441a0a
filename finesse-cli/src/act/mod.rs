//! `finesse user` and `finesse call`: one command of the agent, given through a session, so that it ends in exactly one outcome.
//!
//! The session observes: it gives what was asked for and nothing by itself, so neither does it sign anybody out when it ends. Only where
//! `--extension` was given and the agent is signed out, he is signed in first.
//!
//! Once the description of the session is right, exactly one outcome is printed, whatever happens.

mod verb;

use std::pin::Pin;
use std::time::Duration;

use finesse_ha::event::Event;
use finesse_ha::outcome::Outcome;
use finesse_ha::session::{Session, SessionEnd};
use finesse_model::{Extension, UserId, UserState};
use finesse_rest::Command;
use tokio::time::Instant;

pub(crate) use self::verb::Verb;
use self::verb::sign_in;
use crate::args::ActArgs;
use crate::exit::{Exit, Failure};
use crate::lines::{self, Stopwatch};
use crate::output::{Printer, complain};
use crate::setup::{Setup, end_failure, setup_failure};
use crate::watch::GOOD_BYE;

/// How a command ended, and the id it had in the session; empty if it never had one.
struct Ended {
    id: String,
    outcome: Outcome,
    /// The password or token was refused meanwhile.
    credentials_refused: bool,
}

impl Ended {
    fn not_sent(why: impl Into<String>) -> Self {
        let outcome = Outcome::NotSent { why: why.into() };
        Self { id: String::new(), outcome, credentials_refused: false }
    }
}

/// Why the waiting was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    TimeIsUp,
    Interrupted,
}

impl Cut {
    fn exit(self) -> Exit {
        match self {
            Self::TimeIsUp => Exit::TimedOut,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::TimeIsUp => "time is up before the session was live",
            Self::Interrupted => "interrupted before the session was live",
        }
    }
}

/// Ends the waiting, once.
struct Limit {
    until: Instant,
    /// Kept from one waiting to the next, so that no interrupt falls between two.
    interrupt: Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>,
}

impl Limit {
    fn new(after: Duration) -> Self {
        Self { until: Instant::now() + after, interrupt: Box::pin(tokio::signal::ctrl_c()) }
    }

    /// Not to be asked again once it has answered.
    async fn reached(&mut self) -> Cut {
        tokio::select! {
            () = tokio::time::sleep_until(self.until) => Cut::TimeIsUp,
            _ = &mut self.interrupt => Cut::Interrupted,
        }
    }
}

/// Runs the command.
pub(crate) async fn run(args: ActArgs, verb: Verb) -> Result<Exit, Failure> {
    let setup = Setup::resolve(&args.pair)?;
    let Some(credentials) = setup.credentials()? else {
        return Err(Failure::usage("no agent named: give --user ID or set FINESSE_USER"));
    };
    if verb.is_sign_in() && setup.extension().is_none() {
        return Err(Failure::usage("no extension to sign in with: give --extension EXT"));
    }
    let printer = Printer::single(args.output);
    let watch = Stopwatch::start();
    let mut limit = Limit::new(args.timeout);
    let user = credentials.user().clone();
    let builder = setup.observer(credentials).clock(watch.clock());
    let started = tokio::select! {
        started = builder.start() => started,
        cut = limit.reached() => {
            tell(printer, &watch, &verb, &Ended::not_sent(cut.words()));
            return Ok(cut.exit());
        }
    };
    let mut session = started.map_err(|error| setup_failure(&error))?;
    match live(&mut session, &mut limit).await {
        Ok(()) => {}
        Err(Delay::Ended(end)) => {
            tell(printer, &watch, &verb, &Ended::not_sent(end.to_string()));
            return match end {
                // The outcome has said it.
                SessionEnd::Credentials(_) => Ok(Exit::Credentials),
                end => Err(end_failure(&end)),
            };
        }
        Err(Delay::Stuck(why)) => {
            tell(printer, &watch, &verb, &Ended::not_sent(why.clone()));
            close(session).await;
            return Err(Failure::new(Exit::NoSide, why));
        }
        Err(Delay::Cut(cut)) => {
            tell(printer, &watch, &verb, &Ended::not_sent(cut.words()));
            close(session).await;
            return Ok(cut.exit());
        }
    }
    let (ended, cut) = give(&mut session, &verb, &user, setup.extension(), &mut limit).await;
    tell(printer, &watch, &verb, &ended);
    if verb.is_sign_in() && ended.outcome == Outcome::Applied {
        complain(
            "signed in; a side signs an agent out about a minute after his last session with it has ended, so keep one (finesse watch --extension)",
        );
    }
    let end = session.ended().filter(|end| *end != SessionEnd::Closed);
    close(session).await;
    match (&ended.outcome, cut, end) {
        (_, Some(Cut::Interrupted), _) => Ok(Exit::Interrupted),
        (Outcome::Applied, ..) => Ok(Exit::Done),
        (Outcome::Unknown { .. }, ..) => Ok(Exit::Unknown),
        // As above: the outcome has said it.
        _ if ended.credentials_refused => Ok(Exit::Credentials),
        (Outcome::NotSent { .. }, _, Some(end)) => Err(end_failure(&end)),
        _ => Ok(Exit::Failed),
    }
}

/// Why a session is not live.
enum Delay {
    Ended(SessionEnd),
    /// No side can be used now. It would go on trying; a command does not wait for that.
    Stuck(String),
    Cut(Cut),
}

/// Reads the feed until the session is live.
async fn live(session: &mut Session, limit: &mut Limit) -> Result<(), Delay> {
    loop {
        let event = tokio::select! {
            event = session.next() => event,
            cut = limit.reached() => return Err(Delay::Cut(cut)),
        };
        match event {
            Some(Event::Resynced(_)) => return Ok(()),
            Some(Event::Waiting { why } | Event::BothOut { why } | Event::Offline { why }) => {
                return Err(Delay::Stuck(why));
            }
            Some(_) => {}
            None => {
                let lost = || SessionEnd::Failed(String::from("the session's task has ended"));
                return Err(Delay::Ended(session.ended().unwrap_or_else(lost)));
            }
        }
    }
}

/// Gives the command in a live session; the sign-in before it where that was asked for by `--extension`.
async fn give(
    session: &mut Session,
    verb: &Verb,
    user: &UserId,
    extension: Option<&Extension>,
    limit: &mut Limit,
) -> (Ended, Option<Cut>) {
    let shown = session.picture().picture.user.clone();
    let signed_in = shown.as_ref().and_then(|user| user.state.as_ref()).is_some_and(UserState::is_signed_in);
    if let Some(extension) = extension.filter(|_| verb.signs_in_first() && !signed_in) {
        let (ended, cut) = submit(session, sign_in(user.clone(), extension.clone()), limit).await;
        if ended.outcome != Outcome::Applied {
            let why = format!(
                "the agent is signed out, and his sign-in with extension {extension} is {}: {}",
                ended.outcome.name(),
                ended.outcome.why()
            );
            return (Ended { credentials_refused: ended.credentials_refused, ..Ended::not_sent(why) }, cut);
        }
    }
    let shown = shown.and_then(|user| user.extension).and_then(|text| Extension::new(text).ok());
    match verb.command(user, extension.or(shown.as_ref())) {
        Some(command) => submit(session, command, limit).await,
        None => (
            Ended::not_sent("the agent is signed in on no extension: sign him in, or give --extension EXT"),
            None,
        ),
    }
}

/// Gives one command and waits for its outcome. If that is cut short, the session is closed and says what is known.
async fn submit(session: &mut Session, command: Command, limit: &mut Limit) -> (Ended, Option<Cut>) {
    let commands = session.commands();
    let outcome = commands.submit(command);
    tokio::pin!(outcome);
    let (mut answered, mut cut, mut until) = (None, None, None::<Instant>);
    let mut credentials_refused = false;
    loop {
        tokio::select! {
            biased;
            // The feed says the id too, and comes after the answer.
            event = session.next() => match event {
                Some(Event::Command { id, outcome, .. }) => return (Ended { id, outcome, credentials_refused }, cut),
                // Said before the outcome of the command that was refused.
                Some(Event::AttentionRequired { kind, .. }) => credentials_refused |= kind == "credentials",
                Some(_) => {}
                None => {
                    let outcome = match answered {
                        Some(outcome) => outcome,
                        None => outcome.await,
                    };
                    return (Ended { id: String::new(), outcome, credentials_refused }, cut);
                }
            },
            outcome = &mut outcome, if answered.is_none() => answered = Some(outcome),
            why = limit.reached(), if cut.is_none() => {
                cut = Some(why);
                until = Some(Instant::now() + GOOD_BYE);
                session.start_closing();
            }
            () = sleep_until(until) => {
                let why = String::from("nobody has said what became of it");
                let outcome = answered.unwrap_or(Outcome::Unknown { why });
                return (Ended { id: String::new(), outcome, credentials_refused }, cut);
            }
        }
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// The good-bye, for as long as is fitting.
async fn close(session: Session) {
    let _ = tokio::time::timeout(GOOD_BYE, session.close()).await;
}

/// The outcome, in words or as a line.
fn tell(printer: Printer, watch: &Stopwatch, verb: &Verb, ended: &Ended) {
    let Ended { id, outcome, .. } = ended;
    let event = Event::Command { id: id.clone(), verb: verb.word().to_owned(), outcome: outcome.clone() };
    printer.json(&lines::to_json(&event, watch));
    let why = if outcome.why().is_empty() { String::new() } else { format!(": {}", outcome.why()) };
    printer.text(format!("{} {}{why}", verb.word(), outcome.name()));
}
