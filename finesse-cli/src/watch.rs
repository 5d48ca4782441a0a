//! `finesse watch`: the session's feed, until stopped.

use finesse_ha::event::Event;
use finesse_ha::session::Session;

use crate::args::WatchArgs;
use crate::exit::{Exit, Failure};
use crate::lines::{self, Stopwatch};
use crate::output::Printer;
use crate::setup::{Setup, setup_failure};

/// Runs the command.
pub(crate) async fn run(args: WatchArgs) -> Result<Exit, Failure> {
    let setup = Setup::resolve(&args.pair)?;
    let Some(credentials) = setup.credentials()? else {
        return Err(Failure::usage("no agent named: give --user ID or set FINESSE_USER"));
    };
    let printer = Printer::streaming(args.output);
    let watch = Stopwatch::start();
    let mut builder = setup.session(credentials);
    for node in &args.subscribe {
        builder = builder.subscribe(node);
    }
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
        opened = builder.open() => opened.map_err(|error| setup_failure(&error))?,
        () = &mut time_is_up => return Ok(Exit::TimedOut),
        _ = &mut interrupt => return Ok(Exit::Interrupted),
    };
    let mut stopped = None;
    let mut seen_until = false;
    loop {
        let event = tokio::select! {
            event = session.next() => event,
            () = &mut time_is_up, if stopped.is_none() => {
                stopped = Some(if args.until.is_some() { Exit::TimedOut } else { Exit::Done });
                session.start_closing();
                continue;
            }
            _ = &mut interrupt, if stopped.is_none() => {
                stopped = Some(Exit::Interrupted);
                session.start_closing();
                continue;
            }
        };
        let Some(event) = event else { break };
        print(printer, &event, &watch);
        if !seen_until && args.until.as_deref().is_some_and(|until| until == lines::name(&event)) {
            seen_until = true;
            stopped.get_or_insert(Exit::Done);
            session.start_closing();
        }
    }
    Ok(stopped.unwrap_or(ended_by_itself(&session)))
}

/// The feed ended without being asked to: something final happened.
fn ended_by_itself(session: &Session) -> Exit {
    match session.ended() {
        Some(end) => end_exit(&end),
        None => Exit::Failed,
    }
}

fn end_exit(end: &finesse_ha::session::SessionEnd) -> Exit {
    use finesse_ha::session::SessionEnd;
    match end {
        SessionEnd::Credentials(_) => Exit::Credentials,
        SessionEnd::Trust(_) => Exit::Trust,
        _ => Exit::Failed,
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
