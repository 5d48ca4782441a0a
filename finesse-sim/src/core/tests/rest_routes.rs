//! The route table as a whole, against the list of documented operations of the REST client.

use super::*;
use crate::core::operations;

/// One entry of the list.
#[derive(Clone, Debug, Default)]
struct Operation {
    method: String,
    path: String,
    who: String,
    answers: String,
    cce: bool,
}

/// The list, read line by line; the file is simple enough.
fn documented() -> Vec<Operation> {
    let text = include_str!("../../../../finesse-rest/operations.toml");
    let mut all: Vec<Operation> = Vec::new();
    for line in text.lines() {
        if line == "[[operation]]" {
            all.push(Operation::default());
        }
        let (Some(last), Some((key, value))) = (all.last_mut(), line.split_once(" = ")) else { continue };
        let value = value.trim_matches('"').to_owned();
        match key {
            "method" => last.method = value,
            "path" => last.path = value,
            "who" => last.who = value,
            "answers" => last.answers = value,
            "platform" => last.cce = value == "CCE",
            _ => {}
        }
    }
    assert!(all.len() > 100);
    all
}

/// Operations of one method and path together: who may call any of them, and whether all are of CCE.
fn doors() -> Vec<Operation> {
    let mut doors: Vec<Operation> = Vec::new();
    for operation in documented() {
        match doors.iter_mut().find(|one| one.method == operation.method && one.path == operation.path) {
            Some(door) => {
                door.who = format!("{}, {}", door.who, operation.who);
                door.cce &= operation.cce;
            }
            None => doors.push(operation),
        }
    }
    doors
}

/// A pair with something behind every path: a call of 1001, a task of his, a message.
struct Stage {
    bench: Bench,
    call: String,
    message: String,
}

fn stage(profile: Profile) -> Stage {
    let mut bench = Bench::lab(profile);
    for (user, extension) in [("1001", "7301"), ("1002", "7302"), ("1009", "7309")] {
        bench.ready(Side::A, user, extension);
    }
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: call.clone() });
    bench.run_for(1.0);
    let body = "<TeamMessage><duration>900</duration><content>x</content><teams><team>512</team></teams></TeamMessage>";
    bench.rest("1009", "POST", "/TeamMessage", body);
    let message =
        bench.header("location").map_or(String::new(), |uri| uri.rsplit('/').next().unwrap().to_owned());
    Stage { bench, call, message }
}

/// A path of the list with values, and a body that goes with it.
fn example(door: &Operation, call: &str, message: &str) -> (String, String) {
    let id = match door.path.split('/').nth(1).unwrap_or_default() {
        "User" => "1001",
        "Team" => "512",
        "Queue" => "1004",
        "ReasonCode" => "7",
        "WrapUpReason" => "31",
        "MediaPropertiesLayout" => "2",
        "PhoneBook" if door.path.contains("Contact/") => "1",
        "PhoneBook" => "34",
        "Workflow" => "12",
        _ => "4",
    };
    let path = door
        .path
        .replace("{id}", id)
        .replace("{loginName}", "agent1001")
        .replace("{category}", "NOT_READY")
        .replace("{reasonCodeId}", "7")
        .replace("{wrapUpReasonId}", "31")
        .replace("{mrdId}", "5000")
        .replace("{mrdType}", "all")
        .replace("{extension}", "7301")
        .replace("{dialogId}", call)
        .replace("{messageId}", message)
        .replace("{teamId}", "512")
        .replace("{phoneBookId}", "34")
        .replace("{user}", "1001")
        .replace("{flag}", "true");
    let root = door
        .path
        .split('?')
        .next()
        .unwrap()
        .split('/')
        .rfind(|part| !part.starts_with('{') && *part != "default");
    let body = match (door.method.as_str(), root.unwrap_or_default()) {
        ("GET" | "DELETE", _) => "",
        (_, "User") => "<User><state>NOT_READY</state></User>",
        (_, "Dialogs") => {
            "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress><toAddress>0311</toAddress></Dialog>"
        }
        (_, "Dialog") => {
            "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><wrapUpReason>x</wrapUpReason>\
             </mediaProperties></Dialog>"
        }
        ("PUT", "Media") if door.path.ends_with("Media") => {
            "<MediaList><Media><id>5000</id><routable>true</routable></Media></MediaList>"
        }
        (_, "Media") => {
            "<Media><state>LOGIN</state><maxDialogLimit>3</maxDialogLimit><interruptAction>IGNORE</interruptAction></Media>"
        }
        (_, "ClientLog") => "<ClientLog><logData>text</logData></ClientLog>",
        (_, "CompressedClientLog") => "zip",
        (_, "token") => "refresh-token=unknown",
        (_, "TeamMessage") => {
            "<TeamMessage><duration>9</duration><content>x</content><teams><team>512</team></teams></TeamMessage>"
        }
        (_, "SystemConfig") => {
            "<SystemConfig><cti><host>a</host><port>1</port><peripheralId>5000</peripheralId></cti></SystemConfig>"
        }
        (_, "ClusterConfig") => {
            "<ClusterConfig><secondaryNode><host>b</host></secondaryNode></ClusterConfig>"
        }
        (_, "EnterpriseDatabaseConfig") => {
            "<EnterpriseDatabaseConfig><port>1433</port></EnterpriseDatabaseConfig>"
        }
        (_, "LayoutConfig") if door.path.contains("Team") => {
            "<TeamLayoutConfig><useDefault>true</useDefault></TeamLayoutConfig>"
        }
        (_, "LayoutConfig") => "<LayoutConfig><layoutxml>&lt;finesseLayout/&gt;</layoutxml></LayoutConfig>",
        (_, "ReasonCode") => {
            "<ReasonCode><category>NOT_READY</category><code>77</code><label>x</label></ReasonCode>"
        }
        (_, "WrapUpReason") => "<WrapUpReason><label>new</label></WrapUpReason>",
        (_, "ChatConfig") => "<ChatConfig><primaryNode>https://a</primaryNode></ChatConfig>",
        (_, "CloudConnectConfig") => "<CloudConnectConfig><publisher>a</publisher></CloudConnectConfig>",
        (_, "MediaPropertiesLayout") => "<MediaPropertiesLayout><name>new</name></MediaPropertiesLayout>",
        (_, "PhoneBook") => "<PhoneBook><name>new</name><type>TEAM</type></PhoneBook>",
        (_, "csvFileContent") => "\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\n",
        (_, "Contacts") => "<Contacts></Contacts>",
        (_, "Contact") => "<Contact><phoneNumber>1</phoneNumber></Contact>",
        (_, "Workflow") => "<Workflow><name>new</name></Workflow>",
        (_, "WorkflowAction") => "<WorkflowAction><name>new</name><type>BROWSER_POP</type></WorkflowAction>",
        (_, "ReasonCodes") => "<ReasonCodes></ReasonCodes>",
        (_, "WrapUpReasons") => "<WrapUpReasons></WrapUpReasons>",
        (_, "PhoneBooks") => "<PhoneBooks></PhoneBooks>",
        (_, "Workflows") => "<Workflows></Workflows>",
        (_, "MediaPropertiesLayouts") => "<MediaPropertiesLayouts></MediaPropertiesLayouts>",
        (method, other) => panic!("no body for {method} {other}"),
    };
    (path, body.to_owned())
}

/// Whether the list lets somebody of the lab call a door whose example is about 1001, team 512 and a call of 1001.
fn may(door: &Operation, user: &str) -> bool {
    door.who.split(", ").any(|who| match who {
        "any" => true,
        "self" | "participant" => user == "1001",
        "creator" => user == "1009",
        "administrator" => user == "administrator",
        "supervisor" => user == "1009",
        "agent" if door.path.starts_with("/Team/") => matches!(user, "1001" | "1009"),
        // What agents may read of the configuration, supervisors may too.
        "agent" => user != "administrator",
        "team" => matches!(user, "1001" | "1009"),
        other => panic!("unknown caller {other}"),
    })
}

/// Neither of the pair's doors shows who is asked for at these: nobody need say who he is.
fn is_open(door: &Operation) -> bool {
    door.path.starts_with("/desktop") || door.path.ends_with("/AuthMode") || door.path == "/SystemInfo"
}

#[test]
fn the_table_has_every_documented_operation_and_no_other() {
    let mut wanted: Vec<(String, String)> =
        doors().into_iter().map(|door| (door.method, door.path)).collect();
    let mut served: Vec<(String, String)> =
        operations().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    wanted.sort();
    served.sort();
    assert_eq!(served, wanted);
}

#[test]
fn every_operation_answers_who_may_call_it_with_a_documented_status_and_echoes_the_request_id_of_writes() {
    for door in doors() {
        let user = ["1001", "1009", "administrator"].into_iter().find(|user| may(&door, user)).unwrap();
        let Stage { mut bench, call, message } = stage(Profile::ucce());
        let (path, body) = example(&door, &call, &message);
        let (status, answer) = bench.rest(user, &door.method, &path, &body);
        let redirected = status == 302 && door.path.starts_with("/desktop/sso/token");
        let unknown_token = status == 401 && door.method == "POST" && door.path == "/desktop/sso/token";
        let in_use = status == 400 && answer.contains("In Use");
        assert!(
            matches!(status, 200 | 202) || redirected || unknown_token || in_use,
            "{user} {} {path}: {status} {answer}",
            door.method
        );
        assert!(redirected || door.answers.contains(&status.to_string()), "{} {path}: {status}", door.method);
        assert_eq!(bench.header("requestid").is_some(), door.method != "GET", "{} {path}", door.method);
    }
}

#[test]
fn who_may_not_call_an_operation_gets_401() {
    for user in ["1001", "1002", "1003", "1009", "administrator"] {
        let Stage { mut bench, call, message } = stage(Profile::ucce());
        for door in doors().into_iter().filter(|door| !is_open(door)) {
            // A supervisor listens and joins under his own path, which this is not.
            if may(&door, user)
                || (user == "1009" && door.method == "POST" && door.path == "/User/{id}/Dialogs")
            {
                continue;
            }
            let colleague =
                user == "1002" && (door.who.contains("team") || door.path.contains("TeamMessages"));
            if colleague {
                continue;
            }
            let (path, body) = example(&door, &call, &message);
            let (status, answer) = bench.rest(user, &door.method, &path, &body);
            assert_eq!(status, 401, "{user} {} {path}: {answer}", door.method);
        }
    }
}

#[test]
fn operations_of_cce_are_not_implemented_on_ccx_with_the_status_of_the_switch() {
    for status in [501, 404] {
        let mut profile = Profile::uccx();
        profile.rest.unsupported_status = status;
        let Stage { mut bench, call, message } = stage(profile);
        // The path of another operation that both systems have.
        for door in doors().into_iter().filter(|door| door.cce && door.path != "/User/{loginName}") {
            let (path, body) = example(&door, &call, &message);
            let (found, answer) = bench.rest("administrator", &door.method, &path, &body);
            assert_eq!(found, status, "{} {path}: {answer}", door.method);
            assert!(answer.contains(if status == 501 { "Not Implemented" } else { "Not Found" }), "{answer}");
        }
    }
}

#[test]
fn configuration_is_served_by_the_primary_only_and_everything_else_by_both() {
    for serves in [false, true] {
        let mut profile = Profile::ucce();
        profile.rest.secondary_serves_agents = serves;
        let Stage { mut bench, call, message } = stage(profile);
        for door in doors().into_iter().filter(|door| !is_open(door)) {
            let (path, body) = example(&door, &call, &message);
            let path = if path.starts_with("/finesse-dp") { path } else { format!("/finesse/api{path}") };
            let user =
                if may(&door, "administrator") { ("administrator", "lighthouse") } else { ("1001", PW) };
            let id = bench.send(Side::B, &door.method, &path, Some(user), &body);
            let (status, answer) = bench.answer(id);
            let for_agents = door.method == "GET" && (door.who.contains("agent") || door.who == "any");
            let primary = door.answers.contains("403")
                && !door.path.starts_with("/ConnectedUsersInfo")
                && !(serves && for_agents);
            assert_eq!(status == 403, primary, "{} {path}: {status} {answer}", door.method);
        }
    }
}

#[test]
fn out_of_service_everything_of_the_api_but_system_info_answers_503() {
    let Stage { mut bench, call, message } = stage(Profile::ucce());
    bench.fault(Fault::CtiCut { side: Some(Side::A) });
    bench.run_for(1.0);
    for door in doors() {
        let (path, body) = example(&door, &call, &message);
        let (status, answer) = bench.rest("administrator", &door.method, &path, &body);
        let open = is_open(&door) || door.path.starts_with("/finesse-dp");
        assert_eq!(status == 503, !open, "{} {path}: {status} {answer}", door.method);
        if !open {
            assert!(answer.contains("SERVER_OUT_OF_SERVICE"));
        }
    }
}

#[test]
fn a_path_that_is_spelled_out_has_only_its_own_methods() {
    let mut bench = Bench::lab(Profile::ucce());
    for (method, path, status) in [
        ("DELETE", "/MediaPropertiesLayout/default", 405),
        ("POST", "/MediaPropertiesLayout/default", 405),
        ("PATCH", "/User/1001", 405),
        ("DELETE", "/Dialog/1", 405),
        ("GET", "/Nonsense", 404),
        ("GET", "/User/1001/Nonsense/1", 404),
        ("GET", "/ReasonCodes/", 400),
    ] {
        let (found, answer) = bench.rest("administrator", method, path, "");
        assert_eq!(found, status, "{method} {path}: {answer}");
    }
}
