//! `/desktop/sso` and how users sign on.

use std::time::Duration;

use finesse_model::AuthMode;
use finesse_rest::{Credentials, ErrorKind, TokenKeeper, TokenState};
use finesse_sim::Profile;

use crate::lab::*;

/// A pair on which agents sign on with tokens.
async fn single_sign_on() -> Lab {
    let mut profile = Profile::ucce();
    profile.rest.auth_mode = finesse_sim::AuthMode::Hybrid;
    profile.rest.sso_numbers_as_text = true;
    Lab::of(profile).await
}

operations! {
    async fn sso_test(lab) {
        let test = lab.nobody().single_sign_on().test().await.unwrap();
        assert_eq!(test.works, Some(false));
        assert!(test.page.contains("<html>"));
        assert_eq!(single_sign_on().await.nobody().single_sign_on().test().await.unwrap().works, Some(true));
    }
}

#[tokio::test]
async fn sso_fetch_token() {
    let lab = single_sign_on().await;
    let tokens = lab.client("1001").single_sign_on().fetch_token("1001").await.unwrap();
    assert!(tokens.expires_in.is_some() && tokens.refresh.is_some());
    assert_eq!(tokens.user_id.as_deref(), Some("1001"));
    let client = lab.with(Credentials::bearer("1001".parse().unwrap(), tokens.access));
    assert!(client.user("1001").get().await.is_ok());
    let error = lab.client("1001").single_sign_on().fetch_token("9999").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    assert!(error.api_errors().is_some(), "{error}");
}

#[tokio::test]
async fn sso_refresh_token() {
    let lab = single_sign_on().await;
    let client = lab.client("1001");
    let tokens = client.single_sign_on().fetch_token("1001").await.unwrap();
    let fresh = lab.nobody().single_sign_on().refresh_token(&tokens).await.unwrap();
    let bearer = lab.with(Credentials::bearer("1001".parse().unwrap(), fresh.access));
    assert!(bearer.user("1001").get().await.is_ok());
    let unknown = finesse_rest::operations::Tokens::new("x", None).with_refresh("y", None);
    refused(client.single_sign_on().refresh_token(&unknown).await, 401);
    let none = finesse_rest::operations::Tokens::new("x", None);
    not_sent(client.single_sign_on().refresh_token(&none).await, "refresh-token");
}

#[tokio::test]
async fn a_kept_token_goes_on_after_the_first_has_expired() {
    let mut profile = Profile::ucce();
    profile.rest.auth_mode = finesse_sim::AuthMode::Hybrid;
    // Two seconds, in the scale of the lab.
    profile.rest.token_lifetime = Duration::from_secs(100);
    let lab = Lab::of(profile).await;
    let user: finesse_model::UserId = "1001".parse().unwrap();
    let tokens = lab.client("1001").single_sign_on().fetch_token("1001").await.unwrap();
    let first = lab.with(Credentials::bearer(user.clone(), tokens.access.clone()));
    let mut keeper = TokenKeeper::start(lab.nobody(), user, tokens);
    let kept = lab.with(keeper.credentials());
    kept.user("1001").get().await.unwrap();
    assert!(matches!(keeper.changed().await, TokenState::Fresh));
    // The server is asked until it knows the first token no longer; the kept one is good all the time.
    let refused = async || {
        kept.user("1001").get().await.unwrap();
        first.user("1001").get().await.err()
    };
    assert_eq!(until(refused).await.kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn sso_user_auth_mode() {
    let lab = Lab::start().await;
    let sso = lab.client("1001");
    let mode = sso.single_sign_on().user_auth_mode(&"1001".parse().unwrap()).await.unwrap();
    assert_eq!(mode, AuthMode::NonSso);
    refused(sso.single_sign_on().user_auth_mode(&"9999".parse().unwrap()).await, 404);
    // Where it differs by user, and where everybody signs on.
    for (everywhere, expected) in
        [(finesse_sim::AuthMode::Hybrid, AuthMode::NonSso), (finesse_sim::AuthMode::Sso, AuthMode::Sso)]
    {
        let mut profile = Profile::ucce();
        profile.rest.auth_mode = everywhere;
        let lab = Lab::of(profile).await;
        let mode = lab.nobody().single_sign_on().user_auth_mode(&"1001".parse().unwrap()).await.unwrap();
        assert_eq!(mode, expected);
    }
}
