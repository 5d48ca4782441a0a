//! How a side is logged in to, and what refuses it.

use super::*;

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
