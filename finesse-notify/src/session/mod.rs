//! The XMPP session of one agent on one side, written once above every framing.
//!
//! `login` and `core` are pure state machines; `driver` is the task that feeds them; `link` is what the owner holds. [`open`] ties them
//! together under one deadline.

mod core;
mod driver;
mod ids;
mod items;
mod link;
mod liveness;
mod login;
mod stanzas;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

#[cfg(feature = "mock")]
pub use self::link::MockLinkControl;
pub use self::link::{Link, LinkControl};

use self::core::Core;
use self::driver::Driver;
use self::ids::IdSource;
use self::login::{Login, Step};
use crate::config::SessionConfig;
use crate::error::{EndCause, LinkError};
use crate::stanza::Stanza;
use crate::transport::{Activity, Connect, Transport};

/// Connects, logs in, binds and becomes present. Exactly one attempt, under one deadline for name resolution, TCP, TLS and login.
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
    let mut login = Login::new(config, IdSource::new(config.seed))?;
    let mut transport = connect.connect(&config.domain).await?;
    let jid = loop {
        *doing = login.doing();
        let stanza = transport.next().await?;
        match login.on_stanza(stanza) {
            Ok(None) => {}
            Ok(Some(Step::Send(stanza))) => transport.send(stanza).await?,
            Ok(Some(Step::Restart)) => transport.restart().await?,
            Ok(Some(Step::Done(jid))) => break jid,
            Err(error) => {
                // Politely, so that the server does not keep half a session; and shortly, so that the cause is told and no timeout instead.
                let _ = tokio::time::timeout(driver::CLOSE_STREAM, transport.close()).await;
                return Err(error);
            }
        }
    };
    *doing = "sending presence";
    transport.send(stanzas::presence()).await?;
    let (ids, early) = login.into_rest();
    Ok(start(transport, config, jid, ids, early, connect.describe()))
}

fn start(
    transport: Box<dyn Transport>,
    config: &SessionConfig,
    jid: String,
    ids: IdSource,
    early: Vec<Stanza>,
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
