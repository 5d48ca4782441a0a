//! A side's copy of agents in media routing domains and of their tasks, and what it publishes about them.

use std::time::Duration;

use super::SimCore;
use super::node::{CopiedMedia, CopiedTask};
use super::tasks::{MediaState, Task};
use super::xml::Elem;
use super::{render_task, world::state};
use crate::Side;

impl SimCore {
    /// Puts an agent's state in a domain into a side's copy and publishes it if it is news.
    pub(super) fn apply_media(
        &mut self,
        side: Side,
        user: String,
        domain: u32,
        now: MediaState,
        delay: Duration,
    ) {
        let clock = self.clock(side);
        let copies = &mut self.node_mut(side).media;
        let key = (user.clone(), domain);
        let old = copies.get(&key);
        if old.is_some_and(|old| old.now == now) {
            return;
        }
        let changed = old.filter(|old| old.now.state == now.state).map_or(clock, |old| old.changed);
        copies.insert(key, CopiedMedia { now, changed });
        self.publish_media(side, &user, domain, delay);
    }

    /// Puts a task into a side's copy and publishes what it changed.
    pub(super) fn apply_task(&mut self, side: Side, task: Task, delay: Duration) {
        let clock = self.clock(side);
        let old = self.node_mut(side).tasks.remove(&task.id);
        let start = old.as_ref().map_or(clock, |old| old.start);
        let changed =
            old.as_ref().filter(|old| old.task.state == task.state).map_or(clock, |old| old.changed);
        let (agent, over) = (task.agent.clone(), task.is_over());
        let verb = match &old {
            None if over => return,
            None => "POST",
            Some(_) if over => "DELETE",
            Some(_) => "PUT",
        };
        let news = old.is_none_or(|old| old.task != task);
        let copied = CopiedTask { task, start, changed };
        if !over {
            self.node_mut(side).tasks.insert(copied.task.id.clone(), copied.clone());
        }
        if news {
            self.publish_task(side, &agent, verb, &copied, delay);
        }
    }

    /// Reads domains and tasks from CTI again. Tasks that ended meanwhile are forgotten without a word.
    pub(super) fn read_tasks(&mut self, side: Side, outage: bool) {
        let world = &self.world;
        let node = &mut self.nodes[side.index()];
        node.tasks.retain(|id, _| world.tasks.contains_key(id));
        let media: Vec<((String, u32), MediaState)> =
            world.media.iter().map(|(key, now)| (key.clone(), now.clone())).collect();
        let tasks: Vec<Task> = world.tasks.values().cloned().collect();
        for ((user, domain), now) in media {
            let delay = self.burst(outage);
            self.apply_media(side, user, domain, now, delay);
        }
        for task in tasks {
            let delay = self.burst(outage);
            self.apply_task(side, task, delay);
        }
    }

    /// An agent in a domain as a side shows him; none without such a domain or agent.
    pub(super) fn media_elem(&self, side: Side, user: &str, domain: u32, root: &str) -> Option<Elem> {
        let known = self.site.domains.iter().find(|one| one.id == domain)?;
        let team = self.world.agents.get(user)?.spec.team.as_str();
        let skilled = known.teams.contains(&team);
        let copied = self.node(side).media.get(&(user.to_owned(), domain));
        let copied = copied.filter(|copied| copied.now.state != state::LOGOUT || copied.changed > 0);
        Some(render_task::media(root, &self.site, user, known, skilled, copied, side).sorted())
    }
}
