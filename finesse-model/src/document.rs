//! Whole documents: which one it is, and its JSON.
//!
//! One table says which root holds what; the roots of REST bodies, the children of `data`, the JSON and its schema all come from it.

use serde::Serialize;
use serde_json::{Value, json};

use self::lists::ApiErrors;
use crate::content::Content;
use crate::cursor::{Cursor, Tag};
use crate::element::Element;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::list::{Item, List};
use crate::request::RequestError;
use crate::resources::api_errors::ApiError;
use crate::resources::client_log::ClientLog;
use crate::resources::configuration::{
    ChatConfig, ClusterConfig, ConfigInfo, EccVariableConfig, EnterpriseDatabaseConfig, LayoutConfig,
    SystemConfig, TeamLayoutConfig,
};
use crate::resources::devices::Device;
use crate::resources::dialog::Dialog;
use crate::resources::media::{Media, MediaDomain};
use crate::resources::media_properties_layout::MediaPropertiesLayout;
use crate::resources::phone_book::{Contact, PhoneBook};
use crate::resources::queue::Queue;
use crate::resources::reason_code::{ReasonCode, WrapUpReason};
use crate::resources::script_selector::ScriptSelector;
use crate::resources::serviceability::{ConnectedUsersInfo, MaintenanceMode, RuntimeConfigInfo};
use crate::resources::system_info::SystemInfo;
use crate::resources::team::Team;
use crate::resources::team_message::TeamMessage;
use crate::resources::user::User;
use crate::resources::workflow::{SystemVariable, Workflow, WorkflowAction};
use crate::schema::Shape;
use crate::stanza::{StanzaItem, items};
use crate::update::Update;
use crate::writer::Writer;

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

macro_rules! roots {
    (
        one { $($one:ident = $one_root:literal,)* }
        lists { $($list:ident: $item:ident as $item_name:literal = $list_root:literal,)* }
    ) => {
        /// A resource by its root element, or by the child of a notification's `data`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each variant holds the resource of its name")]
        pub enum Resource {
            $($one(Box<$one>),)*
            $($list(List<$item>),)*
            /// Something that this version does not know, as it came.
            Other(Box<Element>),
        }

        /// The lists by the names of their roots.
        pub(crate) mod lists {
            use super::*;
            $(
                #[doc = concat!("The list `", $list_root, "`.")]
                pub type $list = List<$item>;
            )*
        }

        $(impl Item for $item {
            const NAME: &'static str = $item_name;
        })*

        /// Roots that are known by name.
        const ROOTS: &[&str] = &[$($one_root,)* $($list_root,)*];

        impl Resource {
            /// Reads the element that the cursor has just opened.
            pub(crate) fn read(cursor: &mut Cursor<'_>, tag: &Tag<'_>) -> Result<Self, DecodeError> {
                let absent = |cursor: &Cursor<'_>| cursor.error(Kind::Empty, "there is nothing in it");
                Ok(match canonical_root(tag.name()) {
                    $(Some($one_root) => {
                        Self::$one(Box::new($one::read(cursor)?.ok_or_else(|| absent(cursor))?))
                    })*
                    $(Some($list_root) => Self::$list(List::read(cursor)?.unwrap_or_default()),)*
                    _ => Self::Other(Box::new(cursor.element(tag)?)),
                })
            }

            /// The name of the root element, in the REST API's spelling.
            #[must_use]
            pub fn root(&self) -> &str {
                match self {
                    $(Self::$one(_) => $one_root,)*
                    $(Self::$list(_) => $list_root,)*
                    Self::Other(element) => &element.name,
                }
            }

            /// Reads a document of any root. A root that this version does not know is [`Resource::Other`], where [`decode`] would refuse it:
            /// for answers to requests of one's own, of which it is certain that Finesse wrote them.
            ///
            /// ```
            /// use finesse_model::Resource;
            ///
            /// let counters = Resource::from_xml("<Performance><Counter><name>Threads</name></Counter></Performance>")?;
            /// assert_eq!(serde_json::to_string(&counters).unwrap(), r#"{"Counter":{"name":"Threads"}}"#);
            /// assert!(matches!(Resource::from_xml("<user><loginId>1001</loginId></user>")?, Resource::User(_)));
            /// assert!(Resource::from_xml("<?xml version='1.0'?><html></html>").is_err());
            /// # Ok::<(), finesse_model::DecodeError>(())
            /// ```
            ///
            /// # Errors
            ///
            /// Says what the text is instead (an HTML page too), and where it breaks.
            pub fn from_xml(text: &str) -> Result<Self, DecodeError> {
                let (mut cursor, tag) = Cursor::open(text)?;
                if tag.name().eq_ignore_ascii_case("html") {
                    return Err(wrong_root(tag.name(), "one of Finesse's"));
                }
                let resource = Self::read(&mut cursor, &tag)?;
                cursor.finish()?;
                Ok(resource)
            }

            /// Writes it as a document, with what was not known when it was read.
            ///
            /// # Errors
            ///
            /// A text holds a character that XML cannot express; the field is named.
            pub fn to_xml(&self) -> Result<String, RequestError> {
                let mut writer = Writer::default();
                self.write(&mut writer);
                writer.finish()
            }

            /// Writes the element.
            pub(crate) fn write(&self, writer: &mut Writer) {
                match self {
                    $(Self::$one(value) => writer.element($one_root, value.as_ref()),)*
                    $(Self::$list(value) => writer.element($list_root, value),)*
                    Self::Other(element) => writer.raw(element),
                }
            }

            /// What was wrong with the items of lists that could not be read: of the list that it is, and of those inside of it.
            #[must_use]
            pub fn rejected(&self) -> Vec<&DecodeError> {
                let mut rejected = Vec::new();
                match self {
                    $(Self::$one(value) => value.rejected(&mut rejected),)*
                    $(Self::$list(value) => Content::rejected(value, &mut rejected),)*
                    Self::Other(_) => {}
                }
                rejected
            }
        }

        /// The resource alone, without its root.
        impl Serialize for Resource {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$one(value) => value.serialize(serializer),)*
                    $(Self::$list(value) => value.serialize(serializer),)*
                    Self::Other(value) => value.serialize(serializer),
                }
            }
        }

        $(xml! { $one, $one_root })*
        $(xml! { List<$item>, $list_root })*

        /// Every root with its shape, for the schema.
        pub(crate) fn root_shapes() -> Vec<(&'static str, Shape)> {
            vec![$(($one_root, $one::shape()),)* $(($list_root, List::<$item>::shape()),)*]
        }
    };
}

macro_rules! xml {
    ($type:ty, $root:literal) => {
        impl $type {
            #[doc = concat!("Reads a document with the root `", $root, "`, in any case.")]
            ///
            /// # Errors
            ///
            /// Says what the text is instead, and where it breaks.
            pub fn from_xml(text: &str) -> Result<Self, DecodeError> {
                read_root(text, $root)
            }

            #[doc = concat!("Writes it as a document with the root `", $root, "`, with what was not known when it was read.")]
            ///
            /// # Errors
            ///
            /// A text holds a character that XML cannot express; the field is named.
            pub fn to_xml(&self) -> Result<String, RequestError> {
                Writer::document($root, self)
            }
        }
    };
}

roots! {
    one {
        User = "User",
        Dialog = "Dialog",
        SystemInfo = "SystemInfo",
        Queue = "Queue",
        Team = "Team",
        Media = "Media",
        ClientLog = "ClientLog",
        TeamMessage = "TeamMessage",
        ReasonCode = "ReasonCode",
        WrapUpReason = "WrapUpReason",
        MediaPropertiesLayout = "MediaPropertiesLayout",
        PhoneBook = "PhoneBook",
        Contact = "Contact",
        Workflow = "Workflow",
        WorkflowAction = "WorkflowAction",
        SystemConfig = "SystemConfig",
        ClusterConfig = "ClusterConfig",
        EnterpriseDatabaseConfig = "EnterpriseDatabaseConfig",
        LayoutConfig = "LayoutConfig",
        TeamLayoutConfig = "TeamLayoutConfig",
        ChatConfig = "ChatConfig",
        EccVariableConfig = "ECCVariableConfig",
        ConfigInfo = "ConfigInfo",
        ConnectedUsersInfo = "ConnectedUsersInfo",
        RuntimeConfigInfo = "RuntimeConfigInfo",
        MaintenanceMode = "MaintenanceMode",
    }
    lists {
        ApiErrors: ApiError as "ApiError" = "ApiErrors",
        Users: User as "User" = "Users",
        Dialogs: Dialog as "Dialog" = "Dialogs",
        Queues: Queue as "Queue" = "Queues",
        Teams: Team as "Team" = "Teams",
        MediaList: Media as "Media" = "MediaList",
        MediaDomains: MediaDomain as "MediaDomain" = "MediaDomains",
        Devices: Device as "Device" = "Devices",
        TeamMessages: TeamMessage as "TeamMessage" = "TeamMessages",
        ReasonCodes: ReasonCode as "ReasonCode" = "ReasonCodes",
        WrapUpReasons: WrapUpReason as "WrapUpReason" = "WrapUpReasons",
        MediaPropertiesLayouts: MediaPropertiesLayout as "MediaPropertiesLayout" = "MediaPropertiesLayouts",
        PhoneBooks: PhoneBook as "PhoneBook" = "PhoneBooks",
        Contacts: Contact as "Contact" = "Contacts",
        Workflows: Workflow as "Workflow" = "Workflows",
        WorkflowActions: WorkflowAction as "WorkflowAction" = "WorkflowActions",
        ScriptSelectors: ScriptSelector as "ScriptSelector" = "ScriptSelectors",
        SystemVariables: SystemVariable as "SystemVariable" = "SystemVariables",
    }
}

xml! { Update, "Update" }

/// The REST spelling of a root or of a child of `data`, whatever the channel: `user` is `User`. `None` for what is no root of Finesse.
fn canonical_root(name: &str) -> Option<&'static str> {
    ROOTS.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
}

/// Reads one document: a REST body, an `Update` or an `ApiErrors`.
///
/// # Errors
///
/// Says what the text is instead, and where it breaks.
pub fn decode(text: &str) -> Result<Document, DecodeError> {
    let (mut cursor, tag) = Cursor::open(text)?;
    let document = if tag.name().eq_ignore_ascii_case("Update") {
        let update = Update::read(&mut cursor)?;
        Document::Update(Box::new(update.ok_or_else(|| cursor.error(Kind::Empty, "an empty Update"))?))
    } else if canonical_root(tag.name()).is_some() {
        match Resource::read(&mut cursor, &tag)? {
            Resource::ApiErrors(errors) => Document::Errors(errors),
            resource => Document::Resource(resource),
        }
    } else {
        return Err(wrong_root(tag.name(), "one of Finesse's"));
    };
    cursor.finish()?;
    Ok(document)
}

/// The same for bytes as they come from a server.
///
/// # Errors
///
/// As [`decode`]; bytes that are not UTF-8 are [`Kind::Encoding`](crate::DecodeErrorKind::Encoding).
pub fn decode_bytes(bytes: &[u8]) -> Result<Document, DecodeError> {
    decode(utf8(bytes)?)
}

/// The text in bytes of a server.
///
/// # Errors
///
/// It is not UTF-8; says where.
pub fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes)
        .map_err(|error| DecodeError::new(Kind::Encoding, "this is not UTF-8").at(error.valid_up_to()))
}

/// Reads one document, or every item of a whole `<message>` stanza. Of a stanza, an item that cannot be read does not cost the others.
///
/// # Errors
///
/// Says what the text is instead, and where it breaks; of a stanza of which no item can be read, what is wrong with the first.
pub fn decode_all(text: &str) -> Result<List<Document>, DecodeError> {
    let (_, tag) = Cursor::open(text)?;
    if tag.name() != "message" {
        return decode(text).map(|document| List::from(vec![document]));
    }
    let List { items, mut rejected } = items(text)?;
    if items.is_empty() {
        return Err(if rejected.is_empty() {
            DecodeError::new(Kind::WrongRoot, "the message carries no notification").at(0)
        } else {
            rejected.swap_remove(0)
        });
    }
    let items = items.into_iter().map(|item| Document::Item(Box::new(item))).collect();
    Ok(List { items, rejected })
}

/// Reads a document whose root must have this name, in any case.
fn read_root<T: Content>(text: &str, root: &str) -> Result<T, DecodeError> {
    let (mut cursor, tag) = Cursor::open(text)?;
    if !tag.name().eq_ignore_ascii_case(root) {
        return Err(wrong_root(tag.name(), &format!("<{root}>")));
    }
    let value = T::read(&mut cursor)?.ok_or_else(|| cursor.error(Kind::Empty, "there is nothing in it"))?;
    cursor.finish()?;
    Ok(value)
}

fn wrong_root(found: &str, wanted: &str) -> DecodeError {
    if found.eq_ignore_ascii_case("html") {
        return DecodeError::new(Kind::Html, "this is an HTML page").at(0);
    }
    let found: String = found.chars().take(60).collect();
    DecodeError::new(Kind::WrongRoot, format!("the root element is <{found}>, not {wanted}")).at(0)
}

impl Document {
    /// What was wrong with the items of lists in it that could not be read.
    #[must_use]
    pub fn rejected(&self) -> Vec<&DecodeError> {
        let resource = match self {
            Self::Resource(resource) => Some(resource),
            Self::Errors(errors) => return errors.rejected.iter().collect(),
            Self::Update(update) => update.data.as_ref(),
            Self::Item(item) => item.update.data.as_ref(),
        };
        resource.map(Resource::rejected).unwrap_or_default()
    }

    /// The document as JSON: `kind`, `root` and `value`; items of stanzas also say `node`, `itemId` and `delayed`, in the
    /// object and in its value.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Resource(resource) => {
                json!({ "kind": "resource", "root": resource.root(), "value": value(resource) })
            }
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

fn value(of: &impl Serialize) -> Value {
    // The types serialise to plain maps, lists and strings, which cannot fail.
    serde_json::to_value(of).unwrap_or(Value::Null)
}
