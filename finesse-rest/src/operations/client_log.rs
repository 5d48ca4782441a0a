//! `/User/{id}/ClientLog`: what a desktop has logged, for support.

use bytes::Bytes;
use finesse_model::ClientLog;
use finesse_model::request::RequestError;
use http::Method;

use super::user::UserResource;
use crate::client::{Plain, Write};
use crate::plan::Plan;

/// The longest log, in characters.
const LONGEST: usize = 1_048_576;

/// The log of one user. See [`UserResource::client_log`].
#[derive(Debug, Clone)]
pub struct ClientLogResource<'a> {
    user: UserResource<'a>,
}

impl<'a> UserResource<'a> {
    /// The user's log.
    #[must_use]
    pub fn client_log(&self) -> ClientLogResource<'a> {
        ClientLogResource { user: self.clone() }
    }
}

impl<'a> ClientLogResource<'a> {
    fn to(&self, name: &str) -> Result<Plan, RequestError> {
        Ok(Plan::new(Method::POST, self.user.path(&[name])?))
    }

    /// Posts text, at most 1,048,576 characters. Self. 202; 400, 401, 500.
    pub fn post(&self, text: impl Into<String>) -> Write<'a, Plain> {
        let text = text.into();
        let plan = self.to("ClientLog").and_then(|plan| {
            let length = text.chars().count();
            if length > LONGEST {
                let why = format!("it has {length} characters; {LONGEST} are allowed");
                return Err(RequestError::new("logData", why));
            }
            let log = ClientLog { log_data: Some(text), ..ClientLog::default() };
            Ok(plan.xml(log.to_xml()?))
        });
        Write::plan(self.user.client, self.user.saying("posting the log"), plan)
    }

    /// Posts a compressed log (zip). Self. 200, 202; 400, 401, 500. From 12.5(1). The form of the body is inferred.
    pub fn post_compressed(&self, zip: impl Into<Bytes>) -> Write<'a, Plain> {
        let zip = zip.into();
        let plan = self.to("CompressedClientLog").and_then(|plan| {
            if zip.is_empty() {
                return Err(RequestError::new("logData", "it is empty"));
            }
            Ok(plan.content("application/zip", zip))
        });
        Write::plan(self.user.client, self.user.saying("posting the compressed log"), plan)
    }
}
