//! What a server sends cannot make memory or time grow beyond its own length.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as loudly as the test")]

use std::fmt::Write as _;

use finesse_model::{ContactsOf, DecodeErrorKind, PhoneBook, Team, Update, User, Users, decode};

#[test]
fn empty_items_by_the_hundred_thousand_are_refused() {
    for (root, item) in
        [("Users", "<User/>"), ("Dialogs", "<Dialog><id>1</id></Dialog>"), ("Contacts", "<Contact/>")]
    {
        let text = format!("<{root}>{}</{root}>", item.repeat(300_000));
        assert_eq!(decode(&text).map(|_| ()).unwrap_err().kind(), DecodeErrorKind::TooLarge, "{root}");
    }
    let unknown = format!("<User>{}</User>", "<a/>".repeat(1_000_000));
    assert_eq!(User::from_xml(&unknown).map(|_| ()).unwrap_err().kind(), DecodeErrorKind::TooLarge);
}

#[test]
fn a_long_list_of_real_users_is_read() {
    let mut text = String::from("<Users>");
    for id in 0..6_000 {
        write!(
            text,
            "<User><dialogs>/finesse/api/User/{id}/Dialogs</dialogs><extension>{id}</extension><firstName>A</firstName><lastName>B</lastName>\
             <loginId>{id}</loginId><loginName>user{id}</loginName><roles><role>Agent</role></roles><state>NOT_READY</state>\
             <teamId>1</teamId><teamName>T</teamName><uri>/finesse/api/User/{id}</uri></User>"
        )
        .unwrap();
    }
    text.push_str("</Users>");
    assert_eq!(Users::from_xml(&text).unwrap().len(), 6_000);
}

#[test]
fn many_different_unknown_elements_become_json_in_one_pass() {
    let mut text = String::from("<User>");
    for number in 0..40_000 {
        write!(text, "<unknown{number}>text of some length</unknown{number}>").unwrap();
    }
    text.push_str("</User>");
    let json = decode(&text).unwrap().to_json();
    assert_eq!(json["value"]["extra"].as_object().unwrap().len(), 40_000);
}

#[test]
fn one_bad_item_of_a_nested_list_stands_beside_the_others() {
    let bad = "<User><state>READY</state><state>READY</state></User>";
    let team = Team::from_xml(&format!("<Team><users>{bad}<User><loginId>1</loginId></User></users></Team>"));
    let users = team.unwrap().users.unwrap();
    assert_eq!((users.items.len(), users.rejected.len()), (1, 1));
    let bad = "<Contact><phoneNumber>1</phoneNumber><phoneNumber>1</phoneNumber></Contact>";
    let book = PhoneBook::from_xml(&format!("<PhoneBook><Contacts>{bad}<Contact/></Contacts></PhoneBook>"));
    let Some(ContactsOf::Inline(contacts)) = book.unwrap().contacts else { panic!() };
    assert_eq!((contacts.items.len(), contacts.rejected.len()), (1, 1));
}

#[test]
fn a_doubled_part_of_an_update_is_refused() {
    let text = "<Update><event>PUT</event><source>/x</source><Event>DELETE</Event></Update>";
    assert_eq!(Update::from_xml(text).unwrap_err().kind(), DecodeErrorKind::Doubled);
}
