//! Commands: each is written at most once and ends once.

use finesse_rest::CallAction;

use super::super::super::kit::{agent, id, says_agent, says_call, says_refused, talk};
use super::*;

fn ready() -> Command {
    Command::SetState { user: own(), state: UserState::Ready, reason: None }
}

fn hold() -> Command {
    Command::Call { dialog: id("1"), action: CallAction::Hold, target: sign_in().extension.into() }
}

fn make_call() -> Command {
    Command::MakeCall {
        user: own(),
        from: sign_in().extension,
        to: String::from("5550142"),
        variables: Vec::new(),
    }
}

fn idle() -> Bench {
    Bench::live(agent("NOT_READY", 0, 12), &[])
}

fn talking() -> Bench {
    Bench::live(agent("TALKING", 0, 0), &[talk("1", "ACTIVE", 100)])
}

/// The same command as an own event of the feed.
fn told(bench: &Bench) -> Vec<String> {
    let outcome = |event: &Event| match event {
        Event::Command { verb, outcome, .. } => Some(format!("{verb} {}", outcome.name())),
        _ => None,
    };
    bench.feed.iter().filter_map(outcome).collect()
}

#[test]
fn a_command_is_applied_when_a_notification_shows_its_effect() {
    let mut bench = idle();
    let token = bench.command(ready());
    bench.answer();
    assert_eq!(bench.outcome_name(token), "none", "a 202 is no result");
    bench.hear(says_agent(&bench.user.clone()));
    assert_eq!(bench.outcome_name(token), "applied");
    assert_eq!(told(&bench), ["READY applied"]);
}

#[test]
fn a_notification_may_overtake_the_answer() {
    let mut bench = talking();
    let token = bench.command(hold());
    bench.hear(says_call(&talk("1", "HELD", 5000)));
    assert_eq!(bench.outcome_name(token), "applied");
    bench.answer();
    assert_eq!(told(&bench), ["HOLD applied"]);
}

#[test]
fn without_a_notification_the_object_is_read_and_its_effect_found() {
    let mut bench = idle();
    let token = bench.command(ready());
    bench.pass(9 * S);
    // The early audit found it already.
    assert_eq!(bench.outcome_name(token), "applied");
    assert_eq!(bench.story(), ["audit: agent READY"]);
}

#[test]
fn a_command_without_effect_is_not_applied_ten_seconds_after_its_answer() {
    let mut bench = talking();
    bench.pass(60 * S);
    bench.forget();
    let token = bench.command(hold());
    bench.pass(9 * S);
    assert_eq!(bench.outcome_name(token), "none");
    bench.pass(2 * S);
    assert_eq!(bench.outcome_name(token), "not-applied");
    assert_eq!(bench.verbs(), ["HOLD"], "it is not tried again");
}

#[test]
fn what_the_answer_refuses_is_refused_and_what_was_not_sent_is_not_sent() {
    for (kind, sent, name) in [
        (ErrorKind::BadRequest, Sent::Refused, "refused"),
        (ErrorKind::OutOfService, Sent::Refused, "refused"),
        (ErrorKind::Connect, Sent::NotSent, "not-sent"),
    ] {
        let mut bench = talking();
        let token = bench.command(hold());
        bench.refuse(kind, sent);
        assert_eq!(bench.outcome_name(token), name);
    }
}

#[test]
fn what_was_accepted_and_is_refused_by_an_event_is_refused() {
    let mut bench = talking();
    let token = bench.command(hold());
    bench.answer();
    let request = bench.submitted[0].1.clone();
    bench.hear(says_refused("/finesse/api/Dialog/1", Some(&request), "Invalid State"));
    assert_eq!(bench.outcome_name(token), "refused");
    assert_eq!(bench.told_kinds(), ["api-error", "command"]);
}

#[test]
fn an_unanswered_command_is_decided_by_a_read_and_never_sent_again() {
    for (call, name) in [
        (Some(talk("1", "HELD", 5000)), "applied"),
        (Some(talk("1", "ACTIVE", 100)), "not-applied"),
        (Some(talk("1", "ALERTING", 5000)), "unknown"),
        (None, "unknown"),
    ] {
        let mut bench = talking();
        let token = bench.command(hold());
        bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
        bench.shows(agent("TALKING", 0, 0), call.as_slice());
        bench.pass(30 * S);
        assert_eq!(bench.outcome_name(token), name);
        assert_eq!(bench.verbs(), Vec::<&str>::new());
    }
}

#[test]
fn that_no_call_was_made_is_said_after_two_reads_two_seconds_apart() {
    let mut bench = idle();
    bench.pass(60 * S);
    let token = bench.command(make_call());
    bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
    bench.pass(10 * S);
    assert_eq!(bench.outcome_name(token), "none");
    bench.pass(2 * S);
    assert_eq!(bench.outcome_name(token), "not-applied");
    assert_eq!(bench.verbs(), Vec::<&str>::new());
}

#[test]
fn a_command_while_the_session_is_not_live_is_not_sent() {
    let mut bench = idle();
    bench.lose();
    let token = bench.command(ready());
    assert_eq!(bench.outcome_name(token), "not-sent");
    bench.attach(Side::B);
    let other = bench.command(make_call());
    assert_eq!(bench.outcome_name(other), "not-sent");
    bench.run();
    bench.pass(60 * S);
    assert_eq!(bench.verbs(), ["LOGIN"], "nothing is carried out later");
}

#[test]
fn a_command_under_way_over_a_gap_has_one_outcome_before_the_gap_is_closed() {
    for (answered, found, name) in [
        (true, talk("1", "HELD", 5000), "HOLD applied"),
        (false, talk("1", "HELD", 5000), "HOLD applied"),
        (true, talk("1", "ACTIVE", 100), "HOLD not-applied"),
        (false, talk("1", "ALERTING", 5000), "HOLD unknown"),
    ] {
        let mut bench = talking();
        let token = bench.command(hold());
        let pending = bench.asked.front().cloned().unwrap();
        if answered {
            bench.answer();
        } else {
            bench.asked.clear();
        }
        bench.lose();
        bench.shows(agent("TALKING", 0, 0), &[found]);
        bench.forget();
        bench.attach(Side::B);
        bench.run();
        assert_eq!(told(&bench), [name]);
        let kinds = bench.told_kinds();
        assert_eq!(kinds[kinds.len() - 2..], ["command", "resynced"]);
        if !answered {
            let late = Answer::Submitted(Err(Error::new(ErrorKind::Reset, Sent::Unanswered, "reset")));
            bench.step(Input::Answer { id: pending.0, epoch: pending.1, answer: Box::new(late) });
        }
        bench.pass(60 * S);
        assert!(bench.outcome(token).is_some());
        assert_eq!(bench.verbs(), ["LOGIN"]);
    }
}

#[test]
fn an_answer_that_comes_after_the_gap_opened_still_tells_how_far_the_command_got() {
    let mut bench = talking();
    let token = bench.command(hold());
    bench.lose();
    bench.refuse(ErrorKind::Connect, Sent::NotSent);
    assert_eq!(bench.outcome_name(token), "not-sent");
}

#[test]
fn a_made_call_over_a_gap_is_looked_for_twice() {
    let mut bench = idle();
    let token = bench.command(make_call());
    bench.answer();
    bench.lose();
    bench.forget();
    bench.attach(Side::B);
    bench.run();
    assert_eq!(bench.outcome_name(token), "none");
    bench.pass(3 * S);
    assert_eq!(bench.outcome_name(token), "not-applied");
    assert_eq!(bench.verbs(), ["LOGIN"]);
}

#[test]
fn at_the_end_of_the_line_what_is_under_way_is_unknown_and_closed_comes_last() {
    let mut bench = talking();
    let token = bench.command(hold());
    bench.step(Input::LineEnded(LineEnd::Closed));
    assert_eq!(bench.outcome_name(token), "unknown");
    assert_eq!(bench.told_kinds(), ["command", "closed"]);
    let late = bench.command(ready());
    assert_eq!(bench.outcome_name(late), "not-sent");
}

#[test]
fn more_commands_than_an_agent_can_give_are_not_sent() {
    let mut bench = talking();
    let tokens: Vec<Token> = (0..300).map(|_| bench.command(hold())).collect();
    assert_eq!(bench.asked.len(), 256);
    assert_eq!(bench.outcome_name(tokens[255]), "none");
    assert_eq!(bench.outcome_name(tokens[256]), "not-sent");
}

#[test]
fn every_command_has_an_id_of_its_own_and_is_written_once() {
    let mut bench = talking();
    for _ in 0..20 {
        bench.command(hold());
    }
    bench.pass(60 * S);
    let ids: std::collections::BTreeSet<&RequestId> = bench.submitted.iter().map(|(_, id)| id).collect();
    assert_eq!((bench.submitted.len(), ids.len(), bench.outcomes.len()), (20, 20, 20));
}

#[test]
fn inv18_after_refused_passwords_nothing_is_tried_by_itself() {
    let mut bench = talking();
    let first = bench.command(hold());
    bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
    for _ in 0..2 {
        bench.command(hold());
        bench.refuse(ErrorKind::Unauthorized, Sent::Refused);
    }
    let third = bench.command(hold());
    assert_eq!(bench.outcome_name(third), "not-sent");
    assert_eq!(bench.outcome_name(first), "unknown", "it could only be told by a read");
    for _ in 0..70 {
        bench.now += 10 * S;
        bench.step(Input::Tick);
        assert!(bench.asked.is_empty(), "no read either");
    }
    let later = bench.command(hold());
    assert_eq!(bench.outcome_name(later), "none");
    bench.pass(20 * S);
    assert_eq!(bench.outcome_name(later), "not-applied", "accepted credentials are used for reads again");
    assert_eq!(bench.warnings(), ["attention credentials", "attention credentials"]);
}

#[test]
fn inv18_a_command_that_would_need_a_read_while_none_is_made_is_unknown_at_once() {
    let mut bench = talking();
    bench.command(hold());
    bench.refuse(ErrorKind::Unauthorized, Sent::Refused);
    let token = bench.command(hold());
    bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
    assert_eq!(bench.outcome_name(token), "unknown");
}

#[test]
fn a_command_answered_while_the_gap_is_read_is_not_decided_by_that_read() {
    for (carried_out, at_once, later) in [(false, "none", "not-applied"), (true, "applied", "applied")] {
        let mut bench = talking();
        let token = bench.command(hold());
        let submit = bench.asked.pop_front().unwrap();
        bench.lose();
        bench.attach(Side::B);
        while !matches!(bench.next(), Op::Read(Ask::Dialogs)) {
            bench.answer();
        }
        if carried_out {
            bench.calls.insert(id("1"), talk("1", "HELD", 5000));
        }
        bench.now += S;
        let accepted = Box::new(Answer::Submitted(Ok(Accepted::new(202, None))));
        bench.step(Input::Answer { id: submit.0, epoch: submit.1, answer: accepted });
        bench.run();
        assert_eq!(bench.outcome_name(token), at_once);
        bench.pass(11 * S);
        assert_eq!(bench.outcome_name(token), later);
    }
}

#[test]
fn a_made_call_is_looked_for_twice_two_seconds_apart_however_long_the_gap_is_read() {
    let mut bench = idle();
    let token = bench.command(make_call());
    bench.answer();
    bench.lose();
    bench.attach(Side::B);
    bench.run();
    bench.lose();
    bench.attach(Side::B);
    while !matches!(bench.next(), Op::Read(Ask::Dialogs)) {
        bench.answer();
    }
    // Asked for at once after the first look, and answered late.
    bench.now += 3 * S;
    bench.run();
    assert_eq!(bench.outcome_name(token), "none");
    bench.pass(3 * S);
    assert_eq!(bench.outcome_name(token), "not-applied");
}
