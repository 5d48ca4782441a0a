//! `finesse sim`: the simulated pair on loopback sockets, until stopped.
//!
//! Both sides speak TLS with a CA of their own, which is written to a file for clients to trust. The control API is plain HTTP on
//! loopback. In JSON everything a script needs stands in one line, printed when all of it can be reached.

use std::path::{Path, PathBuf};

use finesse_sim::{Addresses, AgentSpec, Profile, Side, Sim};
use serde_json::{Value, json};

use crate::args::SimArgs;
use crate::exit::{Exit, Failure};
use crate::output::Printer;

/// Password of everybody; there is nothing behind it but the simulation, so it is printed.
const PASSWORD: &str = "simulated";

/// The people to begin with: of two teams, with the supervisor of one. More come through the control API.
fn agents() -> [AgentSpec; 4] {
    AgentSpec::lab(PASSWORD)
}

/// Servers as of CCE, on which everybody has the same password, the administrator too.
fn profile() -> Profile {
    let mut profile = Profile::ucce();
    profile.rest.administrator_password = PASSWORD.to_owned();
    profile
}

/// A pair that runs.
struct Running {
    sim: Sim,
    sides: [Addresses; 2],
    ca_file: PathBuf,
    control: String,
}

/// Runs the command.
pub(crate) async fn run(args: SimArgs) -> Result<Exit, Failure> {
    if !(args.scale.is_finite() && args.scale > 0.0) {
        return Err(Failure::usage(format!(
            "--scale {}: give a number above 0; 0.1 is ten times faster",
            args.scale
        )));
    }
    let printer = Printer::streaming(args.output);
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let running = tokio::select! {
        // Looked at first, so that an interrupt is ours from the first moment on.
        biased;
        _ = &mut interrupt => return Ok(Exit::Interrupted),
        running = start(&args) => running?,
    };
    if printer.is_json() {
        printer.json(&to_json(&running));
    } else {
        to_text(&running, args.scale).iter().for_each(|line| printer.text(line));
    }
    interrupt
        .await
        .map_err(|error| Failure::new(Exit::Failed, format!("waiting for an interrupt: {error}")))?;
    running.sim.shutdown();
    Ok(Exit::Interrupted)
}

async fn start(args: &SimArgs) -> Result<Running, Failure> {
    let failed = |what: &str, error: std::io::Error| Failure::new(Exit::Failed, format!("{what}: {error}"));
    let sim = Sim::serve(profile().scaled(args.scale), args.seed)
        .await
        .map_err(|error| failed("starting the pair on loopback", error))?;
    agents().into_iter().for_each(|agent| sim.add_agent(agent));
    let control = sim.serve_control().await.map_err(|error| failed("starting the control API", error))?;
    let (Some(a), Some(b), Some(ca)) = (sim.addresses(Side::A), sim.addresses(Side::B), sim.ca_pem()) else {
        return Err(Failure::new(Exit::Failed, "the pair has no addresses; this is a bug of finesse sim"));
    };
    let ca_file = std::path::absolute(&args.ca_file).unwrap_or_else(|_| args.ca_file.clone());
    write_ca(&ca_file, ca)?;
    Ok(Running { sides: [a, b], ca_file, control: format!("http://{control}"), sim })
}

fn write_ca(file: &Path, pem: &str) -> Result<(), Failure> {
    std::fs::write(file, pem).map_err(|error| {
        let file = file.display();
        Failure::new(
            Exit::Failed,
            format!("writing the CA of the pair to {file}: {error}; name another place with --ca-file"),
        )
    })
}

fn to_json(running: &Running) -> Value {
    let [a, b] = &running.sides;
    json!({
        "sides": { "A": a, "B": b },
        "ca_file": running.ca_file.display().to_string(),
        "control": running.control,
        "agents": agents(),
        "administrator": { "id": profile().rest.administrator_name, "password": PASSWORD },
    })
}

fn to_text(running: &Running, scale: f64) -> Vec<String> {
    let Running { sides: [a, b], ca_file, control, .. } = running;
    let ca_file = ca_file.display();
    let side = |name: &str, side: &Addresses| {
        format!(
            "side {name}    {}   xmpp {} (TLS)   websocket {}   bosh {}",
            side.rest_url, side.xmpp, side.websocket_url, side.bosh_url
        )
    };
    let mut lines = vec![
        side("A", a),
        side("B", b),
        format!("CA        {ca_file}"),
        format!("control   {control}   GET {control}/ lists its requests"),
    ];
    for agent in agents() {
        let AgentSpec { id, extension, team, .. } = &agent;
        let role = if agent.supervisor { ", which he supervises" } else { "" };
        lines.push(format!("agent     {id}   extension {extension}, team {team}{role}; password {PASSWORD}"));
    }
    lines.push(format!(
        "account   {}   for lists and configuration; password {PASSWORD}",
        profile().rest.administrator_name
    ));
    if (scale - 1.0).abs() > f64::EPSILON {
        lines.push(format!("timers    of both sides take {scale} times as long as in real life"));
    }
    lines.extend([
        String::new(),
        String::from("In another terminal, for example:"),
        format!("  FINESSE_PASSWORD={PASSWORD} finesse watch --side-a {} --side-b {} --ca {ca_file} --user 1001 --extension 7301", a.rest_url, b.rest_url),
        format!("  FINESSE_PASSWORD={PASSWORD} finesse get Users --side-a {} --ca {ca_file} --user {}", a.rest_url, profile().rest.administrator_name),
        format!("  curl -d '{{\"fault\":\"stop_notification\",\"side\":\"A\"}}' {control}/fault"),
        String::new(),
        String::from("The pair runs until Ctrl-C."),
    ]);
    lines
}
