//! The mock stands in for a side behind the trait.

#![cfg(feature = "mock")]
#![allow(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

use std::sync::Arc;

use finesse_model::{RequestId, User, UserId, UserState};
use finesse_rest::{Accepted, Command, Error, ErrorKind, MockSideApi, Progress, SideApi};

#[tokio::test]
async fn a_mocked_side_answers_and_refuses_as_told() {
    let mut mock = MockSideApi::new();
    mock.expect_user()
        .withf(|id| id.as_str() == "40217")
        .returning(|_| Ok(User { state: Some(UserState::Ready), ..User::default() }));
    mock.expect_submit().times(1).returning(|command, id| {
        assert_eq!(command.verb(), "LOGOUT");
        Ok(Accepted::new(202, Some(id.clone())))
    });
    mock.expect_system_info().returning(|| {
        Err(Error::new(ErrorKind::Connect, Progress::NotSent, "connection refused")
            .during("reading SystemInfo", "side B"))
    });
    let side: Arc<dyn SideApi> = Arc::new(mock);

    let user = UserId::new("40217").unwrap();
    assert_eq!(side.user(&user).await.unwrap().state, Some(UserState::Ready));
    let id = RequestId::new("r-1").unwrap();
    let command = Command::SignOut { user, reason: None, all_media: false };
    assert_eq!(side.submit(&command, &id).await.unwrap().request_id, Some(id));
    let error = side.system_info().await.unwrap_err();
    assert!(error.to_string().starts_with("reading SystemInfo on side B: connection refused"), "{error}");
}
