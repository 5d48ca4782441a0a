//! Objects of the configuration as they are sent: limits of the guide are checked first, and the field that breaks one is named.
//!
//! The object that was read is the object that is written: what this version does not know in it is written back. Fields that the
//! server alone sets are left out of a new object.

use std::collections::HashSet;

use super::checks::{Checks, PORTS};
use super::{Body, RequestError};
use crate::resources::media_properties_layout::MediaPropertiesLayout;
use crate::resources::phone_book::{Contact, ContactsOf, PhoneBook};
use crate::resources::reason_code::{ReasonCategory, ReasonCode, WrapUpReason};
use crate::resources::workflow::{Variable, Workflow, WorkflowAction, WorkflowActionType};
use crate::scalar::Scalar;

/// Whether an object is new or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is created: everything that the guide asks for must be there.
    Create,
    /// It is changed: limits hold for what is there. A setting, which exists once, is always changed, and always whole.
    Update,
}

/// An object that the configuration API takes.
pub trait Draft {
    /// The body of the request.
    ///
    /// # Errors
    ///
    /// Names the field that is missing, breaks a limit of the guide, or holds what XML cannot express.
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError>;
}

/// The body that assigns objects to a team: it replaces the whole list, so an empty one removes all. `root` and `item` are names such as
/// `ReasonCodes` and `ReasonCode`.
///
/// # Errors
///
/// A URI is empty, stands there twice, or holds what XML cannot express.
pub fn assignment<'a>(
    root: &'static str,
    item: &str,
    uris: impl IntoIterator<Item = &'a str>,
) -> Result<String, RequestError> {
    let mut body = Body::new(root);
    let mut seen = HashSet::new();
    for uri in uris {
        if uri.trim().is_empty() {
            return Err(RequestError::new("uri", "it is empty"));
        }
        if !seen.insert(uri.trim()) {
            return Err(RequestError::new("uri", format!("{} stands there twice", uri.trim())));
        }
        body = body.group(item, |one| one.field("uri", uri));
    }
    body.into_xml()
}

/// The object without what only the server sets.
macro_rules! without {
    ($object:expr, $purpose:expr, $($field:ident),+) => {{
        let mut object = $object.clone();
        if $purpose == Purpose::Create {
            $(object.$field = None;)+
        }
        object
    }};
}

impl Draft for ReasonCode {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks
            .needed("category", &self.category)
            .needed("code", &self.code)
            .needed("label", &self.label)
            .needed("forAll", &self.for_all)
            .number("code", &self.code, PORTS)
            .bytes("label", &self.label, 40)
            .flag("forAll", &self.for_all)
            .flag("systemCode", &self.system_code);
        // All is for asking only.
        let categories = [ReasonCategory::NotReady.as_str(), ReasonCategory::Logout.as_str()];
        checks.one_of("category", self.category.as_ref().map(ReasonCategory::as_str), &categories);
        if matches!(self.system_code, Some(Scalar::Value(true))) {
            checks.fail("systemCode", "a code of the system cannot be changed");
        }
        checks.done()?;
        without!(self, purpose, uri, id, system_code).to_xml()
    }
}

impl Draft for WrapUpReason {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks
            .needed("label", &self.label)
            .needed("forAll", &self.for_all)
            .bytes("label", &self.label, 39)
            .flag("forAll", &self.for_all)
            .done()?;
        without!(self, purpose, uri).to_xml()
    }
}

impl Draft for PhoneBook {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks
            .needed("name", &self.name)
            .needed("type", &self.r#type)
            .characters("name", &self.name, 64)
            .listed("type", &self.r#type)
            .done()?;
        let mut book = without!(self, purpose, uri, contacts);
        // Contacts are written one by one, at their own place.
        book.contacts = book.contacts.filter(|contacts| matches!(contacts, ContactsOf::Uri(_)));
        book.to_xml()
    }
}

impl Draft for Contact {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks
            .needed("phoneNumber", &self.phone_number)
            .characters("firstName", &self.first_name, 128)
            .characters("lastName", &self.last_name, 128)
            .characters("phoneNumber", &self.phone_number, 32)
            .characters("description", &self.description, 128)
            .done()?;
        without!(self, purpose, uri).to_xml()
    }
}

impl Draft for MediaPropertiesLayout {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks.needed("name", &self.name).needed("header", &self.header).listed("type", &self.r#type);
        if let Some(header) = &self.header {
            checks.at_most("header", header.entries.len(), 1);
        }
        checks.at_most("column", self.columns.len(), 2);
        for column in &self.columns {
            checks.at_most("column", column.entries.len(), 10);
        }
        let entries = self.header.iter().chain(&self.columns).flat_map(|column| &column.entries);
        let popped = entries.clone().filter(|entry| entry.show_in_pop_over == Some(Scalar::Value(true)));
        checks.at_most("showInPopOver", popped.count(), 5);
        for entry in entries.clone() {
            checks.flag("showInPopOver", &entry.show_in_pop_over).flag("uiEditable", &entry.ui_editable);
        }
        if entries
            .clone()
            .any(|entry| entry.media_property.as_deref().is_none_or(|name| name.trim().is_empty()))
        {
            checks.fail("mediaProperty", "an entry must have one");
        }
        checks.done()?;
        without!(self, purpose, uri).to_xml()
    }
}

impl Draft for Workflow {
    /// Of the actions only the URIs are written.
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks
            .needed("name", &self.name)
            .needed("TriggerSet", &self.trigger_set)
            .characters("name", &self.name, 40)
            .characters("description", &self.description, 128);
        let mut compared = Vec::new();
        if let Some(set) = &self.trigger_set {
            checks.listed("type", &set.r#type);
            compared.extend(set.triggers.iter().flatten());
        }
        if let Some(set) = &self.condition_set {
            checks.listed("applyMethod", &set.apply_method).at_most(
                "conditions",
                set.conditions.as_ref().map_or(0, Vec::len),
                5,
            );
            compared.extend(set.conditions.iter().flatten());
        }
        variables(&mut checks, compared.iter().filter_map(|condition| condition.variable.as_ref()));
        let actions = self.workflow_actions.as_deref().unwrap_or_default();
        checks.at_most("workflowActions", actions.len(), 5);
        if actions.iter().any(|action| action.uri.as_deref().is_none_or(str::is_empty)) {
            checks.fail("workflowActions", "an action must have its uri");
        }
        checks.done()?;
        if (Self { uri: None, ..self.clone() }) == Self::default() {
            return Err(RequestError::new(
                "Workflow",
                "at least one attribute besides its uri must be given",
            ));
        }
        let mut object = without!(self, purpose, uri);
        for action in object.workflow_actions.iter_mut().flatten() {
            *action = WorkflowAction { uri: action.uri.take(), ..WorkflowAction::default() };
        }
        object.to_xml()
    }
}

impl Draft for WorkflowAction {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_object(purpose);
        checks
            .needed("name", &self.name)
            .needed("type", &self.r#type)
            .needed("handledBy", &self.handled_by)
            .needed("params", &self.params)
            .characters("name", &self.name, 64)
            .listed("type", &self.r#type)
            .one_of("handledBy", self.handled_by.as_deref(), &["FINESSE_DESKTOP", "OTHER"])
            .at_most("actionVariables", self.action_variables.as_ref().map_or(0, Vec::len), 5);
        variables(&mut checks, self.action_variables.iter().flatten());
        if let Some(params) = &self.params {
            let value = |name: &str| {
                let found = params.iter().find(|param| param.name.as_deref() == Some(name));
                found.map(|param| param.value.as_deref().unwrap_or_default())
            };
            let needed: &[&str] = match &self.r#type {
                Some(WorkflowActionType::BrowserPop) => &["path", "windowName"],
                Some(WorkflowActionType::HttpRequest) => &["method", "path", "location"],
                _ => &[],
            };
            for name in needed {
                match value(name) {
                    None => checks.fail("params", format!("the parameter {name} is missing")),
                    // A window without a name is one that nobody asks for again.
                    Some("") if *name != "windowName" => {
                        checks.fail("params", format!("the parameter {name} is empty"));
                    }
                    Some(_) => {}
                }
            }
            for (name, known) in [("method", ["PUT", "POST"]), ("location", ["FINESSE", "OTHER"])] {
                checks.one_of(name, value(name), &known);
            }
        }
        checks.done()?;
        without!(self, purpose, uri).to_xml()
    }
}

/// Whose a variable is, is listed.
fn variables<'a>(checks: &mut Checks, variables: impl Iterator<Item = &'a Variable>) {
    for variable in variables {
        checks.listed("type", &variable.r#type);
    }
}
