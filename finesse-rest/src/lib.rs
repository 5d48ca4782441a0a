//! The REST API of one Cisco Finesse side: every documented operation, typed.
//!
//! * [`Client`] leads to the operations, grouped by resource: `client.user(id)`, `client.dialog(id)`, `client.media(user, domain)`, `client.team(id)`,
//!   `client.team_resource(id)`, `client.queue(id)`, `client.users()`, `client.devices()`, `client.script_selectors()`, `client.media_domains()`,
//!   `client.team_message(id)`, `client.single_sign_on()`, `client.serviceability()`, `client.desktop()`, `client.configuration()`. The types stand in
//!   [`operations`]. For paths that are not known yet there is [`Client::request`].
//! * What changes something is a [`Write`]: options are added by name, and awaiting it sends it once, under a request id that the [`Receipt`] tells. What
//!   agents and supervisors ask for is a [`Command`] underneath, the one place where such requests are written.
//! * [`SideApi`] is what a session needs, as a trait, for whoever stands above and wants to be tested without a server.
//! * [`Error`] says what was tried, where, what came back, and by [`Progress`] how far it got, which decides whether a command may have had an effect.
//!   What the guide forbids is refused before it is sent, with the [field](Error::field) named.
//! * [`TokenKeeper`] refreshes an access token before it expires.
//! * [`HttpTransport`] is the seam below: any tower service from request to answer, whole or in pieces.
//!
//! It knows one side only: no failover, no retries. Writes to one object are sent one after the other. A 202 of the server is the acceptance of a
//! command; what becomes of it is told by a notification, which this crate does not receive.
//!
//! # Features
//!
//! * `reqwest` (default): the production transport `ReqwestTransport`.
//! * `mock`: `MockSideApi`, a mock of [`SideApi`] made by mockall.
//!
//! ```no_run
//! use finesse_model::UserId;
//! use finesse_rest::{Client, Credentials};
//!
//! # #[cfg(feature = "reqwest")]
//! # async fn example(password: String) -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::basic(UserId::new("40217")?, password);
//! let client = Client::new("https://fin-a.lab.example:8445", credentials)?;
//! let user = client.user("40217").get().await?;
//! println!("{:?}", user.state);
//! let receipt = client.user("40217").sign_in("7301".parse()?).device("SEP0019305D8EC1").await?;
//! println!("asked for under {}", receipt.request_id);
//! # Ok(())
//! # }
//! ```

mod api;
mod base;
mod body;
mod client;
mod command;
mod credentials;
mod date;
mod error;
mod keeper;
pub mod operations;
mod outcome;
mod plan;
mod stack;
mod transport;

#[cfg(feature = "mock")]
pub use self::api::MockSideApi;
pub use self::api::{Accepted, SideApi};
pub use self::body::{Body, ChunkSource};
pub use self::client::{
    CallData, Callback, Client, ClientBuilder, MediaSignIn, NewCall, Plain, RawAnswer, RawRequest, Reach,
    Receipt, SignIn, SignOut, Write,
};
pub use self::command::{CallAction, Command};
pub use self::credentials::{Credentials, Token};
pub use self::error::{Error, ErrorKind, Progress};
pub use self::keeper::{TokenKeeper, TokenState};
pub use self::transport::{HttpTransport, Streamed, TransportError, TransportErrorKind};
#[cfg(feature = "reqwest")]
pub use self::transport::{ReqwestTransport, Timeouts};
