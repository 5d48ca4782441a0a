//! The `demo` step of CI: runs `finesse demo --output json` once and reads its lines as another program would.
//!
//! The demo itself compares the agent's picture with the simulator's truth and fails on a difference. What is
//! checked here is the form other programs rely on: every line an object with its three fixed fields, every gap closed
//! exactly once by a `resynced` that is not cold, no live change inside a gap, and `closed` last, with no gap open.

use serde_json::{Map, Value};

use crate::Outcome;
use crate::report::{Failure, say};
use crate::shell::{cargo, clean, shell, target};

/// Builds the command with the features of the tests, runs the demo and judges its lines.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let shell = shell()?;
    cargo(&shell, &["build", "--quiet", "--workspace", "--bins", "--examples"]).quiet().run()?;
    let program = target().join("debug").join(format!("finesse{}", std::env::consts::EXE_SUFFIX));
    let output =
        clean(shell.cmd(program).args(["demo", "--output", "json"])).quiet().ignore_status().output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let log = target().join("demo.jsonl");
    std::fs::write(&log, text.as_bytes())?;
    if !output.status.success() {
        say(&String::from_utf8_lossy(&output.stderr));
        return Err(Failure::new(format!(
            "the demo ended with {}; its lines are in {}",
            output.status,
            log.display()
        )));
    }
    let summary =
        judge(&text).map_err(|why| Failure::new(format!("{why}; the lines are in {}", log.display())))?;
    say(&format!("demo: {summary}"));
    Ok(())
}

/// Reads all lines; the error names the line.
fn judge(text: &str) -> Result<String, String> {
    let (mut lines, mut gaps, mut switches) = (0_usize, 0_usize, 0_usize);
    let mut open = false;
    let mut last = String::new();
    for (index, line) in text.lines().enumerate() {
        let at = format!("line {}", index + 1);
        let object: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| format!("{at} is not a json object: {error}"))?;
        let event = object.get("event").and_then(Value::as_str).ok_or(format!("{at} has no `event`"))?;
        if object.get("at").and_then(Value::as_str).is_none() {
            return Err(format!("{at} ({event}) has no `at`"));
        }
        if object.get("elapsed_ms").and_then(Value::as_u64).is_none() {
            return Err(format!("{at} ({event}) has no `elapsed_ms`"));
        }
        let live = object.get("cause").and_then(Value::as_str) == Some("live");
        match event {
            "gap-opened" if open => return Err(format!("{at} opens a gap inside a gap")),
            "gap-opened" => {
                open = true;
                gaps += 1;
            }
            "resynced" => {
                let cold = object.get("cold").and_then(Value::as_bool);
                if cold != Some(!open) {
                    return Err(format!("{at} is a resynced with cold {cold:?}, and a gap is open: {open}"));
                }
                open = false;
            }
            "closed" if open => return Err(format!("{at} ends the feed inside a gap")),
            "switching" => switches += 1,
            "user" | "dialog-started" | "dialog-changed" | "dialog-ended" | "dialog-replaced"
                if open && live =>
            {
                return Err(format!("{at} ({event}) delivers a live change inside a gap"));
            }
            _ => {}
        }
        event.clone_into(&mut last);
        lines += 1;
    }
    if last != "closed" {
        return Err(format!("the last line is {last:?}, not `closed`"));
    }
    if gaps == 0 || switches == 0 {
        return Err(format!("{gaps} gaps and {switches} switches: the demo showed no failover"));
    }
    Ok(format!("{lines} lines, {gaps} gaps, {switches} switches"))
}

#[cfg(test)]
mod tests {
    use super::judge;

    fn line(rest: &str) -> String {
        format!("{{\"at\":\"2026-01-01T00:00:00Z\",\"elapsed_ms\":1,{rest}}}\n")
    }

    const COLD: &str = "\"event\":\"resynced\",\"cold\":true";
    const WARM: &str = "\"event\":\"resynced\",\"cold\":false";
    const GAP: &str = "\"event\":\"gap-opened\"";
    const SWITCH: &str = "\"event\":\"switching\"";
    const CLOSED: &str = "\"event\":\"closed\"";

    fn feed(lines: &[&str]) -> String {
        lines.iter().map(|rest| line(rest)).collect()
    }

    #[test]
    fn a_gap_that_closes_once_is_accepted() {
        assert_eq!(judge(&feed(&[COLD, GAP, SWITCH, WARM, CLOSED])).unwrap(), "5 lines, 1 gaps, 1 switches");
    }

    #[test]
    fn a_resynced_ends_a_gap_unless_it_is_cold() {
        for lines in [&[COLD, WARM][..], &[COLD, GAP, COLD], &[GAP, "\"event\":\"resynced\""]] {
            assert!(judge(&feed(lines)).unwrap_err().contains("resynced"), "{lines:?}");
        }
    }

    #[test]
    fn a_feed_does_not_end_inside_a_gap() {
        assert!(judge(&feed(&[COLD, GAP, SWITCH, CLOSED])).unwrap_err().contains("inside a gap"));
    }

    #[test]
    fn a_live_change_inside_a_gap_is_refused() {
        let text = line("\"event\":\"gap-opened\"") + &line("\"event\":\"user\",\"cause\":\"live\"");
        assert!(judge(&text).unwrap_err().contains("line 2"));
    }

    #[test]
    fn a_stream_without_an_end_is_refused() {
        assert!(judge(&line("\"event\":\"health\"")).unwrap_err().contains("not `closed`"));
    }
}
