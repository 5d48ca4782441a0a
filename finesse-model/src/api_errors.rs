//! What Finesse says when it refuses something, in the answer or later by notification.

use serde::Serialize;

use crate::cursor::{Cursor, Read};
use crate::element::Extra;
use crate::error::DecodeError;

/// One or more refusals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct ApiErrors {
    /// The refusals; seldom more than one.
    pub errors: Vec<ApiError>,
}

impl ApiErrors {
    /// True if one of them has this message, for example `SERVER_OUT_OF_SERVICE`.
    #[must_use]
    pub fn says(&self, message: &str) -> bool {
        self.errors.iter().any(|error| error.error_message.as_deref() == Some(message))
    }
}

impl Read for ApiErrors {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        cursor.list("ApiError").map(|errors| Self { errors })
    }
}

/// One refusal. All texts are open sets with inconsistent spelling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the API's own; what is not obvious is said")]
pub struct ApiError {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// A CTI code, an id or an extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_data: Option<String>,
    /// Media routing domain, for tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_media: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peripheral_error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peripheral_error_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peripheral_error_msg: Option<String>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for ApiError {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut error = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "errorType" | "ErrorType" => error.error_type = Some(cursor.text()?),
                "errorMessage" | "ErrorMessage" => error.error_message = Some(cursor.text()?),
                "errorData" | "ErrorData" => error.error_data = Some(cursor.text()?),
                "errorMedia" | "ErrorMedia" => error.error_media = Some(cursor.text()?),
                "peripheralErrorCode" => error.peripheral_error_code = Some(cursor.text()?),
                "peripheralErrorText" => error.peripheral_error_text = Some(cursor.text()?),
                "peripheralErrorMsg" => error.peripheral_error_msg = Some(cursor.text()?),
                _ => cursor.keep(name, &mut error.extra)?,
            }
        }
        Ok(error)
    }
}
