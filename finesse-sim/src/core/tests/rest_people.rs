//! Users, teams, queues, what they may choose from, messages, logs.

use super::*;

/// Asks and checks status and text of each answer.
pub(super) fn check(bench: &mut Bench, table: &[(&str, &str, &str, &str, u16, &str)]) {
    for (user, method, path, body, status, text) in table {
        let (found, answer) = bench.rest(user, method, path, body);
        assert_eq!(found, *status, "{user} {method} {path} {body}: {answer}");
        assert!(answer.contains(text), "{user} {method} {path} {body}: {answer}");
    }
}

/// The texts of one child of every element of a list.
pub(super) fn texts(list: &Elem, name: &str) -> Vec<String> {
    list.kids.iter().filter_map(|kid| kid.get(name)).map(str::to_owned).collect()
}

#[test]
fn a_supervisor_changes_the_state_of_his_team_without_reasons_and_of_nobody_else() {
    let mut bench = Bench::lab(Profile::ucce());
    bench.ready(Side::A, "1001", "7301");
    let state = |state: &str| format!("<User><state>{state}</state></User>");
    check(
        &mut bench,
        &[
            ("1009", "PUT", "/User/1001", &state("WORK"), 400, "Invalid Input"),
            ("1009", "PUT", "/User/1003", &state("NOT_READY"), 401, "Invalid Supervisor"),
            ("1002", "PUT", "/User/1001", &state("NOT_READY"), 401, "Invalid Authorization User Specified"),
            ("1009", "PUT", "/User/1001", &state("NOT_READY"), 202, ""),
        ],
    );
    bench.run_for(1.0);
    let user = bench.read("1001", "/User/1001");
    assert_eq!((user.get("state"), user.get("reasonCodeId")), (Some("NOT_READY"), Some("103")));
    assert_eq!(user.find("reasonCode").and_then(|reason| reason.get("code")), Some("999"));
    bench.put_state(Side::A, "1001", "READY");
    bench.run_for(1.0);
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call });
    bench.run_for(1.0);
    check(&mut bench, &[("1009", "PUT", "/User/1001", &state("NOT_READY"), 400, "Invalid State")]);
}

#[test]
fn a_supervisor_reads_users_only_where_the_switch_lets_him() {
    for (supervisors_read_users, status) in [(false, 401), (true, 200)] {
        let mut profile = Profile::ucce();
        profile.rest.supervisors_read_users = supervisors_read_users;
        assert_eq!(Bench::lab(profile).rest("1009", "GET", "/User/1001", "").0, status);
    }
}

#[test]
fn reason_codes_of_the_team_may_be_chosen_and_are_demanded_by_switch() {
    let reason = |id: &str| format!("<User><state>NOT_READY</state><reasonCodeId>{id}</reasonCodeId></User>");
    let mut bench = Bench::lab(Profile::ucce());
    bench.ready(Side::A, "1001", "7301");
    // 10 is assigned to the team, 11 to none, 101 is built in.
    for (id, status) in [("10", 202), ("11", 400), ("101", 400), ("9", 400)] {
        assert_eq!(bench.rest("1001", "PUT", "/User/1001", &reason(id)).0, status, "{id}");
    }
    bench.run_for(1.0);
    let user = bench.read("1001", "/User/1001");
    let label = user.find("reasonCode").and_then(|reason| reason.get("label"));
    assert_eq!((user.get("reasonCodeId"), label), (Some("10"), Some("Post & parcels")));
    let mut profile = Profile::ucce();
    profile.rest.reason_code_required = true;
    let mut bench = Bench::lab(profile);
    bench.ready(Side::A, "1001", "7301");
    let (status, answer) = bench.rest("1001", "PUT", "/User/1001", "<User><state>NOT_READY</state></User>");
    assert!(status == 400 && answer.contains("Parameter Missing"), "{answer}");
}

#[test]
fn on_ccx_users_are_shown_and_asked_as_that_system_does() {
    let mut bench = Bench::lab(Profile::uccx());
    bench.ready(Side::A, "1001", "7301");
    let user = bench.read("1001", "/User/1001");
    assert_eq!(user.find("settings").and_then(|settings| settings.get("wrapUpOnIncoming")), Some(""));
    let mobile = "<User><state>LOGIN</state><extension>7301</extension><mobileAgent><mode>CALL_BY_CALL</mode></mobileAgent></User>";
    check(
        &mut bench,
        &[
            ("1001", "PUT", "/User/1001", "<User><state>WORK_READY</state></User>", 400, "Invalid Input"),
            ("1001", "PUT", "/User/1001", mobile, 501, "Not Implemented"),
            ("administrator", "GET", "/User/agent1001", "", 404, "UNKNOWN_USER"),
            ("1001", "PUT", "/User/1001", "<User><state>LOGOUT</state></User>", 202, ""),
        ],
    );
    assert_eq!(bench.system_info(Side::A).get("license"), Some("PREMIUM"));
}

#[test]
fn on_ccx_calls_and_states_follow_the_rules_of_that_system() {
    let mut bench = Bench::lab(Profile::uccx());
    let conn = bench.connect(Side::A, "1001", "r");
    bench.ready(Side::A, "1001", "7301");
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: call.clone() });
    bench.world(WorldAction::CallHold { call: call.clone(), agent: None });
    bench.run_for(1.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "TALKING", "hold is never shown");
    let body = |state: &str, reason: &str| {
        format!("<User><state>{state}</state><reasonCodeId>{reason}</reasonCodeId></User>")
    };
    for (state, reason) in [("READY", "-1"), ("NOT_READY", "7"), ("NOT_READY", "8")] {
        assert_eq!(bench.rest("1001", "PUT", "/User/1001", &body(state, reason)).0, 202);
        bench.run_for(1.0);
    }
    let errors: Vec<String> = bench.errors(conn).into_iter().map(|(_, data)| data).collect();
    assert_eq!(errors, ["22", "265"], "ready on a call; not ready a second time");
    bench.world(WorldAction::CallEnd { call });
    bench.run_for(1.0);
    let make = "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress><toAddress>0311</toAddress></Dialog>";
    assert_eq!(bench.rest("1001", "POST", "/User/1001/Dialogs", make).0, 202);
    bench.run_for(5.0);
    assert_eq!(bench.read("1001", "/User/1001/Dialogs").kids.len(), 1);
    assert_eq!(bench.core.truth("1001").unwrap().state, "NOT_READY", "a call of his own is no contact");
    assert_eq!(bench.rest("1009", "PUT", "/User/1001", "<User><state>LOGOUT</state></User>").0, 202);
    bench.run_for(1.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "NOT_READY", "it waits for the end of the call");
}

#[test]
fn the_administrator_reads_everybody_and_locks_himself_out_like_anybody() {
    let mut bench = Bench::lab(Profile::ucce());
    let users = bench.read("administrator", "/Users");
    assert_eq!(texts(&users, "loginId"), ["1001", "1002", "1003", "1009"]);
    assert!(users.kids[3].find("teams").is_some());
    for _ in 0..5 {
        let id = bench.send(Side::A, "GET", "/finesse/api/Users", Some(("administrator", "wrong")), "");
        assert_eq!(bench.answer(id).0, 401);
    }
    assert_eq!(bench.rest("administrator", "GET", "/Users", "").0, 401);
    bench.run_for(301.0);
    assert_eq!(bench.rest("administrator", "GET", "/Users", "").0, 200);
}

#[test]
fn a_team_shows_its_members_as_summaries_and_those_signed_out_on_request() {
    for (profile, media) in [(Profile::ucce(), None), (Profile::uccx(), Some("IDLE"))] {
        let mut bench = Bench::lab(profile);
        bench.ready(Side::A, "1001", "7301");
        let team = bench.read("1009", "/Team/512");
        assert_eq!((team.get("id"), team.get("name")), (Some("512"), Some("Harbour")));
        let users = team.find("users").unwrap();
        assert_eq!(texts(users, "loginId"), ["1001"]);
        assert!(users.kids[0].find("roles").is_none() && users.kids[0].find("teamId").is_none());
        assert_eq!(users.kids[0].get("mediaState"), media);
        let all = bench.read("1009", "/Team/512?nocache=1&includeLoggedOutAgents=true");
        assert_eq!(texts(all.find("users").unwrap(), "loginId"), ["1001", "1002", "1009"]);
        check(
            &mut bench,
            &[
                ("1009", "GET", "/Team/513", "", 401, "UNAUTHORIZED"),
                ("1001", "GET", "/Team/512", "", 401, "UNAUTHORIZED"),
                ("1009", "GET", "/Team/999", "", 404, "Not Found"),
                ("administrator", "GET", "/Team/513", "", 200, "Lighthouse"),
            ],
        );
    }
}

#[test]
fn queues_count_agents_and_say_minus_one_where_nobody_has_the_skill() {
    let mut bench = Bench::lab(Profile::ucce());
    bench.ready(Side::A, "1001", "7301");
    let statistics =
        |queue: &Elem, name: &str| queue.find("statistics").unwrap().get(name).unwrap().to_owned();
    let sales = bench.read("1003", "/Queue/1004");
    assert_eq!(
        (statistics(&sales, "agentsReady"), statistics(&sales, "agentsLoggedOn")),
        ("1".into(), "1".into())
    );
    let longest = statistics(&sales, "startTimeOfLongestCallInQueue");
    assert!(longest.ends_with('Z') && !longest.contains('.'), "{longest}");
    let night = bench.read("1001", "/Queue/1006");
    assert_eq!(statistics(&night, "agentsReady"), "-1");
    assert_eq!(statistics(&night, "startTimeOfLongestCallInQueue"), "");
    assert_eq!(texts(&bench.read("1002", "/User/1003/Queues"), "name"), ["Service"]);
    check(
        &mut bench,
        &[
            ("1001", "GET", "/Queue/1", "", 404, "Not Found"),
            ("1001", "GET", "/User/4711/Queues", "", 404, "UNKNOWN_USER"),
        ],
    );
    let ccx = Bench::lab(Profile::uccx()).read("1001", "/User/1001/Queues");
    assert_eq!(statistics(&ccx.kids[0], "agentsReady"), "-1");
}

#[test]
fn members_of_a_team_choose_from_what_is_for_all_and_what_is_theirs() {
    let mut bench = Bench::lab(Profile::ucce());
    for (user, path, name, expected) in [
        ("1001", "/TeamResource/512/ReasonCodes?category=NOT_READY", "code", vec!["41", "42", "43"]),
        ("1003", "/TeamResource/513/ReasonCodes?category=ALL", "code", vec!["41", "42", "1"]),
        ("1001", "/User/1001/ReasonCodes?category=LOGOUT", "code", vec!["1"]),
        (
            "1009",
            "/TeamResource/512/WrapUpReasons",
            "label",
            vec!["Product question", "Complaint", "Pier fee"],
        ),
        ("1003", "/User/1003/WrapUpReasons", "label", vec!["Product question", "Complaint"]),
        ("1001", "/User/1001/MediaPropertiesLayouts", "name", vec!["Default Layout", "Harbour dues"]),
        ("1003", "/TeamResource/513/MediaPropertiesLayouts", "name", vec!["Default Layout"]),
        ("1001", "/TeamResource/512/PhoneBooks", "name", vec!["Branches", "Pilots"]),
        ("1003", "/User/1003/PhoneBooks", "name", vec!["Branches"]),
        ("1001", "/User/1001/Workflows", "name", vec!["crm pop"]),
        ("1003", "/TeamResource/513/Workflows", "name", vec![]),
    ] {
        let list = bench.read(user, path);
        assert_eq!(texts(&list, name), expected, "{path}");
    }
    assert_eq!(bench.read("1001", "/TeamResource/512/ReasonCodes?category=ALL").at("category"), Some("ALL"));
    let own = bench.read("1001", "/User/1001/WrapUpReasons");
    assert_eq!(own.kids[0].get("uri"), Some("/finesse/api/User/1001/WrapUpReason/31"));
    let books = bench.read("1001", "/TeamResource/512/PhoneBooks");
    assert_eq!(texts(books.kids[0].find("Contacts").unwrap(), "firstName"), ["Amanda", "지우", ""]);
    check(
        &mut bench,
        &[
            ("1003", "GET", "/TeamResource/512/WrapUpReasons", "", 401, "UNAUTHORIZED"),
            ("1001", "GET", "/TeamResource/9/WrapUpReasons", "", 404, "TeamId Not Found"),
            ("1001", "GET", "/TeamResource/512/ReasonCodes", "", 400, "Parameter Missing"),
            ("1001", "GET", "/TeamResource/512/ReasonCodes?category=LUNCH", "", 400, "Invalid Input"),
            ("1003", "GET", "/User/1003/ReasonCode/10", "", 404, "Not Found"),
            ("1001", "GET", "/User/1001/ReasonCode/10", "", 200, "Post &amp; parcels"),
            ("1003", "GET", "/User/1003/WrapUpReason/33", "", 404, "Not Found"),
            ("1001", "GET", "/TeamResource/512/Layout", "", 200, "&lt;finesseLayout"),
        ],
    );
}

#[test]
fn phone_books_come_in_parts_by_range() {
    let mut bench = Bench::lab(Profile::ucce());
    let mut ask = |range: &str| {
        let path = "/finesse/api/TeamResource/512/PhoneBooks";
        let id = bench.send_with(Side::A, "GET", path, Some(("1001", PW)), "", &[("Range", range)]);
        let (status, answer) = bench.answer(id);
        let contacts = Elem::parse(&answer).map_or(0, |list| {
            list.kids.iter().filter_map(|book| book.find("Contacts")).map(|book| book.kids.len()).sum()
        });
        (status, contacts)
    };
    assert_eq!(ask("objects=1-6000"), (200, 4));
    assert_eq!(ask("objects=1-2"), (206, 2));
    assert_eq!(ask("objects=3-4"), (206, 2));
    for bad in ["objects=5-9", "objects=0-5", "objects=1-6001", "objects=4-3", "objects=16000", "bytes=1-2"] {
        assert_eq!(ask(bad).0, 416, "{bad}");
    }
}

#[test]
fn messages_to_teams_live_as_long_as_they_say_and_belong_to_their_creator() {
    let message = |team: &str, duration: &str, content: &str| {
        format!(
            "<TeamMessage><duration>{duration}</duration><content>{content}</content><teams><team>{team}</team></teams></TeamMessage>"
        )
    };
    let mut profile = Profile::ucce();
    profile.rest.team_message_limit = 2;
    let mut bench = Bench::lab(profile);
    check(
        &mut bench,
        &[
            ("1001", "POST", "/TeamMessage", &message("512", "300", "x"), 401, "UNAUTHORIZED"),
            ("1009", "POST", "/TeamMessage", &message("513", "300", "x"), 401, "UNAUTHORIZED"),
            ("1009", "POST", "/TeamMessage", &message("9", "300", "x"), 404, "Not Found"),
            ("1009", "POST", "/TeamMessage", &message("512", "soon", "x"), 400, "Invalid Input"),
            ("1009", "POST", "/TeamMessage", &message("512", "300", ""), 400, "Parameter Missing"),
            ("1009", "POST", "/TeamMessage", &message("512", "300", &"x".repeat(256)), 400, "Invalid Input"),
            ("administrator", "POST", "/TeamMessage", &message("513", "60", "for all"), 200, ""),
            ("1009", "POST", "/TeamMessage", &message("512", "300", "Stand-up &amp; tea"), 200, ""),
        ],
    );
    let location = bench.header("location").unwrap();
    let path = location.split("/finesse/api").nth(1).unwrap().to_owned();
    assert!(location.starts_with("https://fin-a.lab.example:8445/finesse/api/TeamMessage/"));
    let read = bench.read("1001", &path);
    assert_eq!(read.get("content"), Some("Stand-up & tea"));
    assert!(read.get("createdAt").unwrap().parse::<i64>().is_ok());
    assert_eq!(read.find("createdBy").and_then(|by| by.get("id")), Some("1009"));
    let list = |bench: &mut Bench, user: &str, path: &str| bench.read(user, path).kids.len();
    assert_eq!(list(&mut bench, "1001", "/Team/512/TeamMessages"), 1);
    assert_eq!(list(&mut bench, "1003", "/Team/513/TeamMessages"), 1);
    assert_eq!(list(&mut bench, "1009", "/User/1009/TeamMessages"), 1);
    check(
        &mut bench,
        &[
            (
                "1009",
                "POST",
                "/TeamMessage",
                &message("512", "300", "x"),
                400,
                "teammessage.max.limit.exceeded",
            ),
            ("1003", "GET", &path, "", 401, "UNAUTHORIZED"),
            ("1002", "DELETE", &path, "", 401, "UNAUTHORIZED"),
        ],
    );
    bench.run_for(61.0);
    assert_eq!(list(&mut bench, "1003", "/Team/513/TeamMessages"), 0, "a minute is over");
    assert_eq!(bench.rest("1009", "DELETE", &path, "").0, 200);
    assert_eq!(bench.rest("1001", "GET", &path, "").0, 404);
    bench.fault(Fault::CtiCut { side: Some(Side::B) });
    bench.run_for(1.0);
    assert_eq!(bench.rest("1009", "POST", "/TeamMessage", &message("512", "300", "x")).0, 207);
}

#[test]
fn messages_to_teams_are_published_where_the_switch_says_so() {
    for published in [false, true] {
        let mut profile = Profile::ucce();
        profile.rest.team_messages_published = published;
        let mut bench = Bench::lab(profile);
        let conn = bench.connect(Side::A, "1001", "r");
        let jid = "1001@fin-a.lab.example/r";
        bench.xmpp(conn, &format!("<iq type='set' id='s' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/finesse/api/Team/512/TeamMessages' jid='{jid}'/></pubsub></iq>"));
        let body = "<TeamMessage><duration>300</duration><content>x</content><teams><team>512</team></teams></TeamMessage>";
        bench.rest("1009", "POST", "/TeamMessage", body);
        bench.run_for(1.0);
        let told = bench.updates(conn).iter().any(|(_, node, _)| node.ends_with("TeamMessages"));
        assert_eq!(told, published);
    }
}

#[test]
fn a_watched_queue_is_published_at_most_every_ten_seconds_and_only_if_a_number_changed() {
    let mut bench = Bench::lab(Profile::ucce());
    let conn = bench.connect(Side::A, "1003", "r");
    let jid = "1003@fin-a.lab.example/r";
    bench.xmpp(conn, &format!("<iq type='set' id='s' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/finesse/api/Queue/1005' jid='{jid}'/></pubsub></iq>"));
    bench.ready(Side::A, "1001", "7301");
    bench.ready(Side::A, "1002", "7302");
    bench.run_for(60.0);
    bench.put_state(Side::A, "1001", "NOT_READY");
    bench.run_for(60.0);
    let queues: Vec<(Duration, String)> = bench
        .updates(conn)
        .iter()
        .filter(|(_, node, _)| node == "/finesse/api/Queue/1005")
        .map(|(at, _, update)| {
            let queue = update.find("data").unwrap().find("Queue").unwrap().clone();
            (*at, queue.find("statistics").unwrap().get("agentsReady").unwrap().to_owned())
        })
        .collect();
    let numbers: Vec<&str> = queues.iter().map(|(_, ready)| ready.as_str()).collect();
    assert_eq!(numbers, ["2", "1"]);
    assert!(queues[1].0 - queues[0].0 >= secs(10.0));
}

#[test]
fn devices_and_logs_are_served_within_their_limits() {
    let mut bench = Bench::lab(Profile::ucce());
    let log = |text: &str| format!("<ClientLog><logData>{text}</logData></ClientLog>");
    let (longest, longer) = (log(&"x".repeat(1_048_576)), log(&"x".repeat(1_048_577)));
    check(
        &mut bench,
        &[
            ("1001", "GET", "/Devices?extension=7302", "", 200, "<deviceId>SEP00170D007302</deviceId>"),
            ("1001", "GET", "/Devices", "", 400, "Parameter Missing"),
            ("1001", "GET", "/Devices?extension=x", "", 400, "Bad Request"),
            ("1001", "GET", "/Devices?extension=9", "", 404, "Not Found"),
            ("1001", "POST", "/User/1001/ClientLog", &log("a &lt; b"), 202, ""),
            ("1001", "POST", "/User/1001/ClientLog", "<ClientLog/>", 400, "Parameter Missing"),
            ("1001", "POST", "/User/1001/ClientLog", &longest, 202, ""),
            ("1001", "POST", "/User/1001/ClientLog", &longer, 400, "Invalid Input"),
            ("1002", "POST", "/User/1001/ClientLog", &log("x"), 401, "Invalid Authorization"),
            ("1001", "POST", "/User/1001/CompressedClientLog", "", 400, "Parameter Missing"),
        ],
    );
}

#[test]
fn the_administrator_sees_who_is_connected_and_who_is_locked_out() {
    let mut bench = Bench::lab(Profile::ucce());
    bench.connect(Side::A, "1001", "desk");
    let info = bench.read("administrator", "/ConnectedUsersInfo");
    assert_eq!(info.find("userSummary").and_then(|summary| summary.get("totalConnectedUsers")), Some("1"));
    assert!(info.find("userDetails").is_none());
    let info = bench.read("administrator", "/ConnectedUsersInfo?showDetails=true");
    assert_eq!(texts(info.find("userDetails").unwrap(), "xmppJID"), ["1001@fin-a.lab.example/desk"]);
    for _ in 0..5 {
        let id = bench.send(Side::A, "GET", "/finesse/api/User/1002", Some(("1002", "wrong")), "");
        bench.answer(id);
    }
    assert_eq!(texts(&bench.read("administrator", "/LockedOutUsers"), "loginId"), ["1002"]);
    let (status, answer) =
        bench.rest("administrator", "GET", "/finesse-dp/rest/DiagnosticPortal/GetProductVersion", "");
    assert!(status == 200 && answer.contains("dp:ProductVersion"), "{answer}");
}
