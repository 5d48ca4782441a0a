//! The thin shell: carries the core's requests over at most two connections and the answers back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::core::{Core, Flight, Input, Output};
use super::http::{Connection, Endpoint, exchange};
use crate::error::LinkError;
use crate::stanza::{Frame, Stanza};
use crate::transport::{Activity, Flights, Transport};

type Done = (Flight, Result<(u16, String, Option<Connection>), LinkError>);

pub(super) struct BoshTransport {
    core: Core,
    endpoint: Arc<Endpoint>,
    started: Instant,
    activity: Activity,
    exchanges: JoinSet<Done>,
    running: BTreeMap<Flight, AbortHandle>,
    /// Connections that hold no request just now. With the running ones they are never more than two.
    idle: Vec<Connection>,
    inbox: VecDeque<Frame>,
    dead: Option<LinkError>,
    flights: Option<Flights>,
}

impl BoshTransport {
    /// Opens the session; the features come as the first stanza.
    pub(super) async fn open(
        endpoint: Arc<Endpoint>,
        domain: &str,
        wait: Duration,
        first_rid: u64,
    ) -> Result<Self, LinkError> {
        let mut this = Self {
            core: Core::new(domain, wait, first_rid),
            endpoint,
            started: Instant::now(),
            activity: Activity::new(),
            exchanges: JoinSet::new(),
            running: BTreeMap::new(),
            idle: Vec::new(),
            inbox: VecDeque::new(),
            dead: None,
            flights: None,
        };
        this.step(Input::Create);
        // The first answer shows whether there is a session at all.
        while !this.core.is_open() {
            if let Some(error) = this.dead.take() {
                return Err(error);
            }
            this.turn().await;
        }
        Ok(this)
    }

    /// Of the login the second flight may be written ahead.
    pub(super) fn with_flights(mut self, flights: Flights) -> Self {
        self.flights = Some(flights);
        self
    }

    fn step(&mut self, input: Input) {
        let mut out = Vec::new();
        self.core.step(self.started.elapsed(), input, &mut out);
        for output in out {
            match output {
                Output::Post { flight, body, fresh } => self.post(flight, body, fresh),
                Output::Abandon(flight) => {
                    if let Some(handle) = self.running.remove(&flight) {
                        handle.abort();
                    }
                }
                Output::Deliver(frame) => self.inbox.push_back(frame),
                Output::End(cause) => {
                    self.exchanges.abort_all();
                    self.running.clear();
                    self.idle.clear();
                    self.dead.get_or_insert(cause);
                }
            }
        }
    }

    fn post(&mut self, flight: Flight, body: String, fresh: bool) {
        if fresh {
            // What lost one answer may lose the next.
            self.idle.clear();
        }
        let reuse = self.idle.pop();
        let (endpoint, activity) = (Arc::clone(&self.endpoint), self.activity.clone());
        let handle =
            self.exchanges.spawn(async move { (flight, exchange(&endpoint, reuse, body, &activity).await) });
        self.running.insert(flight, handle);
    }

    /// Waits for one answer or one point in time.
    async fn turn(&mut self) {
        let timer = self.core.deadline().map(|at| self.started + at);
        tokio::select! {
            biased;
            Some(done) = self.exchanges.join_next(), if !self.exchanges.is_empty() => {
                // An error is a request that was abandoned.
                let Ok((flight, result)) = done else { return };
                self.running.remove(&flight);
                match result {
                    Ok((status, text, connection)) => {
                        self.idle.extend(connection);
                        self.step(Input::Answer { flight, status, text });
                    }
                    Err(error) => self.step(Input::Lost { flight, error }),
                }
            }
            () = sleep_until(timer) => self.step(Input::Tick),
        }
    }
}

#[async_trait]
impl Transport for BoshTransport {
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError> {
        self.step(Input::Send(stanza));
        match &self.dead {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    async fn next(&mut self) -> Result<Frame, LinkError> {
        loop {
            if let Some(frame) = self.inbox.pop_front() {
                return Ok(frame);
            }
            if let Some(error) = &self.dead {
                return Err(error.clone());
            }
            self.step(Input::Wanted);
            if self.inbox.is_empty() && self.dead.is_none() {
                self.turn().await;
            }
        }
    }

    async fn restart(&mut self) -> Result<(), LinkError> {
        self.step(Input::Restart);
        match &self.dead {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    async fn close(&mut self) {
        self.step(Input::Close);
        while self.dead.is_none() {
            self.turn().await;
        }
    }

    fn activity(&self) -> Option<Activity> {
        Some(self.activity.clone())
    }

    fn flights(&self) -> Option<Flights> {
        self.flights.clone()
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
