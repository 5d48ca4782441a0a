//! What is published, in which form and when.

use super::*;
use crate::profile::{Envelope, IdStyle, RequestIdEcho, Span};

#[test]
fn an_inbound_call_is_told_from_ringing_to_its_end() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    let call = bench.call("1001");
    bench.run_for(1.0);
    bench.world(WorldAction::CallAnswer { call: call.clone() });
    bench.run_for(1.0);
    bench.world(WorldAction::CallHold { call: call.clone(), agent: None });
    bench.run_for(1.0);
    bench.world(WorldAction::CallEnd { call: call.clone() });
    bench.run_for(1.0);
    let mut story = bench.story(conn);
    // Events of different objects may swap; within each they are in order.
    let (user, dialog): (Vec<String>, Vec<String>) =
        story.drain(..).partition(|line| line.starts_with("PUT User/1001 "));
    let states: Vec<&str> = user.iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(states, ["NOT_READY", "READY", "RESERVED", "TALKING", "HOLD", "READY"]);
    assert_eq!(
        dialog,
        [
            "POST User/1001/Dialogs ALERTING".to_owned(),
            format!("PUT Dialog/{call} ACTIVE"),
            format!("PUT Dialog/{call} ACTIVE"),
            "DELETE User/1001/Dialogs DROPPED".to_owned(),
        ]
    );
}

#[test]
fn a_transfer_deletes_the_call_for_one_agent_and_adds_it_for_the_other() {
    let mut bench = Bench::ucce();
    let (first, second) = (bench.connect(Side::A, "1001", "r1"), bench.connect(Side::A, "1002", "r1"));
    bench.ready(Side::A, "1001", "7301");
    bench.ready(Side::A, "1002", "7302");
    let old = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: old.clone() });
    bench.run_for(1.0);
    let new = bench.world(WorldAction::CallTransfer { call: old.clone(), to: "1002".into() });
    bench.run_for(1.0);
    assert!(bench.story(first).iter().any(|line| line.starts_with("DELETE User/1001/Dialogs")));
    assert!(bench.story(second).iter().any(|line| line.starts_with("POST User/1002/Dialogs ACTIVE")));
    let dialog = &bench.core.truth("1002").unwrap().dialogs[&new];
    assert_eq!(dialog.secondary_id.as_ref(), Some(&old));
    let replaced = bench.world(WorldAction::CallReplace { call: new.clone() });
    bench.run_for(1.0);
    assert_eq!(bench.core.truth("1002").unwrap().dialogs.keys().collect::<Vec<_>>(), [&replaced]);
    assert_eq!(bench.core.truth("1002").unwrap(), bench.core.view(Side::B, "1002").unwrap());
}

#[test]
fn a_failed_command_comes_back_as_an_error_event_with_its_request_id() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    let id = bench.send(
        Side::A,
        "PUT",
        "/finesse/api/User/1001",
        Some(("1001", PW)),
        "<User><state>READY</state></User>",
    );
    assert_eq!(bench.answer(id).0, 202);
    bench.run_for(1.0);
    let body = "<User><state>LOGIN</state><extension>4711</extension></User>";
    assert_eq!(bench.ask(Side::A, "1001", "PUT", "/finesse/api/User/1001", body).0, 202);
    bench.run_for(1.0);
    let updates = bench.updates(conn);
    let errors: Vec<(&str, &str, &str)> = updates
        .iter()
        .map(|(_, _, update)| {
            let error = update
                .find("data")
                .and_then(|data| data.find("apiErrors"))
                .and_then(|all| all.find("apiError"))
                .unwrap();
            (
                update.get("event").unwrap(),
                error.get("errorMessage").unwrap(),
                error.get("errorData").unwrap(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [("put", "CF_INVALID_OBJECT_STATE", "22"), ("put", "CF_INVALID_LOGON_DEVICE_SPECIFIED", "260")]
    );
    assert_eq!(updates[0].2.get("requestId"), Some(format!("req-{id}").as_str()));
}

#[test]
fn a_get_can_be_newer_than_an_event_that_comes_after_it() {
    let late = Span::fixed(secs(15.0));
    let mut bench = Bench::new(Profile { publication_delay: late, ..Profile::ucce() }, 5);
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    let seen = bench.get(Side::A, "/finesse/api/User/1001");
    assert_eq!(seen.get("state"), Some("READY"));
    assert!(bench.updates(conn).is_empty(), "nothing published yet");
    bench.run_for(20.0);
    assert_eq!(
        bench.story(conn),
        ["PUT User/1001 NOT_READY", "PUT User/1001 READY"],
        "the first event is older than the GET"
    );
}

#[test]
fn an_agent_signed_in_again_keeps_his_state_and_no_event_comes() {
    for (relogin_publishes, events) in [(false, 0), (true, 1)] {
        let mut bench = Bench::new(Profile { relogin_publishes, ..Profile::ucce() }, 5);
        bench.ready(Side::A, "1001", "7301");
        let conn = bench.connect(Side::B, "1001", "r1");
        let before = bench.updates(conn).len();
        let body = "<User><state>LOGIN</state><extension>7301</extension></User>";
        assert_eq!(bench.ask(Side::B, "1001", "PUT", "/finesse/api/User/1001", body).0, 202);
        bench.run_for(2.0);
        assert_eq!(bench.updates(conn).len() - before, events);
        assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
    }
}

#[test]
fn every_envelope_variant_holds_the_same_update() {
    let plain = Profile::ucce().envelope;
    let variants = [
        plain.clone(),
        Envelope { namespace: "http://jabber.org/protocol/pubsub".into(), html_type: true, ..plain.clone() },
        Envelope { escaped: false, ..plain.clone() },
        Envelope { pretty: true, documented_order: true, capital_data: true, ..plain.clone() },
        Envelope {
            message_id: IdStyle::Counter,
            item_id: IdStyle::Random,
            shim_headers: true,
            ..plain.clone()
        },
        Envelope { lower_case_verbs: true, thin_reserved: true, ..plain },
    ];
    for envelope in variants {
        let profile =
            Profile { envelope: envelope.clone(), request_id_echo: RequestIdEcho::Always, ..Profile::ucce() };
        let mut bench = Bench::new(profile, 5);
        let conn = bench.connect(Side::A, "1001", "r1");
        bench.ready(Side::A, "1001", "7301");
        let updates = bench.updates(conn);
        assert_eq!(updates.len(), 2, "{envelope:?}");
        for (_, node, update) in updates {
            assert_eq!(node, "/finesse/api/User/1001");
            let data = update.find("data").and_then(|data| data.find("user")).unwrap();
            assert_eq!(data.get("loginId"), Some("1001"));
            assert!(update.get("event").unwrap().eq_ignore_ascii_case("PUT"));
            assert!(update.get("requestId").unwrap().starts_with("req-"), "echo is on");
        }
        let raw = bench.sent_to(conn).into_iter().find(|xml| xml.starts_with("<message")).unwrap();
        assert_eq!(raw.contains("&lt;Update&gt;"), envelope.escaped);
        assert_eq!(raw.contains("SubID"), envelope.shim_headers);
    }
}

#[test]
fn item_ids_count_on_and_change_their_seed_with_the_service() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let mut seeds = Vec::new();
    for _ in 0..2 {
        let conn = bench.connect(Side::A, "1001", "r1");
        bench.put_state(Side::A, "1001", "NOT_READY");
        bench.run_for(1.0);
        bench.put_state(Side::A, "1001", "READY");
        bench.run_for(1.0);
        let live = bench
            .sent_to(conn)
            .into_iter()
            .filter(|xml| xml.starts_with("<message") && !xml.contains("delay"));
        let ids: Vec<String> = live
            .map(|xml| {
                let stanza = Elem::parse(xml).unwrap();
                let items = stanza.find("event").unwrap().find("items").unwrap().clone();
                items.find("item").unwrap().at("id").unwrap().to_owned()
            })
            .collect();
        let number = |id: &String| id[36..].parse::<u64>().unwrap();
        assert!(
            ids.windows(2).all(|pair| number(&pair[1]) > number(&pair[0]) && pair[0][..36] == pair[1][..36])
        );
        seeds.push(ids[0][..36].to_owned());
        bench.fault(Fault::StopNotification { side: Side::A });
        bench.fault(Fault::StartNotification { side: Side::A });
        bench.run_for(60.0);
    }
    assert_ne!(seeds[0], seeds[1]);
}

#[test]
fn call_variables_are_escaped_twice_on_the_wire_and_read_back_whole() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    let call = bench.call("1001");
    let variables = BTreeMap::from([("user.lang[0]".to_owned(), "R&D <desk> Ã¥\u{1}".to_owned())]);
    bench.world(WorldAction::CallVariables { call, variables });
    bench.run_for(1.0);
    let raw = bench.sent_to(conn).iter().rfind(|xml| xml.contains("user.lang[0]")).unwrap().to_string();
    assert!(raw.contains("R&amp;amp;D"), "{raw}");
    let (_, _, update) =
        bench.updates(conn).into_iter().rfind(|(_, node, _)| node.ends_with("Dialogs")).unwrap();
    let text = update.compact();
    assert!(text.contains("R&amp;D &lt;desk&gt; Ã¥\u{fffd}"), "{text}");
}

#[test]
fn make_call_consult_and_conference_go_through_rest() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    bench.ready(Side::A, "1002", "7302");
    let make = "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress><toAddress>0311</toAddress></Dialog>";
    assert_eq!(bench.ask(Side::A, "1001", "POST", "/finesse/api/User/1001/Dialogs", make).0, 202);
    bench.run_for(4.0);
    let call = bench.core.truth("1001").unwrap().dialogs.keys().next().unwrap().clone();
    let path = format!("/finesse/api/Dialog/{call}");
    let act = |bench: &mut Bench, user: &str, path: &str, action: &str, extension: &str, more: &str| {
        let body = format!(
            "<Dialog><requestedAction>{action}</requestedAction><targetMediaAddress>{extension}</targetMediaAddress>{more}</Dialog>"
        );
        assert_eq!(bench.ask(Side::A, user, "PUT", path, &body).0, 202, "{action}");
        bench.run_for(2.0);
    };
    act(
        &mut bench,
        "1001",
        &path,
        "SEND_DTMF",
        "7301",
        "<actionParams><ActionParam><name>dtmfString</name><value>12#</value></ActionParam></actionParams>",
    );
    act(&mut bench, "1001", &path, "CONSULT_CALL", "7301", "<toAddress>7302</toAddress>");
    let consult = bench.core.truth("1002").unwrap().dialogs.keys().next().unwrap().clone();
    act(&mut bench, "1002", &format!("/finesse/api/Dialog/{consult}"), "ANSWER", "7302", "");
    act(&mut bench, "1001", &path, "CONFERENCE", "7301", "");
    let truth = bench.core.truth("1001").unwrap();
    assert_eq!(truth.dialogs.keys().collect::<Vec<_>>(), [&call]);
    assert_eq!(truth.dialogs[&call].participants.iter().filter(|one| one.state == "ACTIVE").count(), 3);
    act(
        &mut bench,
        "1001",
        &path,
        "UPDATE_CALL_DATA",
        "7301",
        "<mediaProperties><wrapUpReason>Done</wrapUpReason></mediaProperties>",
    );
    assert_eq!(bench.core.truth("1002").unwrap().dialogs[&call].wrap_up_reason.as_deref(), Some("Done"));
    act(&mut bench, "1001", &path, "DROP", "7301", "");
    assert!(bench.core.truth("1001").unwrap().dialogs.is_empty());
    assert!(
        !bench.story(conn).iter().any(|line| line.starts_with("put")),
        "no error event: {:?}",
        bench.story(conn)
    );
}
