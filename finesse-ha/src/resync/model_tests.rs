use std::collections::BTreeSet;
use std::slice::from_ref;

use finesse_model::UserState;
use proptest::prelude::*;

use super::super::kit::{OWN, agent, at, call, id, talk, time, timed_call, with_variable};
use super::super::snapshot::Read;
use super::*;

const S: Duration = Duration::from_secs(1);

/// Everything asked for at that place, and answered at the next.
fn read(sent: u64, user: User, dialogs: &[Dialog]) -> Snapshot {
    let received = sent + 1;
    let each = |dialog: &Dialog| (dialog.id.clone(), Read { value: dialog.clone(), sent, received });
    Snapshot {
        before: user.clone(),
        user: Read { value: user, sent, received },
        list_sent: sent,
        list_received: received,
        unreadable: 0,
        dialogs: dialogs.iter().map(each).collect(),
    }
}

/// A model that has read this at place 10.
fn knows(user: User, dialogs: &[Dialog]) -> Model {
    let mut model = Model::default();
    model.settle(S, &read(10, user, dialogs));
    model
}

fn knows_calls(dialogs: &[Dialog]) -> Model {
    knows(agent("READY", 0, 0), dialogs)
}

fn live(model: &mut Model, index: u64, news: &News) -> Applied {
    model.apply(index, S, news)
}

fn is(dialog: Dialog) -> News {
    News::Present(vec![dialog])
}

fn over(dialog: Dialog) -> News {
    News::Gone(vec![dialog])
}

fn says(user: User) -> News {
    News::User(Box::new(user))
}

fn nothing() -> Applied {
    Applied::default()
}

fn doubt() -> Applied {
    Applied { changes: Vec::new(), doubtful: true }
}

fn certain(changes: Vec<Change>) -> Applied {
    Applied { changes, doubtful: false }
}

fn started(dialog: Dialog) -> Change {
    Change::Started(Box::new(dialog))
}

fn changed(dialog: Dialog) -> Change {
    Change::Changed(Box::new(dialog))
}

fn ended(dialog: Dialog) -> Change {
    Change::Ended(Box::new(dialog))
}

// Notifications on a live stream.

#[test]
fn a_newer_event_is_applied_and_told() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    let held = talk("1", "HELD", 900);
    assert_eq!(live(&mut model, 11, &is(held.clone())), certain(vec![changed(held.clone())]));
    assert_eq!(model.dialog(&id("1")), Some(&held));
}

#[test]
fn d8_an_event_with_equal_contents_is_not_told() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    assert_eq!(live(&mut model, 11, &is(talk("1", "ACTIVE", 100))), nothing());
    assert_eq!(live(&mut model, 12, &says(agent("READY", 0, 0))), nothing());
}

#[test]
fn d9_an_older_event_is_dropped_and_leaves_a_doubt() {
    let mut model = knows_calls(&[talk("1", "HELD", 900)]);
    assert_eq!(live(&mut model, 11, &is(talk("1", "ACTIVE", 100))), doubt());
    let mut model = knows(agent("READY", 900, 0), &[]);
    assert_eq!(live(&mut model, 11, &says(agent("NOT_READY", 100, 12))), doubt());
    assert_eq!(model.user(), Some(&agent("READY", 900, 0)));
}

#[test]
fn an_event_that_cannot_be_ordered_against_a_read_is_applied_with_a_doubt() {
    let mut model = knows_calls(&[with_variable(talk("1", "ACTIVE", 100), "gold")]);
    let silver = with_variable(talk("1", "ACTIVE", 100), "silver");
    let applied = live(&mut model, 11, &is(silver.clone()));
    assert_eq!(applied, Applied { changes: vec![changed(silver)], doubtful: true });
}

#[test]
fn events_that_cannot_be_ordered_against_each_other_come_in_their_order() {
    let mut model = knows_calls(&[]);
    live(&mut model, 11, &is(with_variable(talk("1", "ACTIVE", 100), "gold")));
    let silver = with_variable(talk("1", "ACTIVE", 100), "silver");
    assert_eq!(live(&mut model, 12, &is(silver.clone())), certain(vec![changed(silver)]));
}

#[test]
fn a_thin_event_changes_only_what_it_says() {
    let mut model = knows(agent("NOT_READY", 0, 12), &[]);
    let thin = User::from_xml("<User><teamName>Gold</teamName></User>").unwrap();
    live(&mut model, 11, &says(thin));
    let expected = User { team_name: Some(String::from("Gold")), ..agent("NOT_READY", 0, 12) };
    assert_eq!(model.user(), Some(&expected));
}

#[test]
fn a_thin_event_of_a_call_keeps_what_it_leaves_out_and_leaves_a_doubt() {
    let whole = with_variable(talk("1", "ACTIVE", 100), "gold");
    for thin in ["<Dialog><id>1</id><state>ACTIVE</state></Dialog>", "<Dialog><id>1</id></Dialog>"] {
        let mut model = knows_calls(&[]);
        live(&mut model, 11, &is(whole.clone()));
        let applied = live(&mut model, 12, &is(Dialog::from_xml(thin).unwrap()));
        assert_eq!(model.dialog(&id("1")), Some(&whole), "{thin}");
        assert_eq!(applied, doubt(), "{thin}");
    }
    let mut model = knows_calls(&[]);
    live(&mut model, 11, &is(whole.clone()));
    let thin = Dialog::from_xml("<Dialog><id>1</id><toAddress>5550142</toAddress></Dialog>").unwrap();
    let expected = Dialog { to_address: Some(String::from("5550142")), ..whole };
    let applied = live(&mut model, 12, &is(thin));
    assert_eq!(applied, Applied { changes: vec![changed(expected)], doubtful: true });
}

#[test]
fn a_removal_tells_the_last_that_was_said_of_the_call() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    let last = talk("1", "DROPPED", 900);
    assert_eq!(live(&mut model, 11, &over(last.clone())), certain(vec![ended(last)]));
    assert!(model.is_idle());
}

#[test]
fn a_removal_that_only_names_the_call_tells_the_last_that_was_known() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    let bare = over(Dialog::new(id("1")));
    assert_eq!(live(&mut model, 11, &bare), certain(vec![ended(talk("1", "ACTIVE", 100))]));
    assert_eq!(live(&mut model, 12, &bare), nothing());
}

#[test]
fn d11_a_change_of_an_unknown_call_is_its_beginning() {
    let mut model = knows_calls(&[]);
    let dialog = talk("1", "ACTIVE", 100);
    assert_eq!(live(&mut model, 11, &is(dialog.clone())), certain(vec![started(dialog)]));
    let bare = Dialog::new(id("2"));
    let applied = live(&mut model, 12, &is(bare.clone()));
    assert_eq!(applied, Applied { changes: vec![started(bare)], doubtful: true });
}

#[test]
fn d4_a_call_that_goes_on_under_another_id_is_replaced() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    let new = Dialog { secondary_id: Some(String::from("1")), ..talk("2", "ACTIVE", 900) };
    let replaced = Change::Replaced { dialog: Box::new(new.clone()), replaces: id("1") };
    assert_eq!(live(&mut model, 11, &is(new.clone())), certain(vec![replaced]));
    assert_eq!(model.picture().dialogs, [new]);
    // What is late about the old one does not revive it, and its removal says nothing new.
    assert_eq!(live(&mut model, 12, &is(talk("1", "HELD", 800))), doubt());
    assert_eq!(live(&mut model, 13, &over(talk("1", "DROPPED", 950))), nothing());
}

#[test]
fn a_consult_call_does_not_replace_the_call_it_belongs_to() {
    let mut model = knows_calls(&[talk("1", "HELD", 100)]);
    let uri = Some(String::from("/finesse/api/Dialog/1"));
    let consult = Dialog { associated_dialog_uri: uri, ..talk("2", "ACTIVE", 900) };
    assert_eq!(live(&mut model, 11, &is(consult.clone())), certain(vec![started(consult)]));
    assert_eq!(model.dialogs().count(), 2);
}

#[test]
fn d13_a_beginning_after_the_end_revives_nothing() {
    let mut model = knows_calls(&[]);
    assert_eq!(live(&mut model, 11, &over(talk("1", "DROPPED", 900))), nothing());
    assert_eq!(live(&mut model, 12, &is(talk("1", "ALERTING", 100))), doubt());
    assert!(model.is_idle());
}

#[test]
fn d13_a_read_that_was_sent_after_the_end_shows_the_call_again() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    live(&mut model, 20, &over(talk("1", "DROPPED", 900)));
    let user = agent("READY", 0, 0);
    assert_eq!(model.settle(S, &read(19, user.clone(), &[talk("1", "ACTIVE", 100)])), doubt());
    let again = talk("1", "ACTIVE", 100);
    assert_eq!(model.settle(S, &read(21, user, from_ref(&again))), certain(vec![started(again)]));
}

#[test]
fn an_end_is_forgotten_after_ten_minutes() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    model.apply(11, S, &over(talk("1", "DROPPED", 900)));
    assert!(model.apply(12, 600 * S, &is(talk("1", "ACTIVE", 100))).changes.is_empty());
    assert_eq!(model.apply(13, 601 * S, &is(talk("1", "ACTIVE", 100))).changes.len(), 1);
}

#[test]
fn ended_calls_take_bounded_memory_and_the_oldest_are_forgotten_first() {
    let mut model = knows_calls(&[]);
    for number in 0..=MAX_TOMBSTONES {
        let dialog = Dialog::new(id(&number.to_string()));
        model.apply(11 + number as u64, S, &over(dialog));
    }
    assert_eq!(model.tombstones.len(), MAX_TOMBSTONES);
    assert!(!model.has_known(&id("0")));
    assert!(model.has_known(&id("1")));
}

#[test]
fn what_cannot_be_read_leaves_a_doubt() {
    assert_eq!(
        live(&mut knows_calls(&[]), 11, &News::Unreadable { why: String::from("?"), own: true }),
        doubt()
    );
}

// Reads: the end of a gap, and audits.

#[test]
fn the_first_read_tells_everything() {
    let (user, dialog) = (agent("TALKING", 0, 0), talk("1", "ACTIVE", 100));
    let applied = Model::default().settle(S, &read(10, user.clone(), from_ref(&dialog)));
    assert_eq!(applied, certain(vec![started(dialog), Change::User(Box::new(user))]));
}

#[test]
fn a_read_that_shows_the_same_tells_nothing() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100)]);
    assert_eq!(model.settle(S, &read(20, agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)])), nothing());
}

#[test]
fn changes_come_in_the_order_ended_replaced_started_changed_agent() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 1), talk("2", "ACTIVE", 1), talk("9", "ACTIVE", 1)]);
    let new = talk("0", "ACTIVE", 5000);
    let other = Dialog { secondary_id: Some(String::from("2")), ..talk("3", "ACTIVE", 5000) };
    let held = talk("9", "HELD", 5000);
    let user = agent("TALKING", 5000, 0);
    let applied = model.settle(S, &read(20, user.clone(), &[new.clone(), other.clone(), held.clone()]));
    let expected = [
        ended(talk("1", "ACTIVE", 1)),
        Change::Replaced { dialog: Box::new(other), replaces: id("2") },
        started(new),
        changed(held),
        Change::User(Box::new(user)),
    ];
    assert_eq!(applied, certain(expected.to_vec()));
}

#[test]
fn d4_a_consult_call_that_is_left_after_a_gap_replaces_the_call_it_belonged_to() {
    let mut model = knows_calls(&[talk("1", "HELD", 100)]);
    let uri = Some(String::from("/finesse/api/Dialog/1"));
    let consult = Dialog { associated_dialog_uri: uri, ..talk("2", "ACTIVE", 900) };
    let applied = model.settle(S, &read(20, agent("READY", 0, 0), from_ref(&consult)));
    assert_eq!(applied, certain(vec![Change::Replaced { dialog: Box::new(consult), replaces: id("1") }]));
}

#[test]
fn d5_a_change_of_the_parties_is_one_change_of_the_call() {
    let mut model = knows_calls(&[call("1", &[(OWN, "ACTIVE", 1), ("5550142", "ACTIVE", 1)])]);
    let three = call("1", &[(OWN, "ACTIVE", 1), ("5550142", "DROPPED", 5000), ("7302", "ACTIVE", 4000)]);
    let applied = model.settle(S, &read(20, agent("READY", 0, 0), from_ref(&three)));
    assert_eq!(applied, certain(vec![changed(three)]));
}

#[test]
fn d6_the_time_since_when_a_call_is_held_survives_a_failover_that_forgets_it() {
    let mut model = knows_calls(&[timed_call("1", &[(OWN, "HELD", &at(100))])]);
    let forgotten = timed_call("1", &[(OWN, "HELD", "")]);
    assert_eq!(model.settle(S, &read(20, agent("READY", 0, 0), &[forgotten])), nothing());
    assert_eq!(model.dialog(&id("1")).unwrap().participants()[0].state_change_time, Some(time(100)));
    // Another state has another time, also if that is unknown.
    let active = timed_call("1", &[(OWN, "ACTIVE", "")]);
    assert_eq!(
        model.settle(S, &read(30, agent("READY", 0, 0), from_ref(&active))),
        certain(vec![changed(active)])
    );
}

#[test]
fn times_of_two_sides_less_than_two_seconds_apart_are_the_same_moment() {
    let mut model = knows(agent("READY", 0, 0), &[talk("1", "HELD", 100)]);
    assert_eq!(model.settle(S, &read(20, agent("READY", 1999, 0), &[talk("1", "HELD", 2099)])), nothing());
    assert_eq!(model.user(), Some(&agent("READY", 0, 0)));
    let applied = model.settle(S, &read(30, agent("READY", 2000, 0), &[talk("1", "HELD", 2100)]));
    assert_eq!(applied.changes.len(), 2);
}

#[test]
fn notifications_are_ordered_by_the_times_of_the_side_in_use_and_not_by_those_shown() {
    let mut model = knows(agent("READY", 1000, 0), &[]);
    // The other side's clock is a little behind.
    model.settle(S, &read(20, agent("READY", 0, 0), &[]));
    let not_ready = agent("NOT_READY", 500, 12);
    let applied = live(&mut model, 25, &says(not_ready.clone()));
    assert_eq!(applied, certain(vec![Change::User(Box::new(not_ready))]));
}

#[test]
fn d14_another_call_under_an_old_id_is_an_end_and_a_beginning() {
    let begun = |from: &str, millis: u64| {
        let mut dialog = Dialog { from_address: Some(from.to_owned()), ..talk("1", "ACTIVE", millis) };
        for party in dialog.participants.iter_mut().flatten() {
            party.start_time = Some(time(millis));
        }
        dialog
    };
    let (old, new) = (begun("5550142", 0), begun("5550199", 60_000));
    let mut model = knows_calls(from_ref(&old));
    let applied = model.settle(S, &read(20, agent("READY", 0, 0), from_ref(&new)));
    assert_eq!(applied, certain(vec![ended(old.clone()), started(new)]));
    // A transferred call comes from somebody else too, but it began when it began.
    let mut model = knows_calls(&[old]);
    let applied = model.settle(S, &read(20, agent("READY", 0, 0), &[begun("5550199", 1000)]));
    assert!(matches!(&applied.changes[..], [Change::Changed(_)]), "{applied:?}");
}

#[test]
fn an_audit_leaves_alone_what_was_touched_since_it_was_sent() {
    let mut model = knows_calls(&[talk("1", "ACTIVE", 100), talk("2", "ACTIVE", 100)]);
    let held = talk("1", "HELD", 5000);
    live(&mut model, 25, &is(held.clone()));
    live(&mut model, 26, &says(agent("NOT_READY", 5000, 12)));
    live(&mut model, 27, &is(talk("3", "ALERTING", 5000)));
    // Asked for before all that, and not showing the second call any more.
    let applied = model.settle(S, &read(20, agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]));
    assert_eq!(applied, Applied { changes: vec![ended(talk("2", "ACTIVE", 100))], doubtful: true });
    assert_eq!(model.dialog(&id("1")), Some(&held));
    assert_eq!(model.user(), Some(&agent("NOT_READY", 5000, 12)));
    assert!(model.dialog(&id("3")).is_some());
}

#[test]
fn an_audit_that_agrees_with_what_was_touched_since_leaves_no_doubt() {
    let mut model = knows_calls(&[]);
    live(&mut model, 25, &is(talk("1", "ACTIVE", 100)));
    assert_eq!(model.settle(S, &read(20, agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)])), nothing());
}

// Anything.

#[derive(Debug, Clone)]
enum Input {
    Is(u8, bool, u64),
    Over(u8),
    Replaces(u8, u8, u64),
    Agent(bool, u64),
    Reads { ago: u64, held: BTreeSet<(u8, bool)>, ready: bool, millis: u64 },
}

fn input() -> impl Strategy<Value = Input> {
    let calls = 0u8..4;
    prop_oneof![
        (calls.clone(), any::<bool>(), 0..6u64).prop_map(|(id, held, at)| Input::Is(id, held, at * 1500)),
        calls.clone().prop_map(Input::Over),
        (calls.clone(), calls.clone(), 0..6u64).prop_map(|(id, old, at)| Input::Replaces(id, old, at * 1500)),
        (any::<bool>(), 0..6u64).prop_map(|(ready, at)| Input::Agent(ready, at * 1500)),
        (0..5u64, prop::collection::btree_set((calls, any::<bool>()), 0..4), any::<bool>(), 0..6u64)
            .prop_map(|(ago, held, ready, at)| Input::Reads { ago, held, ready, millis: at * 1500 }),
    ]
}

fn dialog(id: u8, held: bool, millis: u64) -> Dialog {
    talk(&id.to_string(), if held { "HELD" } else { "ACTIVE" }, millis)
}

fn user(ready: bool, millis: u64) -> User {
    if ready { agent("READY", millis, 0) } else { agent("NOT_READY", millis, 12) }
}

/// What an application makes of the changes; each must be about something that it knows, or does not know yet.
fn fold(picture: &mut Picture, change: &Change) {
    let position =
        |picture: &Picture, id: &DialogId| picture.dialogs.iter().position(|dialog| dialog.id == *id);
    let insert = |picture: &mut Picture, dialog: &Dialog| {
        assert_eq!(position(picture, &dialog.id), None, "{} begins a second time", dialog.id);
        picture.dialogs.push(dialog.clone());
        picture.dialogs.sort_by(|one, other| one.id.cmp(&other.id));
    };
    match change {
        Change::User(user) => {
            assert_ne!(picture.user.as_ref(), Some(&**user), "a change that changes nothing");
            picture.user = Some((**user).clone());
        }
        Change::Started(dialog) => insert(picture, dialog),
        Change::Changed(dialog) => {
            let place = position(picture, &dialog.id).expect("only what began can change");
            assert_ne!(picture.dialogs[place], **dialog, "a change that changes nothing");
            picture.dialogs[place] = (**dialog).clone();
        }
        Change::Ended(dialog) => {
            let place = position(picture, &dialog.id).expect("only what began can end");
            picture.dialogs.remove(place);
        }
        Change::Replaced { dialog, replaces } => {
            let place = position(picture, replaces).expect("only what began can be replaced");
            picture.dialogs.remove(place);
            insert(picture, dialog);
        }
    }
}

proptest! {
    #[test]
    fn folding_the_changes_gives_the_picture(inputs in prop::collection::vec(input(), 1..40)) {
        let mut model = Model::default();
        let mut picture = Picture::default();
        for (index, input) in (10u64..).zip(&inputs) {
            let applied = match input {
                Input::Is(id, held, millis) => model.apply(index, S, &is(dialog(*id, *held, *millis))),
                Input::Over(id) => model.apply(index, S, &over(Dialog::new(super::super::kit::id(&id.to_string())))),
                Input::Replaces(id, old, millis) => {
                    let secondary_id = Some(old.to_string());
                    model.apply(index, S, &is(Dialog { secondary_id, ..dialog(*id, false, *millis) }))
                }
                Input::Agent(ready, millis) => model.apply(index, S, &says(user(*ready, *millis))),
                Input::Reads { ago, held, ready, millis } => {
                    let dialogs: Vec<Dialog> = held.iter().map(|(id, held)| dialog(*id, *held, *millis)).collect();
                    model.settle(S, &read(index - ago, user(*ready, *millis), &dialogs))
                }
            };
            for change in &applied.changes {
                fold(&mut picture, change);
            }
            prop_assert_eq!(&picture, &model.picture());
        }
        // Whatever was said: a read that was asked for last is right.
        let last = talk("7", "ACTIVE", 0);
        model.settle(S, &read(1000, agent("TALKING", 0, 0), from_ref(&last)));
        prop_assert_eq!(model.picture().dialogs, vec![last]);
        prop_assert_eq!(model.user().and_then(|user| user.state.clone()), Some(UserState::Talking));
    }
}
