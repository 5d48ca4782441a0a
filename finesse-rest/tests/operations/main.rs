//! Every operation of `operations.toml` over TLS against the simulated pair, each in a test named after its group and function: the documented good
//! answer, and the documented refusals where they differ.

#![cfg(feature = "reqwest")]
#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

/// Tests that begin with a pair of their own.
macro_rules! operations {
    ($($(#[$meta:meta])* async fn $name:ident($lab:ident) $body:block)*) => {$(
        $(#[$meta])*
        #[tokio::test]
        async fn $name() {
            let $lab = crate::lab::Lab::start().await;
            $body
        }
    )*};
}

mod collections;
mod dialog;
mod lab;
mod media;
mod people;
mod serviceability;
mod settings;
mod sso;
mod team;
mod team_config;
mod team_message;
mod user;
