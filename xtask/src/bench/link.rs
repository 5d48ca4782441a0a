//! What one notification link costs: events a second, round trips of its login, memory while idle, time until silence is noticed.
//!
//! The other end is the canned server, so nothing but the client is measured. Events come over plain TCP from a second thread, because
//! encryption would be most of what is measured; everything else is TLS, with the server in a process of its own.

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use finesse_model::UserId;
use finesse_net::{TcpDialer, Trust};
use finesse_notify::{Event, Link, PingConfig, SessionConfig, TcpConnect, open};
use tokio::net::TcpListener;

use super::Figure;
use super::canned::{AGENT, Canned, DOMAIN, escaped_update, event, serve};
use super::delay::Line;
use super::stage::on_runtime;
use super::statistics::median;
use crate::report::Failure;
use crate::tokens::tokens;

/// Events of one run: long enough for the clock, short enough to repeat.
const EVENTS: usize = if cfg!(debug_assertions) { 500 } else { 20_000 };
/// Runs of the events; odd, so that there is a middle one.
const RUNS: usize = 5;
/// What slixmpp 1.17 takes in on the machine on which the figures of the issue were made.
const OTHERS: f64 = 4_400.0;
/// Links of one process.
const LINKS: usize = 1_000;
/// Links opened before the memory is first looked at, so that what is shared is there.
const WARM: usize = 20;
/// One way of the long line.
const ONE_WAY: Duration = Duration::from_millis(25);

/// Measures all of them.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let mut figures = events()?;
    figures.extend(on_runtime(async {
        let canned = Canned::start().await?;
        let trips = round_trips(&canned).await?;
        let silence = silence(&canned).await?;
        let memory = memory(&canned).await?;
        Ok([vec![trips, memory], silence].concat())
    })?);
    Ok(figures)
}

fn config(resource: &str) -> Result<finesse_notify::SessionConfigBuilder, Failure> {
    let secret = String::from("bench").into();
    Ok(SessionConfig::builder(UserId::new(AGENT)?, secret, DOMAIN).resource(resource))
}

fn over_tls(canned: &Canned) -> Result<TcpConnect, Failure> {
    let dialer = Arc::new(TcpDialer::new(&canned.trust)?);
    Ok(TcpConnect::new(dialer, canned.address.ip().to_string(), canned.address.port()))
}

/// Events a second and the CPU time of one, beside unescaping and tokenising the same text.
fn events() -> Result<Vec<Figure>, Failure> {
    let escaped = escaped_update();
    let (mut rates, mut costs, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        floors.push(floor(&escaped)?);
        let (rate, cost) = one_run()?;
        rates.push(rate);
        costs.extend(cost);
    }
    let length = event(0, &escaped).len();
    let mut figures = vec![Figure {
        name: "link.tcp.events".to_owned(),
        value: median(rates),
        unit: "events/s".into(),
        reference: Some((
            OTHERS,
            format!("slixmpp on its best machine, events of 5.7 KB (here: {length} bytes)"),
        )),
    }];
    if !costs.is_empty() {
        figures.push(Figure {
            name: "link.tcp.cpu-per-event".to_owned(),
            value: median(costs),
            unit: "us".into(),
            reference: Some((median(floors), "unescaping and tokenising the same text".to_owned())),
        });
    }
    Ok(figures)
}

fn one_run() -> Result<(f64, Option<f64>), Failure> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        on_runtime(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            tell.send(listener.local_addr()?)?;
            let (stream, _) = listener.accept().await?;
            // It ends when the client has had enough.
            let _ = serve(stream).await;
            Ok(())
        })
    });
    let address = told.recv()?;
    on_runtime(async {
        let dialer = Arc::new(TcpDialer::new(&Trust::InsecureAcceptAnything)?);
        let connect = TcpConnect::insecure(dialer, address.ip().to_string(), address.port());
        let config = config(&format!("events-{EVENTS}"))?.build()?;
        let mut link = open(&connect, config).await?;
        let (started, cpu) = (Instant::now(), thread_cpu());
        for seen in 0..EVENTS {
            match link.events.recv().await {
                Some(Event::Notification(notification)) if notification.update.is_ok() => {}
                other => return Err(Failure::new(format!("after {seen} events came {other:?}"))),
            }
        }
        let rate = EVENTS as f64 / started.elapsed().as_secs_f64();
        let spent = thread_cpu().zip(cpu).map(|(after, before)| after.saturating_sub(before));
        link.control.close().await;
        Ok((rate, spent.map(|spent| spent.as_secs_f64() * 1e6 / EVENTS as f64)))
    })
}

/// Microseconds to unescape the text and read its tokens.
fn floor(escaped: &str) -> Result<f64, Failure> {
    let rounds = EVENTS / 10;
    let started = Instant::now();
    for _ in 0..rounds {
        let text = quick_xml::escape::unescape(black_box(escaped))?;
        black_box(tokens(&text)?);
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / rounds as f64)
}

/// Time this thread has spent on a processor, where the system says so.
fn thread_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Round trips until bound and present, without the one of TCP itself.
async fn round_trips(canned: &Canned) -> Result<Figure, Failure> {
    let line = Line::to(canned.address, ONE_WAY).await?;
    let dialer = Arc::new(TcpDialer::new(&canned.trust)?);
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
    let connect = over_tls(canned)?;
    let measure = async |name: &str, ping: PingConfig, limit: f64| {
        let mut link = open(&connect, config("silent")?.ping(ping).build()?).await?;
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

/// Resident memory of one idle link.
async fn memory(canned: &Canned) -> Result<Figure, Failure> {
    let connect = over_tls(canned)?;
    let mut links: Vec<Link> = Vec::with_capacity(LINKS);
    let mut before = 0.0;
    for number in 0..LINKS {
        if number == WARM {
            before = resident().unwrap_or_default();
        }
        links.push(open(&connect, config("idle")?.build()?).await?);
    }
    let per_link = (resident().unwrap_or_default() - before) / (LINKS - WARM) as f64;
    for link in links {
        // They end with the runtime; a thousand goodbyes are not measured.
        drop(link);
    }
    Ok(Figure {
        name: "link.tcp.memory-idle-tls".to_owned(),
        value: per_link,
        unit: "kB".into(),
        reference: Some((40.0, "what it may take".to_owned())),
    })
}

/// Resident memory of this process in kB, where the system says so.
fn resident() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}
