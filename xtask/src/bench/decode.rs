//! Decoding one dialog update, beside quick-xml reading the same bytes and throwing them away.
//!
//! Reading the tokens is the floor: no decoder built on quick-xml can be quicker. Both are measured in turns, so that a
//! neighbour on the machine slows both; the median of the turns is reported.

use std::hint::black_box;
use std::time::{Duration, Instant};

use finesse_model::Update;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::Figure;
use super::statistics::median;
use crate::payload::{VARIABLES_OF_3_9_KB, dialog_update};
use crate::report::Failure;

/// Turns of each; odd, so that there is a middle one.
const TURNS: usize = 21;
/// How long one turn lasts, roughly: long enough for the clock, short enough for twenty of them.
const TURN: Duration = Duration::from_millis(40);

/// Measures both and puts one beside the other.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let text = dialog_update("40217", "16804377", VARIABLES_OF_3_9_KB);
    // Once outside of the measurement, to see that both do what they should.
    Update::from_xml(&text)?;
    if tokens(&text)? == 0 {
        return Err(Failure::new("the tokeniser saw nothing"));
    }
    let decode = || drop(black_box(Update::from_xml(black_box(&text))));
    let tokenise = || drop(black_box(tokens(black_box(&text))));
    let rounds = rounds_for(&decode);
    let mut decoded = Vec::with_capacity(TURNS);
    let mut tokenised = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        decoded.push(micros(&decode, rounds));
        tokenised.push(micros(&tokenise, rounds));
    }
    Ok(vec![Figure {
        name: "decode.dialog-update".to_owned(),
        value: median(decoded),
        unit: "us",
        reference: Some((median(tokenised), "quick-xml reading the same bytes".to_owned())),
    }])
}

/// Reads every token, also those of the references in texts.
pub(super) fn tokens(text: &str) -> Result<usize, Failure> {
    let mut reader = Reader::from_str(text);
    let mut count = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(count),
            event => {
                black_box(&event);
                count += 1;
            }
        }
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
