//! Keeps an access token fresh: refreshes it before it expires and puts the new one where clients look for it.
//!
//! The decisions are in [`core`](self::core), without clock or runtime; here they meet tokio. A token is read from a cell that all clients with the same
//! [`Credentials`] share, so a refreshed one is used from the next request on.
//!
//! Invariants: tokens are never printed; a refusal of the refresh token ends the keeping, for asking again would not help and might lock somebody
//! out; nothing is refreshed any more when the keeper is dropped.

mod core;

use std::sync::Arc;
use std::time::SystemTime;

use finesse_model::UserId;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use self::core::{Core, Next};
use crate::client::Client;
use crate::credentials::{Credentials, Token};
use crate::error::{Error, ErrorKind};
use crate::operations::Tokens;

/// How a token is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TokenState {
    /// Good.
    Fresh,
    /// Still good, but it could not be refreshed; it is tried again.
    Failing(Arc<Error>),
    /// Good when it was given; neither the server nor the token said for how long, so nobody knows when to refresh it, and it is not refreshed. A 401
    /// tells its end.
    LifetimeUnknown,
    /// It has expired, or cannot be refreshed any more. Somebody has to sign on again.
    Lost(Option<Arc<Error>>),
}

/// Keeps one token fresh for as long as it lives.
#[derive(Debug)]
pub struct TokenKeeper {
    credentials: Credentials,
    state: watch::Receiver<TokenState>,
    task: AbortHandle,
}

impl TokenKeeper {
    /// Takes over tokens that were just fetched for this user. `client` is of the side that refreshes them; it needs no credentials.
    ///
    /// Must be called inside of a tokio runtime.
    #[must_use]
    pub fn start(client: Client, user: UserId, tokens: Tokens) -> Self {
        let token = Token::new(tokens.access.clone());
        let credentials = Credentials::Bearer { user, token: token.clone() };
        let begun = Instant::now();
        let core = Core::new(begun.elapsed(), tokens.lifetime(epoch_seconds()), tokens.refresh.is_some());
        let (state_in, state) = watch::channel(good(&core));
        let task = tokio::spawn(keep(client, tokens, token, state_in, begun, core)).abort_handle();
        Self { credentials, state, task }
    }

    /// The credentials that always have the present token. Clones of them are kept fresh too.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// How the token is now.
    #[must_use]
    pub fn state(&self) -> TokenState {
        self.state.borrow().clone()
    }

    /// Waits until the token is refreshed, or could not be, and says how it is then.
    pub async fn changed(&mut self) -> TokenState {
        if self.state.changed().await.is_err() {
            // It ended with its last word.
            std::future::pending::<()>().await;
        }
        self.state.borrow_and_update().clone()
    }
}

impl Drop for TokenKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// For a token that tells its end by the clock on the wall.
fn epoch_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The state with a token that was just given.
fn good(core: &Core) -> TokenState {
    if core.next() == Next::Never { TokenState::LifetimeUnknown } else { TokenState::Fresh }
}

async fn keep(
    client: Client,
    mut tokens: Tokens,
    cell: Token,
    state: watch::Sender<TokenState>,
    begun: Instant,
    mut core: Core,
) {
    let mut last: Option<Arc<Error>> = None;
    loop {
        match core.next() {
            Next::Never => {
                // Nobody knows when it expires; the state has said so.
                return std::future::pending().await;
            }
            Next::Lost(at) => {
                tokio::time::sleep_until(begun + at).await;
                state.send_replace(TokenState::Lost(last));
                return;
            }
            Next::Refresh(at) => tokio::time::sleep_until(begun + at).await,
        }
        match client.single_sign_on().refresh_token(&tokens).await {
            Ok(fresh) if cell.replace(fresh.access.clone()) => {
                let lifetime = fresh.lifetime(epoch_seconds());
                core.refreshed(begun.elapsed(), lifetime, fresh.refresh.is_some());
                tokens = fresh;
                last = None;
                state.send_replace(good(&core));
            }
            Ok(_) => {
                core.failed(begun.elapsed(), false);
                last = Some(Arc::new(client.refused(
                    "refreshing a token",
                    "token",
                    "the new one has characters that no header may carry",
                )));
            }
            Err(error) => {
                core.failed(begun.elapsed(), is_worth_another_try(&error));
                tracing::warn!(side = client.base_url(), kind = %error.kind(), "a token could not be refreshed");
                last = Some(Arc::new(error));
            }
        }
        if let Some(error) = &last {
            state.send_replace(TokenState::Failing(Arc::clone(error)));
        }
    }
}

/// Whether the same refresh may succeed later. A refused token stays refused.
fn is_worth_another_try(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::BadRequest | ErrorKind::SignOnRequired
    )
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
