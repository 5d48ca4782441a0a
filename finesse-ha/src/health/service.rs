//! The tower service: opens links and reports what is learnt in passing.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use finesse_model::{Dialog, DialogId, Dialogs, RequestId, Resource, SystemInfo, User, UserId};
use finesse_notify::{EndCause, Event as LinkEvent, Presence};
use finesse_rest::{Accepted, Command, Error, SideApi};
use tower::Service;

use super::HealthMonitor;
use super::core::Evidence;
use super::monitor::{outcome, push};
use crate::link::{Link, OpenError, OpenLink};

/// Whatever knows the health of the side that it opens links to.
pub trait Monitored {
    /// The side's monitor.
    fn monitor(&self) -> &HealthMonitor;
}

/// Opens links through the service it wraps.
#[derive(Debug, Clone)]
pub struct HealthService<S> {
    inner: S,
    monitor: HealthMonitor,
}

impl<S> HealthService<S> {
    pub(super) fn new(inner: S, monitor: HealthMonitor) -> Self {
        Self { inner, monitor }
    }
}

impl<S> Monitored for HealthService<S> {
    fn monitor(&self) -> &HealthMonitor {
        &self.monitor
    }
}

impl<S> Service<OpenLink> for HealthService<S>
where
    S: Service<OpenLink, Response = Link, Error = OpenError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Link;
    type Error = OpenError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, OpenError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), OpenError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: OpenLink) -> Self::Future {
        let monitor = self.monitor.clone();
        // The service that was found to be ready is called; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            // Many sessions of one process must not fall upon a side all at once.
            monitor.turn().await;
            let generation = monitor.generation();
            let mut link = match inner.call(request).await {
                Ok(link) => link,
                Err(error) => {
                    monitor.seen(generation, Evidence::LinkEnded);
                    return Err(error);
                }
            };
            monitor.seen(generation, Evidence::LinkOpened);
            link.handle.rest = Arc::new(Reporting { inner: link.handle.rest, monitor: monitor.clone() });
            link.observe(move |event| {
                let evidence = match event {
                    LinkEvent::FinessePresence(presence) => {
                        Evidence::Presence(*presence == Presence::Available)
                    }
                    LinkEvent::Ended(error) if error.kind() == EndCause::ClosedByUs => return,
                    LinkEvent::Ended(_) => Evidence::LinkEnded,
                    LinkEvent::Notification(notification) => {
                        match notification.update.as_ref().map(|update| &update.data) {
                            Ok(Some(Resource::SystemInfo(info))) if !notification.delayed => push(info),
                            _ => return,
                        }
                    }
                    _ => return,
                };
                monitor.seen(monitor.generation(), evidence);
            });
            Ok(link)
        })
    }
}

/// A side's REST API whose every outcome is reported.
struct Reporting {
    inner: Arc<dyn SideApi>,
    monitor: HealthMonitor,
}

impl Reporting {
    async fn report<T>(&self, request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        // Read before the request starts: an answer that comes after the side has gone and returned says nothing about it now.
        let generation = self.monitor.generation();
        let result = request.await;
        self.monitor.seen(generation, outcome(&result));
        result
    }
}

#[async_trait]
impl SideApi for Reporting {
    async fn system_info(&self) -> Result<SystemInfo, Error> {
        self.report(self.inner.system_info()).await
    }

    async fn user(&self, id: &UserId) -> Result<User, Error> {
        self.report(self.inner.user(id)).await
    }

    async fn dialogs(&self, id: &UserId) -> Result<Dialogs, Error> {
        self.report(self.inner.dialogs(id)).await
    }

    async fn dialog(&self, id: &DialogId) -> Result<Dialog, Error> {
        self.report(self.inner.dialog(id)).await
    }

    async fn submit(&self, command: &Command, request_id: &RequestId) -> Result<Accepted, Error> {
        self.report(self.inner.submit(command, request_id)).await
    }

    fn withhold_waiting(&self) {
        self.inner.withhold_waiting();
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
