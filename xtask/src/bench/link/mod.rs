//! What one notification link costs: events a second, round trips of its login, memory while idle, time until silence is noticed.
//!
//! The other end is the canned server, so nothing but the client is measured. What is asked of the framings is asked of all three; what is
//! asked of the login and of silence is asked of TCP. Everything is TLS, with the server in a process of its own, except for the events
//! whose CPU time is told: encryption would be most of it. Beside what other libraries take in, ours has TLS as they have.

mod baselines;
mod events;
mod memory;

use std::sync::Arc;
use std::time::{Duration, Instant};

use finesse_ha::session::Transport;
use finesse_model::UserId;
use finesse_net::{TcpDialer, Trust};
use finesse_notify::{
    BoshConnect, Connect, Event, PingConfig, SessionConfig, SessionConfigBuilder, TcpConnect,
    WebSocketConnect, open,
};

use super::canned::{AGENT, Canned, DOMAIN, Plain};
use super::delay::Line;
use super::stage::on_runtime;
use super::statistics::median;
use super::{Entry, Figure, entries};
use crate::report::Failure;

pub(crate) use self::memory::run as run_memory;

/// Each framing there is.
const FRAMINGS: [Transport; 3] = [Transport::Tcp, Transport::WebSocket, Transport::Bosh];
/// One way of the long line.
const ONE_WAY: Duration = Duration::from_millis(25);

/// Measures all of them.
pub(super) fn run() -> Result<Vec<Entry>, Failure> {
    let mut all = entries(events::run()?);
    all.extend(baselines::run()?);
    all.extend(on_runtime(async {
        let canned = Canned::start().await?;
        let mut figures = vec![round_trips(&canned).await?];
        figures.extend(silence(&canned).await?);
        Ok(entries(figures))
    })?);
    for framing in FRAMINGS {
        all.push(memory::of_one_link(framing)?);
    }
    Ok(all)
}

fn config(resource: &str) -> Result<SessionConfigBuilder, Failure> {
    let secret = String::from("bench").into();
    Ok(SessionConfig::builder(UserId::new(AGENT)?, secret, DOMAIN).resource(resource))
}

/// To the server process.
fn over_tls(framing: Transport, canned: &Canned) -> Result<Box<dyn Connect>, Failure> {
    let (dialer, address) = (Arc::new(TcpDialer::new(&canned.trust())?), canned.address);
    Ok(match framing {
        Transport::WebSocket => Box::new(WebSocketConnect::new(dialer, &format!("wss://{address}/ws"))?),
        Transport::Bosh => Box::new(BoshConnect::new(dialer, &format!("https://{address}/http-bind/"))?),
        _ => Box::new(TcpConnect::new(dialer, address.ip().to_string(), address.port())),
    })
}

/// To the server on a thread.
fn in_the_clear(framing: Transport, plain: &Plain) -> Result<Box<dyn Connect>, Failure> {
    let (dialer, address) = (Arc::new(TcpDialer::new(&Trust::InsecureAcceptAnything)?), plain.address);
    Ok(match framing {
        Transport::WebSocket => Box::new(WebSocketConnect::insecure(dialer, &format!("ws://{address}/ws"))?),
        Transport::Bosh => Box::new(BoshConnect::insecure(dialer, &format!("http://{address}/http-bind/"))?),
        _ => Box::new(TcpConnect::insecure(dialer, address.ip().to_string(), address.port())),
    })
}

/// Round trips until bound and present, without the one of TCP itself.
async fn round_trips(canned: &Canned) -> Result<Figure, Failure> {
    let line = Line::to(canned.address, ONE_WAY).await?;
    let dialer = Arc::new(TcpDialer::new(&canned.trust())?);
    let mut counted = Vec::new();
    for _ in 0..3 {
        let connect = TcpConnect::new(dialer.clone(), line.address().ip().to_string(), line.address().port());
        let started = Instant::now();
        let link = open(&connect, config("idle")?.build()?).await?;
        counted.push(started.elapsed().as_secs_f64() / (2.0 * ONE_WAY.as_secs_f64()) - 1.0);
        link.control.close().await;
    }
    Ok(Figure {
        name: "link.tcp.login-round-trips".to_owned(),
        value: median(counted),
        unit: "round trips".into(),
        reference: Some((3.0, "TLS 1.3 and two flights".to_owned())),
    })
}

/// Time until the end of a link whose server says nothing any more.
async fn silence(canned: &Canned) -> Result<Vec<Figure>, Failure> {
    let connect = over_tls(Transport::Tcp, canned)?;
    let measure = async |name: &str, ping: PingConfig, limit: f64| {
        let mut link = open(connect.as_ref(), config("silent")?.ping(ping).build()?).await?;
        let started = Instant::now();
        match link.events.recv().await {
            Some(Event::Ended(_)) => Ok::<_, Failure>(Figure {
                name: format!("link.tcp.silence-noticed.{name}"),
                value: started.elapsed().as_secs_f64(),
                unit: "s".into(),
                reference: Some((limit, "the most it may take".to_owned())),
            }),
            other => Err(Failure::new(format!("a silent link said {other:?}"))),
        }
    };
    let (usual, tight) = tokio::try_join!(
        measure("default", PingConfig::default(), 25.0),
        measure("tight", PingConfig::tight(), 3.0)
    )?;
    Ok(vec![usual, tight])
}
