//! The only place that prints. Machine output goes to standard output; words about it go to standard error.
//!
//! A closed pipe is not a failure of ours: printing then ends quietly.

use std::io::{self, IsTerminal, Write};

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

    /// One line to standard output in any form.
    pub(crate) fn line(self, line: &str) {
        let mut out = io::stdout().lock();
        // Nobody reads any more when this fails; the process ends by itself soon.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

/// One line to standard error.
pub(crate) fn complain(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "finesse: {}", line.as_ref());
}
