//! The log of an agent's desktop.

use crate::resource::resource;

resource! {
    /// What is posted as a log, and what a notification sends to ask for one.
    ClientLog {
        uri: String = "uri",
        /// At most 1,048,576 characters.
        log_data: String = "logData",
    }
}
