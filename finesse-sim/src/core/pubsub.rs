//! Questions a bound stream may ask: subscriptions, pings, roster, discovery; and errors for everything else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::session::jid_node;
use super::xml::Elem;
use super::{SimCore, publish};
use crate::{LogKind, Side};

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// Explicit subscriptions a side keeps at the most; more are refused.
const MAX_SUBSCRIPTIONS: usize = 50_000;

/// Why a question is refused: condition, type, and the more exact condition of pubsub.
type Refusal = (&'static str, &'static str, Option<&'static str>);

/// The id of a subscription. There is one for each node and JID, so it need not be kept.
fn subid(node: &str, jid: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (node, jid).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

impl SimCore {
    /// Answers one iq. Results and errors that come in answer the server's own pings and need nothing.
    pub(super) fn iq(&mut self, conn: u64, user: &str, jid: &str, iq: &Elem) {
        let kind = iq.at("type").unwrap_or_default().to_owned();
        if kind != "get" && kind != "set" {
            return;
        }
        let Some(side) = self.sessions.get(&conn).map(|session| session.side) else { return };
        let answer = match iq.kids.first() {
            None => Err(("bad-request", "modify", None)),
            Some(kid) => self.question(side, user, jid, &kind, kid),
        };
        let mut reply = Elem::new("iq").attr("id", iq.at("id").unwrap_or_default()).attr("to", jid);
        if let Some(from) = iq.at("to") {
            reply = reply.attr("from", from);
        }
        let (reply, subscribed) = match answer {
            Ok((content, subscribed)) => {
                let reply = reply.attr("type", "result");
                (content.into_iter().fold(reply, Elem::child), subscribed)
            }
            Err((condition, kind, detail)) => {
                let mut error =
                    Elem::new("error").attr("type", kind).child(Elem::new(condition).attr("xmlns", STANZAS));
                if let Some(detail) = detail {
                    error = error.child(Elem::new(detail).attr("xmlns", PUBSUB_ERRORS));
                }
                (reply.attr("type", "error").child(error), None)
            }
        };
        self.send(conn, reply);
        if let Some(node) = subscribed.filter(|_| self.profile.last_item_on_subscribe) {
            self.send_last_item(conn, side, &node, jid);
        }
    }

    /// The content of a result, and the node just subscribed to.
    fn question(
        &mut self,
        side: Side,
        user: &str,
        jid: &str,
        kind: &str,
        kid: &Elem,
    ) -> Result<(Option<Elem>, Option<String>), Refusal> {
        match (kid.name.as_str(), kid.ns.as_str(), kind) {
            ("ping", ..) | ("session", ..) => Ok((None, None)),
            ("query", "jabber:iq:roster", "get") => {
                Ok((Some(Elem::new("query").attr("xmlns", "jabber:iq:roster")), None))
            }
            ("query", "http://jabber.org/protocol/disco#info", "get") => {
                let info = Elem::new("query")
                    .attr("xmlns", kid.ns.clone())
                    .child(Elem::new("identity").attr("category", "server").attr("type", "im"))
                    .child(Elem::new("feature").attr("var", "urn:xmpp:ping"))
                    .child(Elem::new("feature").attr("var", PUBSUB));
                Ok((Some(info), None))
            }
            ("query", "http://jabber.org/protocol/disco#items", "get") => {
                let domain = format!("pubsub.{}", self.node(side).domain());
                let item = Elem::new("item").attr("jid", domain);
                Ok((Some(Elem::new("query").attr("xmlns", kid.ns.clone()).child(item)), None))
            }
            ("vCard", _, "get") => Ok((Some(Elem::new("vCard").attr("xmlns", "vcard-temp")), None)),
            ("pubsub", ..) => self.pubsub(side, user, jid, kid),
            _ => Err(("service-unavailable", "cancel", None)),
        }
    }

    fn pubsub(
        &mut self,
        side: Side,
        user: &str,
        own: &str,
        kid: &Elem,
    ) -> Result<(Option<Elem>, Option<String>), Refusal> {
        let bare = format!("{}@{}", jid_node(user), self.node(side).domain());
        let belongs = |jid: &str| jid.split('/').next().is_some_and(|part| part.eq_ignore_ascii_case(&bare));
        if let Some(wish) = kid.find("subscribe").or_else(|| kid.find("unsubscribe")) {
            let node = wish.at("node").unwrap_or_default().to_owned();
            let jid = wish.at("jid").ok_or(("bad-request", "modify", Some("jid-required")))?.to_owned();
            if !belongs(&jid) {
                return Err(("bad-request", "modify", Some("invalid-jid")));
            }
            return if wish.name == "subscribe" {
                self.subscribe(side, user, &node, &jid)
            } else {
                self.unsubscribe(side, &node, &jid, wish.at("subid"))
            };
        }
        if kid.find("subscriptions").is_some() {
            let mut list = Elem::new("subscriptions");
            for (node, jids) in &self.node(side).subscriptions {
                for jid in jids.iter().filter(|jid| belongs(jid)) {
                    list = list.child(self.subscription(node, jid));
                }
            }
            return Ok((Some(Elem::new("pubsub").attr("xmlns", PUBSUB).child(list)), None));
        }
        tracing::debug!(jid = own, "pubsub request not served");
        Err(("feature-not-implemented", "cancel", None))
    }

    fn subscribe(
        &mut self,
        side: Side,
        user: &str,
        node: &str,
        jid: &str,
    ) -> Result<(Option<Elem>, Option<String>), Refusal> {
        match self.access(user, node) {
            None => return Err(("item-not-found", "cancel", None)),
            Some(false) => return Err(("forbidden", "auth", None)),
            Some(true) => {}
        }
        let subscriptions = &mut self.node_mut(side).subscriptions;
        if subscriptions.values().map(std::collections::BTreeSet::len).sum::<usize>() >= MAX_SUBSCRIPTIONS {
            return Err(("resource-constraint", "wait", None));
        }
        subscriptions.entry(node.to_owned()).or_default().insert(jid.to_owned());
        self.note(side, LogKind::Subscribed { node: node.to_owned(), jid: jid.to_owned() });
        let subscription = self.subscription(node, jid).child(Elem::new("subscribe-options"));
        Ok((Some(Elem::new("pubsub").attr("xmlns", PUBSUB).child(subscription)), Some(node.to_owned())))
    }

    fn subscription(&self, node: &str, jid: &str) -> Elem {
        let subscription = Elem::new("subscription").attr("node", node).attr("jid", jid);
        let subscription = match self.profile.subid_required {
            true => subscription.attr("subid", subid(node, jid)),
            false => subscription,
        };
        subscription.attr("subscription", "subscribed")
    }

    fn unsubscribe(
        &mut self,
        side: Side,
        node: &str,
        jid: &str,
        named: Option<&str>,
    ) -> Result<(Option<Elem>, Option<String>), Refusal> {
        let wants_subid = self.profile.subid_required;
        let subscriptions = &mut self.node_mut(side).subscriptions;
        if !subscriptions.get(node).is_some_and(|jids| jids.contains(jid)) {
            return Err(("unexpected-request", "cancel", Some("not-subscribed")));
        }
        match named {
            None if wants_subid => return Err(("bad-request", "modify", Some("subid-required"))),
            Some(named) if wants_subid && named != subid(node, jid) => {
                return Err(("not-acceptable", "modify", Some("invalid-subid")));
            }
            _ => {}
        }
        subscriptions.entry(node.to_owned()).or_default().remove(jid);
        subscriptions.retain(|_, jids| !jids.is_empty());
        self.note(side, LogKind::Unsubscribed { node: node.to_owned(), jid: jid.to_owned() });
        Ok((None, None))
    }

    /// Whether a user may subscribe to a node; none if there is no such node.
    fn access(&self, user: &str, node: &str) -> Option<bool> {
        let path = node.strip_prefix("/finesse/api/")?;
        let parts: Vec<&str> = path.split('/').collect();
        let asking = self.world.agents.get(user);
        match parts[..] {
            ["SystemInfo"] => Some(true),
            ["User", id]
            | ["User", id, "Dialogs" | "Media" | "Queues" | "ClientLog"]
            | ["User", id, "Dialogs", "Media"] => {
                let target = self.world.agents.get(id)?;
                let leads =
                    asking.is_some_and(|one| one.spec.supervisor && one.spec.team == target.spec.team);
                Some(id == user || leads)
            }
            ["Team", id, "Users"] => {
                self.world.agents.values().find(|agent| agent.spec.team == id)?;
                Some(asking.is_some_and(|one| one.spec.supervisor && one.spec.team == id))
            }
            ["Team", id, "TeamMessages"] => {
                self.site.teams.get(id)?;
                Some(asking.is_some_and(|one| one.spec.team == id))
            }
            ["Queue", id] => self.site.queues.contains_key(&id.parse().ok()?).then_some(true),
            _ => None,
        }
    }

    fn send_last_item(&mut self, conn: u64, side: Side, node: &str, jid: &str) {
        if let Some(event) = self.node(side).last_items.get(node).cloned() {
            let message = publish::message(&self.node(side).address.host, jid, "last-item");
            self.send_raw(conn, &message, &event, None);
        }
    }
}
