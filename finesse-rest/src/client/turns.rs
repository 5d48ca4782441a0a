//! Who may write to an object next: writes to one object are sent one after the other, in the order in which they were begun.
//!
//! The server keeps such a queue itself, but two requests on two connections may overtake each other on the way to it.
//!
//! A write whose outcome nobody knows (no answer, or given up while it was under way) takes those that wait behind it with it: they were meant for
//! a state that may not have come about, and minutes may have passed since somebody wanted them.
//!
//! Invariants: an object stands in the table only while somebody writes to it or waits for that; who gives up waiting leaves no trace.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

type Table = HashMap<String, Arc<Gate>>;

/// The objects that are being written to.
#[derive(Debug, Default)]
pub(super) struct Turns {
    table: Mutex<Table>,
}

/// The way to one object.
#[derive(Debug, Default)]
struct Gate {
    lock: Arc<Lock<()>>,
    /// How many writes ended with an unknown outcome, or were withheld for another reason.
    unknown: AtomicU64,
}

/// The right to write to one object. It is given back when dropped; unless it was said that the outcome is known, it is not.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    known: bool,
    // Dropped in this order: the gate is opened before its place is looked at.
    _open: OwnedMutexGuard<()>,
    place: Place<'a>,
}

/// An earlier write to the same object ended with an unknown outcome.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Withheld;

/// A place in the queue of one object.
#[derive(Debug)]
struct Place<'a> {
    turns: &'a Turns,
    object: String,
    gate: Arc<Gate>,
}

impl Turns {
    /// Waits until nobody who asked earlier writes to the object.
    pub(super) async fn take(&self, object: &str) -> Result<Turn<'_>, Withheld> {
        let gate = Arc::clone(self.table().entry(object.to_owned()).or_default());
        let place = Place { turns: self, object: object.to_owned(), gate };
        let unknown = place.gate.unknown.load(Ordering::Acquire);
        // The lock lets in first who came first.
        let open = Arc::clone(&place.gate.lock).lock_owned().await;
        if place.gate.unknown.load(Ordering::Acquire) != unknown {
            return Err(Withheld);
        }
        Ok(Turn { known: false, _open: open, place })
    }

    /// Lets nobody in who waits now. Who comes later is let in as ever.
    pub(super) fn withhold(&self) {
        for gate in self.table().values() {
            gate.unknown.fetch_add(1, Ordering::Release);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing that holds the lock can panic half way.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// What became of the write is known.
    pub(super) fn known(mut self) {
        self.known = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.known {
            self.place.gate.unknown.fetch_add(1, Ordering::Release);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut table = self.turns.table();
        // The table's own and ours: nobody else is here, and nobody can come while the table is locked.
        if Arc::strong_count(&self.gate) == 2 {
            table.remove(&self.object);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn ready<T>(poll: Poll<T>) -> T {
        match poll {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it must be its turn"),
        }
    }

    #[test]
    fn the_same_object_is_given_in_order_and_others_at_once() {
        let turns = Turns::default();
        let mut first = pin!(turns.take("/User/1"));
        let first = ready(poll(first.as_mut())).unwrap();
        let mut second = pin!(turns.take("/User/1"));
        let mut third = pin!(turns.take("/User/1"));
        assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
        let mut other = pin!(turns.take("/User/2"));
        ready(poll(other.as_mut())).unwrap().known();
        first.known();
        assert!(poll(third.as_mut()).is_pending());
        ready(poll(second.as_mut())).unwrap().known();
        ready(poll(third.as_mut())).unwrap().known();
        assert!(turns.table().is_empty());
    }

    #[test]
    fn who_waits_can_be_withheld_and_who_comes_later_is_not() {
        let turns = Turns::default();
        let mut first = pin!(turns.take("/User/1"));
        let first = ready(poll(first.as_mut())).unwrap();
        let mut second = pin!(turns.take("/User/1"));
        assert!(poll(second.as_mut()).is_pending());
        turns.withhold();
        let mut later = pin!(turns.take("/User/1"));
        assert!(poll(later.as_mut()).is_pending());
        first.known();
        assert_eq!(ready(poll(second.as_mut())).unwrap_err(), Withheld);
        ready(poll(later.as_mut())).unwrap().known();
    }

    #[test]
    fn an_unknown_outcome_withholds_those_behind_it_and_nobody_who_comes_later() {
        let turns = Turns::default();
        let mut first = pin!(turns.take("/User/1"));
        let first = ready(poll(first.as_mut())).unwrap();
        let mut second = pin!(turns.take("/User/1"));
        assert!(poll(second.as_mut()).is_pending());
        drop(first);
        let mut later = pin!(turns.take("/User/1"));
        assert!(poll(later.as_mut()).is_pending());
        assert_eq!(ready(poll(second.as_mut())).unwrap_err(), Withheld);
        ready(poll(later.as_mut())).unwrap().known();
        assert!(turns.table().is_empty());
    }

    #[test]
    fn who_gives_up_leaves_no_trace_and_lets_the_next_one_in() {
        let turns = Turns::default();
        let mut first = pin!(turns.take("/User/1"));
        let first = ready(poll(first.as_mut())).unwrap();
        let mut second = Box::pin(turns.take("/User/1"));
        let mut third = Box::pin(turns.take("/User/1"));
        assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
        first.known();
        // Its turn has come, and it does not take it.
        drop(second);
        ready(poll(third.as_mut())).unwrap().known();
        assert!(turns.table().is_empty());
    }
}
