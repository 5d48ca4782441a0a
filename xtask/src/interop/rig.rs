//! One Prosody server, its `finesse` user, and what the client trusts.

use super::client::Places;
use super::pki::Authority;
use super::prosody::{AGENT, Prosody};
use super::publisher::Publisher;
use super::suite::TEAM;
use crate::payload;
use crate::report::Failure;

/// A server with its nodes and its `finesse` user.
pub(crate) struct Rig {
    pub(crate) server: Prosody,
    pub(crate) publisher: Publisher,
    pub(crate) authority: Authority,
}

impl Rig {
    /// Starts a server and logs its publisher in.
    pub(crate) async fn start(domain: &str, home: &std::path::Path) -> Result<Self, Failure> {
        let authority = Authority::new()?;
        let server = Prosody::start(domain, home, &authority)?;
        let publisher = Publisher::login(&server, &authority).await?;
        let mut rig = Self { server, publisher, authority };
        rig.prepare().await?;
        Ok(rig)
    }

    /// Brings nodes and automatic subscriptions into being.
    async fn prepare(&mut self) -> Result<(), Failure> {
        for node in payload::nodes(AGENT) {
            self.publisher.create(&node).await?;
            self.publisher.subscribe_user(&node, AGENT).await?;
        }
        self.publisher.create(TEAM).await
    }

    /// Starts the server again after it was stopped.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        self.server.launch()?;
        self.publisher = Publisher::login(&self.server, &self.authority).await?;
        self.prepare().await
    }

    /// Where the server is.
    pub(crate) fn places(&self) -> Places {
        Places {
            xmpp: self.server.xmpp(),
            websocket: self.server.websocket_url(),
            bosh: self.server.bosh_url(),
            domain: self.server.domain().to_owned(),
        }
    }
}
