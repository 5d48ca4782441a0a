//! Lets a real server say what a simulated side says.
//!
//! The web application of a Finesse side publishes at its notification service as the user `finesse`. Here the simulated side does it, and
//! whatever it does is done again, in its order, at a Prosody server by a [`Publisher`]: items and the presence of `finesse`.

use finesse_sim::{Publication, Publications};
use tokio::task::JoinHandle;

use super::publisher::Publisher;
use crate::report::Failure;

/// A side being mirrored. Ends with the value.
pub(crate) struct Mirror {
    task: JoinHandle<Failure>,
}

impl Mirror {
    /// Begins to mirror. The publisher's nodes must exist.
    pub(crate) fn start(publications: Publications, publisher: Publisher) -> Self {
        Self { task: tokio::spawn(mirror(publications, publisher)) }
    }

    /// Waits until it has failed; for ever, if all goes well.
    pub(crate) async fn failed(&mut self) -> Failure {
        (&mut self.task).await.unwrap_or_else(|_| Failure::new("the mirror of a side has panicked"))
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn mirror(mut publications: Publications, mut publisher: Publisher) -> Failure {
    while let Some(publication) = publications.recv().await {
        let done = match publication {
            Publication::Presence { available } => publisher.presence(available).await,
            Publication::Item { node, item_id, update } => publisher.publish(&node, &item_id, &update).await,
            other => Err(Failure::new(format!("nobody knows how to mirror {other:?}"))),
        };
        if let Err(failure) = done {
            return failure;
        }
    }
    Failure::new("the simulated side has ended")
}
