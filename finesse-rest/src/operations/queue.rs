//! `/Queue/{id}`. The queues of a user are read from the user.

use std::fmt;

use finesse_model::Queue;

use crate::client::Client;
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path};

/// One queue. See [`Client::queue`].
#[derive(Debug, Clone)]
pub struct QueueResource<'a> {
    client: &'a Client,
    id: String,
}

impl Client {
    /// One queue.
    pub fn queue(&self, id: impl fmt::Display) -> QueueResource<'_> {
        QueueResource { client: self, id: id.to_string() }
    }
}

impl QueueResource<'_> {
    /// Reads the queue with its statistics, which change at most every 10 s. Any user. 200; 401, 404, 500, 501 (CCX). CCE.
    pub async fn get(&self) -> Result<Queue, Error> {
        let operation = format!("reading queue {}", quote(&self.id));
        let plan = path(&["Queue", &self.id]).map(Plan::get);
        self.client.read(plan, &operation, Queue::from_xml).await
    }
}
