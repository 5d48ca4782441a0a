//! The resources, one file for each family of the REST API. Each is a table (see `resource.rs`); the roots stand in `document.rs`.

pub(crate) mod api_errors;
pub(crate) mod client_log;
pub(crate) mod configuration;
pub(crate) mod devices;
pub(crate) mod dialog;
pub(crate) mod media;
pub(crate) mod media_properties_layout;
pub(crate) mod phone_book;
pub(crate) mod queue;
pub(crate) mod reason_code;
pub(crate) mod script_selector;
pub(crate) mod serviceability;
pub(crate) mod system_info;
pub(crate) mod team;
pub(crate) mod team_message;
pub(crate) mod user;
pub(crate) mod workflow;
