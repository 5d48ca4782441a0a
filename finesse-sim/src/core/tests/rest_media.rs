//! Media routing domains and tasks.

use super::rest_people::{check, texts};
use super::*;

const LOGIN: &str = "<Media><state>LOGIN</state><maxDialogLimit>3</maxDialogLimit><interruptAction>IGNORE</interruptAction>\
    <dialogLogoutAction>TRANSFER</dialogLogoutAction></Media>";

fn state(state: &str) -> String {
    format!("<Media><state>{state}</state></Media>")
}

fn act(action: &str, rest: &str) -> String {
    format!(
        "<Dialog><requestedAction>{action}</requestedAction><targetMediaAddress>1001</targetMediaAddress>{rest}</Dialog>"
    )
}

/// 1001 is signed in to chats and ready, with a stream.
fn chatting() -> (Bench, u64) {
    let mut bench = Bench::lab(Profile::ucce());
    let conn = bench.connect(Side::A, "1001", "r");
    assert_eq!(bench.rest("1001", "PUT", "/User/1001/Media/5000", LOGIN).0, 202);
    assert_eq!(bench.rest("1001", "PUT", "/User/1001/Media/5000", &state("READY")).0, 202);
    bench.run_for(2.0);
    (bench, conn)
}

fn shown(bench: &mut Bench) -> (String, String) {
    let media = bench.read("1001", "/User/1001/Media/5000");
    (media.get("state").unwrap().to_owned(), media.get("reasonCodeId").unwrap_or_default().to_owned())
}

fn offer(bench: &mut Bench) -> String {
    let variables = BTreeMap::from([("callVariable1".to_owned(), "web".to_owned())]);
    let id = bench.world(WorldAction::TaskOffer { agent: "1001".into(), domain: 5000, variables });
    bench.run_for(1.0);
    id
}

#[test]
fn domains_are_listed_and_one_without_a_skill_shows_only_itself() {
    let mut bench = Bench::lab(Profile::ucce());
    let list = bench.read("1001", "/User/1001/Media");
    assert_eq!(texts(&list, "id"), ["5000", "5001", "5002"]);
    let bare: Vec<&str> = list.kids[2].kids.iter().map(|kid| kid.name.as_str()).collect();
    assert_eq!(bare, ["description", "id", "interruptible", "name", "uri"]);
    // Escaped twice: after one reading one level remains.
    assert_eq!(list.kids[1].get("description"), Some("&lt;b&gt;Mail&lt;/b&gt; &amp; more"));
    assert_eq!(list.kids[0].get("state"), Some("LOGOUT"));
    assert_eq!(texts(&bench.read("1002", "/MediaDomain"), "id"), ["5000", "5001", "5002"]);
    let all = bench.read("1001", "/ScriptSelectors");
    assert_eq!(texts(&all, "MrdID"), ["1", "5000", "5001", "5002"]);
    assert_eq!(bench.read("1001", "/ScriptSelectors?mrdType=voice").kids.len(), 1);
    check(
        &mut bench,
        &[
            ("1001", "GET", "/User/1001/Media/1", "", 404, "Not Found"),
            ("1002", "GET", "/User/1001/Media", "", 401, "Invalid Authorization"),
            ("1001", "GET", "/ScriptSelectors?mrdType=x", "", 400, "Invalid Input"),
        ],
    );
}

#[test]
fn signing_in_takes_settings_that_only_that_side_knows() {
    let (mut bench, conn) = chatting();
    assert_eq!(shown(&mut bench).0, "READY");
    let story = bench.story(conn);
    assert_eq!(story, ["PUT User/1001/Media/5000 NOT_READY", "PUT User/1001/Media/5000 READY"]);
    let path = "/finesse/api/User/1001/Media/5000";
    let settings = |media: &Elem| {
        ["maxDialogLimit", "interruptAction", "dialogLogoutAction"]
            .map(|name| media.get(name).unwrap().to_owned())
    };
    assert_eq!(settings(&bench.get(Side::A, path)), ["3", "IGNORE", "TRANSFER"]);
    let other = bench.get(Side::B, path);
    assert_eq!(settings(&other), ["1", "ACCEPT", "CLOSE"]);
    assert_eq!(other.get("state"), Some("READY"));
    let again = LOGIN.replace("<maxDialogLimit>3", "<maxDialogLimit>7");
    assert_eq!(bench.rest("1001", "PUT", "/User/1001/Media/5000", &again).0, 202);
    bench.run_for(1.0);
    assert_eq!(bench.errors(conn), [("Agent already logged into MRD".to_owned(), "1".to_owned())]);
    assert_eq!(settings(&bench.get(Side::A, path))[0], "7", "taken over all the same");
    let (_, _, update) =
        bench.updates(conn).into_iter().find(|(_, _, update)| update.get("event") == Some("put")).unwrap();
    assert_eq!(update.get("source"), Some(path));
    let error = update.find("data").unwrap().kids[0].kids[0].clone();
    assert_eq!(error.get("errorMedia"), Some("5000"));
}

#[test]
fn requests_on_domains_are_refused_as_documented() {
    let mut bench = Bench::lab(Profile::ucce());
    let conn = bench.connect(Side::A, "1001", "r");
    let path = "/User/1001/Media/5000";
    check(
        &mut bench,
        &[
            ("1001", "PUT", path, "<Media/>", 400, "Parameter Missing"),
            ("1001", "PUT", path, "<User/>", 400, "Bad Request"),
            ("1001", "PUT", path, &state("BUSY"), 400, "<ErrorMedia>5000</ErrorMedia>"),
            ("1001", "PUT", path, &LOGIN.replace(">3<", ">11<"), 400, "Invalid Input"),
            ("1001", "PUT", path, &LOGIN.replace("IGNORE", "MAYBE"), 400, "Invalid Input"),
            ("1001", "PUT", path, &state("LOGIN"), 400, "Parameter Missing"),
            ("1001", "PUT", path, "<Media><routable>maybe</routable></Media>", 400, "Invalid Input"),
            ("1009", "PUT", path, &state("READY"), 401, "Invalid Authorization"),
            ("1001", "PUT", "/User/1001/Media/9", &state("READY"), 404, "Not Found"),
            ("1001", "PUT", "/User/1001/Media", "<MediaList/>", 400, "Parameter Missing"),
            ("1001", "PUT", path, &state("READY"), 202, ""),
            ("1001", "PUT", "/User/1001/Media/5002", LOGIN, 202, ""),
        ],
    );
    bench.run_for(1.0);
    let mut errors: Vec<String> = bench.errors(conn).into_iter().map(|(_, data)| data).collect();
    errors.sort();
    assert_eq!(errors, ["3", "6"], "not signed in; no skill");
}

#[test]
fn a_task_goes_from_offer_to_close_and_the_agents_state_follows() {
    let (mut bench, conn) = chatting();
    let id = offer(&mut bench);
    assert!(id.contains('_'));
    let path = format!("/Dialog/{id}");
    let task = bench.read("1001", &path);
    assert_eq!((task.get("state"), task.get("mediaType")), (Some("OFFERED"), Some("Cisco_Chat_MRD")));
    assert!(task.find("toAddress").is_none());
    for (action, state, media) in [
        ("", "OFFERED", "RESERVED"),
        ("ACCEPT", "ACCEPTED", "RESERVED"),
        ("START", "ACTIVE", "ACTIVE"),
        ("PAUSE", "PAUSED", "PAUSED"),
        ("RESUME", "ACTIVE", "ACTIVE"),
        ("WRAP_UP", "WRAPPING_UP", "WORK"),
    ] {
        if !action.is_empty() {
            assert_eq!(bench.rest("1001", "PUT", &path, &act(action, "")).0, 202, "{action}");
            bench.run_for(1.0);
        }
        assert_eq!(bench.read("1001", &path).get("state"), Some(state), "{action}");
        assert_eq!(shown(&mut bench).0, media, "{action}");
    }
    assert_eq!(texts(&bench.read("1009", "/User/1001/Media/5000/Dialogs"), "id"), [id.as_str()]);
    assert_eq!(texts(&bench.read("1001", "/User/1001/Dialogs?includeNonVoice=true"), "id"), [id.as_str()]);
    assert_eq!(bench.rest("1001", "PUT", "/User/1001/Media/5000", &state("ACTIVE")).0, 202);
    bench.run_for(1.0);
    assert_eq!(shown(&mut bench).0, "READY", "out of work before the task is closed");
    let data = "<mediaProperties><wrapUpReason>Complaint</wrapUpReason></mediaProperties>";
    assert_eq!(bench.rest("1001", "PUT", &path, &act("UPDATE_CALL_DATA", data)).0, 202);
    bench.run_for(1.0);
    assert!(bench.rest("1001", "GET", &path, "").1.contains("<wrapUpReason>Complaint<"));
    assert_eq!(bench.rest("1001", "PUT", &path, &act("CLOSE", "")).0, 202);
    bench.run_for(1.0);
    assert_eq!(bench.rest("1001", "GET", &path, "").0, 404);
    let story = bench.story(conn);
    assert!(story.contains(&"POST User/1001/Media/5000/Dialogs OFFERED".to_owned()), "{story:?}");
    assert!(story.contains(&format!("PUT Dialog/{id} ACTIVE")), "{story:?}");
    assert!(story.contains(&"DELETE User/1001/Media/5000/Dialogs CLOSED".to_owned()), "{story:?}");
}

#[test]
fn a_task_is_transferred_to_a_script_selector_and_wrong_requests_are_refused() {
    let (mut bench, conn) = chatting();
    let id = offer(&mut bench);
    let path = format!("/Dialog/{id}");
    let to = "<toAddress>Cisco_Chat_MRD.transfer</toAddress>";
    check(
        &mut bench,
        &[
            ("1001", "PUT", &path, &act("START", ""), 202, ""),
            ("1001", "PUT", &path, &act("JUGGLE", ""), 400, "Invalid Input"),
            ("1001", "PUT", &path, &act("ACCEPT", "").replace("1001", "7301"), 400, "Invalid Input"),
            ("1001", "PUT", &path, &act("TRANSFER", ""), 400, "Parameter Missing"),
            ("1009", "PUT", &path, &act("ACCEPT", "").replace("1001", "1009"), 401, "UNAUTHORIZED"),
            ("1003", "GET", &path, "", 401, "UNAUTHORIZED"),
            ("1001", "PUT", &path, &act("ACCEPT", ""), 202, ""),
            ("1001", "PUT", &path, &act("TRANSFER", to), 202, ""),
        ],
    );
    bench.run_for(3.0);
    assert_eq!(bench.errors(conn).len(), 1, "a task that is offered cannot be started");
    assert!(bench.read("1001", "/User/1001/Media/5000/Dialogs").kids.is_empty());
    let text = bench.sent_to(conn).concat();
    assert!(text.contains("CD_TASK_TRANSFERRED"));
}

#[test]
fn signing_out_ends_tasks_and_a_list_changes_several_domains() {
    let (mut bench, conn) = chatting();
    let id = offer(&mut bench);
    let reason = "<Media><state>LOGOUT</state><reasonCodeId>9</reasonCodeId></Media>";
    assert_eq!(bench.rest("1001", "PUT", "/User/1001/Media/5000", reason).0, 202);
    bench.run_for(1.0);
    assert_eq!(shown(&mut bench), ("LOGOUT".to_owned(), "9".to_owned()));
    assert_eq!(bench.rest("1001", "GET", &format!("/Dialog/{id}"), "").0, 404);
    assert!(bench.sent_to(conn).concat().contains("CD_TASK_TRANSFERRED_AGENT_LOGOUT"));
    let one = |id: &str| LOGIN.replace("<Media>", &format!("<Media><id>{id}</id>"));
    let list = format!("<MediaList>{}{}</MediaList>", one("5000"), one("5001"));
    assert_eq!(bench.rest("1001", "PUT", "/User/1001/Media", &list).0, 202);
    bench.run_for(1.0);
    assert_eq!(texts(&bench.read("1001", "/User/1001/Media"), "state"), ["NOT_READY", "NOT_READY"]);
    bench.ready(Side::A, "1001", "7301");
    bench.put_state(Side::A, "1001", "NOT_READY");
    bench.run_for(1.0);
    let out = "<User><state>LOGOUT</state><logoutAllMedia>true</logoutAllMedia></User>";
    assert_eq!(bench.rest("1001", "PUT", "/User/1001", out).0, 202);
    bench.run_for(1.0);
    assert_eq!(texts(&bench.read("1001", "/User/1001/Media"), "state"), ["LOGOUT", "LOGOUT"]);
}

#[test]
fn after_an_outage_domains_and_tasks_are_read_from_cti_again() {
    let (mut bench, conn) = chatting();
    let id = offer(&mut bench);
    bench.fault(Fault::CtiCut { side: Some(Side::A) });
    bench.run_for(2.0);
    let second = bench.world(WorldAction::TaskOffer {
        agent: "1001".into(),
        domain: 5000,
        variables: BTreeMap::new(),
    });
    bench.fault(Fault::CtiRestore { side: Some(Side::A) });
    bench.run_for(20.0);
    let list = bench.read("1001", "/User/1001/Media/5000/Dialogs");
    assert_eq!(texts(&list, "id"), [id, second.clone()]);
    assert!(bench.sent_to(conn).concat().contains(&second), "what is new is published");
}

#[test]
fn offers_read_from_json_with_what_may_be_left_out() {
    let task: WorldAction = serde_json::from_str(r#"{"action": "task_offer", "agent": "1001"}"#).unwrap();
    let (agent, variables) = ("1001".to_owned(), BTreeMap::new());
    assert_eq!(task, WorldAction::TaskOffer { agent, domain: 5000, variables });
    let text = r#"{"action": "preview_offer", "agent": "1001", "customer": "5550199"}"#;
    let preview: WorldAction = serde_json::from_str(text).unwrap();
    assert!(matches!(preview, WorldAction::PreviewOffer { direct: false, .. }));
}

#[test]
fn media_nodes_are_subscribed_without_asking_or_not() {
    for automatic in [true, false] {
        let mut bench = Bench::lab(Profile { media_is_automatic: automatic, ..Profile::ucce() });
        let conn = bench.connect(Side::A, "1001", "r");
        bench.rest("1001", "PUT", "/User/1001/Media/5000", LOGIN);
        bench.run_for(1.0);
        assert_eq!(!bench.updates(conn).is_empty(), automatic);
    }
}
