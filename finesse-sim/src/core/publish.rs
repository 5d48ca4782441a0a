//! Events: wrapped, numbered, and routed to the streams that are to have them.
//!
//! A change in a side's copy and its publication are two steps. What is published is the object as it was when it changed;
//! a GET in between is newer than the event that comes after it. Events of one object stay in order, events of
//! different objects need not.

use std::time::Duration;

use super::command::{Command, CtiError};
use super::node::{CopiedCall, CopiedTask, EventFault};
use super::session::jid_node;
use super::time::iso;
use super::xml::Elem;
use super::{Output, Publication, SimCore, Task, render, render_task};
use crate::Side;
use crate::profile::{IdStyle, RequestIdEcho, Routing};

/// A random UUID in text form.
pub(super) fn uuid(rng: &mut fastrand::Rng) -> String {
    let bits = rng.u128(..);
    let hex = format!("{bits:032x}");
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Random letters and digits.
pub(super) fn random_text(rng: &mut fastrand::Rng, length: usize) -> String {
    std::iter::repeat_with(|| rng.alphanumeric()).take(length).collect()
}

/// Opening tag of an event's message, without the namespace some transports need.
pub(super) fn message(domain: &str, to: &str, id: &str) -> Elem {
    Elem::new("message").attr("from", format!("pubsub.{domain}")).attr("to", to).attr("id", id)
}

fn matching<'a, T>(faults: &'a [EventFault<T>], node: &str) -> Option<&'a T> {
    faults
        .iter()
        .find(|fault| fault.node.as_deref().is_none_or(|text| node.contains(text)))
        .map(|fault| &fault.what)
}

/// An event that is to be published.
struct NewEvent<'a> {
    /// Node it is published to.
    node: &'a str,
    /// What changed.
    source: &'a str,
    /// Events of one object and node keep their order.
    object: &'a str,
    /// `PUT`, `POST`, `DELETE`.
    verb: &'a str,
    /// Child of `data`.
    data: Elem,
    /// requestId of the command behind it.
    request_id: Option<&'a str>,
    /// Delay on top of the usual one.
    extra: Duration,
}

impl SimCore {
    /// Publishes a user as he is in the side's copy now.
    pub(super) fn publish_user(&mut self, side: Side, id: &str, request_id: Option<&str>, extra: Duration) {
        let (Some(agent), Some(copy)) = (self.world.agents.get(id), self.node(side).agents.get(id)) else {
            return;
        };
        let root = if self.profile.envelope.capital_data { "User" } else { "user" };
        let data = if self.profile.envelope.thin_reserved && render::is_thin(copy.now.state) {
            render::thin_user(root, &agent.spec, copy)
        } else {
            render::user(root, &self.site, &self.profile, &agent.spec, copy)
        };
        let summary = render::summary(&self.site, &agent.spec, copy);
        let (uri, team) =
            (format!("/finesse/api/User/{id}"), format!("/finesse/api/Team/{}/Users", agent.spec.team));
        let event = NewEvent { node: &uri, source: &uri, object: id, verb: "PUT", data, request_id, extra };
        self.publish(side, event);
        if self.node(side).subscriptions.contains_key(&team) {
            let (node, data, request_id) = (team.as_str(), summary, None);
            self.publish(
                side,
                NewEvent { node, source: &uri, object: id, verb: "PUT", data, request_id, extra },
            );
        }
    }

    /// Publishes a dialog to one of its agents. POST and DELETE use the collection, PUT the dialog itself.
    pub(super) fn publish_dialog(
        &mut self,
        side: Side,
        agent: &str,
        verb: &str,
        copied: &CopiedCall,
        request_id: Option<&str>,
        extra: Duration,
    ) {
        let id = copied.call.id;
        let calls = &self.node(side).calls;
        let other = |one: &str| render::other_active(calls.values(), one, id);
        let extras = self.profile.extra_elements;
        let node = format!("/finesse/api/User/{agent}/Dialogs");
        let (source, data) = if verb == "PUT" {
            let root = if self.profile.envelope.capital_data { "Dialog" } else { "dialog" };
            (format!("/finesse/api/Dialog/{id}"), render::dialog(root, copied, other, extras))
        } else {
            let dialog = render::dialog("Dialog", copied, other, extras);
            (node.clone(), Elem::new("dialogs").child(dialog))
        };
        let (node, source, object) = (node.as_str(), source.as_str(), id.to_string());
        self.publish(side, NewEvent { node, source, object: &object, verb, data, request_id, extra });
    }

    /// Publishes an agent in a media routing domain as he is in the side's copy now.
    pub(super) fn publish_media(&mut self, side: Side, user: &str, domain: u32, extra: Duration) {
        let Some(data) = self.media_elem(side, user, domain, "media") else { return };
        let node = format!("/finesse/api/User/{user}/Media");
        let source = format!("{node}/{domain}");
        let (node, object, request_id) = (node.as_str(), source.as_str(), None);
        self.publish(side, NewEvent { node, source: &source, object, verb: "PUT", data, request_id, extra });
    }

    /// Publishes a task to its agent. POST and DELETE use the collection, PUT the task itself.
    pub(super) fn publish_task(
        &mut self,
        side: Side,
        agent: &str,
        verb: &str,
        copied: &CopiedTask,
        extra: Duration,
    ) {
        let task = |root: &str| render_task::task(root, &self.site, &copied.task, copied);
        let node = format!("/finesse/api/User/{agent}/Dialogs/Media");
        let (source, data) = if verb == "PUT" {
            (format!("/finesse/api/Dialog/{}", copied.task.id), task("dialog"))
        } else {
            let source = format!("/finesse/api/User/{agent}/Media/{}/Dialogs", copied.task.domain);
            (source, Elem::new("dialogs").child(task("Dialog")))
        };
        let (node, source, object, request_id) = (node.as_str(), source.as_str(), &copied.task.id, None);
        self.publish(side, NewEvent { node, source, object, verb, data, request_id, extra });
    }

    /// Publishes the statistics of a queue.
    pub(super) fn publish_queue(&mut self, side: Side, id: u32, data: Elem) {
        let uri = format!("/finesse/api/Queue/{id}");
        let (uri, request_id, extra) = (uri.as_str(), None, Duration::ZERO);
        self.publish(
            side,
            NewEvent { node: uri, source: uri, object: uri, verb: "PUT", data, request_id, extra },
        );
    }

    /// Publishes a message to the teams it is for.
    pub(super) fn publish_team_message(&mut self, side: Side, team: &str, verb: &str, data: Elem) {
        let node = format!("/finesse/api/Team/{team}/TeamMessages");
        let (node, source, request_id, extra) = (node.as_str(), node.as_str(), None, Duration::ZERO);
        self.publish(side, NewEvent { node, source, object: source, verb, data, request_id, extra });
    }

    /// Publishes why a command failed.
    pub(super) fn publish_error(&mut self, side: Side, command: &Command, error: &CtiError) {
        let (source, node) = command.source_and_node();
        let event = NewEvent {
            node: &node,
            source: &source,
            object: &source,
            verb: "put",
            data: render::event_errors(error),
            request_id: command.request_id.as_deref(),
            extra: Duration::ZERO,
        };
        self.publish(side, event);
    }

    /// Publishes the side's status.
    pub(super) fn publish_system_info(&mut self, side: Side) {
        let uri = "/finesse/api/SystemInfo";
        let data = self.system_info(side, "systemInfo");
        let (extra, request_id) = (Duration::ZERO, None);
        self.publish(
            side,
            NewEvent { node: uri, source: uri, object: uri, verb: "PUT", data, request_id, extra },
        );
    }

    /// Plans the publication of an event.
    fn publish(&mut self, side: Side, event: NewEvent<'_>) {
        let NewEvent { node, source, object, verb, data, request_id, extra } = event;
        let is_error = data.name == "apiErrors";
        let echoed = is_error || self.profile.request_id_echo == RequestIdEcho::Always;
        let verb = if self.profile.envelope.lower_case_verbs { verb.to_lowercase() } else { verb.to_owned() };
        let data = Elem::new("data").child(data);
        let request_id = Elem::new("requestId").text(request_id.filter(|_| echoed).unwrap_or_default());
        let (event, source_elem) = (Elem::new("event").text(verb), Elem::new("source").text(source));
        let update = Elem::new("Update");
        let update = if self.profile.envelope.documented_order {
            update.child(event).child(source_elem).child(request_id).child(data)
        } else if is_error {
            update.child(data).child(request_id).child(source_elem).child(event)
        } else {
            update.child(data).child(event).child(request_id).child(source_elem)
        };

        let faults = &self.node(side).faults;
        let lost = matching(&faults.drop, node).copied().unwrap_or(0.0);
        let twice = matching(&faults.dup, node).copied().unwrap_or(0.0);
        let again = matching(&faults.repeat, node).copied().unwrap_or(0.0);
        let late = matching(&faults.delay, node).copied().unwrap_or_default();
        if self.chance(lost) {
            return;
        }
        let copies = if self.chance(twice) { 2 } else { 1 };
        let items = if self.chance(again) { 2 } else { 1 };
        let late = self.draw(crate::profile::Span { min: late.0, max: late.1 });
        let delay = self.draw(self.profile.publication_delay) + extra + late;
        let now = self.now;
        let here = self.node_mut(side);
        here.publish_order.retain(|_, due| *due > now);
        let due = here.publish_order.entry(format!("{node} {object}")).or_default();
        *due = (*due).max(now + delay);
        let due = *due;
        let (notification_life, webapp_life) = (here.notification_life, here.webapp_life);
        for _ in 0..items {
            let (node, update) = (node.to_owned(), Box::new(update.clone()));
            self.at(due, Task::Publish { side, notification_life, webapp_life, node, update, copies });
        }
    }

    /// Publishes an event now, as one item that everybody who is to have it gets as often as `copies` says.
    pub(super) fn deliver(&mut self, side: Side, node: &str, update: &Elem, copies: u8) {
        let item_id = self.item_id(side);
        let event = self.event(node, &item_id, update);
        for _ in 0..copies {
            let publication = Publication::Item {
                node: node.to_owned(),
                item_id: item_id.clone(),
                update: self.update_text(update),
            };
            self.out.push(Output::Published { side, publication });
            self.deliver_item(side, node, &event);
        }
    }

    /// Routes an item to everybody who is to have it.
    fn deliver_item(&mut self, side: Side, node: &str, event: &str) {
        if self.node(side).subscriptions.contains_key(node) {
            self.node_mut(side).last_items.insert(node.to_owned(), event.to_owned());
        }
        for user in self.automatic(node) {
            self.route(side, &user, event);
        }
        let explicit: Vec<String> =
            self.node(side).subscriptions.get(node).into_iter().flatten().cloned().collect();
        for jid in explicit {
            if let Some((bare, _)) = jid.split_once('/') {
                let found = self.sessions.iter().find(|(_, one)| one.side == side && one.jid() == Some(&jid));
                if let Some(conn) = found.map(|(conn, _)| *conn) {
                    let id = self.message_id(node, bare);
                    let message = message(self.node(side).domain(), &jid, &id);
                    self.send_raw(conn, &message, event, None);
                }
            } else {
                let owner = self
                    .world
                    .agents
                    .keys()
                    .find(|id| jid_node(id) == jid.split('@').next().unwrap_or_default());
                if let Some(user) = owner.cloned() {
                    self.route(side, &user, event);
                }
            }
        }
    }

    /// Users subscribed to a node without asking.
    fn automatic(&self, node: &str) -> Vec<String> {
        let Some(path) = node.strip_prefix("/finesse/api/") else { return Vec::new() };
        match path.split('/').collect::<Vec<_>>()[..] {
            ["SystemInfo"] => self.world.agents.keys().cloned().collect(),
            ["User", id] | ["User", id, "Dialogs"] => vec![id.to_owned()],
            ["User", id, "Media"] | ["User", id, "Dialogs", "Media"] if self.profile.media_is_automatic => {
                vec![id.to_owned()]
            }
            _ => Vec::new(),
        }
    }

    /// A fresh item id.
    fn item_id(&mut self, side: Side) -> String {
        match self.profile.envelope.item_id {
            IdStyle::Counter => {
                let here = self.node_mut(side);
                here.item_counter += 1;
                format!("{}{}", here.item_seed, here.item_counter)
            }
            IdStyle::Random => uuid(&mut self.rng),
        }
    }

    /// The `Update` as text.
    fn update_text(&self, update: &Elem) -> String {
        if self.profile.envelope.pretty { format!("\n{}\n", update.pretty()) } else { update.compact() }
    }

    /// The `event` element, as text.
    fn event(&self, node: &str, item_id: &str, update: &Elem) -> String {
        let notification = self.notification();
        self.wrapped(
            node,
            item_id,
            match self.profile.envelope.escaped {
                true => notification.text(self.update_text(update)),
                false => notification.child(update.clone()),
            },
        )
    }

    fn notification(&self) -> Elem {
        let envelope = &self.profile.envelope;
        let notification = Elem::new("notification").attr("xmlns", envelope.namespace.clone());
        if envelope.html_type { notification.attr("type", "html") } else { notification }
    }

    fn wrapped(&self, node: &str, item_id: &str, notification: Elem) -> String {
        let item = Elem::new("item").attr("id", item_id).child(notification);
        Elem::new("event")
            .attr("xmlns", "http://jabber.org/protocol/pubsub#event")
            .child(Elem::new("items").attr("node", node).child(item))
            .compact()
    }

    /// Publishes a text that the world has nothing to do with, at once.
    pub(super) fn publish_text(&mut self, side: Side, node: &str, item_id: &str, update: &str) {
        if self.node(side).notification_up {
            let event = self.wrapped(node, item_id, self.notification().text(update));
            self.deliver_item(side, node, &event);
        }
    }

    fn message_id(&mut self, node: &str, bare: &str) -> String {
        match self.profile.envelope.message_id {
            IdStyle::Counter => format!("{node}__{bare}__{}", random_text(&mut self.rng, 5)),
            IdStyle::Random => random_text(&mut self.rng, 8),
        }
    }

    /// Routes an event addressed to a user's bare JID.
    fn route(&mut self, side: Side, user: &str, event: &str) {
        let mut targets: Vec<(i8, u64, u64)> = self
            .sessions
            .iter()
            .filter(|(_, one)| one.side == side && one.user() == Some(user))
            .filter_map(|(conn, one)| {
                Some((one.priority.filter(|priority| *priority >= 0)?, one.active, *conn))
            })
            .collect();
        targets.sort_unstable();
        if self.profile.routing == Routing::BestSession {
            targets.drain(..targets.len().saturating_sub(1));
        }
        let bare = format!("{}@{}", jid_node(user), self.node(side).domain());
        if targets.is_empty() {
            return self.keep(side, user, event);
        }
        for (_, _, conn) in targets {
            let id = self.message_id("", &bare);
            let message = message(self.node(side).domain(), &bare, &id);
            self.send_raw(conn, &message, event, None);
        }
    }

    /// Keeps an event for a user who has no stream, as long as there is room.
    fn keep(&mut self, side: Side, user: &str, event: &str) {
        if self.profile.offline_storage {
            let (stamp, cap) = (iso(self.clock(side)), self.profile.offline_cap);
            let kept = self.node_mut(side).offline.entry(user.to_owned()).or_default();
            if kept.len() < cap {
                kept.push_back((event.to_owned(), stamp));
            }
        }
    }

    /// Puts items into the store of a user who has no stream, all of one node, as they pile up in a long absence.
    pub(super) fn pile_up(&mut self, side: Side, user: &str, count: u32) {
        let node = format!("/finesse/api/User/{user}");
        let update = Elem::new("Update").leaf("data", "").leaf("event", "PUT").leaf("source", node.as_str());
        // A store of that size is some 10 MB.
        for _ in 0..count.min(10_000) {
            let id = self.item_id(side);
            let event = self.event(&node, &id, &update);
            let stamp = iso(self.clock(side));
            self.node_mut(side).offline.entry(user.to_owned()).or_default().push_back((event, stamp));
        }
    }

    /// Delivers what was kept, marked with its delay.
    pub(super) fn flush_offline(&mut self, conn: u64, side: Side, user: &str) {
        let kept = self.node_mut(side).offline.remove(user).unwrap_or_default();
        let domain = self.node(side).domain().to_owned();
        let bare = format!("{}@{domain}", jid_node(user));
        for (event, stamp) in kept {
            let id = self.message_id("", &bare);
            let delay = Elem::new("delay")
                .attr("xmlns", "urn:xmpp:delay")
                .attr("from", domain.clone())
                .attr("stamp", stamp);
            self.send_raw(conn, &message(&domain, &bare, &id), &event, Some(delay));
        }
    }

    /// Sends a message with an event that is text already.
    pub(super) fn send_raw(&mut self, conn: u64, message: &Elem, event: &str, delay: Option<Elem>) {
        let Some(session) = self.sessions.get(&conn).filter(|session| !session.dead) else { return };
        let mut head = message.clone();
        if !session.transport.declares_namespace() {
            head = head.attr("xmlns", "jabber:client");
        }
        let mut xml = head.compact();
        // The head has attributes and no content, so it was written as an empty element.
        xml.truncate(xml.len() - "/>".len());
        xml.push('>');
        xml.push_str(event);
        if self.profile.envelope.shim_headers {
            let header = Elem::new("header").attr("name", "SubID").text("1F4A9C");
            let headers = Elem::new("headers").attr("xmlns", "http://jabber.org/protocol/shim").child(header);
            xml.push_str(&headers.compact());
        }
        if let Some(delay) = delay {
            xml.push_str(&delay.compact());
        }
        xml.push_str("</message>");
        self.out.push(Output::XmppSend { conn, xml });
    }
}
