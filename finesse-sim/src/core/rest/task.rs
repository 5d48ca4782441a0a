//! Tasks as dialogs: reading them and working on them.

use super::answer::{Answer, Refusal};
use super::call::{Call, field};
use super::dialog_body::variables;
use super::roles::Role;
use crate::Side;
use crate::core::command::{Kind, TaskVerb};
use crate::core::xml::Elem;
use crate::core::{SimCore, render_task};

impl SimCore {
    /// Tasks of an agent, of one domain or of all.
    pub(super) fn tasks_of(&self, side: Side, agent: &str, domain: Option<u32>) -> Vec<Elem> {
        let tasks = self.node(side).tasks.values();
        tasks
            .filter(|copied| copied.task.agent == agent)
            .filter(|copied| domain.is_none_or(|domain| domain == copied.task.domain))
            .map(|copied| render_task::task("Dialog", &self.site, &copied.task, copied))
            .collect()
    }

    /// The task of a path, if it is one and whoever asks may see it.
    pub(super) fn task_seen_by(&self, call: &Call<'_>) -> Result<Option<Elem>, Refusal> {
        let Some(copied) = self.node(call.side).tasks.get(call.first()) else { return Ok(None) };
        let agent = copied.task.agent.as_str();
        let may =
            agent == call.asking || call.role == Role::Administrator || self.is_led_by(call.asking, agent);
        if may {
            Ok(Some(render_task::task("Dialog", &self.site, &copied.task, copied)))
        } else {
            Err(Refusal::role(call.first()))
        }
    }

    /// Something is done with a task, by its agent.
    pub(super) fn put_task(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        let id = call.first().to_owned();
        let Some(copied) = self.node(call.side).tasks.get(&id) else { return Err(Refusal::not_found(&id)) };
        let body = call.root("Dialog")?;
        let action = field(body, "requestedAction")?;
        if action == "UPDATE_CALL_DATA" {
            self.task_seen_by(call)?;
            let properties =
                body.find("mediaProperties").ok_or_else(|| Refusal::missing("mediaProperties"))?;
            let wrap_up = properties.get("wrapUpReason").map(str::to_owned);
            let kind = Kind::TaskData { id, vars: variables(body)?, wrap_up };
            return Ok(Answer::Accepted(vec![call.command(&copied.task.agent, None, kind)]));
        }
        let verb = match action {
            "ACCEPT" => TaskVerb::Accept,
            "START" => TaskVerb::Start,
            "PAUSE" => TaskVerb::Pause,
            "RESUME" => TaskVerb::Resume,
            "WRAP_UP" => TaskVerb::WrapUp,
            "CLOSE" => TaskVerb::Close,
            "TRANSFER" => TaskVerb::Transfer { to: field(body, "toAddress")?.to_owned() },
            _ => return Err(Refusal::invalid("requestedAction", action)),
        };
        let target = field(body, "targetMediaAddress")?;
        if copied.task.agent != call.asking {
            return Err(Refusal::role(&id));
        }
        if target != call.asking {
            return Err(Refusal::new(
                400,
                "Invalid Input",
                "targetMediaAddress is no party of yours",
                target,
            ));
        }
        Ok(Answer::Accepted(vec![call.command(call.asking, None, Kind::Task { id, verb })]))
    }
}
