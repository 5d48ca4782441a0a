//! Events a second and the CPU time of one, for each framing, beside unescaping and tokenising the same text: no client built on
//! quick-xml can do with less.
//!
//! The server is on a second thread and without TLS. What is counted is the thread that the client has for itself. The runs are short,
//! each has its own floor before and after it, and the one in the middle by the ratio of the two is told.

use std::hint::black_box;
use std::time::{Duration, Instant};

use finesse_ha::session::Transport;
use finesse_notify::{Connect, Event, open};

use super::{FRAMINGS, config, in_the_clear};
use crate::bench::Figure;
use crate::bench::canned::{EVENTS_OF_AN_ANSWER, Plain, escaped_update, event};
use crate::bench::stage::on_runtime;
use crate::bench::statistics::middle;
use crate::report::Failure;
use crate::tokens::tokens;

/// Events of one run: long enough for the clock, short enough for a speed that stays.
pub(super) const EVENTS: usize = if cfg!(debug_assertions) { 500 } else { 4_000 };
/// Texts of each floor, about half as long as the run between them.
const TEXTS: usize = EVENTS / 2;
/// Runs of the events; odd, so that there is a middle one.
const RUNS: usize = 21;

/// What one run took.
pub(super) struct Cost {
    /// Events a second.
    pub(super) rate: f64,
    /// Microseconds of CPU time for each event, where the system says so.
    pub(super) cpu: Option<f64>,
}

/// Measures all framings; BOSH with many events in an answer, as under a flood, and with one.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for framing in FRAMINGS {
        let many = format!(", {EVENTS_OF_AN_ANSWER} in a body as under a flood");
        let how = if framing == Transport::Bosh { many.as_str() } else { "" };
        figures.extend(measure(framing, &framing.to_string(), "", how)?);
    }
    let one = ", one in a body as when they come apart: a request each";
    figures.extend(measure(Transport::Bosh, "bosh-singly", "-singly", one)?);
    Ok(figures)
}

/// `named` is the framing for the figure's name, `wanted` what the resource adds for the server, `how` what the line adds for a reader.
fn measure(framing: Transport, named: &str, wanted: &str, how: &str) -> Result<Vec<Figure>, Failure> {
    let (escaped, resource) = (escaped_update(), format!("events-{EVENTS}{wanted}"));
    let mut runs: Vec<(Cost, f64)> = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let before = floor(&escaped)?;
        let plain = Plain::start()?;
        let connect = in_the_clear(framing, &plain)?;
        let cost = on_runtime(take_in(connect.as_ref(), &resource))?;
        runs.push((cost, (before + floor(&escaped)?) / 2.0));
    }
    // Microseconds of the processor, or else of the clock, beside the floor.
    let ratio = |(cost, floor): &(Cost, f64)| cost.cpu.unwrap_or(1e6 / cost.rate) / floor;
    let (cost, floor) = middle(runs, ratio).ok_or_else(|| Failure::new("there was no run"))?;
    let length = event(0, &escaped, "").len();
    let what = format!("unescaping and tokenising the same text (events of {length} bytes{how})");
    let mut figures = vec![Figure {
        name: format!("link.{named}.events"),
        value: cost.rate,
        unit: "events/s".into(),
        reference: Some((1e6 / floor, format!("nothing but {what}"))),
    }];
    if let Some(cpu) = cost.cpu {
        figures.push(Figure {
            name: format!("link.{named}.cpu-per-event"),
            value: cpu,
            unit: "us".into(),
            reference: Some((floor, what)),
        });
    }
    Ok(figures)
}

/// Logs in under this resource and takes in [`EVENTS`] events, each decoded.
pub(super) async fn take_in(connect: &dyn Connect, resource: &str) -> Result<Cost, Failure> {
    let mut link = open(connect, config(resource)?.build()?).await?;
    let (started, cpu) = (Instant::now(), thread_cpu());
    for seen in 0..EVENTS {
        match link.events.recv().await {
            Some(Event::Notification(notification)) if notification.update.is_ok() => {}
            other => return Err(Failure::new(format!("after {seen} events came {other:?}"))),
        }
    }
    let (took, spent) = (started.elapsed(), spent_since(cpu));
    link.control.close().await;
    Ok(Cost::of(took, spent))
}

impl Cost {
    /// The cost of a run that took this long, and so much of a processor.
    pub(super) fn of(took: Duration, spent: Option<Duration>) -> Self {
        Self {
            rate: EVENTS as f64 / took.as_secs_f64(),
            cpu: spent.map(|spent| spent.as_secs_f64() * 1e6 / EVENTS as f64),
        }
    }
}

/// Microseconds to unescape the text and read its tokens, counted as the events are: in time on a processor, where the system says so.
fn floor(escaped: &str) -> Result<f64, Failure> {
    let (started, cpu) = (Instant::now(), thread_cpu());
    for _ in 0..TEXTS {
        let text = quick_xml::escape::unescape(black_box(escaped))?;
        black_box(tokens(&text)?);
    }
    let spent = spent_since(cpu).unwrap_or_else(|| started.elapsed());
    Ok(spent.as_secs_f64() * 1e6 / TEXTS as f64)
}

/// Time this thread has spent on a processor since then.
fn spent_since(before: Option<Duration>) -> Option<Duration> {
    thread_cpu().zip(before).map(|(after, before)| after.saturating_sub(before))
}

/// Time this thread has spent on a processor, where the system says so.
fn thread_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
