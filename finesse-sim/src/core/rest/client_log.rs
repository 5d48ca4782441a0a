//! `/User/{id}/ClientLog`: what a desktop has logged, for support.

use super::answer::{Answer, Refusal};
use super::roles::Who;
use super::routes::{Route, post};

/// Characters of a log at the most.
const LONGEST: usize = 1_048_576;

pub(super) const ROUTES: &[Route] = &[
    post("/User/{id}/ClientLog", Who::Own, |_, call| {
        let log = call.root("ClientLog")?.find("logData").ok_or_else(|| Refusal::missing("logData"))?;
        let length = log.text.chars().count();
        if length > LONGEST {
            return Err(Refusal::invalid("logData", &length.to_string()));
        }
        Ok(Answer::Accepted(Vec::new()))
    }),
    post("/User/{id}/CompressedClientLog", Who::Own, |_, call| {
        if call.bytes.is_empty() {
            return Err(Refusal::missing("logData"));
        }
        Ok(Answer::Accepted(Vec::new()))
    }),
];
