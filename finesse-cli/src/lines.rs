//! The feed as lines: JSON for programs, a time line for people.

use std::time::{Duration, SystemTime};

use finesse_ha::clock::Clock;
use finesse_ha::event::{Cause, Event};
use finesse_model::{Dialog, User};
use serde_json::{Value, json};

/// The two clocks of one run: wall time for `at`, monotonic time for `elapsed_ms`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    wall: SystemTime,
    clock: Clock,
}

impl Stopwatch {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { wall: SystemTime::now(), clock: Clock::start() }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now()
    }

    /// The clock for sessions, so that their times count from the same moment.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// Adds the two times to a line. The wall time comes from one reading of the wall clock, so that it never runs backwards.
    pub(crate) fn stamp(&self, mut line: Value) -> Value {
        let elapsed = self.elapsed();
        if let Value::Object(object) = &mut line {
            let at = humantime::format_rfc3339_millis(self.wall + elapsed).to_string();
            object.insert(String::from("at"), Value::String(at));
            let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            object.insert(String::from("elapsed_ms"), json!(milliseconds));
        }
        line
    }
}

/// One event as a JSON object with `event`, `at` and `elapsed_ms`.
pub(crate) fn to_json(event: &Event, watch: &Stopwatch) -> Value {
    let line = serde_json::to_value(event)
        .unwrap_or_else(|error| json!({"event": "unserialisable", "why": error.to_string()}));
    watch.stamp(line)
}

/// One event in words, without the time.
pub(crate) fn to_text(event: &Event) -> String {
    match event {
        Event::Health { side, status, level, why } => {
            format!("side {side}  {status} ({level:?}): {why}")
        }
        Event::GapOpened { epoch, why, .. } => format!("gap      opened, epoch {epoch} has ended: {why}"),
        Event::Recovering { side, why } => format!("decided  stay with side {side} for now: {why}"),
        Event::Waiting { why } => format!("decided  wait: {why}"),
        Event::BothOut { why } => format!("decided  wait, both sides are out of service: {why}"),
        Event::Offline { why } => format!("decided  wait, offline: {why}"),
        Event::Switching { from, to, why } => format!("decided  move from side {from} to side {to}: {why}"),
        Event::SwitchFailed { to, why } => format!("failed   the move to side {to}: {why}"),
        Event::User { user, cause, .. } => format!("agent    {}{}", describe_user(user), by(*cause)),
        Event::DialogStarted { dialog, cause, .. } => {
            format!("call     {} began{}", describe_dialog(dialog), by(*cause))
        }
        Event::DialogChanged { dialog, cause, .. } => {
            format!("call     {} changed{}", describe_dialog(dialog), by(*cause))
        }
        Event::DialogEnded { id, cause, .. } => format!("call     {id} ended{}", by(*cause)),
        Event::DialogReplaced { dialog, replaces, cause, .. } => {
            format!("call     {} goes on in place of {replaces}{}", describe_dialog(dialog), by(*cause))
        }
        Event::Update { source, verb, .. } => format!("update   {verb} {source}"),
        Event::ApiError { source, errors, .. } => {
            let said: Vec<String> = errors
                .items
                .iter()
                .map(|error| {
                    format!(
                        "{} {}",
                        error.error_type.as_deref().unwrap_or(""),
                        error.error_message.as_deref().unwrap_or("")
                    )
                })
                .collect();
            format!("refused  by the server, {source}: {}", said.join("; "))
        }
        Event::Resynced(done) if done.cold => {
            format!(
                "live     on side {} in {:.3} s: {}",
                done.side,
                done.resync.as_secs_f64(),
                calls(done.picture.dialogs.len())
            )
        }
        Event::Resynced(done) => format!(
            "live     again on side {}: {}; blind for {:.3} s (detect {:.3}, switch {:.3}, re-sync {:.3}); {} found",
            done.side,
            calls(done.picture.dialogs.len()),
            done.gap.as_secs_f64(),
            done.detect.as_secs_f64(),
            done.switch.as_secs_f64(),
            done.resync.as_secs_f64(),
            plural(done.changes, "change"),
        ),
        Event::Command { id, verb, outcome } => {
            let why = if outcome.why().is_empty() { String::new() } else { format!(": {}", outcome.why()) };
            format!("command  {verb} ({id}) {}{why}", outcome.name())
        }
        Event::GhostLogout { recovered, why, .. } => {
            format!(
                "agent    was logged out by the side left behind ({}): {why}",
                if *recovered { "repaired" } else { "not repaired" }
            )
        }
        Event::SessionTakenOver { why, .. } => format!("agent    is in other hands: {why}"),
        Event::LoggedOutDuringGap { why, .. } => {
            format!("agent    was logged out while nothing was listening: {why}")
        }
        Event::AttentionRequired { kind, why } => format!("you      are needed ({kind}): {why}"),
        Event::Degraded { kind, why } => format!("degraded {kind}: {why}"),
        Event::Recovered { kind, why } => format!("recovered {kind}: {why}"),
        Event::StandbyUnready { side, kind, why } => {
            format!("standby  side {side} could not be used if needed ({kind}): {why}")
        }
        Event::Closed { why } => format!("closed   {why}"),
        other => format!("{other:?}"),
    }
}

fn by(cause: Cause) -> &'static str {
    match cause {
        Cause::Live => "",
        Cause::Gap => "  [missed, found by reading]",
        Cause::Audit => "  [found by audit]",
        Cause::Cold => "  [first read]",
    }
}

fn calls(number: usize) -> String {
    plural(number, "call")
}

fn plural(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn describe_user(user: &User) -> String {
    let id = user.login_id.as_ref().map_or("?", |id| id.as_str());
    let state = user.state.as_ref().map_or("?", |state| state.as_str());
    match user.extension.as_deref().filter(|extension| !extension.is_empty()) {
        Some(extension) => format!("{id} is {state} on extension {extension}"),
        None => format!("{id} is {state}"),
    }
}

fn describe_dialog(dialog: &Dialog) -> String {
    let state = dialog.state.as_ref().map_or("?", |state| state.as_str());
    let from = dialog.from_address.as_deref().filter(|from| !from.is_empty()).unwrap_or("unknown");
    format!("{} from {from} ({state})", dialog.id)
}
