//! Subscriptions: ours, by full JID, each asked for once and removed at the end; and those that earlier runs left behind.

use std::time::Duration;

use super::{Core, MAX_PENDING, Output, Purpose, Subscription, Token, busy};
use crate::error::{EndCause, LinkError, quoted};
use crate::jid;
use crate::session::stanzas;
use crate::stanza::Stanza;

impl Core {
    pub(super) fn begin(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.stale_prefix.is_some() {
            self.ask(now, Purpose::FindStale, |id, core| stanzas::subscriptions(id, &core.pubsub), out);
        }
    }

    pub(super) fn subscribe(&mut self, now: Duration, token: Token, node: String, out: &mut Vec<Output>) {
        match self.subscriptions.get_mut(&node) {
            // A second subscription would deliver everything twice on servers that allow several.
            Some(Subscription::Active { .. }) => return out.push(Output::Reply(token, Ok(()))),
            Some(Subscription::Asking(waiters)) => return waiters.push(token),
            Some(Subscription::Leaving(_)) => {
                return out.push(Output::Reply(
                    token,
                    Err(busy("subscribing to", &node, "an unsubscribe is under way")),
                ));
            }
            Some(Subscription::Unknown) | None => {}
        }
        self.subscriptions.insert(node.clone(), Subscription::Asking(vec![token]));
        let sent = self.next_order();
        self.may_repeat.insert(node.clone(), sent);
        let subscribe = |id: &str, core: &Self| stanzas::subscribe(id, &core.pubsub, &node, &core.jid);
        self.ask(now, Purpose::Subscribe(node.clone()), subscribe, out);
    }

    pub(super) fn subscribed(
        &mut self,
        node: String,
        result: Result<(), LinkError>,
        iq: Option<&Stanza>,
        out: &mut Vec<Output>,
    ) {
        let waiters = match self.subscriptions.remove(&node) {
            Some(Subscription::Asking(waiters)) => waiters,
            _ => Vec::new(),
        };
        let subscription = iq.and_then(|iq| iq.descend(&["pubsub", "subscription"]));
        let state = subscription.and_then(|s| s.attribute("subscription")).unwrap_or("subscribed");
        let result = match result {
            Ok(()) if matches!(state, "pending" | "none" | "unconfigured") => Err(LinkError::new(
                EndCause::Rejected,
                format!("the server put the subscription into the state {state}; nothing will be delivered"),
            )
            .with_condition(state)),
            other => other,
        };
        match &result {
            Ok(()) => {
                let subid = subscription.and_then(|s| s.attribute("subid")).map(str::to_owned);
                self.subscriptions.insert(node.clone(), Subscription::Active { subid });
            }
            // Not known to be absent, so that the end of the link still tries to remove it.
            Err(e) if e.kind() == EndCause::Timeout => {
                self.subscriptions.insert(node.clone(), Subscription::Unknown);
            }
            Err(_) => {}
        }
        self.answer_all(
            waiters,
            &result.map_err(|e| e.during(format!("subscribing to {}", quoted(&node)))),
            out,
        );
    }

    pub(super) fn unsubscribe(&mut self, now: Duration, token: Token, node: String, out: &mut Vec<Output>) {
        let subid = match self.subscriptions.get_mut(&node) {
            Some(Subscription::Leaving(waiters)) => return waiters.push(token),
            Some(Subscription::Asking(_)) => {
                return out.push(Output::Reply(
                    token,
                    Err(busy("unsubscribing from", &node, "a subscribe is under way")),
                ));
            }
            Some(Subscription::Active { subid }) => subid.take(),
            Some(Subscription::Unknown) | None => None,
        };
        self.subscriptions.insert(node.clone(), Subscription::Leaving(vec![token]));
        let jid = self.jid.clone();
        let purpose = Purpose::Unsubscribe { node: node.clone(), named: subid.is_some() };
        self.send_unsubscribe(now, &node, &jid, subid.as_deref(), purpose, out);
    }

    pub(super) fn unsubscribed(
        &mut self,
        node: String,
        result: Result<(), LinkError>,
        out: &mut Vec<Output>,
    ) {
        let waiters = match self.subscriptions.remove(&node) {
            Some(Subscription::Leaving(waiters)) => waiters,
            _ => Vec::new(),
        };
        let result = match result {
            // It is gone, which is what was asked for.
            Err(e) if matches!(e.condition(), Some("unexpected-request" | "item-not-found")) => Ok(()),
            Err(e) => {
                self.subscriptions.insert(node.clone(), Subscription::Unknown);
                Err(e.during(format!("unsubscribing from {}", quoted(&node))))
            }
            Ok(()) => Ok(()),
        };
        self.answer_all(waiters, &result, out);
    }

    pub(super) fn send_unsubscribe(
        &mut self,
        now: Duration,
        node: &str,
        jid: &str,
        subid: Option<&str>,
        purpose: Purpose,
        out: &mut Vec<Output>,
    ) {
        let unsubscribe = |id: &str, core: &Self| stanzas::unsubscribe(id, &core.pubsub, node, jid, subid);
        self.ask(now, purpose, unsubscribe, out);
    }

    /// The server keeps several subscriptions to a node and wants to know which one. All of ours.
    pub(super) fn unsubscribe_each(
        &mut self,
        now: Duration,
        node: String,
        list: Option<&Stanza>,
        out: &mut Vec<Output>,
    ) {
        let mut ours: Vec<_> = stanzas::listed(list)
            .into_iter()
            .filter(|one| one.node == node && one.jid == self.jid && one.subid.is_some())
            .take(MAX_PENDING)
            .collect();
        let Some(last) = ours.pop() else {
            let error = LinkError::new(
                EndCause::Rejected,
                "the server wants the id of the subscription and names none",
            )
            .with_condition("subid-required");
            return self.unsubscribed(node, Err(error), out);
        };
        for one in ours {
            self.send_unsubscribe(now, &node, &one.jid, one.subid.as_deref(), Purpose::Sweep, out);
        }
        let purpose = Purpose::Unsubscribe { node: node.clone(), named: true };
        self.send_unsubscribe(now, &node, &last.jid, last.subid.as_deref(), purpose, out);
    }

    /// Removes what earlier runs of this installation left behind: every publish would be sent to them, or twice to us.
    pub(super) fn sweep(&mut self, now: Duration, list: Option<&Stanza>, out: &mut Vec<Output>) {
        let Some(prefix) = self.stale_prefix.clone() else { return };
        for one in stanzas::listed(list) {
            let same_agent = jid::bare(&one.jid).eq_ignore_ascii_case(jid::bare(&self.jid));
            let resource = jid::resource_of(&one.jid);
            let stale = if one.jid == self.jid {
                // Not asked for by this session: an earlier one with the same resource did not end well.
                !self.subscriptions.contains_key(&one.node)
            } else {
                resource.is_some_and(|resource| resource.starts_with(&prefix))
            };
            if same_agent && stale && self.pending.len() < MAX_PENDING {
                tracing::debug!(node = one.node, jid = one.jid, "removing a subscription of an earlier run");
                self.send_unsubscribe(now, &one.node, &one.jid, one.subid.as_deref(), Purpose::Sweep, out);
            }
        }
    }
}
