//! `/Dialog/{id}`: reading a call or a task and doing something with it.

use super::answer::{Answer, Refusal};
use super::call::{Call, field, optional};
use super::dialog_body::{classification, digits, parameter, variables};
use super::roles::{Role, Who};
use super::routes::{Route, get, put};
use crate::DropParticipantFor;
use crate::core::SimCore;
use crate::core::call::{OUTBOUND_PREVIEW, leg};
use crate::core::command::{CallVerb, Kind, PreviewVerb};
use crate::core::node::CopiedCall;
use crate::core::xml::Elem;

pub(super) const ROUTES: &[Route] = &[
    get("/Dialog/{dialogId}", Who::Known, |core, call| {
        if let Some(task) = core.task_seen_by(call)? {
            return Ok(Answer::Document(task));
        }
        let copied = core.dialog_seen_by(call)?;
        let calls = &core.node(call.side).calls;
        Ok(Answer::Document(super::user::dialog(copied, calls.values(), core.profile.extra_elements)))
    }),
    put("/Dialog/{dialogId}", Who::Known, |core, call| {
        if core.node(call.side).tasks.contains_key(call.first()) {
            return core.put_task(call);
        }
        core.put_dialog(call)
    }),
];

impl SimCore {
    /// The call of a path, if whoever asks may see it.
    fn dialog_seen_by(&self, call: &Call<'_>) -> Result<&CopiedCall, Refusal> {
        let id = call.first();
        let found = id.parse().ok().and_then(|number: u64| self.node(call.side).calls.get(&number));
        let Some(copied) = found else {
            return Err(Refusal::new(404, "Not Found", "Invalid dialogId specified for dialog", id));
        };
        if self.may_see(call, copied) { Ok(copied) } else { Err(Refusal::role(id)) }
    }

    fn put_dialog(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        let copied = self.dialog_seen_by(call)?;
        let body = call.root("Dialog")?;
        let action = field(body, "requestedAction")?;
        let kind = self.dialog_command(copied, body, action)?;
        let target = match kind {
            Kind::Data { .. } => optional(body, "targetMediaAddress"),
            _ => Some(field(body, "targetMediaAddress")?),
        };
        let own = copied.call.leg_of(call.asking);
        match &kind {
            Kind::Data { .. } => {
                if own.is_none() && call.role == Role::Agent {
                    return Err(Refusal::role(call.first()));
                }
            }
            Kind::DropParticipant { party } => self.check_drop(call, copied, party)?,
            _ => {
                // Whoever asks acts with his own leg.
                let target = target.unwrap_or_default();
                if own.is_none_or(|leg| leg.address != target) {
                    let message = "targetMediaAddress is no party of yours";
                    return Err(Refusal::new(400, "Invalid Input", message, target));
                }
            }
        }
        if matches!(kind, Kind::Dtmf) && own.is_some_and(|own| own.state == leg::HELD) {
            return Err(Refusal::new(401, "Invalid State", "The call is held", call.first()));
        }
        Ok(Answer::Accepted(vec![call.command(call.asking, Some(copied.call.id), kind)]))
    }

    /// Who may put which party out of a conference.
    fn check_drop(&self, call: &Call<'_>, copied: &CopiedCall, party: &str) -> Result<(), Refusal> {
        let everybody = self.profile.rest.drop_participant_for == DropParticipantFor::All;
        if copied.call.leg_of(call.asking).is_none() || (call.role == Role::Agent && !everybody) {
            return Err(Refusal::role(call.first()));
        }
        let mut legs = copied.call.legs.iter().filter(|leg| leg.is_present());
        match legs.find(|leg| leg.address == party) {
            Some(_) => Ok(()),
            None => {
                Err(Refusal::new(400, "Invalid Destination", "The target is no party of the call", party))
            }
        }
    }

    fn dialog_command(&self, copied: &CopiedCall, body: &Elem, action: &str) -> Result<Kind, Refusal> {
        let cce = self.profile.is_cce();
        let verb = |verb| Ok(Kind::Call { verb });
        match action {
            "ANSWER" => verb(CallVerb::Answer),
            "HOLD" => verb(CallVerb::Hold),
            "RETRIEVE" => verb(CallVerb::Retrieve),
            "DROP" => verb(CallVerb::Drop),
            "TRANSFER" => verb(CallVerb::Transfer),
            "CONFERENCE" => verb(CallVerb::Conference),
            "CONSULT_CALL" => Ok(Kind::Consult { to: destination(body)?, vars: variables(body)? }),
            "TRANSFER_SST" => Ok(Kind::Sst { to: destination(body)? }),
            "SEND_DTMF" => digits(body, cce).map(|()| Kind::Dtmf),
            "UPDATE_CALL_DATA" => self.call_data(body),
            "PARTICIPANT_DROP" if !cce => Err(self.other_platform(action)),
            "PARTICIPANT_DROP" => {
                Ok(Kind::DropParticipant { party: field(body, "targetMediaAddress")?.to_owned() })
            }
            "START_RECORDING" => Ok(Kind::Record { works: !cce }),
            "ACCEPT" | "REJECT" | "CLOSE" => {
                if copied.call.call_type == OUTBOUND_PREVIEW && !cce {
                    return Err(self.other_platform(action));
                }
                let verb = match action {
                    "ACCEPT" => PreviewVerb::Accept,
                    "REJECT" => PreviewVerb::Reject,
                    _ => PreviewVerb::Close,
                };
                Ok(Kind::Preview { verb })
            }
            "RECLASSIFY" => Ok(Kind::Reclassify { to: classification(body)? }),
            "UPDATE_SCHEDULED_CALLBACK" => {
                let (time, number) = (parameter(body, "callbackTime"), parameter(body, "callbackNumber"));
                if time.is_none() && number.is_none() {
                    return Err(Refusal::missing("callbackTime"));
                }
                if let Some(time) = time.as_deref().filter(|time| !is_local_minute(time)) {
                    return Err(Refusal::invalid("callbackTime", time));
                }
                Ok(Kind::Callback { time, number })
            }
            "CANCEL_SCHEDULED_CALLBACK" => Ok(Kind::CancelCallback),
            _ => Err(Refusal::invalid("requestedAction", action)),
        }
    }

    fn call_data(&self, body: &Elem) -> Result<Kind, Refusal> {
        let properties = body.find("mediaProperties").ok_or_else(|| Refusal::missing("mediaProperties"))?;
        let items = properties
            .find("wrapUpItems")
            .map(|list| list.kids.iter().map(|item| item.text.trim().to_owned()).collect::<Vec<_>>());
        if items.is_some() && self.profile.is_cce() {
            return Err(Refusal::invalid("wrapUpItems", "not on this system"));
        }
        let wrap_up = properties.get("wrapUpReason").map(str::to_owned);
        Ok(Kind::Data { vars: variables(body)?, wrap_up, items })
    }
}

/// Where a call is to go: anywhere but back to who sends it.
fn destination(body: &Elem) -> Result<String, Refusal> {
    let to = field(body, "toAddress")?;
    if Some(to) == body.get("targetMediaAddress") {
        return Err(Refusal::new(400, "Invalid Destination", "The number called is the number calling", to));
    }
    Ok(to.to_owned())
}

/// `YYYY-MM-DDThh:mm`, without a zone.
fn is_local_minute(text: &str) -> bool {
    text.len() == 16
        && text.char_indices().all(|(at, c)| match at {
            4 | 7 => c == '-',
            10 => c == 'T',
            13 => c == ':',
            _ => c.is_ascii_digit(),
        })
}
