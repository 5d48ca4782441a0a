//! Every transport against the simulator: over real sockets with TLS, and in memory under paused time.

#![cfg(all(feature = "tcp", feature = "bosh", feature = "websocket"))]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use bytes::Bytes;
use finesse_model::{Resource, UserId, Verb};
use finesse_net::{DialError, DialErrorKind, Dialer, Io, Target, TcpDialer, Trust};
use finesse_notify::{
    BoshConnect, Connect, EndCause, Event, Link, LinkError, Notification, PingConfig, Presence,
    SessionConfig, TcpConnect, WebSocketConnect, open,
};
use finesse_sim::profile::{Pipelining, PlainPort, Span};
use finesse_sim::{AgentSpec, Fault, LogKind, Profile, Side, Sim, WorldAction};

const AGENT: &str = "40217";
const PASSWORD: &str = "pw-40217";
/// Far above what a loaded machine needs; nothing waits that long when things work.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Way {
    Tcp,
    WebSocket,
    /// Where releases before 12.6 have it.
    WebSocketOn7443,
    Bosh,
}

const WAYS: [Way; 4] = [Way::Tcp, Way::WebSocket, Way::WebSocketOn7443, Way::Bosh];

async fn served() -> Sim {
    let sim = Sim::serve(Profile::ucce().scaled(0.05), 1).await.unwrap();
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
    sim
}

fn connect(sim: &Sim, way: Way, side: Side) -> Box<dyn Connect> {
    let dialer: Arc<dyn Dialer> =
        Arc::new(TcpDialer::new(&Trust::ExtraCa(sim.ca_pem().unwrap().as_bytes().to_vec())).unwrap());
    let addresses = sim.addresses(side).unwrap();
    match way {
        Way::Tcp => Box::new(TcpConnect::new(dialer, addresses.host, addresses.xmpp.port())),
        Way::WebSocket => Box::new(WebSocketConnect::new(dialer, &addresses.websocket_url).unwrap()),
        Way::WebSocketOn7443 => {
            Box::new(WebSocketConnect::new(dialer, &addresses.websocket_7443_url).unwrap())
        }
        Way::Bosh => Box::new(BoshConnect::new(dialer, &addresses.bosh_url).unwrap()),
    }
}

fn config(sim: &Sim, side: Side, password: &str) -> SessionConfig {
    SessionConfig::builder(
        UserId::new(AGENT).unwrap(),
        password.to_owned().into(),
        sim.node_address(side).host,
    )
    .resource("test")
    .seed(3)
    .ping(PingConfig::tight())
    .build()
    .unwrap()
}

async fn linked(sim: &Sim, way: Way, side: Side) -> Link {
    open(connect(sim, way, side).as_ref(), config(sim, side, PASSWORD))
        .await
        .unwrap_or_else(|e| panic!("{way:?}: {e}"))
}

/// Signs the agent in by REST.
async fn sign_in(sim: &Sim, side: Side) {
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{AGENT}:{PASSWORD}"));
    let request = http::Request::put(format!("/finesse/api/User/{AGENT}"))
        .header("authorization", format!("Basic {credentials}"))
        .header("content-type", "application/xml")
        .body(Bytes::from_static(b"<User><state>LOGIN</state><extension>7301</extension></User>"))
        .unwrap();
    assert_eq!(sim.http(side, request).await.unwrap().status(), 202);
}

async fn next(link: &mut Link) -> Event {
    tokio::time::timeout(PATIENCE, link.events.recv())
        .await
        .expect("nothing came")
        .expect("the events stopped without an end")
}

/// The next notification of this node; others and presence are passed over.
async fn about(link: &mut Link, node: &str) -> Notification {
    loop {
        match next(link).await {
            Event::Notification(n) if n.node == node => return n,
            Event::Ended(cause) => panic!("the link ended: {cause}"),
            _ => {}
        }
    }
}

async fn presence(link: &mut Link) -> Presence {
    loop {
        match next(link).await {
            Event::FinessePresence(presence) => return presence,
            Event::Ended(cause) => panic!("the link ended: {cause}"),
            _ => {}
        }
    }
}

async fn ended(link: &mut Link) -> LinkError {
    loop {
        if let Event::Ended(cause) = next(link).await {
            assert!(link.events.recv().await.is_none());
            return cause;
        }
    }
}

#[tokio::test]
async fn an_agent_signs_in_gets_a_call_and_hears_of_both() {
    for way in WAYS {
        let sim = served().await;
        let mut link = linked(&sim, way, Side::A).await;
        assert_eq!(link.jid, format!("{AGENT}@{}/test", sim.node_address(Side::A).host));
        assert_eq!(presence(&mut link).await, Presence::Available);
        sign_in(&sim, Side::A).await;
        let update = about(&mut link, "/finesse/api/User/40217").await.update.unwrap();
        assert!(
            matches!(update.data, Some(Resource::User(user)) if user.extension.as_deref() == Some("7301"))
        );
        let reply = sim.world(WorldAction::CallBegin {
            agent: AGENT.to_owned(),
            from: "5550142".to_owned(),
            to: None,
            variables: [("callVariable1".to_owned(), "R&D <desk>".to_owned())].into(),
        });
        let call = reply.call.clone().unwrap_or_else(|| panic!("{reply:?}"));
        let update = about(&mut link, "/finesse/api/User/40217/Dialogs").await.update.unwrap();
        assert_eq!(update.event, Verb::Post);
        match update.data {
            Some(Resource::Dialogs(dialogs)) => assert_eq!(dialogs.items[0].id.as_str(), call),
            other => panic!("{way:?}: {other:?}"),
        }
        link.control.barrier().await.unwrap();
        assert!(link.control.idle() < Duration::from_secs(5));
        link.control.close().await;
        assert_eq!(ended(&mut link).await.kind(), EndCause::ClosedByUs);
    }
}

#[tokio::test]
async fn a_wrong_password_reaches_the_server_exactly_once() {
    for way in WAYS {
        let sim = served().await;
        let error =
            open(connect(&sim, way, Side::A).as_ref(), config(&sim, Side::A, "wrong")).await.unwrap_err();
        assert_eq!(error.kind(), EndCause::Auth, "{way:?}: {error}");
        assert!(!error.to_string().contains("wrong\""));
        let attempts = logins(&sim);
        assert_eq!(attempts, 1, "{way:?}");
    }
}

fn logins(sim: &Sim) -> usize {
    sim.log()
        .iter()
        .filter(|entry| matches!(&entry.kind, LogKind::Credentials { by, .. } if by == "xmpp"))
        .count()
}

#[tokio::test]
async fn the_end_of_the_web_application_is_presence_and_not_the_end_of_the_link() {
    for way in WAYS {
        let quick = Span::millis(10, 20);
        let profile = Profile {
            tomcat_start: quick,
            webapp_start: quick,
            cti_recovery: quick,
            cti_recovery_floor: quick.min,
            ..Profile::ucce().scaled(0.05)
        };
        let sim = Sim::serve(profile, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        let mut link = linked(&sim, way, Side::A).await;
        assert_eq!(presence(&mut link).await, Presence::Available);
        sim.fault(Fault::StopTomcat { side: Side::A });
        assert_eq!(presence(&mut link).await, Presence::Unavailable);
        link.control.barrier().await.unwrap();
        sim.fault(Fault::StartTomcat { side: Side::A });
        assert_eq!(presence(&mut link).await, Presence::Available);
    }
}

#[tokio::test]
async fn a_stopped_notification_service_ends_the_link_and_refuses_the_next() {
    for way in WAYS {
        let sim = served().await;
        let mut link = linked(&sim, way, Side::A).await;
        sim.fault(Fault::StopNotification { side: Side::A });
        let cause = ended(&mut link).await;
        assert!(
            matches!(cause.kind(), EndCause::Shutdown | EndCause::Network | EndCause::Refused),
            "{way:?}: {cause}"
        );
        let error =
            open(connect(&sim, way, Side::A).as_ref(), config(&sim, Side::A, PASSWORD)).await.unwrap_err();
        // Port 8445 is another service's; that one answers for the one that is gone.
        let expected = if matches!(way, Way::WebSocket) { EndCause::Network } else { EndCause::Refused };
        assert_eq!(error.kind(), expected, "{way:?}: {error}");
        assert!(!error.is_final());
        let mut other = linked(&sim, way, Side::B).await;
        assert_eq!(presence(&mut other).await, Presence::Available);
    }
}

#[tokio::test]
async fn a_conflict_is_final() {
    for way in WAYS {
        let sim = served().await;
        let mut link = linked(&sim, way, Side::A).await;
        // After a barrier a BOSH request waits at the server. Without one the reason would have nothing to travel by.
        presence(&mut link).await;
        link.control.barrier().await.unwrap();
        sim.fault(Fault::Conflict { side: Side::A, user: AGENT.to_owned() });
        let cause = ended(&mut link).await;
        assert_eq!(cause.kind(), EndCause::Conflict, "{way:?}: {cause}");
        assert!(cause.is_final());
    }
}

#[tokio::test]
async fn the_same_resource_twice_kicks_the_first() {
    for way in WAYS {
        let sim = served().await;
        let mut first = linked(&sim, way, Side::A).await;
        let second = linked(&sim, way, Side::A).await;
        assert_eq!(ended(&mut first).await.kind(), EndCause::Conflict, "{way:?}");
        second.control.barrier().await.unwrap();
    }
}

#[tokio::test]
async fn a_reset_stream_is_a_network_failure_and_a_new_one_opens() {
    for way in WAYS {
        let sim = served().await;
        let mut link = linked(&sim, way, Side::A).await;
        sim.fault(Fault::StreamReset { side: Side::A, user: None });
        let cause = ended(&mut link).await;
        assert_eq!(cause.kind(), EndCause::Network, "{way:?}: {cause}");
        linked(&sim, way, Side::A).await.control.barrier().await.unwrap();
    }
}

#[tokio::test]
async fn a_dead_stream_is_found_by_pings() {
    let dead = async |way| {
        let sim = served().await;
        let mut link = linked(&sim, way, Side::A).await;
        sim.fault(Fault::HalfOpen { side: Side::A, user: None });
        assert_eq!(ended(&mut link).await.kind(), EndCause::Silent, "{way:?}");
    };
    // In real time, three seconds each.
    tokio::join!(dead(Way::Tcp), dead(Way::WebSocket), dead(Way::WebSocketOn7443), dead(Way::Bosh));
}

#[tokio::test]
async fn a_stream_cut_inside_of_a_stanza_is_a_network_failure() {
    for way in WAYS {
        let sim = served().await;
        let mut link = linked(&sim, way, Side::A).await;
        link.control.barrier().await.unwrap();
        sim.fault(Fault::CutStanza { side: Side::A, user: None });
        let cause = ended(&mut link).await;
        assert_eq!(cause.kind(), EndCause::Network, "{way:?}: {cause}");
    }
}

#[tokio::test]
async fn every_stream_error_has_its_cause_over_every_framing() {
    for (condition, kind) in [
        ("policy-violation", EndCause::Policy),
        ("system-shutdown", EndCause::Shutdown),
        ("not-authorized", EndCause::Auth),
        ("host-gone", EndCause::Protocol),
        ("resource-constraint", EndCause::Network),
    ] {
        for way in WAYS {
            let sim = served().await;
            let mut link = linked(&sim, way, Side::A).await;
            presence(&mut link).await;
            link.control.barrier().await.unwrap();
            sim.fault(Fault::StreamError { side: Side::A, user: None, condition: condition.to_owned() });
            let cause = ended(&mut link).await;
            assert_eq!((cause.kind(), cause.condition()), (kind, Some(condition)), "{way:?}: {cause}");
        }
    }
}

#[tokio::test]
async fn a_server_that_also_offers_scram_is_asked_for_plain() {
    for way in WAYS {
        let offered = ["SCRAM-SHA-1", "PLAIN", "DIGEST-MD5"].map(str::to_owned).to_vec();
        let sim = Sim::serve(Profile { sasl_mechanisms: offered, ..Profile::ucce() }, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        linked(&sim, way, Side::A).await;
        assert_eq!(logins(&sim), 1, "{way:?}");
    }
}

#[tokio::test]
async fn starttls_is_used_where_it_is_offered_and_where_it_is_required() {
    for plain_port in [PlainPort::StartTls, PlainPort::StartTlsRequired] {
        let sim = Sim::serve(Profile { plain_port, ..Profile::ucce() }, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        let addresses = sim.addresses(Side::A).unwrap();
        let trust = Trust::ExtraCa(sim.ca_pem().unwrap().as_bytes().to_vec());
        let dialer: Arc<dyn Dialer> = Arc::new(TcpDialer::new(&trust).unwrap());
        let connect = TcpConnect::starttls(dialer, addresses.host, addresses.xmpp_plain.port());
        let link = open(&connect, config(&sim, Side::A, PASSWORD)).await.unwrap();
        link.control.barrier().await.unwrap();
    }
}

#[tokio::test]
async fn over_starttls_too_a_stranger_is_not_trusted_and_without_an_offer_nothing_is_said() {
    for (plain_port, kind) in
        [(PlainPort::StartTlsRequired, EndCause::Tls), (PlainPort::Plain, EndCause::Policy)]
    {
        let sim = Sim::serve(Profile { plain_port, ..Profile::ucce() }, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        let addresses = sim.addresses(Side::A).unwrap();
        let stranger = Sim::serve(Profile::ucce(), 2).await.unwrap();
        let trust = Trust::ExtraCa(stranger.ca_pem().unwrap().as_bytes().to_vec());
        let dialer: Arc<dyn Dialer> = Arc::new(TcpDialer::new(&trust).unwrap());
        let connect = TcpConnect::starttls(dialer, addresses.host, addresses.xmpp_plain.port());
        let error = open(&connect, config(&sim, Side::A, PASSWORD)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.trust_failure().is_some(), kind == EndCause::Tls, "{error}");
        assert_eq!(logins(&sim), 0);
    }
}

/// Opens one link after another by the same way, and returns how many log-ins and streams that took.
async fn twice_by(pipelining: Pipelining, way: Way) -> (usize, usize) {
    let sim = Sim::serve(Profile { pipelining, ..Profile::ucce() }, 1).await.unwrap();
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
    let connect = connect(&sim, way, Side::A);
    for _ in 0..2 {
        let link = open(connect.as_ref(), config(&sim, Side::A, PASSWORD))
            .await
            .unwrap_or_else(|error| panic!("{pipelining:?} {way:?}: {error}"));
        link.control.barrier().await.unwrap();
        link.control.close().await;
    }
    let bound = sim.log().iter().filter(|entry| matches!(entry.kind, LogKind::Bound { .. })).count();
    (logins(&sim), bound)
}

#[tokio::test]
async fn a_server_that_takes_nothing_written_ahead_is_asked_step_by_step_and_remembered() {
    let mut all = tokio::task::JoinSet::new();
    for way in [Way::Tcp, Way::WebSocket, Way::Bosh] {
        for pipelining in [Pipelining::Taken, Pipelining::DropsAfterHeader, Pipelining::DropsAfterAuth] {
            all.spawn(async move { (way, pipelining, twice_by(pipelining, way).await) });
        }
    }
    while let Some(done) = all.join_next().await {
        let (way, pipelining, (logins, bound)) = done.unwrap();
        // Where the bind was lost, the credentials had been taken: they are written once more, by the first link only.
        let lost_bind = pipelining == Pipelining::DropsAfterAuth && !matches!(way, Way::Bosh);
        assert_eq!((logins, bound), (2 + usize::from(lost_bind), 2), "{way:?} {pipelining:?}");
    }
}

#[tokio::test]
async fn subscriptions_with_ids_are_removed_by_them_and_stale_ones_swept() {
    for subid_required in [false, true] {
        let sim = Sim::serve(Profile { subid_required, ..Profile::ucce() }, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        let node = "/finesse/api/User/40217/ClientLog";
        let removed = |sim: &Sim| {
            sim.log().iter().filter(|entry| matches!(entry.kind, LogKind::Unsubscribed { .. })).count()
        };
        for way in WAYS {
            let before = removed(&sim);
            let link = linked(&sim, way, Side::A).await;
            link.control.subscribe(node).await.unwrap();
            link.control.unsubscribe(node).await.unwrap();
            assert_eq!(removed(&sim), before + 1, "{way:?}");
        }
        // A run that ended without a word leaves one behind; the next one of this installation finds it in the list.
        let link = linked(&sim, Way::Tcp, Side::A).await;
        link.control.subscribe(node).await.unwrap();
        sim.fault(Fault::StreamReset { side: Side::A, user: None });
        let before = removed(&sim);
        let config = SessionConfig::builder(
            UserId::new(AGENT).unwrap(),
            PASSWORD.to_owned().into(),
            sim.node_address(Side::A).host,
        )
        .resource("test-2")
        .remove_stale_subscriptions("test")
        .build()
        .unwrap();
        let link = open(connect(&sim, Way::Tcp, Side::A).as_ref(), config).await.unwrap();
        // Answers come in order, so this one is behind those to list and removal.
        link.control.barrier().await.unwrap();
        link.control.barrier().await.unwrap();
        assert_eq!(removed(&sim), before + 1, "subid required: {subid_required}");
    }
}

#[tokio::test]
async fn bytes_in_pieces_and_messages_in_fragments_are_whole_again() {
    for way in WAYS {
        let mut profile = Profile { write_pieces: Some(7), ..Profile::ucce().scaled(0.05) };
        profile.websocket.fragment = Some(61);
        profile.websocket.prefixed_features = false;
        let sim = Sim::serve(profile, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        let mut link = linked(&sim, way, Side::A).await;
        sign_in(&sim, Side::A).await;
        let update = about(&mut link, "/finesse/api/User/40217").await.update.unwrap();
        assert!(matches!(update.data, Some(Resource::User(_))), "{way:?}");
    }
}

#[tokio::test]
async fn a_flood_of_stored_events_is_marked_and_loses_nothing() {
    for way in WAYS {
        let sim = served().await;
        sim.fault(Fault::OfflineFlood { side: Side::A, user: AGENT.to_owned(), count: 500 });
        let mut link = linked(&sim, way, Side::A).await;
        for _ in 0..500 {
            assert!(about(&mut link, "/finesse/api/User/40217").await.delayed, "{way:?}");
        }
    }
}

#[tokio::test]
async fn a_spelling_of_the_path_that_is_not_found_is_mended() {
    for (served_at, asked) in [("/ws", "/ws/"), ("/ws/", "/ws")] {
        let mut profile = Profile::ucce();
        profile.websocket.paths = vec![served_at.to_owned()];
        let sim = Sim::serve(profile, 1).await.unwrap();
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
        let addresses = sim.addresses(Side::A).unwrap();
        let dialer: Arc<dyn Dialer> =
            Arc::new(TcpDialer::new(&Trust::ExtraCa(sim.ca_pem().unwrap().as_bytes().to_vec())).unwrap());
        let url = addresses.rest_url.replace("https://", "wss://") + asked;
        let connect = WebSocketConnect::new(dialer, &url).unwrap();
        for _ in 0..2 {
            open(&connect, config(&sim, Side::A, PASSWORD)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn doubles_of_the_server_reach_nobody() {
    for way in WAYS {
        let sim = served().await;
        sim.fault(Fault::DupEvents { side: Side::A, node: None, probability: 1.0 });
        let mut link = linked(&sim, way, Side::A).await;
        sign_in(&sim, Side::A).await;
        let first = about(&mut link, "/finesse/api/User/40217").await;
        link.control.barrier().await.unwrap();
        let mut ids = vec![first.item_id.unwrap()];
        while let Ok(event) = link.events.try_recv() {
            if let Event::Notification(n) = event {
                ids.push(n.item_id.unwrap());
            }
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "{way:?}");
    }
}

#[tokio::test]
async fn nodes_are_subscribed_and_unknown_ones_refused() {
    for way in WAYS {
        let sim = served().await;
        let link = linked(&sim, way, Side::A).await;
        link.control
            .subscribe("/finesse/api/User/40217/ClientLog")
            .await
            .unwrap_or_else(|e| panic!("{way:?}: {e}"));
        link.control.unsubscribe("/finesse/api/User/40217/ClientLog").await.unwrap();
        let error = link.control.subscribe("/finesse/api/Nonsense/1").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.condition()),
            (EndCause::Rejected, Some("item-not-found")),
            "{way:?}"
        );
        link.control.barrier().await.unwrap();
    }
}

#[tokio::test]
async fn notification_trap_13_an_untrusted_certificate_is_told_with_its_reason() {
    let sim = served().await;
    let addresses = sim.addresses(Side::A).unwrap();
    let stranger = Sim::serve(Profile::ucce(), 2).await.unwrap();
    let dialer: Arc<dyn Dialer> =
        Arc::new(TcpDialer::new(&Trust::ExtraCa(stranger.ca_pem().unwrap().as_bytes().to_vec())).unwrap());
    let tcp: Box<dyn Connect> =
        Box::new(TcpConnect::new(Arc::clone(&dialer), addresses.host.clone(), addresses.xmpp.port()));
    let websocket: Box<dyn Connect> =
        Box::new(WebSocketConnect::new(Arc::clone(&dialer), &addresses.websocket_url).unwrap());
    let bosh: Box<dyn Connect> = Box::new(BoshConnect::new(dialer, &addresses.bosh_url).unwrap());
    for connect in [tcp, websocket, bosh] {
        let error = open(connect.as_ref(), config(&sim, Side::A, PASSWORD)).await.unwrap_err();
        assert_eq!(error.kind(), EndCause::Tls, "{error}");
        assert!(error.trust_failure().is_some(), "{error}");
    }
    assert_eq!(logins(&sim), 0);
}

/// The simulator's byte streams in memory.
struct InMemory {
    sim: Sim,
    side: Side,
}

#[async_trait]
impl Dialer for InMemory {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        match self.sim.xmpp(self.side) {
            Ok(pipe) => Ok(Box::new(pipe)),
            Err(error) => Err(DialError::new(DialErrorKind::Refused, target, error.to_string())),
        }
    }
}

/// One scripted day, written down.
async fn day(seed: u64) -> Vec<String> {
    let sim = Sim::in_memory(Profile::ucce(), seed);
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
    let dialer = Arc::new(InMemory { sim: sim.clone(), side: Side::A });
    let connect = TcpConnect::insecure(dialer, "fin-a", 5222);
    let began = tokio::time::Instant::now();
    let config = SessionConfig::builder(
        UserId::new(AGENT).unwrap(),
        PASSWORD.to_owned().into(),
        sim.node_address(Side::A).host,
    )
    .resource("test")
    .seed(seed)
    .build()
    .unwrap();
    let mut link = open(&connect, config).await.unwrap();
    sign_in(&sim, Side::A).await;
    about(&mut link, "/finesse/api/User/40217").await;
    let call = sim.world(WorldAction::CallBegin {
        agent: AGENT.to_owned(),
        from: "5550142".to_owned(),
        to: None,
        variables: [].into(),
    });
    let call = call.call.unwrap();
    let mut lines = Vec::new();
    let mut write = |event: &Event| {
        let at = began.elapsed();
        lines.push(match event {
            Event::Notification(n) => {
                format!("{at:?} {} {:?} {:?}", n.node, n.item_id, n.update.as_ref().map(|u| u.event.clone()))
            }
            other => format!("{at:?} {other:?}"),
        });
    };
    for step in 0..4 {
        write(&next_patient(&mut link).await);
        match step {
            0 => drop(sim.world(WorldAction::CallAnswer { call: call.clone() })),
            2 => drop(sim.world(WorldAction::CallEnd { call: call.clone() })),
            _ => {}
        }
    }
    sim.fault(Fault::HalfOpen { side: Side::A, user: None });
    loop {
        let event = next_patient(&mut link).await;
        write(&event);
        if let Event::Ended(cause) = event {
            assert_eq!(cause.kind(), EndCause::Silent);
            return lines;
        }
    }
}

async fn next_patient(link: &mut Link) -> Event {
    tokio::time::timeout(Duration::from_secs(600), link.events.recv()).await.expect("nothing came").unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_day_to_the_nanosecond() {
    for seed in 1..6 {
        assert_eq!(day(seed).await, day(seed).await, "seed {seed}");
    }
}
