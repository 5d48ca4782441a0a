//! What happened, as a time line that a person can read: the feed, what was done, and what the pair did about it.

use std::time::Duration;

use finesse_sim::{LogEntry, LogKind};
use serde_json::Value;

/// A time line under way. Times are those of the session's clock; zero is the case's own.
#[derive(Debug, Default)]
pub(crate) struct Story {
    lines: Vec<(Duration, String)>,
    pub(crate) zero: Duration,
}

impl Story {
    /// Something that was done.
    pub(crate) fn done(&mut self, at: Duration, what: impl std::fmt::Display) {
        self.lines.push((at, format!("  >> {what}")));
    }

    /// Something that the session told.
    pub(crate) fn told(&mut self, at: Duration, event: &Value) {
        self.lines.push((at, in_words(event)));
    }

    /// The time line, with what the pair's log says put in between.
    pub(crate) fn text(&self, log: &[LogEntry]) -> String {
        let mut lines = self.lines.clone();
        lines.extend(log.iter().filter_map(|entry| {
            let side = entry.side.map_or_else(|| String::from("world"), |side| format!("side {side}"));
            logged(&entry.kind).map(|words| (entry.at, format!("       ({side}: {words})")))
        }));
        lines.sort_by_key(|(at, _)| *at);
        let line = |(at, text): &(Duration, String)| {
            let relative = at.as_secs_f64() - self.zero.as_secs_f64();
            format!("{relative:>9.3} s {text}\n")
        };
        lines.iter().map(line).collect()
    }

    /// The feed alone, for comparison of two runs.
    pub(crate) fn feed(&self) -> String {
        self.lines.iter().map(|(at, text)| format!("{} {text}\n", at.as_nanos())).collect()
    }
}

/// One event of the feed in a line: users, dialogs and lists of them are shortened.
fn in_words(event: &Value) -> String {
    let Some(fields) = event.as_object() else { return event.to_string() };
    let mut words = vec![format!("{:<16}", event["event"].as_str().unwrap_or("?"))];
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("event", _) => {}
            ("user", user) => words.push(user_in_words(user)),
            ("dialog", dialog) => words.push(dialog_in_words(dialog)),
            ("dialogs", Value::Array(dialogs)) => {
                words.push(format!(
                    "[{}]",
                    dialogs.iter().map(dialog_in_words).collect::<Vec<_>>().join("; ")
                ));
            }
            ("data", data) => {
                // Of a whole resource only what it is, and its state.
                let status = data.pointer("/SystemInfo/status").and_then(Value::as_str);
                words.push(
                    status.map_or_else(|| String::from("data=…"), |status| format!("SystemInfo {status}")),
                );
            }
            (name, Value::String(text)) => words.push(format!("{name}={text:?}")),
            (name, other) => words.push(format!("{name}={other}")),
        }
    }
    words.join(" ")
}

fn user_in_words(user: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut words = vec![text(&user["state"])];
    for (label, pointer) in
        [("extension", "/extension"), ("pending", "/pendingState"), ("reason", "/reasonCode/code")]
    {
        if let Some(value) =
            user.pointer(pointer).filter(|value| !value.is_null() && value.as_str() != Some(""))
        {
            words.push(format!("{label} {}", text(value)));
        }
    }
    format!("<{}>", words.join(", "))
}

fn dialog_in_words(dialog: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let parties = dialog["participants"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parties: Vec<String> = parties
        .iter()
        .map(|party| format!("{} {}", text(&party["mediaAddress"]), text(&party["state"])))
        .collect();
    format!("<{} {}: {}>", text(&dialog["id"]), text(&dialog["state"]), parties.join(", "))
}

/// What of the pair's log belongs into a time line. Faults and actions are there already.
fn logged(kind: &LogKind) -> Option<String> {
    Some(match kind {
        LogKind::Request { method, path, status, body, .. } if method != "GET" => {
            format!(
                "{method} {path} {} -> {status}",
                body.as_deref().unwrap_or_default().replace(['\n', ' '], "")
            )
        }
        LogKind::Executed { verb, error, .. } => {
            format!(
                "{verb} carried out{}",
                error.as_ref().map_or(String::new(), |error| format!(", refused: {error}"))
            )
        }
        LogKind::CommandLost { verb, .. } => format!("{verb} lost"),
        LogKind::Credentials { by, ok: false, locked, .. } => {
            format!("wrong credentials by {by}, locked: {locked}")
        }
        LogKind::Bound { jid, .. } => format!("{jid} bound"),
        LogKind::StreamEnded { why, .. } => format!("stream ended: {why}"),
        LogKind::ForcedLogoutArmed { .. } => String::from("forced logout armed"),
        LogKind::ForcedLogoutCancelled { why, .. } => format!("forced logout cancelled: {why}"),
        LogKind::ForcedLogoutFired { .. } => String::from("forced logout fired"),
        LogKind::ForcedLogoutApplied { state, .. } => format!("forced logout carried out: {state}"),
        LogKind::Status { status, why } => format!("{status} {why}"),
        _ => return None,
    })
}
