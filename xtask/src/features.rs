//! `cargo xtask features`: each crate by itself, each of its features alone, and the combinations that matter.
//!
//! Every check selects one package only, so that cargo does not lend it the features its neighbours switch on: a crate
//! that is useful alone must also compile alone. Only libraries are checked; tests run under the workspace's features.

use std::time::Instant;

use serde_json::Value;
use xshell::Shell;

use crate::Outcome;
use crate::report::{Failure, say, seconds};
use crate::shell::{cargo, shell};

/// Combinations beyond "none", "default" and "each alone": package, features without the default ones, why.
const COMBINATIONS: &[(&str, &str, &str)] = &[
    ("finesse-notify", "bosh,mock", "a web-only client that tests itself with mocks"),
    ("finesse-notify", "tcp,websocket", "a client for current releases, where BOSH is deprecated"),
    ("finesse-notify", "bosh,websocket", "a client behind HTTP proxies"),
    ("finesse-rest", "mock,reqwest", "what the tests of an application switch on"),
];

/// Features that only exist in company: package, feature, what must be added to it.
const COMPANY: &[(&str, &str, &str)] = &[];

/// Runs every check, and tells all that failed.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let shell = shell()?;
    let mut failed = Vec::new();
    for (package, arguments) in checks(&shell)? {
        let started = Instant::now();
        let what = format!("{package} {}", arguments.join(" "));
        let output = cargo(&shell, &["check", "--quiet", "--package", &package])
            .args(&arguments)
            .quiet()
            .ignore_status()
            .output()?;
        let messages = String::from_utf8_lossy(&output.stderr);
        // A warning that shows only without some feature is a mistake like any other. Asking for errors by compiler
        // flags would compile the whole tree once more under other fingerprints, so the messages are read instead.
        if output.status.success() && messages.trim().is_empty() {
            say(&format!("features: {} ok in {}", what.trim_end(), seconds(started.elapsed())));
        } else {
            say(messages.trim_end());
            failed.push(format!("cargo check --package {}", what.trim_end()));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "these combinations do not compile cleanly; put what they miss behind the feature that needs it:\n  {}",
        failed.join("\n  ")
    )))
}

/// Every package of the workspace that others may use, with the feature arguments to check.
fn checks(shell: &Shell) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let text = cargo(shell, &["metadata", "--no-deps", "--format-version", "1"]).quiet().read()?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata.get("packages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut checks = Vec::new();
    for package in packages {
        let Some(name) = package.get("name").and_then(Value::as_str) else { continue };
        if name == "xtask" {
            continue;
        }
        let features: Vec<&str> = package
            .get("features")
            .and_then(Value::as_object)
            .map(|features| features.keys().map(String::as_str).filter(|name| *name != "default").collect())
            .unwrap_or_default();
        checks.push((name.to_owned(), Vec::new()));
        if features.is_empty() {
            continue;
        }
        checks.push((name.to_owned(), vec!["--no-default-features".to_owned()]));
        for feature in features {
            let company = COMPANY.iter().find(|(package, alone, _)| *package == name && *alone == feature);
            let list = company.map_or_else(|| feature.to_owned(), |(_, _, with)| format!("{feature},{with}"));
            checks.push((name.to_owned(), only(&list)));
        }
        for (_, list, _) in COMBINATIONS.iter().filter(|(package, _, _)| *package == name) {
            checks.push((name.to_owned(), only(list)));
        }
    }
    Ok(checks)
}

fn only(features: &str) -> Vec<String> {
    vec!["--no-default-features".to_owned(), "--features".to_owned(), features.to_owned()]
}
