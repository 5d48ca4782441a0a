use finesse_model::ReasonCodeId;
use finesse_rest::{Accepted, Error, ErrorKind};

use super::super::kit::{OWN, agent, call, id, own, talk, with_variable};
use super::super::snapshot::{Read, Snapshot};
use super::*;

const S: Duration = Duration::from_secs(1);
const EVENT_WAIT: Duration = Duration::from_secs(10);
const CUSTOMER: &str = "5550142";

fn shows(user: User, dialogs: &[Dialog]) -> Model {
    let mut model = Model::default();
    let each = |dialog: &Dialog| (dialog.id.clone(), Read { value: dialog.clone(), sent: 1, received: 2 });
    model.settle(
        S,
        &Snapshot {
            before: user.clone(),
            user: Read { value: user, sent: 1, received: 2 },
            list_sent: 1,
            list_received: 2,
            unreadable: 0,
            dialogs: dialogs.iter().map(each).collect(),
        },
    );
    model
}

fn on_call(dialogs: &[Dialog]) -> Model {
    shows(agent("TALKING", 0, 0), dialogs)
}

fn request() -> RequestId {
    RequestId::new("r1").unwrap()
}

fn extension() -> Extension {
    Extension::new(OWN).unwrap()
}

fn set(state: UserState) -> Command {
    Command::SetState { user: own(), state, reason: None }
}

fn act(action: CallAction) -> Command {
    Command::Call { dialog: id("1"), action, target: extension().into() }
}

fn make_call() -> Command {
    Command::MakeCall { user: own(), from: extension(), to: String::from(CUSTOMER), variables: Vec::new() }
}

fn made_call(id: &str) -> Dialog {
    let dialog = call(id, &[(OWN, "INITIATED", 5000), (CUSTOMER, "ALERTING", 5000)]);
    Dialog { from_address: Some(OWN.to_owned()), to_address: Some(CUSTOMER.to_owned()), ..dialog }
}

fn update(value: &str) -> Command {
    Command::UpdateCallData {
        dialog: id("1"),
        target: Some(extension()),
        variables: vec![(String::from("callVariable1"), value.to_owned())],
        wrap_up_reason: None,
        wrap_up_items: Vec::new(),
    }
}

fn wrap_up(reason: &str) -> Command {
    Command::UpdateCallData {
        dialog: id("1"),
        target: Some(extension()),
        variables: Vec::new(),
        wrap_up_reason: Some(reason.to_owned()),
        wrap_up_items: Vec::new(),
    }
}

fn wrapped_up(reason: &str) -> Dialog {
    let mut dialog = with_variable(talk("1", "WRAP_UP", 100), "gold");
    dialog.media_properties.as_mut().unwrap().wrap_up_reason = Some(reason.to_owned());
    dialog
}

fn opened(command: Command, before: &Model) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.open(request(), command, Some(Token(1)), before);
    ledger
}

fn accept(ledger: &mut Ledger, now: Duration) {
    assert!(ledger.answered(now, &request(), &Ok(Accepted::new(202, None)), EVENT_WAIT).is_none());
}

fn error(kind: ErrorKind, progress: Progress) -> Error {
    Error::new(kind, progress, "no")
}

/// The outcome's name, and that there is exactly one.
fn one(ended: Vec<Ended>, ledger: &Ledger) -> &'static str {
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!((ended[0].token, ledger.len()), (Some(Token(1)), 0));
    ended[0].outcome.name()
}

/// What is said of a command that was accepted and of which no notification came, after a read that shows this.
fn decided(command: Command, before: &Model, after: &Model) -> &'static str {
    let mut ledger = opened(command, before);
    accept(&mut ledger, S);
    let ended = ledger.decide(12 * S, 11 * S, after, false);
    one(ended, &ledger)
}

/// Every verb of the table: what was shown before, what shows that it was carried out, what shows that it was not.
fn table() -> Vec<(Command, Model, Model, Model)> {
    let out = || shows(agent("LOGOUT", 0, 0), &[]);
    let ready = || shows(agent("READY", 0, 0), &[]);
    let not_ready = || shows(agent("NOT_READY", 0, 12), &[]);
    let consult = |customer: &str, colleague: &str| {
        let held = call("1", &[(OWN, "HELD", 100), (CUSTOMER, customer, 0)]);
        on_call(&[held, call("2", &[(OWN, "ACTIVE", 100), ("7302", colleague, 100)])])
    };
    let consulted = Dialog {
        from_address: Some(OWN.to_owned()),
        to_address: Some("7302".to_owned()),
        ..talk("2", "ACTIVE", 5000)
    };
    let joined = call("1", &[(OWN, "ACTIVE", 5000), (CUSTOMER, "ACTIVE", 0), ("7302", "ACTIVE", 5000)]);
    let one = |state: &str| on_call(&[talk("1", state, 100)]);
    let then = |state: &str| on_call(&[talk("1", state, 5000)]);
    let reason = Some(ReasonCodeId::new("61").unwrap());
    vec![
        (set(UserState::Ready), not_ready(), shows(agent("READY", 5000, 0), &[]), not_ready()),
        (
            Command::SetState { user: own(), state: UserState::NotReady, reason },
            ready(),
            shows(agent("NOT_READY", 5000, 12), &[]),
            ready(),
        ),
        (
            Command::SignIn { user: own(), extension: extension(), device: None, mobile: None },
            out(),
            shows(agent("NOT_READY", 5000, 0), &[]),
            out(),
        ),
        (
            Command::SignOut { user: own(), reason: None, all_media: false },
            ready(),
            shows(agent("LOGOUT", 5000, 0), &[]),
            ready(),
        ),
        (act(CallAction::Answer), one("ALERTING"), then("ACTIVE"), one("ALERTING")),
        (act(CallAction::Hold), one("ACTIVE"), then("HELD"), one("ACTIVE")),
        (act(CallAction::Retrieve), one("HELD"), then("ACTIVE"), one("HELD")),
        (act(CallAction::Drop), one("ACTIVE"), on_call(&[]), one("ACTIVE")),
        (act(CallAction::Transfer), consult("ACTIVE", "ACTIVE"), on_call(&[]), consult("ACTIVE", "ACTIVE")),
        (
            act(CallAction::Conference),
            consult("ACTIVE", "ACTIVE"),
            on_call(&[joined]),
            consult("ACTIVE", "ACTIVE"),
        ),
        (
            Command::ConsultCall {
                dialog: id("1"),
                target: extension(),
                to: String::from("7302"),
                variables: Vec::new(),
            },
            one("ACTIVE"),
            on_call(&[talk("1", "HELD", 5000), consulted]),
            one("ACTIVE"),
        ),
        (
            Command::BlindTransfer { dialog: id("1"), target: extension(), to: String::from("7302") },
            one("ACTIVE"),
            on_call(&[]),
            one("ACTIVE"),
        ),
        (
            update("silver"),
            on_call(&[with_variable(talk("1", "ACTIVE", 100), "gold")]),
            on_call(&[with_variable(talk("1", "ACTIVE", 100), "silver")]),
            on_call(&[with_variable(talk("1", "ACTIVE", 100), "gold")]),
        ),
        (
            wrap_up("Sale"),
            on_call(&[wrapped_up("")]),
            on_call(&[wrapped_up("Sale")]),
            on_call(&[wrapped_up("")]),
        ),
    ]
}

#[test]
fn a_read_that_shows_the_wanted_condition_means_applied() {
    for (command, before, after, _) in table() {
        assert_eq!(decided(command.clone(), &before, &after), "applied", "{command:?}");
    }
}

#[test]
fn a_read_that_shows_everything_as_before_means_not_applied() {
    for (command, before, _, unchanged) in table() {
        assert_eq!(decided(command.clone(), &before, &unchanged), "not-applied", "{command:?}");
    }
}

#[test]
fn notification_trap_25_a_notification_that_shows_the_wanted_condition_ends_an_accepted_command() {
    for (command, before, after, _) in table() {
        let mut ledger = opened(command.clone(), &before);
        accept(&mut ledger, S);
        assert!(ledger.settle_applied(&before).is_empty(), "{command:?}");
        assert_eq!(one(ledger.settle_applied(&after), &ledger), "applied", "{command:?}");
    }
}

#[test]
fn a_notification_may_overtake_the_answer() {
    for (command, before, after, _) in table() {
        let mut ledger = opened(command.clone(), &before);
        assert!(ledger.settle_applied(&before).is_empty(), "{command:?}");
        assert_eq!(one(ledger.settle_applied(&after), &ledger), "applied", "{command:?}");
        // The late answer, whatever it says, makes no second outcome.
        assert!(ledger.answered(S, &request(), &Ok(Accepted::new(202, None)), EVENT_WAIT).is_none());
        let refused = Err(error(ErrorKind::BadRequest, Progress::Refused));
        assert!(ledger.answered(S, &request(), &refused, EVENT_WAIT).is_none());
    }
}

#[test]
fn a_condition_that_held_before_is_applied_only_when_the_answer_came() {
    let ready = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(set(UserState::Ready), &ready);
    assert!(ledger.settle_applied(&ready).is_empty());
    accept(&mut ledger, S);
    assert_eq!(one(ledger.settle_applied(&ready), &ledger), "applied");
}

#[test]
fn the_answer_decides_what_was_refused_and_what_was_not_sent() {
    for (command, before, ..) in table() {
        for (progress, kind, name) in [
            (Progress::Refused, ErrorKind::BadRequest, "refused"),
            (Progress::Refused, ErrorKind::OutOfService, "refused"),
            (Progress::NotSent, ErrorKind::Connect, "not-sent"),
        ] {
            let mut ledger = opened(command.clone(), &before);
            let ended = ledger.answered(S, &request(), &Err(error(kind, progress)), EVENT_WAIT);
            assert_eq!(one(ended.into_iter().collect(), &ledger), name);
        }
    }
}

#[test]
fn what_was_accepted_can_still_be_refused_by_a_notification() {
    for (command, before, ..) in table() {
        let mut ledger = opened(command, &before);
        accept(&mut ledger, S);
        let ended = ledger.refused(&request(), String::from("Invalid Device"));
        assert_eq!(one(ended.into_iter().collect(), &ledger), "refused");
        assert!(ledger.refused(&request(), String::from("Invalid Device")).is_none());
    }
}

#[test]
fn an_unanswered_command_is_decided_like_an_accepted_one() {
    for (command, before, after, _) in table() {
        for kind in [ErrorKind::Timeout, ErrorKind::Reset, ErrorKind::ServerError, ErrorKind::GatewayTimeout]
        {
            let mut ledger = opened(command.clone(), &before);
            let answer = Err(error(kind, Progress::Unanswered));
            assert!(ledger.answered(S, &request(), &answer, EVENT_WAIT).is_none());
            assert_eq!(one(ledger.decide(12 * S, 11 * S, &after, false), &ledger), "applied", "{command:?}");
        }
    }
}

#[test]
fn after_a_gap_everything_under_way_is_decided_by_the_first_read() {
    for (command, before, after, unchanged) in table() {
        let mut ledger = opened(command.clone(), &before);
        assert_eq!(one(ledger.decide(3 * S, 3 * S, &after, true), &ledger), "applied", "{command:?}");
        let mut ledger = opened(command.clone(), &before);
        accept(&mut ledger, S);
        assert_eq!(one(ledger.decide(3 * S, 3 * S, &unchanged, true), &ledger), "not-applied", "{command:?}");
    }
}

#[test]
fn after_a_gap_too_a_read_that_was_begun_before_the_answer_decides_nothing() {
    let ready = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(set(UserState::NotReady), &ready);
    accept(&mut ledger, 5 * S);
    assert!(ledger.decide(6 * S, 4 * S, &ready, true).is_empty());
    assert_eq!(ledger.read_at(), Some(15 * S), "it is read again");
}

#[test]
fn a_state_that_is_neither_the_old_one_nor_the_wanted_one_leaves_it_unknown() {
    let before = on_call(&[talk("1", "ALERTING", 100)]);
    let dropped = on_call(&[]);
    for action in [CallAction::Answer, CallAction::Hold, CallAction::Retrieve] {
        assert_eq!(decided(act(action), &before, &dropped), "unknown", "{action:?}");
    }
    // The same state since another moment: something has happened in between.
    assert_eq!(decided(act(CallAction::Hold), &before, &on_call(&[talk("1", "ALERTING", 5000)])), "unknown");
    let (ready, work) = (shows(agent("READY", 0, 0), &[]), shows(agent("WORK", 5000, 0), &[]));
    assert_eq!(decided(set(UserState::NotReady), &ready, &work), "unknown");
    assert_eq!(decided(set(UserState::NotReady), &ready, &shows(agent("READY", 5000, 0), &[])), "unknown");
}

#[test]
fn a_state_that_waits_for_the_end_of_the_call_counts_as_the_wanted_one() {
    let before = on_call(&[]);
    let pending = User { pending_state: Some(UserState::NotReady), ..agent("TALKING", 0, 0) };
    assert_eq!(decided(set(UserState::NotReady), &before, &shows(pending, &[])), "applied");
}

#[test]
fn a_sign_out_during_a_call_is_applied_once_it_is_pending() {
    let before = on_call(&[]);
    let pending = User { pending_state: Some(UserState::Logout), ..agent("TALKING", 0, 0) };
    let command = Command::SignOut { user: own(), reason: None, all_media: false };
    assert_eq!(decided(command, &before, &shows(pending, &[])), "applied");
}

#[test]
fn a_logout_that_somebody_else_caused_leaves_a_sign_out_unknown() {
    let before = shows(agent("READY", 0, 0), &[]);
    let command = Command::SignOut { user: own(), reason: None, all_media: false };
    assert_eq!(decided(command.clone(), &before, &shows(agent("LOGOUT", 5000, 255), &[])), "unknown");
    assert_eq!(decided(command, &before, &shows(agent("TALKING", 5000, 0), &[])), "not-applied");
}

#[test]
fn a_sign_in_on_another_extension_is_not_the_wanted_one() {
    let command = Command::SignIn {
        user: own(),
        extension: Extension::new("7399").unwrap(),
        device: None,
        mobile: None,
    };
    let (before, after) = (shows(agent("LOGOUT", 0, 0), &[]), shows(agent("NOT_READY", 5000, 0), &[]));
    assert_eq!(decided(command, &before, &after), "unknown");
}

#[test]
fn data_of_a_call_that_is_over_or_has_a_third_value_is_unknown() {
    let before = on_call(&[with_variable(talk("1", "ACTIVE", 100), "gold")]);
    assert_eq!(decided(update("silver"), &before, &on_call(&[])), "unknown");
    let third = on_call(&[with_variable(talk("1", "ACTIVE", 100), "tin")]);
    assert_eq!(decided(update("silver"), &before, &third), "unknown");
}

#[test]
fn tones_leave_no_trace() {
    let command = Command::SendDtmf { dialog: id("1"), target: extension(), digits: String::from("1") };
    let model = on_call(&[talk("1", "ACTIVE", 100)]);
    assert_eq!(decided(command, &model, &model), "unknown");
}

// MAKE_CALL.

#[test]
fn a_made_call_shows_that_it_was_made() {
    let idle = shows(agent("READY", 0, 0), &[]);
    assert_eq!(decided(make_call(), &idle, &on_call(&[made_call("2")])), "applied");
    let mut ledger = opened(make_call(), &idle);
    assert_eq!(one(ledger.settle_applied(&on_call(&[made_call("2")])), &ledger), "applied");
}

#[test]
fn a_call_that_was_there_before_or_comes_from_the_other_end_is_not_the_made_one() {
    let before = on_call(&[made_call("2")]);
    let mut ledger = opened(make_call(), &before);
    assert!(ledger.settle_applied(&before).is_empty());
    let incoming = Dialog {
        from_address: Some(CUSTOMER.to_owned()),
        to_address: Some(OWN.to_owned()),
        ..made_call("3")
    };
    assert!(ledger.settle_applied(&on_call(&[made_call("2"), incoming])).is_empty());
    let elsewhere = call("4", &[(OWN, "INITIATED", 1), ("5550199", "ALERTING", 1)]);
    assert!(ledger.settle_applied(&on_call(&[made_call("2"), elsewhere])).is_empty());
}

#[test]
fn that_no_call_was_made_takes_two_reads_two_seconds_apart() {
    let idle = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(make_call(), &idle);
    accept(&mut ledger, S);
    assert_eq!(ledger.read_at(), Some(11 * S));
    assert!(ledger.decide(11 * S, 11 * S, &idle, false).is_empty());
    assert_eq!(ledger.read_at(), Some(13 * S));
    // An audit for another reason comes too early.
    assert!(ledger.decide(13 * S, 12 * S, &idle, false).is_empty());
    assert_eq!(one(ledger.decide(16 * S, 15 * S, &idle, false), &ledger), "not-applied");
}

#[test]
fn after_a_gap_too_a_call_that_is_not_shown_is_looked_for_twice() {
    let idle = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(make_call(), &idle);
    assert!(ledger.decide(30 * S, 30 * S, &idle, true).is_empty());
    assert_eq!(ledger.read_at(), Some(32 * S));
    assert_eq!(one(ledger.decide(33 * S, 32 * S, &idle, false), &ledger), "not-applied");
}

#[test]
fn an_agent_who_talks_may_have_made_a_call_that_is_not_shown() {
    let idle = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(make_call(), &idle);
    accept(&mut ledger, S);
    let talking = on_call(&[]);
    assert!(ledger.decide(11 * S, 11 * S, &talking, false).is_empty());
    assert_eq!(one(ledger.decide(14 * S, 13 * S, &talking, false), &ledger), "unknown");
}

#[test]
fn a_call_that_shows_at_the_second_look_was_made() {
    let idle = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(make_call(), &idle);
    accept(&mut ledger, S);
    assert!(ledger.decide(11 * S, 11 * S, &idle, false).is_empty());
    assert_eq!(one(ledger.decide(14 * S, 13 * S, &on_call(&[made_call("2")]), false), &ledger), "applied");
}

// When a read decides.

#[test]
fn a_read_that_was_begun_before_the_answer_decides_nothing() {
    let ready = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(set(UserState::NotReady), &ready);
    accept(&mut ledger, 5 * S);
    assert!(ledger.decide(20 * S, 4 * S, &ready, false).is_empty());
    assert_eq!(ledger.len(), 1);
}

#[test]
fn a_read_before_the_wait_is_over_decides_nothing() {
    let ready = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(set(UserState::NotReady), &ready);
    accept(&mut ledger, 5 * S);
    assert!(ledger.decide(14 * S, 13 * S, &ready, false).is_empty());
    assert_eq!(ledger.read_at(), Some(15 * S));
    assert_eq!(one(ledger.decide(16 * S, 15 * S, &ready, false), &ledger), "not-applied");
}

#[test]
fn a_command_whose_answer_is_still_to_come_is_not_decided_by_an_audit() {
    let ready = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(set(UserState::NotReady), &ready);
    assert_eq!(ledger.read_at(), None);
    assert!(ledger.decide(60 * S, 59 * S, &ready, false).is_empty());
}

#[test]
fn at_the_end_of_the_session_everything_under_way_is_unknown() {
    let ready = shows(agent("READY", 0, 0), &[]);
    let mut ledger = opened(make_call(), &ready);
    assert_eq!(one(ledger.end("closed"), &ledger), "unknown");
    assert!(ledger.end("closed").is_empty());
}

#[test]
fn a_sign_out_under_way_is_known() {
    let ready = shows(agent("READY", 0, 0), &[]);
    assert!(!opened(set(UserState::NotReady), &ready).wants_sign_out());
    assert!(
        opened(Command::SignOut { user: own(), reason: None, all_media: false }, &ready).wants_sign_out()
    );
}

#[test]
fn not_ready_for_another_reason_is_not_applied_by_the_reason_before() {
    let with_reason = |id: &str, millis| {
        let code = finesse_model::ReasonCode { id: Some(id.to_owned()), ..Default::default() };
        User { reason_code: Some(code), ..agent("NOT_READY", millis, 0) }
    };
    let mut ledger = Ledger::default();
    let reason = Some(ReasonCodeId::new("7").unwrap());
    let command = Command::SetState { user: own(), state: UserState::NotReady, reason };
    ledger.open(request(), command, None, &shows(with_reason("3", 0), &[]));
    assert!(ledger.answered(S, &request(), &Ok(Accepted::new(202, None)), EVENT_WAIT).is_none());
    assert!(ledger.settle_applied(&shows(with_reason("3", 0), &[])).is_empty());
    let ended = ledger.settle_applied(&shows(with_reason("7", 100), &[]));
    assert_eq!(ended.first().map(|ended| ended.outcome.clone()), Some(Outcome::Applied));
}

#[test]
fn what_leaves_no_trace_ends_as_unknown() {
    let media = || finesse_model::MediaId::new("5000").unwrap();
    let talking = on_call(&[talk("1", "ACTIVE", 100)]);
    for command in [
        act(CallAction::StartRecording),
        act(CallAction::CancelCallback),
        Command::SetRoutable { user: own(), media: media(), routable: true },
        Command::MediaSignOut { user: own(), media: media(), reason: None },
    ] {
        assert_eq!(decided(command.clone(), &talking, &talking), "unknown", "{command:?}");
    }
}

#[test]
fn a_task_that_was_never_shown_proves_nothing_by_its_absence() {
    let nothing = on_call(&[]);
    let transfer = Command::TransferTask { dialog: id("1"), agent: own(), to: String::from("Sales") };
    for command in [act(CallAction::Close), act(CallAction::Accept), transfer] {
        assert_eq!(decided(command.clone(), &nothing, &nothing), "unknown", "{command:?}");
    }
}

#[test]
fn a_preview_that_is_closed_is_gone_and_one_that_is_not_stands_as_it_was() {
    let offered = on_call(&[talk("1", "ALERTING", 100)]);
    assert_eq!(decided(act(CallAction::Close), &offered, &on_call(&[])), "applied");
    assert_eq!(decided(act(CallAction::Close), &offered, &offered), "not-applied");
    let accepted = on_call(&[talk("1", "ACCEPTED", 5000)]);
    assert_eq!(decided(act(CallAction::Accept), &offered, &accepted), "applied");
}

#[test]
fn who_was_dropped_from_a_conference_is_no_longer_on_it() {
    let three = |third: &str| {
        on_call(&[call("1", &[(OWN, "ACTIVE", 0), (CUSTOMER, "ACTIVE", 0), ("7302", third, 0)])])
    };
    let command = || Command::DropParticipant { dialog: id("1"), party: String::from("7302") };
    assert_eq!(decided(command(), &three("ACTIVE"), &three("DROPPED")), "applied");
    assert_eq!(decided(command(), &three("ACTIVE"), &three("ACTIVE")), "unknown");
}
