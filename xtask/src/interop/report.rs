//! The table of the suite: a row for every behaviour, a column for every server and transport, in each cell what the server did.

use std::time::Instant;

use super::PATIENCE;
use super::client::Way;
use super::failover::Step;
use super::peer::Kind;
use super::suite::Behaviour;
use crate::Outcome;
use crate::report::{Failure, say, seconds, table};

/// A column.
pub(crate) type Column = (Kind, Way);

/// What was not shown: the failover has simulated sides and Prosody's notification services always.
const NOT_SHOWN: &str = "-";

/// What is shown so far.
pub(crate) struct Report {
    rows: Vec<(&'static str, Vec<(Column, String)>)>,
    differences: Vec<String>,
}

fn columns() -> impl Iterator<Item = Column> {
    Kind::ALL.into_iter().flat_map(|kind| Way::ALL.map(|way| (kind, way)))
}

impl Report {
    pub(crate) fn new() -> Self {
        let names = Behaviour::ALL.map(Behaviour::name).into_iter().chain(Step::ALL.map(Step::name));
        Self { rows: names.map(|name| (name, Vec::new())).collect(), differences: Vec::new() }
    }

    /// Shows one thing and takes down what the server did; true if it is as it may be.
    pub(crate) async fn take(
        &mut self,
        name: &'static str,
        column: Column,
        showing: impl Future<Output = Result<String, Failure>>,
    ) -> bool {
        let started = Instant::now();
        let outcome = tokio::time::timeout(PATIENCE, showing)
            .await
            .unwrap_or_else(|_| Err(Failure::new("did not end in time")));
        let (what, took) =
            (format!("{name}, {} over {}", column.0.name(), column.1.name()), seconds(started.elapsed()));
        let (cell, good) = match outcome {
            Ok(cell) => {
                say(&format!("interop: {what}: {cell} in {took}"));
                (cell, true)
            }
            Err(failure) => {
                say(&format!("interop: {what}: FAILED in {took}"));
                self.differences.push(format!("{what}: {failure}"));
                (format!("differs ({})", self.differences.len()), false)
            }
        };
        if let Some((_, cells)) = self.rows.iter_mut().find(|(row, _)| *row == name) {
            cells.push((column, cell));
        }
        good
    }

    /// The whole table as text.
    fn cells(&self) -> Vec<Vec<String>> {
        let mut head = vec![String::from("behaviour")];
        head.extend(columns().map(|(kind, way)| format!("{}, {}", kind.name(), way.name())));
        let rows = self.rows.iter().map(|(name, cells)| {
            let of = |column| cells.iter().find(|(one, _)| *one == column);
            let cells =
                columns().map(|column| of(column).map_or(NOT_SHOWN.to_owned(), |(_, cell)| cell.clone()));
            std::iter::once((*name).to_owned()).chain(cells).collect()
        });
        std::iter::once(head).chain(rows).collect()
    }

    /// Prints it.
    pub(crate) fn tell(&self) -> Outcome {
        table(&self.cells());
        for (number, difference) in self.differences.iter().enumerate() {
            say(&format!("  ({}) {difference}", number + 1));
        }
        if self.differences.is_empty() {
            return Ok(());
        }
        let count = self.differences.len();
        Err(Failure::new(format!("{count} behaviours differ from what is expected, see above")))
    }

    /// It as a page for readers.
    pub(crate) fn page(&self) -> String {
        let mut page = String::from(
            "# What servers do\n\nWritten by `cargo xtask interop --write`. Each behaviour was shown by the client over every transport \
             against every server; a cell says what the server did, and `ok` where there is only one right thing to do. Causes are those of \
             `EndCause`.\n\n",
        );
        for (number, row) in self.cells().iter().enumerate() {
            page.push_str(&format!("| {} |\n", row.join(" | ")));
            if number == 0 {
                page.push_str(&format!("|{}\n", "---|".repeat(row.len())));
            }
        }
        page
    }
}
