use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use finesse_model::{SystemInfo, Update, Verb};
use finesse_notify::{MockLinkControl, Notification};
use finesse_rest::MockSideApi;
use tower::Layer;

use super::*;
use crate::failover::{FailoverLayer, Hybrid};
use crate::link::LinkHandle;
use crate::side::Epoch;

/// Opens links whose other ends the test holds.
#[derive(Clone)]
struct Fake {
    side: Side,
    monitor: HealthMonitor,
    opened: Arc<Mutex<Vec<mpsc::Sender<LinkEvent>>>>,
    closed: Arc<AtomicUsize>,
}

impl Monitored for Fake {
    fn monitor(&self) -> &HealthMonitor {
        &self.monitor
    }
}

impl Service<OpenLink> for Fake {
    type Response = Link;
    type Error = OpenError;
    type Future = Ready<Result<Link, OpenError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: OpenLink) -> Self::Future {
        let (sender, events) = mpsc::channel(8);
        self.opened.lock().unwrap().push(sender);
        let mut control = MockLinkControl::new();
        control.expect_idle().return_const(Duration::ZERO);
        let closed = Arc::clone(&self.closed);
        control.expect_close().returning(move || {
            closed.fetch_add(1, Ordering::Relaxed);
        });
        let handle = LinkHandle { rest: Arc::new(MockSideApi::new()), control: Arc::new(control) };
        ready(Ok(Link::new(self.side, events, handle)))
    }
}

fn fake(side: Side, clock: Clock) -> Fake {
    let mut rest = MockSideApi::new();
    let info = SystemInfo::from_xml("<SystemInfo><status>IN_SERVICE</status></SystemInfo>").unwrap();
    rest.expect_system_info().returning(move || Ok(info.clone()));
    let monitor =
        HealthMonitor::spawn(side, Arc::new(rest), Params::default(), clock, fastrand::Rng::with_seed(1));
    Fake { side, monitor, opened: Arc::default(), closed: Arc::default() }
}

async fn open() -> (Line, Pair<Fake>) {
    let clock = Clock::start();
    let sides = Pair::of(fake(Side::A, clock), fake(Side::B, clock));
    let layer = FailoverLayer::new(Hybrid::default(), Params::default(), clock, fastrand::Rng::with_seed(2));
    let line = layer.layer(sides.clone()).oneshot(OpenLine).await.unwrap();
    (line, sides)
}

fn news() -> LinkEvent {
    let update = Ok(Update::new(Verb::Delete, "/news", None));
    LinkEvent::Notification(Notification {
        node: String::from("/news"),
        item_id: None,
        delayed: false,
        update,
    })
}

/// The next event that is not about health.
async fn next(line: &mut Line) -> Option<LineEvent> {
    loop {
        match line.events.recv().await {
            Some(LineEvent::Told(Event::Health { .. })) => {}
            other => return other,
        }
    }
}

async fn attached(line: &mut Line) -> Attached {
    match next(line).await {
        Some(LineEvent::Attached(attached)) => attached,
        other => panic!("not attached but {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_goes_through_a_gap_from_epoch_to_epoch() {
    let (mut line, sides) = open().await;
    let first = attached(&mut line).await;
    assert_eq!((first.epoch, first.side, first.resumed, first.left), (Epoch(1), Side::A, false, None));
    let link = sides.a.opened.lock().unwrap()[0].clone();
    link.send(news()).await.unwrap();
    assert!(matches!(next(&mut line).await, Some(LineEvent::Notification { epoch: Epoch(1), .. })));
    link.send(LinkEvent::Ended(LinkError::new(EndCause::Network, "reset"))).await.unwrap();
    assert!(matches!(next(&mut line).await, Some(LineEvent::GapOpened { epoch: Epoch(1), .. })));
    assert!(matches!(next(&mut line).await, Some(LineEvent::Told(Event::Recovering { side: Side::A, .. }))));
    let second = attached(&mut line).await;
    assert_eq!((second.epoch, second.side), (Epoch(2), Side::A));
    let openings = |fake: &Fake| fake.opened.lock().unwrap().len();
    assert_eq!((openings(&sides.a), sides.b.as_ref().map(openings)), (2, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn a_link_that_vanishes_without_a_word_is_a_lost_stream() {
    let (mut line, sides) = open().await;
    attached(&mut line).await;
    sides.a.opened.lock().unwrap().clear();
    assert!(matches!(next(&mut line).await, Some(LineEvent::GapOpened { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_close_says_good_bye_before_the_last_event() {
    let (mut line, sides) = open().await;
    attached(&mut line).await;
    line.reports.send(LineReport::Close).unwrap();
    assert!(matches!(next(&mut line).await, Some(LineEvent::Ended(LineEnd::Closed))));
    assert_eq!(sides.a.closed.load(Ordering::Relaxed), 1);
    assert!(next(&mut line).await.is_none());
    assert!(line.reports.send(LineReport::Close).is_err(), "the task is gone");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_dropped_closes_its_link() {
    let (mut line, sides) = open().await;
    attached(&mut line).await;
    let Line { events, reports } = line;
    drop(events);
    reports.closed().await;
    assert_eq!(sides.a.closed.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_line_lives_on_when_nobody_reports() {
    let (mut line, sides) = open().await;
    attached(&mut line).await;
    let (silent, _) = mpsc::unbounded_channel();
    line.reports = silent;
    tokio::time::sleep(Duration::from_secs(100)).await;
    let link = sides.a.opened.lock().unwrap()[0].clone();
    link.send(news()).await.unwrap();
    assert!(matches!(next(&mut line).await, Some(LineEvent::Notification { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_panics_is_one_that_failed() {
    let clock = Clock::start();
    let monitor = fake(Side::A, clock).monitor;
    let (events, _line) = mpsc::channel(EVENTS);
    let hands = Hands {
        clock,
        services: Pair::single(tower::service_fn(|_: OpenLink| async {
            panic!("somebody else's connector")
        })),
        monitors: Pair::single(monitor),
        events,
        opening: None,
        links: Vec::new(),
        farewells: JoinSet::new(),
        in_use: None,
    };
    let error = hands.open(Side::A, Duration::from_secs(1)).unwrap().await.err().unwrap();
    assert_eq!((error.side, error.cause), (Side::A, EndCause::Network));
}

#[tokio::test(start_paused = true)]
async fn good_byes_that_were_said_are_forgotten() {
    let clock = Clock::start();
    let sides = Pair::single(fake(Side::A, clock));
    let (events, _line) = mpsc::channel(EVENTS);
    let mut hands = Hands {
        clock,
        services: sides.clone(),
        monitors: sides.map(|side| side.monitor().clone()),
        events,
        opening: None,
        links: Vec::new(),
        farewells: JoinSet::new(),
        in_use: None,
    };
    for number in 1..=100 {
        let attempt = Attempt(number);
        let link = sides.a.clone().oneshot(OpenLink { deadline: Duration::from_secs(1) }).await.unwrap();
        hands.links.push((attempt, link));
        assert!(hands.carry_out(Output::Close { attempt }).await.is_ok());
        while sides.a.closed.load(Ordering::Relaxed) < usize::try_from(number).unwrap() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
    }
    assert!(hands.farewells.len() <= 2, "{}", hands.farewells.len());
}
