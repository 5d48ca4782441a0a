//! Who may depend on whom.

use crate::workspace::{Member, members, settle};

/// For each crate: what it may use of the workspace, and what its tests may use besides.
const ALLOWED: &[(&str, &[&str], &[&str])] = &[
    ("finesse-model", &[], &[]),
    ("finesse-net", &[], &[]),
    ("finesse-rest", &["finesse-model", "finesse-net"], &["finesse-sim"]),
    ("finesse-notify", &["finesse-model", "finesse-net"], &["finesse-sim"]),
    ("finesse-ha", &["finesse-model", "finesse-net", "finesse-notify", "finesse-rest"], &["finesse-sim"]),
    // The simulator must not share the client's mistakes: it knows nothing of net, rest, notify or ha.
    ("finesse-sim", &["finesse-model"], &[]),
    (
        "finesse-cli",
        &["finesse-ha", "finesse-model", "finesse-net", "finesse-notify", "finesse-rest", "finesse-sim"],
        &[],
    ),
    (
        "xtask",
        &["finesse-ha", "finesse-model", "finesse-net", "finesse-notify", "finesse-rest", "finesse-sim"],
        &[],
    ),
];

fn used(member: &Member, section: &str) -> Vec<String> {
    let table = member.manifest.get(section).and_then(|section| section.as_table());
    table
        .into_iter()
        .flat_map(|table| table.keys())
        .filter(|name| name.starts_with("finesse-"))
        .cloned()
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let mut findings = Vec::new();
    for member in members() {
        let Some((_, normal, tests)) = ALLOWED.iter().find(|(name, _, _)| *name == member.name) else {
            findings.push(format!("{}: has no line in ALLOWED (xtask/tests/tidy/layering.rs)", member.name));
            continue;
        };
        for section in ["dependencies", "build-dependencies"] {
            for name in used(&member, section) {
                if !normal.contains(&name.as_str()) {
                    findings.push(format!("{} must not depend on {name} ({section})", member.name));
                }
            }
        }
        for name in used(&member, "dev-dependencies") {
            if name != member.name && !normal.contains(&name.as_str()) && !tests.contains(&name.as_str()) {
                findings.push(format!("{} must not depend on {name}, not even in tests", member.name));
            }
        }
    }
    settle(
        "layers: model <- rest, notify <- ha <- cli; net below rest and notify; sim beside them. Move the shared part \
         down to the lower crate, or pass it in as a trait:",
        &findings,
    );
}

#[test]
fn every_allowed_edge_names_a_member() {
    let names: Vec<String> = members().into_iter().map(|member| member.name).collect();
    let mut findings = Vec::new();
    for (name, normal, tests) in ALLOWED {
        for name in std::iter::once(name).chain(*normal).chain(*tests) {
            if !names.iter().any(|member| member == name) {
                findings.push((*name).to_owned());
            }
        }
    }
    settle("ALLOWED names crates that do not exist; take them out:", &findings);
}
