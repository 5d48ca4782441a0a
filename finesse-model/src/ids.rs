//! Identifiers, each a type of its own, so that a dialog's id is never taken for a user's.
//!
//! They are strings on the wire, also where they look like numbers: leading zeros are significant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::cursor::Cursor;
use crate::error::DecodeError;
use crate::schema::Shape;
use crate::writer::Writer;

/// Text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a {what}: {why}")]
pub struct InvalidId {
    what: &'static str,
    text: String,
    why: &'static str,
}

/// The longest identifier that is taken. The longest documented is far shorter; the cap only keeps nonsense out.
const LONGEST: usize = 256;

fn check(what: &'static str, text: String) -> Result<String, InvalidId> {
    let trimmed = text.trim();
    let why = if trimmed.is_empty() {
        "it is empty"
    } else if trimmed.len() > LONGEST {
        "it is longer than 256 bytes"
    } else if trimmed.chars().any(|c| c == '/' || c.is_control()) {
        "it contains a slash or a control character"
    } else if trimmed.len() == text.len() {
        return Ok(text);
    } else {
        return Ok(trimmed.to_owned());
    };
    Err(InvalidId { what, why, text: text.chars().take(40).collect() })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text: not empty, no slash, no control characters. Surrounding white space is dropped.
            ///
            /// # Errors
            ///
            /// Says what is wrong with the text.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                check($what, text.into()).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl Content for $name {
            fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
                cursor.id()
            }

            fn write(&self, writer: &mut Writer) {
                writer.text(&self.0);
            }

            fn shape() -> Shape {
                Shape::Id
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

impl From<Extension> for MediaAddress {
    fn from(extension: Extension) -> Self {
        Self(extension.0)
    }
}

impl From<UserId> for MediaAddress {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl UserId {
    /// Whether both are one user on CCX, which does not tell upper from lower case. On CCE ids are equal or different.
    #[must_use]
    pub fn is_same_on_ccx(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

ids! {
    /// loginId of a user: the peripheral number on CCE, a user id on CCX. Never the loginName.
    UserId, "user id";
    /// Id of a dialog: a decimal number for calls, `n_n_n` for tasks.
    DialogId, "dialog id";
    /// Id of a team.
    TeamId, "team id";
    /// Id of a queue.
    QueueId, "queue id";
    /// A phone extension.
    Extension, "extension";
    /// What names an agent in a dialog: of a call the extension, of a task the agent's id. An [`Extension`] or a [`UserId`] becomes one.
    MediaAddress, "media address";
    /// The client's own id of a request, echoed at best in its result.
    RequestId, "request id";
    /// Database id of a reason code (not its number).
    ReasonCodeId, "reason code id";
    /// Id of a media routing domain.
    MediaId, "media routing domain id";
    /// Id of a configuration object: the last part of its URI.
    ConfigId, "id of a configuration object";
    /// UUID of a team message.
    TeamMessageId, "team message id";
}
