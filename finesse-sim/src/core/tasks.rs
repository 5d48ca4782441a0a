//! Task routing: agents in media routing domains, and the tasks they work on.
//!
//! | Task | ACCEPT | START | PAUSE | RESUME | WRAP_UP | CLOSE | TRANSFER |
//! |---|---|---|---|---|---|---|---|
//! | OFFERED | ACCEPTED | | | | | | |
//! | ACCEPTED | | ACTIVE | | | | | gone |
//! | ACTIVE | | | PAUSED | | WRAPPING_UP | gone | gone |
//! | PAUSED | | | | ACTIVE | WRAPPING_UP | gone | gone |
//! | WRAPPING_UP | | | | | | gone | gone |
//!
//! An agent's state in a domain follows from his tasks there, as the most active of them says, and is what he asked for
//! when he has none.

use std::collections::BTreeMap;

use super::command::{CtiError, MediaChange, MediaSettings, TaskVerb};
use super::site::Site;
use super::world::{World, state};
use crate::Side;

/// States of tasks, in the words of the REST API.
pub(crate) mod task {
    /// Waits to be taken.
    pub(crate) const OFFERED: &str = "OFFERED";
    /// Taken, not begun.
    pub(crate) const ACCEPTED: &str = "ACCEPTED";
    /// Worked on.
    pub(crate) const ACTIVE: &str = "ACTIVE";
    /// Left for a while.
    pub(crate) const PAUSED: &str = "PAUSED";
    /// After-work.
    pub(crate) const WRAPPING_UP: &str = "WRAPPING_UP";
    /// Over.
    pub(crate) const CLOSED: &str = "CLOSED";
}

/// An agent in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaState {
    /// State shown: `LOGOUT`, `NOT_READY`, `READY`, `RESERVED`, `ACTIVE`, `PAUSED` or `WORK`.
    pub(crate) state: &'static str,
    /// Number of the reason.
    pub(crate) reason: Option<i64>,
    /// New tasks may be routed.
    pub(crate) routable: bool,
    /// What he chose at his sign-in.
    pub(crate) settings: MediaSettings,
    /// The side he signed in at, which alone knows his choices.
    pub(crate) owner: Side,
    /// What he asked for last: `READY` or `NOT_READY`.
    wanted: &'static str,
    /// He left work although a task is in after-work.
    out_of_work: bool,
}

/// One task, as it stands with one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    /// Dialog id, with underscores.
    pub(crate) id: String,
    /// Media routing domain.
    pub(crate) domain: u32,
    /// The agent.
    pub(crate) agent: String,
    /// One of the constants of [`task`].
    pub(crate) state: &'static str,
    /// Call variables.
    pub(crate) vars: BTreeMap<String, String>,
    /// Wrap-up reason, once chosen.
    pub(crate) wrap_up_reason: Option<String>,
    /// Why it ended, once it has.
    pub(crate) disposition: Option<&'static str>,
}

impl Task {
    /// Nothing is left of it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == task::CLOSED
    }

    /// What its agent may do.
    pub(crate) fn actions(&self) -> &'static [&'static str] {
        match self.state {
            task::OFFERED => &["ACCEPT"],
            task::ACCEPTED => &["START", "TRANSFER"],
            task::ACTIVE => &["PAUSE", "WRAP_UP", "TRANSFER", "CLOSE"],
            task::PAUSED => &["RESUME", "TRANSFER", "WRAP_UP", "CLOSE"],
            task::WRAPPING_UP => &["CLOSE", "TRANSFER"],
            _ => &[],
        }
    }
}

impl World {
    /// Whether members of a team have a skill group in a domain.
    fn has_skill(&self, site: &Site, agent: &str, domain: u32) -> bool {
        let team = self.agents.get(agent).map_or("", |agent| agent.spec.team.as_str());
        site.domains.iter().any(|one| one.id == domain && one.teams.contains(&team))
    }

    /// Offers a task to an agent and gives its id.
    pub(crate) fn offer_task(
        &mut self,
        site: &Site,
        agent: &str,
        domain: u32,
        vars: BTreeMap<String, String>,
    ) -> Result<String, String> {
        let key = (agent.to_owned(), domain);
        let known = self.media.get(&key).filter(|known| known.state != state::LOGOUT);
        let known = known.ok_or_else(|| format!("agent {agent} is not signed in to domain {domain}"))?;
        let open = self.tasks.values().filter(|task| task.agent == agent && task.domain == domain).count();
        let full = u32::try_from(open).unwrap_or(u32::MAX) >= known.settings.max_dialogs;
        if !self.has_skill(site, agent, domain) || known.wanted != state::READY || !known.routable || full {
            return Err(format!("agent {agent} takes no task of domain {domain} now"));
        }
        self.next_task += 1;
        let id = format!("151635_{}_1", self.next_task);
        let offered = Task {
            id: id.clone(),
            domain,
            agent: agent.to_owned(),
            state: task::OFFERED,
            vars,
            wrap_up_reason: None,
            disposition: None,
        };
        self.tasks.insert(id.clone(), offered);
        self.touch_task(&id);
        self.settle_media(agent, domain);
        Ok(id)
    }

    /// Carries out a change of an agent in a domain.
    pub(crate) fn change_media(
        &mut self,
        site: &Site,
        agent: &str,
        domain: u32,
        change: &MediaChange,
        side: Side,
    ) -> Result<(), CtiError> {
        if !self.has_skill(site, agent, domain) {
            return Err(CtiError::task_routing(domain, "3", "MRD_LIST_ENTRY_NOT_FOUND"));
        }
        let key = (agent.to_owned(), domain);
        let known = self.media.get_mut(&key).filter(|known| known.state != state::LOGOUT);
        let out = CtiError::task_routing(domain, "6", "AGENT_NOT_LOGGED_IN");
        match (change, known) {
            (MediaChange::Login(settings), Some(known)) => {
                // Refused, and the settings are taken over all the same.
                settings.clone_into(&mut known.settings);
                known.owner = side;
                self.touch_media(agent, domain);
                let twice = CtiError::task_routing(domain, "1", "AGENT_ALREADY_LOGGED_IN");
                return Err(CtiError { kind: "Agent already logged into MRD", ..twice });
            }
            (MediaChange::Login(settings), None) => {
                let fresh = MediaState {
                    state: state::NOT_READY,
                    reason: None,
                    routable: true,
                    settings: settings.clone(),
                    owner: side,
                    wanted: state::NOT_READY,
                    out_of_work: false,
                };
                self.media.insert(key, fresh);
            }
            (_, None) => return Err(out),
            (MediaChange::Routable(routable), Some(known)) => known.routable = *routable,
            (MediaChange::State { state: state::LOGOUT, reason }, Some(known)) => {
                known.state = state::LOGOUT;
                known.reason = *reason;
                let disposition = match known.settings.at_logout {
                    "TRANSFER" => "CD_TASK_TRANSFERRED_AGENT_LOGOUT",
                    _ => "CD_TASK_ABANDONED_AGENT_LOGOUT",
                };
                self.end_tasks_of(agent, domain, disposition);
            }
            (MediaChange::State { state: task::ACTIVE, .. }, Some(known)) => {
                if known.state != state::WORK {
                    return Err(CtiError::task_routing(domain, "19", "INVALID_MESSAGE_SEQUENCE"));
                }
                known.out_of_work = true;
            }
            (MediaChange::State { state, reason }, Some(known)) => {
                known.wanted = state;
                known.reason = *reason;
            }
        }
        self.settle_media(agent, domain);
        self.touch_media(agent, domain);
        Ok(())
    }

    /// Signs an agent out of every domain.
    pub(crate) fn leave_all_media(&mut self, agent: &str) {
        let domains: Vec<u32> = self
            .media
            .iter()
            .filter(|((user, _), known)| user == agent && known.state != state::LOGOUT)
            .map(|((_, domain), _)| *domain)
            .collect();
        for domain in domains {
            if let Some(known) = self.media.get_mut(&(agent.to_owned(), domain)) {
                known.state = state::LOGOUT;
            }
            self.end_tasks_of(agent, domain, "CD_TASK_ABANDONED_AGENT_LOGOUT");
            self.touch_media(agent, domain);
        }
    }

    fn end_tasks_of(&mut self, agent: &str, domain: u32, disposition: &'static str) {
        let mine: Vec<String> = self
            .tasks
            .values()
            .filter(|task| task.agent == agent && task.domain == domain)
            .map(|task| task.id.clone())
            .collect();
        for id in mine {
            if let Some(one) = self.tasks.get_mut(&id) {
                one.state = task::CLOSED;
                one.disposition = Some(disposition);
            }
            self.touch_task(&id);
        }
    }

    /// Carries out a command on a task.
    pub(crate) fn act_on_task(&mut self, agent: &str, id: &str, verb: &TaskVerb) -> Result<(), CtiError> {
        let Some(one) = self.tasks.get_mut(id).filter(|one| one.agent == agent) else {
            return Err(CtiError::new("Generic Error", format!("INVALID_DIALOG_ID: {id}"), "6030"));
        };
        if !one.actions().contains(&verb.as_str()) {
            return Err(CtiError::task_routing(one.domain, "19", "INVALID_MESSAGE_SEQUENCE"));
        }
        one.state = match verb {
            TaskVerb::Accept => task::ACCEPTED,
            TaskVerb::Start | TaskVerb::Resume => task::ACTIVE,
            TaskVerb::Pause => task::PAUSED,
            TaskVerb::WrapUp => task::WRAPPING_UP,
            TaskVerb::Close => {
                one.disposition = Some("CD_TASK_HANDLED");
                task::CLOSED
            }
            TaskVerb::Transfer { .. } => {
                one.disposition = Some("CD_TASK_TRANSFERRED");
                task::CLOSED
            }
        };
        let domain = one.domain;
        self.touch_task(id);
        self.settle_media(agent, domain);
        Ok(())
    }

    /// Changes the data of a task.
    pub(crate) fn set_task_data(
        &mut self,
        id: &str,
        vars: &BTreeMap<String, String>,
        wrap_up: Option<&str>,
    ) -> Result<(), CtiError> {
        let Some(one) = self.tasks.get_mut(id) else {
            return Err(CtiError::new("Generic Error", format!("INVALID_DIALOG_ID: {id}"), "6030"));
        };
        one.vars.extend(vars.clone());
        if let Some(reason) = wrap_up {
            one.wrap_up_reason = Some(reason.to_owned());
        }
        self.touch_task(id);
        Ok(())
    }

    /// Lets an agent's state in a domain follow from his tasks there.
    fn settle_media(&mut self, agent: &str, domain: u32) {
        let has = |wanted: &[&str]| {
            let mut mine = self.tasks.values().filter(|one| one.agent == agent && one.domain == domain);
            mine.any(|one| wanted.contains(&one.state))
        };
        let (active, offered) = (has(&[task::ACTIVE]), has(&[task::OFFERED, task::ACCEPTED]));
        let (paused, wrapping) = (has(&[task::PAUSED]), has(&[task::WRAPPING_UP]));
        let Some(known) = self.media.get_mut(&(agent.to_owned(), domain)) else { return };
        if known.state == state::LOGOUT {
            return;
        }
        known.out_of_work &= wrapping;
        let before = known.clone();
        known.state = if active {
            task::ACTIVE
        } else if offered {
            state::RESERVED
        } else if wrapping && !known.out_of_work {
            state::WORK
        } else if paused {
            task::PAUSED
        } else {
            known.wanted
        };
        if known.state != state::NOT_READY {
            known.reason = None;
        }
        if *known != before {
            self.touch_media(agent, domain);
        }
    }
}
