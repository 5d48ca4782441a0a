//! The client and the pair of one simulated run, drawn from its seed: transport, policy, and each switch of the simulator whose default is a guess.
//! Every value is as likely as its neighbours, but for those said to be rare.
//!
//! A seed draws its setup apart from its schedule, so one more switch here changes no schedule.
//!
//! Left out is what no schedule meets, and what is another kind of system rather than a question:
//!
//! * what needs sockets: expired certificates, the port without TLS, notification services elsewhere;
//! * what only configuration, supervisors, queues, tokens, media or conferences meet: most of `rest`, `media_is_automatic`, and
//!   `reason_code_required`, which asks for nothing while no reason codes are configured;
//! * `xmpp_failures_count`: nobody gives a wrong password here;
//! * `deployment_type` and `auth_mode`: kinds of systems; and durations, which are documented or measured.

use std::fmt::{self, Debug, Display};
use std::time::Duration;

use finesse_ha::failover::{Hybrid, Immediate, WaitAndRetry};
use finesse_ha::params::Params;
use finesse_ha::session::{SessionBuilder, Transport};
use finesse_sim::Profile;
use finesse_sim::profile::{
    ConflictPolicy, IdStyle, Pipelining, RequestIdEcho, Routing, TomcatDown, WhenOut,
};

/// Keeps what is drawn here apart from the schedule of the same seed.
const APART: u64 = 0x5e7_0095;

/// Which policy decides about moves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum PolicyName {
    Immediate,
    Wait,
    Hybrid,
}

/// The value of one switch.
#[derive(Debug)]
struct Drawn {
    /// The switch and its value: `load=true`.
    text: String,
    /// True for the value that the simulator has by itself.
    usual: bool,
}

/// What one run is played with.
#[derive(Debug)]
pub(crate) struct Setup {
    transport: Transport,
    policy: PolicyName,
    pub(crate) profile: Profile,
    /// All that was drawn: transport, policy, switches.
    drawn: Vec<Drawn>,
}

impl Setup {
    /// The setup of a seed, always the same.
    pub(crate) fn of(seed: u64) -> Self {
        let mut draw = Draw { random: fastrand::Rng::with_seed(seed ^ APART), drawn: Vec::new() };
        let mut transport = Transport::default();
        let all = [Transport::Auto, Transport::Tcp, Transport::WebSocket, Transport::Bosh];
        draw.one("transport", &mut transport, &all);
        let mut policy = PolicyName::Hybrid;
        draw.one("policy", &mut policy, &[PolicyName::Hybrid, PolicyName::Immediate, PolicyName::Wait]);
        let mut profile = Profile::ucce();
        side(&mut draw, &mut profile);
        notifications(&mut draw, &mut profile, transport);
        updates(&mut draw, &mut profile);
        rest(&mut draw, &mut profile);
        Self { transport, policy, profile, drawn: draw.drawn }
    }

    /// All that was drawn, each as `name=value`: transport, policy, switches.
    pub(crate) fn drawn(&self) -> impl Iterator<Item = &str> {
        self.drawn.iter().map(|drawn| drawn.text.as_str())
    }

    /// Gives a session transport and policy.
    pub(crate) fn apply(&self, session: SessionBuilder, params: &Params) -> SessionBuilder {
        let session = session.transport(self.transport);
        match self.policy {
            PolicyName::Immediate => session.policy(Immediate),
            PolicyName::Wait => session.policy(WaitAndRetry::default()),
            PolicyName::Hybrid => session.policy(Hybrid::new(params)),
        }
    }
}

/// Transport, policy, and the switches that are not as usual.
impl Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.drawn.iter().enumerate().filter(|(index, drawn)| *index < 2 || !drawn.usual);
        let told: Vec<&str> = told.map(|(_, drawn)| drawn.text.as_str()).collect();
        f.write_str(&told.join(" "))
    }
}

/// Draws values and notes them.
struct Draw {
    random: fastrand::Rng,
    drawn: Vec<Drawn>,
}

impl Draw {
    /// One of the values; the slot holds the usual one.
    fn one<T: Clone + PartialEq + Debug>(&mut self, name: &str, slot: &mut T, values: &[T]) {
        let value = values[self.random.usize(0..values.len())].clone();
        self.drawn.push(Drawn { text: format!("{name}={value:?}"), usual: value == *slot });
        *slot = value;
    }

    fn yes_or_no<const N: usize>(&mut self, switches: [(&str, &mut bool); N]) {
        for (name, slot) in switches {
            self.one(name, slot, &[false, true]);
        }
    }
}

/// Outages, presence and forced logouts.
fn side(draw: &mut Draw, profile: &mut Profile) {
    draw.yes_or_no([
        ("load", &mut profile.load),
        ("load_waits_for_call", &mut profile.load_waits_for_call),
        ("burst_deletes", &mut profile.burst_deletes),
        ("queue_survives_outage", &mut profile.queue_survives_outage),
        ("login_elsewhere_cancels", &mut profile.login_elsewhere_cancels),
        ("second_resource_keeps_presence", &mut profile.second_resource_keeps_presence),
        ("notification_stop_is_absence", &mut profile.notification_stop_is_absence),
        ("relogin_publishes", &mut profile.relogin_publishes),
        ("cti_recovery_scales", &mut profile.cti_recovery_scales),
    ]);
    draw.one("forced_logout_when_out", &mut profile.forced_logout_when_out, &[WhenOut::Drop, WhenOut::Defer]);
    let down = [TomcatDown::Refuses, TomcatDown::BlackHole, TomcatDown::BadGateway];
    draw.one("tomcat_down", &mut profile.tomcat_down, &down);
    draw.one("dead_webapp_status", &mut profile.dead_webapp_status, &[404, 500, 503]);
    draw.one("undetected_500", &mut profile.undetected_500, &[0.0, 0.5, 1.0]);
    draw.one("undetected_read_500", &mut profile.undetected_read_500, &[0.0, 0.5]);
    draw.one("clock_offset_millis", &mut profile.clock_offset_millis, &[[-3, 4], [-90_000, 60_000]]);
}

/// The notification service and its three doors.
fn notifications(draw: &mut Draw, profile: &mut Profile, transport: Transport) {
    draw.yes_or_no([
        ("shutdown_stream_error", &mut profile.shutdown_stream_error),
        ("last_item_on_subscribe", &mut profile.last_item_on_subscribe),
        ("subid_required", &mut profile.subid_required),
        ("offline_storage", &mut profile.offline_storage),
        ("finesse_presence", &mut profile.finesse_presence),
    ]);
    draw.one("conflict", &mut profile.conflict, &[ConflictPolicy::KickOld, ConflictPolicy::RefuseNew]);
    draw.one("routing", &mut profile.routing, &[Routing::BestSession, Routing::AllSessions]);
    let pipelining = [Pipelining::Taken, Pipelining::DropsAfterHeader, Pipelining::DropsAfterAuth];
    draw.one("pipelining", &mut profile.pipelining, &pipelining);
    let offered = [&["PLAIN"][..], &["SCRAM-SHA-1", "PLAIN", "DIGEST-MD5"]];
    let offered = offered.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    draw.one("sasl_mechanisms", &mut profile.sasl_mechanisms, &offered);
    draw.one("write_pieces", &mut profile.write_pieces, &[None, Some(61)]);

    let websocket = &mut profile.websocket;
    draw.yes_or_no([
        ("websocket.checks_to", &mut websocket.checks_to),
        ("websocket.prefixed_features", &mut websocket.prefixed_features),
        ("websocket.ends_with_tomcat", &mut websocket.ends_with_tomcat),
    ]);
    draw.one("websocket.fragment", &mut websocket.fragment, &[None, Some(61)]);
    let both = ["/ws", "/ws/"].map(str::to_owned);
    let paths = [both.to_vec(), both[..1].to_vec(), both[1..].to_vec()];
    draw.one("websocket.paths", &mut websocket.paths, &paths);
    // Whoever asks for WebSocket alone finds it behind one port at least.
    let ports = [(true, true), (true, false), (false, true), (false, false)];
    let choices = if transport == Transport::WebSocket { 3 } else { 4 };
    let mut on = (websocket.on_8445, websocket.on_7443);
    draw.one("websocket.on_8445_and_7443", &mut on, &ports[..choices]);
    (websocket.on_8445, websocket.on_7443) = on;

    let bosh = &mut profile.bosh;
    draw.yes_or_no([
        ("bosh.acks", &mut bosh.acks),
        ("bosh.in_order", &mut bosh.in_order),
        ("bosh.terminate_keeps_session", &mut bosh.terminate_keeps_session),
        ("bosh.end_says_terminate", &mut bosh.end_says_terminate),
        ("bosh.keeps_empty", &mut bosh.keeps_empty),
    ]);
    draw.one("bosh.reaper_period", &mut bosh.reaper_period, &[Duration::from_secs(30), Duration::ZERO]);
}

/// How updates look.
fn updates(draw: &mut Draw, profile: &mut Profile) {
    draw.one(
        "request_id_echo",
        &mut profile.request_id_echo,
        &[RequestIdEcho::ErrorsOnly, RequestIdEcho::Always],
    );
    draw.yes_or_no([("extra_elements", &mut profile.extra_elements)]);
    let envelope = &mut profile.envelope;
    let namespaces = ["urn:xmpp:push:0", "http://jabber.org/protocol/pubsub"].map(str::to_owned);
    draw.one("envelope.namespace", &mut envelope.namespace, &namespaces);
    draw.one("envelope.message_id", &mut envelope.message_id, &[IdStyle::Random, IdStyle::Counter]);
    draw.one("envelope.item_id", &mut envelope.item_id, &[IdStyle::Counter, IdStyle::Random]);
    draw.yes_or_no([
        ("envelope.html_type", &mut envelope.html_type),
        ("envelope.shim_headers", &mut envelope.shim_headers),
        ("envelope.escaped", &mut envelope.escaped),
        ("envelope.pretty", &mut envelope.pretty),
        ("envelope.documented_order", &mut envelope.documented_order),
        ("envelope.capital_data", &mut envelope.capital_data),
        ("envelope.lower_case_verbs", &mut envelope.lower_case_verbs),
        ("envelope.thin_reserved", &mut envelope.thin_reserved),
    ]);
}

/// What REST answers.
fn rest(draw: &mut Draw, profile: &mut Profile) {
    draw.yes_or_no([
        ("system_info_ports", &mut profile.system_info_ports),
        ("rest.session_cookie", &mut profile.rest.session_cookie),
        ("rest.guide_spelling", &mut profile.rest.guide_spelling),
    ]);
    // Rare: probes carry no password, so there is no move to such a side, as the client says, and a schedule tests less.
    let mut rarely = [false; 8];
    rarely[0] = true;
    draw.one("system_info_needs_login", &mut profile.system_info_needs_login, &rarely);
    draw.one("rest.accepted_status", &mut profile.rest.accepted_status, &[202, 200]);
    draw.one("rest.read_status", &mut profile.rest.read_status, &[200, 202]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_has_one_setup_and_many_seeds_have_every_value() {
        let texts = |seed| Setup::of(seed).drawn().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(texts(7), texts(7));
        let all: BTreeSet<String> = (1..=200).flat_map(texts).collect();
        for transport in ["Auto", "Tcp", "WebSocket", "Bosh"] {
            assert!(all.contains(&format!("transport={transport}")), "{transport}");
        }
        for text in texts(7) {
            let name = text.split('=').next().unwrap().to_owned() + "=";
            assert!(all.iter().filter(|other| other.starts_with(&name)).count() > 1, "{name}");
        }
    }

    #[test]
    fn a_setup_is_told_by_transport_policy_and_what_is_not_as_usual() {
        let setup = Setup::of(1);
        let told = setup.to_string();
        assert!(told.starts_with("transport="), "{told}");
        assert!(told.contains(" policy="), "{told}");
        for drawn in &setup.drawn[2..] {
            assert_eq!(told.contains(&format!(" {}", drawn.text)), !drawn.usual, "{}", drawn.text);
        }
    }
}
