//! The only place that prints. Machine output goes to standard output; words about it go to standard error.
//!
//! A closed pipe is not a failure of ours: printing then ends quietly.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::args::Output;

/// Where results go, and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    form: Output,
}

impl Printer {
    /// The form asked for; by default text on a terminal and JSON lines otherwise, as commands that stream do.
    pub(crate) fn streaming(asked: Option<Output>) -> Self {
        let form = asked.unwrap_or(if io::stdout().is_terminal() { Output::Text } else { Output::Json });
        Self { form }
    }

    /// The form asked for; by default text.
    pub(crate) fn single(asked: Option<Output>) -> Self {
        Self { form: asked.unwrap_or(Output::Text) }
    }

    /// The form asked for; by default JSON, for commands that print nothing else.
    pub(crate) fn documents(asked: Option<Output>) -> Self {
        Self { form: asked.unwrap_or(Output::Json) }
    }

    /// True for JSON lines.
    pub(crate) fn is_json(self) -> bool {
        self.form == Output::Json
    }

    /// One line for people, only in the text form.
    pub(crate) fn text(self, line: impl AsRef<str>) {
        if self.form == Output::Text {
            self.line(line.as_ref());
        }
    }

    /// One JSON object on a line, only in the JSON form.
    pub(crate) fn json(self, value: &serde_json::Value) {
        if self.form == Output::Json {
            self.line(&value.to_string());
        }
    }

    /// One JSON document: on a line, or indented where text was asked for by name.
    pub(crate) fn document(self, value: &serde_json::Value) {
        match self.form {
            Output::Json => self.line(&value.to_string()),
            Output::Text => self.line(&format!("{value:#}")),
        }
    }

    /// These bytes as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
            NOBODY_READS.store(true, Ordering::Relaxed);
        }
    }

    /// One line to standard output in any form.
    pub(crate) fn line(self, line: &str) {
        let mut out = io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            NOBODY_READS.store(true, Ordering::Relaxed);
        }
    }
}

/// Set once the other end of standard output is closed.
static NOBODY_READS: AtomicBool = AtomicBool::new(false);

/// True once nobody reads standard output any more; commands that stream then end.
pub(crate) fn nobody_reads() -> bool {
    NOBODY_READS.load(Ordering::Relaxed)
}

/// One line to standard error.
pub(crate) fn complain(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "finesse: {}", line.as_ref());
}
