//! Failover scenarios as data, run by one runner. The files are in `tests/cases`, one for each row of the catalogue of failures and named by
//! its id; `README.md` beside them says how to read one and how to add one.
//!
//! `CASE_SEED=3 CASE_SHOW=1 cargo test -p finesse-ha --test cases s1 -- --nocapture` shows one run of one case as a time line.

#[allow(
    dead_code,
    reason = "the simulation of xtask uses the same file, and parts of it that the cases do not need"
)]
mod common;
mod runner;

macro_rules! cases {
    ($($name:ident: $file:literal,)*) => {
        const LISTED: &[&str] = &[$($file),*];

        $(
            #[test]
            fn $name() {
                if let Err(report) = runner::run($file) {
                    panic!("{report}");
                }
            }
        )*
    };
}

cases! {
    s1_notification_service_stops: "S1",
    s2_notification_service_restarts: "S2",
    s3_tomcat_stops: "S3",
    s4_web_application_crashes: "S4",
    s6_host_dies: "S6",
    s7_side_is_shut_down: "S7",
    s8_side_that_was_left_boots: "S8",
    c1_one_side_loses_cti: "C1",
    c2_both_sides_lose_cti: "C2",
    c5_cti_flaps: "C5",
    c11_phone_is_unregistered: "C11",
    n2_way_to_one_side_is_broken: "N2",
    n3_stream_is_half_open: "N3",
    n10_stream_is_reset: "N10",
    n11_stream_port_is_blocked: "N11",
    n12_requests_are_refused: "N12",
    g1_requests_hang: "G1",
    g2_stream_is_deaf: "G2",
    g3_reads_of_the_agent_fail: "G3",
    g5_other_side_is_slow: "G5",
    g6_other_side_has_an_old_heartbeat: "G6",
    g8_command_without_an_event: "G8",
    a1_other_side_does_not_know_the_agent: "A1",
    a3_side_that_was_left_logs_the_agent_out: "A3",
    a4_forced_logout_waits_for_a_call: "A4",
    a5_supervisor_signs_the_agent_out: "A5",
    a6_another_program_takes_the_stream: "A6",
    a7_agent_signs_in_elsewhere: "A7",
    a9_pending_state: "A9",
    a10_failover_in_wrap_up: "A10",
    a14_agent_changes_his_state_at_the_phone: "A14",
    d1_known_calls_end_in_a_gap: "D1",
    d2_call_begins_in_a_gap: "D2",
    d3_call_within_a_gap: "D3",
    d4_call_is_replaced_in_a_gap: "D4",
    d5_call_changes_in_a_gap: "D5",
    d8_events_come_twice: "D8",
    d12_end_of_a_call_is_lost: "D12",
    k1_both_sides_are_out_of_service: "K1",
    k2_neither_side_can_be_reached: "K2",
    k4_other_side_fails_during_the_move: "K4",
    k5_side_in_use_recovers_during_the_move: "K5",
    k7_sides_fail_in_turn: "K7",
    k9_client_starts_anew: "K9",
    t4_password_is_refused: "T4",
    t7_account_is_locked: "T7",
    m3_side_stands_still: "M3",
    m4_clock_steps: "M4",
    i21_loss_common_to_both_sides: "I21",
    i23_side_that_is_well_is_not_left: "I23",
    i24_short_loss_of_the_stream: "I24",
    i25_ghost_logout_at_any_time: "I25",
    w1_command_before_cti_loss_is_noticed: "W1",
    w5_forced_logout_that_was_put_off: "W5",
    w6_call_is_made_when_the_side_dies: "W6",
}

#[test]
fn every_file_is_listed_once() {
    let mut files: Vec<String> = std::fs::read_dir(runner::folder())
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    let mut listed: Vec<String> = LISTED.iter().map(|name| (*name).to_owned()).collect();
    files.sort();
    listed.sort();
    assert_eq!(files, listed, "files in tests/cases, and files in the list of cases.rs");
}

/// The smallest case there is, with one part of it replaced.
fn smallest(part: &str, other: &str) -> Result<(), String> {
    let text = r#"{
        "id": "X",
        "title": "the stream is reset",
        "steps": [ { "at": "0s", "fault": "stream_reset", "side": "A" }, { "at": "5s", "click": "ready", "outcome": "applied" } ],
        "until": "10s",
        "expect": {
            "feed": [ { "event": "gap-opened", "by": "1s" }, { "event": "resynced", "with": { "side": "A" } } ],
            "switches": 0, "gaps": 1, "forced_logouts": 0, "side": "A", "state": "READY", "live_by": "2s",
            "log": [ { "entry": { "kind": "executed", "verb": "READY" }, "times": 1 } ]
        }
    }"#;
    assert!(text.contains(part), "{part}");
    runner::run_text("X", &text.replacen(part, other, 1))
}

#[test]
fn what_is_not_understood_is_refused() {
    smallest("reset", "reset").unwrap();
    for (part, other) in [
        (r#""until""#, r#""untill": "1s", "until""#),
        (r#""side": "A" }, { "at""#, r#""sides": "A" }, { "at""#),
        (r#""click": "ready""#, r#""click": "ready", "call": "@first""#),
        (r#""switches": 0"#, r#""switch": 0"#),
        (r#""with": { "side": "A" }"#, r#""with": { "side": { "$anyy": [] } }"#),
        (r#""by": "1s""#, r#""by": 1"#),
        (r#""until""#, r#""profile": { "laod": true }, "until""#),
        (r#""until": "10s""#, r#""until": "4s""#),
        (r#""until""#, r#""variants": { "one": { "policies": "wait" } }, "until""#),
        (r#""event": "resynced""#, r#""event": "resync""#),
        (r#""feed""#, r#""never": [ { "event": "ghost" } ], "feed""#),
        (r#""click": "ready", "outcome": "applied""#, r#""click": "answer", "call": "@first""#),
        (r#""with": { "side": "A" }"#, r#""with": { "dialogs": [ { "id": "@first" } ] }"#),
        (r#""click": "ready""#, r#""as": "first", "click": "ready""#),
        (r#""fault": "stream_reset""#, r#""as": "first", "fault": "stream_reset""#),
        (r#""steps""#, r#""given": [ { "at": "1s", "click": "ready" } ], "steps""#),
        (r#""until""#, r#""params": { "auth_budgets": "1" }, "until""#),
    ] {
        let report = smallest(part, other).unwrap_err();
        assert!(report.starts_with("X.json: "), "{other}: {report}");
    }
}

#[test]
fn every_kind_of_expectation_can_fail() {
    for (part, other, said) in [
        (
            r#""event": "gap-opened", "by": "1s""#,
            r#""event": "gap-opened", "after": "1s""#,
            "item 1 of the feed",
        ),
        (r#""with": { "side": "A" }"#, r#""with": { "side": "B" }"#, "item 2 of the feed"),
        (r#""switches": 0"#, r#""switches": [1, 2]"#, "switches: 0"),
        (r#""gaps": 1"#, r#""gaps": 2"#, "gaps: 1"),
        (r#""forced_logouts": 0"#, r#""forced_logouts": 1"#, "forced logouts"),
        (r#""side": "A", "state""#, r#""side": "B", "state""#, "the side in use"),
        (r#""state": "READY""#, r#""state": "TALKING""#, "the agent is READY"),
        (r#""live_by": "2s""#, r#""live_by": "10ms""#, "expected by 10ms"),
        (r#""times": 1"#, r#""times": 0"#, "entries of the log"),
        (r#""outcome": "applied""#, r#""outcome": "unknown""#, "ended as Applied"),
        (r#""fault": "stream_reset""#, r#""fault": "cti_cut""#, "the session is not live in the end"),
        (r#""fault": "stream_reset""#, r#""user": "1001", "fault": "conflict""#, "the session is over"),
        (r#""feed""#, r#""never": [ { "event": "command" } ], "feed""#, "there is what must not be"),
        (r#""feed""#, r#""closed": "because", "feed""#, "the session is not over"),
    ] {
        let report = smallest(part, other).unwrap_err();
        assert!(report.contains(said), "{other}: {report}");
    }
}
