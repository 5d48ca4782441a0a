//! The mocks of this crate serve the tests of its users: a link without a server.

#![cfg(feature = "mock")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{FEATURES, config};
use finesse_notify::{
    EndCause, Event, Frame, Link, LinkError, MockConnect, MockLinkControl, MockTransport, Presence, open,
};

#[tokio::test]
async fn a_link_can_be_put_together_from_a_mock_and_a_channel() {
    let mut control = MockLinkControl::new();
    control.expect_subscribe().withf(|node| node == "/finesse/api/Team/512/Users").times(1).returning(|_| {
        Err(LinkError::new(EndCause::Rejected, "the server refused").with_condition("item-not-found"))
    });
    control.expect_idle().return_const(Duration::from_secs(3));
    let (tell, events) = tokio::sync::mpsc::channel(4);
    let mut link = Link { events, control: Arc::new(control), jid: "40217@fin-a.lab.example/r".to_owned() };
    tell.send(Event::FinessePresence(Presence::Unavailable)).await.unwrap();
    assert!(matches!(link.events.recv().await, Some(Event::FinessePresence(Presence::Unavailable))));
    assert_eq!(
        link.control.subscribe("/finesse/api/Team/512/Users").await.unwrap_err().condition(),
        Some("item-not-found")
    );
    assert_eq!(link.control.idle(), Duration::from_secs(3));
}

#[tokio::test]
async fn a_mocked_transport_carries_a_login_that_fails() {
    let mut connect = MockConnect::new();
    connect.expect_describe().return_const("mock".to_owned());
    connect.expect_connect().times(1).returning(|_| {
        let mut transport = MockTransport::new();
        let mut answers = [FEATURES, "<failure><account-disabled/></failure>"].into_iter();
        transport.expect_next().times(2).returning(move || Ok(Frame::new(answers.next().unwrap())));
        transport.expect_flights().returning(|| None);
        transport.expect_flush().returning(|| Ok(()));
        transport.expect_send().times(1).returning(|_| Ok(()));
        transport.expect_close().times(1).return_const(());
        Ok(Box::new(transport))
    });
    let error = open(&connect, config().build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.condition()), (EndCause::Auth, Some("account-disabled")));
}
