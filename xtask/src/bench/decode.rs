//! Decoding one dialog update, beside quick-xml reading the same bytes and throwing them away.
//!
//! Reading the tokens is the floor: no decoder built on quick-xml can be quicker. Both are measured in turns, so that a
//! neighbour on the machine slows both; the median of the turns is reported. The same again from the text of a stanza, where the payload
//! is escaped once more.

use std::hint::black_box;
use std::time::{Duration, Instant};

use finesse_model::Update;
use quick_xml::escape::{escape, unescape};

use super::Figure;
use super::statistics::middle;
use crate::payload::{VARIABLES_OF_3_9_KB, dialog_update};
use crate::report::Failure;
use crate::tokens::tokens;

/// Turns of each; odd, so that there is a middle one.
const TURNS: usize = 21;
/// How long one turn lasts, roughly: long enough for the clock, short enough for twenty of them.
const TURN: Duration = Duration::from_millis(40);

/// Measures all and puts one beside the other.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let text = dialog_update("40217", "16804377", VARIABLES_OF_3_9_KB);
    let escaped = escape(text.as_str()).into_owned();
    // Once outside of the measurement, to see that all do what they should.
    Update::from_xml(&text)?;
    if tokens(&text)? == 0 || unescape(&escaped)? != text {
        return Err(Failure::new("the tokeniser saw nothing, or what was escaped did not come back"));
    }
    let decode = || drop(black_box(Update::from_xml(black_box(&text))));
    let tokenise = || drop(black_box(tokens(black_box(&text))));
    let unescape_and_decode = || {
        let text = unescape(black_box(&escaped));
        drop(black_box(text.map(|text| Update::from_xml(&text))));
    };
    let unescape_and_tokenise = || {
        let text = unescape(black_box(&escaped));
        drop(black_box(text.map(|text| tokens(&text))));
    };
    Ok(vec![
        beside("decode.dialog-update", &decode, &tokenise, "quick-xml reading the same bytes"),
        beside(
            "decode.from-stanza-text",
            &unescape_and_decode,
            &unescape_and_tokenise,
            "unescaping and quick-xml reading the same bytes",
        ),
    ])
}

/// Both in turns.
fn beside(name: &str, work: &dyn Fn(), floor: &dyn Fn(), what: &str) -> Figure {
    let rounds = rounds_for(work);
    let turns = (0..TURNS).map(|_| (micros(work, rounds), micros(floor, rounds))).collect();
    let (ours, floor) = middle(turns, |(ours, floor)| ours / floor).unwrap_or_default();
    Figure {
        name: name.to_owned(),
        value: ours,
        unit: "us".into(),
        reference: Some((floor, what.to_owned())),
    }
}

/// How many rounds fill a turn.
fn rounds_for(work: &dyn Fn()) -> u32 {
    let (started, mut rounds) = (Instant::now(), 0);
    while started.elapsed() < TURN {
        work();
        rounds += 1;
    }
    rounds.max(1)
}

/// Microseconds of one round.
fn micros(work: &dyn Fn(), rounds: u32) -> f64 {
    let started = Instant::now();
    for _ in 0..rounds {
        work();
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}
