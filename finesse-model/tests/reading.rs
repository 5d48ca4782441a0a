//! Reading what Finesse writes, with its inconsistencies. Each test is named after the trap it stands for.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as loudly as the test")]

use finesse_model::{
    ApiErrors, DecodeErrorKind, Dialog, Dialogs, Document, ReasonClass, Resource, Role, Scalar, SystemInfo,
    SystemStatus, Update, User, UserState, Verb, decode, decode_all,
};
use serde_json::json;

fn kind(text: &str) -> DecodeErrorKind {
    decode_all(text).unwrap_err().kind()
}

fn user_update() -> User {
    match Update::from_xml(include_str!("fixtures/update-user.xml")).unwrap().data.unwrap() {
        Resource::User(user) => *user,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_item_of_a_stanza_that_makes_no_sense_stands_beside_the_others() {
    let update = "<Update><event>PUT</event><source>/finesse/api/User/1</source></Update>";
    let sourceless = "<Update><event>PUT</event></Update>";
    let escaped = |text: &str| text.replace('<', "&lt;");
    let stanza = |items: &[&str]| {
        let items: String = items
            .iter()
            .enumerate()
            .map(|(at, inside)| format!("<item id='i{at}'><notification>{inside}</notification></item>"))
            .collect();
        format!("<message><event><items node='/finesse/api/User/1'>{items}</items></event></message>")
    };
    let cut_off = escaped(&update[..20]);
    let mixed = stanza(&[sourceless, update, &escaped(sourceless), &cut_off, "", &escaped(update)]);
    let list = decode_all(&mixed).unwrap();
    let ids: Vec<_> = list.items.iter().map(|document| document.to_json()["itemId"].clone()).collect();
    assert_eq!(ids, ["i1", "i5"]);
    let said: Vec<String> = list.rejected.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 4);
    for (at, words) in
        [("i0", "without source"), ("i2", "without source"), ("i3", "cut off"), ("i4", "content")]
    {
        assert!(said.iter().any(|said| said.contains(at) && said.contains(words)), "{at}: {said:?}");
    }
    assert_eq!(kind(&stanza(&[sourceless])), DecodeErrorKind::MissingField);
}

#[test]
fn an_update_is_read_in_any_order_and_case_and_an_empty_request_id_is_none() {
    let update = Update::from_xml(include_str!("fixtures/update-user.xml")).unwrap();
    assert_eq!(update.event, Verb::Put);
    assert_eq!(update.source, "/finesse/api/User/40217");
    assert_eq!(update.request_id, None);
    assert!(
        Update::from_xml("<update><event> DELETE </event><source>/x</source><data></data></update>")
            .unwrap()
            .data
            .is_none()
    );
}

#[test]
fn absent_and_empty_are_not_the_same() {
    let user = user_update();
    assert_eq!(user.pending_state, Some(UserState::Other(String::new())));
    assert!(user.pending_state.unwrap().is_empty());
    assert_eq!(user.active_device_id, None);
    assert!(user.settings.unwrap().wrap_up_on_incoming.unwrap().is_empty());
}

#[test]
fn an_empty_number_is_no_error() {
    assert_eq!(user_update().wrap_up_timer, Some(Scalar::Text(String::new())));
}

#[test]
fn an_unknown_element_among_the_items_of_a_collection_is_kept_and_written_back() {
    let text = "<Dialog><id>9</id><participants><novelty a='1'>x</novelty><Participant><state>ACTIVE</state></Participant></participants></Dialog>";
    let dialog = Dialog::from_xml(text).unwrap();
    assert_eq!(dialog.participants().len(), 1);
    let xml = dialog.to_xml().unwrap();
    assert!(xml.contains("<participants><novelty a=\"1\">x</novelty></participants>"), "{xml}");
    assert_eq!(Dialog::from_xml(&xml).unwrap(), dialog);
    let json = serde_json::to_value(&dialog).unwrap();
    assert_eq!(json["participants"].as_array().unwrap().len(), 1);
    assert_eq!(json["extra"]["participants"]["novelty"]["#text"], "x", "{json}");
}

/// Found by fuzzing: the id was written twice, and what was written could not be read.
#[test]
fn an_id_that_is_none_is_written_once_as_it_came() {
    let dialog =
        Dialog::from_xml("<Dialog><id>9/02</id><uri>/finesse/api/Dialog/902</uri></Dialog>").unwrap();
    assert_eq!(dialog.id.as_str(), "902");
    let xml = dialog.to_xml().unwrap();
    assert_eq!(xml.matches("<id>").count(), 1, "{xml}");
    assert_eq!(Dialog::from_xml(&xml).unwrap(), dialog);
}

#[test]
fn an_unknown_value_and_an_unknown_element_are_kept() {
    let user = user_update();
    assert_eq!(user.roles, Some(vec![Role::Agent, Role::Other("Archivist".into())]));
    let value = serde_json::to_value(&user).unwrap();
    assert_eq!(value["extra"], json!({ "novelty": { "part": ["1", "2"] } }));
}

#[test]
fn an_added_dialog_comes_in_the_plural_wrapper_and_a_changed_one_does_not() {
    let added = Update::from_xml(include_str!("fixtures/update-dialog-added.xml")).unwrap();
    let Some(Resource::Dialogs(dialogs)) = added.data else { panic!() };
    let dialog = &dialogs.items[0];
    let variables = dialog.media_properties.as_ref().unwrap().call_variables.as_ref().unwrap();
    assert_eq!(variables[0].value.as_deref(), Some("R&D desk"));
    assert_eq!(variables[1].value.as_deref(), Some(""));
    assert_eq!(dialog.participants().len(), 2);
    let changed = "<Update><event>PUT</event><source>/finesse/api/Dialog/9</source><data><dialog><id>9</id></dialog></data></Update>";
    assert!(matches!(Update::from_xml(changed).unwrap().data, Some(Resource::Dialog(_))));
}

#[test]
fn errors_have_the_same_shape_whatever_the_channel() {
    let Some(Resource::ApiErrors(by_event)) =
        Update::from_xml(include_str!("fixtures/update-error.xml")).unwrap().data
    else {
        panic!()
    };
    let by_rest = ApiErrors::from_xml(
        "<ApiErrors><ApiError><ErrorType>Call Operation Failure</ErrorType><ErrorMessage>CF_RESOURCE_OUT_OF_SERVICE</ErrorMessage>\
         <ErrorData>34</ErrorData></ApiError></ApiErrors>",
    )
    .unwrap();
    assert_eq!(by_event, by_rest);
    assert!(by_rest.says("CF_RESOURCE_OUT_OF_SERVICE"));
}

#[test]
fn one_bad_dialog_does_not_lose_the_others() {
    let list = Dialogs::from_xml(
        "<Dialogs><Dialog><state>ACTIVE</state></Dialog><Dialog><id>7</id></Dialog></Dialogs>",
    )
    .unwrap();
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.rejected[0].kind(), DecodeErrorKind::MissingField);
    assert!(Dialogs::from_xml("<Dialogs/>").unwrap().items.is_empty());
}

#[test]
fn interleaved_lists_are_one_list() {
    let user = User::from_xml(
        "<User><roles><role>Agent</role></roles><state>READY</state><roles><x/><role>Supervisor</role></roles></User>",
    )
    .unwrap();
    assert_eq!(user.roles.unwrap().len(), 2);
}

#[test]
fn a_doubled_scalar_is_refused_and_named_and_costs_one_item_of_a_list() {
    let error = User::from_xml("<User><state>READY</state><State>TALKING</State></User>").unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Doubled);
    assert!(error.to_string().contains("<state>") && error.offset().is_some(), "{error}");
    let list = Dialogs::from_xml(
        "<Dialogs><Dialog><id>1</id><id>2</id><participants/></Dialog><Dialog><id>3</id></Dialog></Dialogs>",
    )
    .unwrap();
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.rejected[0].kind(), DecodeErrorKind::Doubled);
}

#[test]
fn system_info_tells_its_heartbeat_age_by_its_own_clock() {
    let info = SystemInfo::from_xml(include_str!("fixtures/system-info.xml")).unwrap();
    assert_eq!(info.status, Some(SystemStatus::InService));
    assert_eq!(info.heartbeat_age_millis(), Some(922));
}

#[test]
fn the_root_is_checked() {
    assert_eq!(User::from_xml("<ApiErrors/>").unwrap_err().kind(), DecodeErrorKind::WrongRoot);
    assert_eq!(kind("<pets/>"), DecodeErrorKind::WrongRoot);
}

#[test]
fn what_is_not_a_document_is_named() {
    assert_eq!(kind(""), DecodeErrorKind::Empty);
    assert_eq!(kind("  \n"), DecodeErrorKind::Empty);
    assert_eq!(kind("<!DOCTYPE html><html><body>502</body></html>"), DecodeErrorKind::Html);
    assert_eq!(kind("<html><body>502</body></html>"), DecodeErrorKind::Html);
    assert_eq!(kind("{\"status\": 400}"), DecodeErrorKind::Json);
    assert_eq!(kind("nonsense"), DecodeErrorKind::NotXml);
    assert_eq!(kind("<User><state>READY</sta"), DecodeErrorKind::Truncated);
    assert_eq!(kind("<User><state>READY</state>"), DecodeErrorKind::Truncated);
    assert_eq!(kind("<User></Dialog>"), DecodeErrorKind::Syntax);
    assert_eq!(kind("<User><state>&nbsp;</state></User>"), DecodeErrorKind::Syntax);
    assert_eq!(kind("<User/><User/>"), DecodeErrorKind::Syntax);
}

#[test]
fn two_hundred_thousand_levels_end_in_an_error() {
    let deep = format!("<User>{}", "<a>".repeat(200_000));
    assert_eq!(kind(&deep), DecodeErrorKind::TooDeep);
}

#[test]
fn a_whole_stanza_is_read_with_escaped_text_and_with_child_elements() {
    let update = "<Update><event>PUT</event><source>/finesse/api/User/1</source><data><user><lastName>A&amp;B</lastName></user></data></Update>";
    let escaped = update.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for inside in [escaped.as_str(), update] {
        let stanza = format!(
            "<message from='pubsub.fin-a.lab.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>\
             <items node='/finesse/api/User/1'><item id='i1'><notification xmlns='urn:xmpp:push:0'>{inside}</notification></item></items>\
             </event><delay xmlns='urn:xmpp:delay' stamp='2026-03-01T17:02:11.415Z'/></message>"
        );
        let documents = decode_all(&stanza).unwrap().items;
        let json = documents[0].to_json();
        assert_eq!(json["node"], "/finesse/api/User/1");
        assert_eq!(json["itemId"], "i1");
        assert_eq!(json["delayed"], true);
        assert_eq!(json["value"]["data"]["User"]["lastName"], "A&B");
    }
}

#[test]
fn json_has_one_spelling_and_arrays_always() {
    let Document::Update(update) = decode(include_str!("fixtures/update-dialog-added.xml")).unwrap() else {
        panic!()
    };
    let value = serde_json::to_value(&update).unwrap();
    assert_eq!(value["event"], "POST");
    let dialog = &value["data"]["Dialogs"][0];
    assert_eq!(dialog["id"], "90233187");
    assert_eq!(dialog["participants"][1]["actions"], json!([]));
    assert_eq!(
        dialog["mediaProperties"]["callvariables"][0],
        json!({ "name": "callVariable1", "value": "R&D desk" })
    );
    assert_eq!(dialog["associatedDialogUri"], "");
    assert!(dialog.get("secondaryId").is_none());
}

#[test]
fn reasons_fall_into_classes() {
    let user = User::from_xml("<User><reasonCode><code>50002</code></reasonCode></User>").unwrap();
    assert_eq!(user.reason_class(), Some(ReasonClass::Connection));
    assert_eq!(user_update().reason_class(), None);
}

#[test]
fn a_root_that_is_a_collection_has_a_list_as_its_value_however_long_it_is() {
    for (xml, expected) in [
        ("<Queues/>", serde_json::json!([])),
        ("<Queues><Queue><name>a</name></Queue></Queues>", serde_json::json!([{"name": "a"}])),
        (
            "<Queues><Queue><name>a</name></Queue><Queue><name>b</name></Queue></Queues>",
            serde_json::json!([{"name": "a"}, {"name": "b"}]),
        ),
    ] {
        assert_eq!(decode(xml).unwrap().to_json()["value"], expected, "{xml}");
    }
}
