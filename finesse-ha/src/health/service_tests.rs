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
