//! Whether the agent is signed in on the side that has just been reached.
//!
//! A LOGIN of somebody who is signed in keeps his state, so it is the way to claim him on another side. It is never sent while somebody else is
//! known to own the agent, nor to an agent whom a supervisor, a rule or he himself has signed out.
//!
//! Invariant: the decision depends on its arguments only.

use std::time::Duration;

use finesse_model::{User, UserState};

use super::SignIn;
use super::guard::was_failure;

/// What to do about the sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nothing to be sent: an observer, an agent who is claimed here already, or one who was signed out before the gap.
    Leave,
    /// LOGIN, which keeps the state.
    Keep,
    /// LOGIN of an agent who is signed out.
    SignIn,
    /// Somebody signed the agent in on another extension.
    TakenOver { extension: String },
    /// He was signed out while nothing was listening, for a reason that is to be respected.
    LoggedOut { why: String },
}

/// What is known when the decision is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) sign_in: Option<&'a SignIn>,
    /// The agent as just read.
    pub(crate) user: &'a User,
    /// Nothing was known before.
    pub(crate) cold: bool,
    /// The agent was signed in, as far as was known.
    pub(crate) was_signed_in: bool,
    /// He was claimed on the stream in use, which has survived, so he is claimed still.
    pub(crate) resumed: bool,
    /// How long nothing was heard.
    pub(crate) gap: Duration,
    /// A longer gap means that the agent may have left.
    pub(crate) max_gap: Duration,
}

/// Whether the agent is signed in, as far as he shows a state at all.
pub(crate) fn is_signed_in(user: &User) -> bool {
    user.state.as_ref().is_some_and(UserState::is_signed_in)
}

/// The other extension on which the agent is signed in, if that is so.
pub(crate) fn elsewhere<'a>(user: &'a User, sign_in: &SignIn) -> Option<&'a str> {
    let extension = user.extension.as_deref().filter(|extension| !extension.is_empty())?;
    (is_signed_in(user) && extension != sign_in.extension.as_str()).then_some(extension)
}

/// Decides.
pub(crate) fn decide(situation: &Situation<'_>) -> Claim {
    let Situation { sign_in: Some(sign_in), user, .. } = situation else { return Claim::Leave };
    if let Some(extension) = elsewhere(user, sign_in) {
        return Claim::TakenOver { extension: extension.to_owned() };
    }
    if is_signed_in(user) {
        // Only the side of the sign-in knows how a mobile agent is reached, and a CTI failover makes it forget.
        return if situation.resumed && sign_in.mobile.is_none() { Claim::Leave } else { Claim::Keep };
    }
    if situation.cold {
        return Claim::SignIn;
    }
    if !situation.was_signed_in {
        return Claim::Leave;
    }
    let reason =
        user.reason_number().map_or_else(|| String::from("no reason given"), |code| format!("reason {code}"));
    let in_time = situation.gap <= situation.max_gap;
    match user.reason_class() {
        Some(_) if was_failure(user) && in_time => Claim::SignIn,
        None if user.reason_number().is_none_or(|code| code < 0) && in_time => Claim::SignIn,
        class if !in_time && (class.is_none() || was_failure(user)) => Claim::LoggedOut {
            why: format!("{reason}; nothing was heard for {:?}, so the agent may have left", situation.gap),
        },
        Some(class) => Claim::LoggedOut { why: format!("{reason} ({class:?})") },
        None => Claim::LoggedOut { why: reason },
    }
}

#[cfg(test)]
mod tests {
    use finesse_model::{Extension, MobileAgent};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sign_in() -> SignIn {
        SignIn { extension: Extension::new("7301").unwrap(), device: None, mobile: None }
    }

    fn user(state: &str, extension: &str, reason: i64) -> User {
        User::from_xml(&format!(
            "<User><state>{state}</state><extension>{extension}</extension><reasonCode><code>{reason}</code></reasonCode></User>"
        ))
        .unwrap()
    }

    fn after_gap<'a>(sign_in: &'a SignIn, user: &'a User) -> Situation<'a> {
        Situation {
            sign_in: Some(sign_in),
            user,
            cold: false,
            was_signed_in: true,
            resumed: false,
            gap: MINUTE,
            max_gap: 15 * MINUTE,
        }
    }

    #[test]
    fn an_agent_who_is_signed_in_is_claimed_and_keeps_his_state() {
        assert_eq!(decide(&after_gap(&sign_in(), &user("READY", "7301", -1))), Claim::Keep);
    }

    #[test]
    fn a7_an_agent_on_another_extension_is_not_touched() {
        let taken = Claim::TakenOver { extension: String::from("7399") };
        assert_eq!(decide(&after_gap(&sign_in(), &user("READY", "7399", -1))), taken);
    }

    #[test]
    fn a5_a_logout_by_a_supervisor_is_respected() {
        assert!(matches!(decide(&after_gap(&sign_in(), &user("LOGOUT", "", 999))), Claim::LoggedOut { .. }));
    }

    #[test]
    fn the_agents_own_logout_is_respected() {
        assert!(matches!(decide(&after_gap(&sign_in(), &user("LOGOUT", "", 12))), Claim::LoggedOut { .. }));
    }

    #[test]
    fn a_forced_logout_is_repaired_unless_the_agent_may_have_left() {
        let (sign_in, user) = (sign_in(), user("LOGOUT", "", 255));
        assert_eq!(decide(&after_gap(&sign_in, &user)), Claim::SignIn);
        let long = Situation { gap: 16 * MINUTE, ..after_gap(&sign_in, &user) };
        assert!(matches!(decide(&long), Claim::LoggedOut { .. }));
    }

    #[test]
    fn an_observer_never_signs_in() {
        let (sign_in, user) = (sign_in(), user("LOGOUT", "", 255));
        assert_eq!(decide(&Situation { sign_in: None, ..after_gap(&sign_in, &user) }), Claim::Leave);
    }

    #[test]
    fn a8_a_mobile_agent_is_claimed_again_on_the_same_side() {
        let mut sign_in = sign_in();
        let user = user("READY", "7301", -1);
        assert_eq!(decide(&Situation { resumed: true, ..after_gap(&sign_in, &user) }), Claim::Leave);
        sign_in.mobile = Some(MobileAgent::default());
        assert_eq!(decide(&Situation { resumed: true, ..after_gap(&sign_in, &user) }), Claim::Keep);
    }

    #[test]
    fn an_agent_who_had_signed_out_stays_signed_out() {
        let (sign_in, user) = (sign_in(), user("LOGOUT", "", 255));
        assert_eq!(decide(&Situation { was_signed_in: false, ..after_gap(&sign_in, &user) }), Claim::Leave);
    }
}
