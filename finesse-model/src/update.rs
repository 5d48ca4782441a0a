//! What a notification carries.
//!
//! Verb and source decide what an update means; the node it came over and the state inside do not.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::content::Content;
use crate::cursor::Cursor;
use crate::document::Resource;
use crate::element::Extra;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::ids::RequestId;
use crate::schema::{Field, Shape};
use crate::writer::Writer;

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
    pub data: Option<Resource>,
    /// What this version does not know, as it came; also a `requestId` that identifies nothing, for example an empty one.
    pub extra: Extra,
}

impl Update {
    /// An update without a request id and without anything unknown.
    #[must_use]
    pub fn new(event: Verb, source: impl Into<String>, data: Option<Resource>) -> Self {
        Self { event, source: source.into(), request_id: None, data, extra: Extra::default() }
    }
}

/// The part that an element is, in any case.
fn part_of_update(name: &str) -> Option<&'static str> {
    ["event", "source", "requestId", "data"].into_iter().find(|part| part.eq_ignore_ascii_case(name))
}

impl Content for Verb {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        cursor.text().map(|text| Some(Self::parse(text)))
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(self.as_str());
    }

    fn shape() -> Shape {
        Shape::OneOf(&["POST", "PUT", "DELETE"])
    }
}

impl Content for Update {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        let (mut event, mut source, mut request_id, mut data) = (None, None, None, None);
        let mut extra = Extra::default();
        while let Some(tag) = cursor.child()? {
            match part_of_update(tag.name()) {
                Some("event") => cursor.fill(&mut event, "event", &mut extra)?,
                Some("source") => cursor.fill(&mut source, "source", &mut extra)?,
                // One that cannot be correlated with anything is as good as none.
                Some("requestId") => cursor.fill(&mut request_id, "requestId", &mut extra)?,
                Some(_) => {
                    while let Some(tag) = cursor.child()? {
                        match &data {
                            None => data = Some(Resource::read(cursor, &tag)?),
                            // One object is all that was ever seen.
                            Some(_) => cursor.keep(&tag, &mut extra)?,
                        }
                    }
                }
                None => cursor.keep(&tag, &mut extra)?,
            }
        }
        let missing = |what: &str| cursor.error(Kind::MissingField, format!("an Update without {what}"));
        Ok(Some(Self {
            event: event.ok_or_else(|| missing("event"))?,
            source: source.ok_or_else(|| missing("source"))?,
            request_id,
            data,
            extra,
        }))
    }

    fn write(&self, writer: &mut Writer) {
        writer.element("event", &self.event);
        writer.element("source", &self.source);
        if let Some(id) = &self.request_id {
            writer.element("requestId", id);
        }
        if let Some(data) = &self.data {
            writer.open("data");
            data.write(writer);
            writer.close("data");
        }
        for element in self.extra.iter() {
            writer.raw(element);
        }
    }

    fn shape() -> Shape {
        let fields = vec![
            Field::required("event", Verb::shape()),
            Field::required("source", Shape::Text),
            Field::one("requestId", Shape::Id),
            Field::one("data", Shape::Root),
        ];
        Shape::Object { name: "Update", fields }
    }
}

impl Serialize for Update {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.event.as_str())?;
        map.serialize_entry("source", &self.source)?;
        match (&self.request_id, self.extra.find("requestId")) {
            (Some(id), _) => map.serialize_entry("requestId", id)?,
            (None, Some(kept)) => map.serialize_entry("requestId", &kept.text)?,
            (None, None) => {}
        }
        if let Some(data) = &self.data {
            map.serialize_entry("data", &Data(data))?;
        }
        let unknown = self.extra.without(&["requestId"]);
        if !unknown.is_empty() {
            map.serialize_entry("extra", &unknown)?;
        }
        map.end()
    }
}

/// As JSON: the resource under its root's name.
struct Data<'a>(&'a Resource);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0.root(), self.0)?;
        map.end()
    }
}
