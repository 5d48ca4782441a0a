//! `/Dialog/{id}`: reading a call and doing something with it.

use std::collections::BTreeMap;

use http::Method;

use super::{Answer, Call, Refusal};
use crate::core::SimCore;
use crate::core::command::{CallVerb, Command, Kind};
use crate::core::xml::Elem;

impl SimCore {
    /// `/Dialog/{id}`.
    pub(super) fn rest_dialog(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
        let calls = &self.node(call.side).calls;
        let Some(copied) = id.parse().ok().and_then(|number: u64| calls.get(&number)) else {
            return Err(Refusal::new(404, "Not Found", "Invalid dialogId specified for dialog", id));
        };
        if !self.may_see(call.asking, copied) {
            return Err(Refusal::new(401, "Authorization Failure", "UNAUTHORIZED", id));
        }
        if call.method == Method::GET {
            return Ok(Answer::Document(super::user::dialog(
                copied,
                calls.values(),
                self.profile.extra_elements,
            )));
        }
        if call.method != Method::PUT {
            return Err(Refusal::method());
        }
        let dialog = copied.call.id;
        let (kind, target) = dialog_command(call)?;
        if let Some(address) = target {
            // Whoever asks acts with his own leg.
            let own = copied.call.leg_of(call.asking).is_some_and(|leg| leg.address == address);
            if !own {
                return Err(Refusal::new(
                    400,
                    "Invalid Input",
                    "targetMediaAddress is no party of yours",
                    &address,
                ));
            }
        }
        let (user, request_id) = (call.asking.to_owned(), call.request_id.clone());
        Ok(Answer::Accepted(Command { user, request_id, dialog: Some(dialog), kind }))
    }
}

fn dialog_command(call: &Call<'_>) -> Result<(Kind, Option<String>), Refusal> {
    let bad = || Refusal::new(400, "Bad Request", "The request body is not a Dialog", "");
    let body = call.body.as_ref().filter(|body| body.name.eq_ignore_ascii_case("Dialog")).ok_or_else(bad)?;
    let field = |name: &str| {
        body.get(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| Refusal::missing(name))
    };
    let action = field("requestedAction")?;
    let verb = |verb| Ok(Kind::Call { verb });
    let kind = match action.as_str() {
        "ANSWER" => verb(CallVerb::Answer),
        "HOLD" => verb(CallVerb::Hold),
        "RETRIEVE" => verb(CallVerb::Retrieve),
        "DROP" => verb(CallVerb::Drop),
        "TRANSFER" => verb(CallVerb::Transfer),
        "CONFERENCE" => verb(CallVerb::Conference),
        "CONSULT_CALL" => Ok(Kind::Consult { to: field("toAddress")?, vars: variables(body)? }),
        "TRANSFER_SST" => Ok(Kind::Sst { to: field("toAddress")? }),
        "SEND_DTMF" => dtmf(body),
        "UPDATE_CALL_DATA" => {
            let properties =
                body.find("mediaProperties").ok_or_else(|| Refusal::missing("mediaProperties"))?;
            let wrap_up = properties.get("wrapUpReason").map(str::to_owned);
            let data = Kind::Data { vars: variables(body)?, wrap_up };
            return Ok((
                data,
                body.get("targetMediaAddress").filter(|text| !text.is_empty()).map(str::to_owned),
            ));
        }
        "START_RECORDING" | "ACCEPT" | "REJECT" | "CLOSE" => {
            Err(Refusal::new(501, "Not Implemented", "The action is not implemented on this system", &action))
        }
        _ => Err(Refusal::invalid("requestedAction", &action)),
    }?;
    Ok((kind, Some(field("targetMediaAddress")?)))
}

fn dtmf(body: &Elem) -> Result<Kind, Refusal> {
    let params = body.find("actionParams").map(|list| list.kids.as_slice()).unwrap_or_default();
    let digits = params
        .iter()
        .find(|param| param.get("name") == Some("dtmfString"))
        .and_then(|param| param.get("value"))
        .ok_or_else(|| Refusal::missing("dtmfString"))?;
    let valid = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D');
    if digits.is_empty() || !digits.chars().all(valid) {
        return Err(Refusal::invalid("dtmfString", digits));
    }
    Ok(Kind::Dtmf)
}

/// Call variables of a request. Unknown, read-only and repeated names are refused.
pub(super) fn variables(body: &Elem) -> Result<BTreeMap<String, String>, Refusal> {
    let list = body.find("mediaProperties").and_then(|properties| properties.find("callvariables"));
    let mut vars = BTreeMap::new();
    for variable in list.map(|list| list.kids.as_slice()).unwrap_or_default() {
        let name = variable.get("name").ok_or_else(|| Refusal::missing("name"))?;
        let numbered = name.strip_prefix("callVariable").and_then(|number| number.parse().ok());
        if !(numbered.is_some_and(|number: u8| (1..=10).contains(&number)) || name.starts_with("user.")) {
            return Err(Refusal::invalid("callvariables", name));
        }
        let value = variable.find("value").map(|value| value.text.clone()).unwrap_or_default();
        if vars.insert(name.to_owned(), value).is_some() {
            return Err(Refusal::invalid("callvariables", name));
        }
    }
    Ok(vars)
}
