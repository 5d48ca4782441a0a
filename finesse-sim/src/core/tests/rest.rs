//! Statuses and bodies of the REST API.

use super::*;

#[test]
fn every_kind_of_request_has_its_documented_status() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    bench.ready(Side::A, "1002", "7302");
    let user = "/finesse/api/User/1001";
    let dialogs = "/finesse/api/User/1001/Dialogs";
    let call = bench.call("1001");
    bench.run_for(1.0);
    let dialog = format!("/finesse/api/Dialog/{call}");
    let call_body = |action: &str, target: &str, rest: &str| {
        format!(
            "<Dialog><requestedAction>{action}</requestedAction><targetMediaAddress>{target}</targetMediaAddress>{rest}</Dialog>"
        )
    };
    let make = |from: &str, to: &str| {
        format!(
            "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>{from}</fromAddress><toAddress>{to}</toAddress></Dialog>"
        )
    };
    let vars =
        |inner: &str| format!("<mediaProperties><callvariables>{inner}</callvariables></mediaProperties>");
    let var = |name: &str| format!("<CallVariable><name>{name}</name><value>x</value></CallVariable>");
    let table: Vec<(&str, &str, &str, String, u16, &str)> = vec![
        ("1001", "GET", user, String::new(), 200, "<User>"),
        ("1001", "GET", "/finesse/api/User/agent1001", String::new(), 200, "<User>"),
        ("1001", "GET", dialogs, String::new(), 200, "<Dialogs>"),
        ("1001", "GET", &dialog, String::new(), 200, "<Dialog>"),
        ("1009", "GET", user, String::new(), 401, "Invalid Authorization User Specified"),
        ("1002", "GET", user, String::new(), 401, "Invalid Authorization User Specified"),
        ("1002", "GET", &dialog, String::new(), 401, "Authorization Failure"),
        ("1001", "GET", "/finesse/api/User/4711", String::new(), 404, "UNKNOWN_USER"),
        ("1001", "GET", "/finesse/api/Dialog/1", String::new(), 404, "Invalid dialogId specified"),
        ("1001", "GET", "/finesse/api/Nonsense", String::new(), 404, "Not Found"),
        ("1001", "GET", "/elsewhere", String::new(), 404, "<html>"),
        ("1001", "DELETE", user, String::new(), 405, "Method Not Allowed"),
        ("1001", "PUT", user, "nonsense".into(), 400, "Bad Request"),
        ("1001", "PUT", user, "<User></User>".into(), 400, "Parameter Missing"),
        ("1001", "PUT", user, "<User><state>ASLEEP</state></User>".into(), 400, "Invalid Input"),
        ("1001", "PUT", user, "<User><state>LOGIN</state></User>".into(), 400, "Parameter Missing"),
        (
            "1001",
            "PUT",
            user,
            "<User><state>LOGIN</state><extension>x1</extension></User>".into(),
            400,
            "Bad Request",
        ),
        (
            "1001",
            "PUT",
            user,
            "<User><state>NOT_READY</state><reasonCodeId>4</reasonCodeId></User>".into(),
            400,
            "Invalid Input",
        ),
        (
            "1009",
            "PUT",
            user,
            "<User><state>NOT_READY</state><reasonCodeId>7</reasonCodeId></User>".into(),
            400,
            "Invalid Input",
        ),
        (
            "1009",
            "PUT",
            user,
            "<User><state>LOGIN</state><extension>7301</extension></User>".into(),
            401,
            "Invalid Auth",
        ),
        (
            "1002",
            "PUT",
            "/finesse/api/User/1002",
            "<User><state>LOGOUT</state></User>".into(),
            400,
            "Invalid State",
        ),
        (
            "1002",
            "PUT",
            "/finesse/api/User/1002",
            "<User><state>NOT_READY</state><reasonCodeId>7</reasonCodeId></User>".into(),
            202,
            "",
        ),
        ("1001", "POST", dialogs, make("7301", "7301"), 400, "Invalid Destination"),
        ("1001", "POST", dialogs, make("7301", ""), 400, "Parameter Missing"),
        ("1001", "PUT", &dialog, call_body("JUGGLE", "7301", ""), 400, "Invalid Input"),
        ("1001", "PUT", &dialog, call_body("ANSWER", "", ""), 400, "Parameter Missing"),
        ("1001", "PUT", &dialog, call_body("ANSWER", "5550142", ""), 400, "Invalid Input"),
        ("1001", "PUT", &dialog, call_body("CONSULT_CALL", "7301", ""), 400, "Parameter Missing"),
        (
            "1001",
            "PUT",
            &dialog,
            call_body("UPDATE_CALL_DATA", "7301", &vars(&(var("callVariable1") + &var("callVariable1")))),
            400,
            "Invalid Input",
        ),
        (
            "1001",
            "PUT",
            &dialog,
            call_body("UPDATE_CALL_DATA", "7301", &vars(&var("BAStatus"))),
            400,
            "Invalid Input",
        ),
        ("1001", "PUT", &dialog, call_body("ANSWER", "7301", ""), 202, ""),
    ];
    for (asking, method, path, body, status, text) in table {
        let (found, answer) = bench.ask(Side::A, asking, method, path, &body);
        assert_eq!(found, status, "{method} {path} {body}: {answer}");
        assert!(answer.contains(text), "{method} {path} {body}: {answer}");
    }
    bench.run_for(1.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "TALKING");
    let second = bench.core.truth("1002").unwrap();
    assert_eq!(
        (second.state.as_str(), second.reason_code_id, second.reason_code),
        ("NOT_READY", Some(7), Some(41))
    );
}

#[test]
fn a_user_is_written_in_alphabetical_order_with_what_his_state_allows() {
    let mut bench = Bench::ucce();
    let logged_out = bench.get(Side::A, "/finesse/api/User/1001");
    assert_eq!(logged_out.get("extension"), Some(""));
    assert_eq!(logged_out.get("reasonCodeId"), Some("-1"));
    bench.ready(Side::A, "1001", "7301");
    let ready = bench.get(Side::A, "/finesse/api/User/1001");
    let names: Vec<&str> = ready.kids.iter().map(|kid| kid.name.as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
    assert_eq!((ready.get("state"), ready.get("extension")), (Some("READY"), Some("7301")));
    assert!(ready.find("reasonCodeId").is_none() && ready.find("pendingState").is_some());
    assert!(ready.get("stateChangeTime").unwrap().ends_with('Z'));
}

#[test]
fn pending_state_is_shown_while_talking() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call });
    bench.run_for(1.0);
    assert_eq!(bench.put_state(Side::A, "1001", "NOT_READY"), 202);
    bench.run_for(1.0);
    let user = bench.get(Side::A, "/finesse/api/User/1001");
    assert_eq!((user.get("state"), user.get("pendingState")), (Some("TALKING"), Some("NOT_READY")));
}

#[test]
fn five_wrong_passwords_lock_the_account_for_five_minutes_and_streams_share_the_count() {
    let mut bench = Bench::ucce();
    let path = "/finesse/api/User/1001";
    for _ in 0..3 {
        let id = bench.send(Side::A, "GET", path, Some(("1001", "wrong")), "");
        let (status, body) = bench.answer(id);
        assert_eq!(status, 401);
        assert!(body.contains("UNAUTHORIZED"));
    }
    bench.step(Input::XmppOpened { conn: 900, side: Side::A, transport: Transport::Tcp });
    bench.login(900, "1001", "wrong");
    bench.login(900, "1001", "wrong");
    assert_eq!(bench.ask(Side::A, "1001", "GET", path, "").0, 401, "locked now");
    assert_eq!(bench.ask(Side::B, "1001", "GET", path, "").0, 200, "each side counts for itself");
    bench.run_for(301.0);
    assert_eq!(bench.ask(Side::A, "1001", "GET", path, "").0, 200);
    let failures = bench.logged(|kind| matches!(kind, LogKind::Credentials { ok: false, .. }));
    assert_eq!(failures.len(), 6);
}

#[test]
fn system_info_needs_no_credentials_and_everything_else_does() {
    let mut bench = Bench::ucce();
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    let id = bench.send(Side::A, "GET", "/finesse/api/User/1001", None, "");
    let (status, body) = bench.answer(id);
    assert!(status == 401 && body.contains("<html>"), "{body}");
    let mut strict = Bench::new(Profile { system_info_needs_login: true, ..Profile::ucce() }, 1);
    let id = strict.send(Side::A, "GET", "/finesse/api/SystemInfo", None, "");
    assert_eq!(strict.answer(id).0, 401);
}

#[test]
fn one_command_per_object_is_with_cti_at_a_time() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let path = "/finesse/api/User/1001";
    let ids: Vec<u64> = (0..5)
        .map(|n| {
            let state = if n % 2 == 0 { "NOT_READY" } else { "READY" };
            bench.send(
                Side::A,
                "PUT",
                path,
                Some(("1001", PW)),
                &format!("<User><state>{state}</state></User>"),
            )
        })
        .collect();
    for id in ids {
        assert_eq!(bench.answer(id).0, 202);
    }
    bench.run_for(5.0);
    let done = bench.logged(|kind| matches!(kind, LogKind::Executed { .. }));
    assert_eq!(done.len(), 2 + 5);
    // Each waits for CTI's word on the one before it: at least 50 ms to carry it out.
    assert!(done[2..].windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(50)));
}

#[test]
fn a_client_that_goes_away_gets_no_answer_and_its_command_is_still_carried_out() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let id = bench.send(
        Side::A,
        "PUT",
        "/finesse/api/User/1001",
        Some(("1001", PW)),
        "<User><state>NOT_READY</state></User>",
    );
    bench.step(Input::HttpGone { id });
    bench.run_for(2.0);
    assert!(!bench.replies.contains_key(&id));
    assert_eq!(bench.core.truth("1001").unwrap().state, "NOT_READY");
}

#[test]
fn bearer_tokens_are_passwords_of_rest_and_streams() {
    let mut bench = Bench::ucce();
    bench.core.add_agent(AgentSpec { token: Some("tok".into()), ..AgentSpec::new("1003", PW, "7303") });
    let request = http::Request::builder()
        .uri("/finesse/api/User/1003")
        .header("Authorization", "Bearer tok")
        .body(Bytes::new())
        .unwrap();
    bench.step(Input::Http { id: 800, side: Side::A, request });
    assert_eq!(bench.answer(800).0, 200);
    bench.step(Input::XmppOpened { conn: 801, side: Side::A, transport: Transport::Tcp });
    bench.login(801, "1003", "tok");
    assert!(bench.sent_to(801).last().unwrap().starts_with("<success"));
}
