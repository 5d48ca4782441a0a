//! Listening to what a side publishes, so that a test rig can publish the same at a real XMPP server.
//!
//! A listener that does not read must not make the simulator grow: what waits for it is bounded, and one that falls behind further than
//! that is let go. It reads what was kept for it and then the end, never a stream with a hole in it.

use tokio::sync::mpsc;

use crate::{Publication, Side};

/// What waits for one listener at the most. A busy agent makes some ten publications a call.
const KEPT: usize = 10_000;

/// What a side's web app does at its notification service, in order.
#[derive(Debug)]
pub struct Publications {
    receiver: mpsc::Receiver<Publication>,
}

impl Publications {
    /// The next publication. `None` when the pair has ended, or when 10,000 publications had come and were not read.
    pub async fn recv(&mut self) -> Option<Publication> {
        self.receiver.recv().await
    }

    /// The next publication if there is one already.
    pub fn try_recv(&mut self) -> Option<Publication> {
        self.receiver.try_recv().ok()
    }
}

/// The simulator's end of a listener.
#[derive(Debug)]
pub(crate) struct Tap {
    side: Side,
    sender: mpsc::Sender<Publication>,
}

impl Tap {
    /// Hands a publication to a listener of this side; false if there is no use in keeping him.
    pub(crate) fn offer(&self, side: Side, publication: &Publication) -> bool {
        if self.side != side {
            return !self.sender.is_closed();
        }
        self.sender.try_send(publication.clone()).is_ok()
    }
}

/// Both ends of a new listener, with the presence as it is now.
pub(crate) fn open(side: Side, available: bool) -> (Tap, Publications) {
    let (sender, receiver) = mpsc::channel(KEPT);
    let tap = Tap { side, sender };
    tap.offer(side, &Publication::Presence { available });
    (tap, Publications { receiver })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_read_is_let_go_after_what_was_kept_for_him() {
        let (tap, mut publications) = open(Side::A, true);
        let publication = Publication::Presence { available: false };
        let taken = (0..2 * KEPT).take_while(|_| tap.offer(Side::A, &publication)).count();
        assert_eq!(taken, KEPT - 1, "the first presence was kept already");
        drop(tap);
        assert_eq!(std::iter::from_fn(|| publications.try_recv()).count(), KEPT);
        assert_eq!(publications.receiver.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }

    #[test]
    fn only_the_own_side_is_heard() {
        let (tap, mut publications) = open(Side::A, true);
        assert!(tap.offer(Side::B, &Publication::Presence { available: false }));
        assert_eq!(publications.try_recv(), Some(Publication::Presence { available: true }));
        assert_eq!(publications.try_recv(), None);
        drop(publications);
        assert!(!tap.offer(Side::B, &Publication::Presence { available: false }));
    }
}
