//! Single sign-on, and what the desktop asks before anybody signs in.

use super::*;
use crate::AuthMode;
use serde_json::Value;

const FETCH: &str = "/desktop/sso/token?cc_username=1001&return_refresh_token=true";

fn bench(change: impl FnOnce(&mut crate::RestProfile)) -> Bench {
    let mut profile = Profile::ucce();
    profile.rest.auth_mode = AuthMode::Sso;
    profile.rest.sso_redirects = false;
    change(&mut profile.rest);
    Bench::lab(profile)
}

fn token(bench: &mut Bench) -> Value {
    let (status, answer) = bench.rest("1001", "GET", FETCH, "");
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

fn by_token(bench: &mut Bench, token: &str) -> u16 {
    let header = format!("Bearer {token}");
    let headers = [("Authorization", header.as_str())];
    let id = bench.send_with(Side::A, "GET", "/finesse/api/User/1001", None, "", &headers);
    bench.answer(id).0
}

#[test]
fn a_token_takes_the_place_of_the_password_until_it_is_old() {
    let mut bench = bench(|_| {});
    assert_eq!(bench.rest("1001", "GET", "/User/1001", "").0, 401, "no passwords");
    assert_eq!(bench.rest("administrator", "GET", "/Users", "").0, 200, "but for the administrator");
    let answer = token(&mut bench);
    assert_eq!((&answer["user_id"], &answer["expires_in"]), (&Value::from("1001"), &Value::from(3600)));
    let given = answer["token"].as_str().unwrap().to_owned();
    assert_eq!(by_token(&mut bench, &given), 200);
    assert_eq!(by_token(&mut bench, "made up"), 401);
    assert_eq!(
        by_token(&mut bench, answer["refresh_token"].as_str().unwrap()),
        401,
        "good for one thing only"
    );
    bench.step(Input::XmppOpened { conn: 801, side: Side::A, transport: Transport::Tcp });
    bench.login(801, "1001", &given);
    assert!(bench.sent_to(801).last().unwrap().starts_with("<success"));
    bench.run_for(3601.0);
    assert_eq!(by_token(&mut bench, &given), 401);
}

#[test]
fn a_token_is_refreshed_by_form_or_query_and_not_with_an_unknown_one() {
    let mut bench = bench(|_| {});
    let refresh = token(&mut bench)["refresh_token"].as_str().unwrap().to_owned();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for (path, body) in [
        ("/desktop/sso/token".to_owned(), format!("token=x&refresh-token={refresh}&return_user=yes")),
        (format!("/desktop/sso/token?cc_username=1001&refresh-token={refresh}"), String::new()),
    ] {
        let id = bench.send_with(Side::A, "POST", &path, None, &body, &[form]);
        let (status, answer) = bench.answer(id);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(by_token(&mut bench, answer["token"].as_str().unwrap()), 200);
    }
    for (body, status) in [("refresh-token=unknown", 401), ("token=x", 400)] {
        let id = bench.send_with(Side::A, "POST", "/desktop/sso/token", None, body, &[form]);
        let (found, answer) = bench.answer(id);
        assert_eq!(found, status);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], status);
        assert!(answer["apiErrors"]["errorType"].is_string());
    }
}

#[test]
fn fetching_a_token_goes_through_a_redirect_with_a_cookie() {
    let mut bench = bench(|rest| rest.sso_redirects = true);
    let (status, _) = bench.rest("1001", "GET", FETCH, "");
    assert_eq!(status, 302);
    assert!(bench.header("set-cookie").unwrap().starts_with("JSESSIONIDSSO="));
    let location = bench.header("location").unwrap();
    let path = location.strip_prefix("https://fin-a.lab.example:8445").unwrap().to_owned();
    let id = bench.send(Side::A, "GET", &path, None, "");
    let (status, answer) = bench.answer(id);
    assert!(status == 200 && answer.contains("\"token\""), "{answer}");
    let id = bench.send(Side::A, "GET", &path, None, "");
    assert_eq!(bench.answer(id).0, 403, "a code is good once");
}

#[test]
fn a_token_needs_a_known_user_who_shows_who_he_is() {
    let mut bench = bench(|rest| rest.sso_numbers_as_text = true);
    for (path, user, status) in [
        ("/desktop/sso/token", Some(("1001", PW)), 400),
        ("/desktop/sso/token?cc_username=4711", Some(("1001", PW)), 401),
        ("/desktop/sso/token?cc_username=1002", Some(("1001", PW)), 401),
        ("/desktop/sso/token?cc_username=1001", Some(("1001", "wrong")), 401),
        ("/desktop/sso/token?cc_username=1001", None, 401),
        ("/desktop/sso/token?cc_username=agent1001%40lab.example", Some(("agent1001", PW)), 200),
    ] {
        let id = bench.send(Side::A, "GET", path, user, "");
        let (found, answer) = bench.answer(id);
        assert_eq!(found, status, "{path} {user:?}: {answer}");
        assert!(answer.starts_with('{'));
    }
    assert_eq!(token(&mut bench)["expires_in"], Value::from("3600"));
}

#[test]
fn the_test_page_and_the_mode_of_a_user_say_how_he_signs_on() {
    for (mode, cookie, user, system) in [
        (AuthMode::NonSso, "ssotest=false", "NON_SSO", "NON_SSO"),
        (AuthMode::Sso, "ssotest=true", "SSO", "SSO"),
        (AuthMode::Hybrid, "ssotest=true", "NON_SSO", "HYBRID"),
    ] {
        let mut bench = bench(|rest| rest.auth_mode = mode);
        let id = bench.send(Side::A, "GET", "/desktop/sso/test", None, "");
        let (status, answer) = bench.answer(id);
        assert!(status == 200 && answer.contains("<html>"));
        assert_eq!(bench.header("set-cookie").as_deref(), Some(cookie));
        let id = bench.send(Side::A, "GET", "/finesse/api/User/1001/AuthMode", None, "");
        assert!(bench.answer(id).1.contains(&format!("<AuthMode>{user}</AuthMode>")));
        assert_eq!(bench.system_info(Side::A).get("systemAuthMode"), Some(system));
    }
}

#[test]
fn the_desktop_configuration_is_json_with_both_kinds_of_booleans() {
    let mut bench = Bench::lab(Profile::ucce());
    let mut config = || {
        let id = bench.send(Side::A, "GET", "/desktop/api/desktopConfig", None, "");
        let (status, answer) = bench.answer(id);
        assert_eq!(status, 200);
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    let first = config();
    assert_eq!(
        (&first["enableMobileAgentLogin"], &first["desktopLicensed"]),
        (&Value::from("true"), &Value::from(true))
    );
    assert_eq!(first["alternateHost"], "fin-b.lab.example:8445");
}
