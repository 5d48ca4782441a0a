//! `finesse decode` as other programs use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use common::{feed, finesse};
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
