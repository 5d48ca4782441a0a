//! Every trap that the docs list has a test that bears its number, and no test bears a number that is not listed.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::{all_sources, root, settle};

/// Where traps are listed, and what the names of their tests begin with.
const LISTS: [(&str, &str); 2] =
    [("docs/traps.md", "trap_"), ("docs/notification-traps.md", "notification_trap_")];

#[test]
fn every_trap_has_a_test_of_its_number() {
    let sources = all_sources();
    let mut findings = Vec::new();
    for (list, prefix) in LISTS {
        let text = fs::read_to_string(root().join(list)).unwrap();
        let listed: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_whitespace().next())
            .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        assert!(listed.len() > 10, "{list} lists hardly anything");
        let tested: BTreeSet<&str> = sources
            .iter()
            .flat_map(|source| source.text.lines())
            .filter_map(|line| {
                let (_, name) = line.split_once("fn ")?;
                let number = name.strip_prefix(prefix)?.split('_').next()?;
                number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
            })
            .collect();
        for number in listed.difference(&tested) {
            findings.push(format!("{list}: trap {number} has no test named {prefix}{number}_…"));
        }
        for number in tested.difference(&listed) {
            findings.push(format!("a test is named {prefix}{number}_…, which {list} does not list"));
        }
    }
    settle("Traps and their tests", &findings);
}
