//! What a client shows beside the truth.
//!
//! Compared are the facts that an agent works with: his state, extension and reason; which dialogs there are, their state, who is on
//! them and in which state, and their call variables. Times are not: they belong to the side's clock.

use std::collections::BTreeMap;

use finesse_model::{Dialog, Scalar, User};

use crate::{DialogTruth, Truth};

impl Truth {
    /// Every difference between what a client shows and this, in words; empty when it shows the same.
    #[must_use]
    pub fn differences(&self, user: Option<&User>, dialogs: &[Dialog]) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: String, shown: String, real: String| {
            if shown != real {
                found.push(format!("{what}: the picture says \"{shown}\", the truth is \"{real}\""));
            }
        };
        match user {
            Some(user) => {
                let state = user.state.as_ref().map_or("", |state| state.as_str());
                compare(String::from("state of the agent"), state.to_owned(), self.state.clone());
                let extension = user.extension.as_deref().unwrap_or("");
                compare(String::from("extension"), extension.to_owned(), self.extension.clone());
                let pending = user.pending_state.as_ref().map_or("", |state| state.as_str());
                compare(String::from("pending state"), pending.to_owned(), self.pending_state.clone());
                let reason = user
                    .reason_code
                    .as_ref()
                    .and_then(|reason| reason.code.as_ref())
                    .and_then(Scalar::value)
                    .copied();
                compare(String::from("reason code"), number(reason), number(self.reason_code));
            }
            None => compare(String::from("the agent"), String::from("unknown"), self.user.clone()),
        }
        let shown: BTreeMap<&str, &Dialog> =
            dialogs.iter().map(|dialog| (dialog.id.as_str(), dialog)).collect();
        let ids = |ids: Vec<&str>| ids.join(" ");
        compare(
            String::from("dialogs"),
            ids(shown.keys().copied().collect()),
            ids(self.dialogs.keys().map(String::as_str).collect()),
        );
        for (id, real) in &self.dialogs {
            if let Some(dialog) = shown.get(id.as_str()) {
                compare(format!("dialog {id}"), describe_shown(dialog), describe_real(real));
            }
        }
        found
    }
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| String::from("none"), |value| value.to_string())
}

fn describe_shown(dialog: &Dialog) -> String {
    let state = dialog.state.as_ref().map_or("", |state| state.as_str());
    let parties: BTreeMap<&str, &str> = dialog
        .participants()
        .iter()
        .map(|party| {
            let state = party.state.as_ref().map_or("", |state| state.as_str());
            (party.media_address.as_deref().unwrap_or(""), state)
        })
        .collect();
    let variables: BTreeMap<&str, &str> = dialog
        .media_properties
        .iter()
        .flat_map(|properties| properties.call_variables.iter().flatten())
        .map(|variable| (variable.name.as_deref().unwrap_or(""), variable.value.as_deref().unwrap_or("")))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    format!("{state} {parties:?} {variables:?}")
}

fn describe_real(dialog: &DialogTruth) -> String {
    let parties: BTreeMap<&str, &str> = dialog
        .participants
        .iter()
        .map(|party| (party.media_address.as_str(), party.state.as_str()))
        .collect();
    let variables: BTreeMap<&str, &str> = dialog
        .call_variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    format!("{} {parties:?} {variables:?}", dialog.state)
}
