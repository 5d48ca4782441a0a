//! The objects of the configuration: they are created, read, changed and deleted, within limits and rules.

use super::rest_people::{check, texts};
use super::*;

pub(super) const ADMIN: &str = "administrator";

pub(super) fn bench() -> Bench {
    Bench::lab(Profile::ucce())
}

/// A kind of object: path of one, path of all, a new one, a change, and what the change leaves behind.
struct Object {
    one: &'static str,
    all: &'static str,
    new: &'static str,
    change: &'static str,
    before: &'static str,
    after: &'static str,
}

const OBJECTS: &[Object] = &[
    Object {
        one: "/ReasonCode",
        all: "/ReasonCodes?category=ALL",
        new: "<ReasonCode><label>Lunch</label><category>NOT_READY</category><code>55</code></ReasonCode>",
        change: "<ReasonCode><label>Tea &amp; cake</label></ReasonCode>",
        before: "<label>Lunch</label>",
        after: "<label>Tea &amp; cake</label>",
    },
    Object {
        one: "/WrapUpReason",
        all: "/WrapUpReasons",
        new: "<WrapUpReason><label>Refund</label><forAll>false</forAll></WrapUpReason>",
        change: "<WrapUpReason><forAll>true</forAll></WrapUpReason>",
        before: "<forAll>false</forAll>",
        after: "<forAll>true</forAll>",
    },
    Object {
        one: "/MediaPropertiesLayout",
        all: "/MediaPropertiesLayouts",
        new: "<MediaPropertiesLayout><name>New</name><column><entry><mediaProperty>DNIS</mediaProperty></entry></column><column/></MediaPropertiesLayout>",
        change: "<MediaPropertiesLayout><description>Voice</description></MediaPropertiesLayout>",
        before: "<description></description>",
        after: "<description>Voice</description>",
    },
    Object {
        one: "/PhoneBook",
        all: "/PhoneBooks",
        new: "<PhoneBook><name>Docks</name><type>TEAM</type></PhoneBook>",
        change: "<PhoneBook><name>Quays</name></PhoneBook>",
        before: "<name>Docks</name>",
        after: "<name>Quays</name>",
    },
    Object {
        one: "/PhoneBook/34/Contact",
        all: "/PhoneBook/34/Contacts",
        new: "<Contact><firstName>Eva</firstName><phoneNumber>1</phoneNumber></Contact>",
        change: "<Contact><phoneNumber>2</phoneNumber></Contact>",
        before: "<phoneNumber>1</phoneNumber>",
        after: "<phoneNumber>2</phoneNumber>",
    },
    Object {
        one: "/Workflow",
        all: "/Workflows",
        new: "<Workflow><name>pop</name><TriggerSet><type>SYSTEM</type><name>CALL_ENDED</name></TriggerSet><workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/4</uri></WorkflowAction></workflowActions></Workflow>",
        change: "<Workflow><description>x</description></Workflow>",
        before: "<type>BROWSER_POP</type>",
        after: "<description>x</description>",
    },
    Object {
        one: "/WorkflowAction",
        all: "/WorkflowActions",
        new: "<WorkflowAction><name>hook</name><type>HTTP_REQUEST</type><params><Param><name>path</name><value>/a?b=1&amp;c=2</value></Param></params></WorkflowAction>",
        change: "<WorkflowAction><handledBy>OTHER</handledBy></WorkflowAction>",
        before: "<handledBy>FINESSE_DESKTOP</handledBy>",
        after: "<handledBy>OTHER</handledBy>",
    },
];

#[test]
fn every_kind_of_object_is_created_read_changed_and_deleted() {
    for Object { one, all, new, change, before, after } in OBJECTS {
        let mut bench = bench();
        let count = bench.read(ADMIN, all).kids.len();
        let (status, body) = bench.rest(ADMIN, "POST", one, new);
        assert_eq!((status, body.as_str()), (200, ""), "{one}");
        let location = bench.header("location").unwrap();
        let path = location.strip_prefix("https://fin-a.lab.example:8445/finesse/api").unwrap().to_owned();
        assert!(path.starts_with(one));
        assert_eq!(bench.read(ADMIN, all).kids.len(), count + 1);
        let (_, shown) = bench.rest(ADMIN, "GET", &path, "");
        assert!(shown.contains(before), "{shown}");
        let uri = Elem::parse(&shown).unwrap().get("uri").unwrap().to_owned();
        assert_eq!(uri, format!("/finesse/api{path}"));
        assert_eq!(bench.rest(ADMIN, "PUT", &path, change), (200, String::new()), "{path}");
        let (_, shown) = bench.rest(ADMIN, "GET", &path, "");
        assert!(shown.contains(after), "{shown}");
        // Read again and written back as it is.
        let (status, answer) = bench.rest(ADMIN, "PUT", &path, &shown);
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(bench.rest(ADMIN, "GET", &path, "").1, shown);
        assert_eq!(bench.rest(ADMIN, "DELETE", &path, ""), (200, String::new()));
        for method in ["GET", "PUT", "DELETE"] {
            assert_eq!(bench.rest(ADMIN, method, &path, change).0, 404, "{method} {path}");
        }
        assert_eq!(bench.read(ADMIN, all).kids.len(), count);
    }
}

#[test]
fn bodies_of_every_kind_are_checked() {
    for Object { one, .. } in OBJECTS {
        let mut bench = bench();
        let root = one.rsplit('/').next().unwrap();
        check(
            &mut bench,
            &[
                (ADMIN, "POST", one, "", 400, "Bad Request"),
                (ADMIN, "POST", one, "<Nonsense/>", 400, "Bad Request"),
                (ADMIN, "POST", one, "{}", 400, "Bad Request"),
                (ADMIN, "POST", one, &format!("<{root}/>"), 400, "Parameter Missing"),
                (ADMIN, "GET", &format!("{one}/nonsense"), "", 404, "Not Found"),
            ],
        );
    }
}

#[test]
fn fields_are_held_to_their_rules() {
    let reason = |category: &str, code: &str, label: &str| {
        format!(
            "<ReasonCode><category>{category}</category><code>{code}</code><label>{label}</label></ReasonCode>"
        )
    };
    let entry = "<entry><mediaProperty>DNIS</mediaProperty><showInPopOver>true</showInPopOver></entry>";
    let layout =
        |inner: &str| format!("<MediaPropertiesLayout><name>New</name>{inner}</MediaPropertiesLayout>");
    let conditions = "<Condition><value>1</value></Condition>".repeat(6);
    let workflow = |inner: &str| format!("<Workflow><name>new</name>{inner}</Workflow>");
    let long = |length: usize| "x".repeat(length);
    let mut bench = bench();
    check(
        &mut bench,
        &[
            (ADMIN, "POST", "/ReasonCode", &reason("LUNCH", "55", "x"), 400, "Invalid Input"),
            (ADMIN, "POST", "/ReasonCode", &reason("LOGOUT", "0", "x"), 400, "Invalid Input"),
            (ADMIN, "POST", "/ReasonCode", &reason("LOGOUT", "65536", "x"), 400, "Invalid Input"),
            (ADMIN, "POST", "/ReasonCode", &reason("LOGOUT", "5", &long(41)), 400, "Invalid Input"),
            (ADMIN, "POST", "/ReasonCode", &reason("LOGOUT", "5", ""), 400, "Parameter Missing"),
            (
                ADMIN,
                "POST",
                "/WrapUpReason",
                &format!("<WrapUpReason><label>{}</label></WrapUpReason>", long(40)),
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "POST",
                "/PhoneBook",
                "<PhoneBook><name>x</name><type>OWN</type></PhoneBook>",
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "POST",
                "/PhoneBook/34/Contact",
                &format!("<Contact><phoneNumber>{}</phoneNumber></Contact>", long(33)),
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "POST",
                "/PhoneBook/9/Contact",
                "<Contact><phoneNumber>1</phoneNumber></Contact>",
                404,
                "Not Found",
            ),
            (
                ADMIN,
                "POST",
                "/MediaPropertiesLayout",
                &layout(&format!("<header>{entry}{entry}</header>")),
                400,
                "Invalid Input",
            ),
            (ADMIN, "POST", "/MediaPropertiesLayout", &layout(&"<column/>".repeat(3)), 400, "Invalid Input"),
            (
                ADMIN,
                "POST",
                "/MediaPropertiesLayout",
                &layout(&format!("<column>{}</column>", entry.repeat(6))),
                400,
                "showInPopOver",
            ),
            (
                ADMIN,
                "POST",
                "/MediaPropertiesLayout",
                &layout("<column><entry/></column>"),
                400,
                "Parameter Missing",
            ),
            (
                ADMIN,
                "POST",
                "/Workflow",
                &workflow(&format!(
                    "<ConditionSet><applyMethod>ALL</applyMethod><conditions>{conditions}</conditions></ConditionSet>"
                )),
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "POST",
                "/Workflow",
                &workflow("<ConditionSet><applyMethod>SOME</applyMethod></ConditionSet>"),
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "POST",
                "/Workflow",
                &workflow(
                    "<workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/99</uri></WorkflowAction></workflowActions>",
                ),
                400,
                "Finesse API Error",
            ),
            (
                ADMIN,
                "POST",
                "/WorkflowAction",
                "<WorkflowAction><name>x</name><type>SMS</type></WorkflowAction>",
                400,
                "Invalid Input",
            ),
        ],
    );
    let (status, answer) =
        Bench::lab(Profile::uccx()).rest(ADMIN, "POST", "/ReasonCode", &reason("LOGOUT", "1000", "x"));
    assert!(status == 400 && answer.contains("Invalid Input"), "{answer}");
}

#[test]
fn what_must_be_unique_is() {
    let mut bench = bench();
    let workflow = "<Workflow><name>CRM pop</name></Workflow>";
    check(
        &mut bench,
        &[
            (
                ADMIN,
                "POST",
                "/ReasonCode",
                "<ReasonCode><category>NOT_READY</category><code>41</code><label>x</label></ReasonCode>",
                400,
                "Finesse API Error",
            ),
            (
                ADMIN,
                "POST",
                "/ReasonCode",
                "<ReasonCode><category>LOGOUT</category><code>41</code><label>x</label></ReasonCode>",
                200,
                "",
            ),
            (
                ADMIN,
                "PUT",
                "/ReasonCode/8",
                "<ReasonCode><code>41</code></ReasonCode>",
                400,
                "Finesse API Error",
            ),
            (
                ADMIN,
                "POST",
                "/WrapUpReason",
                "<WrapUpReason><label>complaint</label></WrapUpReason>",
                400,
                "Finesse API Error",
            ),
            (
                ADMIN,
                "POST",
                "/PhoneBook",
                "<PhoneBook><name>Branches</name><type>TEAM</type></PhoneBook>",
                400,
                "Finesse API Error",
            ),
            (
                ADMIN,
                "POST",
                "/MediaPropertiesLayout",
                "<MediaPropertiesLayout><name>Harbour dues</name></MediaPropertiesLayout>",
                400,
                "Finesse API error",
            ),
            (ADMIN, "POST", "/Workflow", workflow, 400, "Api Error Type: Database constraint violation"),
        ],
    );
    let mut profile = Profile::ucce();
    profile.rest.workflow_duplicates_are_database_errors = false;
    let (status, answer) = Bench::lab(profile).rest(ADMIN, "POST", "/Workflow", workflow);
    assert!(status == 400 && answer.contains("Finesse API Error"), "{answer}");
}

#[test]
fn limits_of_each_kind_are_kept() {
    let mut bench = bench();
    let book = |n: usize| format!("<PhoneBook><name>book {n}</name><type>GLOBAL</type></PhoneBook>");
    // One global phone book is there.
    for n in 1..10 {
        assert_eq!(bench.rest(ADMIN, "POST", "/PhoneBook", &book(n)).0, 200, "{n}");
    }
    let reason = |n: usize| {
        format!(
            "<ReasonCode><category>LOGOUT</category><code>{}</code><label>x</label></ReasonCode>",
            5000 + n
        )
    };
    for n in 1..100 {
        assert_eq!(bench.rest(ADMIN, "POST", "/ReasonCode", &reason(n)).0, 200, "{n}");
    }
    check(
        &mut bench,
        &[
            (ADMIN, "POST", "/PhoneBook", &book(10), 400, "Maximum Exceeded"),
            (ADMIN, "POST", "/ReasonCode", &reason(100), 400, "Maximum Exceeded"),
            (
                ADMIN,
                "PUT",
                "/PhoneBook/35",
                "<PhoneBook><type>GLOBAL</type></PhoneBook>",
                400,
                "Maximum Exceeded",
            ),
            (ADMIN, "POST", "/PhoneBook", &book(11).replace("GLOBAL", "TEAM"), 200, ""),
            (ADMIN, "POST", "/ReasonCode", &reason(101).replace("LOGOUT", "NOT_READY"), 200, ""),
        ],
    );
}

#[test]
fn what_is_in_use_or_built_in_or_the_default_stays() {
    let mut bench = bench();
    check(
        &mut bench,
        &[
            (ADMIN, "DELETE", "/PhoneBook/35", "", 400, "In Use"),
            (ADMIN, "DELETE", "/ReasonCode/10", "", 400, "In Use"),
            (ADMIN, "DELETE", "/WorkflowAction/4", "", 400, "In Use"),
            (ADMIN, "DELETE", "/ReasonCode/101", "", 400, "Finesse API Error"),
            (
                ADMIN,
                "PUT",
                "/ReasonCode/101",
                "<ReasonCode><label>x</label></ReasonCode>",
                400,
                "Finesse API Error",
            ),
            (ADMIN, "DELETE", "/MediaPropertiesLayout/1", "", 403, "Forbidden"),
            (ADMIN, "PUT", "/Team/512/PhoneBooks", "<PhoneBooks/>", 200, ""),
            (ADMIN, "DELETE", "/PhoneBook/35", "", 200, ""),
            (ADMIN, "GET", "/PhoneBook/35/Contacts", "", 404, "Not Found"),
        ],
    );
    let mut profile = Profile::ucce();
    profile.rest.assigned_objects_stay = false;
    let mut bench = Bench::lab(profile);
    check(
        &mut bench,
        &[
            (ADMIN, "DELETE", "/ReasonCode/10", "", 200, ""),
            (ADMIN, "DELETE", "/PhoneBook/35", "", 400, "In Use"),
        ],
    );
    let left = bench.read(ADMIN, "/Team/512/ReasonCodes?category=NOT_READY");
    assert!(left.kids.is_empty(), "what is gone is assigned no more");
}

#[test]
fn a_changed_reason_code_is_what_agents_see() {
    let mut bench = bench();
    bench.ready(Side::A, "1001", "7301");
    let new = "<ReasonCode><category>NOT_READY</category><code>55</code><label>Lunch</label><forAll>true</forAll></ReasonCode>";
    bench.rest(ADMIN, "POST", "/ReasonCode", new);
    let id = bench.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
    let body = format!("<User><state>NOT_READY</state><reasonCodeId>{id}</reasonCodeId></User>");
    assert_eq!(bench.rest("1001", "PUT", "/User/1001", &body).0, 202);
    bench.run_for(1.0);
    let user = bench.read("1001", "/User/1001");
    assert_eq!(user.get("reasonCodeId"), Some(id.as_str()));
    assert_eq!(user.find("reasonCode").and_then(|reason| reason.get("label")), Some("Lunch"));
}

#[test]
fn contacts_go_in_and_out_as_csv_and_xml() {
    let mut bench = bench();
    let path = "/finesse/api/PhoneBook/34/Contacts/csvFileContent";
    let (status, csv) = bench.rest(ADMIN, "GET", "/PhoneBook/34/Contacts/csvFileContent", "");
    assert_eq!(status, 200);
    assert_eq!(bench.header("content-type").as_deref(), Some("text/csv;charset=UTF-8"));
    assert!(csv.starts_with("\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\r\n"), "{csv}");
    assert!(csv.contains("\"지우\",\"한\",\"6511235\",\"Sales & service\"\r\n"));
    let more = format!("{csv}\"A \"\"B\"\"\",\"C, D\",\"7\",\"\"\r\n");
    let form = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{more}\r\n--edge--\r\n"
    );
    let import = |bench: &mut Bench, kind: &str, body: &str| {
        let admin = Some((ADMIN, "lighthouse"));
        let id = bench.send_with(Side::A, "POST", path, admin, body, &[("Content-Type", kind)]);
        bench.answer(id)
    };
    assert_eq!(import(&mut bench, "multipart/form-data; boundary=edge", &form).0, 202);
    let contacts = bench.read(ADMIN, "/PhoneBook/34/Contacts");
    assert_eq!(texts(&contacts, "lastName"), ["Cohen", "한", "Front desk", "C, D"]);
    assert_eq!(texts(&contacts, "firstName")[3], "A \"B\"");
    let bad = format!("{csv}\"x\",\"y\",\"\",\"\"\r\n\"x\"\r\n");
    let (status, answer) = import(&mut bench, "text/csv", &bad);
    assert!(status == 400 && answer.contains("<ErrorData>5,6</ErrorData>"), "{answer}");
    assert_eq!(import(&mut bench, "text/csv", "nonsense").0, 400);
    assert_eq!(bench.read(ADMIN, "/PhoneBook/34/Contacts").kids.len(), 4, "nothing changed");
    let one = |number: &str| format!("<Contact><phoneNumber>{number}</phoneNumber></Contact>");
    let list = format!("<Contacts>{}{}{}</Contacts>", one("1"), one(""), one("2"));
    assert_eq!(bench.rest(ADMIN, "PUT", "/PhoneBook/34/Contacts", &list).0, 202);
    assert_eq!(
        texts(&bench.read(ADMIN, "/PhoneBook/34/Contacts"), "phoneNumber"),
        ["1", "2"],
        "bad ones are left out"
    );
    let full = format!("<Contacts>{}</Contacts>", one("1").repeat(6001));
    let (status, answer) = bench.rest(ADMIN, "PUT", "/PhoneBook/34/Contacts", &full);
    assert!(status == 400 && answer.contains("Maximum Exceeded"), "{answer}");
}
