//! Calls of outbound campaigns: the offer of a customer, and what an agent says about him.

use std::collections::BTreeMap;

use super::call::{Call, Leg, OUTBOUND, OUTBOUND_DIRECT_PREVIEW, OUTBOUND_PREVIEW, leg};
use super::command::{CtiError, PreviewVerb};
use super::world::{Later, World, state};

impl World {
    /// Offers a customer to an agent who is ready, and gives the dialog of the offer.
    pub(crate) fn offer_preview(
        &mut self,
        agent: &str,
        customer: &str,
        direct: bool,
        mut vars: BTreeMap<String, String>,
    ) -> Result<u64, String> {
        let ready = self.agents.get(agent).filter(|known| known.now.state == state::READY);
        let extension = ready.ok_or_else(|| format!("agent {agent} is not ready"))?.now.extension.clone();
        let (call_type, status) = if direct {
            (OUTBOUND_DIRECT_PREVIEW, "DIRECT_PREVIEW_OUTBOUND_RESERVATION")
        } else {
            (OUTBOUND_PREVIEW, "PREVIEW_OUTBOUND_RESERVATION")
        };
        vars.insert("BACampaign".to_owned(), "Renewals".to_owned());
        vars.insert("BACustomerNumber".to_owned(), customer.to_owned());
        vars.insert("BAStatus".to_owned(), status.to_owned());
        let legs = vec![Leg::new(&extension, Some(agent), leg::ALERTING)];
        let id = self.insert_call(&extension, customer, call_type, legs, vars);
        self.settle_agent(agent);
        self.touch_call(id);
        Ok(id)
    }

    /// Answers an offer.
    pub(crate) fn answer_preview(&mut self, user: &str, id: u64, verb: PreviewVerb) -> Result<(), CtiError> {
        self.allowed(user, id, verb.as_str())?;
        let Some(call) = self.calls.get_mut(&id) else { return Err(CtiError::invalid_state()) };
        if verb == PreviewVerb::Accept {
            let direct = call.call_type == OUTBOUND_DIRECT_PREVIEW;
            let status = if direct { "DIRECT_PREVIEW_OUTBOUND" } else { "PREVIEW_OUTBOUND" };
            call.vars.insert("BAStatus".to_owned(), status.to_owned());
            call.call_type = OUTBOUND;
            if let Some(leg) = call.leg_of_mut(user) {
                leg.state = leg::INITIATING;
            }
            self.wanted.push(Later::Ring(id));
        } else if let Some(leg) = call.leg_of_mut(user) {
            leg.drop_now();
        }
        self.settle(id, false);
        Ok(())
    }

    /// Says what the customer turned out to be.
    pub(crate) fn reclassify(&mut self, user: &str, id: u64, to: &str) -> Result<(), CtiError> {
        self.change_campaign_call(user, id, "RECLASSIFY", |call| {
            to.clone_into(&mut call.classification);
            call.vars.insert("BAResponse".to_owned(), to.to_owned());
        })
    }

    /// Agrees on another call; what is not given stays as it was.
    pub(crate) fn schedule_callback(
        &mut self,
        user: &str,
        id: u64,
        time: Option<&str>,
        number: Option<&str>,
    ) -> Result<(), CtiError> {
        self.change_campaign_call(user, id, "UPDATE_SCHEDULED_CALLBACK", |call| {
            let old = call.callback.take().unwrap_or_default();
            let time = time.map_or(old.0, str::to_owned);
            call.callback = Some((time, number.map_or(old.1, str::to_owned)));
        })
    }

    /// Gives up what was agreed.
    pub(crate) fn cancel_callback(&mut self, user: &str, id: u64) -> Result<(), CtiError> {
        self.change_campaign_call(user, id, "CANCEL_SCHEDULED_CALLBACK", |call| call.callback = None)
    }

    fn change_campaign_call(
        &mut self,
        user: &str,
        id: u64,
        verb: &str,
        change: impl FnOnce(&mut Call),
    ) -> Result<(), CtiError> {
        self.allowed(user, id, verb)?;
        if let Some(call) = self.calls.get_mut(&id) {
            change(call);
        }
        self.touch_call(id);
        Ok(())
    }
}
