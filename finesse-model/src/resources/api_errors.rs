//! What Finesse says when it refuses something, in the answer or later by notification.

use crate::list::List;
use crate::resource::resource;

impl List<ApiError> {
    /// True if one of them has this message, for example `SERVER_OUT_OF_SERVICE`.
    #[must_use]
    pub fn says(&self, message: &str) -> bool {
        self.items.iter().any(|error| error.error_message.as_deref() == Some(message))
    }
}

resource! {
    /// One refusal. All texts are open sets with inconsistent spelling.
    ApiError {
        error_type: String = "errorType",
        error_message: String = "errorMessage",
        /// A CTI code, an id or an extension.
        error_data: String = "errorData",
        /// Media routing domain, for tasks.
        error_media: String = "errorMedia",
        peripheral_error_code: String = "peripheralErrorCode",
        peripheral_error_text: String = "peripheralErrorText",
        peripheral_error_msg: String = "peripheralErrorMsg",
    }
}
