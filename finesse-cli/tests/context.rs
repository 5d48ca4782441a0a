//! Named pairs of the configuration file: what they give, what wins over them, and how a wrong one is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::{AGENT, PASSWORD, Pair, finesse, finish};
use finesse_sim::Side;

/// `finesse status` with this configuration file.
fn status(name: &str, configuration: &str, arguments: &[&str]) -> Command {
    let base = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(base.join("finesse")).unwrap();
    std::fs::write(base.join("finesse/config.toml"), configuration).unwrap();
    let mut command = finesse(&["status", "--output", "json"]);
    command.args(arguments).env("XDG_CONFIG_HOME", base);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_names_pair_trust_agent_and_password_and_a_flag_wins_over_it() {
    let pair = Pair::serve("context").await;
    let [a, b] = Side::BOTH.map(|side| pair.sim.addresses(side).unwrap());
    let bosh = ["--transport", "bosh", "--notify-a", &a.bosh_url, "--notify-b", &b.bosh_url];
    let (a, b) = (&a.rest_url, &b.rest_url);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (ca, password) = (folder.join("context-ca.pem"), folder.join("context-password"));
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let configuration = format!(
        "[context.lab]\nside_a = {a:?}\nside_b = {b:?}\ntransport = \"tcp\"\nuser = \"{AGENT}\"\nca = {ca:?}\npassword_file = {password:?}\n"
    );
    let stream = |arguments: &[&str]| {
        let done = finish(&mut status("context", &configuration, arguments));
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(report["sides"].as_array().unwrap().len(), 2);
        report["sides"][0]["checks"][3]["detail"].as_str().unwrap().to_owned()
    };
    assert!(stream(&["--context", "lab"]).starts_with("tls://"), "the transport of the context is tcp");
    let flags = [&["--context", "lab"], &bosh[..]].concat();
    assert!(stream(&flags).starts_with("https://"), "the flag says bosh");
}

#[test]
fn a_wrong_context_is_wrong_usage_and_says_which_and_what() {
    let lab = "[context.lab]\nside_a = \"https://fin-a.lab.example:8445\"\n";
    let both = format!("{lab}ca = \"lab.pem\"\npin = [\"00\"]\n");
    let policy = format!("{lab}policy = \"fastest\"\n");
    let setting = format!("{lab}set = {{ ping = \"1s\" }}\n");
    let misspelt = format!("{lab}side_c = \"https://fin-c.lab.example:8445\"\n");
    for (name, configuration, words) in [
        ("both", &both, ["context lab", "ca and pin"]),
        ("policy", &policy, ["context lab", "immediate, wait, hybrid"]),
        ("setting", &setting, ["context lab", "ping_idle"]),
        ("misspelt", &misspelt, ["config.toml", "side_c"]),
    ] {
        let done = finish(&mut status(name, configuration, &["--context", "lab"]));
        assert_eq!(done.code, Some(2), "{}", done.err);
        for word in words {
            assert!(done.err.contains(word), "{word} is missing in: {}", done.err);
        }
    }
    let done = finish(&mut status("unknown", lab, &["--context", "prod"]));
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("known are: lab"), "{}", done.err);
}

#[test]
fn a_variable_that_is_set_to_nothing_names_no_context_and_no_agent() {
    let mut command = status("empty", "", &[]);
    let done = finish(command.env("FINESSE_CONTEXT", "").env("FINESSE_USER", ""));
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("--side-a"), "{}", done.err);
}
