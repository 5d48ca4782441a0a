//! Objects of the configuration as they are written: every limit of the guide at its edge, as tables.
//!
//! A row takes a good object as XML, changes one place, and names the field that is refused, or nothing.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as loudly as the test")]

use finesse_model::request::{Draft as _, Purpose, RequestError, assignment};
use finesse_model::{Document, EnterpriseDatabaseConfig, PhoneBook, Resource, Secret, decode};

const REASON_CODE: &str = "<ReasonCode><category>LOGOUT</category><code>12</code><label>Lunch</label><forAll>true</forAll></ReasonCode>";
const WRAP_UP: &str = "<WrapUpReason><label>Sale</label><forAll>false</forAll></WrapUpReason>";
const BOOK: &str = "<PhoneBook><name>Branches</name><type>TEAM</type></PhoneBook>";
const CONTACT: &str = "<Contact><firstName>Ada</firstName><lastName>Varga</lastName><phoneNumber>651</phoneNumber><description>North</description></Contact>";
const LAYOUT: &str = "<MediaPropertiesLayout><name>Own</name><type>CUSTOM</type><header><entry><mediaProperty>DNIS</mediaProperty></entry></header><column><entry><mediaProperty>callVariable1</mediaProperty><showInPopOver>true</showInPopOver></entry></column></MediaPropertiesLayout>";
const WORKFLOW: &str = "<Workflow><name>pop</name><description>Opens it</description><TriggerSet><type>SYSTEM</type><name>CALL_ARRIVES</name><triggers><Trigger><Variable><name>mediaType</name><type>CUSTOM</type></Variable></Trigger></triggers></TriggerSet><ConditionSet><applyMethod>ALL</applyMethod><conditions><Condition><Variable><name>callVariable1</name><type>SYSTEM</type></Variable></Condition></conditions></ConditionSet><workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/4</uri></WorkflowAction></workflowActions></Workflow>";
const POP: &str = "<WorkflowAction><name>crm</name><type>BROWSER_POP</type><handledBy>FINESSE_DESKTOP</handledBy><params><Param><name>path</name><value>/crm</value></Param><Param><name>windowName</name><value></value></Param></params><actionVariables><ActionVariable><name>callVariable1</name><type>SYSTEM</type></ActionVariable></actionVariables></WorkflowAction>";
const SEND: &str = "<WorkflowAction><name>crm</name><type>HTTP_REQUEST</type><handledBy>OTHER</handledBy><params><Param><name>method</name><value>PUT</value></Param><Param><name>path</name><value>/crm</value></Param><Param><name>location</name><value>OTHER</value></Param></params></WorkflowAction>";
const SYSTEM: &str = "<SystemConfig><uri>/finesse/api/SystemConfig</uri><cti><host>cti-a</host><port>42027</port><backupHost>cti-b</backupHost><backupPort>43027</backupPort><peripheralId>5000</peripheralId><secure>false</secure></cti></SystemConfig>";
const CLUSTER: &str =
    "<ClusterConfig><secondaryNode><host>fin-b.example.net</host></secondaryNode></ClusterConfig>";
const DATABASE: &str = "<EnterpriseDatabaseConfig><host>awdb</host><port>1433</port><databaseName>awdb</databaseName><username>finesse</username><password>tulip</password></EnterpriseDatabaseConfig>";
const DESKTOP: &str = "<LayoutConfig><layoutxml>&lt;finesseLayout/&gt;</layoutxml></LayoutConfig>";
const TEAM_DESKTOP: &str = "<TeamLayoutConfig><useDefault>false</useDefault><layoutxml>&lt;finesseLayout/&gt;</layoutxml></TeamLayoutConfig>";
const CHAT: &str = "<ChatConfig><primaryNode>https://chat-a.example.net:5280</primaryNode><secondaryNode>https://chat-b.example.net:5280</secondaryNode></ChatConfig>";

const OBJECTS: [&str; 8] = [REASON_CODE, WRAP_UP, BOOK, CONTACT, LAYOUT, WORKFLOW, POP, SEND];
const SETTINGS: [&str; 6] = [SYSTEM, CLUSTER, DATABASE, DESKTOP, TEAM_DESKTOP, CHAT];

fn written(xml: &str, purpose: Purpose) -> Result<String, RequestError> {
    let Document::Resource(resource) = decode(xml).unwrap() else { panic!("{xml}") };
    match resource {
        Resource::ReasonCode(object) => object.to_request(purpose),
        Resource::WrapUpReason(object) => object.to_request(purpose),
        Resource::PhoneBook(object) => object.to_request(purpose),
        Resource::Contact(object) => object.to_request(purpose),
        Resource::MediaPropertiesLayout(object) => object.to_request(purpose),
        Resource::Workflow(object) => object.to_request(purpose),
        Resource::WorkflowAction(object) => object.to_request(purpose),
        Resource::SystemConfig(object) => object.to_request(purpose),
        Resource::ClusterConfig(object) => object.to_request(purpose),
        Resource::EnterpriseDatabaseConfig(object) => object.to_request(purpose),
        Resource::LayoutConfig(object) => object.to_request(purpose),
        Resource::TeamLayoutConfig(object) => object.to_request(purpose),
        Resource::ChatConfig(object) => object.to_request(purpose),
        other => panic!("{} is never written", other.root()),
    }
}

/// The field that is refused, or nothing.
fn refused(xml: &str, purpose: Purpose) -> Option<String> {
    written(xml, purpose).err().map(|error| error.field().to_owned())
}

/// A good object, what stands there, what shall stand there instead, and the field that is refused.
type Row<'a> = (&'a str, &'a str, String, Option<&'a str>);

fn check(rows: &[Row<'_>], purpose: Purpose) {
    for (good, from, to, field) in rows {
        assert_eq!(good.matches(from).count(), 1, "{from} in {good}");
        let changed = good.replace(from, to);
        assert_eq!(refused(&changed, purpose).as_deref(), *field, "{purpose:?} {changed}");
    }
}

#[test]
fn good_objects_are_written_whole_and_in_part() {
    for good in OBJECTS.into_iter().chain(SETTINGS) {
        assert_eq!(refused(good, Purpose::Update), None, "{good}");
        assert_eq!(refused(good, Purpose::Create), None, "{good}");
    }
    for part in [
        "<ReasonCode><label>Tea</label></ReasonCode>",
        "<PhoneBook><name>Tea</name></PhoneBook>",
        "<Contact><description></description></Contact>",
        "<MediaPropertiesLayout><description>Tea</description></MediaPropertiesLayout>",
        "<Workflow><uri>/finesse/api/Workflow/1</uri><description></description></Workflow>",
        "<WorkflowAction><name>Tea</name></WorkflowAction>",
    ] {
        assert_eq!(refused(part, Purpose::Update), None, "{part}");
    }
}

#[test]
fn what_a_new_object_or_a_setting_must_have_may_not_be_missing_or_empty() {
    let needed: &[(&str, &[&str])] = &[
        (REASON_CODE, &["category", "code", "label", "forAll"]),
        (WRAP_UP, &["label", "forAll"]),
        (BOOK, &["name", "type"]),
        (CONTACT, &["phoneNumber"]),
        (LAYOUT, &["header"]),
        (WORKFLOW, &["TriggerSet"]),
        (POP, &["handledBy", "params"]),
        (SYSTEM, &["cti", "host", "port", "backupPort", "peripheralId"]),
        (CLUSTER, &["secondaryNode", "host"]),
        (DATABASE, &["host", "port", "databaseName", "username"]),
        (DESKTOP, &["layoutxml"]),
        (TEAM_DESKTOP, &["layoutxml", "useDefault"]),
        (CHAT, &["primaryNode"]),
    ];
    for (good, fields) in needed {
        let purpose = if SETTINGS.contains(good) { Purpose::Update } else { Purpose::Create };
        for field in *fields {
            let (open, close) = (format!("<{field}>"), format!("</{field}>"));
            let (start, end) = (good.find(&open).unwrap(), good.find(&close).unwrap());
            let missing = format!("{}{}", &good[..start], &good[end + close.len()..]);
            assert_eq!(refused(&missing, purpose).as_deref(), Some(*field), "{missing}");
            // Of an element that holds others, the first that is missing in it is named.
            if *field != "cti" && *field != "secondaryNode" {
                let empty = format!("{}{open} {close}{}", &good[..start], &good[end + close.len()..]);
                assert_eq!(refused(&empty, purpose).as_deref(), Some(*field), "{empty}");
                assert_eq!(refused(&empty, Purpose::Update).as_deref(), Some(*field), "{empty}");
            }
        }
    }
    for good in [LAYOUT, WORKFLOW, POP] {
        let (start, end) = (good.find("<name>").unwrap(), good.find("</name>").unwrap());
        let missing = format!("{}{}", &good[..start], &good[end + 7..]);
        assert_eq!(refused(&missing, Purpose::Create).as_deref(), Some("name"), "{missing}");
    }
}

#[test]
fn limits_hold_at_their_edge_and_count_what_the_guide_counts() {
    let (bytes, chars) = (|n: usize| "\u{e9}".repeat(n / 2) + &"a".repeat(n % 2), |n| "\u{e9}".repeat(n));
    let entry = |n: usize| "<entry><mediaProperty>a</mediaProperty></entry>".repeat(n);
    let popping = |n: usize| {
        "<entry><mediaProperty>a</mediaProperty><showInPopOver>true</showInPopOver></entry>".repeat(n)
    };
    let condition = |n: usize| format!("<conditions>{}", "<Condition><value>1</value></Condition>".repeat(n));
    let action =
        |n: usize| format!("<workflowActions>{}", "<WorkflowAction><uri>/a</uri></WorkflowAction>".repeat(n));
    let variable = |n: usize| {
        format!("<actionVariables>{}", "<ActionVariable><name>a</name></ActionVariable>".repeat(n))
    };
    let rows: Vec<Row<'_>> = vec![
        (REASON_CODE, "Lunch", bytes(40), None),
        (REASON_CODE, "Lunch", bytes(41), Some("label")),
        (REASON_CODE, "Lunch", chars(21), Some("label")),
        (REASON_CODE, "12", "0".into(), Some("code")),
        (REASON_CODE, "12", "1".into(), None),
        (REASON_CODE, "12", "65535".into(), None),
        (REASON_CODE, "12", "65536".into(), Some("code")),
        (WRAP_UP, "Sale", bytes(39), None),
        (WRAP_UP, "Sale", bytes(40), Some("label")),
        (BOOK, "Branches", chars(64), None),
        (BOOK, "Branches", chars(65), Some("name")),
        (CONTACT, "Ada", chars(128), None),
        (CONTACT, "Ada", chars(129), Some("firstName")),
        (CONTACT, "Varga", chars(128), None),
        (CONTACT, "Varga", chars(129), Some("lastName")),
        (CONTACT, "North", chars(128), None),
        (CONTACT, "North", chars(129), Some("description")),
        (CONTACT, "651", "1".repeat(32), None),
        (CONTACT, "651", "1".repeat(33), Some("phoneNumber")),
        (LAYOUT, "</header>", format!("{}</header>", entry(1)), Some("header")),
        (LAYOUT, "<column>", format!("<column>{}", entry(9)), None),
        (LAYOUT, "<column>", format!("<column>{}", entry(10)), Some("column")),
        (LAYOUT, "<column>", "<column/><column>".into(), None),
        (LAYOUT, "<column>", "<column/><column/><column>".into(), Some("column")),
        (LAYOUT, "<column>", format!("<column>{}", popping(4)), None),
        (LAYOUT, "<column>", format!("<column>{}", popping(5)), Some("showInPopOver")),
        (WORKFLOW, "<name>pop", format!("<name>{}", chars(40)), None),
        (WORKFLOW, "<name>pop", format!("<name>{}", chars(41)), Some("name")),
        (WORKFLOW, "Opens it", chars(128), None),
        (WORKFLOW, "Opens it", chars(129), Some("description")),
        (WORKFLOW, "<conditions>", condition(4), None),
        (WORKFLOW, "<conditions>", condition(5), Some("conditions")),
        (WORKFLOW, "<workflowActions>", action(4), None),
        (WORKFLOW, "<workflowActions>", action(5), Some("workflowActions")),
        (POP, "<name>crm", format!("<name>{}", chars(64)), None),
        (POP, "<name>crm", format!("<name>{}", chars(65)), Some("name")),
        (POP, "<actionVariables>", variable(4), None),
        (POP, "<actionVariables>", variable(5), Some("actionVariables")),
        (SYSTEM, "42027", "65535".into(), None),
        (SYSTEM, "42027", "65536".into(), Some("port")),
        (SYSTEM, "43027", "0".into(), Some("backupPort")),
        (SYSTEM, "43027", "65535".into(), None),
        (DATABASE, "1433", "0".into(), Some("port")),
        (DATABASE, "1433", "65535".into(), None),
    ];
    check(&rows, Purpose::Create);
    check(&rows, Purpose::Update);
}

#[test]
fn values_that_the_guide_does_not_list_are_refused() {
    let rows: &[(&str, &str, &str, &str)] = &[
        (REASON_CODE, "LOGOUT", "ALL", "category"),
        (REASON_CODE, "LOGOUT", "logout", "category"),
        (REASON_CODE, "12", "twelve", "code"),
        (REASON_CODE, ">true<", ">maybe<", "forAll"),
        (REASON_CODE, "</forAll>", "</forAll><systemCode>true</systemCode>", "systemCode"),
        (WRAP_UP, "false", "no", "forAll"),
        (BOOK, "TEAM", "OWN", "type"),
        (LAYOUT, "CUSTOM", "MINE", "type"),
        (LAYOUT, ">true<", ">yes<", "showInPopOver"),
        (LAYOUT, "<showInPopOver>true</showInPopOver>", "<uiEditable>1</uiEditable>", "uiEditable"),
        (LAYOUT, "callVariable1", " ", "mediaProperty"),
        (WORKFLOW, "<TriggerSet><type>SYSTEM", "<TriggerSet><type>OURS", "type"),
        (WORKFLOW, "<type>CUSTOM", "<type>OURS", "type"),
        (WORKFLOW, "<name>callVariable1</name><type>SYSTEM", "<type>OURS", "type"),
        (WORKFLOW, "<applyMethod>ALL", "<applyMethod>SOME", "applyMethod"),
        (WORKFLOW, "/finesse/api/WorkflowAction/4", "", "workflowActions"),
        (POP, "BROWSER_POP", "DANCE", "type"),
        (POP, "FINESSE_DESKTOP", "NOBODY", "handledBy"),
        (POP, "<name>windowName", "<name>window", "params"),
        (POP, "<value>/crm", "<value>", "params"),
        (POP, "<type>SYSTEM", "<type>OURS", "type"),
        (SEND, "PUT", "PATCH", "method"),
        (SEND, "PUT", "", "params"),
        (SEND, "<value>OTHER", "<value>HERE", "location"),
        (SEND, "<name>method", "<name>verb", "params"),
        (SYSTEM, "5000", "first", "peripheralId"),
        (SYSTEM, "false", "maybe", "secure"),
        (SYSTEM, "42027", "cti", "port"),
        (TEAM_DESKTOP, "false", "maybe", "useDefault"),
        (CHAT, "https://chat-a", "http://chat-a", "primaryNode"),
        (CHAT, "https://chat-b", "http://chat-b", "secondaryNode"),
    ];
    let rows: Vec<Row<'_>> =
        rows.iter().map(|(good, from, to, field)| (*good, *from, (*to).to_owned(), Some(*field))).collect();
    check(&rows, Purpose::Create);
    check(&rows, Purpose::Update);
}

#[test]
fn what_a_server_leaves_empty_can_be_written_back() {
    let rows: Vec<Row<'_>> = [
        (SYSTEM, "<backupHost>cti-b</backupHost><backupPort>43027<", "<backupHost/><backupPort><"),
        (SYSTEM, "<secure>false<", "<secure><"),
        (CHAT, "https://chat-b.example.net:5280", ""),
        (LAYOUT, "<type>CUSTOM<", "<type><"),
        (LAYOUT, ">true<", "><"),
        (WORKFLOW, "<applyMethod>ALL<", "<applyMethod><"),
        (POP, "<type>SYSTEM<", "<type><"),
    ]
    .map(|(good, from, to)| (good, from, to.to_owned(), None))
    .into();
    check(&rows, Purpose::Update);
}

#[test]
fn a_password_that_was_read_is_not_written_back() {
    for masked in ["", " ", "*", "********", "\u{2022}\u{2022}\u{2022}", "\u{25CF}\u{25CF}"] {
        let read = EnterpriseDatabaseConfig::from_xml(&DATABASE.replace("tulip", masked)).unwrap();
        let body = read.to_request(Purpose::Update).unwrap();
        assert!(!body.contains("<password"), "{body}");
        assert!(body.contains("<host>awdb</host>"), "{body}");
    }
    for real in ["tulip", "**tulip**", "*\u{2022}", "aaaa"] {
        let mut setting = EnterpriseDatabaseConfig::from_xml(DATABASE).unwrap();
        setting.password = Some(Secret::new(real));
        let body = setting.to_request(Purpose::Update).unwrap();
        assert!(body.contains(&format!("<password>{real}</password>")), "{body}");
    }
}

#[test]
fn a_workflow_of_which_nothing_changes_is_not_sent() {
    for nothing in ["<Workflow/>", "<Workflow><uri>/finesse/api/Workflow/12</uri></Workflow>"] {
        assert_eq!(refused(nothing, Purpose::Update).as_deref(), Some("Workflow"), "{nothing}");
    }
}

#[test]
fn what_only_the_server_sets_is_left_out_of_a_new_object_and_what_is_unknown_stays() {
    let read = REASON_CODE.replace(
        "<category>",
        "<uri>/finesse/api/ReasonCode/29</uri><id>29</id><systemCode>false</systemCode><zNew>7</zNew><category>",
    );
    let new = written(&read, Purpose::Create).unwrap();
    assert!(!new.contains("uri") && !new.contains("<id>") && !new.contains("systemCode"), "{new}");
    assert!(new.contains("<zNew>7</zNew>"), "{new}");
    let changed = written(&read, Purpose::Update).unwrap();
    assert!(changed.contains("<uri>/finesse/api/ReasonCode/29</uri>") && changed.contains("<zNew>7</zNew>"));
    let pop = WORKFLOW.replace("<uri>/finesse", "<name>crm</name><uri>/finesse");
    assert!(!written(&pop, Purpose::Update).unwrap().contains("crm"));
}

#[test]
fn an_assignment_lists_every_uri_once() {
    let of = |uris: &[&'static str]| assignment("ReasonCodes", "ReasonCode", uris.iter().copied());
    assert_eq!(of(&[]).unwrap(), "<ReasonCodes></ReasonCodes>");
    assert_eq!(of(&["/a", "/b"]).unwrap().matches("<ReasonCode>").count(), 2);
    for wrong in [&["/a", "/b", "/a"][..], &["/a", " /a "], &[""], &["/a", " "]] {
        assert_eq!(of(wrong).unwrap_err().field(), "uri", "{wrong:?}");
    }
}

#[test]
fn contacts_that_came_with_a_phone_book_are_not_written_with_it() {
    let book = PhoneBook::from_xml(
        "<PhoneBook><name>Branches</name><type>TEAM</type><contacts><Contact><firstName>a</firstName></Contact></contacts></PhoneBook>",
    )
    .unwrap();
    let request = book.to_request(Purpose::Update).unwrap();
    assert!(!request.contains("<contacts>") && request.contains("<name>Branches</name>"), "{request}");
}
