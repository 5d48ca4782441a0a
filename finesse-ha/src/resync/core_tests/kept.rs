//! What arrives while the picture is read: kept, bounded, and told afterwards.

use super::super::super::kit::{agent, says_agent, says_call, says_over, talk, with_variable};
use super::resync::after_gap;
use super::*;

#[test]
fn more_notifications_than_can_be_kept_cost_another_round_and_nothing_else() {
    let mut bench = after_gap(&[talk("1", "ACTIVE", 100)], &[talk("1", "ACTIVE", 100)]);
    bench.answer();
    bench.answer();
    for millis in 0..MAX_HEARD as u64 {
        bench.hear(says_agent(&agent("READY", millis, 0)));
    }
    bench.calls.clear();
    bench.hear(says_over(&talk("1", "DROPPED", 900)));
    assert!(bench.core.heard.len() <= MAX_HEARD);
    bench.answer();
    bench.answer();
    assert!(bench.core.is_stale());
    bench.run();
    assert_eq!(bench.story(), ["gap", "gap: 1 ended", "resynced with 1 changes"]);
}

#[test]
fn what_is_kept_takes_bounded_memory() {
    let mut bench = after_gap(&[], &[]);
    let long = with_variable(talk("1", "ACTIVE", 100), &"x".repeat(400_000));
    for _ in 0..20 {
        bench.hear(says_call(&long));
        let kept: usize = bench.core.heard.iter().map(|heard| heard.news.weight()).sum();
        assert_eq!(kept, bench.core.heard_bytes);
        assert!(kept <= MAX_HEARD_BYTES);
    }
    bench.run();
    assert_eq!(bench.resynced().len(), 1);
}

#[test]
fn what_is_no_part_of_the_picture_is_told_after_the_gap() {
    let mut bench = after_gap(&[], &[]);
    let mut team = says_agent(&agent("READY", 0, 0));
    team.node = String::from("/finesse/api/Team/5/Users");
    bench.hear(team);
    bench.run();
    assert_eq!(bench.told_kinds(), ["gap-opened", "resynced", "update"]);
}

#[test]
fn what_is_no_part_of_the_picture_and_had_to_be_dropped_is_said_to_be_missing() {
    let mut bench = after_gap(&[], &[]);
    bench.answer();
    let mut team = says_agent(&agent("READY", 0, 0));
    team.node = String::from("/finesse/api/Team/5/Users");
    for _ in 0..=MAX_HEARD {
        bench.hear(team.clone());
    }
    // What came after the overflow is there.
    let kept = bench.core.heard.len();
    bench.run();
    assert_eq!(bench.warnings(), ["degraded dropped"]);
    let kinds = bench.told_kinds();
    assert_eq!(kinds[..3], ["gap-opened", "degraded", "resynced"]);
    assert_eq!(kinds[3..], vec!["update"; kept]);
    let said = format!("{} notifications", MAX_HEARD + 1 - kept);
    assert!(
        matches!(&bench.feed[1], Event::Degraded { why, .. } if why.starts_with(&said)),
        "{:?}",
        bench.feed[1]
    );
}

#[test]
fn what_cannot_be_read_of_another_node_is_told_after_the_gap_and_needs_no_audit() {
    let mut bench = after_gap(&[], &[]);
    bench.answer();
    bench.answer();
    bench.answer();
    let node = String::from("/finesse/api/Team/5/Users");
    let update = finesse_model::Update::from_xml("<Update><event>PUT</event>");
    bench.hear(Notification { node, item_id: None, delayed: false, update });
    bench.run();
    assert_eq!(bench.told_kinds(), ["gap-opened", "resynced", "degraded"]);
    assert!(bench.core.audits.is_certain());
}
