//! The checks of one object before it is sent; the first that fails is kept.
//!
//! Two rules hold for every object. What must be there must not be empty. What may be absent may also be empty, for servers write
//! `<backupPort></backupPort>`, and what was read must be writable.

use std::ops::RangeInclusive;

use super::{Purpose, RequestError};
use crate::content::Content;
use crate::resources::media_properties_layout::{LayoutColumn, LayoutType};
use crate::resources::phone_book::PhoneBookType;
use crate::resources::reason_code::ReasonCategory;
use crate::resources::workflow::{ApplyMethod, Param, TriggerSet, VariableType, WorkflowActionType};
use crate::scalar::{Flag, Number, Scalar};
use crate::schema::Shape;

/// Ports, and the codes of reasons.
pub(super) const PORTS: RangeInclusive<i64> = 1..=65_535;

/// Collects the checks of one object.
pub(super) struct Checks {
    /// Everything that the guide asks for must be there.
    whole: bool,
    failed: Option<RequestError>,
}

impl Checks {
    /// For an object of which there are many: a new one is whole, of a changed one only what changes may be there.
    pub(super) fn of_object(purpose: Purpose) -> Self {
        Self { whole: purpose == Purpose::Create, failed: None }
    }

    /// For a setting, which exists once: it is only ever changed, and always written whole.
    pub(super) fn of_setting() -> Self {
        Self { whole: true, failed: None }
    }

    pub(super) fn fail(&mut self, field: &str, why: impl Into<String>) {
        if self.failed.is_none() {
            self.failed = Some(RequestError::new(field, why));
        }
    }

    /// A whole object must have it, and where it is, it must not be empty.
    pub(super) fn needed<T: Given>(&mut self, field: &str, value: &Option<T>) -> &mut Self {
        match value {
            Some(value) if !value.is_given() => self.fail(field, "it is empty"),
            None if self.whole => self.fail(field, "it must be given"),
            _ => {}
        }
        self
    }

    /// Characters, if it is there.
    pub(super) fn characters(&mut self, field: &str, text: &Option<String>, most: usize) -> &mut Self {
        self.length(field, text.as_deref().map(|text| text.chars().count()), most, "characters")
    }

    /// Bytes, if it is there.
    pub(super) fn bytes(&mut self, field: &str, text: &Option<String>, most: usize) -> &mut Self {
        self.length(field, text.as_deref().map(str::len), most, "bytes")
    }

    fn length(&mut self, field: &str, length: Option<usize>, most: usize, unit: &str) -> &mut Self {
        if let Some(length) = length.filter(|length| *length > most) {
            self.fail(field, format!("it has {length} {unit}; at most {most} are allowed"));
        }
        self
    }

    /// A number, if it is there and not empty.
    pub(super) fn number(
        &mut self,
        field: &str,
        number: &Option<Number>,
        allowed: RangeInclusive<i64>,
    ) -> &mut Self {
        match number {
            Some(Scalar::Value(value)) if !allowed.contains(value) => {
                let (least, most) = allowed.into_inner();
                self.fail(field, format!("it is {value}; {least} to {most} are allowed"));
            }
            Some(Scalar::Text(text)) if !text.trim().is_empty() => self.fail(field, "it is no number"),
            _ => {}
        }
        self
    }

    /// A flag, if it is there and not empty.
    pub(super) fn flag(&mut self, field: &str, flag: &Option<Flag>) -> &mut Self {
        match flag {
            Some(Scalar::Text(text)) if !text.trim().is_empty() => {
                self.fail(field, "it must be true or false");
            }
            _ => {}
        }
        self
    }

    /// A value that the guide lists, if it is there and not empty.
    pub(super) fn listed<T: Closed>(&mut self, field: &str, value: &Option<T>) -> &mut Self {
        match (value.as_ref().and_then(Closed::unknown), T::shape()) {
            (Some(text), Shape::OneOf(known)) => self.one_of(field, Some(text), known),
            _ => self,
        }
    }

    /// The same for text.
    pub(super) fn one_of(&mut self, field: &str, text: Option<&str>, known: &[&str]) -> &mut Self {
        if text.is_some_and(|text| !text.is_empty() && !known.contains(&text)) {
            self.fail(field, format!("it must be {}", known.join(" or ")));
        }
        self
    }

    /// How many there may be.
    pub(super) fn at_most(&mut self, field: &str, count: usize, most: usize) -> &mut Self {
        if count > most {
            self.fail(field, format!("there are {count}; {most} are allowed"));
        }
        self
    }

    pub(super) fn done(&mut self) -> Result<(), RequestError> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

/// What can be there and say nothing.
pub(super) trait Given {
    /// True if it says something.
    fn is_given(&self) -> bool;
}

impl Given for String {
    fn is_given(&self) -> bool {
        !self.trim().is_empty()
    }
}

impl<T> Given for Scalar<T> {
    fn is_given(&self) -> bool {
        match self {
            Self::Value(_) => true,
            Self::Text(text) => !text.trim().is_empty(),
        }
    }
}

impl Given for LayoutColumn {
    fn is_given(&self) -> bool {
        !self.entries.is_empty()
    }
}

impl Given for TriggerSet {
    fn is_given(&self) -> bool {
        *self != Self::default()
    }
}

impl Given for Vec<Param> {
    fn is_given(&self) -> bool {
        !self.is_empty()
    }
}

/// An enumeration of which the guide lists every value that may be written; reading it is open.
pub(super) trait Closed: Content {
    /// The text of a value that is not listed.
    fn unknown(&self) -> Option<&str>;
}

macro_rules! closed {
    ($($name:ident)*) => {
        $(impl Closed for $name {
            fn unknown(&self) -> Option<&str> {
                match self {
                    Self::Other(text) => Some(text),
                    _ => None,
                }
            }
        }

        impl Given for $name {
            fn is_given(&self) -> bool {
                !self.is_empty()
            }
        })*
    };
}

closed! { ApplyMethod LayoutType PhoneBookType ReasonCategory VariableType WorkflowActionType }
