//! What both channels to a Cisco Finesse side share: dialing, and deciding whether the server is who it says it is.
//!
//! * [`Trust`] names the certificates that are accepted: the system's roots, an extra CA or leaf, pins, or anything, by an insecure name.
//! * [`trust_failure`] finds in any library's error why a server was not trusted, with the certificate's subject and a remedy.
//! * [`Dialer`] is the seam for the notification channel; [`TcpDialer`] is the real one.
//! * [`Proxies`] says which hosts are reached through an HTTP proxy, where the caller wants that.
//! * [`probe_certificate`] reads when a server's certificate ends.
//!
//! It knows nothing of REST, XMPP or failover, retries nothing and has no deadlines of its own.
//!
//! ```no_run
//! use finesse_net::{Dialer, Target, TcpDialer, Trust};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let trust = Trust::ExtraCa(std::fs::read("fin-a.pem")?);
//! let dialer = TcpDialer::new(&trust)?;
//! match dialer.dial(&Target::tls("fin-a.lab.example", 5223)).await {
//!     Ok(_connection) => {}
//!     Err(error) => match error.trust_failure() {
//!         Some(failure) => eprintln!("{:?} {:?}: {}", failure.subject(), failure.reason(), failure.remedy()),
//!         None => eprintln!("{error}"),
//!     },
//! }
//! # Ok(())
//! # }
//! ```

mod cause;
mod certificate;
mod dial;
mod proxy;
mod tcp;
mod trust;

pub use self::cause::cause_words;
pub use self::certificate::CertificateInfo;
pub use self::dial::{DialError, DialErrorKind, Dialer, Io, Target};
pub use self::proxy::{Proxies, ProxyError};
pub use self::tcp::{TcpDialer, probe_certificate};
pub use self::trust::{Trust, TrustError, TrustFailure, TrustReason, trust_failure};
