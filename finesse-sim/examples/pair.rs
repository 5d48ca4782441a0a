//! A simulated pair in memory: an agent on a call, side A loses CTI, the call ends, and the two sides no longer agree.
//!
//! Run: cargo run -p finesse-sim --example pair
//! Needs: nothing
//!
//! The clock is tokio's paused one, so the seconds that pass here take no time. It ends with a failure if the pair does not
//! behave as told.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use finesse_sim::{AgentSpec, Fault, Profile, Publication, Publications, Side, Sim, WorldAction};

const AGENT: &str = "1001";
/// Simulated time: longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let sim = Sim::in_memory(Profile::ucce(), 1);
    sim.add_agent(AgentSpec::new(AGENT, "secret", "7301"));
    let mut events_of_b = sim.publications(Side::B);
    let mut events_of_a = sim.publications(Side::A);

    // A call rings at the agent, who has signed in at his phone, and he answers it.
    sim.world(WorldAction::LoginElsewhere { agent: AGENT.to_owned(), extension: "7301".to_owned() });
    let begun = sim.world(WorldAction::CallBegin {
        agent: AGENT.to_owned(),
        from: "5550142".to_owned(),
        to: None,
        variables: BTreeMap::new(),
    });
    let call = begun.call.ok_or("the call was refused")?;
    sim.world(WorldAction::CallAnswer { call: call.clone() });
    until_told(&mut events_of_a, "<state>ACTIVE</state>").await?;
    until_told(&mut events_of_b, "<state>ACTIVE</state>").await?;
    let before = show(&sim, "before the fault").await?;

    // Side A loses its connection to the telephony, and nobody tells it that the call is over.
    sim.fault(Fault::CtiCut { side: Some(Side::A) });
    sim.world(WorldAction::CallEnd { call });
    until_told(&mut events_of_a, "OUT_OF_SERVICE").await?;
    until_told(&mut events_of_b, "<event>DELETE</event>").await?;
    let after = show(&sim, "after the fault").await?;

    let in_service_with_call = ("IN_SERVICE".to_owned(), 1);
    if before != [in_service_with_call.clone(), in_service_with_call] {
        return Err("both sides should have been in service, and should have known the call".into());
    }
    if after != [("OUT_OF_SERVICE".to_owned(), 1), ("IN_SERVICE".to_owned(), 0)] {
        return Err(
            "side A should be out of service with its old copy, and side B should know that the call is over"
                .into(),
        );
    }
    println!("\nas expected: side A knows that it knows nothing, and side B has the truth");
    Ok(())
}

/// Waits until a side publishes something with this text in it.
async fn until_told(events: &mut Publications, text: &str) -> Result<(), Box<dyn Error>> {
    let told = async {
        while let Some(event) = events.recv().await {
            if matches!(&event, Publication::Item { update, .. } if update.contains(text)) {
                return Ok(());
            }
        }
        Err(format!("the pair ended before {text} was published").into())
    };
    tokio::time::timeout(PATIENCE, told)
        .await
        .unwrap_or_else(|_| Err(format!("{text} was never published").into()))
}

/// Prints what both sides and the world say, and gives status and number of calls of each side.
async fn show(sim: &Sim, when: &str) -> Result<[(String, usize); 2], Box<dyn Error>> {
    println!("{when}");
    let mut said = Vec::new();
    for side in Side::BOTH {
        let request = http::Request::get("/finesse/api/SystemInfo").body(Bytes::new())?;
        let answer = sim.http(side, request).await?;
        let body = String::from_utf8_lossy(answer.body());
        let status =
            body.split("<status>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
        let view = sim.view(side, AGENT).ok_or("the agent is unknown")?;
        println!("  side {side}: {status:<14} the agent is {}, calls: {}", view.state, view.dialogs.len());
        said.push((status.to_owned(), view.dialogs.len()));
    }
    let truth = sim.truth(AGENT).ok_or("the agent is unknown")?;
    println!("  in truth:               the agent is {}, calls: {}", truth.state, truth.dialogs.len());
    <[_; 2]>::try_from(said).map_err(|_| "a pair has two sides".into())
}
