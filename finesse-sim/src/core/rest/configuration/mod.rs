//! The configuration API: settings, and objects that the administrator creates, reads, changes and deletes.
//!
//! Requests are carried out at once and publish nothing. One description of each kind of object ([`kind::Kind`]) drives the
//! five operations they have in common.

pub(super) mod contact;
pub(super) mod crud;
pub(super) mod csv;
pub(super) mod kind;
pub(super) mod layout;
pub(super) mod phone_book;
pub(super) mod reason_code;
pub(super) mod settings;
pub(super) mod team_assignment;
pub(super) mod workflow;
pub(super) mod wrap_up_reason;
