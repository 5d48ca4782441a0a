//! Commands on their way through the session: written at most once, and answered exactly once.

use std::time::Duration;

use finesse_model::{RequestId, UserState};
use finesse_rest::{Accepted, Command, Error, ErrorKind};

use super::{Op, Output, Phase, Purpose, ResyncCore};
use crate::event::Event;
use crate::outcome::Outcome;
use crate::resync::ledger::{Ended, Token};

/// Five refused passwords within this time lock an account.
const AUTH_WINDOW: Duration = Duration::from_secs(300);
/// Commands under way at once; an agent's clicks are few, and a loop that floods a session is told so.
const MAX_COMMANDS: usize = 256;

impl ResyncCore {
    /// A command from the application (with a token), or one of the session's own.
    pub(super) fn command(&mut self, now: Duration, token: Option<Token>, command: Command) {
        let id = self.request_id();
        if token.is_some()
            && !is_ready(&command)
            && matches!(command, Command::SetState { .. } | Command::SignOut { .. })
        {
            // His wish counts even if it cannot be carried out now.
            self.choice.chose_otherwise();
            if matches!(command, Command::SignOut { .. }) {
                self.give_up_repair("the agent signs out himself");
            } else if let Some(repair) = &mut self.repair {
                repair.wants_ready = false;
            }
        }
        let refusal = if !matches!(self.phase, Phase::Live) {
            Some(String::from("the session is not live; nothing is carried out later than it was asked for"))
        } else if self.ledger.len() >= MAX_COMMANDS {
            Some(format!("{MAX_COMMANDS} commands are under way already"))
        } else if self.is_locked_out(now) {
            Some(String::from("the credentials were refused; another refusal could lock the account"))
        } else {
            None
        };
        if let Some(why) = refusal {
            self.command_ended(Ended { id, command, token, outcome: Outcome::NotSent { why } });
            return;
        }
        self.ledger.open(id.clone(), command.clone(), token, &self.model);
        self.ask(Op::Submit(command, id.clone()), Purpose::Submit(id));
    }

    pub(super) fn submitted(&mut self, now: Duration, id: &RequestId, answer: Result<Accepted, Error>) {
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Unauthorized
        {
            self.refused_credentials(now, error);
        }
        if answer.is_ok() {
            self.unbar_audits();
        }
        if let Some(ended) = self.ledger.answered(now, id, &answer, self.params.event_wait) {
            self.command_ended(ended);
        }
        if matches!(self.phase, Phase::Live) {
            self.settle_commands();
            if self.audits.is_barred() {
                self.give_up_reads();
            }
        }
    }

    /// Whatever the picture shows now is applied.
    pub(super) fn settle_commands(&mut self) {
        for ended in self.ledger.settle_applied(&self.model) {
            self.command_ended(ended);
        }
    }

    /// A gap is over: what was under way when it opened is decided by the round of reading that was begun then.
    pub(super) fn settle_after_gap(&mut self, now: Duration, begun: Duration) {
        for ended in self.ledger.decide(now, begun, &self.model, true) {
            self.command_ended(ended);
        }
        // What was answered while it was read may be shown all the same.
        self.settle_commands();
    }

    pub(super) fn command_ended(&mut self, ended: Ended) {
        let Ended { id, command, token, outcome } = ended;
        // The session's own READY repeats what the agent chose.
        if outcome == Outcome::Applied && is_ready(&command) {
            self.choice.chose_ready();
        }
        let verb = command.verb().to_owned();
        self.feed(Event::Command { id: id.to_string(), verb, outcome: outcome.clone() });
        if let Some(token) = token {
            self.out.push(Output::Outcome(token, outcome));
        }
    }

    pub(super) fn refused_credentials(&mut self, now: Duration, error: &Error) {
        self.refusals.retain(|at| now.saturating_sub(*at) < AUTH_WINDOW);
        self.refusals.push(now);
        self.bar_audits();
        self.give_up_reads();
        self.attention("credentials", error.to_string());
    }

    /// Without reads nobody can say what became of what waits for one.
    fn give_up_reads(&mut self) {
        for ended in
            self.ledger.give_up("the credentials are refused, so it cannot be read what became of it")
        {
            self.command_ended(ended);
        }
    }

    fn is_locked_out(&self, now: Duration) -> bool {
        let lately = self.refusals.iter().filter(|at| now.saturating_sub(**at) < AUTH_WINDOW).count();
        lately >= usize::try_from(self.params.auth_budget).unwrap_or(usize::MAX)
    }
}

fn is_ready(command: &Command) -> bool {
    matches!(command, Command::SetState { state: UserState::Ready, .. })
}
