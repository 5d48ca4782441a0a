//! Whether and how the agent is signed in, and READY is asked for again.

use finesse_model::{MobileAgent, MobileMode};
use finesse_rest::Progress as Sent;

use super::super::super::kit::{agent, says_agent, says_refused};
use super::*;

fn out(reason: i64) -> User {
    agent("LOGOUT", 5000, reason)
}

fn mobile() -> MobileAgent {
    MobileAgent {
        mode: Some(MobileMode::CallByCall),
        dial_number: Some(String::from("5550100")),
        ..MobileAgent::default()
    }
}

/// A session that signs in, at the moment at which LOGIN is to be answered.
fn signing_in(user: User) -> Bench {
    let mut bench = Bench::new(Some(sign_in()));
    bench.obeys = false;
    bench.shows(user, &[]);
    bench.attach(Side::A);
    bench.answer();
    bench.answer();
    assert!(matches!(bench.next(), Op::Submit(Command::SignIn { .. }, _)), "{:?}", bench.next());
    bench
}

/// A session whose agent is READY by his own choice, in a gap that was just opened.
fn lost_while_ready() -> Bench {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.command(ready());
    bench.pass(S);
    bench.hear(says_agent(&bench.user.clone()));
    assert_eq!(bench.outcomes.len(), 1);
    bench.lose();
    bench.forget();
    bench
}

fn ready() -> Command {
    Command::SetState { user: own(), state: UserState::Ready, reason: None }
}

fn not_ready() -> Command {
    Command::SetState { user: own(), state: UserState::NotReady, reason: None }
}

/// Comes back on the other side, which shows this.
fn back(bench: &mut Bench, user: User) {
    bench.shows(user, &[]);
    bench.attach(Side::B);
    bench.run();
}

#[test]
fn an_agent_who_is_signed_out_is_signed_in_at_a_cold_start() {
    let mut bench = signing_in(out(999));
    bench.answer();
    assert!(bench.core.is_stale(), "accepted is not yet signed in");
    bench.user = agent("NOT_READY", 6000, 0);
    bench.hear(says_agent(&agent("NOT_READY", 6000, 0)));
    bench.run();
    assert_eq!(bench.story(), ["cold: agent NOT_READY", "resynced with 1 changes"]);
    assert_eq!(bench.warnings(), Vec::<String>::new());
}

#[test]
fn an_agent_who_is_signed_in_is_claimed_at_a_cold_start_and_keeps_his_state() {
    let mut bench = signing_in(agent("READY", 0, 0));
    bench.answer();
    bench.run();
    assert_eq!(
        (bench.verbs(), bench.story()),
        (vec!["LOGIN"], vec![String::from("cold: agent READY"), String::from("resynced with 1 changes")])
    );
}

#[test]
fn an_observer_signs_nobody_in() {
    let mut bench = Bench::new(None);
    bench.shows(out(0), &[]);
    bench.attach(Side::A);
    bench.run();
    assert_eq!(bench.verbs(), Vec::<&str>::new());
    assert_eq!(bench.story(), ["cold: agent LOGOUT", "resynced with 1 changes"]);
}

#[test]
fn the_event_of_the_sign_in_may_overtake_the_answer() {
    let mut bench = signing_in(out(0));
    bench.hear(says_agent(&agent("NOT_READY", 6000, 0)));
    assert!(matches!(bench.next(), Op::Submit(..)), "the answer is waited for all the same");
    bench.user = agent("NOT_READY", 6000, 0);
    bench.answer();
    assert_eq!(*bench.next(), Op::Read(Ask::User));
    bench.run();
    assert_eq!(bench.submitted.len(), 1);
}

#[test]
fn what_was_heard_before_the_sign_in_is_not_its_effect() {
    let mut bench = Bench::new(Some(sign_in()));
    bench.obeys = false;
    bench.shows(out(50002), &[]);
    bench.attach(Side::A);
    bench.hear(says_agent(&agent("READY", 4000, 0)));
    bench.hear(says_agent(&out(50002)));
    bench.answer();
    bench.answer();
    bench.answer();
    assert!(bench.asked.is_empty(), "its effect is still to come");
    bench.now += 500 * MS;
    bench.user = agent("NOT_READY", 6000, 0);
    bench.run();
    assert_eq!(bench.warnings(), Vec::<String>::new());
    assert_eq!(bench.story(), ["cold: agent NOT_READY", "resynced with 1 changes"]);
}

#[test]
fn without_an_event_a_read_shows_that_the_sign_in_was_carried_out() {
    let mut bench = signing_in(out(0));
    bench.answer();
    assert_eq!(bench.core.wake_at(), Some(bench.now + 500 * MS));
    bench.now += 500 * MS;
    bench.step(Input::Tick);
    bench.answer();
    assert!(bench.core.is_stale(), "not yet");
    bench.user = agent("NOT_READY", 6000, 0);
    bench.run();
    assert_eq!(bench.submitted.len(), 1);
    assert_eq!(bench.resynced()[0].resync, S);
}

#[test]
fn a_look_that_the_event_has_overtaken_is_not_taken_for_the_read() {
    let mut bench = signing_in(out(0));
    bench.answer();
    bench.now += 500 * MS;
    bench.step(Input::Tick);
    bench.user = agent("NOT_READY", 6000, 0);
    bench.hear(says_agent(&bench.user.clone()));
    assert_eq!(bench.asked.len(), 2);
    bench.answer_with(Answer::Read(Ok(Told::User(Box::new(out(0))))));
    assert_eq!(bench.asked.len(), 1, "the read has its own answer to come");
    assert_eq!(*bench.next(), Op::Read(Ask::User));
    bench.run();
    assert_eq!(bench.story(), ["cold: agent NOT_READY", "resynced with 1 changes"]);
}

#[test]
fn a_sign_in_that_is_not_carried_out_in_time_is_told_and_the_session_watches() {
    let mut bench = signing_in(out(0));
    bench.run();
    assert_eq!(bench.warnings(), ["attention sign-in"]);
    assert_eq!(bench.story(), ["cold: agent LOGOUT", "resynced with 1 changes"]);
    assert_eq!(bench.resynced()[0].resync, 10 * S);
}

#[test]
fn a2_a_sign_in_that_is_refused_by_an_event_is_told_and_the_session_watches() {
    for overtakes in [false, true] {
        let mut bench = signing_in(out(0));
        let Op::Submit(_, request) = bench.next().clone() else { panic!("no sign-in") };
        if !overtakes {
            bench.answer();
        }
        bench.hear(says_refused("/finesse/api/User/1001", Some(&request), "Invalid Device"));
        bench.run();
        assert_eq!(bench.warnings(), ["attention sign-in"]);
        assert_eq!(bench.submitted.len(), 1);
        assert_eq!(bench.resynced()[0].resync, Duration::ZERO, "nothing is waited for");
    }
}

#[test]
fn a_refusal_without_a_request_id_is_ours_only_if_it_is_about_the_agent() {
    let mut bench = signing_in(out(0));
    bench.answer();
    bench.hear(says_refused("/finesse/api/Dialog/7", None, "Invalid State"));
    bench.hear(says_refused(
        "/finesse/api/User/1001",
        Some(&RequestId::new("other").unwrap()),
        "Invalid State",
    ));
    assert!(bench.asked.is_empty(), "still waiting");
    bench.hear(says_refused("/finesse/api/User/1001", None, "Invalid Device"));
    assert_eq!(*bench.next(), Op::Read(Ask::User));
}

#[test]
fn a_sign_in_that_the_answer_refuses_is_told_and_not_repeated() {
    for kind in [ErrorKind::BadRequest, ErrorKind::Conflict, ErrorKind::Forbidden] {
        let mut bench = signing_in(out(0));
        bench.refuse(kind, Sent::Refused);
        bench.run();
        assert_eq!(bench.warnings(), ["attention sign-in"]);
        assert_eq!((bench.asked.len(), bench.failures()), (0, vec![]));
    }
}

#[test]
fn a_side_that_cannot_sign_anybody_in_now_has_failed() {
    for (kind, sent) in [
        (ErrorKind::OutOfService, Sent::Refused),
        (ErrorKind::Throttled, Sent::Refused),
        (ErrorKind::Timeout, Sent::Unanswered),
        (ErrorKind::Connect, Sent::NotSent),
    ] {
        let mut bench = signing_in(out(0));
        bench.refuse(kind, sent);
        assert_eq!(bench.failures(), [Fault::Side], "{kind}");
    }
}

#[test]
fn a_refused_password_is_tried_once() {
    let mut bench = signing_in(out(0));
    bench.refuse(ErrorKind::Unauthorized, Sent::Refused);
    assert_eq!(bench.failures(), [Fault::Credentials]);
    assert!(bench.asked.is_empty() && bench.core.wake_at().is_none());
}

#[test]
fn the_move_is_committed_when_the_agent_is_claimed() {
    let mut bench = signing_in(agent("READY", 0, 0));
    bench.reports.clear();
    bench.answer();
    assert!(matches!(bench.reports[..], [LineReport::Committed(Epoch(1))]));
    assert!(bench.core.is_stale());
}

#[test]
fn a5_an_agent_whom_a_supervisor_signed_out_in_the_gap_stays_signed_out() {
    let mut bench = lost_while_ready();
    back(&mut bench, out(999));
    assert_eq!(bench.verbs(), Vec::<&str>::new());
    assert_eq!(bench.warnings(), ["logged out"]);
    assert_eq!(bench.story(), ["gap: agent LOGOUT", "resynced with 1 changes"]);
}

#[test]
fn a_forced_logout_in_the_gap_is_repaired() {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.lose();
    bench.forget();
    back(&mut bench, out(255));
    assert_eq!((bench.verbs(), bench.warnings()), (vec!["LOGIN"], vec![]));
    // What was signed in is what was known before, in another moment.
    assert_eq!(bench.story(), ["gap: agent NOT_READY", "resynced with 1 changes"]);
}

#[test]
fn k8_after_a_long_sleep_the_agent_is_not_signed_in_again() {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.lose();
    bench.forget();
    bench.now += 16 * 60 * S;
    back(&mut bench, out(255));
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![String::from("logged out")]));
}

#[test]
fn a7_an_agent_who_signed_in_elsewhere_is_left_alone() {
    let mut bench = lost_while_ready();
    let elsewhere = User { extension: Some(String::from("7399")), ..agent("NOT_READY", 5000, 50002) };
    back(&mut bench, elsewhere);
    assert_eq!(bench.verbs(), Vec::<&str>::new(), "neither LOGIN nor READY");
    assert_eq!(bench.warnings(), ["taken over extension"]);
}

#[test]
fn a7_an_agent_who_is_taken_over_while_live_is_left_alone_from_then_on() {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.hear(says_agent(&User { extension: Some(String::from("7399")), ..agent("READY", 5000, 0) }));
    assert_eq!(bench.warnings(), ["taken over extension"]);
    // Said once, whatever else changes.
    bench.hear(says_agent(&User { extension: Some(String::from("7399")), ..agent("TALKING", 6000, 0) }));
    assert_eq!(bench.warnings().len(), 1);
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.hear(says_agent(&out(32741)));
    bench.pass(20 * S);
    assert_eq!((bench.warnings(), bench.verbs()), (vec![String::from("taken over session")], vec![]));
}

#[test]
fn who_signs_out_as_the_side_fails_is_not_signed_in_again() {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    let token = bench.command(Command::SignOut { user: own(), reason: None, all_media: false });
    bench.lose();
    bench.asked.clear();
    bench.forget();
    back(&mut bench, out(0));
    assert_eq!(bench.verbs(), Vec::<&str>::new());
    assert_eq!(bench.outcome_name(token), "applied");
    // Nor after the next gap.
    bench.lose();
    bench.attach(Side::A);
    bench.run();
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![]));
}

#[test]
fn a_logout_that_was_told_live_is_not_told_again_after_a_gap_of_a_stream_that_survived() {
    let user = || agent("NOT_READY", 0, 12);
    for mut bench in [Bench::live(user(), &[]), Bench::watching(user(), &[])] {
        bench.user = out(12);
        bench.hear(says_agent(&out(12)));
        bench.lose();
        bench.forget();
        bench.attach_as(Side::A, true, None);
        bench.run();
        assert_eq!(bench.warnings(), Vec::<String>::new());
    }
}

#[test]
fn a_logout_in_a_gap_of_a_stream_that_survived_is_told_once_whichever_read_shows_it() {
    for first in [true, false] {
        let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
        bench.lose();
        bench.forget();
        bench.attach_as(Side::A, true, None);
        if !first {
            bench.answer();
        }
        bench.user = out(999);
        bench.run();
        assert_eq!(bench.warnings(), ["logged out"], "by the first read: {first}");
    }
}

#[test]
fn a8_a_mobile_agent_is_claimed_with_his_number_also_where_the_stream_survived() {
    let mobile = mobile();
    let mut bench = Bench::new(Some(SignIn { mobile: Some(mobile.clone()), ..sign_in() }));
    bench.shows(User { mobile_agent: Some(mobile.clone()), ..agent("READY", 0, 0) }, &[]);
    bench.attach(Side::A);
    bench.run();
    bench.lose();
    bench.forget();
    bench.user = agent("READY", 0, 0);
    bench.attach_as(Side::A, true, None);
    bench.run();
    assert!(
        matches!(&bench.submitted[..], [(Command::SignIn { mobile: Some(sent), .. }, _)] if *sent == mobile)
    );
    bench.pass(6 * S);
    assert_eq!(bench.warnings(), ["attention mobile"], "the side still does not show it");
    bench.pass(60 * S);
    assert_eq!(bench.warnings().len(), 1, "it is said once");
}

#[test]
fn nothing_is_wrong_with_a_mobile_agent_who_is_signed_out_or_elsewhere_or_shown_a_moment_later() {
    let mobile = mobile();
    let elsewhere = User { extension: Some(String::from("7399")), ..agent("READY", 5000, 0) };
    for (shown, warned) in [
        (agent("LOGOUT", 5000, 999), vec!["logged out"]),
        (elsewhere, vec!["taken over extension"]),
        (agent("READY", 0, 0), vec![]),
    ] {
        let mut bench = Bench::new(Some(SignIn { mobile: Some(mobile.clone()), ..sign_in() }));
        bench.shows(User { mobile_agent: Some(mobile.clone()), ..agent("READY", 0, 0) }, &[]);
        bench.attach(Side::A);
        bench.run();
        bench.lose();
        bench.forget();
        bench.obeys = false;
        bench.user = shown;
        bench.attach(Side::B);
        bench.run();
        // CTI takes a moment to carry a LOGIN out.
        bench.now += S;
        if bench.user.extension.as_deref() == Some(OWN) {
            bench.user.mobile_agent = Some(mobile.clone());
        }
        bench.pass(40 * S);
        assert_eq!(bench.warnings(), warned);
    }
}

// READY.

#[test]
fn ready_that_the_agent_chose_and_a_failure_took_is_asked_for_again() {
    let mut bench = lost_while_ready();
    back(&mut bench, agent("NOT_READY", 5000, 50002));
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN", "READY"]);
    let kinds = bench.told_kinds();
    let resynced = kinds.iter().position(|kind| kind == "resynced").unwrap();
    assert!(kinds[..resynced].iter().all(|kind| kind != "command"));
}

#[test]
fn after_a_forced_logout_ready_is_asked_for_again_with_the_sign_in() {
    let mut bench = lost_while_ready();
    back(&mut bench, out(255));
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN", "READY"]);
    bench.hear(says_agent(&bench.user.clone()));
    // The choice still stands after the next failure.
    bench.lose();
    bench.forget();
    back(&mut bench, agent("NOT_READY", 90_000, 50002));
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN", "READY"]);
}

#[test]
fn ready_is_not_asked_for_after_more_than_five_minutes() {
    for found in [agent("NOT_READY", 5000, 50002), out(255)] {
        let mut bench = lost_while_ready();
        bench.now += 301 * S;
        back(&mut bench, found);
        bench.pass(S);
        assert_eq!(bench.verbs(), ["LOGIN"]);
    }
}

#[test]
fn ready_is_not_asked_for_after_more_than_five_minutes_in_two_attempts() {
    let mut bench = lost_while_ready();
    bench.now += 240 * S;
    bench.shows(out(255), &[]);
    bench.attach(Side::B);
    while bench.submitted.is_empty() {
        bench.answer();
    }
    bench.lose();
    bench.asked.clear();
    bench.now += 960 * S;
    bench.attach(Side::A);
    bench.run();
    bench.pass(S);
    assert_eq!(bench.user.state, Some(UserState::NotReady));
    assert_eq!(bench.verbs(), ["LOGIN", "LOGIN"]);
}

#[test]
fn ready_is_asked_for_again_in_the_attempt_that_follows_the_sign_in() {
    let mut bench = lost_while_ready();
    bench.shows(out(255), &[]);
    bench.attach(Side::B);
    while bench.submitted.is_empty() {
        bench.answer();
    }
    bench.lose();
    bench.asked.clear();
    bench.attach(Side::A);
    bench.run();
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN", "LOGIN", "READY"]);
}

#[test]
fn ready_is_not_asked_for_if_anything_but_a_failure_took_it() {
    // RONA, a supervisor, the agent himself; and wrap-up is no NOT_READY.
    let found = [
        agent("NOT_READY", 5000, 32767),
        agent("NOT_READY", 5000, 999),
        agent("NOT_READY", 5000, 12),
        agent("WORK", 5000, 50002),
    ];
    for user in found {
        let mut bench = lost_while_ready();
        back(&mut bench, user.clone());
        bench.pass(S);
        assert_eq!(bench.verbs(), ["LOGIN"], "{user:?}");
    }
}

#[test]
fn ready_is_not_asked_for_after_a_logout_whose_reason_is_not_known() {
    let mut bench = lost_while_ready();
    back(&mut bench, out(0));
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
}

#[test]
fn ready_is_not_asked_for_if_the_agent_did_not_choose_it_here() {
    let mut bench = Bench::live(agent("READY", 0, 0), &[]);
    bench.lose();
    bench.forget();
    back(&mut bench, agent("NOT_READY", 5000, 50002));
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
}

#[test]
fn who_asks_to_be_not_ready_in_a_gap_is_not_made_ready_after_it() {
    let mut bench = lost_while_ready();
    let token = bench.command(not_ready());
    assert_eq!(bench.outcome_name(token), "not-sent");
    back(&mut bench, agent("NOT_READY", 5000, 50002));
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
}
