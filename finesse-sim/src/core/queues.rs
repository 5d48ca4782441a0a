//! Statistics of queues as events: to who subscribed, at most once an interval, and only if a number changed.

use super::{SimCore, Task};
use crate::Side;

/// What comes before the id in the node of a queue.
const NODE: &str = "/finesse/api/Queue/";

impl SimCore {
    /// Agents of a side changed: plans to look at the queues somebody watches.
    pub(super) fn queues_may_differ(&mut self, side: Side) {
        let node = self.node(side);
        let watched = node.subscriptions.keys().any(|known| known.starts_with(NODE));
        if watched && !node.queues_due {
            self.node_mut(side).queues_due = true;
            let webapp_life = self.node(side).webapp_life;
            self.after(self.profile.queue_interval, Task::Queues { side, webapp_life });
        }
    }

    /// Publishes the watched queues whose statistics are not what was published last.
    pub(super) fn publish_queues(&mut self, side: Side) {
        self.node_mut(side).queues_due = false;
        let watched: Vec<u32> = self
            .node(side)
            .subscriptions
            .keys()
            .filter_map(|known| known.strip_prefix(NODE)?.parse().ok())
            .collect();
        for id in watched {
            let Some(elem) = self.queue_elem(side, id) else { continue };
            if self.node(side).queues_said.get(&id) != Some(&elem) {
                self.node_mut(side).queues_said.insert(id, elem.clone());
                self.publish_queue(side, id, elem);
            }
        }
    }
}
