//! What a link hears of, and its subscriptions.

use super::*;

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
