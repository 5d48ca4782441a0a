//! The configuration a pair begins with: two teams, and a few of everything.

use std::collections::{BTreeMap, BTreeSet};

use super::{Collection, Domain, Queue, Site, Table, Team};
use crate::core::xml::Elem;

/// Default desktop layout; the ampersand shows whether a client escapes it twice.
const LAYOUT: &str = "<finesseLayout xmlns=\"http://www.cisco.com/vtg/finesse\"><layout><role>Agent</role>\
    <page><gadget>/desktop/gadgets/Home.jsp?a=1&amp;b=2</gadget></page></layout></finesseLayout>";

impl Site {
    /// As a pair begins.
    pub(crate) fn new() -> Self {
        let mut site = Self {
            tables: BTreeMap::new(),
            teams: BTreeMap::new(),
            settings: settings(),
            queues: queues(),
            domains: domains(),
            messages: BTreeMap::new(),
            tokens: BTreeMap::new(),
            sign_on_codes: BTreeMap::new(),
        };
        reason_codes(site.table_mut(Collection::ReasonCodes));
        wrap_up_reasons(site.table_mut(Collection::WrapUpReasons));
        layouts(site.table_mut(Collection::Layouts));
        phone_books(&mut site);
        workflows(&mut site);
        let harbour = [
            (Collection::ReasonCodes, BTreeSet::from([10])),
            (Collection::WrapUpReasons, BTreeSet::from([33])),
            (Collection::PhoneBooks, BTreeSet::from([35])),
            (Collection::Workflows, BTreeSet::from([12])),
            (Collection::Layouts, BTreeSet::from([2])),
        ];
        let team = |name: &str, assigned| Team { name: name.to_owned(), assigned, layout: None };
        site.teams.insert("512".to_owned(), team("Harbour", harbour.into()));
        site.teams.insert("513".to_owned(), team("Lighthouse", BTreeMap::new()));
        site
    }
}

fn reason_codes(table: &mut Table) {
    let mut put = |id, code: u32, category, label, for_all: bool, system: bool| {
        let row = Elem::new("ReasonCode")
            .leaf("category", category)
            .leaf("code", code.to_string())
            .leaf("label", label)
            .leaf("forAll", for_all.to_string())
            .leaf("systemCode", system.to_string());
        table.put(id, row);
    };
    put(7, 41, "NOT_READY", "Coaching", true, false);
    put(8, 42, "NOT_READY", "Break", true, false);
    put(9, 1, "LOGOUT", "End of shift", true, false);
    put(10, 43, "NOT_READY", "Post & parcels", false, false);
    put(11, 44, "NOT_READY", "Training", false, false);
    put(101, 50002, "NOT_READY", "Connection Failure", true, true);
    put(102, 50002, "LOGOUT", "System Failure", true, true);
    put(103, 999, "NOT_READY", "Supervisor", true, true);
    put(104, 999, "LOGOUT", "Supervisor", true, true);
    put(108, 33, "NOT_READY", "Supervisor", true, true);
    put(109, 33, "LOGOUT", "Supervisor", true, true);
    put(105, 32767, "NOT_READY", "Call Not Answered", true, true);
    put(106, 50003, "LOGOUT", "Device Error", true, true);
    put(107, 255, "LOGOUT", "Connection Failure", true, true);
}

fn wrap_up_reasons(table: &mut Table) {
    for (id, label, for_all) in
        [(31, "Product question", true), (32, "Complaint", true), (33, "Pier fee", false)]
    {
        table.put(
            id,
            Elem::new("WrapUpReason")
                .leaf("label", label)
                .leaf("forAll", if for_all { "true" } else { "false" }),
        );
    }
}

fn entry(name: &str, property: &str) -> Elem {
    Elem::new("entry").leaf("displayName", name).leaf("mediaProperty", property)
}

fn layouts(table: &mut Table) {
    let column = || {
        let order = entry("Order", "user.order").leaf("showInPopOver", "true").leaf("uiEditable", "false");
        Elem::new("column").child(order).child(entry("", "queueName"))
    };
    let layout = |name, description, kind| {
        Elem::new("MediaPropertiesLayout")
            .leaf("name", name)
            .leaf("description", description)
            .leaf("type", kind)
            .child(Elem::new("header").child(entry("Customer", "callVariable1")))
            .child(column())
            .child(Elem::new("column"))
    };
    table.put(1, layout("Default Layout", "Voice", "DEFAULT"));
    table.put(2, layout("Harbour dues", "", "CUSTOM"));
}

fn phone_books(site: &mut Site) {
    for (id, name, kind) in [(34, "Branches", "GLOBAL"), (35, "Pilots", "TEAM")] {
        site.table_mut(Collection::PhoneBooks)
            .put(id, Elem::new("PhoneBook").leaf("name", name).leaf("type", kind));
    }
    let mut contact = |book, id, first, last, number, note| {
        let row = Elem::new("Contact")
            .leaf("firstName", first)
            .leaf("lastName", last)
            .leaf("phoneNumber", number)
            .leaf("description", note);
        site.table_mut(Collection::Contacts(book)).put(id, row);
    };
    contact(34, 1, "Amanda", "Cohen", "6511234", "");
    contact(34, 2, "지우", "한", "6511235", "Sales & service");
    contact(34, 3, "", "Front desk", "6511200", "");
    contact(35, 4, "Bo", "Åkesson", "6517001", "on call");
}

fn workflows(site: &mut Site) {
    let param = |name, value| Elem::new("Param").leaf("name", name).leaf("value", value);
    let action = Elem::new("WorkflowAction")
        .leaf("name", "crm")
        .leaf("type", "BROWSER_POP")
        .leaf("handledBy", "FINESSE_DESKTOP")
        .child(
            Elem::new("params")
                .child(param("path", "http://crm.example/?n=${callVariable1}&m=1"))
                .child(param("windowName", "crm")),
        )
        .child(
            Elem::new("actionVariables")
                .child(Elem::new("ActionVariable").leaf("name", "callVariable1").leaf("type", "SYSTEM")),
        );
    site.table_mut(Collection::WorkflowActions).put(4, action);
    let media = Elem::new("Variable")
        .leaf("name", "mediaType")
        .leaf("node", "//Dialog/mediaType")
        .leaf("type", "CUSTOM");
    let trigger = Elem::new("Trigger").child(media).leaf("comparator", "IS_EQUAL").leaf("value", "Voice");
    let variable = Elem::new("Variable").leaf("name", "callVariable1").leaf("type", "SYSTEM");
    let condition =
        Elem::new("Condition").child(variable).leaf("comparator", "CONTAINS").leaf("value", "gold");
    let workflow = Elem::new("Workflow")
        .leaf("name", "crm pop")
        .leaf("description", "Opens the CRM")
        .leaf("media", "Voice")
        .child(
            Elem::new("TriggerSet")
                .leaf("type", "SYSTEM")
                .leaf("name", "CALL_ARRIVES")
                .child(Elem::new("triggers").child(trigger)),
        )
        .child(
            Elem::new("ConditionSet")
                .leaf("applyMethod", "ALL")
                .child(Elem::new("conditions").child(condition)),
        )
        .child(
            Elem::new("workflowActions")
                .child(Elem::new("WorkflowAction").leaf("uri", "/finesse/api/WorkflowAction/4")),
        );
    site.table_mut(Collection::Workflows).put(12, workflow);
}

fn settings() -> BTreeMap<&'static str, Elem> {
    let cti = Elem::new("cti")
        .leaf("host", "pg-a.lab.example")
        .leaf("port", "42027")
        .leaf("backupHost", "pg-b.lab.example")
        .leaf("backupPort", "43027")
        .leaf("peripheralId", "5000")
        .leaf("secure", "false");
    let database = Elem::new("EnterpriseDatabaseConfig")
        .leaf("host", "aw-a.lab.example")
        .leaf("backupHost", "aw-b.lab.example")
        .leaf("port", "1433")
        .leaf("databaseName", "lab_awdb")
        .leaf("domain", "lab.example")
        .leaf("username", "finesse_reader")
        .leaf("password", "");
    [
        ("SystemConfig", Elem::new("SystemConfig").child(cti)),
        (
            "ClusterConfig",
            Elem::new("ClusterConfig").child(Elem::new("secondaryNode").leaf("host", "fin-b.lab.example")),
        ),
        ("EnterpriseDatabaseConfig", database),
        ("LayoutConfig", Elem::new("LayoutConfig").leaf("layoutxml", LAYOUT).leaf("type", "DEFAULT")),
        (
            "ChatConfig",
            Elem::new("ChatConfig")
                .leaf("primaryNode", "https://chat-a.lab.example:5280/http-bind/")
                .leaf("secondaryNode", "https://chat-b.lab.example:5280/http-bind/"),
        ),
        (
            "CloudConnectConfig",
            Elem::new("CloudConnectConfig")
                .leaf("publisher", "cc-a.lab.example")
                .leaf("subscriber", "cc-b.lab.example")
                .leaf("username", "cloud")
                .leaf("password", ""),
        ),
    ]
    .into()
}

fn queues() -> BTreeMap<u32, Queue> {
    let waiting = Some((3, "2026-03-02T08:11:21Z"));
    [
        (1004, Queue { name: "Sales", teams: &["512"], waiting }),
        (1005, Queue { name: "Service", teams: &["512", "513"], waiting: None }),
        // Nobody has this skill: its statistics are -1.
        (1006, Queue { name: "Night desk", teams: &[], waiting: None }),
    ]
    .into()
}

fn domains() -> Vec<Domain> {
    let everybody: &[&str] = &["512", "513"];
    vec![
        Domain {
            id: 5000,
            name: "Cisco_Chat_MRD",
            description: "Chat MRD",
            interruptible: false,
            teams: everybody,
        },
        Domain {
            id: 5001,
            name: "Cisco_Email_MRD",
            description: "<b>Mail</b> & more",
            interruptible: true,
            teams: everybody,
        },
        Domain { id: 5002, name: "Cisco_Video_MRD", description: "Video", interruptible: false, teams: &[] },
    ]
}
