use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use finesse_notify::{LinkError, MockLinkControl};
use finesse_rest::{ErrorKind, MockSideApi, Progress};
use tokio::sync::mpsc;
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::clock::Clock;
use crate::health::{HealthLayer, Level, Status};
use crate::link::LinkHandle;
use crate::params::Params;
use crate::side::Side;

const DEADLINE: OpenLink = OpenLink { deadline: Duration::from_secs(1) };

fn info() -> SystemInfo {
    SystemInfo::from_xml("<SystemInfo><status>IN_SERVICE</status></SystemInfo>").unwrap()
}

fn monitor(clock: Clock) -> HealthMonitor {
    let mut probed = MockSideApi::new();
    probed.expect_system_info().returning(|| Ok(info()));
    HealthMonitor::spawn(Side::A, Arc::new(probed), Params::default(), clock, fastrand::Rng::with_seed(1))
}

/// A link whose every request is answered 503 SERVER_OUT_OF_SERVICE, and the other end of its events.
fn link() -> (Link, mpsc::Sender<LinkEvent>) {
    let (sender, events) = mpsc::channel(8);
    let mut rest = MockSideApi::new();
    rest.expect_user().returning(|_| Err(Error::new(ErrorKind::OutOfService, Progress::Answered, "503")));
    let handle = LinkHandle { rest: Arc::new(rest), control: Arc::new(MockLinkControl::new()) };
    (Link::new(Side::A, events, handle), sender)
}

#[tokio::test(start_paused = true)]
async fn what_passes_a_link_is_evidence() {
    let clock = Clock::start();
    let monitor = monitor(clock);
    let mut health = monitor.health();
    health.wait_for(|health| health.status == Status::Ready).await.unwrap();
    let (given, events) = link();
    let given = Arc::new(std::sync::Mutex::new(Some(given)));
    let opener = service_fn(move |_: OpenLink| std::future::ready(Ok(given.lock().unwrap().take().unwrap())));
    let mut link = HealthLayer::new(monitor).layer(opener).oneshot(DEADLINE).await.unwrap();
    health.wait_for(|health| health.level == Level::L3).await.unwrap();
    assert!(link.handle.rest.user(&UserId::new("1001").unwrap()).await.is_err());
    health.wait_for(|health| health.status == Status::OutOfService).await.unwrap();
    health.wait_for(|health| health.status == Status::Ready).await.unwrap();
    events.send(LinkEvent::Ended(LinkError::new(EndCause::Network, "reset"))).await.unwrap();
    assert!(link.next().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn many_sessions_take_turns() {
    let clock = Clock::start();
    let monitor = monitor(clock);
    let mut openings = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let opener = service_fn(|_: OpenLink| std::future::ready(Ok(link().0)));
        openings.spawn(HealthLayer::new(monitor.clone()).layer(opener).oneshot(DEADLINE));
    }
    let mut times = Vec::new();
    while let Some(opened) = openings.join_next().await {
        opened.unwrap().unwrap();
        times.push(clock.now());
    }
    assert!(times[19] < Duration::from_millis(10) && times[20] >= Duration::from_millis(50), "{times:?}");
    assert!(times[59] >= Duration::from_secs(2), "twenty at once, then twenty a second: {times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_is_one_that_failed() {
    // A mock that has panicked never answers again, so the first probe and the later ones have one each.
    let mut panics = MockSideApi::new();
    panics.expect_system_info().returning(|| panic!("a transport of somebody else's"));
    let mut answers = MockSideApi::new();
    answers.expect_system_info().returning(|| Ok(info()));
    let probed = Arc::new(First { used: AtomicBool::new(false), first: panics, later: answers });
    let clock = Clock::start();
    let monitor =
        HealthMonitor::spawn(Side::A, probed, Params::default(), clock, fastrand::Rng::with_seed(1));
    let mut health = monitor.health();
    let ready = health.wait_for(|health| health.status == Status::Ready);
    tokio::time::timeout(Duration::from_secs(600), ready).await.unwrap().unwrap();
}

/// One transport for the first request, another for all later ones.
struct First {
    used: AtomicBool,
    first: MockSideApi,
    later: MockSideApi,
}

#[async_trait]
impl SideApi for First {
    async fn system_info(&self) -> Result<SystemInfo, Error> {
        if self.used.swap(true, Ordering::Relaxed) {
            self.later.system_info().await
        } else {
            self.first.system_info().await
        }
    }

    async fn user(&self, id: &UserId) -> Result<User, Error> {
        self.later.user(id).await
    }

    async fn dialogs(&self, id: &UserId) -> Result<Dialogs, Error> {
        self.later.dialogs(id).await
    }

    async fn dialog(&self, id: &DialogId) -> Result<Dialog, Error> {
        self.later.dialog(id).await
    }

    async fn submit(&self, command: &Command, request_id: &RequestId) -> Result<Accepted, Error> {
        self.later.submit(command, request_id).await
    }

    fn withhold_waiting(&self) {
        self.later.withhold_waiting();
    }
}
