use super::super::kit::{OWN, agent, call, id, talk, time, timed_call, with_variable};
use super::*;

/// The list was asked for at 10 and came at 20, the agent at 20 and 30.
fn snapshot(user: User, dialogs: &[Dialog]) -> Snapshot {
    Snapshot {
        before: user.clone(),
        user: Read { value: user, sent: 20, received: 30 },
        list_sent: 10,
        list_received: 20,
        unreadable: 0,
        dialogs: dialogs
            .iter()
            .map(|dialog| (dialog.id.clone(), Read { value: dialog.clone(), sent: 10, received: 20 }))
            .collect(),
    }
}

fn of(dialogs: &[Dialog]) -> Snapshot {
    snapshot(agent("READY", 0, 0), dialogs)
}

fn present(index: u64, dialog: Dialog) -> Heard {
    Heard { index, news: News::Present(vec![dialog]) }
}

fn gone(index: u64, dialog: Dialog) -> Heard {
    Heard { index, news: News::Gone(vec![dialog]) }
}

fn user(index: u64, user: User) -> Heard {
    Heard { index, news: News::User(Box::new(user)) }
}

fn order(snapshot: &mut Snapshot, heard: &[Heard]) -> Verdict {
    snapshot.order(heard, |_| false)
}

fn own_state(snapshot: &Snapshot, dialog: &str) -> String {
    let read = &snapshot.dialogs[&id(dialog)];
    let party =
        read.value.participants().iter().find(|party| party.media_address.as_deref() == Some(OWN)).unwrap();
    party.state.as_ref().unwrap().to_string()
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.dialogs.keys().map(DialogId::as_str).collect()
}

const BEFORE: u64 = 5;
const BETWEEN: u64 = 15;
const AFTER: u64 = 25;

fn certain() -> Verdict {
    Verdict::default()
}

fn undecided(object: &str) -> Verdict {
    Verdict { undecided: BTreeSet::from([object.to_owned()]), doubtful: false }
}

fn doubtful() -> Verdict {
    Verdict { undecided: BTreeSet::new(), doubtful: true }
}

#[test]
fn an_event_before_the_read_does_not_undo_it() {
    let mut read = of(&[talk("1", "ACTIVE", 100)]);
    // Even with a later time: the side's clock may have been set back.
    assert_eq!(order(&mut read, &[present(BEFORE, talk("1", "HELD", 900))]), certain());
    assert_eq!(own_state(&read, "1"), "ACTIVE");
}

#[test]
fn an_event_about_the_agent_before_his_read_does_not_undo_it() {
    let mut read = of(&[]);
    assert_eq!(order(&mut read, &[user(15, agent("NOT_READY", 900, 12))]), certain());
    assert_eq!(read.user.value, agent("READY", 0, 0));
}

#[test]
fn a_call_that_began_and_ended_before_the_list_was_asked_for_stays_away() {
    let mut read = of(&[]);
    assert_eq!(order(&mut read, &[present(BEFORE, talk("1", "ACTIVE", 100))]), certain());
    assert!(read.dialogs.is_empty());
}

#[test]
fn an_event_with_equal_contents_changes_nothing() {
    for index in [BETWEEN, AFTER] {
        let mut read = of(&[talk("1", "ACTIVE", 100)]);
        let same = call("1", &[("5550142", "ACTIVE", 0), (OWN, "ACTIVE", 100)]);
        assert_eq!(order(&mut read, &[present(index, same)]), certain());
        assert_eq!(read.dialogs, of(&[talk("1", "ACTIVE", 100)]).dialogs);
    }
}

#[test]
fn an_event_with_later_times_is_taken() {
    for index in [BETWEEN, AFTER] {
        let mut read = of(&[talk("1", "ACTIVE", 100)]);
        assert_eq!(order(&mut read, &[present(index, talk("1", "HELD", 900))]), certain());
        assert_eq!(own_state(&read, "1"), "HELD");
    }
}

#[test]
fn d9_an_event_with_earlier_times_is_dropped() {
    for index in [BETWEEN, AFTER] {
        let mut read = of(&[talk("1", "HELD", 900)]);
        assert_eq!(order(&mut read, &[present(index, talk("1", "ACTIVE", 100))]), certain());
        assert_eq!(own_state(&read, "1"), "HELD");
    }
}

#[test]
fn equal_times_with_different_contents_between_request_and_answer_need_another_read() {
    let mut read = of(&[with_variable(talk("1", "ACTIVE", 100), "gold")]);
    let event = with_variable(talk("1", "ACTIVE", 100), "silver");
    assert_eq!(order(&mut read, &[present(BETWEEN, event)]), undecided("dialog 1"));
}

#[test]
fn an_empty_time_between_request_and_answer_needs_another_read() {
    let mut read = of(&[timed_call("1", &[(OWN, "HELD", "")])]);
    assert_eq!(
        order(&mut read, &[present(BETWEEN, call("1", &[(OWN, "ACTIVE", 100)]))]),
        undecided("dialog 1")
    );
}

#[test]
fn an_event_after_the_answer_that_cannot_be_ordered_is_taken_with_a_doubt() {
    let mut read = of(&[timed_call("1", &[(OWN, "HELD", "")])]);
    assert_eq!(order(&mut read, &[present(AFTER, call("1", &[(OWN, "ACTIVE", 100)]))]), doubtful());
    assert_eq!(own_state(&read, "1"), "ACTIVE");
}

#[test]
fn a_removal_before_the_request_of_a_call_that_is_shown_is_contained_in_the_answer() {
    let mut read = of(&[talk("1", "ACTIVE", 100)]);
    assert_eq!(order(&mut read, &[gone(BEFORE, talk("1", "ACTIVE", 100))]), certain());
    assert_eq!(ids(&read), ["1"]);
}

#[test]
fn a_removal_between_request_and_answer_of_a_call_that_is_shown_needs_another_read() {
    let mut read = of(&[talk("1", "ACTIVE", 100)]);
    assert_eq!(order(&mut read, &[gone(BETWEEN, talk("1", "ACTIVE", 100))]), undecided("dialog 1"));
    assert_eq!(ids(&read), ["1"]);
}

#[test]
fn a_removal_after_the_answer_ends_the_call() {
    let mut read = of(&[talk("1", "ACTIVE", 100)]);
    assert_eq!(order(&mut read, &[gone(AFTER, talk("1", "ACTIVE", 100))]), certain());
    assert!(read.dialogs.is_empty());
}

#[test]
fn a_removal_of_a_call_that_is_not_shown_is_contained_in_the_answer() {
    for index in [BEFORE, BETWEEN, AFTER] {
        assert_eq!(order(&mut of(&[]), &[gone(index, talk("1", "ACTIVE", 100))]), certain());
    }
}

#[test]
fn what_comes_after_a_removal_does_not_revive_the_call() {
    for removal in [BEFORE, BETWEEN, AFTER] {
        let mut read = of(&[]);
        let heard = [gone(removal, talk("1", "ACTIVE", 100)), present(AFTER + 1, talk("1", "ACTIVE", 100))];
        assert_eq!(order(&mut read, &heard), doubtful());
        assert!(read.dialogs.is_empty(), "removed at {removal}");
    }
    let mut read = of(&[talk("1", "ACTIVE", 100)]);
    let heard = [gone(AFTER, talk("1", "ACTIVE", 100)), present(AFTER + 1, talk("1", "HELD", 900))];
    assert_eq!(order(&mut read, &heard), doubtful());
    assert!(read.dialogs.is_empty());
}

#[test]
fn a_new_call_between_request_and_answer_that_the_list_lacks_needs_another_read() {
    let mut read = of(&[]);
    assert_eq!(order(&mut read, &[present(BETWEEN, talk("1", "ALERTING", 100))]), undecided("dialog 1"));
}

#[test]
fn a_new_call_after_the_list_is_taken() {
    let mut read = of(&[]);
    assert_eq!(order(&mut read, &[present(AFTER, talk("1", "ALERTING", 100))]), certain());
    assert_eq!(ids(&read), ["1"]);
}

#[test]
fn what_comes_late_about_a_call_known_before_the_gap_does_not_revive_it() {
    let mut read = of(&[]);
    let verdict = read.order(&[present(AFTER, talk("1", "ACTIVE", 100))], |known| *known == id("1"));
    assert_eq!(verdict, doubtful());
    assert!(read.dialogs.is_empty());
}

#[test]
fn a_call_that_was_read_alone_is_ordered_by_its_own_request() {
    let mut read = of(&[talk("1", "ACTIVE", 100)]);
    let alone = read.dialogs.get_mut(&id("1")).unwrap();
    (alone.sent, alone.received) = (20, 24);
    let event = with_variable(talk("1", "ACTIVE", 100), "gold");
    assert_eq!(order(&mut read, &[present(BETWEEN, event.clone())]), certain());
    assert_eq!(order(&mut read, &[present(22, event.clone())]), undecided("dialog 1"));
    assert_eq!(order(&mut read, &[present(AFTER, event)]), doubtful());
}

#[test]
fn a_later_event_about_the_agent_is_taken_and_an_earlier_one_dropped() {
    for index in [22, 35] {
        let mut read = snapshot(agent("NOT_READY", 500, 12), &[]);
        let heard = [user(index, agent("READY", 100, 0)), user(index, agent("READY", 900, 0))];
        assert_eq!(order(&mut read, &heard), certain());
        assert_eq!(read.user.value.state_change_time, Some(time(900)));
        let mut read = snapshot(agent("NOT_READY", 500, 12), &[]);
        assert_eq!(order(&mut read, &heard[..1]), certain());
        assert_eq!(read.user.value, agent("NOT_READY", 500, 12));
    }
}

#[test]
fn an_event_about_the_agent_that_cannot_be_ordered_needs_another_read_or_is_taken() {
    let pending = User { pending_state: Some(finesse_model::UserState::NotReady), ..agent("READY", 0, 0) };
    let mut read = of(&[]);
    assert_eq!(order(&mut read, &[user(25, pending.clone())]), undecided("the agent"));
    let mut read = of(&[]);
    assert_eq!(order(&mut read, &[user(35, pending.clone())]), doubtful());
    assert_eq!(read.user.value, pending);
}

#[test]
fn a_thin_event_about_the_agent_overwrites_only_what_it_says() {
    let mut read = of(&[]);
    let thin = User::from_xml("<User><teamName>Gold</teamName></User>").unwrap();
    assert_eq!(order(&mut read, &[user(35, thin)]), doubtful());
    assert_eq!(read.user.value, User { team_name: Some("Gold".to_owned()), ..agent("READY", 0, 0) });
}

#[test]
fn a_thin_event_about_a_call_overwrites_only_what_it_says_and_leaves_a_doubt() {
    let whole = with_variable(talk("1", "ACTIVE", 100), "gold");
    let mut read = of(std::slice::from_ref(&whole));
    let thin = Dialog::from_xml("<Dialog><id>1</id><toAddress>5550142</toAddress></Dialog>").unwrap();
    assert_eq!(order(&mut read, &[present(AFTER, thin)]), doubtful());
    let expected = Dialog { to_address: Some(String::from("5550142")), ..whole };
    assert_eq!(read.dialogs[&id("1")].value, expected);
}

#[test]
fn an_unreadable_event_leaves_a_doubt_unless_everything_was_asked_for_later() {
    let unreadable = |index| Heard { index, news: News::Unreadable { why: String::from("?"), own: true } };
    assert_eq!(order(&mut of(&[]), &[unreadable(BEFORE)]), certain());
    assert_eq!(order(&mut of(&[]), &[unreadable(BETWEEN)]), doubtful());
    let of_others = Heard { index: AFTER, news: News::Unreadable { why: String::from("?"), own: false } };
    assert_eq!(order(&mut of(&[]), &[of_others]), certain());
}

#[test]
fn a_read_is_stable_only_if_the_agent_stood_still() {
    assert!(of(&[]).is_stable());
    let changes: [fn(&mut User); 5] = [
        |user| user.state = Some(finesse_model::UserState::Talking),
        |user| user.state_change_time = Some(time(1)),
        |user| user.reason_code_id = Some(finesse_model::Scalar::Value(7)),
        |user| user.pending_state = Some(finesse_model::UserState::NotReady),
        |user| user.extension = Some(String::from("7399")),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut read = of(&[]);
        change(&mut read.user.value);
        assert!(!read.is_stable(), "change {number}");
    }
}

#[test]
fn several_events_are_taken_in_their_order() {
    let mut read = of(&[]);
    let heard = [
        present(AFTER, talk("1", "ALERTING", 100)),
        present(AFTER + 1, talk("1", "ACTIVE", 200)),
        present(AFTER + 2, talk("2", "ALERTING", 300)),
        gone(AFTER + 3, talk("1", "DROPPED", 400)),
    ];
    assert_eq!(order(&mut read, &heard), certain());
    assert_eq!(ids(&read), ["2"]);
}
