//! Log-in, bind, presence, subscriptions and routing of streams.

use super::*;

#[test]
fn a_log_in_goes_through_features_bind_session_and_presence() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    let sent = bench.sent_to(conn);
    assert!(sent[0].contains("<mechanism>PLAIN</mechanism>") && !sent[0].contains("<bind"), "{}", sent[0]);
    assert!(sent[1].starts_with("<success"));
    assert!(sent[2].contains("<bind") && sent[2].contains("<session"));
    assert!(sent[3].contains("<jid>1001@fin-a.lab.example/r1</jid>"));
    assert!(sent[4].contains("type=\"result\"") && sent[4].contains("id=\"s1\""));
    assert!(sent[5].contains("from=\"1001@fin-a.lab.example/r1\""), "own presence comes back");
    assert!(sent[6].contains("from=\"finesse@fin-a.lab.example/x1\"") && !sent[6].contains("unavailable"));
}

#[test]
fn stanzas_carry_their_namespace_where_the_framing_has_none() {
    let mut bench = Bench::ucce();
    let conn = bench.connect_by(Side::A, "1001", "r1", Transport::WebSocket);
    assert!(
        bench
            .sent_to(conn)
            .iter()
            .filter(|xml| xml.starts_with("<iq"))
            .all(|xml| xml.contains("jabber:client"))
    );
}

#[test]
fn wrong_passwords_leave_the_stream_open_until_the_third() {
    let mut bench = Bench::ucce();
    bench.step(Input::XmppOpened { conn: 5, side: Side::A, transport: Transport::Tcp });
    bench.xmpp(5, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>x</auth>");
    assert!(bench.sent_to(5).last().unwrap().contains("invalid-mechanism"));
    bench.login(5, "1001", "no");
    bench.login(5, "1001", "");
    assert!(bench.ended.is_empty());
    bench.login(5, "1001", "no");
    assert_eq!(bench.ended.len(), 1);
    assert_eq!(bench.sent_to(5).iter().filter(|xml| xml.contains("not-authorized")).count(), 3);
}

#[test]
fn the_same_resource_kicks_the_old_stream_with_conflict() {
    let mut bench = Bench::ucce();
    let old = bench.connect(Side::A, "1001", "r1");
    let new = bench.connect(Side::A, "1001", "r1");
    assert_eq!(bench.ended[0].1, old);
    assert_eq!(bench.ended[0].2, StreamEnd::StreamError("conflict".into()));
    assert!(bench.sent_to(new).iter().any(|xml| xml.contains("<jid>")));

    let refusing = Profile { conflict: crate::profile::ConflictPolicy::RefuseNew, ..Profile::ucce() };
    let mut bench = Bench::new(refusing, 7);
    bench.connect(Side::A, "1001", "r1");
    let new = bench.connect(Side::A, "1001", "r1");
    assert!(bench.sent_to(new).iter().any(|xml| xml.contains("code=\"409\"")));
}

#[test]
fn questions_are_answered_and_unknown_ones_refused() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    for (ask, answer) in [
        (
            "<iq type='get' id='1' to='fin-a.lab.example'><ping xmlns='urn:xmpp:ping'/></iq>",
            "type=\"result\"",
        ),
        ("<iq type='get' id='2'><query xmlns='jabber:iq:roster'/></iq>", "jabber:iq:roster"),
        ("<iq type='get' id='3'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>", "identity"),
        ("<iq type='get' id='4'><query xmlns='jabber:iq:version'/></iq>", "service-unavailable"),
        ("<iq type='get' id='5'/>", "bad-request"),
    ] {
        bench.xmpp(conn, ask);
        let last = *bench.sent_to(conn).last().unwrap();
        assert!(last.contains(answer), "{ask}: {last}");
    }
    let count = bench.sent_to(conn).len();
    bench.xmpp(conn, "<iq type='result' id='9'/>");
    assert_eq!(bench.sent_to(conn).len(), count, "an answer needs no answer");
}

fn subscription(bench: &mut Bench, conn: u64, verb: &str, node: &str, jid: Option<&str>) -> String {
    let jid = jid.map(|jid| format!("jid='{jid}'")).unwrap_or_default();
    bench.xmpp(conn, &format!("<iq type='set' id='x' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'><{verb} node='{node}' {jid}/></pubsub></iq>"));
    bench.sent_to(conn).last().unwrap().to_string()
}

#[test]
fn subscriptions_are_granted_refused_and_kept_as_documented() {
    let mut bench = Bench::ucce();
    let agent = bench.connect(Side::A, "1001", "r1");
    let own = Some("1001@fin-a.lab.example/r1");
    let team = "/finesse/api/Team/512/Users";
    for (verb, node, jid, answer) in [
        ("subscribe", "/finesse/api/User/1001/ClientLog", own, "subscription=\"subscribed\""),
        ("subscribe", "/finesse/api/Nothing", own, "item-not-found"),
        ("subscribe", "/finesse/api/User/1002", own, "forbidden"),
        ("subscribe", team, own, "forbidden"),
        ("subscribe", "/finesse/api/User/1001", None, "jid-required"),
        ("subscribe", "/finesse/api/User/1001", Some("1002@fin-a.lab.example/x"), "invalid-jid"),
        ("unsubscribe", "/finesse/api/User/1001", own, "not-subscribed"),
        ("unsubscribe", "/finesse/api/User/1001/ClientLog", own, "type=\"result\""),
        ("unsubscribe", "/finesse/api/User/1001/ClientLog", own, "not-subscribed"),
    ] {
        let found = subscription(&mut bench, agent, verb, node, jid);
        assert!(found.contains(answer), "{verb} {node}: {found}");
    }
    let boss = bench.connect(Side::A, "1009", "r1");
    subscription(&mut bench, boss, "subscribe", team, Some("1009@fin-a.lab.example/r1"));
    // Kept over a restart of the notification service, and not known to the other side.
    bench.fault(Fault::StopNotification { side: Side::A });
    bench.fault(Fault::StartNotification { side: Side::A });
    bench.run_for(30.0);
    let boss = bench.connect(Side::A, "1009", "r1");
    let list = "<iq type='get' id='l' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscriptions/></pubsub></iq>";
    bench.xmpp(boss, list);
    assert!(bench.sent_to(boss).last().unwrap().contains(team));
    let other = bench.connect(Side::B, "1009", "r1");
    bench.xmpp(other, list);
    assert!(!bench.sent_to(other).last().unwrap().contains(team));
    // And it delivers: to that full JID, a summary without roles.
    bench.ready(Side::B, "1001", "7301");
    let updates = bench.updates(boss);
    let (_, node, update) = updates.iter().find(|(_, node, _)| node == team).expect("a team event");
    assert_eq!(node, team);
    let user = update.find("data").and_then(|data| data.find("user")).unwrap();
    assert!(user.get("loginId") == Some("1001") && user.find("roles").is_none());
}

#[test]
fn where_ids_of_subscriptions_are_required_nothing_is_removed_without_one() {
    let node = "/finesse/api/User/1001/ClientLog";
    let own = Some("1001@fin-a.lab.example/r1");
    for subid_required in [false, true] {
        let mut bench = Bench::new(Profile { subid_required, ..Profile::ucce() }, 3);
        let agent = bench.connect(Side::A, "1001", "r1");
        let granted = subscription(&mut bench, agent, "subscribe", node, own);
        let id = granted.split("subid=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        assert_eq!(id.is_some(), subid_required, "{granted}");
        let refused = subscription(&mut bench, agent, "unsubscribe", node, own);
        assert_eq!(refused.contains("subid-required"), subid_required, "{refused}");
        if let Some(id) = id {
            let with = |id: &str| format!("unsubscribe subid='{id}'");
            let wrong = subscription(&mut bench, agent, &with("0"), node, own);
            assert!(wrong.contains("invalid-subid"), "{wrong}");
            let right = subscription(&mut bench, agent, &with(&id), node, own);
            assert!(right.contains("type=\"result\""), "{right}");
        }
        let gone = subscription(&mut bench, agent, "unsubscribe", node, own);
        assert!(gone.contains("not-subscribed"), "{gone}");
    }
}

#[test]
fn bare_jid_events_go_to_the_most_recently_active_stream_and_to_all_if_so_configured() {
    for (routing, expected) in
        [(crate::profile::Routing::BestSession, 1), (crate::profile::Routing::AllSessions, 2)]
    {
        let mut bench = Bench::new(Profile { routing, ..Profile::ucce() }, 3);
        let first = bench.connect(Side::A, "1001", "r1");
        let second = bench.connect(Side::A, "1001", "r2");
        bench.xmpp(first, "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        bench.ready(Side::A, "1001", "7301");
        assert!(!bench.updates(first).is_empty(), "it was the last to speak");
        let got = [first, second].iter().filter(|conn| !bench.updates(**conn).is_empty()).count();
        assert_eq!(got, expected);
        // A negative priority takes a stream out of the routing.
        bench.xmpp(first, "<presence><priority>-1</priority></presence>");
        let (before, count) = (bench.updates(first).len(), bench.updates(second).len());
        bench.put_state(Side::A, "1001", "NOT_READY");
        bench.run_for(1.0);
        assert_eq!(bench.updates(first).len(), before);
        assert!(bench.updates(second).len() > count);
    }
}

#[test]
fn events_for_nobody_are_kept_within_the_cap_and_come_with_a_delay() {
    let mut bench = Bench::new(Profile { offline_cap: 2, ..Profile::ucce() }, 3);
    bench.ready(Side::A, "1001", "7301");
    bench.put_state(Side::A, "1001", "NOT_READY");
    bench.run_for(1.0);
    let conn = bench.connect(Side::A, "1001", "r1");
    let late = bench.sent_to(conn).iter().filter(|xml| xml.contains("urn:xmpp:delay")).count();
    assert_eq!(late, 2);
    assert_eq!(bench.updates(conn).len(), 2);
}

#[test]
fn a_silent_stream_is_pinged_and_then_closed() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.run_for(200.0);
    let ping = bench.sent_to(conn).last().unwrap().to_string();
    assert!(ping.contains("urn:xmpp:ping"), "{ping}");
    bench.xmpp(conn, "<iq type='result' id='any'/>");
    bench.run_for(350.0);
    assert!(bench.ended.is_empty(), "it had answered");
    bench.run_for(200.0);
    assert_eq!(bench.ended.len(), 1);
}

#[test]
fn what_is_no_stanza_ends_the_stream() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.xmpp(conn, "<iq type='get'><unclosed>");
    assert_eq!(bench.ended[0].2, StreamEnd::StreamError("not-well-formed".into()));
    bench.step(Input::XmppOpened { conn: 77, side: Side::A, transport: Transport::Tcp });
    bench.xmpp(77, "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
    assert_eq!(bench.ended[1].2, StreamEnd::StreamError("not-authorized".into()));
    // Nothing is said to a stream that has ended, and nothing from it matters.
    let count = bench.sent.len();
    bench.xmpp(conn, "<presence/>");
    bench.step(Input::XmppClosed { conn, clean: true });
    assert_eq!(bench.sent.len(), count);
}

#[test]
fn mechanisms_that_need_a_stored_password_are_offered_and_fail() {
    let offered = ["SCRAM-SHA-1", "DIGEST-MD5", "PLAIN"].map(str::to_owned).to_vec();
    let mut bench = Bench::new(Profile { sasl_mechanisms: offered, ..Profile::ucce() }, 7);
    bench.step(Input::XmppOpened { conn: 5, side: Side::A, transport: Transport::Tcp });
    assert!(bench.sent_to(5)[0].contains("<mechanism>SCRAM-SHA-1</mechanism>"));
    bench.xmpp(
        5,
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>bixuPTEwMDE=</auth>",
    );
    assert!(bench.sent_to(5)[1].contains("<not-authorized"));
    bench.login(5, "1001", PW);
    assert!(bench.sent_to(5)[2].starts_with("<success"));
}

#[test]
fn streams_end_with_any_condition_or_inside_of_a_stanza() {
    let mut bench = Bench::ucce();
    let user = || Some("1001".to_owned());
    let conn = bench.connect(Side::A, "1001", "r1");
    let condition = "resource-constraint".to_owned();
    bench.step(Input::Fault(Fault::StreamError {
        side: Side::A,
        user: user(),
        condition: condition.clone(),
    }));
    assert_eq!((bench.ended[0].1, &bench.ended[0].2), (conn, &StreamEnd::StreamError(condition)));
    bench.connect(Side::A, "1001", "r1");
    bench.step(Input::Fault(Fault::CutStanza { side: Side::A, user: user() }));
    assert!(matches!(&bench.ended[1].2, StreamEnd::Cut(xml) if xml.starts_with("<message ")));
}

#[test]
fn a_flood_of_stored_events_comes_with_the_next_stream_marked_as_late() {
    let mut bench = Bench::ucce();
    bench.step(Input::Fault(Fault::OfflineFlood { side: Side::A, user: "1001".into(), count: 500 }));
    let conn = bench.connect(Side::A, "1001", "r1");
    let late = bench.sent_to(conn).iter().filter(|xml| xml.contains("urn:xmpp:delay")).count();
    assert_eq!(late, 500);
}
