//! What a notification carries.
//!
//! Verb and source decide what an update means; the node it came over and the state inside do not.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api_errors::ApiErrors;
use crate::cursor::{Cursor, Read};
use crate::dialog::{Dialog, Dialogs};
use crate::document::canonical_root;
use crate::element::Element;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::ids::RequestId;
use crate::system_info::SystemInfo;
use crate::user::User;

/// What happened to the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// Something was added.
    Post,
    /// It changed.
    Put,
    /// Something was removed.
    Delete,
    /// A verb that this version does not know, upper-case.
    Other(String),
}

impl Verb {
    /// The verb, upper-case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Other(text) => text,
        }
    }

    /// Reads a verb in any case.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_uppercase();
        match text.as_str() {
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other(text),
        }
    }
}

/// What a notification carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// What happened.
    pub event: Verb,
    /// URI of what it happened to: the main routing key.
    pub source: String,
    /// The client's id of the request that caused it, at best.
    pub request_id: Option<RequestId>,
    /// The object after the change; absent on some removals.
    pub data: Option<UpdateData>,
}

/// The object inside of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateData {
    /// A user.
    User(Box<User>),
    /// One changed dialog.
    Dialog(Box<Dialog>),
    /// Added or removed dialogs.
    Dialogs(Dialogs),
    /// Refusals of what had been accepted.
    ApiErrors(ApiErrors),
    /// The side itself.
    SystemInfo(Box<SystemInfo>),
    /// Anything else, as it came.
    Other(Element),
}

impl UpdateData {
    fn read(cursor: &mut Cursor<'_>, name: String) -> Result<Self, DecodeError> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "user" => Self::User(Box::new(User::read(cursor)?)),
            "dialog" => Self::Dialog(Box::new(Dialog::read(cursor)?)),
            "dialogs" => Self::Dialogs(Dialogs::read(cursor)?),
            "apierrors" => Self::ApiErrors(ApiErrors::read(cursor)?),
            "systeminfo" => Self::SystemInfo(Box::new(SystemInfo::read(cursor)?)),
            _ => Self::Other(cursor.element(name)?),
        })
    }
}

impl Serialize for UpdateData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::User(user) => map.serialize_entry("User", user)?,
            Self::Dialog(dialog) => map.serialize_entry("Dialog", dialog)?,
            Self::Dialogs(dialogs) => map.serialize_entry("Dialogs", dialogs)?,
            Self::ApiErrors(errors) => map.serialize_entry("ApiErrors", errors)?,
            Self::SystemInfo(info) => map.serialize_entry("SystemInfo", info)?,
            Self::Other(element) => map.serialize_entry(&canonical_root(&element.name), element)?,
        }
        map.end()
    }
}

impl Read for Update {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let (mut event, mut source, mut request_id, mut data) = (None, None, None, None);
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "event" => event = Some(Verb::parse(&cursor.text()?)),
                "source" => source = Some(cursor.text()?),
                // An empty or unusable id is as good as none: it can be correlated with nothing.
                "requestId" => request_id = RequestId::new(cursor.text()?).ok(),
                "data" => {
                    while let Some(name) = cursor.child()? {
                        data = Some(UpdateData::read(cursor, name)?);
                    }
                }
                _ => cursor.skip()?,
            }
        }
        let missing = |what: &str| cursor.error(Kind::MissingField, format!("an Update without {what}"));
        Ok(Self {
            event: event.ok_or_else(|| missing("event"))?,
            source: source.ok_or_else(|| missing("source"))?,
            request_id,
            data,
        })
    }
}

impl Serialize for Update {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.event.as_str())?;
        map.serialize_entry("source", &self.source)?;
        if let Some(id) = &self.request_id {
            map.serialize_entry("requestId", id)?;
        }
        if let Some(data) = &self.data {
            map.serialize_entry("data", data)?;
        }
        map.end()
    }
}
