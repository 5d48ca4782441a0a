//! Who asks: an agent by password, or by an access token of single sign-on.
//!
//! Invariant: the secret is never shown, not by `Debug` and not in any message.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use finesse_model::UserId;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Credentials of one user. The same secret is used for the login on the notification channel.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// HTTP Basic.
    Basic {
        /// The login id.
        user: UserId,
        /// The password.
        password: SecretString,
    },
    /// Single sign-on.
    Bearer {
        /// The login id.
        user: UserId,
        /// The access token, which may be replaced while it is in use.
        token: Token,
    },
}

impl Credentials {
    /// A user with a password.
    #[must_use]
    pub fn basic(user: UserId, password: impl Into<SecretString>) -> Self {
        Self::Basic { user, password: password.into() }
    }

    /// A user with an access token.
    #[must_use]
    pub fn bearer(user: UserId, token: impl Into<SecretString>) -> Self {
        Self::Bearer { user, token: Token::new(token) }
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &UserId {
        match self {
            Self::Basic { user, .. } | Self::Bearer { user, .. } => user,
        }
    }

    /// Password or present token, for the login on the notification channel.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        match self {
            Self::Basic { password, .. } => password.clone(),
            Self::Bearer { token, .. } => token.current(),
        }
    }

    /// The value of the `Authorization` header, marked as sensitive. `None` if a token has characters that no header may carry.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        match self {
            // UTF-8 before base64, as the server expects of names beyond ASCII.
            Self::Basic { user, password } => {
                let pair = SecretString::from(format!("{}:{}", user.as_str(), password.expose_secret()));
                sensitive(format!("Basic {}", STANDARD.encode(pair.expose_secret())))
            }
            Self::Bearer { token, .. } => token.header(),
        }
    }
}

fn sensitive(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// An access token that can be replaced while clients use it: clones share it, and each request carries the token of its moment.
#[derive(Clone)]
pub struct Token(Arc<RwLock<SecretString>>);

impl Token {
    /// Holds a token.
    #[must_use]
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(Arc::new(RwLock::new(token.into())))
    }

    /// The present token.
    #[must_use]
    pub fn current(&self) -> SecretString {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another one in its place; who asks next uses it. Refused, with the old one kept, if it has characters that no header may carry.
    #[must_use]
    pub fn replace(&self, token: impl Into<SecretString>) -> bool {
        let token = token.into();
        let good = bearer(&token).is_some();
        if good {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = token;
        }
        good
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        bearer(&self.current())
    }
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    sensitive(format!("Bearer {}", token.expose_secret()))
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Basic { .. } => "Basic",
            Self::Bearer { .. } => "Bearer",
        };
        f.debug_struct(kind).field("user", &self.user().as_str()).field("secret", &"hidden").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_made_from_utf_8_and_marked_sensitive() {
        let header = Credentials::basic(UserId::new("40217").unwrap(), "pässword").header().unwrap();
        assert_eq!(header.as_bytes(), b"Basic NDAyMTc6cMOkc3N3b3Jk");
        assert!(header.is_sensitive());
        let header = Credentials::bearer(UserId::new("40217").unwrap(), "abc.def").header().unwrap();
        assert_eq!(header.as_bytes(), b"Bearer abc.def");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_token_that_would_break_the_header_gives_none() {
        assert!(Credentials::bearer(UserId::new("40217").unwrap(), "a\r\nX-Evil: 1").header().is_none());
    }

    #[test]
    fn a_replaced_token_is_seen_by_every_clone_and_a_broken_one_is_refused() {
        let credentials = Credentials::bearer(UserId::new("40217").unwrap(), "old");
        let Credentials::Bearer { token, .. } = credentials.clone() else { panic!("it is a token") };
        assert!(token.replace("new"));
        assert_eq!(credentials.header().unwrap().as_bytes(), b"Bearer new");
        assert!(!token.replace("a\r\nX-Evil: 1"));
        assert_eq!(credentials.secret().expose_secret(), "new");
    }

    #[test]
    fn debug_shows_the_user_and_not_the_secret() {
        for credentials in [
            Credentials::basic(UserId::new("40217").unwrap(), "hunter2"),
            Credentials::bearer(UserId::new("40217").unwrap(), "hunter2"),
        ] {
            let text = format!("{credentials:?} {:?}", credentials.header());
            assert!(
                text.contains("40217") && !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
                "{text}"
            );
        }
    }
}
