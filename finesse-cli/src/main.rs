//! The `finesse` command: shows, watches and rehearses the failover of a pair of Cisco Finesse servers.
//!
//! It holds no logic that a user of the library would want; it turns flags into sessions and events into lines.

mod act;
mod args;
mod decode;
mod demo;
mod documents;
mod exit;
mod get;
mod lines;
mod output;
mod schema;
mod setup;
mod sim;
mod status;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::act::Verb;
use crate::args::{CallArgs, Cli, Command, UserArgs};
use crate::exit::{Exit, Failure};

fn main() -> ExitCode {
    // clap itself exits with 2 on wrong usage and 0 for help and version.
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("FINESSE_LOG").unwrap_or_else(|_| "off".into()),
        )
        .init();
    let result = match cli.command {
        Command::Call(CallArgs { act, verb }) => on_runtime(act::run(act, Verb::Call(verb))),
        Command::Decode(args) => decode::run(&args).map(|()| Exit::Done),
        Command::Demo(args) => on_runtime(demo::run(args)),
        Command::Get(args) => on_runtime(get::run(args)),
        Command::Schema(args) => schema::run(&args).map(|()| Exit::Done),
        Command::Sim(args) => on_runtime(sim::run(args)),
        Command::Status(args) => on_runtime(status::run(args)),
        Command::User(UserArgs { act, verb }) => on_runtime(act::run(act, Verb::User(verb))),
        Command::Watch(args) => on_runtime(watch::run(args)),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure.message);
            failure.exit.into()
        }
    }
}

fn on_runtime(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("starting the runtime: {error}")))?;
    let result = runtime.block_on(work);
    // What still runs in the background must not keep the process from ending.
    runtime.shutdown_background();
    result
}
