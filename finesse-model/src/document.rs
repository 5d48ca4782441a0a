//! Whole documents: which one it is, and its JSON.

use serde::Serialize;
use serde_json::{Value, json};

use crate::api_errors::ApiErrors;
use crate::cursor::{Cursor, Read};
use crate::dialog::{Dialog, Dialogs};
use crate::element::Element;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::stanza::{StanzaItem, items};
use crate::system_info::SystemInfo;
use crate::update::Update;
use crate::user::User;

/// Any document of Finesse.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Document {
    /// An answer of the REST API.
    Resource(Resource),
    /// What a notification carries.
    Update(Box<Update>),
    /// A refusal.
    Errors(ApiErrors),
    /// One item of a whole stanza.
    Item(Box<StanzaItem>),
}

/// A resource by its root element.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Resource {
    /// `User`
    User(Box<User>),
    /// `Dialog`
    Dialog(Box<Dialog>),
    /// `Dialogs`
    Dialogs(Dialogs),
    /// `SystemInfo`
    SystemInfo(Box<SystemInfo>),
    /// `Users`
    Users(Vec<User>),
    /// A resource that is not modelled yet, as it came.
    Other(Element),
}

/// What a root holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One resource.
    One,
    /// Any number of resources of one kind.
    List,
}

/// Roots that are known by name; any other root is not a document of Finesse.
const ROOTS: &[(&str, Shape)] = &[
    ("User", Shape::One),
    ("Users", Shape::List),
    ("Dialog", Shape::One),
    ("Dialogs", Shape::List),
    ("SystemInfo", Shape::One),
    ("ApiErrors", Shape::List),
    ("Update", Shape::One),
    ("Queue", Shape::One),
    ("Queues", Shape::List),
    ("Team", Shape::One),
    ("Teams", Shape::List),
    ("Media", Shape::One),
    ("MediaList", Shape::List),
    ("MediaDomain", Shape::One),
    ("MediaDomains", Shape::List),
    ("Devices", Shape::List),
    ("ClientLog", Shape::One),
    ("TeamMessage", Shape::One),
    ("TeamMessages", Shape::List),
    ("TeamResource", Shape::One),
    ("ReasonCode", Shape::One),
    ("ReasonCodes", Shape::List),
    ("WrapUpReason", Shape::One),
    ("WrapUpReasons", Shape::List),
    ("MediaPropertiesLayout", Shape::One),
    ("MediaPropertiesLayouts", Shape::List),
    ("PhoneBook", Shape::One),
    ("PhoneBooks", Shape::List),
    ("Contact", Shape::One),
    ("Contacts", Shape::List),
    ("Workflow", Shape::One),
    ("Workflows", Shape::List),
    ("WorkflowAction", Shape::One),
    ("WorkflowActions", Shape::List),
    ("SystemConfig", Shape::One),
    ("ClusterConfig", Shape::One),
    ("EnterpriseDatabaseConfig", Shape::One),
    ("LayoutConfig", Shape::One),
    ("TeamLayoutConfig", Shape::One),
    ("ChatConfig", Shape::One),
    ("ECCVariableConfig", Shape::One),
    ("ConnectedUsersInfo", Shape::One),
    ("RuntimeConfigInfo", Shape::One),
    ("MaintenanceMode", Shape::One),
    ("ScriptSelectors", Shape::List),
];

fn shape(root: &str) -> Option<Shape> {
    ROOTS.iter().find(|(known, _)| *known == root).map(|(_, shape)| *shape)
}

/// The REST spelling of a root or of a child of `data`, whatever the channel: `user` is `User`.
pub(crate) fn canonical_root(name: &str) -> String {
    ROOTS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map_or_else(|| name.to_owned(), |(known, _)| (*known).to_owned())
}

/// Reads one document: a REST body, an `Update` or an `ApiErrors`.
///
/// # Errors
///
/// Says what the text is instead, and where it breaks.
pub fn decode(text: &str) -> Result<Document, DecodeError> {
    let (mut cursor, root) = Cursor::open(text)?;
    let document = match canonical_root(&root).as_str() {
        "User" => Document::Resource(Resource::User(Box::new(User::read(&mut cursor)?))),
        "Users" => Document::Resource(Resource::Users(cursor.list("User")?)),
        "Dialog" => Document::Resource(Resource::Dialog(Box::new(Dialog::read(&mut cursor)?))),
        "Dialogs" => Document::Resource(Resource::Dialogs(Dialogs::read(&mut cursor)?)),
        "SystemInfo" => Document::Resource(Resource::SystemInfo(Box::new(SystemInfo::read(&mut cursor)?))),
        "ApiErrors" => Document::Errors(ApiErrors::read(&mut cursor)?),
        "Update" => Document::Update(Box::new(Update::read(&mut cursor)?)),
        known if shape(known).is_some() => {
            Document::Resource(Resource::Other(cursor.element(known.to_owned())?))
        }
        "html" | "HTML" => return Err(DecodeError::new(Kind::Html, "this is an HTML page").at(0)),
        other => {
            return Err(DecodeError::new(
                Kind::WrongRoot,
                format!("the root element <{other}> is not one of Finesse's"),
            )
            .at(0));
        }
    };
    cursor.finish()?;
    Ok(document)
}

/// Reads one document, or every item of a whole `<message>` stanza.
///
/// # Errors
///
/// Says what the text is instead, and where it breaks.
pub fn decode_all(text: &str) -> Result<Vec<Document>, DecodeError> {
    let (_, root) = Cursor::open(text)?;
    if root != "message" {
        return decode(text).map(|document| vec![document]);
    }
    let items = items(text)?;
    if items.is_empty() {
        return Err(DecodeError::new(Kind::WrongRoot, "the message carries no notification").at(0));
    }
    Ok(items.into_iter().map(|item| Document::Item(Box::new(item))).collect())
}

/// Reads a document whose root must have this name, in any case.
pub(crate) fn read_root<T: Read>(text: &str, root: &str) -> Result<T, DecodeError> {
    let (mut cursor, found) = Cursor::open(text)?;
    if !found.eq_ignore_ascii_case(root) {
        let kind = if found.eq_ignore_ascii_case("html") { Kind::Html } else { Kind::WrongRoot };
        return Err(DecodeError::new(kind, format!("the root element is <{found}>, not <{root}>")).at(0));
    }
    let value = T::read(&mut cursor)?;
    cursor.finish()?;
    Ok(value)
}

macro_rules! from_xml {
    ($($type:ty, $root:literal;)*) => {$(
        impl $type {
            /// Reads a document with this root (in any case).
            ///
            /// # Errors
            ///
            /// Says what the text is instead, and where it breaks.
            pub fn from_xml(text: &str) -> Result<Self, DecodeError> {
                read_root(text, $root)
            }
        }
    )*};
}

from_xml! {
    User, "User";
    Dialog, "Dialog";
    Dialogs, "Dialogs";
    SystemInfo, "SystemInfo";
    ApiErrors, "ApiErrors";
    Update, "Update";
}

impl Document {
    /// The document as JSON: `kind`, `root` and `value`; items of stanzas also say `node`, `itemId` and `delayed`, in the
    /// object and in its value.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Resource(resource) => resource.to_json(),
            Self::Update(update) => json!({ "kind": "update", "root": "Update", "value": value(update) }),
            Self::Errors(errors) => json!({ "kind": "errors", "root": "ApiErrors", "value": value(errors) }),
            Self::Item(item) => {
                let mut said = json!({ "node": item.node });
                if let Some(id) = &item.item_id {
                    said["itemId"] = json!(id);
                }
                if item.delayed {
                    said["delayed"] = json!(true);
                }
                // Beside the update's own fields for who keeps the value, and beside its kind for who sorts documents.
                let mut object = json!({ "kind": "update", "root": "Update", "value": value(&item.update) });
                for (name, field) in said.as_object().into_iter().flatten() {
                    object["value"][name] = field.clone();
                    object[name] = field.clone();
                }
                object
            }
        }
    }
}

impl Resource {
    fn to_json(&self) -> Value {
        let (root, value) = match self {
            Self::User(user) => ("User", value(user)),
            Self::Users(users) => ("Users", value(users)),
            Self::Dialog(dialog) => ("Dialog", value(dialog)),
            Self::Dialogs(dialogs) => ("Dialogs", value(dialogs)),
            Self::SystemInfo(info) => ("SystemInfo", value(info)),
            Self::Other(element) if shape(&element.name) == Some(Shape::List) => {
                (element.name.as_str(), element.children.iter().map(value).collect())
            }
            Self::Other(element) => (element.name.as_str(), value(element)),
        };
        json!({ "kind": "resource", "root": root, "value": value })
    }
}

fn value(of: &impl Serialize) -> Value {
    // The types serialise to plain maps, lists and strings, which cannot fail.
    serde_json::to_value(of).unwrap_or(Value::Null)
}
