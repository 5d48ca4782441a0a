//! How links end, each with its cause.

use super::*;

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
