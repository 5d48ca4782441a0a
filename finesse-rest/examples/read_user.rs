//! Reads SystemInfo and one user from one side, and says what a failure means.
//!
//! ```sh
//! FINESSE_PASSWORD=... cargo run -p finesse-rest --example read_user -- https://fin-a.lab.example:8445 40217 [CA.pem]
//! ```
//!
//! Needs: a Finesse server or this project's simulator, and the agent's password in the variable FINESSE_PASSWORD

#![expect(clippy::print_stdout, reason = "an example prints")]

use finesse_model::UserId;
use finesse_net::Trust;
use finesse_rest::{Client, Credentials};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(user)) = (args.next(), args.next()) else {
        return Err("give the base url of a side and a user id".into());
    };
    let trust = match args.next() {
        Some(file) => Trust::ExtraCa(std::fs::read(file)?),
        None => Trust::System,
    };
    let credentials = Credentials::basic(UserId::new(user.clone())?, std::env::var("FINESSE_PASSWORD")?);
    let client = Client::builder(url).credentials(credentials).trust(trust).build()?;

    let info = client.system_info().await?;
    println!("{}: {:?}, authentication {:?}", client.base_url(), info.status, info.system_auth_mode);
    match client.user(&user).await {
        Ok(user) => println!("{:?} on extension {:?}", user.state, user.extension),
        Err(error) if error.is_auth() => println!("the credentials were refused; they are not tried again"),
        Err(error) => println!("{error} (it got as far as: {})", error.progress()),
    }
    Ok(())
}
