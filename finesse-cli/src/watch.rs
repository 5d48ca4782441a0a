//! `finesse watch`: the session's feed, until stopped.

use std::time::Duration;

use finesse_ha::event::Event;
use finesse_ha::session::{Chosen, Session, SessionEnd};
use finesse_ha::side::Side;

use crate::args::WatchArgs;
use crate::exit::{Exit, Failure};
use crate::lines::{self, Stopwatch};
use crate::output::{Printer, complain, nobody_reads};
use crate::setup::{Setup, end_failure, setup_failure};

/// The good-bye is bounded by a second; what takes longer is left to the server's time-outs.
pub(crate) const GOOD_BYE: Duration = Duration::from_millis(1800);

/// Runs the command.
pub(crate) async fn run(args: WatchArgs) -> Result<Exit, Failure> {
    if let Some(until) = args.until.as_deref().filter(|until| !Event::NAMES.contains(until)) {
        return Err(Failure::usage(format!(
            "--until {until}: no such event; known are: {}",
            Event::NAMES.join(", ")
        )));
    }
    let setup = Setup::resolve(&args.pair)?;
    let Some(credentials) = setup.credentials()? else {
        return Err(Failure::usage("no agent named: give --user ID or set FINESSE_USER"));
    };
    let printer = Printer::streaming(args.output);
    let watch = Stopwatch::start();
    let mut builder = setup.session(credentials).clock(watch.clock());
    for node in &args.subscribe {
        builder = builder.subscribe(node);
    }
    let up = if args.until.is_some() { Exit::TimedOut } else { Exit::Done };
    let limit = args.limit;
    let time_is_up = async move {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(time_is_up);
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);

    let mut session = tokio::select! {
        started = builder.start() => started.map_err(|error| setup_failure(&error))?,
        () = &mut time_is_up => {
            cut_short(printer, &watch, "time is up, and side A has not told where side B is");
            return Ok(never_live(up));
        }
        _ = &mut interrupt => {
            cut_short(printer, &watch, "interrupted before the session began");
            return Ok(Exit::Interrupted);
        }
    };
    let mut was_live = false;
    let mut transport = None;
    let mut stopped: Option<(Exit, tokio::time::Instant)> = None;
    loop {
        let asked_to_stop = tokio::select! {
            biased;
            event = session.next() => {
                let Some(event) = event else { break };
                print(printer, &event, &watch);
                if let Event::Resynced(done) = &event {
                    was_live = true;
                    if !printer.is_json() {
                        name_transport(&session, done.side, &mut transport);
                    }
                }
                let reached = args.until.as_deref().is_some_and(|until| until == event.name());
                (reached || nobody_reads()).then_some(Exit::Done)
            }
            () = &mut time_is_up, if stopped.is_none() => Some(if was_live { up } else { never_live(up) }),
            _ = &mut interrupt => match stopped {
                None => {
                    interrupt.set(tokio::signal::ctrl_c());
                    Some(Exit::Interrupted)
                }
                // Whoever asks twice does not want to wait.
                Some(_) => {
                    cut_short(printer, &watch, "interrupted during the good-bye");
                    return Ok(Exit::Interrupted);
                }
            },
            () = good_bye(stopped) => {
                cut_short(printer, &watch, "the good-bye took too long");
                break;
            }
        };
        if let (Some(exit), None) = (asked_to_stop, stopped) {
            stopped = Some((exit, tokio::time::Instant::now() + GOOD_BYE));
            session.start_closing();
        }
    }
    match (stopped, session.ended()) {
        // Also for whoever waited for the end: a bad one is not success.
        (_, Some(end)) if end != SessionEnd::Closed => Err(end_failure(&end)),
        (Some((exit, _)), _) => Ok(exit),
        (None, _) => Ok(Exit::Failed),
    }
}

/// The last line, where the session itself cannot give it any more.
fn cut_short(printer: Printer, watch: &Stopwatch, why: &str) {
    print(printer, &Event::Closed { why: why.to_owned() }, watch);
}

/// Which transport brings the notifications, and why; once, and again when it is another or elsewhere. For people only: beside the feed.
fn name_transport(session: &Session, side: Side, told: &mut Option<Chosen>) {
    let chosen = session.transport(side);
    if let Some(now) = chosen.as_ref().filter(|_| chosen != *told) {
        complain(format!("notifications of side {side}: {now}"));
    }
    *told = chosen;
}

/// Time is up, and no side could ever be used.
fn never_live(up: Exit) -> Exit {
    if up == Exit::Done { Exit::NoSide } else { up }
}

async fn good_bye(stopped: Option<(Exit, tokio::time::Instant)>) {
    match stopped {
        Some((_, deadline)) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// One event as a line.
pub(crate) fn print(printer: Printer, event: &Event, watch: &Stopwatch) {
    if printer.is_json() {
        printer.json(&lines::to_json(event, watch));
    } else {
        printer.text(format!("{:9.3}  {}", watch.elapsed().as_secs_f64(), lines::to_text(event)));
    }
}
