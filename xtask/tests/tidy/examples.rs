//! Every crate is useful alone, and an example proves it.

use crate::workspace::{members, root, settle, sources};

/// Crates without examples of their own: each with the reason.
const EXEMPT: &[(&str, &str)] = &[
    ("finesse-cli", "the program is its own example"),
    ("finesse-net", "shown by the examples of rest and notify, which it serves"),
    ("xtask", "not for users"),
];

#[test]
fn every_crate_has_an_example_the_readme_lists() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap_or_default();
    let mut findings = Vec::new();
    for member in members() {
        if EXEMPT.iter().any(|(name, _)| *name == member.name) {
            continue;
        }
        let examples = sources(&member.directory.join("examples"));
        if examples.is_empty() {
            findings
                .push(format!("{}: write {}/examples/NAME.rs, small and complete", member.name, member.name));
        }
        for example in examples {
            let name = example.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
            if !readme.contains(name) && !readme.contains(&format!("{}/examples", member.name)) {
                findings.push(format!(
                    "{}: README.md mentions neither `{name}` nor `{}/examples`",
                    example.path, member.name
                ));
            }
        }
    }
    settle("each crate proves by an example that it is useful alone, and README.md lists it:", &findings);
}

#[test]
fn every_example_says_how_to_run_it_and_what_it_needs() {
    let mut findings = Vec::new();
    for member in members() {
        for example in sources(&member.directory.join("examples")) {
            let head: Vec<&str> = example.text.lines().take_while(|line| line.starts_with("//!")).collect();
            if !head.iter().any(|line| line.starts_with("//! Needs: ")) {
                findings.push(format!("{}: `//! Needs: nothing`, or what else it needs", example.path));
            }
            let name = example.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
            let command = format!("cargo run -p {} --example {name}", member.name);
            if !head.iter().any(|line| line.contains(&command)) {
                findings.push(format!("{}: `//! Run: {command}`", example.path));
            }
        }
    }
    settle("an example opens with a comment that holds these lines:", &findings);
}
