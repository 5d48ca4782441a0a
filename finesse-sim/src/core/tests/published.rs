//! What a side says to its notification service, and where it says its notifications are.

use super::*;
use crate::profile::ExternalNotifications;

/// Publications of a side: presence as a word, items as node and item id.
fn published(bench: &Bench, side: Side) -> Vec<String> {
    let told = bench.published.iter().filter(|(at, _)| *at == side);
    told.map(|(_, publication)| match publication {
        Publication::Presence { available: true } => "available".to_owned(),
        Publication::Presence { available: false } => "unavailable".to_owned(),
        Publication::Item { node, item_id, .. } => format!("{node} {item_id}"),
    })
    .collect()
}

#[test]
fn what_is_published_is_what_a_stream_gets() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: call.clone() });
    bench.run_for(1.0);
    bench.world(WorldAction::CallEnd { call });
    bench.run_for(1.0);
    let heard: Vec<(String, String, Elem)> = bench
        .updates(conn)
        .into_iter()
        .zip(bench.items(conn))
        .map(|((_, node, update), item)| (node, item, update))
        .collect();
    let told: Vec<(String, String, Elem)> = bench
        .published
        .iter()
        .filter(|(side, _)| *side == Side::A)
        .map(|(_, publication)| match publication {
            Publication::Item { node, item_id, update } => {
                (node.clone(), item_id.clone(), Elem::parse(update).unwrap())
            }
            other @ Publication::Presence { .. } => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(heard.len(), 8);
    assert_eq!(heard, told);
}

#[test]
fn a_web_app_that_goes_and_comes_is_told_by_its_presence() {
    let mut bench = Bench::ucce();
    bench.fault(Fault::CrashWebapp { side: Side::A });
    bench.run_for(6.0);
    assert_eq!(published(&bench, Side::A), ["unavailable"]);
    bench.fault(Fault::RestoreWebapp { side: Side::A });
    bench.run_for(60.0);
    let told = published(&bench, Side::A);
    assert_eq!(told[1], "available", "presence first, then the status: {told:?}");
    assert!(told[2].starts_with("/finesse/api/SystemInfo "), "{told:?}");
    assert!(published(&bench, Side::B).is_empty());
}

#[test]
fn while_the_notification_service_is_down_nothing_is_published() {
    for fault in [Fault::StopNotification { side: Side::A }, Fault::KillHost { side: Side::A }] {
        let mut bench = Bench::ucce();
        bench.fault(fault.clone());
        assert!(!bench.core.finesse_presence(Side::A));
        bench.ready(Side::B, "1001", "7301");
        bench.run_for(30.0);
        assert_eq!(published(&bench, Side::A), ["unavailable"], "{fault:?}");
        assert_eq!(published(&bench, Side::B).len(), 2);
    }
    let mut bench = Bench::ucce();
    bench.fault(Fault::StopNotification { side: Side::A });
    bench.fault(Fault::StartNotification { side: Side::A });
    bench.run_for(30.0);
    assert_eq!(published(&bench, Side::A)[..2], ["unavailable", "available"]);
    assert!(bench.core.finesse_presence(Side::A));
}

#[test]
fn system_info_points_to_a_notification_service_elsewhere() {
    let external = ExternalNotifications {
        domain: "chat.example".into(),
        pubsub_domain: "pubsub.chat.example".into(),
        xmpp_port: 15222,
        xmpp_secure_port: 15223,
    };
    let mut bench =
        Bench::new(Profile { external_notifications: [None, Some(external)], ..Profile::ucce() }, 7);
    let info = bench.system_info(Side::B);
    assert_eq!(info.get("xmppDomain"), Some("chat.example"));
    assert_eq!(info.get("xmppPubSubDomain"), Some("pubsub.chat.example"));
    for side in Side::BOTH {
        let info = bench.system_info(side);
        let port =
            |node: &str| info.find(node).and_then(|node| node.get("xmppSecurePort")).map(str::to_owned);
        assert_eq!((port("primaryNode"), port("secondaryNode")), (Some("5223".into()), Some("15223".into())));
        let host = info.find("secondaryNode").and_then(|node| node.get("host"));
        assert_eq!(host, Some("fin-b.lab.example"), "REST stays where it is");
    }
    let info = bench.system_info(Side::A);
    assert_eq!(info.get("xmppDomain"), Some("fin-a.lab.example"));
    // Its own service still runs.
    bench.connect(Side::B, "1001", "r1");
    assert!(bench.ended.is_empty());
}
