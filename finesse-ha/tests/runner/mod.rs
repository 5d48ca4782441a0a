//! The one runner of all cases: reads a file, plays each of its variations under several seeds, and says what is not as expected.
//!
//! Every run is checked for what the case expects and for what holds always (`check`, `common::always`): folding the feed gives the picture,
//! gaps are bracketed, `closed` is last, each command has one outcome, the picture is true in the end, no account comes near its lock.

mod case;
mod check;
mod network;
mod pattern;
mod play;
mod story;
mod switches;

use std::path::PathBuf;

/// So many seeds a variation, unless `CASE_SEEDS` says otherwise. Each draws other latencies, other delays of the pair, another place of time
/// zero within a period of pings, and another order of simultaneous steps.
const SEEDS: u64 = 4;

/// Where the files are.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Plays a file. The error is the report of everything that failed, with a time line of the first failing run of each variation.
pub(crate) fn run(name: &str) -> Result<(), String> {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    run_text(name, &text)
}

/// Plays the text of a file.
pub(crate) fn run_text(name: &str, text: &str) -> Result<(), String> {
    let file = case::File::parse(text).map_err(|error| format!("{name}.json: {error}"))?;
    if file.id != name {
        return Err(format!("{name}.json has the id {}; both must be the same", file.id));
    }
    let seeds = match number("CASE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CASE_SEEDS").unwrap_or(SEEDS),
    };
    let mut reports = Vec::new();
    for (variation, case) in &file.variations {
        let mut failed = Vec::new();
        let mut first = None;
        for seed in seeds.clone() {
            match failure(case, seed) {
                Ok(story) =>
                {
                    #[allow(clippy::print_stdout, reason = "asked for, to be read")]
                    if std::env::var_os("CASE_SHOW").is_some() {
                        println!("{name}, {variation}, seed {seed}: {}\n{story}", case.title);
                    }
                }
                Err(report) => {
                    failed.push(seed);
                    first.get_or_insert(report);
                }
            }
        }
        if let Some(report) = first {
            reports.push(format!(
                "{name}, {variation}: {}\nfailing seeds: {failed:?}; the first:\n{report}",
                case.title
            ));
        }
    }
    if reports.is_empty() { Ok(()) } else { Err(reports.join("\n")) }
}

/// One run: its time line, or what failed with the time line below it.
fn failure(case: &case::Case, seed: u64) -> Result<String, String> {
    let mut run = play::play(case, seed)?;
    let mut broken = check::check(case, &mut run);
    if seed == 0 && play::play(case, seed)?.story.feed() != run.story.feed() {
        broken.push(String::from("the same seed gives another feed the second time"));
    }
    let story = run.story.text(&run.log);
    if broken.is_empty() {
        return Ok(story);
    }
    let list: String = broken.iter().map(|what| format!("  * {what}\n")).collect();
    Err(format!("{list}{story}"))
}
