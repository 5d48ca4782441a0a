//! The traps of the REST API as far as they concern reading and writing documents. Each test bears the number under which
//! `docs/traps.md` lists its trap.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as loudly as the test")]

use finesse_model::request::{Body, Draft, Purpose};
use finesse_model::{
    Action, ApiErrors, CallType, Change, ContactsOf, DecodeErrorKind, Dialog, DialogState, Dialogs, Document,
    Extension, LayoutConfig, Media, ParticipantState, Queue, ReasonCategory, Resource, ScriptSelectors,
    StateCause, SystemInfo, Team, TeamMessage, Update, User, UserState, Users, Verb, decode, decode_all,
};

fn data(update: &Update) -> &Resource {
    update.data.as_ref().unwrap()
}

fn own() -> Extension {
    Extension::new("3317").unwrap()
}

#[test]
fn trap_01_the_order_of_elements_means_nothing() {
    let forwards =
        User::from_xml("<User><loginId>1</loginId><state>READY</state><uri>/finesse/api/User/1</uri></User>");
    let backwards =
        User::from_xml("<User><uri>/finesse/api/User/1</uri><state>READY</state><loginId>1</loginId></User>");
    assert_eq!(forwards.unwrap(), backwards.unwrap());
}

#[test]
fn trap_02_the_case_of_names_changes_with_the_door() {
    for (rest, pushed) in [
        ("User", "user"),
        ("Dialog", "dialog"),
        ("Team", "team"),
        ("Queue", "Queue"),
        ("Devices", "devices"),
        ("Media", "media"),
        ("SystemInfo", "systemInfo"),
    ] {
        let inside = if rest == "Dialog" { "<id>7</id>" } else { "" };
        let text = format!(
            "<Update><event>PUT</event><source>/x</source><data><{pushed}>{inside}</{pushed}></data></Update>"
        );
        assert_eq!(data(&Update::from_xml(&text).unwrap()).root(), rest);
    }
    let one = User::from_xml("<User><ReasonCode><code>12</code></ReasonCode></User>").unwrap();
    let other = User::from_xml("<User><reasonCode><Code>12</Code></reasonCode></User>").unwrap();
    assert_eq!(one, other);
    let by_rest = "<ApiErrors><ApiError><ErrorType>x</ErrorType></ApiError></ApiErrors>";
    let by_push = "<apiErrors><apiError><errorType>x</errorType></apiError></apiErrors>";
    assert_eq!(ApiErrors::from_xml(by_rest).unwrap(), ApiErrors::from_xml(by_push).unwrap());
}

#[test]
fn trap_03_the_verb_is_upper_case_or_not_and_the_children_of_an_update_have_no_order() {
    let text = "<Update><data><apiErrors/></data><requestId></requestId><source>/finesse/api/User/1</source><event>put</event></Update>";
    let update = Update::from_xml(text).unwrap();
    assert_eq!(update.event, Verb::Put);
    assert!(matches!(update.change(), Change::Refused(_)));
}

#[test]
fn trap_04_callvariables_is_lower_case_and_is_written_so() {
    let text = "<Dialog><id>7</id><mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>a</value></CallVariable></callvariables></mediaProperties></Dialog>";
    let dialog = Dialog::from_xml(text).unwrap();
    assert_eq!(dialog.media_properties.as_ref().unwrap().variable("callVariable1"), Some("a"));
    assert_eq!(dialog.to_xml().unwrap(), text);
}

#[test]
fn trap_05_an_empty_list_has_many_forms_and_one_item_is_a_list() {
    for empty in ["<Dialogs/>", "<Dialogs></Dialogs>", "<Dialogs>\n  </Dialogs>"] {
        assert!(Dialogs::from_xml(empty).unwrap().items.is_empty());
    }
    for empty in ["<participants/>", "<participants></participants>"] {
        let dialog = Dialog::from_xml(&format!("<Dialog><id>7</id>{empty}</Dialog>")).unwrap();
        assert_eq!(dialog.participants, Some(Vec::new()));
    }
    let user = User::from_xml("<User><roles><role>Agent</role></roles></User>").unwrap();
    assert_eq!(serde_json::to_value(&user).unwrap()["roles"], serde_json::json!(["Agent"]));
}

#[test]
fn trap_05a_an_event_can_hold_an_active_an_alerting_and_a_dropped_party_at_once() {
    let party = |address: &str, state: &str| {
        format!("<Participant><mediaAddress>{address}</mediaAddress><state>{state}</state></Participant>")
    };
    let text = format!(
        "<Dialog><id>7</id><participants>{}{}{}</participants></Dialog>",
        party("5550142", "ACTIVE"),
        party("3317", "ALERTING"),
        party("3318", "DROPPED")
    );
    let dialog = Dialog::from_xml(&text).unwrap();
    assert_eq!(dialog.participants().len(), 3);
    assert_eq!(dialog.participant(own()).unwrap().state, Some(ParticipantState::Alerting));
}

#[test]
fn trap_06_absent_is_not_empty() {
    let thin = User::from_xml("<user><state>RESERVED</state><mediaType> </mediaType></user>").unwrap();
    assert_eq!(thin.login_name, None);
    assert_eq!(thin.roles, None);
    assert_eq!(thin.media_type.as_deref(), Some(""));
    let dialog =
        Dialog::from_xml("<Dialog><id>7</id><associatedDialogUri></associatedDialogUri></Dialog>").unwrap();
    assert_eq!(dialog.participants, None);
    assert_eq!(dialog.to_address, None);
    assert_eq!(dialog.associated_dialog_uri.as_deref(), Some(""));
}

#[test]
fn trap_07_minus_one_is_no_reason_and_an_id_is_not_a_code() {
    let user = User::from_xml("<User><reasonCodeId>-1</reasonCodeId></User>").unwrap();
    assert_eq!(user.reason_id(), None);
    let user = User::from_xml(
        "<User><reasonCode><id>61</id><code>12</code></reasonCode><reasonCodeId>61</reasonCodeId></User>",
    )
    .unwrap();
    assert_eq!(user.reason_id().unwrap().as_str(), "61");
    assert_eq!(user.reason_number(), Some(12));
    let talking =
        User::from_xml("<User><state>TALKING</state><reasonCodeId>61</reasonCodeId></User>").unwrap();
    assert_eq!((talking.reason_number(), talking.reason_id().is_some()), (None, true));
    let empty = User::from_xml("<User><reasonCodeId></reasonCodeId></User>").unwrap();
    assert_eq!(empty.reason_id(), None);
}

#[test]
fn trap_08_ids_are_text() {
    assert_eq!(
        User::from_xml("<User><loginId>0001109</loginId></User>").unwrap().login_id.unwrap().as_str(),
        "0001109"
    );
    for id in ["4294967295", "2147483648", "151635_312_1"] {
        assert_eq!(Dialog::from_xml(&format!("<Dialog><id>{id}</id></Dialog>")).unwrap().id.as_str(), id);
    }
    let one = User::from_xml("<User><loginId>Ag-Lindqvist</loginId></User>").unwrap().login_id.unwrap();
    let other = User::from_xml("<User><loginId>ag-lindqvist</loginId></User>").unwrap().login_id.unwrap();
    assert!(one != other && one.is_same_on_ccx(&other));
}

#[test]
fn trap_09_the_login_name_is_not_the_id() {
    let user = User::from_xml(
        "<User><loginId>41217</loginId><loginName>ivarga@corp.example</loginName><uri>/finesse/api/User/41217</uri></User>",
    )
    .unwrap();
    assert_eq!(user.login_id.unwrap().as_str(), "41217");
    assert_eq!(user.login_name.as_deref(), Some("ivarga@corp.example"));
}

#[test]
fn trap_10_times_have_many_forms_and_keep_their_text() {
    let user =
        User::from_xml("<User><stateChangeTime>2024-03-05T09:14:07.466Z</stateChangeTime></User>").unwrap();
    assert_eq!(user.state_change_time.unwrap().unix_millis(), Some(1_709_630_047_466));
    let queue = Queue::from_xml("<Queue><statistics><startTimeOfLongestCallInQueue>2024-03-05T10:11:21Z</startTimeOfLongestCallInQueue></statistics></Queue>").unwrap();
    let time = queue.statistics.unwrap().start_time_of_longest_call_in_queue.unwrap();
    assert_eq!((time.as_str(), time.unix_millis()), ("2024-03-05T10:11:21Z", Some(1_709_633_481_000)));
    let user = User::from_xml("<User><stateChangeTime></stateChangeTime></User>").unwrap();
    assert!(user.state_change_time.as_ref().unwrap().is_empty());
    assert_eq!(user.state_change_time.unwrap().unix_millis(), None);
    let dialog = Dialog::from_xml("<Dialog><id>7</id><scheduledCallbackInfo><callbackTime>2024-03-05T10:11</callbackTime></scheduledCallbackInfo></Dialog>").unwrap();
    assert_eq!(dialog.scheduled_callback_info.unwrap().callback_time.as_deref(), Some("2024-03-05T10:11"));
    let message =
        TeamMessage::from_xml("<TeamMessage><createdAt>1709632800</createdAt></TeamMessage>").unwrap();
    assert_eq!(message.created_at.unwrap().value(), Some(&1_709_632_800));
    let info = SystemInfo::from_xml(
        "<SystemInfo><lastSuccessCTIHeartbeatTime>1709634006266</lastSuccessCTIHeartbeatTime></SystemInfo>",
    )
    .unwrap();
    assert_eq!(info.last_success_cti_heartbeat_time.unwrap().value(), Some(&1_709_634_006_266));
}

#[test]
fn trap_11_a_time_is_by_the_clock_of_the_node_that_wrote_it() {
    let info = SystemInfo::from_xml(
        "<SystemInfo><currentTimestamp>2024-03-05T10:20:07.188Z</currentTimestamp></SystemInfo>",
    )
    .unwrap();
    let now = 1_709_634_000_000;
    assert_eq!(info.clock_ahead_millis(now), Some(7_188));
    assert_eq!(SystemInfo::default().clock_ahead_millis(now), None);
}

#[test]
fn trap_12_a_request_id_may_be_white_space() {
    let text =
        "<Update><event>PUT</event><source>/finesse/api/User/1</source><requestId>\n  </requestId></Update>";
    assert_eq!(Update::from_xml(text).unwrap().request_id, None);
}

#[test]
fn trap_14_removal_is_told_by_the_verb_not_by_the_state() {
    let text = "<Update><data><dialogs><Dialog><id>7</id><state>ALERTING</state><participants><Participant><mediaAddress>3317</mediaAddress><state>DROPPED</state><stateCause>OTHER</stateCause></Participant></participants></Dialog></dialogs></data><event>DELETE</event><source>/finesse/api/User/41217/Dialogs</source></Update>";
    let update = Update::from_xml(text).unwrap();
    let Change::DialogsRemoved(user, list) = update.change() else { panic!("{update:?}") };
    assert_eq!(user.as_str(), "41217");
    assert_eq!(list.items[0].state, Some(DialogState::Alerting));
    assert_eq!(list.items[0].participant(own()).unwrap().state_cause, Some(StateCause::Unspecified));
}

#[test]
fn trap_14a_a_hidden_caller_is_empty_and_the_agent_alone() {
    let text = "<Dialog><id>7</id><state>ALERTING</state><fromAddress></fromAddress><participants><Participant><mediaAddress>3317</mediaAddress></Participant></participants></Dialog>";
    let dialog = Dialog::from_xml(text).unwrap();
    assert_eq!(dialog.from_address.as_deref(), Some(""));
    assert_eq!(dialog.participants().len(), 1);
    assert!(dialog.participant(own()).is_some());
}

#[test]
fn trap_15_a_dialog_in_wrap_up_stays_active() {
    let text = "<Dialog><id>7</id><state>ACTIVE</state><participants><Participant><mediaAddress>3317</mediaAddress><state>WRAP_UP</state></Participant></participants></Dialog>";
    let dialog = Dialog::from_xml(text).unwrap();
    assert_eq!(dialog.state, Some(DialogState::Active));
    assert_eq!(dialog.participant(own()).unwrap().state, Some(ParticipantState::WrapUp));
}

#[test]
fn trap_16_the_actions_of_others_mean_nothing() {
    let text = "<Dialog><id>7</id><participants><Participant><mediaAddress>5550142</mediaAddress><actions><action>HOLD</action></actions></Participant><Participant><mediaAddress>3317</mediaAddress><actions><action>ANSWER</action></actions></Participant></participants></Dialog>";
    let dialog = Dialog::from_xml(text).unwrap();
    assert_eq!(dialog.actions(own()), [Action::Answer]);
    assert!(dialog.actions(Extension::new("9999").unwrap()).is_empty());
}

#[test]
fn trap_17_a_payload_is_text_or_elements_and_values_inside_are_escaped_twice() {
    let update = "<Update><event>PUT</event><source>/finesse/api/User/1</source><data><user><teamName>R&amp;D</teamName></user></data></Update>";
    let escaped = update.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for namespace in ["http://jabber.org/protocol/pubsub", "urn:xmpp:push:0"] {
        for payload in [update, escaped.as_str()] {
            let stanza = format!(
                "<message><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1'><item id='a1'><notification xmlns='{namespace}'>\n{payload}\n</notification></item></items></event></message>"
            );
            let documents = decode_all(&stanza).unwrap().items;
            let [Document::Item(item)] = documents.as_slice() else { panic!("{documents:?}") };
            let Resource::User(user) = data(&item.update) else { panic!("{item:?}") };
            assert_eq!(user.team_name.as_deref(), Some("R&D"));
        }
    }
}

#[test]
fn trap_18_unknown_elements_and_values_are_kept_and_written_back() {
    let text =
        "<Media><id>5000</id><state>DOZING</state><callRate unit=\"h\"><peak>7</peak></callRate></Media>";
    let media = Media::from_xml(text).unwrap();
    assert_eq!(media.state.as_ref().unwrap().as_str(), "DOZING");
    assert_eq!(media.to_xml().unwrap(), text);
    let dialog = Dialog::from_xml(
        "<Dialog><id>7</id><mediaProperties><callType>ACT_IN</callType></mediaProperties></Dialog>",
    )
    .unwrap();
    assert_eq!(dialog.media_properties.unwrap().call_type, Some(CallType::Other("ACT_IN".into())));
}

#[test]
fn trap_19_what_the_guide_misprints_is_an_error_with_its_place() {
    for text in [
        "<ReasonCode><forAll>true</forAll/></ReasonCode>",
        "<User><reasonCodeId>1</reaasonCodeId></User>",
        "<Dialog><scheduledCallbackInfo></scheduledCallbackTime></Dialog>",
    ] {
        let error = decode(text).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Syntax, "{text}");
        assert!(error.offset().is_some());
    }
}

#[test]
fn trap_20_what_is_not_xml_is_named() {
    for (text, kind) in [
        ("", DecodeErrorKind::Empty),
        ("<!DOCTYPE html><html><body>401</body></html>", DecodeErrorKind::Html),
        ("<html><head/></html>", DecodeErrorKind::Html),
        ("{\"status\":400}", DecodeErrorKind::Json),
        ("Bad Gateway", DecodeErrorKind::NotXml),
    ] {
        assert_eq!(decode(text).unwrap_err().kind(), kind, "{text}");
        assert_eq!(User::from_xml(text).unwrap_err().kind(), kind, "{text}");
    }
}

#[test]
fn trap_22_login_is_never_a_state_of_somebody_signed_in() {
    assert!(!UserState::Login.is_signed_in());
    assert!(UserState::NotReady.is_signed_in());
}

#[test]
fn trap_24_a_silent_monitor_is_no_call_of_the_agent() {
    let text = |kind: &str| {
        format!(
            "<Dialog><id>7</id><mediaProperties><callType>{kind}</callType></mediaProperties><participants><Participant><mediaAddress>3317</mediaAddress><actions/></Participant></participants></Dialog>"
        )
    };
    assert!(Dialog::from_xml(&text("SUPERVISOR_MONITOR")).unwrap().is_silent_monitor());
    assert!(!Dialog::from_xml(&text("ACD_IN")).unwrap().is_silent_monitor());
}

#[test]
fn trap_26_xml_in_text_is_escaped_and_what_xml_cannot_express_is_refused_or_replaced() {
    let layout = LayoutConfig {
        layout_xml: Some("<finesseLayout a=\"1\">&amp;</finesseLayout>".into()),
        ..LayoutConfig::default()
    };
    let body = layout.to_request(Purpose::Update).unwrap();
    assert!(!body.contains("<finesseLayout"), "{body}");
    assert_eq!(LayoutConfig::from_xml(&body).unwrap(), layout);
    assert_eq!(Body::new("Dialog").field("toAddress", "7\u{1}").into_xml().unwrap_err().field(), "toAddress");
    let read = User::from_xml("<User><firstName>a&#1;b</firstName></User>").unwrap();
    assert_eq!(read.first_name.as_deref(), Some("a\u{FFFD}b"));
    let media = Media::from_xml("<Media><description>a &amp;lt; b</description></Media>").unwrap();
    assert_eq!(media.description.as_deref(), Some("a &lt; b"));
}

#[test]
fn trap_27_one_bad_user_of_thousands_is_reported_beside_the_others() {
    let mut text = String::from("<Users>");
    for id in 0..6_000 {
        text.push_str(&format!("<User><loginId>{id}</loginId><state>READY</state></User>"));
    }
    text.push_str("<User><loginId>x</loginId><loginId>y</loginId></User></Users>");
    let users = Users::from_xml(&text).unwrap();
    assert_eq!((users.items.len(), users.rejected.len()), (6_000, 1));
}

#[test]
fn both_forms_of_a_phone_book_and_of_a_team_are_read() {
    let by_uri =
        "<PhoneBook><name>Branches</name><contacts>/finesse/api/PhoneBook/34/Contacts</contacts></PhoneBook>";
    let Document::Resource(Resource::PhoneBook(book)) = decode(by_uri).unwrap() else { panic!() };
    assert_eq!(book.contacts, Some(ContactsOf::Uri("/finesse/api/PhoneBook/34/Contacts".into())));
    let inline = "<PhoneBook><name>Branches</name><Contacts><Contact><phoneNumber>651</phoneNumber></Contact></Contacts></PhoneBook>";
    let Document::Resource(Resource::PhoneBook(book)) = decode(inline).unwrap() else { panic!() };
    let Some(ContactsOf::Inline(contacts)) = &book.contacts else { panic!() };
    assert_eq!(contacts[0].phone_number.as_deref(), Some("651"));
    let team = Team::from_xml("<Team><users><User><uri>/finesse/api/User/1234/</uri></User></users></Team>")
        .unwrap();
    assert_eq!(team.users.unwrap()[0].id().unwrap().as_str(), "1234");
    let selectors = ScriptSelectors::from_xml(
        "<ScriptSelectors><ScriptSelector><MrdID>1</MrdID><Name>n</Name></ScriptSelector></ScriptSelectors>",
    )
    .unwrap();
    assert_eq!(selectors.items[0].mrd_id.as_ref().unwrap().as_str(), "1");
    let codes = "<ReasonCodes category=\"NOT_READY\"><ReasonCode><category>NOT_READY</category></ReasonCode></ReasonCodes>";
    let Document::Resource(Resource::ReasonCodes(codes)) = decode(codes).unwrap() else { panic!() };
    assert_eq!(codes.items[0].category, Some(ReasonCategory::NotReady));
}
