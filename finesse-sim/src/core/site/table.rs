//! Rows of one kind of configuration object by database id.

use std::collections::BTreeMap;

use crate::core::xml::Elem;

/// A table. Ids count up and are never used twice.
#[derive(Debug, Default)]
pub(crate) struct Table {
    last: u64,
    rows: BTreeMap<u64, Elem>,
}

impl Table {
    /// Puts a row in under a fresh id, and gives the id.
    pub(crate) fn insert(&mut self, row: Elem) -> u64 {
        self.last += 1;
        self.rows.insert(self.last, row);
        self.last
    }

    /// Puts a row in under this id; later ids are above it.
    pub(crate) fn put(&mut self, id: u64, row: Elem) {
        self.last = self.last.max(id);
        self.rows.insert(id, row);
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Elem> {
        self.rows.remove(&id)
    }

    /// Takes all rows out.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }

    /// The row with this id.
    pub(crate) fn row(&self, id: u64) -> Option<&Elem> {
        self.rows.get(&id)
    }

    /// Rows by id.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &Elem)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}
