//! The notifications of one Cisco Finesse side, over XMPP.
//!
//! A [`Link`] is one logged-in XMPP session of one agent: it says what the server publishes as [`Event`]s, in order, and ends with a typed
//! cause. Three framings exist, each a feature: `tcp` (`TcpConnect`, direct XMPP over TLS on port 5223 or by STARTTLS on 5222), `websocket`
//! (`WebSocketConnect`, port 8445, or 7443 on older releases) and `bosh` (`BoshConnect`, long polling over HTTPS, port 7443). Without them,
//! bring your own by implementing [`Connect`] and [`Transport`]. The session above them is
//! written once: SASL PLAIN, bind, presence, pings, subscriptions, decoding.
//!
//! What this crate does not do: it never reconnects, never tries a password twice, never moves to another side. Whoever opened the link decides
//! what comes next.
//!
//! ```no_run
//! # #[cfg(feature = "tcp")]
//! # async fn example(dialer: std::sync::Arc<dyn finesse_net::Dialer>) -> Result<(), Box<dyn std::error::Error>> {
//! use finesse_notify::{Event, SessionConfig, TcpConnect, open};
//!
//! let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
//! let config = SessionConfig::builder(finesse_model::UserId::new("40217")?, "password".to_owned().into(), "fin-a.lab.example").build()?;
//! let mut link = open(&connect, config).await?;
//! while let Some(event) = link.events.recv().await {
//!     match event {
//!         Event::Notification(n) => println!("{}: {:?}", n.node, n.update),
//!         Event::Ended(cause) => println!("over: {cause}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod config;
#[cfg(any(feature = "tcp", feature = "bosh", feature = "websocket"))]
mod dial;
mod error;
mod event;
#[cfg(all(any(test, feature = "fuzzing"), feature = "tcp", feature = "bosh", feature = "websocket"))]
#[doc(hidden)]
pub mod fuzzing;
mod jid;
mod session;
mod stanza;
mod transport;
#[cfg(any(feature = "bosh", feature = "websocket"))]
mod url;

#[cfg(feature = "bosh")]
mod bosh;
#[cfg(feature = "tcp")]
mod tcp;
#[cfg(feature = "websocket")]
mod websocket;

#[cfg(feature = "bosh")]
pub use bosh::BoshConnect;
pub use config::{ConfigError, PingConfig, SessionConfig, SessionConfigBuilder};
pub use error::{EndCause, LinkError};
pub use event::{Event, Notification, Presence};
pub use jid::NodeForm;
#[cfg(feature = "mock")]
pub use session::MockLinkControl;
pub use session::{Link, LinkControl, open};
pub use stanza::{Frame, Stanza, StanzaError};
#[cfg(feature = "tcp")]
pub use tcp::TcpConnect;
pub use transport::{Activity, Connect, Flights, Transport};
#[cfg(feature = "mock")]
pub use transport::{MockConnect, MockTransport};
#[cfg(feature = "websocket")]
pub use websocket::WebSocketConnect;
