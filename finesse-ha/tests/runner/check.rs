//! What must have come of a run: what the case expects, and what holds in every run.

use std::time::Duration;

use finesse_sim::{Fault, LogEntry, LogKind, Side};
use serde_json::Value;

use super::case::{Case, Told, What};
use super::play::Run;
use crate::common::always::untrue;

/// Everything that is not as it should be, in words.
pub(crate) fn check(case: &Case, run: &mut Run) -> Vec<String> {
    let mut broken = std::mem::take(&mut run.broken);
    broken.extend(expected(case, run));
    broken.extend(credentials(case, run));
    if case.expect.closed.is_none() {
        broken.extend(truth(case, run));
    }
    run.listener.commands(&run.log, &run.wire, &run.clicks);
    broken.append(&mut run.listener.broken);
    broken
}

fn expected(case: &Case, run: &Run) -> Vec<String> {
    let expect = &case.expect;
    let mut broken = Vec::new();
    let zero = run.story.zero;
    let names = |name: &str| run.names.get(name).cloned();
    let fits = |told: &Told, at: Duration, event: &Value| {
        event["event"] == told.event.as_str()
            && told.after.is_none_or(|after| at >= zero + after)
            && told.by.is_none_or(|by| at <= zero + by)
            && told.with.matches(event, &names)
    };
    let mut rest = run.told.iter();
    for (index, wanted) in expect.feed.iter().enumerate() {
        if !rest.any(|(at, event)| fits(wanted, *at, event)) {
            let number = index + 1;
            broken.push(format!("item {number} of the feed is missing: {}", in_words(wanted)));
            break;
        }
    }
    for unwanted in &expect.never {
        if let Some((at, _)) = run.told.iter().find(|(at, event)| fits(unwanted, *at, event)) {
            let at = at.as_secs_f64() - zero.as_secs_f64();
            broken.push(format!("at {at:.3} s there is what must not be: {}", in_words(unwanted)));
        }
    }
    let named = |name: &str| run.told.iter().filter(|(_, event)| event["event"] == name).count();
    let forced = run
        .log
        .iter()
        .filter(|entry| entry.at >= zero && matches!(entry.kind, LogKind::ForcedLogoutApplied { .. }));
    let counts = [
        ("gaps", expect.gaps, named("gap-opened")),
        ("switches", expect.switches, named("switching")),
        ("ghost logouts", expect.ghost_logouts, named("ghost-logout")),
        ("forced logouts in the world", expect.forced_logouts, forced.count()),
    ];
    for (what, wanted, found) in counts {
        broken.extend(wanted.and_then(|wanted| wanted.check(what, found).err()));
    }
    for wanted in &expect.log {
        let fits = |entry: &&LogEntry| {
            entry.at >= zero + wanted.after.unwrap_or_default()
                && wanted.by.is_none_or(|by| entry.at <= zero + by)
                && wanted.entry.matches(&serde_json::to_value(entry).unwrap_or_default(), &names)
        };
        let found = run.log.iter().filter(fits).count();
        broken.extend(wanted.times.check(&format!("entries of the log like {}", wanted.entry), found).err());
    }
    let last_live = run.told.iter().rev().find(|(_, event)| event["event"] == "resynced").map(|(at, _)| *at);
    if let Some(by) = expect.live_by {
        let late = last_live.is_none_or(|at| at > zero + by);
        if late {
            let at = last_live.map_or_else(
                || String::from("never live"),
                |at| format!("live at {:.3} s", at.as_secs_f64() - zero.as_secs_f64()),
            );
            broken.push(format!("{at}, expected by {by:?}"));
        }
    }
    if let Some(side) = expect.side {
        let found = run.listener.side().map(|side| side.to_string());
        if found.as_deref() != Some(&side.to_string()) {
            broken.push(format!("the side in use is {found:?}, expected {side}"));
        }
    }
    let state = run.sim.truth(&case.agent.id).map(|truth| truth.state).unwrap_or_default();
    if let Some(wanted) =
        expect.state.as_ref().filter(|wanted| !wanted.matches(&Value::from(state.as_str()), &names))
    {
        broken.push(format!("the agent is {state} in the end, expected {wanted}"));
    }
    let last = run.told.last().map(|(_, event)| event);
    match &expect.closed {
        None if run.closed => broken.push(String::from("the session is over, and should not be")),
        None => {}
        Some(_) if !run.closed => broken.push(String::from("the session is not over, and should be")),
        Some(why) => {
            let said =
                last.is_some_and(|event| event["event"] == "closed" && why.matches(&event["why"], &names));
            if !said {
                broken.push(format!("the last item is {last:?}, expected closed with {why}"));
            }
        }
    }
    broken
}

fn in_words(told: &Told) -> String {
    let after = told.after.map_or(String::new(), |after| format!(", not before {after:?}"));
    let by = told.by.map_or(String::new(), |by| format!(", by {by:?}"));
    format!("{} with {}{after}{by}", told.event, told.with)
}

/// The client never brings an account near its lock.
fn credentials(case: &Case, run: &Run) -> Vec<String> {
    let locks = case.steps.iter().any(|step| matches!(step.what, What::Fault(Fault::LockUser { .. })));
    let mut broken = Vec::new();
    for side in Side::BOTH {
        let refused = run.log.iter().filter(|entry| {
            entry.side == Some(side) && matches!(entry.kind, LogKind::Credentials { ok: false, .. })
        });
        let (refused, budget) = (refused.count(), run.params.auth_budget);
        if refused > usize::try_from(budget).unwrap_or(usize::MAX) {
            broken.push(format!(
                "side {side} has refused the credentials {refused} times, allowed are {budget}"
            ));
        }
    }
    let locked = run.log.iter().any(|entry| matches!(entry.kind, LogKind::Credentials { locked: true, .. }));
    if locked && !locks {
        broken.push(String::from("the account is locked"));
    }
    broken
}

/// The picture is true in the end, and the feed was complete.
fn truth(case: &Case, run: &mut Run) -> Vec<String> {
    let user = case.agent.id.as_str();
    let Some(shown) = run.shown.clone() else {
        return vec![String::from("there is no session in the end")];
    };
    let broken = untrue(&run.sim, user, run.listener.side(), &shown);
    if !shown.stale {
        let truth = run.sim.truth(user);
        let still_there = truth.map(|truth| truth.dialogs.into_keys().collect()).unwrap_or_default();
        run.listener.end(&run.log, &still_there);
    }
    broken
}
