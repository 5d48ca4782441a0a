//! `finesse decode` as other programs use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use common::{feed, finesse, finish, schema};
use serde_json::Value;

fn decode(input: &[u8]) -> common::Finished {
    feed(&mut finesse(&["decode"]), input)
}

fn decoded(input: &str) -> Value {
    let done = decode(input.as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.is_empty(), "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn a_resource_is_decoded_with_its_root() {
    let user = decoded(
        "<User><loginId>40217</loginId><roles><role>Agent</role></roles><extension></extension></User>",
    );
    assert_eq!(user["kind"], "resource");
    assert_eq!(user["root"], "User");
    assert_eq!(user["value"]["roles"], serde_json::json!(["Agent"]));
    assert_eq!(user["value"]["extension"], "");
}

#[test]
fn a_stanza_is_decoded_with_its_node_and_item() {
    let stanza = "<message from='pubsub.fin-a.lab.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>\
                  <items node='/finesse/api/User/40217'><item id='7'><notification xmlns='urn:xmpp:push:0'>\
                  &lt;Update&gt;&lt;event&gt;put&lt;/event&gt;&lt;source&gt;/finesse/api/User/40217&lt;/source&gt;\
                  &lt;data&gt;&lt;user&gt;&lt;state&gt;READY&lt;/state&gt;&lt;/user&gt;&lt;/data&gt;&lt;/Update&gt;\
                  </notification></item></items></event></message>";
    let update = decoded(stanza);
    assert_eq!(update["kind"], "update");
    let value = &update["value"];
    assert_eq!(value["event"], "PUT");
    assert_eq!(value["node"], "/finesse/api/User/40217");
    assert_eq!(value["itemId"], "7");
    assert_eq!(value["data"]["User"]["state"], "READY");
}

#[test]
fn what_is_no_finesse_document_ends_with_1_one_line_and_no_output() {
    let cases: [&[u8]; 7] = [
        b"",
        b"   \n",
        b"<User><state>READY</state>",
        b"<html><body>503</body></html>",
        b"{\"a\": 1}",
        b"<User>\xff</User>",
        b"not xml at all",
    ];
    for input in cases {
        let done = decode(input);
        let name = String::from_utf8_lossy(input).into_owned();
        assert_eq!(done.code, Some(1), "{name:?}: {}", done.err);
        assert_eq!(done.out, "", "{name:?}");
        assert_eq!(done.err.lines().count(), 1, "{name:?}: {}", done.err);
    }
}

#[test]
fn a_document_of_every_root_is_decoded_as_the_schema_says() {
    let schema = schema::printed(&[]);
    let samples = schema::samples(&schema);
    assert!(samples.len() > 40, "{}", samples.len());
    // All in one input: documents may follow each other.
    let all: String = samples.iter().map(|(_, xml)| format!("<?xml version=\"1.0\"?>\n{xml}\n")).collect();
    let done = decode(all.as_bytes());
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    assert_eq!(done.out.lines().count(), samples.len());
    for ((root, xml), line) in samples.iter().zip(done.out.lines()) {
        let document: Value = serde_json::from_str(line).unwrap();
        assert_eq!(document["root"], root.as_str());
        schema::check(&schema, &document).unwrap_or_else(|why| panic!("{root}: {why}\n{xml}\n{line}"));
        assert!(!line.contains("extra"), "{root} does not know all of its elements: {line}");
        let alone = schema::printed(&[root]);
        schema::check(&alone, &document).unwrap_or_else(|why| panic!("{root} alone: {why}"));

        let update = decoded(&format!(
            "<Update><event>put</event><source>/finesse/api/x</source><requestId>r1</requestId><data>{xml}</data></Update>"
        ));
        assert_eq!(update["kind"], "update");
        assert_eq!(update["value"]["data"][root.as_str()], document["value"], "{root}");
        schema::check(&schema, &update).unwrap_or_else(|why| panic!("an update with {root}: {why}"));
    }
}

#[test]
fn the_checker_of_these_tests_finds_what_is_wrong() {
    let schema = schema::printed(&["User"]);
    let good = decoded("<User><loginId>1</loginId><teams><Team><id>5</id></Team></teams></User>");
    schema::check(&schema, &good).unwrap();
    for (path, value) in [("/kind", "update"), ("/root", "Dialog")] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = Value::from(value);
        schema::check(&schema, &bad).unwrap_err();
    }
    let mut bad = good.clone();
    bad["value"]["teams"][0]["id"] = Value::from(5);
    schema::check(&schema, &bad).unwrap_err();
}

#[test]
fn the_schema_of_an_unknown_root_is_wrong_usage_and_lists_the_known_ones() {
    let done = finish(&mut finesse(&["schema", "Usher"]));
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("User") && done.err.contains("MediaPropertiesLayouts"), "{}", done.err);
    assert_eq!(schema::printed(&["systeminfo"])["oneOf"].as_array().unwrap().len(), 1);
}

#[test]
fn every_item_of_a_stanza_is_a_line_and_what_cannot_be_read_is_named_beside_them() {
    let item =
        |id: &str, update: &str| format!("<item id='{id}'><notification>{update}</notification></item>");
    let update = |source: &str| format!("<Update><event>PUT</event><source>{source}</source></Update>");
    let dialogs = "<Update><event>POST</event><source>/finesse/api/User/1/Dialogs</source>\
                   <data><dialogs><Dialog><id>7</id></Dialog><Dialog><state>ACTIVE</state></Dialog></dialogs></data></Update>";
    let stanza = |items: &[String]| {
        format!(
            "<message><event><items node='/finesse/api/User/1'>{}</items></event></message>",
            items.concat()
        )
    };
    let broken = item("i2", "<Update><event>PUT</event></Update>");
    let items = [item("i1", &update("/finesse/api/User/1")), broken.clone(), item("i3", dialogs)];
    let done = decode(stanza(&items).as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let lines: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = schema::printed(&[]);
    for line in &lines {
        schema::check(&schema, line).unwrap();
    }
    let ids: Vec<&Value> = lines.iter().map(|line| &line["value"]["itemId"]).collect();
    assert_eq!(ids, ["i1", "i3"]);
    assert_eq!(lines[1]["value"]["data"]["Dialogs"].as_array().unwrap().len(), 1);
    assert_eq!(done.err.lines().count(), 2, "{}", done.err);
    assert!(
        done.err.contains("i2") && done.err.contains("source") && done.err.contains("Dialog"),
        "{}",
        done.err
    );

    let nothing = decode(stanza(&[broken]).as_bytes());
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(1), ""));
    assert_eq!(nothing.err.lines().count(), 1, "{}", nothing.err);
}

#[test]
fn items_of_a_list_that_cannot_be_read_are_named_and_cost_nothing_but_themselves() {
    let some =
        decode(b"<Dialogs><Dialog><id>7</id></Dialog><Dialog><state>ACTIVE</state></Dialog></Dialogs>");
    assert_eq!(some.code, Some(0));
    let list: Value = serde_json::from_str(&some.out).unwrap();
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    assert!(some.err.contains("Dialogs") && some.err.lines().count() == 1, "{}", some.err);

    let none = decode(b"<Dialogs><Dialog><state>ACTIVE</state></Dialog></Dialogs>");
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert!(none.err.contains("<id>"), "{}", none.err);
    let empty = decoded("<Dialogs/>");
    assert_eq!(empty["value"], serde_json::json!([]));
}

#[test]
fn documents_that_follow_each_other_are_a_line_each_and_form_is_all_or_nothing() {
    let lines = |input: &str| {
        let done = decode(input.as_bytes());
        (done.code.unwrap(), done.out.lines().count(), done.err.lines().count())
    };
    let user = "<User><loginId>1</loginId></User>";
    assert_eq!(lines(&format!("{user}\n<?xml version=\"1.0\"?>{user} <!-- end -->\n")), (0, 2, 0));
    // Well-formed, and no document of Finesse.
    assert_eq!(lines(&format!("{user}<Usher/>{user}")), (0, 2, 1));
    assert_eq!(lines(&format!("{user}<Dialog><state>ACTIVE</state></Dialog>")), (0, 1, 1));
    assert_eq!(lines("<Usher/><Usher/>"), (1, 0, 1));
    for rest in ["garbage", "<User><loginId>1", "</User>", "{\"a\": 1}", "<User></Usher>"] {
        assert_eq!(lines(&format!("{user}{rest}")), (1, 0, 1), "{rest}");
    }
}

#[test]
fn what_stays_out_of_json_and_what_stays_in_it_is_as_it_was_written() {
    let user = decoded(
        "<user><STATE>READY</STATE><reasonCode><code>-1</code></reasonCode><extension/><novelty a='1'>x</novelty></user>",
    );
    assert_eq!(user["root"], "User");
    assert_eq!(user["value"]["state"], "READY");
    assert_eq!(user["value"]["extension"], "");
    assert!(user["value"].get("teamId").is_none());
    assert!(user["value"]["extra"].get("novelty").is_some(), "{user}");
    let errors = decoded("<ApiErrors><ApiError><ErrorType>Not Found</ErrorType></ApiError></ApiErrors>");
    assert_eq!((&errors["kind"], &errors["root"]), (&Value::from("errors"), &Value::from("ApiErrors")));
    assert_eq!(errors["value"][0]["errorType"], "Not Found");
}
