//! Decoded documents as lines, and what could not be read of them beside those on standard error.

use finesse_model::{DecodeError, Document};
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::output::{Printer, complain};

/// Documents, and what is wrong with those that could not be read.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    readable: Vec<Value>,
    rejected: Vec<String>,
}

impl Documents {
    /// A document that was read, perhaps without some of its items.
    pub(crate) fn add(&mut self, document: &Document) {
        let json = document.to_json();
        let rejected = document.rejected();
        for error in &rejected {
            self.reject(format!("an item of {}", json["root"].as_str().unwrap_or("the list")), error);
        }
        let nothing_left = !rejected.is_empty() && json["value"].as_array().is_some_and(Vec::is_empty);
        if !nothing_left {
            self.readable.push(json);
        }
    }

    /// Something that could not be read.
    pub(crate) fn reject(&mut self, what: impl AsRef<str>, error: &DecodeError) {
        self.rejected.push(format!("{} could not be read: {error}", what.as_ref()));
    }

    /// Prints one object a line; what could not be read is named on standard error. A failure only if nothing could be read at all.
    /// `doing` says what was done, for example "decoding event.xml".
    pub(crate) fn print(self, printer: Printer, doing: &str) -> Result<(), Failure> {
        if self.readable.is_empty() {
            return Err(Failure::new(Exit::Failed, format!("{doing}: {}", self.rejected.join("; "))));
        }
        for json in &self.readable {
            printer.document(json);
        }
        for rejected in &self.rejected {
            complain(format!("{doing}: {rejected}"));
        }
        Ok(())
    }
}
