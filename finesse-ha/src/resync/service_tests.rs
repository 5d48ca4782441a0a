//! The shell over a line that is played and a side that is mocked.

use std::sync::Mutex;
use std::time::Duration;

use finesse_model::{Dialogs, SystemInfo, Update, User, Verb};
use finesse_notify::{MockLinkControl, Notification};
use finesse_rest::{Command, MockSideApi, Progress, SideApi};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::line::{Attached, Fault};
use crate::side::Side;

/// What the mocked side was asked for, in order.
type Asked = Arc<Mutex<Vec<&'static str>>>;

fn user(state: &str) -> User {
    User::from_xml(&format!("<User><loginId>1001</loginId><state>{state}</state></User>")).unwrap()
}

fn side(asked: &Asked) -> LinkHandle {
    let note = |what: &'static str| {
        let asked = Arc::clone(asked);
        move || asked.lock().unwrap().push(what)
    };
    let mut rest = MockSideApi::new();
    let (noted, dialogs, commands) = (note("user"), note("dialogs"), note("command"));
    rest.expect_user().returning(move |_| {
        noted();
        Ok(user("NOT_READY"))
    });
    rest.expect_dialogs().returning(move |_| {
        dialogs();
        Ok(Dialogs::default())
    });
    rest.expect_submit().returning(move |_, _| {
        commands();
        Err(finesse_rest::Error::new(ErrorKind::BadRequest, Progress::Refused, "no"))
    });
    rest.expect_system_info().returning(|| Ok(SystemInfo::default()));
    rest.expect_withhold_waiting().returning(note("withhold"));
    let mut control = MockLinkControl::new();
    let (subscribed, pinged) = (note("subscribe"), note("ping"));
    control.expect_subscribe().returning(move |node| {
        subscribed();
        if node.contains("none") { Err(LinkError::new(EndCause::Rejected, "item-not-found")) } else { Ok(()) }
    });
    control.expect_barrier().returning(move || {
        pinged();
        Ok(())
    });
    LinkHandle { rest: Arc::new(rest) as Arc<dyn SideApi>, control: Arc::new(control) }
}

/// A session over a line that the test plays.
async fn open(nodes: &[&str]) -> (Opened, mpsc::Sender<LineEvent>, mpsc::UnboundedReceiver<LineReport>) {
    let (events, receiver) = mpsc::channel(64);
    let (reports, inbox) = mpsc::unbounded_channel();
    let line = Arc::new(Mutex::new(Some(Line { events: receiver, reports })));
    let inner = service_fn(move |_: OpenLine| {
        let line = line.lock().unwrap().take();
        async move { line.ok_or_else(|| SessionEnd::Failed(String::from("opened twice"))) }
    });
    let service = ResyncService::new(inner, Params::default(), Clock::start(), fastrand::Rng::with_seed(1));
    let nodes = nodes.iter().map(|node| (*node).to_owned()).collect();
    let request = OpenSession { user: UserId::new("1001").unwrap(), sign_in: None, nodes };
    (service.oneshot(request).await.unwrap(), events, inbox)
}

fn attached(asked: &Asked) -> LineEvent {
    attached_to(side(asked))
}

fn attached_to(handle: LinkHandle) -> LineEvent {
    LineEvent::Attached(Attached {
        epoch: Epoch(1),
        side: Side::A,
        handle,
        resumed: false,
        left: None,
        at: Duration::ZERO,
    })
}

fn news(number: usize) -> LineEvent {
    let source = format!("/finesse/api/Queue/{number}");
    let update = Update::new(Verb::Put, source.clone(), None);
    let notification = Notification { node: source, item_id: None, delayed: false, update: Ok(update) };
    LineEvent::Notification { epoch: Epoch(1), notification }
}

#[tokio::test(start_paused = true)]
async fn subscriptions_and_ping_go_out_together_and_are_awaited_before_anything_is_read() {
    let asked = Asked::default();
    let (mut opened, events, _reports) = open(&["/a", "/none"]).await;
    events.send(attached(&asked)).await.unwrap();
    opened.settled.await.unwrap().unwrap();
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked[..4], ["subscribe", "subscribe", "ping", "user"], "{asked:?}");
    let first = opened.feed.recv().await;
    assert!(matches!(&first, Some(Event::Degraded { kind, .. }) if kind == "subscription"), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_nobody_reads_makes_the_picture_stale_and_loses_nothing() {
    let asked = Asked::default();
    let (mut opened, events, _reports) = open(&[]).await;
    events.send(attached(&asked)).await.unwrap();
    while !matches!(opened.feed.recv().await, Some(Event::Resynced(_))) {}
    assert!(!opened.picture.borrow().stale);
    let flood = tokio::spawn(async move {
        for number in 0..FEED * 2 {
            events.send(news(number)).await.unwrap();
        }
        events
    });
    opened.picture.wait_for(|shown| shown.stale).await.unwrap();
    for number in 0..FEED * 2 {
        let event = opened.feed.recv().await;
        assert!(
            matches!(&event, Some(Event::Update { source, .. }) if *source == format!("/finesse/api/Queue/{number}")),
            "{event:?}"
        );
    }
    opened.picture.wait_for(|shown| !shown.stale).await.unwrap();
    drop(flood.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_command_given_while_the_feed_is_not_read_gets_its_outcome() {
    let asked = Asked::default();
    let (opened, events, _reports) = open(&[]).await;
    events.send(attached(&asked)).await.unwrap();
    opened.settled.await.unwrap().unwrap();
    // As full as a feed can be while its session still works.
    for number in 0..FEED / 2 {
        events.send(news(number)).await.unwrap();
    }
    let (reply, outcome) = oneshot::channel();
    let user = UserId::new("1001").unwrap();
    let command = Command::SetState { user, state: finesse_model::UserState::Ready, reason: None };
    opened.commands.send(CommandRequest { command, reply }).await.unwrap();
    assert_eq!(outcome.await.unwrap().name(), "refused");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_asks_its_line_to_close() {
    let (opened, _events, mut reports) = open(&[]).await;
    drop(opened);
    while !matches!(reports.recv().await, Some(LineReport::Close)) {}
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_to_be_taken_when_the_line_ends_is_not_sent() {
    let (opened, events, _reports) = open(&[]).await;
    let (reply, outcome) = oneshot::channel();
    let command = Command::SignOut { user: UserId::new("1001").unwrap(), reason: None, all_media: false };
    opened.commands.try_send(CommandRequest { command, reply }).unwrap();
    events.try_send(LineEvent::Ended(SessionEnd::Closed)).unwrap();
    assert_eq!(outcome.await.map(|outcome| outcome.name()), Ok("not-sent"));
    assert!(opened.commands.is_closed());
}

#[tokio::test(start_paused = true)]
async fn what_panics_beneath_is_an_answer_that_failed() {
    let mut rest = MockSideApi::new();
    rest.expect_user().returning(|_| panic!("a transport of somebody else's"));
    let handle = LinkHandle { rest: Arc::new(rest), ..side(&Asked::default()) };
    let (_opened, events, mut reports) = open(&[]).await;
    events.send(attached_to(handle)).await.unwrap();
    let failed = async {
        while !matches!(reports.recv().await.unwrap(), LineReport::Failed { fault: Fault::Side, .. }) {}
    };
    tokio::time::timeout(Duration::from_secs(60), failed).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_until_a_session_is_settled_may_wait_again() {
    let (opened, events, _reports) = open(&[]).await;
    let mut session = crate::session::Session::from_opened(opened);
    assert_eq!(session.settled().now_or_never(), None);
    let end = SessionEnd::Credentials(String::from("401"));
    events.send(LineEvent::Ended(end.clone())).await.unwrap();
    assert_eq!(session.settled().await, Err(end));
}

#[tokio::test(start_paused = true)]
async fn writes_that_wait_for_their_turn_are_withheld_when_the_gap_opens() {
    let asked = Asked::default();
    let (opened, events, _reports) = open(&[]).await;
    events.send(attached(&asked)).await.unwrap();
    opened.settled.await.unwrap().unwrap();
    assert!(!asked.lock().unwrap().contains(&"withhold"));
    let gap = LineEvent::GapOpened {
        epoch: Epoch(1),
        last_seen: Duration::ZERO,
        noticed: Duration::ZERO,
        why: String::from("the test"),
    };
    events.send(gap).await.unwrap();
    events.send(LineEvent::Ended(SessionEnd::Closed)).await.unwrap();
    opened.commands.closed().await;
    assert!(asked.lock().unwrap().contains(&"withhold"));
}
