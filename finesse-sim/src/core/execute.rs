//! CTI carries out a command: the one place where each kind of command meets the world.

use super::command::{Command, CtiError, Kind};
use super::reason::supervisor;
use super::site::Site;
use super::world::{World, state};
use crate::Side;

impl World {
    /// Carries out a command. Gives the dialog it concerned or made.
    pub(crate) fn execute(
        &mut self,
        site: &Site,
        command: &Command,
        side: Side,
        relogin_publishes: bool,
    ) -> Result<Option<u64>, CtiError> {
        let user = command.user.as_str();
        match (&command.kind, command.dialog) {
            (Kind::Login { extension, mobile }, _) => {
                self.login(user, extension, mobile.clone(), Some(side), relogin_publishes)?;
                Ok(None)
            }
            (Kind::State { state, reason, all_media }, _) => {
                self.set_state(user, state, *reason)?;
                if *all_media {
                    self.leave_all_media(user);
                }
                Ok(None)
            }
            (Kind::Supervisor { state: state::LOGOUT }, _) => {
                self.force(user, state::LOGOUT, supervisor(self.ccx), true);
                Ok(None)
            }
            (Kind::Supervisor { state }, _) => {
                let reason = (*state == state::NOT_READY).then_some(supervisor(self.ccx));
                self.set_state(user, state, reason).map(|()| None)
            }
            (Kind::Make { from, to, vars }, _) => self.make(user, from, to, vars.clone()).map(Some),
            (Kind::Call { verb }, Some(id)) => self.act(user, id, *verb).map(|()| Some(id)),
            (Kind::Consult { to, vars }, Some(id)) => self.consult(user, id, to, vars.clone()).map(Some),
            (Kind::Sst { to }, Some(id)) => self.transfer_away(user, id, to).map(|()| Some(id)),
            (Kind::Dtmf, Some(id)) => self.allowed(user, id, "SEND_DTMF").map(|_| Some(id)),
            (Kind::Data { vars, wrap_up, items }, Some(id)) => {
                self.data(user, id, vars, wrap_up.as_deref(), items.as_deref()).map(|()| Some(id))
            }
            (Kind::Monitor { from, to }, _) => self.monitor(user, from, to).map(Some),
            (Kind::Barge { to, monitoring, .. }, _) => self.barge(user, to, *monitoring).map(Some),
            (Kind::DropParticipant { party }, Some(id)) => {
                self.drop_participant(user, id, party).map(|()| Some(id))
            }
            (Kind::Record { works }, Some(id)) => {
                let extension = self.allowed(user, id, "HOLD")?;
                let refused = || CtiError::invalid_action("START_RECORDING", &extension);
                works.then_some(Some(id)).ok_or_else(refused)
            }
            (Kind::Preview { verb }, Some(id)) => self.answer_preview(user, id, *verb).map(|()| Some(id)),
            (Kind::Reclassify { to }, Some(id)) => self.reclassify(user, id, to).map(|()| Some(id)),
            (Kind::Callback { time, number }, Some(id)) => {
                self.schedule_callback(user, id, time.as_deref(), number.as_deref()).map(|()| Some(id))
            }
            (Kind::CancelCallback, Some(id)) => self.cancel_callback(user, id).map(|()| Some(id)),
            (Kind::Media { domain, change }, _) => {
                self.change_media(site, user, *domain, change, side).map(|()| None)
            }
            (Kind::Task { id, verb }, _) => self.act_on_task(user, id, verb).map(|()| None),
            (Kind::TaskData { id, vars, wrap_up }, _) => {
                self.set_task_data(id, vars, wrap_up.as_deref()).map(|()| None)
            }
            _ => Err(CtiError::invalid_state()),
        }
    }
}
