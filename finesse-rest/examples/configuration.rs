//! Changes the configuration of a simulated pair: makes a reason code, gives it to a team, and shows what happens at the secondary node.
//!
//! ```sh
//! cargo run -p finesse-rest --example configuration
//! ```
//!
//! Needs: nothing

#![expect(clippy::print_stdout, reason = "an example prints")]

use finesse_model::{ReasonCategory, ReasonCode, Scalar};
use finesse_net::Trust;
use finesse_rest::{Client, Credentials, Error, ErrorKind};
use finesse_sim::{Profile, Side, Sim};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = Sim::serve(Profile::ucce(), 1).await?;
    let primary = administrator(&sim, Side::A)?;
    let secondary = administrator(&sim, Side::B)?;

    // Looks up first that this is the primary node; a write there is done with its answer.
    let configuration = primary.configuration().on_primary().await?;
    let codes = configuration.reason_codes();
    let lunch = ReasonCode {
        category: Some(ReasonCategory::NotReady),
        code: Some(Scalar::Value(55)),
        label: Some(String::from("Lunch & tea")),
        for_all: Some(Scalar::Value(false)),
        ..ReasonCode::default()
    };
    let id = codes.create(&lunch).await?.new_id().ok_or("the server did not tell the new id")?;
    println!("reason code {id}: {:?}", codes.get(&id).await?.label);

    let team = configuration.team("512");
    team.set_reason_codes(ReasonCategory::NotReady, std::slice::from_ref(&id)).await?;
    println!("team 512 has {} of its own", team.reason_codes(ReasonCategory::NotReady).await?.items.len());

    // What the guide forbids is not sent, and the field is named.
    let long = ReasonCode { label: Some("x".repeat(41)), ..ReasonCode::default() };
    let error = refusal(codes.update(&id, &long).await)?;
    println!("not sent because of {:?}: {error}", error.field());

    // The other node takes no configuration, and says where it belongs.
    let error = refusal(secondary.configuration().reason_codes().delete(&id).await)?;
    assert_eq!(error.kind(), ErrorKind::SecondaryNode);
    println!("{error}");
    Ok(())
}

fn administrator(sim: &Sim, side: Side) -> Result<Client, Box<dyn std::error::Error>> {
    let address = sim.addresses(side).ok_or("the pair is not served")?.rest_url;
    let ca = sim.ca_pem().ok_or("the pair is not served")?.as_bytes().to_vec();
    let credentials = Credentials::basic("administrator".parse()?, "lighthouse");
    Ok(Client::builder(address).credentials(credentials).trust(Trust::ExtraCa(ca)).build()?)
}

fn refusal<T>(result: Result<T, Error>) -> Result<Error, &'static str> {
    result.err().ok_or("it was not refused")
}
