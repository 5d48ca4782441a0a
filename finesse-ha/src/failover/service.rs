//! The tower service: opening yields a line at once, and a task drives the engine for as long as somebody holds the line.
//!
//! The task only translates: channels, timers and openings into inputs, outputs into deeds. It looks at its sources in a fixed order, so that
//! under one paused clock the same seed gives the same run.

use std::future::{Ready, pending, poll_fn, ready};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use finesse_notify::{EndCause, Event as LinkEvent, LinkError};
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tower::{Service, ServiceExt};

use super::core::{Attach, Attempt, FailoverCore, Input, Output};
use super::{Pair, Policy};
use crate::clock::Clock;
use crate::event::Event;
use crate::health::{HealthMonitor, Monitored, SideHealth};
use crate::line::{Attached, Line, LineEnd, LineEvent, LineReport, OpenLine};
use crate::link::{Link, OpenError, OpenLink};
use crate::params::Params;
use crate::side::{PerSide, Side};

/// Events that may wait for the layer above. It reads steadily; what does not fit waits in the link's own queue and then in the stream.
const EVENTS: usize = 64;

/// Opens lines over a pair of sides.
#[derive(Clone)]
pub struct FailoverService<S> {
    sides: Pair<S>,
    policy: Arc<dyn Policy>,
    params: Params,
    clock: Clock,
    random: fastrand::Rng,
}

impl<S> std::fmt::Debug for FailoverService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FailoverService").field("policy", &self.policy.name()).finish_non_exhaustive()
    }
}

impl<S> FailoverService<S> {
    pub(super) fn new(
        sides: Pair<S>,
        policy: Arc<dyn Policy>,
        params: Params,
        clock: Clock,
        random: fastrand::Rng,
    ) -> Self {
        Self { sides, policy, params, clock, random }
    }
}

impl<S> Service<OpenLine> for FailoverService<S>
where
    S: Service<OpenLink, Response = Link, Error = OpenError> + Monitored + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Line;
    type Error = LineEnd;
    type Future = Ready<Result<Line, LineEnd>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LineEnd>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: OpenLine) -> Self::Future {
        let (events, receiver) = mpsc::channel(EVENTS);
        let (reports, inbox) = mpsc::unbounded_channel();
        let monitors = self.sides.map(|side| side.monitor().clone());
        let policy = Arc::clone(&self.policy);
        let paired = self.sides.b.is_some();
        let core =
            FailoverCore::new(policy, self.params.clone(), self.random.fork(), paired, self.clock.now());
        let health = PerSide::new(Some(monitors.a.health()), monitors.b.as_ref().map(HealthMonitor::health));
        let hands = Hands {
            clock: self.clock,
            services: self.sides.clone(),
            monitors,
            events,
            opening: None,
            links: Vec::new(),
            farewells: JoinSet::new(),
            in_use: None,
        };
        tokio::spawn(run(core, hands, health, inbox));
        ready(Ok(Line { events: receiver, reports }))
    }
}

type Opening = Pin<Box<dyn Future<Output = Result<Link, OpenError>> + Send>>;

/// What the task holds to carry the engine's outputs out.
struct Hands<S> {
    clock: Clock,
    services: Pair<S>,
    monitors: Pair<HealthMonitor>,
    events: mpsc::Sender<LineEvent>,
    opening: Option<(Attempt, Opening)>,
    /// The current link, and perhaps the muted one of the side that was left.
    links: Vec<(Attempt, Link)>,
    farewells: JoinSet<()>,
    in_use: Option<Side>,
}

/// The line is over: it was said so, or nobody holds it any more.
struct Over;

async fn run<S>(
    mut core: FailoverCore,
    mut hands: Hands<S>,
    mut health: PerSide<Option<watch::Receiver<SideHealth>>>,
    reports: mpsc::UnboundedReceiver<LineReport>,
) where
    S: Service<OpenLink, Response = Link, Error = OpenError> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut reports = Some(reports);
    let known =
        [&mut health.a, &mut health.b].into_iter().flatten().map(|health| health.borrow_and_update().clone());
    let mut first: Vec<Input> = known.map(|health| Input::Health(Box::new(health))).collect();
    first.reverse();
    loop {
        let input = match first.pop() {
            Some(input) => input,
            None => tokio::select! {
                biased;
                () = hands.events.closed() => break,
                report = said(&mut reports) => Input::Report(report),
                health = changed(&mut health.a) => Input::Health(health),
                health = changed(&mut health.b) => Input::Health(health),
                (attempt, result) = opened(&mut hands.opening) => match result {
                    Ok(link) => {
                        hands.links.push((attempt, link));
                        Input::Opened { attempt }
                    }
                    Err(error) => Input::OpenFailed { attempt, error },
                },
                () = hands.clock.sleep_until(core.wake_at()) => Input::Tick,
                (attempt, event) = said_by_links(&mut hands.links) => {
                    hands.note_end(attempt, &event);
                    Input::Link { attempt, event }
                }
            },
        };
        let now = hands.clock.now();
        for (attempt, link) in &hands.links {
            core.heard(*attempt, now.saturating_sub(link.handle.control.idle()));
        }
        for output in core.step(now, input) {
            if hands.carry_out(output).await.is_err() {
                return;
            }
        }
    }
    hands.let_go().await;
}

impl<S> Hands<S>
where
    S: Service<OpenLink, Response = Link, Error = OpenError> + Clone + Send + 'static,
    S::Future: Send,
{
    async fn carry_out(&mut self, output: Output) -> Result<(), Over> {
        match output {
            Output::Open { attempt, side, deadline } => {
                tracing::debug!(%side, ?attempt, "opening a link");
                self.opening = self.open(side, deadline).map(|opening| (attempt, opening));
            }
            Output::Abandon { attempt } => {
                self.opening.take_if(|(opening, _)| *opening == attempt);
            }
            Output::Close { attempt } => {
                if let Some(index) = self.links.iter().position(|(link, _)| *link == attempt) {
                    let (_, link) = self.links.remove(index);
                    // Those that were said need no place any more.
                    while self.farewells.try_join_next().is_some() {}
                    self.farewells.spawn(farewell(link));
                }
            }
            Output::Attach(attach) => return self.attach(attach).await,
            Output::Emit(event) => return self.emit(event).await,
            Output::CheckNow(side) => {
                if let Some(monitor) = self.monitors.side(side) {
                    monitor.check_now();
                }
            }
            Output::InUse(side) => self.use_side(Some(side)),
            Output::End(end) => {
                tracing::info!(?end, "the line ends");
                self.let_go().await;
                // Nobody may be there to hear it.
                let _ = self.events.send(LineEvent::Ended(end)).await;
                return Err(Over);
            }
        }
        Ok(())
    }

    fn open(&self, side: Side, deadline: Duration) -> Option<Opening> {
        let service = self.services.side(side)?.clone();
        Some(Box::pin(async move {
            // Whatever of somebody else's panics beneath has not opened a link.
            let opened = AssertUnwindSafe(service.oneshot(OpenLink { deadline })).catch_unwind().await;
            opened.unwrap_or_else(|_| {
                let why = String::from("the connector panicked; this is its defect");
                Err(OpenError { side, cause: EndCause::Network, why })
            })
        }))
    }

    async fn attach(&mut self, attach: Attach) -> Result<(), Over> {
        let Attach { attempt, epoch, side, resumed, left, at } = attach;
        tracing::info!(%side, %epoch, resumed, "an epoch begins");
        // The engine attaches only what is open.
        let Some((_, link)) = self.links.iter().find(|(link, _)| *link == attempt) else { return Ok(()) };
        let handle = link.handle.clone();
        self.emit(LineEvent::Attached(Attached { epoch, side, handle, resumed, left, at })).await
    }

    async fn emit(&mut self, event: LineEvent) -> Result<(), Over> {
        match &event {
            LineEvent::GapOpened { epoch, why, .. } => tracing::warn!(%epoch, why, "a gap opens"),
            LineEvent::Told(Event::Switching { from, to, why }) => {
                tracing::info!(%from, %to, why, "switching")
            }
            LineEvent::Told(Event::SwitchFailed { to, why }) => tracing::warn!(%to, why, "the switch failed"),
            _ => {}
        }
        if self.events.send(event).await.is_err() {
            self.let_go().await;
            return Err(Over);
        }
        Ok(())
    }

    /// Forgets a link that has ended; the engine is told by its last event.
    fn note_end(&mut self, attempt: Attempt, event: &LinkEvent) {
        if let LinkEvent::Ended(_) = event {
            self.links.retain(|(link, _)| *link != attempt);
        }
    }

    fn use_side(&mut self, side: Option<Side>) {
        let before = std::mem::replace(&mut self.in_use, side);
        for (side, in_use) in [(before, false), (side, true)] {
            if let Some(monitor) = side.and_then(|side| self.monitors.side(side)) {
                monitor.in_use(in_use);
            }
        }
    }

    /// Closes everything politely and waits for it; each good-bye is bounded.
    async fn let_go(&mut self) {
        self.opening = None;
        self.use_side(None);
        for (_, link) in self.links.drain(..) {
            self.farewells.spawn(farewell(link));
        }
        while self.farewells.join_next().await.is_some() {}
    }
}

/// Closes a link politely. Its events must be read meanwhile, or a full queue would hold the good-bye up.
async fn farewell(mut link: Link) {
    let control = Arc::clone(&link.handle.control);
    let read_away = async {
        while link.next().await.is_some() {}
        pending().await
    };
    tokio::select! {
        biased;
        () = control.close() => {}
        () = read_away => {}
    }
}

/// The next report; never, once the layer above has dropped its end.
async fn said(reports: &mut Option<mpsc::UnboundedReceiver<LineReport>>) -> LineReport {
    if let Some(open) = reports {
        if let Some(report) = open.recv().await {
            return report;
        }
        *reports = None;
    }
    pending().await
}

/// A side's health when it changes; never for a side that there is not.
async fn changed(health: &mut Option<watch::Receiver<SideHealth>>) -> Box<SideHealth> {
    if let Some(open) = health {
        if open.changed().await.is_ok() {
            return Box::new(open.borrow_and_update().clone());
        }
        *health = None;
    }
    pending().await
}

/// What became of the opening under way.
async fn opened(opening: &mut Option<(Attempt, Opening)>) -> (Attempt, Result<Link, OpenError>) {
    let Some((attempt, future)) = opening else { return pending().await };
    let done = (*attempt, future.await);
    *opening = None;
    done
}

/// The next event of any link, the newest link first; a link that falls silent without a last word is given one.
async fn said_by_links(links: &mut [(Attempt, Link)]) -> (Attempt, LinkEvent) {
    poll_fn(|context| {
        for (attempt, link) in links.iter_mut().rev() {
            if let Poll::Ready(event) = pin!(link.next()).poll(context) {
                let event = event.unwrap_or_else(|| {
                    LinkEvent::Ended(LinkError::new(EndCause::Network, "the link is gone"))
                });
                return Poll::Ready((*attempt, event));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
