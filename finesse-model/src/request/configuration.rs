//! Configuration objects as they are sent: limits of the guide are checked first, and the field that breaks one is named.
//!
//! The object that was read is the object that is written: what this version does not know in it is written back. Fields that the
//! server alone sets are left out of a new object.

use std::ops::RangeInclusive;

use super::{Body, RequestError};
use crate::resources::configuration::{
    ChatConfig, ClusterConfig, EnterpriseDatabaseConfig, LayoutConfig, SystemConfig, TeamLayoutConfig,
};
use crate::resources::media_properties_layout::MediaPropertiesLayout;
use crate::resources::phone_book::{Contact, PhoneBook};
use crate::resources::reason_code::{ReasonCategory, ReasonCode, WrapUpReason};
use crate::resources::workflow::{Workflow, WorkflowAction, WorkflowActionType};
use crate::scalar::{Number, Scalar};

/// Whether an object is new or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is created: everything that the guide asks for must be there.
    Create,
    /// It is changed: limits hold for what is there.
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
/// A URI is empty or holds what XML cannot express.
pub fn assignment<'a>(
    root: &'static str,
    item: &str,
    uris: impl IntoIterator<Item = &'a str>,
) -> Result<String, RequestError> {
    let mut body = Body::new(root);
    for uri in uris {
        if uri.trim().is_empty() {
            return Err(RequestError::new("uri", "it is empty"));
        }
        body = body.group(item, |one| one.field("uri", uri));
    }
    body.into_xml()
}

/// Collects the checks of one object; the first that fails is kept.
struct Checks {
    purpose: Purpose,
    failed: Option<RequestError>,
}

/// Ports and codes are 1 to this.
const PORTS: RangeInclusive<i64> = 1..=65_535;

impl Checks {
    fn new(purpose: Purpose) -> Self {
        Self { purpose, failed: None }
    }

    fn fail(&mut self, field: &str, why: impl Into<String>) {
        if self.failed.is_none() {
            self.failed = Some(RequestError::new(field, why));
        }
    }

    /// A new object must have it.
    fn needed<T>(&mut self, field: &str, value: &Option<T>) -> &mut Self {
        if self.purpose == Purpose::Create && value.is_none() {
            self.fail(field, "a new object must have it");
        }
        self
    }

    /// Characters, if it is there.
    fn characters(
        &mut self,
        field: &str,
        text: &Option<String>,
        allowed: RangeInclusive<usize>,
    ) -> &mut Self {
        self.length(field, text, str::chars, allowed, "characters")
    }

    /// Bytes, if it is there.
    fn bytes(&mut self, field: &str, text: &Option<String>, allowed: RangeInclusive<usize>) -> &mut Self {
        self.length(field, text, str::bytes, allowed, "bytes")
    }

    fn length<'a, I: Iterator>(
        &mut self,
        field: &str,
        text: &'a Option<String>,
        units: impl Fn(&'a str) -> I,
        allowed: RangeInclusive<usize>,
        unit: &str,
    ) -> &mut Self {
        if let Some(text) = text {
            let length = units(text).count();
            if !allowed.contains(&length) {
                let (least, most) = allowed.into_inner();
                self.fail(field, format!("it has {length} {unit}; {least} to {most} are allowed"));
            }
        }
        self
    }

    /// A number, if it is there.
    fn number(&mut self, field: &str, number: &Option<Number>, allowed: RangeInclusive<i64>) -> &mut Self {
        let (least, most) = (*allowed.start(), *allowed.end());
        match number {
            Some(Scalar::Value(value)) if !allowed.contains(value) => {
                self.fail(field, format!("it is {value}; {least} to {most} are allowed"));
            }
            Some(Scalar::Text(_)) => {
                self.fail(field, format!("it is no number; {least} to {most} are allowed"))
            }
            _ => {}
        }
        self
    }

    /// How many there may be.
    fn at_most(&mut self, field: &str, count: usize, most: usize) -> &mut Self {
        if count > most {
            self.fail(field, format!("there are {count}; {most} are allowed"));
        }
        self
    }

    fn done(&mut self) -> Result<(), RequestError> {
        self.failed.take().map_or(Ok(()), Err)
    }
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
        let mut checks = Checks::new(purpose);
        checks
            .needed("category", &self.category)
            .needed("code", &self.code)
            .needed("label", &self.label)
            .needed("forAll", &self.for_all)
            .number("code", &self.code, PORTS)
            .bytes("label", &self.label, 1..=40);
        match &self.category {
            None | Some(ReasonCategory::NotReady | ReasonCategory::Logout) => {}
            Some(_) => checks.fail("category", "it must be NOT_READY or LOGOUT"),
        }
        if matches!(self.system_code, Some(Scalar::Value(true))) {
            checks.fail("systemCode", "a code of the system cannot be changed");
        }
        checks.done()?;
        without!(self, purpose, uri, id, system_code).to_xml()
    }
}

impl Draft for WrapUpReason {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks
            .needed("label", &self.label)
            .needed("forAll", &self.for_all)
            .bytes("label", &self.label, 1..=39)
            .done()?;
        without!(self, purpose, uri).to_xml()
    }
}

impl Draft for PhoneBook {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks
            .needed("name", &self.name)
            .needed("type", &self.r#type)
            .characters("name", &self.name, 1..=64)
            .done()?;
        without!(self, purpose, uri, contacts).to_xml()
    }
}

impl Draft for Contact {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks
            .needed("phoneNumber", &self.phone_number)
            .characters("firstName", &self.first_name, 0..=128)
            .characters("lastName", &self.last_name, 0..=128)
            .characters("phoneNumber", &self.phone_number, 1..=32)
            .characters("description", &self.description, 0..=128)
            .done()?;
        without!(self, purpose, uri).to_xml()
    }
}

impl Draft for MediaPropertiesLayout {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks.needed("name", &self.name).needed("header", &self.header);
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
        let mut checks = Checks::new(purpose);
        checks
            .needed("name", &self.name)
            .needed("TriggerSet", &self.trigger_set)
            .characters("name", &self.name, 1..=40)
            .characters("description", &self.description, 0..=128);
        if let Some(set) = &self.condition_set {
            checks.at_most("conditions", set.conditions.as_ref().map_or(0, Vec::len), 5);
        }
        let actions = self.workflow_actions.as_deref().unwrap_or_default();
        checks.at_most("workflowActions", actions.len(), 5);
        if actions.iter().any(|action| action.uri.as_deref().is_none_or(str::is_empty)) {
            checks.fail("workflowActions", "an action must have its uri");
        }
        checks.done()?;
        let mut object = without!(self, purpose, uri);
        for action in object.workflow_actions.iter_mut().flatten() {
            *action = WorkflowAction { uri: action.uri.take(), ..WorkflowAction::default() };
        }
        if object == Self::default() {
            return Err(RequestError::new("Workflow", "at least one attribute must be given"));
        }
        object.to_xml()
    }
}

impl Draft for WorkflowAction {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks
            .needed("name", &self.name)
            .needed("type", &self.r#type)
            .needed("handledBy", &self.handled_by)
            .needed("params", &self.params)
            .characters("name", &self.name, 1..=64)
            .at_most("actionVariables", self.action_variables.as_ref().map_or(0, Vec::len), 5);
        if let (Some(kind), Some(params)) = (&self.r#type, &self.params) {
            let needed: &[&str] = match kind {
                WorkflowActionType::BrowserPop => &["path", "windowName"],
                WorkflowActionType::HttpRequest => &["method", "path", "location"],
                WorkflowActionType::Other(_) => &[],
            };
            for name in needed {
                if !params.iter().any(|param| param.name.as_deref() == Some(name)) {
                    checks.fail("params", format!("the parameter {name} is missing"));
                }
            }
        }
        checks.done()?;
        without!(self, purpose, uri).to_xml()
    }
}

impl Draft for SystemConfig {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        match &self.cti {
            Some(cti) => {
                checks
                    .needed("host", &cti.host)
                    .needed("port", &cti.port)
                    .needed("peripheralId", &cti.peripheral_id)
                    .number("port", &cti.port, PORTS)
                    .number("backupPort", &cti.backup_port, PORTS);
                if cti.backup_host.as_deref().is_some_and(|host| !host.is_empty())
                    && cti.backup_port.is_none()
                {
                    checks.fail("backupPort", "a backup host needs its port");
                }
            }
            None => checks.fail("cti", "it must be given"),
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for ClusterConfig {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let host = self.secondary_node.as_ref().and_then(|node| node.host.clone());
        let mut checks = Checks::new(purpose);
        if host.is_none() {
            checks.fail("secondaryNode", "its host must be given");
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for EnterpriseDatabaseConfig {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks
            .needed("host", &self.host)
            .needed("port", &self.port)
            .needed("databaseName", &self.database_name)
            .needed("username", &self.username)
            .needed("password", &self.password)
            .number("port", &self.port, PORTS)
            .done()?;
        self.to_xml()
    }
}

impl Draft for LayoutConfig {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        if self.layout_xml.as_deref().is_none_or(|layout| layout.trim().is_empty()) {
            checks.fail("layoutxml", "it must be given");
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for TeamLayoutConfig {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        match self.use_default {
            Some(Scalar::Value(true)) => {}
            Some(Scalar::Value(false)) => {
                if self.layout_xml.as_deref().is_none_or(|layout| layout.trim().is_empty()) {
                    checks.fail("layoutxml", "it must be given where the default is not used");
                }
            }
            _ => checks.fail("useDefault", "it must be true or false"),
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for ChatConfig {
    fn to_request(&self, purpose: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::new(purpose);
        checks.needed("primaryNode", &self.primary_node);
        for (field, node) in [("primaryNode", &self.primary_node), ("secondaryNode", &self.secondary_node)] {
            if node.as_deref().is_some_and(|url| !url.is_empty() && !url.starts_with("https://")) {
                checks.fail(field, "it must begin with https://");
            }
        }
        checks.done()?;
        self.to_xml()
    }
}
