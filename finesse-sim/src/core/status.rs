//! The services of a side, and the status that follows from them.
//!
//! A side is IN_SERVICE if and only if Tomcat and the web app run, the web app is logged in to the notification service and
//! CTI has been read. A change is pushed as a SystemInfo event if there is a way to push it.

use std::time::Duration;

use super::node::{Absence, Cti};
use super::{ListenerState, Output, Port, SimCore, StreamEnd, Task};
use crate::profile::{PlainPort, TomcatDown, WhenOut};
use crate::{LogKind, Side};

impl SimCore {
    /// Lets the status follow from the services.
    pub(super) fn refresh_status(&mut self, side: Side, why: &str) {
        let node = self.node_mut(side);
        let in_service = node.tomcat_up
            && node.webapp_up
            && node.notification_up
            && node.notification_seen
            && matches!(node.cti, Cti::Up { .. });
        if in_service == node.in_service {
            return;
        }
        node.in_service = in_service;
        let status = if in_service { "IN_SERVICE" } else { "OUT_OF_SERVICE" };
        self.note(side, LogKind::Status { status: status.to_owned(), why: why.to_owned() });
        if in_service {
            self.send_deferred_logouts(side);
        } else {
            if !self.profile.queue_survives_outage {
                self.node_mut(side).queues.clear();
            }
            if self.profile.forced_logout_when_out == WhenOut::Drop {
                let users: Vec<String> = self.node(side).absent.keys().cloned().collect();
                for user in users {
                    self.cancel_forced_logout(side, &user, "the side is out of service");
                }
            }
        }
        if self.node(side).webapp_up {
            self.publish_system_info(side);
        }
    }

    fn send_deferred_logouts(&mut self, side: Side) {
        let due = |absence: &Absence| *absence == Absence::Deferred;
        let absent = &mut self.node_mut(side).absent;
        let users: Vec<String> =
            absent.iter().filter(|(_, absence)| due(absence)).map(|(user, _)| user.clone()).collect();
        absent.retain(|_, absence| !due(absence));
        for user in users {
            self.send_forced_logout(side, &user);
        }
    }

    fn port(&mut self, side: Side, port: Port, state: ListenerState) {
        if self.node_mut(side).ports.insert(port, state) != Some(state) {
            self.out.push(Output::Listener { side, port, state });
        }
    }

    /// Resets every request a side has not answered.
    fn reset_requests(&mut self, side: Side) {
        let gone: Vec<u64> = self.requests.iter().filter(|(_, at)| **at == side).map(|(id, _)| *id).collect();
        for id in gone {
            self.requests.remove(&id);
            self.out.push(Output::HttpReset { id });
        }
    }

    /// The notification service stops.
    pub(super) fn stop_notification(&mut self, side: Side) {
        if !self.node(side).notification_up {
            return;
        }
        let seed = super::publish::uuid(&mut self.rng);
        let node = self.node_mut(side);
        node.notification_up = false;
        node.notification_life += 1;
        node.item_seed = seed;
        let life = node.notification_life;
        for port in [Port::Xmpp, Port::Bosh, Port::PlainXmpp] {
            self.port(side, port, ListenerState::Refusing);
        }
        let how = if self.profile.shutdown_stream_error {
            StreamEnd::StreamError("system-shutdown".to_owned())
        } else {
            StreamEnd::Reset
        };
        self.end_all(side, &how, self.profile.notification_stop_is_absence);
        self.set_finesse(side, false);
        let delay = self.draw(self.profile.notification_notice);
        self.after(delay, Task::NotificationNoticed { side, life });
    }

    /// The web app sees that the notification service is gone.
    pub(super) fn notification_noticed(&mut self, side: Side, life: u64) {
        if self.node(side).notification_life == life && !self.node(side).notification_up {
            self.node_mut(side).notification_seen = false;
            self.refresh_status(side, "notification service down");
        }
    }

    /// The notification service is told to start.
    pub(super) fn start_notification(&mut self, side: Side) {
        if !self.node(side).notification_up {
            let delay = self.draw(self.profile.notification_start);
            let life = self.node(side).notification_life;
            self.after(delay, Task::NotificationStarted { side, life });
        }
    }

    /// The notification service listens.
    pub(super) fn notification_started(&mut self, side: Side, life: u64) {
        if self.node(side).notification_life != life || self.node(side).notification_up {
            return;
        }
        let node = self.node_mut(side);
        node.notification_up = true;
        node.notification_seen = false;
        self.refresh_status(side, "notification service restarted");
        self.port(side, Port::Xmpp, ListenerState::Open);
        self.port(side, Port::Bosh, ListenerState::Open);
        if self.profile.plain_port != PlainPort::Off {
            self.port(side, Port::PlainXmpp, ListenerState::Open);
        }
        let delay = self.draw(self.profile.notification_recovery);
        self.after(delay, Task::NotificationJoined { side, life });
    }

    /// The web app is logged in to the notification service: presence first, then the status.
    pub(super) fn notification_joined(&mut self, side: Side, life: u64) {
        let node = self.node_mut(side);
        if node.notification_life == life && node.notification_up && node.webapp_up && node.tomcat_up {
            node.notification_seen = true;
            self.set_finesse(side, true);
            self.refresh_status(side, "");
        }
    }

    /// The web app ends, in whatever way: its memory is gone, its CTI link and its stream with it.
    fn end_webapp(&mut self, side: Side, why: &str) {
        let node = self.node_mut(side);
        node.webapp_up = false;
        node.forget();
        node.cti = Cti::Down;
        node.cti_life += 1;
        let life = node.webapp_life;
        self.refresh_status(side, why);
        if self.node(side).notification_up {
            let delay = self.draw(self.profile.webapp_presence_notice);
            self.after(delay, Task::FinesseGone { side, life });
        }
    }

    /// The notification service sees that the web app is gone.
    pub(super) fn finesse_gone(&mut self, side: Side, life: u64) {
        if self.node(side).webapp_life == life && !self.node(side).webapp_up {
            self.set_finesse(side, false);
        }
    }

    /// Tomcat stops.
    pub(super) fn stop_tomcat(&mut self, side: Side) {
        if !self.node(side).tomcat_up {
            return;
        }
        self.node_mut(side).tomcat_up = false;
        match self.profile.tomcat_down {
            TomcatDown::Refuses => self.port(side, Port::Rest, ListenerState::Refusing),
            TomcatDown::BlackHole => self.port(side, Port::Rest, ListenerState::BlackHole),
            TomcatDown::BadGateway => {}
        }
        self.reset_requests(side);
        self.end_webapp(side, "Tomcat stopped");
    }

    /// Tomcat is told to start.
    pub(super) fn start_tomcat(&mut self, side: Side) {
        if !self.node(side).tomcat_up {
            let delay = self.draw(self.profile.tomcat_start);
            let life = self.node(side).webapp_life;
            self.after(delay, Task::WebappStarted { side, life });
        }
    }

    /// The web app crashes.
    pub(super) fn crash_webapp(&mut self, side: Side) {
        if self.node(side).webapp_up {
            self.end_webapp(side, "web app crashed");
        }
    }

    /// The web app is told to start; Tomcat runs.
    pub(super) fn restore_webapp(&mut self, side: Side) {
        if self.node(side).tomcat_up && !self.node(side).webapp_up {
            let delay = self.draw(self.profile.webapp_start);
            let life = self.node(side).webapp_life;
            self.after(delay, Task::WebappStarted { side, life });
        }
    }

    /// The web app answers: out of service until CTI has been read.
    pub(super) fn webapp_started(&mut self, side: Side, life: u64) {
        let node = self.node_mut(side);
        if node.webapp_life != life || node.webapp_up {
            return;
        }
        node.tomcat_up = true;
        node.webapp_up = true;
        node.cti = Cti::Down;
        node.notification_seen = node.notification_up;
        let joined = node.notification_up;
        self.port(side, Port::Rest, ListenerState::Open);
        if joined {
            self.set_finesse(side, true);
        }
        self.cti_try(side);
    }

    /// The host loses power.
    pub(super) fn kill_host(&mut self, side: Side) {
        for port in Port::ALL {
            self.port(side, port, ListenerState::BlackHole);
        }
        self.requests.retain(|_, at| *at != side);
        self.end_all(side, &StreamEnd::Abandon, false);
        let seed = super::publish::uuid(&mut self.rng);
        let node = self.node_mut(side);
        node.tomcat_up = false;
        node.notification_up = false;
        node.notification_seen = false;
        node.notification_life += 1;
        node.item_seed = seed;
        self.set_finesse(side, false);
        self.end_webapp(side, "host down");
    }

    /// The host boots.
    pub(super) fn boot(&mut self, side: Side) {
        if self.node(side).tomcat_up || self.node(side).notification_up {
            // A host that runs loses its power first.
            self.kill_host(side);
        }
        for port in Port::ALL {
            self.port(side, port, ListenerState::Refusing);
        }
        let notification = self.draw(self.profile.boot_notification);
        let life = self.node(side).notification_life;
        self.after(notification, Task::NotificationStarted { side, life });
        let webapp = self.draw(self.profile.boot_webapp).max(notification + Duration::from_millis(1));
        let life = self.node(side).webapp_life;
        self.after(webapp, Task::WebappStarted { side, life });
    }
}
