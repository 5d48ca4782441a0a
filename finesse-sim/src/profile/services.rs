//! How the notification service behaves on each of its ports, where releases differ or the documentation is silent.

use std::time::Duration;

/// What listens for XMPP without TLS from the first byte (port 5222).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainPort {
    /// Nothing: the port refuses (12.5 and later).
    Off,
    /// Plain XMPP; encryption is not offered.
    Plain,
    /// Plain XMPP with STARTTLS on offer.
    StartTls,
    /// Nothing goes before STARTTLS.
    StartTlsRequired,
}

/// What becomes of what a client writes before it was asked for. Over BOSH every answer is waited for, so this is about streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipelining {
    /// It is handled in its turn (Openfire, Prosody).
    Taken,
    /// What comes in one read behind the first header, or `open`, is lost: the credentials.
    DropsAfterHeader,
    /// What comes in one read behind `auth` is lost, and so is what comes behind the header after it: bind and presence.
    DropsAfterAuth,
}

/// How the WebSocket service behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketService {
    /// Whether it is reached on the REST port (8445), where the current documents send clients. Default yes.
    pub on_8445: bool,
    /// Switch: is an upgrade on 8445 answered and the socket then closed before anything of a stream, as by a front that has no service
    /// behind it? Default no.
    pub only_upgrades_on_8445: bool,
    /// Whether it is reached on the BOSH port (7443), as in 12.5 and before. Default yes: that port is deprecated, not gone.
    pub on_7443: bool,
    /// The paths it answers at; others are not found. Default both spellings (Openfire).
    pub paths: Vec<String>,
    /// Whether an `open` to another domain gets the stream error `host-unknown`. Default no (Openfire).
    pub checks_to: bool,
    /// Whether features come as `stream:features` (Openfire), not as `features` in that namespace.
    pub prefixed_features: bool,
    /// Largest frame or message taken: 1 MiB (Openfire).
    pub largest: usize,
    /// Whole messages are sent in fragments of so many bytes; none by default.
    pub fragment: Option<usize>,
    /// A socket idle for so long is pinged, and closed after two pings without an answer: 60 s (Openfire).
    pub ping_idle: Duration,
    /// Switch: do the streams on 8445 end when that port begins to refuse? Default no. Who stands in front of the service there is not documented.
    pub ends_with_tomcat: bool,
}

/// How BOSH behaves where releases differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoshService {
    /// Whether answers carry `ack`; some around Openfire 3.10.0 did not. Default yes.
    pub acks: bool,
    /// Whether a request that comes too early waits for its turn (Openfire 4.7, the default) or is handled at once (4.4).
    pub in_order: bool,
    /// Whether a client's `terminate` that meets queued data is answered with that data and the session lives on (a defect of 4.4).
    pub terminate_keeps_session: bool,
    /// Whether the end by the server says `terminate` (4.7, the default). Otherwise (4.4) the last answer is an ordinary one and the
    /// next request finds no session.
    pub end_says_terminate: bool,
    /// Whether answers without content are kept for repetition (4.4, the default); 4.7 keeps only those with data.
    pub keeps_empty: bool,
    /// A session without a held request is given up after this: 30 s (Openfire).
    pub inactivity: Duration,
    /// How often that is looked for: every 30 s (Openfire). Zero: at once.
    pub reaper_period: Duration,
}
