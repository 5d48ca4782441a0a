//! The seam between framing and session.
//!
//! A transport finds where one element ends and the next begins, and knows nothing of what they mean: no SASL, no pubsub, no pings. A session
//! knows nothing of framing. Bring your own by implementing [`Connect`] and [`Transport`]; the example `bring_your_own_transport` does so over an in-memory pipe.
//!
//! The contract, beyond the signatures:
//! * After `connect` and after every `restart` the first frame that [`next`](Transport::next) yields is `<stream:features>`. A framing that
//!   gets it inside of something else takes it out.
//! * `connect` need not wait for the server's first word. What fails before the server has opened its stream says so
//!   ([`LinkError::before_stream`]), so that another place can be tried.
//! * A stream error is yielded as an ordinary frame, an element named `error`; the session gives it its meaning.
//! * The first error ends the transport: after it every call answers with an error again, and nothing is retried behind the caller's back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::error::LinkError;
use crate::stanza::{Frame, Stanza};

/// One open stream to one side.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Transport: Send {
    /// Hands one stanza to the stream. Returns when it is written or safely queued; order is kept.
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError>;

    /// Writes what was only queued. A framing that writes at once has nothing to do.
    async fn flush(&mut self) -> Result<(), LinkError> {
        Ok(())
    }

    /// The next element from the server. Must be cancel-safe: dropping the future loses nothing. Queued stanzas are written first.
    async fn next(&mut self) -> Result<Frame, LinkError>;

    /// Begins a new stream on the same connection, as SASL demands after success.
    async fn restart(&mut self) -> Result<(), LinkError>;

    /// Ends the stream politely. The session bounds the time this may take.
    async fn close(&mut self);

    /// The clock of the last inbound byte, if the framing sees more than whole stanzas. A session without it looks at stanzas only.
    fn activity(&self) -> Option<Activity> {
        None
    }

    /// Whether the login may be written ahead of the server's answers, for a framing that can. Asked once, before anything is sent.
    fn flights(&self) -> Option<Flights> {
        None
    }
}

/// The way to open a stream to one side.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Connect: Send + Sync {
    /// Opens a stream for this XMPP domain. The caller bounds the time; dropping the future must leave nothing behind.
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError>;

    /// Told of a connection of [`connect`](Self::connect) on which the server never opened its stream: the failure is one of
    /// [`is_before_stream`](LinkError::is_before_stream). Answering `Ok` means that another call of `connect` tries another place, which is
    /// then made within the same deadline; there must be an end to such places. Default: there is none other.
    ///
    /// # Errors
    /// What to tell the caller, because no other place is worth a try.
    fn never_opened(&self, failure: LinkError) -> Result<(), LinkError> {
        Err(failure)
    }

    /// The address in words, for messages: `tls://fin-a.lab.example:5223`.
    fn describe(&self) -> String;
}

/// Whether one side takes a login in two flights: stream header and SASL in the first, the new header, bind, session and presence in the
/// second. That saves up to four round trips. A server that cannot is found out once; clones share what was learnt, so the next login to it
/// goes step by step at once.
///
/// Written ahead, the credentials leave before the server's features were seen. A framing allows it only on an encrypted connection. One
/// that has the features before anything can be sent, as BOSH has, writes only the second flight ahead.
#[derive(Debug, Clone, Default)]
pub struct Flights {
    refused: Arc<AtomicBool>,
    second_only: bool,
}

impl Flights {
    /// Nothing is known yet, so it is tried.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// False once a server did not take it.
    #[must_use]
    pub fn allowed(&self) -> bool {
        !self.refused.load(Ordering::Relaxed)
    }

    /// The same knowledge, for a framing whose credentials wait for the features.
    #[must_use]
    pub fn second_only(mut self) -> Self {
        self.second_only = true;
        self
    }

    /// True when the credentials may leave before the features were seen.
    pub(crate) fn writes_auth_ahead(&self) -> bool {
        !self.second_only
    }

    /// The server did not take it.
    pub fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }
}

/// When something last arrived. Clones share the same clock, so that a reader deep inside a transport can keep it.
#[derive(Debug, Clone)]
pub struct Activity {
    start: Instant,
    last: Arc<AtomicU64>,
}

impl Activity {
    /// A clock that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now(), last: Arc::new(AtomicU64::new(0)) }
    }

    /// Something arrived.
    pub fn touch(&self) {
        // A thousand centuries of nanoseconds do not fit, 584 years do.
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// Time since something last arrived.
    pub fn idle(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_nanos(self.last.load(Ordering::Relaxed)))
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self::new()
    }
}
