//! Shows the certificate of a server and whether this machine trusts it.
//!
//! ```sh
//! cargo run -p finesse-net --example certificate -- fin-a.lab.example 8445
//! ```
//!
//! Needs: a server that speaks TLS

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::{Duration, SystemTime};

use finesse_net::{Dialer, Target, TcpDialer, Trust, probe_certificate};

/// Covers name resolution, TCP and the handshake.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let host = args.next().unwrap_or_else(|| String::from("localhost"));
    let port = args.next().map_or(Ok(8445), |port| port.parse())?;
    let target = Target::tls(host, port);

    let info = tokio::time::timeout(DEADLINE, probe_certificate(&target)).await??;
    println!("{target} presents {}", info.subject);
    println!("  {} days left, SHA-256 {}", info.days_left(SystemTime::now()), info.fingerprint());
    let dialer = TcpDialer::new(&Trust::System)?;
    match tokio::time::timeout(DEADLINE, dialer.dial(&target)).await? {
        Ok(_) => println!("  trusted by this system"),
        Err(error) => println!("  {error}"),
    }
    Ok(())
}
