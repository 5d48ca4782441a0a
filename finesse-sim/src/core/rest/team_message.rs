//! `/TeamMessage`: messages of supervisors to teams.

use std::time::Duration;

use super::answer::{Answer, Refusal};
use super::call::{Call, field};
use super::roles::{Role, Who};
use super::routes::{Route, delete, get, post};
use crate::core::SimCore;
use crate::core::publish::uuid;
use crate::core::site::TeamMessage;
use crate::core::xml::Elem;

/// Characters of a message at the most.
const LONGEST: usize = 255;

pub(super) const ROUTES: &[Route] = &[
    post("/TeamMessage", Who::Supervisor, |core, call| core.create_message(call)),
    get("/TeamMessage/{messageId}", Who::Known, |core, call| {
        let id = call.first();
        let message = core.message(id)?;
        let concerned =
            |team: &str| core.world.agents.get(call.asking).is_some_and(|agent| agent.spec.team == team);
        let own = message.creator == call.asking || message.teams.iter().any(|team| concerned(team));
        if !own {
            return Err(Refusal::role(id));
        }
        Ok(Answer::Document(core.message_elem(id, message)))
    }),
    delete("/TeamMessage/{messageId}", Who::Known, |core, call| {
        let id = call.first();
        let message = core.message(id)?;
        if message.creator != call.asking && call.role != Role::Administrator {
            return Err(Refusal::role(id));
        }
        core.tell_teams(call, id, "DELETE");
        core.site.messages.remove(id);
        Ok(core.done_on_both(call))
    }),
    get("/Team/{id}/TeamMessages", Who::Known, |core, call| {
        let team = call.first();
        if !core.site.teams.contains_key(team) {
            return Err(Refusal::not_found(team));
        }
        let own = core.world.agents.get(call.asking).is_some_and(|agent| agent.spec.team == team);
        if !own {
            return Err(Refusal::role(call.asking));
        }
        Ok(Answer::Document(core.messages(|message| message.teams.iter().any(|known| known == team))))
    }),
    get("/User/{id}/TeamMessages", Who::Own, |core, call| {
        let id = core.subject(call)?.id;
        Ok(Answer::Document(core.messages(|message| message.creator == id)))
    }),
];

impl SimCore {
    fn create_message(&mut self, call: &Call<'_>) -> Result<Answer, Refusal> {
        let body = call.root("TeamMessage")?;
        let text = field(body, "duration")?;
        let duration: u64 = text.parse().map_err(|_| Refusal::invalid("duration", text))?;
        let content = field(body, "content")?;
        if content.chars().count() > LONGEST {
            return Err(Refusal::invalid("content", &content.chars().count().to_string()));
        }
        let teams = body.find("teams").map(|list| list.kids.as_slice()).unwrap_or_default();
        let teams: Vec<String> = teams.iter().map(|team| team.text.trim().to_owned()).collect();
        if teams.is_empty() {
            return Err(Refusal::missing("teams"));
        }
        for team in &teams {
            if !self.site.teams.contains_key(team) {
                return Err(Refusal::not_found(team));
            }
            let leads = self.world.agents.get(call.asking).is_some_and(|agent| agent.spec.team == *team);
            if !leads && call.role != Role::Administrator {
                return Err(Refusal::role(team));
            }
        }
        let now = self.now;
        self.site.messages.retain(|_, message| message.until > now);
        if self.site.messages.len() >= self.profile.rest.team_message_limit {
            return Err(Refusal::new(
                400,
                "System Resource Limit Exceeded",
                "MAX_ACTIVE_MESSAGE_LIMIT_EXCEEDED",
                "teammessage.max.limit.exceeded",
            ));
        }
        let id = uuid(&mut self.rng);
        let message = TeamMessage {
            creator: call.asking.to_owned(),
            created_at: self.clock(call.side) / 1000,
            until: now.saturating_add(Duration::from_secs(duration)),
            duration,
            content: content.to_owned(),
            teams,
        };
        self.site.messages.insert(id.clone(), message);
        self.tell_teams(call, &id, "POST");
        Ok(match self.done_on_both(call) {
            Answer::Done => Answer::Created(format!("/finesse/api/TeamMessage/{id}")),
            other => other,
        })
    }

    /// Done; or done here only, if the other side cannot be told.
    fn done_on_both(&self, call: &Call<'_>) -> Answer {
        if self.node(call.side.other()).in_service { Answer::Done } else { Answer::DoneHere }
    }

    fn message(&self, id: &str) -> Result<&TeamMessage, Refusal> {
        let message = self.site.messages.get(id).filter(|message| message.until > self.now);
        message.ok_or_else(|| Refusal::not_found(id))
    }

    fn messages(&self, wanted: impl Fn(&TeamMessage) -> bool) -> Elem {
        let active = self.site.messages.iter().filter(|(_, message)| message.until > self.now);
        let list = active.filter(|(_, message)| wanted(message));
        Elem::new("TeamMessages").children(list.map(|(id, message)| self.message_elem(id, message)))
    }

    fn message_elem(&self, id: &str, message: &TeamMessage) -> Elem {
        let creator = self.world.agents.get(&message.creator).map(|agent| &agent.spec);
        let name = |first: bool| match creator {
            Some(spec) if first => spec.first_name.clone(),
            Some(spec) => spec.last_name.clone(),
            None => String::new(),
        };
        let teams = message.teams.iter().fold(Elem::new("teams"), |all, team| all.leaf("team", team.clone()));
        Elem::new("TeamMessage")
            .leaf("content", message.content.clone())
            .leaf("createdAt", message.created_at.to_string())
            .child(
                Elem::new("createdBy")
                    .leaf("firstName", name(true))
                    .leaf("id", message.creator.clone())
                    .leaf("lastName", name(false)),
            )
            .leaf("duration", message.duration.to_string())
            .leaf("id", id)
            .child(teams)
            .leaf("uri", format!("/finesse/api/TeamMessage/{id}"))
    }

    /// Publishes a message to its teams, where the switch allows it.
    fn tell_teams(&mut self, call: &Call<'_>, id: &str, verb: &str) {
        if !self.profile.rest.team_messages_published {
            return;
        }
        let Some(message) = self.site.messages.get(id) else { return };
        let (elem, teams) = (self.message_elem(id, message), message.teams.clone());
        for team in teams {
            self.publish_team_message(call.side, &team, verb, elem.clone());
        }
    }
}
