//! The one place where planned tasks are carried out.

use super::node::Cti;
use super::{SimCore, Task};

impl SimCore {
    /// Carries out a task whose time has come, unless what it belongs to has ended meanwhile.
    pub(super) fn run(&mut self, task: Task) {
        match task {
            Task::Handle { id, side, request } => self.handle(id, side, *request),
            Task::Answer { id, response } => self.answer(id, *response),
            Task::Execute { side, cti_life, command } => self.execute(side, cti_life, command),
            Task::Confirm { side, cti_life, command, result } => {
                self.confirm(side, cti_life, command, result)
            }
            Task::Force { side, user } => self.force(side, &user),
            Task::Arrive { side, cti_life, fact, cause } => {
                let node = self.node(side);
                if node.cti_life == cti_life && matches!(node.cti, Cti::Up { .. }) && node.webapp_up {
                    self.apply(side, fact, cause.as_ref());
                }
            }
            Task::Queues { side, webapp_life } => {
                if self.node(side).webapp_life == webapp_life {
                    self.publish_queues(side);
                }
            }
            Task::World(later) => {
                self.world.later(later);
                self.spread(None);
            }
            Task::Publish { side, notification_life, webapp_life, node, update, copies } => {
                let here = self.node(side);
                let lives = here.notification_life == notification_life && here.webapp_life == webapp_life;
                if lives && here.notification_up {
                    self.deliver(side, &node, &update, copies);
                }
            }
            Task::CtiNoticed { side, cti_life } => self.cti_noticed(side, cti_life),
            Task::CtiRecovered { side, cti_life } => self.cti_recovered(side, cti_life),
            Task::NotificationNoticed { side, life } => self.notification_noticed(side, life),
            Task::NotificationStarted { side, life } => self.notification_started(side, life),
            Task::NotificationJoined { side, life } => self.notification_joined(side, life),
            Task::FinesseGone { side, life } => self.finesse_gone(side, life),
            Task::WebappStarted { side, life } => self.webapp_started(side, life),
            Task::ForcedLogout { side, user, timer } => self.forced_logout_due(side, &user, timer),
            Task::DeadClient { conn } => self.dead_client(conn),
            Task::Idle { conn, pinged } => self.idle(conn, pinged),
        }
    }
}
