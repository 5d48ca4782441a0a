//! The `finesse` user of one side: publishes what Finesse would publish.

use quick_xml::escape::escape;

use super::pki::Authority;
use super::prosody::{FINESSE, Prosody, password};
use super::raw::{Account, Raw};
use crate::report::Failure;

/// A logged-in `finesse` user.
pub(crate) struct Publisher {
    raw: Raw,
    pubsub: String,
}

impl Publisher {
    /// Logs in and announces itself as available.
    pub(crate) async fn login(server: &Prosody, authority: &Authority) -> Result<Self, Failure> {
        let account = Account {
            address: server.xmpp(),
            domain: server.domain(),
            user: FINESSE,
            password: &password(FINESSE),
            resource: "webapp",
            tls: authority.client_config()?,
        };
        Ok(Self { raw: Raw::login(&account).await?, pubsub: server.pubsub_domain() })
    }

    /// Says whether the web application is up.
    pub(crate) async fn presence(&mut self, available: bool) -> Result<(), Failure> {
        self.raw.presence(available).await
    }

    /// Creates a node the way Finesse keeps its own: nothing stored, nothing sent on subscribing. One that outlived a restart
    /// of the server is as good.
    pub(crate) async fn create(&mut self, node: &str) -> Result<(), Failure> {
        let node = escape(node);
        let field = |name: &str, value: &str| format!("<field var='{name}'><value>{value}</value></field>");
        let form = [
            field("FORM_TYPE", "http://jabber.org/protocol/pubsub#node_config"),
            field("pubsub#persist_items", "0"),
            field("pubsub#send_last_published_item", "never"),
        ]
        .concat();
        let body = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='{node}'/>\
             <configure><x xmlns='jabber:x:data' type='submit'>{form}</x></configure></pubsub>"
        );
        match self.ask_pubsub(&body).await {
            Err(refused) if refused.to_string().contains("<conflict") => Ok(()),
            outcome => outcome,
        }
    }

    /// Subscribes a user's bare JID, as Finesse does for every agent without being asked.
    pub(crate) async fn subscribe_user(&mut self, node: &str, user: &str) -> Result<(), Failure> {
        let body = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='{}'>\
             <subscription jid='{user}@{}' subscription='subscribed'/></subscriptions></pubsub>",
            escape(node),
            self.raw.domain()
        );
        self.ask_pubsub(&body).await
    }

    /// Publishes an `Update`, escaped once into the text of `notification`.
    pub(crate) async fn publish(&mut self, node: &str, item: &str, update: &str) -> Result<(), Failure> {
        let body = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{}'><item id='{}'>\
             <notification xmlns='http://jabber.org/protocol/pubsub'>{}</notification></item></publish></pubsub>",
            escape(node),
            escape(item),
            escape(update)
        );
        self.ask_pubsub(&body).await
    }

    async fn ask_pubsub(&mut self, body: &str) -> Result<(), Failure> {
        self.raw.ask(Some(&self.pubsub), body).await
    }
}
