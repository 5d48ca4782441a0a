//! Fetches an access token, keeps it fresh and works with it for longer than the first one is good.
//!
//! ```sh
//! cargo run -p finesse-rest --example single_sign_on
//! ```
//!
//! A real system leads to a log-in form, which needs a browser: there the error of `fetch_token` has the address for it, and what the browser
//! brings home is given to [`TokenKeeper::start`] in the same way.
//!
//! Needs: nothing

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use finesse_model::UserId;
use finesse_net::Trust;
use finesse_rest::{Client, Credentials, TokenKeeper, TokenState};
use finesse_sim::{AgentSpec, AuthMode, Profile, Side, Sim};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let password = "correct horse";
    let mut profile = Profile::ucce();
    profile.rest.auth_mode = AuthMode::Hybrid;
    // Real tokens are good for an hour.
    profile.rest.token_lifetime = Duration::from_secs(2);
    let sim = Sim::serve(profile, 7).await?;
    sim.add_agent(AgentSpec::new("1001", password, "7301"));
    let ca = sim.ca_pem().ok_or("the simulator speaks TLS")?.as_bytes().to_vec();
    let url = sim.addresses(Side::A).ok_or("the simulator serves both sides")?.rest_url;
    let side = || Client::builder(url.clone()).trust(Trust::ExtraCa(ca.clone()));

    let user = UserId::new("1001")?;
    let signing_on = side().credentials(Credentials::basic(user.clone(), password)).build()?;
    let tokens = signing_on.single_sign_on().fetch_token(user.as_str()).await?;
    println!("fetched: {tokens:?}");

    // Every client with these credentials has the present token from its next request on.
    let mut keeper = TokenKeeper::start(side().build()?, user.clone(), tokens);
    let client = side().credentials(keeper.credentials()).build()?;
    for _ in 0..3 {
        match keeper.changed().await {
            TokenState::Fresh => println!("refreshed; {:?}", client.user(user.as_str()).get().await?.state),
            other => return Err(format!("the token is {other:?}").into()),
        }
    }
    Ok(())
}
