//! The XMPP session of one agent on one side, written once above every framing.
//!
//! `login` and `core` are pure state machines; `driver` is the task that feeds them; `link` is what the owner holds. [`open`] ties them
//! together under one deadline.

mod core;
mod driver;
mod ids;
mod inbound;
mod items;
mod link;
mod liveness;
mod login;
mod stanzas;
mod unescape;
#[cfg(all(any(test, feature = "fuzzing"), feature = "tcp", feature = "bosh", feature = "websocket"))]
pub(crate) use self::inbound::check_readers;
#[cfg(feature = "tcp")]
pub(crate) use self::stanzas::is_stream_error;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

#[cfg(feature = "mock")]
pub use self::link::MockLinkControl;
pub use self::link::{Link, LinkControl};

use self::core::Core;
use self::driver::Driver;
use self::ids::IdSource;
use self::inbound::{Inbound, InboundReader};
use self::login::{Login, Step};
use crate::config::SessionConfig;
use crate::error::{EndCause, LinkError};
use crate::transport::{Activity, Connect, Flights, Transport};

/// Connects, logs in, binds and becomes present. Exactly one attempt, under one deadline for name resolution, TCP, TLS and login. It takes
/// another connection only where a server does not take a login in two flights, and where none opened a stream and `connect` knows of
/// [another place](Connect::never_opened).
///
/// The link that comes back is driven by a task of the current tokio runtime. It never reconnects: when it ends, its last event says why.
///
/// # Errors
/// The cause is typed: see [`EndCause`]. A cause that [`is_final`](LinkError::is_final) must not be retried without a change.
pub async fn open(connect: &dyn Connect, config: SessionConfig) -> Result<Link, LinkError> {
    let place = connect.describe();
    let operation = format!("logging in as {}", config.login_id);
    let deadline = config.login_deadline;
    let mut doing = "connecting";
    let attempt = attempt(connect, &config, &mut doing);
    match tokio::time::timeout(deadline, attempt).await {
        Ok(Ok(link)) => Ok(link),
        Ok(Err(error)) => Err(error.during(operation).at(place)),
        Err(_) => {
            let detail = format!("not finished within {deadline:?}; the time ran out while {doing}");
            Err(LinkError::new(EndCause::Timeout, detail).during(operation).at(place))
        }
    }
}

async fn attempt(
    connect: &dyn Connect,
    config: &SessionConfig,
    doing: &mut &'static str,
) -> Result<Link, LinkError> {
    let mut step_by_step = false;
    loop {
        match login(connect, config, doing).await {
            Ok(link) => return Ok(link),
            // Once at each place.
            Err(Failed::NotTaken(error, flights)) if !step_by_step => {
                tracing::info!(%error, "the server does not take a login in two flights; going step by step from now on");
                flights.refuse();
                step_by_step = true;
            }
            Err(Failed::NeverOpened(error)) => {
                connect.never_opened(error)?;
                step_by_step = false;
            }
            Err(Failed::NotTaken(error, _) | Failed::Finally(error)) => return Err(error),
        }
    }
}

/// How one connection failed.
enum Failed {
    /// The server may merely not have liked to be written to ahead.
    NotTaken(LinkError, Flights),
    /// The place may be none for this transport.
    NeverOpened(LinkError),
    Finally(LinkError),
}

/// One connection and one login on it.
async fn login(
    connect: &dyn Connect,
    config: &SessionConfig,
    doing: &mut &'static str,
) -> Result<Link, Failed> {
    *doing = "connecting";
    // What can be refused without a server is refused before one is asked.
    Login::new(config, IdSource::new(config.seed), None).map_err(Failed::Finally)?;
    let mut transport = connect.connect(&config.domain).await.map_err(Failed::Finally)?;
    let flights = transport.flights().filter(Flights::allowed);
    let mut login =
        Login::new(config, IdSource::new(config.seed), flights.as_ref()).map_err(Failed::Finally)?;
    match converse(transport.as_mut(), &mut login, doing).await {
        Ok(jid) => {
            let (ids, early) = login.into_rest();
            Ok(start(transport, config, jid, ids, early, connect.describe()))
        }
        Err(error) => {
            // Politely, so that the server does not keep half a session; and shortly, so that the cause is told and no timeout instead.
            let _ = tokio::time::timeout(driver::CLOSE_STREAM, transport.close()).await;
            Err(match flights {
                _ if error.is_before_stream() => Failed::NeverOpened(error),
                Some(flights) if login.not_taken(&error) => Failed::NotTaken(error, flights),
                _ => Failed::Finally(error),
            })
        }
    }
}

/// Carries the login out; returns the full JID.
async fn converse(
    transport: &mut dyn Transport,
    login: &mut Login<'_>,
    doing: &mut &'static str,
) -> Result<String, LinkError> {
    let mut steps = login.begin();
    let mut reader = InboundReader::default();
    loop {
        let mut bound = None;
        for step in steps {
            match step {
                Step::Send(stanza) => transport.send(stanza).await?,
                Step::Restart => transport.restart().await?,
                Step::Done(jid) => bound = Some(jid),
            }
        }
        transport.flush().await?;
        if let Some(jid) = bound {
            return Ok(jid);
        }
        *doing = login.doing();
        let frame = match login.patience() {
            Some(patience) => match tokio::time::timeout(patience, transport.next()).await {
                Ok(frame) => frame?,
                Err(_) => {
                    let detail = format!("no answer within {patience:?} to what was written ahead");
                    return Err(LinkError::new(EndCause::Network, detail));
                }
            },
            None => transport.next().await?,
        };
        steps = login.on_inbound(reader.read(&frame)?)?;
    }
}

fn start(
    transport: Box<dyn Transport>,
    config: &SessionConfig,
    jid: String,
    ids: IdSource,
    early: Vec<Inbound>,
    place: String,
) -> Link {
    let (events_in, events) = mpsc::channel(config.event_capacity);
    let (commands_in, commands) = mpsc::channel(link::COMMANDS);
    let (activity, own_activity) = match transport.activity() {
        Some(activity) => (activity, false),
        None => (Activity::new(), true),
    };
    activity.touch();
    let core = Core::new(config, jid.clone(), ids, std::time::Duration::ZERO);
    let control = link::Control::new(commands_in, activity.clone());
    let driver = Driver {
        transport,
        core,
        started: Instant::now(),
        events: events_in,
        commands,
        activity,
        own_activity,
        // A peer that takes nothing for as long as pings may stay unanswered is as good as silent.
        send_timeout: config.ping.timeout.saturating_mul(config.ping.misses),
        ended: control.ended(),
        hurry: control.hurry(),
        place,
    };
    tokio::spawn(driver.run(early));
    Link { events, control: Arc::new(control), jid }
}
