//! Watches what one side of a real pair publishes about one agent.
//!
//! The domain is taken to be the host name, which is what a server's SystemInfo says when it is asked by its own name. `--ca FILE` trusts a
//! certificate, `--port N` dials another port than the usual one.
//!
//! Run: cargo run -p finesse-notify --example watch_side -- tcp fin-a.lab.example 40217
//! Needs: a Finesse server or this project's simulator, and the agent's password in the variable FINESSE_PASSWORD

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::sync::Arc;

use finesse_model::UserId;
use finesse_net::{Dialer, TcpDialer, Trust};
use finesse_notify::{BoshConnect, Connect, Event, SessionConfig, TcpConnect, open};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = Vec::new();
    let (mut ca, mut port) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--ca" => ca = arguments.next(),
            "--port" => port = arguments.next().map(|p| p.parse::<u16>()).transpose()?,
            _ => words.push(argument),
        }
    }
    let [transport, host, agent] = words.as_slice() else {
        return Err("usage: watch_side tcp|bosh HOST AGENT [--ca FILE] [--port N]".into());
    };
    let trust = match ca {
        Some(file) => Trust::ExtraCa(std::fs::read(file)?),
        None => Trust::System,
    };
    let dialer: Arc<dyn Dialer> = Arc::new(TcpDialer::new(&trust)?);
    let connect: Box<dyn Connect> = match transport.as_str() {
        "tcp" => Box::new(TcpConnect::new(dialer, host, port.unwrap_or(5223))),
        "bosh" => Box::new(BoshConnect::new(
            dialer,
            &format!("https://{host}:{}/http-bind/", port.unwrap_or(7443)),
        )?),
        other => return Err(format!("no transport is called {other}").into()),
    };
    let password = std::env::var("FINESSE_PASSWORD").map_err(|_| "set FINESSE_PASSWORD")?;
    let config = SessionConfig::builder(UserId::new(agent.as_str())?, password.into(), host.as_str())
        .resource("watch-side")
        .build()?;

    let mut link = open(connect.as_ref(), config).await?;
    println!("logged in as {} by {}", link.jid, connect.describe());
    while let Some(event) = link.events.recv().await {
        match event {
            Event::Notification(n) => {
                let stale = if n.delayed { " (stored, stale)" } else { "" };
                match n.update {
                    Ok(update) => {
                        println!("{}{stale}: {:?} {} {:?}", n.node, update.event, update.source, update.data)
                    }
                    Err(error) => println!("{}{stale}: unreadable: {error}", n.node),
                }
            }
            Event::FinessePresence(presence) => println!("the web application is {presence:?}"),
            Event::Ended(cause) => return Err(cause.into()),
            _ => {}
        }
    }
    Ok(())
}
