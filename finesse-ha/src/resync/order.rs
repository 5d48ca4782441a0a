//! Which of two versions of an object is the newer one, as far as the server lets anybody know.
//!
//! Finesse has no versions. What can be compared are the times at which the server says that a state began, and only between
//! versions from the same side: the clocks of two sides have nothing to do with each other, and neither have they with ours. Times
//! have a resolution of a millisecond and may be empty after a failover, so "cannot be told" is an ordinary answer.
//!
//! Invariant: an answer other than [`Order::Undecidable`] never contradicts the order in which the side itself went through the two
//! versions, provided that its clock did not step back.

use std::collections::BTreeMap;

use finesse_model::{Dialog, Participant, Timestamp, User};

/// How a version from an event relates to the version that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The event is newer.
    Newer,
    /// The event is older.
    Older,
    /// They say the same.
    Same,
    /// Nothing in them tells; only a further read can.
    Undecidable,
}

/// Orders a version of a user against the known one; elements that the event leaves out say nothing.
pub(crate) fn users(event: &User, known: &User) -> Order {
    if merged(known, event) == *known {
        return Order::Same;
    }
    match times(event.state_change_time.as_ref(), known.state_change_time.as_ref()) {
        Some(std::cmp::Ordering::Greater) => Order::Newer,
        Some(std::cmp::Ordering::Less) => Order::Older,
        _ => Order::Undecidable,
    }
}

/// Orders a version of a dialog against the known one.
///
/// Newer means: later in at least one participant and earlier in none. A participant whom only the event has makes it newer if his state began
/// after everything that is known: he has joined. One whom only the known version has may have left since or not have come yet, which cannot
/// be told.
pub(crate) fn dialogs(event: &Dialog, known: &Dialog) -> Order {
    if same_dialog(event, known) {
        return Order::Same;
    }
    let (theirs, ours) = (parties(event), parties(known));
    let (mut later, mut earlier) = (false, false);
    for (address, party) in &theirs {
        match ours.get(address) {
            Some(other) => match times(party.state_change_time.as_ref(), other.state_change_time.as_ref()) {
                Some(std::cmp::Ordering::Greater) => later = true,
                Some(std::cmp::Ordering::Less) => earlier = true,
                Some(std::cmp::Ordering::Equal) if party.state == other.state => {}
                _ => return Order::Undecidable,
            },
            None if after_all(party, &ours) => later = true,
            None => return Order::Undecidable,
        }
    }
    if ours.keys().any(|address| !theirs.contains_key(address)) {
        return Order::Undecidable;
    }
    match (later, earlier) {
        (true, false) => Order::Newer,
        (false, true) => Order::Older,
        _ => Order::Undecidable,
    }
}

/// `known` with everything that `event` says put over it. An absent element says nothing, so it overwrites nothing.
pub(crate) fn merged(known: &User, event: &User) -> User {
    let mut user = known.clone();
    macro_rules! over {
        ($($field:ident),*) => { $(if event.$field.is_some() { user.$field.clone_from(&event.$field); })* };
    }
    over!(
        uri,
        login_id,
        login_name,
        first_name,
        last_name,
        dialogs,
        extension,
        state_change_time,
        pending_state,
        mobile_agent,
        active_device_id,
        devices,
        roles,
        services,
        settings,
        skill_target_id,
        team_id,
        team_name,
        teams,
        media_state,
        wrap_up_timer
    );
    // The thin event of a ringing call says it with nothing inside; everybody has a media type all the same.
    if event.media_type.as_deref().is_some_and(|text| !text.trim().is_empty()) {
        user.media_type.clone_from(&event.media_type);
    }
    // The reason belongs to the state, and its id and its code belong together: READY carries none, the id -1 is none, and an old one must not survive.
    let another_state = event.state.is_some() && event.state != known.state;
    let another_id = event.reason_code_id.is_some() && event.reason_code_id != known.reason_code_id;
    let another_code = event.reason_code.is_some() && event.reason_code != known.reason_code;
    if event.state.is_some() {
        user.state.clone_from(&event.state);
    }
    if another_state || another_id || another_code {
        user.reason_code_id.clone_from(&event.reason_code_id);
        user.reason_code.clone_from(&event.reason_code);
    }
    if !event.extra.is_empty() {
        user.extra.clone_from(&event.extra);
    }
    user
}

/// `event` with whatever it leaves out of what is known of the dialog: an absent element says nothing. True with it if that is more than a detail
/// (the participants, the call variables), so that a read should confirm it.
pub(crate) fn filled(known: &Dialog, event: &Dialog) -> (Dialog, bool) {
    let mut dialog = event.clone();
    let lacks_parties = event.participants().is_empty() && !known.participants().is_empty();
    let lacks_media = event.media_properties.is_none() && known.media_properties.is_some();
    if lacks_parties {
        dialog.participants.clone_from(&known.participants);
    }
    macro_rules! fill {
        ($($field:ident),*) => { $(if event.$field.is_none() { dialog.$field.clone_from(&known.$field); })* };
    }
    fill!(
        uri,
        state,
        from_address,
        to_address,
        media_type,
        media_properties,
        associated_dialog_uri,
        secondary_id,
        callback_number,
        scheduled_callback_info
    );
    if event.extra.is_empty() {
        dialog.extra.clone_from(&known.extra);
    }
    (dialog, lacks_parties || lacks_media)
}

/// Equal but for the order of participants, of their actions, and of call variables.
pub(crate) fn same_dialog(one: &Dialog, other: &Dialog) -> bool {
    one == other || sorted(one) == sorted(other)
}

fn sorted(dialog: &Dialog) -> Dialog {
    let mut dialog = dialog.clone();
    if let Some(parties) = &mut dialog.participants {
        parties.sort_by(|a, b| a.media_address.cmp(&b.media_address));
    }
    for actions in dialog.participants.iter_mut().flatten().filter_map(|party| party.actions.as_mut()) {
        actions.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    }
    if let Some(variables) = dialog.media_properties.as_mut().and_then(|media| media.call_variables.as_mut())
    {
        variables.sort_by(|a, b| a.name.cmp(&b.name));
    }
    dialog
}

fn parties(dialog: &Dialog) -> BTreeMap<&str, &Participant> {
    dialog.participants().iter().map(|party| (party.media_address.as_deref().unwrap_or(""), party)).collect()
}

fn after_all(party: &Participant, others: &BTreeMap<&str, &Participant>) -> bool {
    !others.is_empty()
        && others.values().all(|other| {
            times(party.state_change_time.as_ref(), other.state_change_time.as_ref())
                == Some(std::cmp::Ordering::Greater)
        })
}

/// `None` where one of them is absent, empty or no time.
fn times(one: Option<&Timestamp>, other: Option<&Timestamp>) -> Option<std::cmp::Ordering> {
    Some(one?.unix_millis()?.cmp(&other?.unix_millis()?))
}

#[cfg(test)]
mod tests {
    use super::super::kit::timed_call;
    use super::*;

    fn user(state: &str, second: &str) -> User {
        User::from_xml(&format!(
            "<User><loginId>1001</loginId><state>{state}</state><stateChangeTime>{second}</stateChangeTime></User>"
        ))
        .unwrap()
    }

    const EARLY: &str = "2026-03-02T08:00:00.000Z";
    const LATE: &str = "2026-03-02T08:00:00.001Z";

    /// Participants as address, state, time.
    fn dialog(parties: &[(&str, &str, &str)]) -> Dialog {
        timed_call("1", parties)
    }

    #[test]
    fn a_later_time_is_newer_and_an_earlier_one_older() {
        assert_eq!(users(&user("READY", LATE), &user("NOT_READY", EARLY)), Order::Newer);
        assert_eq!(users(&user("READY", EARLY), &user("NOT_READY", LATE)), Order::Older);
    }

    #[test]
    fn equal_times_with_different_contents_and_empty_times_tell_nothing() {
        assert_eq!(users(&user("READY", EARLY), &user("NOT_READY", EARLY)), Order::Undecidable);
        assert_eq!(users(&user("READY", ""), &user("NOT_READY", EARLY)), Order::Undecidable);
    }

    #[test]
    fn a_thin_event_that_says_nothing_new_is_the_same() {
        let known = user("READY", EARLY);
        let thin = User::from_xml("<User><state>READY</state></User>").unwrap();
        assert_eq!(users(&thin, &known), Order::Same);
    }

    #[test]
    fn an_old_reason_does_not_survive_into_ready() {
        let known = User::from_xml(
            "<User><state>NOT_READY</state><reasonCodeId>-1</reasonCodeId><reasonCode><code>50002</code></reasonCode></User>",
        )
        .unwrap();
        let ready = User::from_xml("<User><state>READY</state></User>").unwrap();
        assert_eq!(merged(&known, &ready).reason_code, None);
    }

    #[test]
    fn a_thin_event_with_the_same_state_keeps_the_reason() {
        let known =
            User::from_xml("<User><state>NOT_READY</state><reasonCode><code>12</code></reasonCode></User>")
                .unwrap();
        let thin = User::from_xml("<User><state>NOT_READY</state></User>").unwrap();
        assert_eq!(users(&thin, &known), Order::Same);
    }

    #[test]
    fn an_old_reason_does_not_survive_another_one_of_the_same_state() {
        let not_ready =
            |inside: &str| User::from_xml(&format!("<User><state>NOT_READY</state>{inside}</User>")).unwrap();
        let known = not_ready(
            "<reasonCodeId>101</reasonCodeId><reasonCode><code>50002</code><label>Connection Failure</label></reasonCode>",
        );
        // None, as it comes.
        let none = not_ready("<reasonCodeId>-1</reasonCodeId>");
        assert_eq!(merged(&known, &none), none);
        // Another one, without its id.
        let lunch = not_ready("<reasonCode><code>12</code></reasonCode>");
        assert_eq!(merged(&known, &lunch), lunch);
        // The same one, without its code.
        let same = not_ready("<reasonCodeId>101</reasonCodeId>");
        assert_eq!(merged(&known, &same), known);
    }

    #[test]
    fn a_blank_media_type_of_a_thin_event_says_nothing() {
        let known = User::from_xml("<User><state>READY</state><mediaType>1</mediaType></User>").unwrap();
        for blank in ["", " "] {
            let thin = format!("<User><state>RESERVED</state><mediaType>{blank}</mediaType></User>");
            let merged = merged(&known, &User::from_xml(&thin).unwrap());
            assert_eq!(merged.media_type.as_deref(), Some("1"));
        }
    }

    #[test]
    fn a_dialog_is_newer_when_one_party_is_later_and_none_earlier() {
        let known = dialog(&[("1", "ACTIVE", EARLY), ("2", "ACTIVE", EARLY)]);
        assert_eq!(dialogs(&dialog(&[("1", "HELD", LATE), ("2", "ACTIVE", EARLY)]), &known), Order::Newer);
        let other = dialog(&[("1", "ACTIVE", LATE), ("2", "ACTIVE", LATE)]);
        assert_eq!(dialogs(&dialog(&[("1", "HELD", EARLY), ("2", "ACTIVE", LATE)]), &other), Order::Older);
    }

    #[test]
    fn parties_that_contradict_each_other_tell_nothing() {
        let known = dialog(&[("1", "ACTIVE", EARLY), ("2", "HELD", LATE)]);
        let event = dialog(&[("1", "HELD", LATE), ("2", "ACTIVE", EARLY)]);
        assert_eq!(dialogs(&event, &known), Order::Undecidable);
    }

    #[test]
    fn the_order_of_parties_is_no_difference() {
        let known = dialog(&[("1", "ACTIVE", EARLY), ("2", "ACTIVE", EARLY)]);
        assert_eq!(dialogs(&dialog(&[("2", "ACTIVE", EARLY), ("1", "ACTIVE", EARLY)]), &known), Order::Same);
    }

    #[test]
    fn a_party_who_came_after_everything_makes_it_newer() {
        let known = dialog(&[("1", "ACTIVE", EARLY)]);
        assert_eq!(dialogs(&dialog(&[("1", "ACTIVE", EARLY), ("2", "ACTIVE", LATE)]), &known), Order::Newer);
        let empty = dialog(&[("1", "ACTIVE", "")]);
        assert_eq!(
            dialogs(&dialog(&[("1", "ACTIVE", ""), ("2", "ACTIVE", LATE)]), &empty),
            Order::Undecidable
        );
    }

    #[test]
    fn a_party_who_is_missing_may_have_left_or_not_have_come() {
        let known = dialog(&[("1", "ACTIVE", EARLY), ("2", "ACTIVE", LATE)]);
        assert_eq!(dialogs(&dialog(&[("1", "ACTIVE", EARLY)]), &known), Order::Undecidable);
    }
}
