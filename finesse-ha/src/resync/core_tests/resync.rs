//! From the beginning of an epoch until it is live, and its end.

use std::slice::from_ref;

use super::super::super::kit::{
    agent, call, id, says_agent, says_call, says_over, talk, timed_call, with_variable,
};
use super::*;

fn is_prepare(op: &Op) -> bool {
    matches!(op, Op::Prepare(_))
}

const READ_USER: Op = Op::Read(Ask::User);
const READ_CALLS: Op = Op::Read(Ask::Dialogs);

/// An observer's session in a gap that began with these calls, its new link just attached.
pub(super) fn after_gap(before: &[Dialog], after: &[Dialog]) -> Bench {
    let mut bench = Bench::watching(agent("READY", 0, 0), before);
    bench.lose();
    bench.shows(agent("READY", 0, 0), after);
    bench.attach(Side::B);
    bench
}

#[test]
fn a_cold_start_tells_everything_once_and_then_that_it_is_whole() {
    let mut bench = Bench::new(None);
    bench.shows(agent("TALKING", 0, 0), &[talk("1", "ACTIVE", 100)]);
    bench.attach(Side::A);
    bench.run();
    assert_eq!(bench.story(), ["cold: 1 started", "cold: agent TALKING", "resynced with 2 changes"]);
    let resynced = bench.resynced()[0];
    assert!(resynced.cold && !resynced.unseen_possible);
    let facts = SessionFacts { on_call: true, ready: false };
    assert!(matches!(bench.reports.last(), Some(LineReport::Facts(last)) if *last == facts));
}

#[test]
fn nothing_is_read_before_the_barrier() {
    let mut bench = Bench::new(None);
    bench.attach(Side::A);
    assert_eq!(bench.asked.len(), 1, "only subscriptions and ping go out: {:?}", bench.asked);
    assert_eq!(*bench.next(), Op::Prepare(vec![String::from("/finesse/api/Team/5/Users")]));
    bench.step(Input::Tick);
    bench.hear(says_agent(&agent("READY", 0, 0)));
    assert_eq!(bench.asked.len(), 1, "nothing else is asked for until they are answered");
    bench.answer();
    assert_eq!(*bench.next(), READ_USER);
}

#[test]
fn a_call_that_began_and_one_that_ended_in_a_gap_are_told_once_each() {
    let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[talk("2", "ALERTING", 5000)]);
    bench.run();
    assert_eq!(bench.story(), ["gap", "gap: 1 ended", "gap: 2 started", "resynced with 2 changes"]);
    assert!(bench.resynced()[0].unseen_possible);
}

#[test]
fn the_time_of_an_end_in_a_gap_lies_between_the_last_byte_and_the_read() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
    bench.now = 60 * S;
    bench.lose_since(40 * S);
    bench.shows(agent("READY", 0, 0), &[]);
    bench.now = 65 * S;
    bench.attach(Side::B);
    bench.now = 66 * S;
    bench.run();
    let ended = bench
        .feed
        .iter()
        .find_map(|event| if let Event::DialogEnded { time, .. } = event { Some(time) } else { None });
    assert_eq!(ended, Some(&When::Between(40 * S, 66 * S)));
    let resynced = bench.resynced()[0];
    assert_eq!((resynced.gap, resynced.detect, resynced.switch, resynced.resync), (26 * S, 20 * S, 5 * S, S));
}

#[test]
fn a_gap_in_which_nothing_changed_is_told_all_the_same() {
    let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[talk("1", "ACTIVE", 100)]);
    bench.run();
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn an_agent_who_changes_while_he_is_read_is_read_again() {
    let mut bench = after_gap(&[], &[]);
    bench.answer();
    bench.answer();
    assert_eq!(*bench.next(), READ_CALLS);
    bench.answer();
    assert_eq!(*bench.next(), READ_USER);
    bench.shows(agent("TALKING", 5000, 0), &[talk("1", "ACTIVE", 5000)]);
    bench.answer();
    assert!(bench.core.is_stale() && bench.asked.is_empty());
    assert_eq!(bench.core.wake_at(), Some(bench.now + 200 * MS));
    bench.run();
    assert_eq!(bench.story(), ["gap", "gap: 1 started", "gap: agent TALKING", "resynced with 2 changes"]);
}

#[test]
fn an_event_between_request_and_answer_that_cannot_be_ordered_is_settled_by_another_read() {
    let (gold, silver) =
        (with_variable(talk("1", "ACTIVE", 0), "gold"), with_variable(talk("1", "ACTIVE", 0), "silver"));
    let mut bench = after_gap(from_ref(&gold), from_ref(&silver));
    bench.answer();
    bench.answer();
    bench.hear(says_call(&gold));
    bench.answer();
    bench.answer();
    assert!(bench.core.is_stale(), "one read cannot tell");
    bench.run();
    assert_eq!(bench.core.picture().dialogs, [silver]);
}

#[test]
fn an_event_between_request_and_answer_with_later_times_is_taken_at_once() {
    let mut bench = after_gap(&[], &[talk("1", "ACTIVE", 100)]);
    bench.answer();
    bench.answer();
    bench.hear(says_call(&talk("1", "HELD", 900)));
    bench.answer();
    bench.answer();
    assert!(!bench.core.is_stale());
    assert_eq!(bench.core.picture().dialogs, [talk("1", "HELD", 900)]);
}

#[test]
fn an_event_before_the_read_does_not_undo_it() {
    let mut bench = after_gap(&[], &[talk("1", "HELD", 900)]);
    bench.hear(says_call(&talk("1", "ACTIVE", 100)));
    bench.hear(says_call(&talk("2", "ACTIVE", 100)));
    bench.run();
    assert_eq!(bench.core.picture().dialogs, [talk("1", "HELD", 900)]);
}

#[test]
fn a_late_event_after_the_read_does_not_undo_it() {
    let mut bench = after_gap(&[], &[talk("1", "HELD", 900)]);
    bench.answer();
    bench.answer();
    bench.answer();
    bench.hear(says_call(&talk("1", "ACTIVE", 100)));
    bench.answer();
    assert_eq!(bench.core.picture().dialogs, [talk("1", "HELD", 900)]);
}

#[test]
fn a_removal_while_the_list_is_read_is_settled_by_another_read() {
    for stays in [true, false] {
        let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[talk("1", "ACTIVE", 100)]);
        bench.answer();
        bench.answer();
        bench.hear(says_over(&talk("1", "ACTIVE", 100)));
        bench.answer();
        bench.answer();
        assert!(bench.core.is_stale(), "the read may be older or newer than the removal");
        if !stays {
            bench.calls.clear();
        }
        bench.run();
        assert_eq!(bench.core.picture().dialogs.len(), usize::from(stays));
    }
}

#[test]
fn what_comes_late_about_a_call_that_ended_before_the_gap_does_not_revive_it() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
    bench.hear(says_over(&talk("1", "DROPPED", 500)));
    bench.lose();
    bench.calls.clear();
    bench.attach(Side::B);
    bench.answer();
    bench.answer();
    bench.answer();
    bench.hear(says_call(&talk("1", "ACTIVE", 100)));
    bench.answer();
    assert_eq!(bench.story(), ["live: 1 ended", "gap", "resynced with 0 changes"]);
}

#[test]
fn after_the_last_round_the_best_guess_is_taken_and_said_to_be_one() {
    let mut bench = Bench::with(None, Params { resync_rounds: 3, ..Params::default() });
    bench.attach(Side::A);
    bench.answer();
    let mut reads = 0;
    while bench.core.is_stale() {
        if bench.asked.is_empty() {
            bench.now = bench.core.wake_at().unwrap();
            bench.step(Input::Tick);
        }
        reads += usize::from(*bench.next() == READ_CALLS);
        bench.user = agent(if reads % 2 == 0 { "READY" } else { "TALKING" }, 10_000 * reads as u64, 0);
        bench.answer();
    }
    assert_eq!(reads, 3);
    assert_eq!(bench.warnings(), ["degraded unconfirmed"]);
}

#[test]
fn the_pauses_between_rounds_grow_to_a_second() {
    let mut bench = Bench::new(None);
    bench.attach(Side::A);
    bench.answer();
    let mut pauses = Vec::new();
    let mut reads = 0;
    while bench.core.is_stale() {
        if bench.asked.is_empty() {
            let at = bench.core.wake_at().unwrap();
            pauses.push(at - bench.now);
            bench.now = at;
            bench.step(Input::Tick);
        }
        reads += u64::from(*bench.next() == READ_CALLS);
        bench.user = agent("READY", 10_000 * reads, 0);
        bench.answer();
    }
    assert_eq!(pauses, [200 * MS, 500 * MS, S, S]);
}

#[test]
fn a_call_that_the_list_shows_incompletely_is_read_alone() {
    let mut bench = after_gap(&[], &[timed_call("1", &[])]);
    bench.answer();
    bench.answer();
    bench.answer();
    assert_eq!(*bench.next(), Op::Read(Ask::Dialog(id("1"))));
    bench.calls.insert(id("1"), talk("1", "ACTIVE", 100));
    bench.run();
    assert_eq!(bench.core.picture().dialogs, [talk("1", "ACTIVE", 100)]);
}

#[test]
fn late_reply_from_old_side_is_dropped() {
    // The agent as the old side shows him is still on his way when the session moves.
    let mut bench = after_gap(&[], &[]);
    bench.answer();
    let late = bench.asked.pop_front().unwrap();
    assert_eq!(late.2, READ_USER);
    bench.lose();
    bench.attach(Side::A);
    bench.answer();
    let answer = Answer::Read(Ok(Told::User(Box::new(agent("TALKING", 9000, 0)))));
    bench.step(Input::Answer { id: late.0, epoch: late.1, answer: Box::new(answer) });
    assert_eq!(bench.asked.len(), 1, "it is not taken for the answer of the new side");
    assert_eq!(*bench.next(), READ_USER);
    bench.run();
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn a_late_list_of_calls_from_the_old_side_is_dropped() {
    let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[]);
    bench.answer();
    bench.answer();
    let late = bench.asked.pop_front().unwrap();
    assert_eq!(late.2, READ_CALLS);
    bench.lose();
    bench.shows(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
    bench.attach(Side::A);
    bench.answer();
    bench.answer();
    // While the new side's list is awaited, that of the old side arrives.
    let answer = Answer::Read(Ok(Told::Dialogs(Dialogs::default())));
    bench.step(Input::Answer { id: late.0, epoch: late.1, answer: Box::new(answer) });
    assert_eq!(*bench.next(), READ_CALLS, "it is not taken for the answer of the new side");
    bench.run();
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn notification_of_an_ended_epoch_is_dropped() {
    let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[talk("1", "ACTIVE", 100)]);
    let old = Epoch(1);
    let over = || Box::new(says_over(&talk("1", "ACTIVE", 100)));
    bench.answer();
    bench.answer();
    bench.answer();
    bench.step(Input::Notification { epoch: old, notification: over() });
    bench.run();
    bench.step(Input::Notification { epoch: old, notification: over() });
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn a_notification_that_was_kept_for_later_is_ignored() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
    let mut kept = says_over(&talk("1", "ACTIVE", 100));
    kept.delayed = true;
    bench.hear(kept.clone());
    assert!(bench.feed.is_empty());
    bench.lose();
    bench.attach(Side::B);
    bench.answer();
    bench.answer();
    bench.answer();
    bench.hear(kept);
    bench.run();
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn a_failure_in_any_phase_keeps_the_picture_and_the_gap_open() {
    let steps = [
        ("preparing", 0),
        ("deciding", 1),
        ("claiming", 2),
        ("reading the calls", 3),
        ("reading one call", 4),
        ("reading the agent again", 5),
    ];
    for (phase, answers) in steps {
        let mut bench = Bench::live(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
        bench.lose();
        let picture = bench.core.picture().clone();
        bench.shows(agent("NOT_READY", 5000, 50002), &[timed_call("2", &[])]);
        bench.attach(Side::B);
        for _ in 0..answers {
            bench.answer();
        }
        bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
        assert_eq!(bench.failures(), [Fault::Side], "{phase}");
        assert_eq!(*bench.core.picture(), picture, "{phase}");
        assert_eq!(bench.story(), ["gap"], "{phase}");
        assert!(bench.asked.is_empty() && bench.core.wake_at().is_none(), "{phase}");
        // The line says that the epoch is over, and another one begins.
        bench.lose();
        bench.attach(Side::A);
        bench.run();
        assert_eq!(bench.resynced().len(), 1, "{phase}");
        assert_eq!(bench.told_kinds().iter().filter(|kind| *kind == "gap-opened").count(), 1, "{phase}");
    }
}

#[test]
fn a_refused_password_and_an_unknown_user_are_told_apart() {
    for (kind, fault) in
        [(ErrorKind::Unauthorized, Fault::Credentials), (ErrorKind::NotFound, Fault::UserUnknown)]
    {
        let mut bench = after_gap(&[], &[]);
        bench.answer();
        bench.refuse(kind, Sent::Refused);
        assert_eq!(bench.failures(), [fault]);
    }
}

#[test]
fn a_gap_grows_over_failed_attempts_and_closes_once() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
    bench.now = 100 * S;
    bench.lose_since(90 * S);
    for (at, side) in [(110, Side::B), (120, Side::A)] {
        bench.now = at * S;
        bench.attach(side);
        bench.answer();
        bench.refuse(ErrorKind::OutOfService, Sent::Refused);
        bench.lose();
    }
    bench.now = 130 * S;
    bench.attach(Side::B);
    bench.run();
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
    assert_eq!(bench.resynced()[0].gap, 40 * S);
    assert_eq!(bench.resynced()[0].epoch, Epoch(4));
}

#[test]
fn an_epoch_that_ends_before_it_is_live_opens_no_second_gap() {
    let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[]);
    bench.answer();
    bench.hear(says_over(&talk("1", "DROPPED", 900)));
    bench.lose();
    bench.calls.insert(id("1"), talk("1", "ACTIVE", 100));
    bench.attach(Side::A);
    bench.run();
    // What the epoch in between had heard is forgotten with it.
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn a_gap_of_another_epoch_is_not_ours() {
    let mut bench = after_gap(&[], &[]);
    bench.run();
    let input = Input::GapOpened { epoch: Epoch(1), last_seen: S, noticed: S, why: String::from("late") };
    bench.step(input);
    assert!(!bench.core.is_stale());
}

#[test]
fn a_refused_subscription_is_told_and_stops_nothing() {
    let mut bench = after_gap(&[], &[]);
    let refused =
        vec![(String::from("/finesse/api/Team/5/Users"), LinkError::new(EndCause::Silent, "forbidden"))];
    bench.answer_with(Answer::Prepared { refused, barrier: Ok(()) });
    bench.run();
    assert_eq!(bench.warnings(), ["degraded subscription"]);
    assert_eq!(bench.resynced().len(), 1);
}

#[test]
fn a_stream_that_survived_is_neither_subscribed_nor_claimed_again() {
    let mut bench = Bench::live(agent("READY", 0, 0), &[]);
    bench.lose();
    bench.attach_as(Side::A, true, None);
    assert_eq!(*bench.next(), READ_USER);
    bench.run();
    assert_eq!(bench.verbs(), Vec::<&str>::new());
    assert_eq!(bench.story(), ["gap", "resynced with 0 changes"]);
}

#[test]
fn a_stream_that_survived_before_it_was_subscribed_is_subscribed_then() {
    let mut bench = Bench::live(agent("READY", 0, 0), &[]);
    bench.lose();
    bench.attach(Side::B);
    bench.lose();
    bench.asked.clear();
    bench.attach_as(Side::B, true, None);
    assert!(is_prepare(bench.next()), "{:?}", bench.next());
    bench.run();
    assert_eq!(bench.verbs(), ["LOGIN"], "and the agent is claimed");
}

#[test]
fn a_new_stream_is_subscribed_again() {
    let mut bench = Bench::live(agent("READY", 0, 0), &[]);
    bench.lose();
    bench.attach(Side::A);
    assert!(is_prepare(bench.next()));
}

#[test]
fn an_attachment_of_an_older_epoch_is_not_ours() {
    let mut bench = after_gap(&[], &[]);
    bench.run();
    let late = Attachment { epoch: Epoch(1), side: Side::A, resumed: false, left: None, at: bench.now };
    bench.step(Input::Attached(late));
    assert!(bench.asked.is_empty() && !bench.core.is_stale());
}

#[test]
fn the_move_is_committed_once_and_before_it_is_live() {
    let mut bench = after_gap(&[], &[]);
    bench.run();
    let told: Vec<String> = bench
        .reports
        .iter()
        .filter_map(|report| match report {
            LineReport::Committed(epoch) => Some(format!("committed {epoch}")),
            LineReport::Live(epoch) => Some(format!("live {epoch}")),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["committed 2", "live 2"]);
}

#[test]
fn what_the_line_tells_reaches_the_application() {
    let mut bench = after_gap(&[], &[]);
    bench.step(Input::Told(Box::new(Event::Waiting { why: String::from("both sides are out") })));
    assert_eq!(bench.told_kinds(), ["gap-opened", "waiting"]);
}

#[test]
fn whoever_opens_a_session_waits_until_it_is_live_or_has_to_wait() {
    let mut bench = Bench::new(None);
    bench.attach(Side::A);
    assert!(!bench.settled);
    bench.run();
    assert!(bench.settled);
    bench.lose();
    bench.attach(Side::B);
    bench.run();
    let why = String::from("no side can be used");
    for (told, settles) in [
        (Event::Waiting { why: why.clone() }, true),
        (Event::BothOut { why: why.clone() }, true),
        (Event::Offline { why: why.clone() }, true),
        (Event::Recovering { side: Side::A, why }, false),
    ] {
        let mut bench = Bench::new(None);
        bench.step(Input::Told(Box::new(told)));
        assert_eq!(bench.settled, settles);
        bench.attach(Side::A);
        bench.run();
    }
}

#[test]
fn the_picture_stays_the_same_object_until_something_in_it_changes() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[talk("1", "ACTIVE", 100)]);
    let shown = Arc::clone(bench.core.picture());
    bench.hear(says_call(&talk("1", "ACTIVE", 100)));
    bench.step(Input::Tick);
    assert!(Arc::ptr_eq(&shown, bench.core.picture()));
    bench.hear(says_call(&talk("1", "HELD", 900)));
    assert!(!Arc::ptr_eq(&shown, bench.core.picture()));
}

#[test]
fn closed_is_the_last_that_is_told() {
    for (end, told) in [
        (LineEnd::Closed, vec!["closed"]),
        (LineEnd::Credentials(String::from("401")), vec!["attention-required", "closed"]),
        (LineEnd::Trust(String::from("expired")), vec!["attention-required", "closed"]),
        (LineEnd::TakenOver(String::from("conflict")), vec!["session-taken-over", "closed"]),
    ] {
        let mut bench = Bench::watching(agent("READY", 0, 0), &[]);
        bench.step(Input::LineEnded(end.clone()));
        assert_eq!(bench.told_kinds(), told);
        assert_eq!(bench.ended, Some(end));
        // Nothing that comes later is told.
        bench.lose();
        bench.hear(says_call(&call("1", &[])));
        bench.step(Input::Told(Box::new(Event::Waiting { why: String::new() })));
        bench.step(Input::Tick);
        bench.attach(Side::B);
        assert_eq!(bench.told_kinds().len(), told.len());
    }
}

#[test]
fn close_is_passed_on_to_the_line() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[]);
    bench.step(Input::Close);
    assert!(matches!(bench.reports[..], [LineReport::Close]));
}
