//! Single sign-on: testing it, fetching and refreshing access tokens, and how one user signs on. From 11.0(1).
//!
//! Fetching a token is made for a browser: the server redirects to the identity service and its identity provider, who show a form. This crate
//! follows redirects within the side only; where a person is wanted it says so and names the address. Refreshing needs nobody.
//!
//! Invariant: tokens are never printed.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use finesse_model::{AuthMode, UserId};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::base::{BaseUrl, encode};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Progress};
use crate::outcome::{Answer, Content, Expects, Fault, quote};
use crate::plan::{Plan, path, with_query};

/// Most redirects within the side that are followed; one is usual.
const REDIRECTS: usize = 5;
const TOKEN: &str = "/desktop/sso/token";

/// Single sign-on. See [`Client::single_sign_on`].
#[derive(Debug, Clone)]
pub struct SingleSignOn<'a> {
    client: &'a Client,
}

impl Client {
    /// Single sign-on.
    #[must_use]
    pub fn single_sign_on(&self) -> SingleSignOn<'_> {
        SingleSignOn { client: self }
    }
}

/// An access token and what belongs to it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Tokens {
    /// The access token.
    pub access: SecretString,
    /// How long it is good, from the moment of the answer, where the answer said so.
    pub expires_in: Option<Duration>,
    /// The token to refresh it.
    pub refresh: Option<SecretString>,
    /// How long that is good.
    pub refresh_expires_in: Option<Duration>,
    /// Whose it is: a login name or a loginId. Read the user by it, and use the loginId of the answer from then on.
    pub user_id: Option<String>,
}

impl Tokens {
    /// Tokens from elsewhere, such as a browser.
    #[must_use]
    pub fn new(access: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        Self { access: access.into(), expires_in, refresh: None, refresh_expires_in: None, user_id: None }
    }

    /// With a token to refresh it.
    #[must_use]
    pub fn with_refresh(mut self, token: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        self.refresh = Some(token.into());
        self.refresh_expires_in = expires_in;
        self
    }
}

impl Tokens {
    /// How long the access token is good: as the answer said, else as the token says itself. `now` is in seconds since 1970.
    pub(crate) fn lifetime(&self, now: u64) -> Option<Duration> {
        self.expires_in.or_else(|| lifetime_of_jwt(self.access.expose_secret(), now))
    }
}

/// What the middle part of a JSON Web Token (RFC 7519) says: between `iat` and `exp`, so that clocks need not agree; without `iat`, from `now`.
fn lifetime_of_jwt(token: &str, now: u64) -> Option<Duration> {
    let mut parts = token.split('.');
    let (claims, _signature) = (parts.nth(1)?, parts.next()?);
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()?;
    // A number of seconds may have a fraction.
    let seconds = |name: &str| {
        let number = claims.get(name)?.as_f64().filter(|number| *number >= 0.0)?;
        Duration::try_from_secs_f64(number).ok()
    };
    let begun = seconds("iat").unwrap_or(Duration::from_secs(now));
    Some(seconds("exp")?.saturating_sub(begun))
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("user_id", &self.user_id)
            .field("expires_in", &self.expires_in)
            .field("can_refresh", &self.refresh.is_some())
            .finish_non_exhaustive()
    }
}

/// What the test page says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignOnTest {
    /// Whether single sign-on works, by the cookie that the page sets; `None` if it sets none.
    pub works: Option<bool>,
    /// The page.
    pub page: String,
}

impl SingleSignOn<'_> {
    /// Asks for the page that tests single sign-on. Anybody. 200; 400, 401, 500. From 11.0(1).
    pub async fn test(&self) -> Result<SignOnTest, Error> {
        let plan = Plan::get(String::from("/desktop/sso/test")).expects(Expects::Anything).anonymous();
        let answer = self.client.ask(Ok(plan), "testing single sign-on", None).await?;
        let works = cookies(&answer.headers)
            .into_iter()
            .find(|(name, _)| name == "ssotest")
            .and_then(|(_, value)| value.parse().ok());
        Ok(SignOnTest { works, page: String::from_utf8_lossy(&answer.body).into_owned() })
    }

    /// Fetches an access token for a user (the name at the identity provider, or the loginId), with one to refresh it. Where a person is wanted the
    /// error is of kind [`SignOnRequired`](ErrorKind::SignOnRequired) and has the address for a browser. Anybody. 200; 400, 401, 403, 500.
    /// From 11.0(1).
    pub async fn fetch_token(&self, user: &str) -> Result<Tokens, Error> {
        let operation = format!("fetching a token for {}", quote(user));
        let query = [("cc_username", user), ("return_refresh_token", "true"), ("return_user", "yes")];
        let first = with_query(TOKEN.to_owned(), &query);
        let browser = format!("{}{first}", self.client.base_url());
        let (mut path, mut jar) = (first, Vec::new());
        for _ in 0..=REDIRECTS {
            let mut plan = Plan::get(path).expects(Expects::SignOn);
            if let Some(value) = cookie_header(&jar) {
                plan = plan.header(COOKIE, value);
            }
            let answer = self.client.ask(Ok(plan), &operation, None).await?;
            if !(300..400).contains(&answer.status) {
                return self.tokens(&operation, &answer, &browser);
            }
            remember(&mut jar, cookies(&answer.headers));
            // Elsewhere, or another application at the same address: the identity service, which leads to a form.
            let next = answer.header(LOCATION).and_then(|to| self.client.inner.base.local(to).ok());
            let next = next.filter(|path| BaseUrl::is_rooted(path));
            match next {
                Some(next) => path = next.to_owned(),
                None => return Err(self.person_wanted(&operation, &answer, &browser)),
            }
        }
        let why = format!("it redirects more than {REDIRECTS} times within the side");
        Err(self.client.failed(operation, Fault::new(ErrorKind::NotFinesse, Progress::Answered, why)))
    }

    /// Refreshes an access token. Anybody who has the token. 200; 400, 401, 403, 500. From 11.0(1).
    pub async fn refresh_token(&self, tokens: &Tokens) -> Result<Tokens, Error> {
        let operation = "refreshing a token";
        let Some(refresh) = &tokens.refresh else {
            return Err(self.client.refused(operation, "refresh-token", "there is none"));
        };
        let form = SecretString::from(format!(
            "token={}&refresh-token={}&return_user=yes",
            encode(tokens.access.expose_secret()),
            encode(refresh.expose_secret()),
        ));
        let plan = Plan::new(Method::POST, TOKEN.to_owned())
            .content("application/x-www-form-urlencoded", form.expose_secret().to_owned())
            .expects(Expects::SignOn)
            // The old token may have expired, and the form says who asks.
            .anonymous();
        let answer = self.client.ask(Ok(plan), operation, None).await?;
        let browser = format!("{}{TOKEN}", self.client.base_url());
        let mut fresh = self.tokens(operation, &answer, &browser)?;
        // A server that gives no new one lets the old one be used again.
        if fresh.refresh.is_none() {
            fresh.refresh.clone_from(&tokens.refresh);
        }
        if fresh.user_id.is_none() {
            fresh.user_id.clone_from(&tokens.user_id);
        }
        Ok(fresh)
    }

    /// Reads how one user signs on, on a system where that differs by user. Anybody. 200; 401, 404, 500. From 12.5(1). Path and form of the answer are
    /// inferred.
    pub async fn user_auth_mode(&self, user: &UserId) -> Result<AuthMode, Error> {
        let operation = format!("reading how user {user} signs on");
        let plan = path(&["User", user.as_str(), "AuthMode"]);
        let plan = plan.map(|path| Plan::get(path).expects(Expects::Anything));
        let answer = self.client.ask(plan, &operation, None).await?;
        auth_mode(&answer).ok_or_else(|| {
            let detail = format!("{} without SSO, NON_SSO or HYBRID", answer.status);
            let fault = Fault::new(ErrorKind::NotFinesse, Progress::Answered, detail);
            self.client.failed(operation, Fault { status: Some(answer.status), ..fault })
        })
    }

    fn tokens(&self, operation: &str, answer: &Answer, browser: &str) -> Result<Tokens, Error> {
        if answer.content() != Content::Json {
            return Err(self.person_wanted(operation, answer, browser));
        }
        of_json(&answer.body).ok_or_else(|| {
            let detail = format!("{} with JSON that holds no token", answer.status);
            let fault = Fault::new(ErrorKind::Decode, Progress::Answered, detail);
            self.client.failed(operation, Fault { status: Some(answer.status), ..fault })
        })
    }

    fn person_wanted(&self, operation: &str, answer: &Answer, browser: &str) -> Error {
        let status = answer.status;
        let detail = format!("{status} with a sign-on page instead of a token; it begins at {browser}");
        let fault = Fault::new(ErrorKind::SignOnRequired, Progress::Answered, detail);
        let sign_on_url = Some(browser.to_owned());
        self.client.failed(operation, Fault { status: Some(status), sign_on_url, ..fault })
    }
}

/// Tokens out of the JSON of an answer. Numbers may stand there as text.
pub(crate) fn of_json(body: &[u8]) -> Option<Tokens> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let seconds = |name: &str| {
        let seconds = match json.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        seconds.map(Duration::from_secs)
    };
    Some(Tokens {
        access: SecretString::from(text("token")?),
        expires_in: seconds("expires_in"),
        refresh: text("refresh_token").map(SecretString::from),
        refresh_expires_in: seconds("refresh_token_expires_in"),
        user_id: text("user_id").map(str::to_owned),
    })
}

/// The word in an answer whose form is not documented: an element, JSON or plain text.
fn auth_mode(answer: &Answer) -> Option<AuthMode> {
    if answer.content() == Content::Html {
        return None;
    }
    let text = std::str::from_utf8(&answer.body).ok()?;
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.into_iter().find_map(|word| match word {
        "SSO" => Some(AuthMode::Sso),
        "NON_SSO" => Some(AuthMode::NonSso),
        "HYBRID" => Some(AuthMode::Hybrid),
        _ => None,
    })
}

/// Names and values of the cookies that an answer sets.
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |value: &HeaderValue| {
        let (name, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    headers.get_all(SET_COOKIE).iter().filter_map(pair).collect()
}

fn remember(jar: &mut Vec<(String, String)>, fresh: Vec<(String, String)>) {
    for (name, value) in fresh {
        jar.retain(|(known, _)| *known != name);
        jar.push((name, value));
    }
}

fn cookie_header(jar: &[(String, String)]) -> Option<HeaderValue> {
    let pairs: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut value = HeaderValue::try_from(pairs.join("; ")).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_numbers_and_as_text() {
        for (number, expected) in
            [("3600", Some(3600)), ("\" 3600 \"", Some(3600)), ("\"soon\"", None), ("-1", None)]
        {
            let json = format!(r#"{{"token":"abc","expires_in":{number},"user_id":"ivarga"}}"#);
            let tokens = of_json(json.as_bytes()).unwrap();
            assert_eq!(tokens.expires_in, expected.map(Duration::from_secs), "{number}");
            assert_eq!(tokens.user_id.as_deref(), Some("ivarga"));
        }
        assert!(
            of_json(b"{}").is_none() && of_json(b"[]").is_none() && of_json(b"{\"token\":\"\"}").is_none()
        );
    }

    #[test]
    fn a_token_tells_its_lifetime_where_the_answer_does_not() {
        let token = |claims: &str| Tokens::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)), None);
        let lifetime = |claims: &str| token(claims).lifetime(1_000).map(|lifetime| lifetime.as_secs());
        assert_eq!(lifetime(r#"{"iat":500,"exp":4100}"#), Some(3600));
        assert_eq!(lifetime(r#"{"exp":1600}"#), Some(600));
        assert_eq!(lifetime(r#"{"exp":900}"#), Some(0));
        for none in ["{}", "[]", "nonsense", r#"{"exp":"soon"}"#, r#"{"exp":-1}"#, r#"{"exp":1e300}"#] {
            assert_eq!(lifetime(none), None, "{none}");
        }
        for none in ["opaque", "", "a.b", "..", "a.%%.c"] {
            assert_eq!(Tokens::new(none, None).lifetime(0), None, "{none}");
        }
        let told = Tokens { expires_in: Some(Duration::from_secs(7)), ..token(r#"{"exp":1600}"#) };
        assert_eq!(told.lifetime(0), Some(Duration::from_secs(7)));
    }

    #[test]
    fn tokens_are_never_shown() {
        let tokens = Tokens::new("secret-1", None).with_refresh("secret-2", None);
        let text = format!("{tokens:?}");
        assert!(!text.contains("secret-1") && !text.contains("secret-2"), "{text}");
    }

    #[test]
    fn a_cookie_that_is_set_again_takes_the_place_of_the_old_one() {
        let mut jar = vec![("a".to_owned(), "1".to_owned())];
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("a=2; Path=/; Secure"));
        headers.append(SET_COOKIE, HeaderValue::from_static("b=3"));
        headers.append(SET_COOKIE, HeaderValue::from_static("nonsense"));
        remember(&mut jar, cookies(&headers));
        assert_eq!(cookie_header(&jar).unwrap(), "a=2; b=3");
        assert!(cookie_header(&[]).is_none());
    }
}
