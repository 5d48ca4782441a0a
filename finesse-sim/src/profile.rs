//! Timers and undocumented behaviour, each a named field with its default and the reason for it.
//!
//! A field whose documentation says "switch" stands for something Finesse's documentation does not settle; tests run it both
//! ways. [`Profile::scaled`] multiplies every duration, so that minutes become seconds with the proportions kept.

mod services;

use std::time::Duration;

pub use self::services::{BoshService, Pipelining, PlainPort, WebSocketService};
use crate::{NodeAddress, RestProfile};

/// A duration drawn uniformly between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Shortest.
    pub min: Duration,
    /// Longest.
    pub max: Duration,
}

impl Span {
    /// Between two numbers of milliseconds.
    #[must_use]
    pub const fn millis(min: u64, max: u64) -> Self {
        Self { min: Duration::from_millis(min), max: Duration::from_millis(max) }
    }

    /// Between two numbers of seconds.
    #[must_use]
    pub const fn secs(min: u64, max: u64) -> Self {
        Self::millis(min * 1000, max * 1000)
    }

    /// Always the same.
    #[must_use]
    pub const fn fixed(value: Duration) -> Self {
        Self { min: value, max: value }
    }
}

/// What a side that is out of service does with a forced logout whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenOut {
    /// Forgets it.
    Drop,
    /// Sends it when it is back in service.
    Defer,
}

/// Which of two sessions with the same resource stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictPolicy {
    /// The new one; the old one gets the stream error `conflict`.
    KickOld,
    /// The old one; the new bind is refused.
    RefuseNew,
}

/// Which sessions get what is addressed to a bare JID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// The one with the highest priority, or among equals the most recently active.
    BestSession,
    /// All with a priority that is not negative.
    AllSessions,
}

/// What a client meets while Tomcat is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TomcatDown {
    /// The port refuses.
    Refuses,
    /// The port does not answer.
    BlackHole,
    /// The proxy in front of it answers 502 with an HTML page.
    BadGateway,
}

/// When an event carries the requestId of the command behind it. Error events always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestIdEcho {
    /// Only errors (the documentation, captures of 2023).
    ErrorsOnly,
    /// Successes too (captures of 2020).
    Always,
}

/// Style of the identifiers the notification service makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdStyle {
    /// Item ids: one UUID per process and a counter. Message ids: node, JID and a suffix.
    Counter,
    /// Item ids: a fresh UUID. Message ids: eight random characters.
    Random,
}

/// How an event is wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Namespace of `notification`; `urn:xmpp:push:0` in captures of 12.5, the pubsub one in older captures.
    pub namespace: String,
    /// Whether `notification` carries `type="html"`, seen in one capture. Default no.
    pub html_type: bool,
    /// Style of message ids. Default random (Openfire 4).
    pub message_id: IdStyle,
    /// Style of item ids. Default counter (Openfire 3.8 to 4.7, and every capture).
    pub item_id: IdStyle,
    /// Whether a `headers` element with a `SubID` is added, as stock Openfire does. Default no (captures).
    pub shim_headers: bool,
    /// Whether the `Update` is escaped text (true, the rule) or child elements (one old capture).
    pub escaped: bool,
    /// Whether the `Update` is printed with line breaks. Default no.
    pub pretty: bool,
    /// Whether the children of `Update` come in the order of the documents instead of the captured one.
    pub documented_order: bool,
    /// Whether `data` holds `User` and `Dialog` as the documents print them, or `user` and `dialog` as captured.
    pub capital_data: bool,
    /// Whether verbs of object events are lower-case too. Default no; those of errors always are (captures).
    pub lower_case_verbs: bool,
    /// Whether RESERVED comes in a thin user event without team, roles and loginName (one capture). Default no.
    pub thin_reserved: bool,
}

/// A notification service outside of the simulator that a side's SystemInfo points to. The side's own service runs on beside it;
/// [`Sim::publications`](crate::Sim::publications) says what to publish there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalNotifications {
    /// `xmppDomain`.
    pub domain: String,
    /// `xmppPubSubDomain`.
    pub pubsub_domain: String,
    /// `xmppPort` of the side's node. The host is the side's own.
    pub xmpp_port: u16,
    /// `xmppSecurePort` of the side's node.
    pub xmpp_secure_port: u16,
}

/// Behaviour of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Where each side can be reached until the front end says otherwise.
    pub addresses: [NodeAddress; 2],
    /// Where SystemInfo says each side's notifications are, if not at the side itself. Default: at the side itself.
    pub external_notifications: [Option<ExternalNotifications>; 2],
    /// Whether the certificate that each side shows on its sockets has expired. Default no; renewals are missed in the field.
    pub expired_certificate: [bool; 2],
    /// `deploymentType` of SystemInfo: `UCCE` or `UCCX`.
    pub deployment_type: String,
    /// Behaviour of the REST API.
    pub rest: RestProfile,
    /// Unix time in milliseconds at the start of the simulation. A fixed one, so that runs can be compared.
    pub start_unix_millis: u64,
    /// Entries the log keeps; 100,000 are about 30 MB at the most.
    pub log_cap: usize,

    /// CTI heartbeat interval; the guides of 12.6 and 15.0 say 5 s.
    pub heartbeat_interval: Duration,
    /// Heartbeats that must be missed before a silent link counts as lost: 3 (documented).
    pub heartbeats_missed: u32,
    /// One way between a side and CTI: 2 to 20 ms, a LAN.
    pub cti_latency: Span,
    /// How long CTI takes to carry out a command: 50 to 300 ms.
    pub cti_confirm: Span,
    /// How long a side takes to see that its CTI socket broke: 0 to 200 ms.
    pub cti_cut_notice: Span,
    /// From an active CTI server to IN_SERVICE with 2,000 agents: 35 to 75 s (documented for 12.5 and later).
    pub cti_recovery: Span,
    /// Whether `cti_recovery` shrinks with fewer agents. Cost is documented as linear in them.
    pub cti_recovery_scales: bool,
    /// Shortest recovery: 5 s.
    pub cti_recovery_floor: Duration,
    /// How long after IN_SERVICE each re-published state comes: 0 to 2 s.
    pub burst_delay: Span,
    /// Switch: are dialogs that ended during a CTI outage published as DELETE? Default no.
    pub burst_deletes: bool,
    /// Probability that a write between loss and detection of CTI answers 500; otherwise 202 and lost. Default one half.
    pub undetected_500: f64,
    /// The same for reads other than SystemInfo. Default 0: reads come from the side's own copy.
    pub undetected_read_500: f64,
    /// Switch: are commands that waited in a side's queue during an outage carried out after it? Default no.
    pub queue_survives_outage: bool,

    /// Median of the REST latency, log-normal: 20 ms.
    pub http_latency: Duration,
    /// Spread of the REST latency (sigma of the logarithm).
    pub http_latency_sigma: f64,
    /// Longest ordinary REST latency: 2 s.
    pub http_latency_max: Duration,
    /// Between two events of one queue: 10 s (documented as the shortest).
    pub queue_interval: Duration,
    /// From a change in a side's copy to its publication: 1 to 50 ms.
    pub publication_delay: Span,
    /// Clock of each side against true time, in milliseconds: a few apart, as on real pairs.
    pub clock_offset_millis: [i64; 2],
    /// Drift of each side's clock in parts per million.
    pub clock_drift_ppm: [i64; 2],

    /// How long the web app takes to notice that the notification service is down: 0.2 to 2 s.
    pub notification_notice: Span,
    /// From the command to start the notification service until it listens: 5 to 20 s.
    pub notification_start: Span,
    /// From a listening notification service until the web app has logged in to it: 1 to 3 s.
    pub notification_recovery: Span,
    /// How a stopping notification service ends its streams: with a stream error `system-shutdown`, or by a bare close.
    pub shutdown_stream_error: bool,
    /// From the command to start Tomcat until the web app answers: 60 to 180 s.
    pub tomcat_start: Span,
    /// From the command to deploy the web app until it answers: 10 to 30 s.
    pub webapp_start: Span,
    /// From a dead web app until its presence is gone: 0 to 5 s.
    pub webapp_presence_notice: Span,
    /// From power until the notification service listens: 60 to 120 s.
    pub boot_notification: Span,
    /// From power until the web app answers: 120 to 180 s.
    pub boot_webapp: Span,
    /// What a client meets while Tomcat is stopped. The documents say "timeout"; refusal is what a stopped process gives.
    pub tomcat_down: TomcatDown,
    /// Status of the HTML page of a dead web app: 404, 500 or 503. Default 404, Tomcat's for a missing context.
    pub dead_webapp_status: u16,

    /// When the server notices a client that vanished without a close: 30 to 120 s (120 s is documented as the bound).
    pub dead_client_notice: Span,
    /// From absence to forced logout: 60 s (documented).
    pub forced_logout_wait: Duration,
    /// Switch: what happens to a forced logout due while the side is out of service. Default dropped.
    pub forced_logout_when_out: WhenOut,
    /// Switch: does a LOGIN on the other side cancel the timer? Default no (the documented race says so).
    pub login_elsewhere_cancels: bool,
    /// Switch: does any other resource of the user keep him present? Default yes.
    pub second_resource_keeps_presence: bool,
    /// Switch: do sessions lost because the notification service stopped count as absence? Default no: the web app
    /// cannot see them go.
    pub notification_stop_is_absence: bool,
    /// LOAD, logout on agent disconnect: false is 0, CCE's default.
    pub load: bool,
    /// Switch: with LOAD 1, does a forced logout wait for the end of a call? Default no (table of the guide).
    pub load_waits_for_call: bool,

    /// A stream without a stanza for this long is closed without an error; at half of it the server pings. Openfire: 6 min.
    pub xmpp_idle_limit: Duration,
    /// Wrong passwords on one stream before it is closed: 3 (Openfire).
    pub xmpp_strikes: u32,
    /// Wrong passwords in a row before the account is locked: 5 (documented).
    pub lockout_failures: u32,
    /// How long: 5 min (documented).
    pub lockout_time: Duration,
    /// SASL mechanisms that are offered. Only PLAIN can succeed; others fail, as they must where the server has no password to compare
    /// with. Default PLAIN alone.
    pub sasl_mechanisms: Vec<String>,
    /// What port 5222 does. Default off (12.5 and later).
    pub plain_port: PlainPort,
    /// WebSocket.
    pub websocket: WebSocketService,
    /// BOSH.
    pub bosh: BoshService,
    /// Bytes of a stream are written in pieces of this size, each on its own, so that every stanza is split. None by default.
    pub write_pieces: Option<usize>,
    /// Switch: is what a client writes ahead taken? Default yes (Openfire).
    pub pipelining: Pipelining,
    /// Switch: do subscriptions have ids, without which they are not removed (subid-required)? Default no: captures show none.
    pub subid_required: bool,
    /// Switch: do failed stream log-ins count towards the lock? Default yes, the worse case for a client.
    pub xmpp_failures_count: bool,
    /// Switch: same resource bound twice. Default kicks the old session (Openfire).
    pub conflict: ConflictPolicy,
    /// Switch: routing of bare JIDs. Default best session (Openfire).
    pub routing: Routing,
    /// Switch: are events for a user without a session kept and delivered with a `delay`? Default yes (Openfire).
    pub offline_storage: bool,
    /// Events kept per user at the most: 100.
    pub offline_cap: usize,
    /// Switch: are users subscribed to their nodes of media routing domains without asking? Default yes, as newer guides say.
    pub media_is_automatic: bool,
    /// Switch: is the last item of a node sent on subscribing? Default no.
    pub last_item_on_subscribe: bool,
    /// Switch: is the presence of `finesse` sent after log-in? Default yes.
    pub finesse_presence: bool,
    /// Resource of the user `finesse`; not documented.
    pub finesse_resource: String,
    /// How events are wrapped.
    pub envelope: Envelope,
    /// Switch: which events carry the requestId.
    pub request_id_echo: RequestIdEcho,

    /// Switch: must SystemInfo be asked for with credentials? Default no.
    pub system_info_needs_login: bool,
    /// Whether SystemInfo has the ports of both nodes (12.6(2) and later). Default yes.
    pub system_info_ports: bool,
    /// Switch: does a LOGIN of somebody signed in with the same extension publish his state again? Default no.
    pub relogin_publishes: bool,
    /// Whether objects carry elements of newer releases that a client may not know, and one at every level that none can. Default yes.
    pub extra_elements: bool,
    /// How long wrap-up lasts if the agent does not end it: 30 s.
    pub wrap_up: Duration,
    /// From a make-call to ringing: 20 to 80 ms.
    pub ring: Span,
    /// How long an outside party lets it ring: 0.5 to 2 s.
    pub outside_answers: Span,
}

impl Profile {
    /// Unified CCE, 12.5 and later.
    #[must_use]
    pub fn ucce() -> Self {
        let address = |host: &str| NodeAddress {
            host: host.to_owned(),
            https_port: 8445,
            xmpp_port: 5222,
            xmpp_secure_port: 5223,
        };
        Self {
            addresses: [address("fin-a.lab.example"), address("fin-b.lab.example")],
            external_notifications: [None, None],
            expired_certificate: [false, false],
            deployment_type: "UCCE".to_owned(),
            rest: RestProfile::default(),
            start_unix_millis: 1_772_439_295_000, // 2026-03-02T08:14:55Z
            log_cap: 100_000,
            heartbeat_interval: Duration::from_secs(5),
            heartbeats_missed: 3,
            cti_latency: Span::millis(2, 20),
            cti_confirm: Span::millis(50, 300),
            cti_cut_notice: Span::millis(0, 200),
            cti_recovery: Span::secs(35, 75),
            cti_recovery_scales: true,
            cti_recovery_floor: Duration::from_secs(5),
            burst_delay: Span::millis(0, 2000),
            burst_deletes: false,
            undetected_500: 0.5,
            undetected_read_500: 0.0,
            queue_survives_outage: false,
            http_latency: Duration::from_millis(20),
            http_latency_sigma: 0.4,
            http_latency_max: Duration::from_secs(2),
            queue_interval: Duration::from_secs(10),
            publication_delay: Span::millis(1, 50),
            clock_offset_millis: [-3, 4],
            clock_drift_ppm: [10, -10],
            notification_notice: Span::millis(200, 2000),
            notification_start: Span::secs(5, 20),
            notification_recovery: Span::secs(1, 3),
            shutdown_stream_error: false,
            tomcat_start: Span::secs(60, 180),
            webapp_start: Span::secs(10, 30),
            webapp_presence_notice: Span::secs(0, 5),
            boot_notification: Span::secs(60, 120),
            boot_webapp: Span::secs(120, 180),
            tomcat_down: TomcatDown::Refuses,
            dead_webapp_status: 404,
            dead_client_notice: Span::secs(30, 120),
            forced_logout_wait: Duration::from_secs(60),
            forced_logout_when_out: WhenOut::Drop,
            login_elsewhere_cancels: false,
            second_resource_keeps_presence: true,
            notification_stop_is_absence: false,
            load: false,
            load_waits_for_call: false,
            xmpp_idle_limit: Duration::from_secs(360),
            xmpp_strikes: 3,
            lockout_failures: 5,
            lockout_time: Duration::from_secs(300),
            xmpp_failures_count: true,
            sasl_mechanisms: vec!["PLAIN".to_owned()],
            plain_port: PlainPort::Off,
            websocket: WebSocketService {
                on_8445: true,
                only_upgrades_on_8445: false,
                on_7443: true,
                paths: vec!["/ws".to_owned(), "/ws/".to_owned()],
                checks_to: false,
                prefixed_features: true,
                largest: 1 << 20,
                fragment: None,
                ping_idle: Duration::from_secs(60),
                ends_with_tomcat: false,
            },
            bosh: BoshService {
                acks: true,
                in_order: true,
                terminate_keeps_session: false,
                end_says_terminate: true,
                keeps_empty: true,
                inactivity: Duration::from_secs(30),
                reaper_period: Duration::from_secs(30),
            },
            write_pieces: None,
            pipelining: Pipelining::Taken,
            subid_required: false,
            conflict: ConflictPolicy::KickOld,
            routing: Routing::BestSession,
            offline_storage: true,
            offline_cap: 100,
            media_is_automatic: true,
            last_item_on_subscribe: false,
            finesse_presence: true,
            finesse_resource: "x1".to_owned(),
            envelope: Envelope {
                namespace: "urn:xmpp:push:0".to_owned(),
                html_type: false,
                message_id: IdStyle::Random,
                item_id: IdStyle::Counter,
                shim_headers: false,
                escaped: true,
                pretty: false,
                documented_order: false,
                capital_data: false,
                lower_case_verbs: false,
                thin_reserved: false,
            },
            request_id_echo: RequestIdEcho::ErrorsOnly,
            system_info_needs_login: false,
            system_info_ports: true,
            relogin_publishes: false,
            extra_elements: true,
            wrap_up: Duration::from_secs(30),
            ring: Span::millis(20, 80),
            outside_answers: Span::millis(500, 2000),
        }
    }

    /// Unified CCX, co-resident.
    #[must_use]
    pub fn uccx() -> Self {
        Self { deployment_type: "UCCX".to_owned(), ..Self::ucce() }
    }

    /// Unified or Packaged CCE, rather than CCX.
    #[must_use]
    pub fn is_cce(&self) -> bool {
        self.deployment_type == "UCCE"
    }

    /// The same with every duration multiplied by `factor`; a factor that is not a positive number changes nothing.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        if factor.is_finite() && factor > 0.0 {
            for value in self.durations() {
                *value = Duration::try_from_secs_f64(value.as_secs_f64() * factor).unwrap_or(*value);
            }
        }
        self
    }

    /// Every duration there is.
    fn durations(&mut self) -> Vec<&mut Duration> {
        let mut all = vec![
            &mut self.heartbeat_interval,
            &mut self.cti_recovery_floor,
            &mut self.http_latency,
            &mut self.http_latency_max,
            &mut self.forced_logout_wait,
            &mut self.xmpp_idle_limit,
            &mut self.lockout_time,
            &mut self.websocket.ping_idle,
            &mut self.bosh.inactivity,
            &mut self.bosh.reaper_period,
            &mut self.wrap_up,
            &mut self.queue_interval,
            &mut self.rest.token_lifetime,
            &mut self.rest.refresh_lifetime,
        ];
        let spans = [
            &mut self.cti_latency,
            &mut self.cti_confirm,
            &mut self.cti_cut_notice,
            &mut self.cti_recovery,
            &mut self.burst_delay,
            &mut self.publication_delay,
            &mut self.notification_notice,
            &mut self.notification_start,
            &mut self.notification_recovery,
            &mut self.tomcat_start,
            &mut self.webapp_start,
            &mut self.webapp_presence_notice,
            &mut self.boot_notification,
            &mut self.boot_webapp,
            &mut self.dead_client_notice,
            &mut self.ring,
            &mut self.outside_answers,
        ];
        for span in spans {
            all.push(&mut span.min);
            all.push(&mut span.max);
        }
        all
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::ucce()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_reaches_every_duration() {
        let whole = Profile::ucce();
        let tenth = whole.clone().scaled(0.1);
        assert_eq!(tenth.forced_logout_wait, Duration::from_secs(6));
        assert_eq!(tenth.dead_client_notice, Span::secs(3, 12));
        // Every duration in the debug text of the profile is one that `scaled` knows.
        let spans = format!("{whole:?}").matches("Span {").count();
        let fields = format!("{whole:#?}").lines().filter(|line| ends_as_duration(line)).count();
        assert_eq!(whole.clone().durations().len(), fields, "{spans} spans");
        assert_eq!(whole.clone().scaled(f64::NAN), whole);
    }

    fn ends_as_duration(line: &str) -> bool {
        let value = line.trim_end_matches(',').rsplit(' ').next().unwrap_or_default();
        let digits = value.trim_end_matches(|c: char| c.is_ascii_lowercase());
        value.ends_with('s') && !digits.is_empty() && digits.parse::<f64>().is_ok()
    }
}
