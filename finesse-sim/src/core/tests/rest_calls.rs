//! What agents and supervisors do with calls, beyond the plain ones.

use super::rest_people::{check, texts};
use super::*;

fn dialog(action: &str, target: &str, rest: &str) -> String {
    format!(
        "<Dialog><requestedAction>{action}</requestedAction><targetMediaAddress>{target}</targetMediaAddress>{rest}</Dialog>"
    )
}

fn new_call(action: &str, from: &str, to: &str, rest: &str) -> String {
    format!(
        "<Dialog><requestedAction>{action}</requestedAction><fromAddress>{from}</fromAddress><toAddress>{to}</toAddress>{rest}</Dialog>"
    )
}

fn params(list: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| {
        format!("<ActionParam><name>{name}</name><value>{value}</value></ActionParam>")
    };
    format!("<actionParams>{}</actionParams>", list.iter().map(one).collect::<String>())
}

/// The ids of the dialogs of a user.
fn dialogs(bench: &mut Bench, user: &str) -> Vec<String> {
    texts(&bench.read(user, &format!("/User/{user}/Dialogs")), "id")
}

/// 1001 talks to somebody outside and supervisor 1009 is not ready.
fn talking(profile: Profile) -> (Bench, String) {
    let mut bench = Bench::lab(profile);
    bench.ready(Side::A, "1001", "7301");
    bench.ready(Side::A, "1009", "7309");
    bench.put_state(Side::A, "1009", "NOT_READY");
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: call.clone() });
    bench.run_for(1.0);
    (bench, call)
}

#[test]
fn a_supervisor_listens_joins_and_puts_a_party_out() {
    let (mut bench, call) = talking(Profile::ucce());
    let monitor = new_call("SILENT_MONITOR", "7309", "7301", "");
    check(
        &mut bench,
        &[
            (
                "1001",
                "POST",
                "/User/1001/Dialogs",
                &new_call("SILENT_MONITOR", "7301", "7309", ""),
                401,
                "UNAUTHORIZED",
            ),
            (
                "1009",
                "POST",
                "/User/1009/Dialogs",
                &new_call("SILENT_MONITOR", "7309", "1", ""),
                400,
                "Invalid Destination",
            ),
            ("1009", "POST", "/User/1009/Dialogs", &monitor, 202, ""),
        ],
    );
    bench.run_for(1.0);
    let listening = dialogs(&mut bench, "1009");
    assert_eq!(listening.len(), 1);
    assert_eq!(dialogs(&mut bench, "1001").len(), 2, "the agent sees it as a dialog");
    let shown = bench.read("1001", &format!("/Dialog/{}", listening[0]));
    let parties = shown.find("participants").unwrap();
    assert_eq!(parties.kids[1].get("mediaAddress"), Some("7301"));
    assert!(parties.kids[1].find("actions").unwrap().kids.is_empty(), "and may do nothing with it");
    assert_eq!(shown.get("associatedDialogUri"), Some(format!("/finesse/api/Dialog/{call}").as_str()));
    assert_eq!(bench.core.truth("1001").unwrap().state, "TALKING");
    let uri = format!("<associatedDialogUri>/finesse/api/Dialog/{}</associatedDialogUri>", listening[0]);
    let wrong = format!("<associatedDialogUri>/finesse/api/Dialog/{call}</associatedDialogUri>");
    check(
        &mut bench,
        &[
            ("1009", "POST", "/User/1009/Dialogs", &monitor, 400, "Invalid State"),
            (
                "1009",
                "POST",
                "/User/1009/Dialogs",
                &new_call("BARGE_CALL", "7309", "7301", ""),
                400,
                "Parameter Missing",
            ),
            (
                "1009",
                "POST",
                "/User/1009/Dialogs",
                &new_call("BARGE_CALL", "7309", "7301", &wrong),
                400,
                "Invalid State",
            ),
            ("1009", "POST", "/User/1009/Dialogs", &new_call("BARGE_CALL", "7309", "7301", &uri), 202, ""),
        ],
    );
    bench.run_for(1.0);
    assert_eq!(dialogs(&mut bench, "1009"), [call.as_str()]);
    let joined = bench.read("1009", &format!("/Dialog/{call}"));
    let parties = texts(joined.find("participants").unwrap(), "mediaAddress");
    assert_eq!(parties, ["5550142", "7301", "7309"]);
    assert_eq!(joined.find("mediaProperties").and_then(|all| all.get("callType")), Some("CONFERENCE"));
    let path = format!("/Dialog/{call}");
    check(
        &mut bench,
        &[
            ("1001", "PUT", &path, &dialog("PARTICIPANT_DROP", "7309", ""), 401, "UNAUTHORIZED"),
            ("1009", "PUT", &path, &dialog("PARTICIPANT_DROP", "1", ""), 400, "Invalid Destination"),
            ("1009", "PUT", &path, &dialog("PARTICIPANT_DROP", "7301", ""), 202, ""),
        ],
    );
    bench.run_for(1.0);
    assert!(dialogs(&mut bench, "1001").is_empty());
    assert_eq!(dialogs(&mut bench, "1009"), [call.as_str()], "the supervisor goes on with the customer");
    check(&mut bench, &[("1009", "PUT", &path, &dialog("DROP", "7309", ""), 202, "")]);
    bench.run_for(1.0);
    assert_eq!(bench.core.truth("1009").unwrap().state, "NOT_READY");
}

#[test]
fn everybody_may_put_a_party_out_where_the_switch_says_so() {
    let mut profile = Profile::ucce();
    profile.rest.drop_participant_for = crate::DropParticipantFor::All;
    let (mut bench, call) = talking(profile);
    let (status, _) =
        bench.rest("1001", "PUT", &format!("/Dialog/{call}"), &dialog("PARTICIPANT_DROP", "5550142", ""));
    assert_eq!(status, 202);
}

#[test]
fn listening_ends_with_the_call_and_only_a_talking_agent_is_listened_to() {
    let (mut bench, call) = talking(Profile::ucce());
    let conn = bench.connect(Side::A, "1009", "r");
    let monitor = new_call("SILENT_MONITOR", "7309", "7301", "");
    assert_eq!(bench.rest("1009", "POST", "/User/1009/Dialogs", &monitor).0, 202);
    bench.run_for(1.0);
    bench.world(WorldAction::CallEnd { call });
    bench.run_for(1.0);
    assert!(dialogs(&mut bench, "1009").is_empty());
    assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
    assert_eq!(bench.rest("1009", "POST", "/User/1009/Dialogs", &monitor).0, 202);
    bench.run_for(1.0);
    assert_eq!(bench.errors(conn), [("13145".to_owned(), "13145".to_owned())]);
}

#[test]
fn digits_are_refused_while_held_and_letters_on_ccx() {
    for (profile, letters) in [(Profile::ucce(), 202), (Profile::uccx(), 400)] {
        let (mut bench, call) = talking(profile);
        let path = format!("/Dialog/{call}");
        let digits = |text: &str| dialog("SEND_DTMF", "7301", &params(&[("dtmfString", text)]));
        check(
            &mut bench,
            &[
                ("1001", "PUT", &path, &digits("12#"), 202, ""),
                ("1001", "PUT", &path, &digits("A"), letters, ""),
                ("1001", "PUT", &path, &digits("Z"), 400, "Invalid Input"),
                ("1001", "PUT", &path, &dialog("SEND_DTMF", "7301", ""), 400, "Parameter Missing"),
                ("1001", "PUT", &path, &dialog("HOLD", "7301", ""), 202, ""),
            ],
        );
        bench.run_for(2.0);
        check(&mut bench, &[("1001", "PUT", &path, &digits("1"), 401, "Invalid State")]);
    }
}

#[test]
fn call_data_is_changed_by_participants_supervisors_and_the_administrator_within_its_limits() {
    let (mut bench, call) = talking(Profile::ucce());
    let path = format!("/Dialog/{call}");
    let data = |inner: &str| {
        format!(
            "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties>{inner}</mediaProperties></Dialog>"
        )
    };
    let var = |name: &str, value: &str| {
        data(&format!(
            "<callvariables><CallVariable><name>{name}</name><value>{value}</value></CallVariable></callvariables>"
        ))
    };
    check(
        &mut bench,
        &[
            ("1009", "PUT", &path, &data("<wrapUpReason>Complaint</wrapUpReason>"), 202, ""),
            ("administrator", "PUT", &path, &var("callVariable3", "A&amp;B"), 202, ""),
            ("1002", "PUT", &path, &var("callVariable3", "x"), 401, "UNAUTHORIZED"),
            ("1001", "PUT", &path, &var("callVariable3", &"x".repeat(41)), 400, "Invalid Input"),
            ("1001", "PUT", &path, &var("user.order[0]", &"x".repeat(2000)), 400, "Invalid Input"),
            (
                "1001",
                "PUT",
                &path,
                &data("<wrapUpItems><wrapUpItem>x</wrapUpItem></wrapUpItems>"),
                400,
                "Invalid Input",
            ),
            (
                "1001",
                "PUT",
                &path,
                "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction></Dialog>",
                400,
                "Parameter Missing",
            ),
        ],
    );
    bench.run_for(2.0);
    let truth = bench.core.truth("1001").unwrap().dialogs[&call].clone();
    assert_eq!(truth.wrap_up_reason.as_deref(), Some("Complaint"));
    assert_eq!(truth.call_variables["callVariable3"], "A&B");
    let (mut ccx, call) = talking(Profile::uccx());
    let path = format!("/Dialog/{call}");
    check(
        &mut ccx,
        &[
            (
                "1001",
                "PUT",
                &path,
                &data("<wrapUpItems><wrapUpItem>x</wrapUpItem><wrapUpItem>y</wrapUpItem></wrapUpItems>"),
                202,
                "",
            ),
            (
                "1001",
                "POST",
                "/User/1001/Dialogs",
                &new_call("MAKE_CALL", "7301", "1", "<mediaProperties/>"),
                400,
                "Invalid Input",
            ),
            ("1001", "PUT", &path, &dialog("PARTICIPANT_DROP", "7301", ""), 501, "Not Implemented"),
        ],
    );
    ccx.run_for(1.0);
    let shown = ccx.read("1001", &path);
    let items = shown.find("mediaProperties").and_then(|all| all.find("wrapUpItems")).unwrap().kids.len();
    assert_eq!(items, 2);
}

#[test]
fn nobody_consults_or_transfers_to_himself() {
    let (mut bench, call) = talking(Profile::ucce());
    for action in ["CONSULT_CALL", "TRANSFER_SST"] {
        let body = dialog(action, "7301", "<toAddress>7301</toAddress>");
        let (status, answer) = bench.rest("1001", "PUT", &format!("/Dialog/{call}"), &body);
        assert!(status == 400 && answer.contains("Invalid Destination"), "{answer}");
    }
}

#[test]
fn recording_works_on_ccx_and_fails_later_on_cce() {
    for (profile, errors) in [(Profile::ucce(), 1), (Profile::uccx(), 0)] {
        let (mut bench, call) = talking(profile);
        let conn = bench.connect(Side::A, "1001", "r");
        let (status, _) =
            bench.rest("1001", "PUT", &format!("/Dialog/{call}"), &dialog("START_RECORDING", "7301", ""));
        assert_eq!(status, 202);
        bench.run_for(1.0);
        assert_eq!(bench.errors(conn).len(), errors);
    }
}

#[test]
fn a_customer_is_offered_accepted_classified_and_called_back_later() {
    let mut bench = Bench::lab(Profile::ucce());
    bench.ready(Side::A, "1001", "7301");
    let offer = WorldAction::PreviewOffer {
        agent: "1001".into(),
        customer: "5550199".into(),
        direct: true,
        variables: BTreeMap::new(),
    };
    let id = bench.world(offer.clone());
    bench.run_for(1.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "RESERVED_OUTBOUND_PREVIEW");
    let offered = bench.read("1001", "/User/1001/Dialogs/Reservation");
    assert_eq!(texts(&offered, "id"), [id.as_str()]);
    let path = format!("/Dialog/{id}");
    check(&mut bench, &[("1001", "PUT", &path, &dialog("ACCEPT", "7301", ""), 202, "")]);
    bench.run_for(5.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "TALKING");
    assert!(bench.read("1001", "/User/1001/Dialogs/Reservation").kids.is_empty());
    let later = params(&[("callbackTime", "2026-03-04T14:30"), ("callbackNumber", "5550100")]);
    check(
        &mut bench,
        &[
            (
                "1001",
                "PUT",
                &path,
                &dialog("RECLASSIFY", "7301", &params(&[("outboundClassification", "FAX")])),
                202,
                "",
            ),
            (
                "1001",
                "PUT",
                &path,
                &dialog("RECLASSIFY", "7301", &params(&[("outboundClassification", "X")])),
                400,
                "Invalid Input",
            ),
            ("1001", "PUT", &path, &dialog("RECLASSIFY", "7301", ""), 400, "Parameter Missing"),
            ("1001", "PUT", &path, &dialog("UPDATE_SCHEDULED_CALLBACK", "7301", &later), 202, ""),
            (
                "1001",
                "PUT",
                &path,
                &dialog("UPDATE_SCHEDULED_CALLBACK", "7301", &params(&[("callbackTime", "tomorrow")])),
                400,
                "Invalid Input",
            ),
            (
                "1001",
                "PUT",
                &path,
                &dialog("UPDATE_SCHEDULED_CALLBACK", "7301", ""),
                400,
                "Parameter Missing",
            ),
        ],
    );
    bench.run_for(2.0);
    let shown = bench.read("1001", &path);
    let properties = shown.find("mediaProperties").unwrap();
    assert_eq!(
        (properties.get("callType"), properties.get("outboundClassification")),
        (Some("OUTBOUND"), Some("FAX"))
    );
    let callback = shown.find("scheduledCallbackInfo").unwrap();
    assert_eq!(
        (callback.get("callbackTime"), callback.get("callbackNumber")),
        (Some("2026-03-04T14:30"), Some("5550100"))
    );
    check(&mut bench, &[("1001", "PUT", &path, &dialog("CANCEL_SCHEDULED_CALLBACK", "7301", ""), 202, "")]);
    bench.run_for(1.0);
    assert!(bench.read("1001", &path).find("scheduledCallbackInfo").is_none());
    check(&mut bench, &[("1001", "PUT", &path, &dialog("DROP", "7301", ""), 202, "")]);
    bench.run_for(1.0);
    for answer in ["REJECT", "CLOSE"] {
        let id = bench.world(offer.clone());
        bench.run_for(1.0);
        let path = format!("/Dialog/{id}");
        check(&mut bench, &[("1001", "PUT", &path, &dialog(answer, "7301", ""), 202, "")]);
        bench.run_for(1.0);
        assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
        check(&mut bench, &[("1001", "PUT", &path, &dialog(answer, "7301", ""), 404, "Invalid dialogId")]);
    }
}

#[test]
fn previews_of_the_dialler_are_not_implemented_on_ccx_and_an_ordinary_call_cannot_be_accepted() {
    let mut bench = Bench::lab(Profile::uccx());
    bench.ready(Side::A, "1001", "7301");
    for (direct, status) in [(false, 501), (true, 202)] {
        let (agent, customer) = ("1001".to_owned(), "5550199".to_owned());
        let id =
            bench.world(WorldAction::PreviewOffer { agent, customer, direct, variables: BTreeMap::new() });
        bench.run_for(1.0);
        assert_eq!(
            bench.rest("1001", "PUT", &format!("/Dialog/{id}"), &dialog("REJECT", "7301", "")).0,
            status
        );
        bench.world(WorldAction::CallEnd { call: id });
        bench.run_for(1.0);
        bench.ready(Side::A, "1001", "7301");
    }
    let (mut bench, call) = talking(Profile::ucce());
    let conn = bench.connect(Side::A, "1001", "r");
    assert_eq!(bench.rest("1001", "PUT", &format!("/Dialog/{call}"), &dialog("ACCEPT", "7301", "")).0, 202);
    bench.run_for(1.0);
    assert_eq!(bench.errors(conn), [("Generic Error".to_owned(), "4047".to_owned())]);
}
