//! Routine reads beside the live stream.

use super::super::super::kit::{
    agent, id, says_agent, says_call, says_over, says_status, talk, with_variable,
};
use super::*;

fn unreadable() -> Notification {
    Notification {
        node: String::from("/finesse/api/User/1001/Dialogs"),
        item_id: None,
        delayed: false,
        update: finesse_model::Update::from_xml("<Update><event>PUT</event>"),
    }
}

fn unreadable_of_a_team() -> Notification {
    Notification { node: String::from("/finesse/api/Team/5/Users"), ..unreadable() }
}

fn with_an_unreadable_one(dialogs: &[Dialog]) -> Answer {
    let xml = "<Dialogs><Dialog><state>ACTIVE</state></Dialog></Dialogs>";
    let rejected = Dialogs::from_xml(xml).unwrap().rejected;
    assert_eq!(rejected.len(), 1);
    Answer::Read(Ok(Told::Dialogs(Dialogs { items: dialogs.to_vec(), rejected })))
}

fn busy() -> Bench {
    Bench::watching(agent("TALKING", 0, 0), &[talk("1", "ACTIVE", 100)])
}

/// At which seconds the agent is read first, over that time.
fn audits(bench: &mut Bench, time: Duration) -> Vec<u64> {
    let (begun, end) = (bench.now, bench.now + time);
    let mut at = Vec::new();
    while let Some(next) = bench.core.wake_at().filter(|next| *next <= end) {
        bench.now = next.max(bench.now);
        bench.step(Input::Tick);
        if !bench.asked.is_empty() {
            at.push((bench.now - begun).as_secs());
        }
        while !bench.asked.is_empty() {
            bench.answer();
        }
    }
    at
}

#[test]
fn audits_run_five_and_thirty_seconds_after_going_live_and_then_every_five_minutes() {
    assert_eq!(audits(&mut busy(), 1000 * S), [5, 30, 300, 600, 900]);
}

#[test]
fn an_end_that_the_stream_did_not_tell_is_found_and_told_as_an_audits() {
    let mut bench = busy();
    bench.shows(agent("TALKING", 0, 0), &[]);
    bench.pass(6 * S);
    assert_eq!(bench.story(), ["audit: 1 ended"]);
    // What the stream tells late is not told twice.
    bench.hear(says_over(&talk("1", "DROPPED", 900)));
    assert_eq!(bench.story().len(), 1);
}

#[test]
fn a_beginning_that_the_stream_did_not_tell_is_found_and_told_as_an_audits() {
    let mut bench = busy();
    bench.calls.insert(id("2"), talk("2", "ALERTING", 5000));
    bench.pass(6 * S);
    assert_eq!(bench.story(), ["audit: 2 started"]);
    bench.hear(says_call(&talk("2", "ALERTING", 5000)));
    assert_eq!(bench.story().len(), 1);
}

#[test]
fn d12_a_call_that_is_left_over_when_the_agent_is_ready_is_looked_for_after_two_seconds() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.forget();
    bench.shows(agent("READY", 61_000, 0), &[]);
    bench.hear(says_agent(&agent("READY", 61_000, 0)));
    assert_eq!(audits(&mut bench, 10 * S), [2]);
    assert_eq!(bench.story(), ["live: agent READY", "audit: 1 ended"]);
}

#[test]
fn g2_two_audits_that_the_stream_should_have_told_mean_that_it_is_deaf() {
    let mut bench = busy();
    bench.calls.clear();
    bench.pass(6 * S);
    assert_eq!(bench.failures(), []);
    bench.calls.insert(id("2"), talk("2", "ALERTING", 5000));
    bench.pass(30 * S);
    assert_eq!(bench.failures(), [Fault::Deaf]);
    assert_eq!(bench.warnings(), ["degraded deaf"]);
    assert!(!bench.core.is_stale(), "the line decides what to do");
}

#[test]
fn two_contradictions_more_than_ten_minutes_apart_are_two_accidents() {
    let mut bench = busy();
    bench.calls.clear();
    bench.pass(6 * S);
    bench.pass(700 * S);
    bench.calls.insert(id("2"), talk("2", "ALERTING", 5000));
    bench.pass(300 * S);
    assert_eq!(bench.story(), ["audit: 1 ended", "audit: 2 started"]);
    assert_eq!(bench.failures(), []);
}

#[test]
fn what_the_stream_said_to_be_uncertain_is_no_sign_of_deafness() {
    let mut bench = busy();
    bench.pass(60 * S);
    for number in 2..6 {
        bench.hear(unreadable());
        bench.calls.insert(id(&number.to_string()), talk(&number.to_string(), "ALERTING", 5000));
        bench.pass(6 * S);
    }
    assert_eq!(bench.story().len(), 4);
    assert_eq!(bench.failures(), []);
}

#[test]
fn details_that_reads_and_notifications_show_differently_are_no_sign_of_deafness() {
    let mut bench = busy();
    for (team, time) in [("Gold", 10 * S), ("Silver", 25 * S)] {
        bench.user.team_name = Some(team.to_owned());
        bench.calls.insert(id("1"), with_variable(talk("1", "ACTIVE", 100), team));
        bench.pass(time);
    }
    assert_eq!(bench.story().len(), 4, "they are told");
    assert_eq!(bench.failures(), []);
}

#[test]
fn what_cannot_be_read_is_told_and_looked_for_after_five_seconds() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.hear(unreadable());
    assert_eq!(bench.warnings(), ["degraded unreadable"]);
    assert_eq!(audits(&mut bench, 20 * S), [5]);
}

#[test]
fn what_cannot_be_read_of_another_node_is_told_and_leaves_no_doubt_of_the_agent() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.hear(unreadable_of_a_team());
    assert_eq!(bench.warnings(), ["degraded unreadable"]);
    assert_eq!(audits(&mut bench, 20 * S), Vec::<u64>::new());
}

/// A web application that was away without its presence being seen has published nothing for as long.
#[test]
fn a_side_that_says_it_is_in_service_again_leaves_a_doubt_of_what_it_did_not_tell() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.shows(agent("TALKING", 0, 0), &[]);
    bench.hear(says_status("OUT_OF_SERVICE"));
    assert_eq!(audits(&mut bench, 20 * S), Vec::<u64>::new(), "that ends the epoch anyway");
    bench.hear(says_status("IN_SERVICE"));
    assert_eq!(audits(&mut bench, 20 * S), [5]);
    assert_eq!(bench.story(), ["audit: 1 ended"]);
    assert_eq!(bench.failures(), []);
}

#[test]
fn an_audit_that_cannot_read_a_dialog_says_so_once_and_ends_nothing() {
    let mut bench = busy();
    for _ in 0..2 {
        while bench.asked.is_empty() {
            bench.now = bench.core.wake_at().unwrap();
            bench.step(Input::Tick);
        }
        bench.answer();
        bench.answer_with(with_an_unreadable_one(&[]));
        bench.answer();
    }
    assert_eq!(
        bench.story(),
        Vec::<String>::new(),
        "the one that cannot be read may be the one that is known"
    );
    assert_eq!(bench.warnings(), ["degraded unreadable"]);
    assert_eq!(bench.failures(), []);
    // Once everything can be read, what is not there is over.
    bench.calls.clear();
    bench.pass(300 * S);
    assert_eq!(bench.story(), ["audit: 1 ended"]);
}

#[test]
fn while_no_read_is_made_no_audits_pile_up_and_one_is_made_afterwards() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.command(Command::SetState { user: own(), state: UserState::Ready, reason: None });
    bench.refuse(ErrorKind::Unauthorized, Sent::Refused);
    for _ in 0..1000 {
        bench.now += 2 * S;
        bench.hear(unreadable());
    }
    assert!(bench.core.audits.pending() <= 2, "{}", bench.core.audits.pending());
    assert!(bench.asked.is_empty());
    bench.command(Command::SetState { user: own(), state: UserState::Ready, reason: None });
    bench.answer();
    assert_eq!(audits(&mut bench, S), [0]);
}

#[test]
fn a_notification_that_cannot_be_ordered_is_taken_and_confirmed_after_five_seconds() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.hear(says_call(&with_variable(talk("1", "ACTIVE", 100), "gold")));
    assert_eq!(bench.story(), ["live: 1 changed"]);
    assert_eq!(audits(&mut bench, 20 * S), [5]);
    assert_eq!(bench.story()[1..], ["audit: 1 changed"]);
}

#[test]
fn what_was_touched_while_an_audit_ran_is_left_alone_and_read_again() {
    let mut bench = busy();
    bench.now += 5 * S;
    bench.step(Input::Tick);
    bench.answer();
    // The side answers from before the notification.
    let before = bench.truth(&Op::Read(Ask::Dialogs));
    bench.shows(agent("TALKING", 0, 0), &[talk("1", "HELD", 5000)]);
    bench.hear(says_call(&talk("1", "HELD", 5000)));
    bench.answer_with(before);
    bench.answer();
    assert_eq!(bench.story(), ["live: 1 changed"]);
    assert_eq!(audits(&mut bench, 5 * S), [1]);
    assert_eq!(bench.story().len(), 1);
}

#[test]
fn an_agent_who_moves_while_he_is_read_is_read_again_and_nothing_is_taken() {
    let mut bench = busy();
    bench.now += 5 * S;
    bench.step(Input::Tick);
    bench.answer();
    bench.calls.clear();
    bench.answer();
    bench.shows(agent("READY", 5000, 0), &[]);
    bench.answer();
    assert_eq!(bench.story(), Vec::<String>::new());
    assert_eq!(audits(&mut bench, 5 * S), [1]);
    assert_eq!(bench.story(), ["audit: 1 ended", "audit: agent READY"]);
}

#[test]
fn an_audit_that_fails_is_repeated_after_five_seconds_and_tells_nothing() {
    let mut bench = busy();
    bench.now += 5 * S;
    bench.step(Input::Tick);
    bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
    assert_eq!(bench.failures(), []);
    assert_eq!(audits(&mut bench, 10 * S), [5]);
    assert!(bench.feed.is_empty());
}

#[test]
fn however_doubtful_things_are_audits_are_a_second_apart() {
    let mut bench = busy();
    for _ in 0..100 {
        bench.now += 100 * MS;
        bench.hear(unreadable());
    }
    let at = audits(&mut bench, 20 * S);
    assert!(at.len() <= 12, "{at:?}");
    assert!(at.windows(2).all(|pair| pair[1] > pair[0]), "{at:?}");
}

#[test]
fn a_doubt_of_the_resync_is_confirmed_by_an_audit_and_is_no_sign_of_deafness() {
    let mut bench = busy();
    bench.lose();
    bench.attach(Side::B);
    bench.answer();
    bench.answer();
    bench.answer();
    bench.hear(says_call(&with_variable(talk("1", "ACTIVE", 100), "gold")));
    bench.answer();
    assert!(!bench.core.is_stale() && !bench.core.audits.is_certain());
    bench.pass(6 * S);
    assert_eq!(bench.story()[1..], ["gap: 1 changed", "resynced with 1 changes", "audit: 1 changed"]);
    assert!(bench.core.audits.is_certain());
}

#[test]
fn an_audit_that_a_command_waits_for_does_not_run_faster_than_once_a_second() {
    let mut bench = busy();
    bench.pass(60 * S);
    bench.command(Command::SetState { user: own(), state: UserState::Ready, reason: None });
    bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
    bench.pass(9 * S);
    // Each read finds that the agent has moved meanwhile, so nothing is decided.
    let (mut at, mut reads) = (Vec::new(), 0);
    for _ in 0..1000 {
        bench.now += 10 * MS;
        bench.step(Input::Tick);
        if !bench.asked.is_empty() {
            at.push(bench.now);
        }
        while !bench.asked.is_empty() {
            reads += 1;
            bench.user = agent("TALKING", 100_000 + reads, 0);
            bench.answer();
        }
    }
    assert!(at.len() > 2 && at.windows(2).all(|pair| pair[1] - pair[0] >= S), "{at:?}");
}

#[test]
fn an_audit_of_an_ended_epoch_is_forgotten() {
    let mut bench = busy();
    bench.now += 5 * S;
    bench.step(Input::Tick);
    let late = bench.asked.pop_front().unwrap();
    bench.lose();
    bench.attach(Side::B);
    bench.run();
    bench.forget();
    bench.now += 5 * S;
    bench.step(Input::Tick);
    assert_eq!(*bench.next(), Op::Read(Ask::User), "the audit of the new epoch runs");
    let answer = Answer::Read(Ok(Told::User(Box::new(agent("LOGOUT", 9000, 999)))));
    bench.step(Input::Answer { id: late.0, epoch: late.1, answer: Box::new(answer) });
    assert_eq!(bench.asked.len(), 1, "and still waits for its own answer");
    bench.pass(S);
    assert_eq!(audits(&mut bench, 40 * S), [24]);
    assert!(bench.feed.is_empty());
}
