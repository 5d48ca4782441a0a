//! What sources may and may not contain.

use crate::workspace::{Source, all_sources, members, settle, sources};

/// A file holds one concept. What stands at its foot under `#[cfg(test)]` is counted apart.
const LONGEST: usize = 550;
/// With its tests a file may be this long before the tests want a file of their own.
const LONGEST_WITH_TESTS: usize = 900;

/// What a pure core must not name: each with what to do instead.
const IMPURE: &[(&str, &str)] = &[
    ("std::time::Instant", "take `now` as an argument"),
    ("Instant::now", "take `now` as an argument"),
    ("SystemTime", "take `now` as an argument"),
    ("tokio::", "return an output and let the shell act on it"),
    ("std::thread", "return an output and let the shell act on it"),
    ("std::net", "return an output and let the shell act on it"),
    ("std::fs", "return an output and let the shell act on it"),
    ("std::env", "take configuration as an argument"),
    ("fastrand::Rng::new", "seed it by an argument, or take it as one"),
    ("fastrand::u", "use a generator that was seeded by an argument"),
    ("fastrand::f", "use a generator that was seeded by an argument"),
    ("rand::rng", "use a generator that was seeded by an argument"),
    ("async fn", "a core is a function of (now, input); the shell awaits"),
    (".await", "a core is a function of (now, input); the shell awaits"),
];

/// What no source may contain, and what to do instead.
const FORBIDDEN: &[(&str, &str)] = &[
    (
        "install_default",
        "pass the crypto provider explicitly; a library must not set what the process shares",
    ),
    ("#[ignore", "a test that does not run proves nothing: mend it or remove it"),
    ("thread::sleep", "wait for an event, not for time"),
    ("dangerous()", "only finesse-net's trust module may switch verification off"),
];

/// Where a forbidden thing is in order: file, thing, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("finesse-net/", "dangerous()", "trust modes other than the system's need verifiers of their own"),
    (
        "xtask/src/interop/prosody.rs",
        "thread::sleep",
        "another program's start gives no event; it is looked at, with a deadline",
    ),
    ("xtask/tests/tidy/", "", "the rules name what they forbid"),
];

fn allowed(source: &Source, thing: &str) -> bool {
    EXCEPTIONS
        .iter()
        .any(|(path, what, _)| source.path.starts_with(path) && (what.is_empty() || *what == thing))
}

/// A line without its comment. Good enough for `//` outside of strings with addresses in them.
fn code(line: &str) -> &str {
    match line.find("//") {
        Some(0) => "",
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    }
}

/// True for a file that holds a module's tests.
fn is_tests(source: &Source) -> bool {
    source.path.ends_with("tests.rs") || source.path.contains("/tests/")
}

/// Lines before the test module at the foot, with their numbers. `mod tests;` only says that there is one, and may stand anywhere: what follows
/// it is code.
fn before_tests(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let end = lines
        .windows(2)
        .position(|pair| {
            let module = pair[1].trim();
            pair[0].trim() == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{')
        })
        .unwrap_or(lines.len());
    lines.into_iter().take(end).enumerate().map(|(index, line)| (index + 1, line))
}

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for source in all_sources() {
        let code = before_tests(&source).count();
        let all = source.text.lines().count();
        if code > LONGEST && !is_tests(&source) {
            findings.push(format!("{}: {code} lines of code, {LONGEST} are allowed", source.path));
        } else if all > LONGEST_WITH_TESTS {
            findings
                .push(format!("{}: {all} lines with tests, {LONGEST_WITH_TESTS} are allowed", source.path));
        }
    }
    settle("split these by concept (tests may move to a file of their own):", &findings);
}

#[test]
fn every_module_opens_with_its_purpose() {
    let mut findings = Vec::new();
    for member in members() {
        // A module's tests in a file of their own are explained by the module.
        let written = sources(&member.directory.join("src")).into_iter().filter(|source| !is_tests(source));
        for source in written {
            let first = source.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
            if !first.is_some_and(|line| line.starts_with("//!")) {
                findings.push(source.path);
            }
        }
    }
    settle("open these with `//!` and a sentence on purpose and invariants:", &findings);
}

#[test]
fn cores_are_pure() {
    let mut findings = Vec::new();
    let mut cores = 0;
    for source in all_sources() {
        let is_core = source.path.ends_with("/core.rs")
            || source.path.contains("/core/")
            // The model has no I/O, no clock and nothing asynchronous anywhere.
            || source.path.starts_with("finesse-model/src/");
        if !is_core || !source.path.contains("/src/") {
            continue;
        }
        cores += usize::from(!source.path.starts_with("finesse-model/"));
        for (number, line) in before_tests(&source) {
            for (thing, instead) in IMPURE {
                if code(line).contains(thing) {
                    findings.push(format!("{}:{number}: `{thing}`: {instead}", source.path));
                }
            }
        }
    }
    settle("a module called `core` has no clock, no randomness and no I/O of its own:", &findings);
    assert!(
        cores > 0,
        "no module called `core` was found: has the naming changed? then this rule must change too"
    );
}

#[test]
fn doc_examples_run() {
    let mut findings = Vec::new();
    for source in all_sources() {
        for (index, line) in source.text.lines().enumerate() {
            let line = line.trim_start();
            let fence = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim_start);
            let words = fence.and_then(|fence| fence.strip_prefix("```")).unwrap_or_default();
            if words.split(',').any(|word| word.trim() == "ignore") {
                findings.push(format!("{}:{}", source.path, index + 1));
            }
        }
    }
    settle(
        "these examples are not even compiled; use no_run if a server is needed, text if it is not Rust:",
        &findings,
    );
}

#[test]
fn forbidden_things_are_absent() {
    let mut findings = Vec::new();
    for source in all_sources() {
        for (index, line) in source.text.lines().enumerate() {
            for (thing, instead) in FORBIDDEN {
                if code(line).contains(thing) && !allowed(&source, thing) {
                    findings.push(format!("{}:{}: `{thing}`: {instead}", source.path, index + 1));
                }
            }
        }
    }
    settle("these do not belong here:", &findings);
}

#[test]
fn exceptions_to_lints_carry_their_reason() {
    let mut findings = Vec::new();
    for source in all_sources().into_iter().filter(|source| !source.path.starts_with("xtask/tests/")) {
        let lines: Vec<&str> = source.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let start = line.trim_start();
            let exception = ["#[allow(", "#![allow(", "#[expect(", "#![expect("]
                .iter()
                .any(|head| start.starts_with(head));
            // An attribute may go on for some lines.
            let attribute = lines[index..].iter().take(6).take_while_inclusive(|line| !line.contains(")]"));
            if exception && !attribute.contains("reason") {
                findings.push(format!("{}:{}", source.path, index + 1));
            }
        }
    }
    settle("add `reason = \"...\"` to these:", &findings);
}

/// Joins lines up to and including the first that ends the attribute.
trait TakeWhileInclusive<'a>: Iterator<Item = &'a &'a str> + Sized {
    fn take_while_inclusive(self, go_on: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        for line in self {
            text.push_str(line);
            if !go_on(line) {
                break;
            }
        }
        text
    }
}

impl<'a, I: Iterator<Item = &'a &'a str>> TakeWhileInclusive<'a> for I {}

#[test]
fn every_exception_is_still_needed() {
    let sources = all_sources();
    let stale: Vec<String> = EXCEPTIONS
        .iter()
        .filter(|(path, thing, _)| {
            !sources.iter().any(|source| source.path.starts_with(path) && source.text.contains(thing))
        })
        .map(|(path, thing, _)| format!("{path} {thing}"))
        .collect();
    settle("nothing needs these exceptions any more; take them out of EXCEPTIONS:", &stale);
}
