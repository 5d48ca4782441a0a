//! Single sign-on: the test page, fetching and refreshing tokens, and how one user signs on.
//!
//! The identity provider is not simulated. Where it would show its form, the simulator takes Basic credentials; with the switch for
//! redirects it sends the client through a redirect with a code and a cookie, as identity service and provider do.

use http::StatusCode;
use http::header::{LOCATION, SET_COOKIE};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, html, json, json_error, plain, with_header};
use super::call::{Call, form};
use super::roles::Who;
use super::routes::{Route, get, post};
use crate::AuthMode;
use crate::core::SimCore;
use crate::core::auth::Claim;
use crate::core::publish::random_text;
use crate::core::site::Token;
use crate::core::xml::Elem;

/// Codes that nobody came back with are kept up to this number.
const OPEN_CODES: usize = 1000;

pub(super) const ROUTES: &[Route] = &[
    get("/desktop/sso/test", Who::Anyone, |core, _| {
        let on = core.profile.rest.auth_mode != AuthMode::NonSso;
        Ok(Answer::Raw(with_header(html(200, "Single sign-on test"), SET_COOKIE, &format!("ssotest={on}"))))
    }),
    get("/desktop/sso/token?cc_username={user}&return_refresh_token={flag}", Who::Anyone, |core, call| {
        Ok(core.fetch_token(call))
    }),
    post("/desktop/sso/token", Who::Anyone, |core, call| Ok(core.refresh_token(call))),
    get("/User/{id}/AuthMode", Who::Anyone, |core, call| {
        let name = call.first();
        let spec = &core.world.resolve(name).ok_or_else(|| Refusal::unknown_user(name))?.spec;
        let single = match core.profile.rest.auth_mode {
            AuthMode::NonSso => false,
            AuthMode::Sso => true,
            // A user with a token of his own is one of single sign-on.
            AuthMode::Hybrid => spec.token.is_some(),
        };
        let mode = if single { "SSO" } else { "NON_SSO" };
        Ok(Answer::Document(Elem::new("AuthMode").text(mode)))
    }),
];

impl SimCore {
    fn fetch_token(&mut self, call: &Call<'_>) -> Answer {
        let cookie = call.headers.get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let from_cookie = || {
            let mut pairs = cookie.split(';').filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(name, _)| *name == "cc_username").map(|(_, value)| value.to_owned())
        };
        let Some(name) = call.asked("cc_username").or_else(from_cookie).filter(|name| !name.is_empty())
        else {
            return refused(400, "Parameter Missing", "cc_username is missing", "cc_username");
        };
        // A name of the identity provider may carry a realm.
        let user = self.world.resolve(&name).or_else(|| self.world.resolve(name.split('@').next()?));
        let Some(user) = user.map(|agent| agent.spec.id.clone()) else {
            return refused(401, "Authorization Failure", "AUTH_ERROR", &name);
        };
        if let Some(code) = call.asked("code") {
            if self.site.sign_on_codes.remove(&code).as_deref() != Some(&user) {
                return refused(403, "Forbidden", "NO TOKEN", &name);
            }
            return self.give_token(call, &user);
        }
        let known = Claim::of(call.headers).is_some_and(|claim| {
            let own = claim.user.as_deref().and_then(|name| self.world.resolve(name));
            own.is_some_and(|own| own.spec.id == user) && self.is_password(call.side, &user, &claim.secret)
        });
        if !known {
            return refused(401, "Authorization Failure", "AUTH_ERROR", &name);
        }
        if !self.profile.rest.sso_redirects {
            return self.give_token(call, &user);
        }
        if self.site.sign_on_codes.len() >= OPEN_CODES {
            self.site.sign_on_codes.pop_first();
        }
        let code = random_text(&mut self.rng, 12);
        self.site.sign_on_codes.insert(code.clone(), user);
        let address = &self.node(call.side).address;
        let (host, port) = (&address.host, address.https_port);
        let to = format!("https://{host}:{port}/desktop/sso/token?{}&code={code}", call.query);
        let response = plain(StatusCode::FOUND.as_u16(), "text/html", String::new());
        let response = with_header(response, SET_COOKIE, "JSESSIONIDSSO=5C0FFEE; Path=/desktop; Secure");
        Answer::Raw(with_header(response, LOCATION, &to))
    }

    fn refresh_token(&mut self, call: &Call<'_>) -> Answer {
        let body = std::str::from_utf8(call.bytes).unwrap_or_default();
        let given: Vec<(String, String)> = form(body).into_iter().chain(form(call.query)).collect();
        let Some((_, token)) = given.iter().find(|(name, _)| name == "refresh-token") else {
            return refused(400, "Parameter Missing", "refresh-token is missing", "refresh-token");
        };
        let known = self.site.tokens.get(token).filter(|known| known.refresh && known.until > self.now);
        match known.map(|known| known.user.clone()) {
            Some(user) => self.give_token(call, &user),
            None => refused(401, "Authorization Failure", "NO TOKEN", ""),
        }
    }

    /// A fresh token, with one to refresh it if it was asked for.
    fn give_token(&mut self, call: &Call<'_>, user: &str) -> Answer {
        let rest = self.profile.rest.clone();
        let now = self.now;
        self.site.tokens.retain(|_, token| token.until > now);
        let token = format!("eyJhbGciOiJkaXIifQ.{}", random_text(&mut self.rng, 24));
        let until = self.now + rest.token_lifetime;
        self.site.tokens.insert(token.clone(), Token { user: user.to_owned(), until, refresh: false });
        let number = |seconds: u64| {
            if rest.sso_numbers_as_text { Value::from(seconds.to_string()) } else { Value::from(seconds) }
        };
        let mut answer = json!({ "token": token, "expires_in": number(rest.token_lifetime.as_secs()) });
        let text = std::str::from_utf8(call.bytes).unwrap_or_default();
        let refreshes = form(text).into_iter().chain(form(call.query)).any(|(name, value)| {
            name == "refresh-token" || (name == "return_refresh_token" && value == "true")
        });
        if refreshes {
            let refresh = random_text(&mut self.rng, 32);
            let until = self.now + rest.refresh_lifetime;
            self.site.tokens.insert(refresh.clone(), Token { user: user.to_owned(), until, refresh: true });
            answer["refresh_token"] = Value::from(refresh);
            answer["refresh_token_expires_in"] = number(rest.refresh_lifetime.as_secs());
        }
        let named = form(text).into_iter().chain(form(call.query));
        if !named.into_iter().any(|(name, value)| name == "return_user" && value == "no") {
            answer["user_id"] = Value::from(user);
        }
        Answer::Raw(json(200, &answer))
    }
}

fn refused(status: u16, kind: &str, message: &str, data: &str) -> Answer {
    Answer::Raw(json_error(status, kind, message, data))
}
