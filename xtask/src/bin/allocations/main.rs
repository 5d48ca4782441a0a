//! Figures of memory: how often something asks for it and how much it holds.
//!
//! Counting needs an allocator of its own, which every allocation of the program pays for. So it is a program of its own, started by
//! `cargo xtask bench memory`; the figures of time are taken without it. It prints one figure a line, as JSON.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../payload.rs"]
#[allow(dead_code, reason = "the file is xtask's, and more of it is used there")]
mod payload;
#[path = "../../tokens.rs"]
mod tokens;
mod users;

use std::error::Error;
use std::hint::black_box;

use finesse_model::Update;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let text = payload::dialog_update("40217", "16804377", payload::VARIABLES_OF_3_9_KB);
    Update::from_xml(&text)?;
    let decoded = allocation_counter::measure(|| drop(black_box(Update::from_xml(&text)))).count_total;
    let tokenised = allocation_counter::measure(|| drop(black_box(tokens::tokens(&text)))).count_total;
    figure("memory.dialog-update", decoded, "allocations", tokenised, "quick-xml reading the same bytes");
    let (few, many) = users::peaks()?;
    figure("memory.list-of-6000-users", many, "bytes", few, "a list of 60");
    Ok(())
}

fn figure(name: &str, value: u64, unit: &str, reference: u64, what: &str) {
    println!(
        "{}",
        json!({ "name": name, "value": value, "unit": unit, "reference": reference, "what": what })
    );
}
