//! Cloud Connect. The form of the object is not documented, so it is XML as it comes.

use http::Method;

use super::super::serviceability::as_text;
use super::Configuration;
use crate::client::{Client, Plain, Write};
use crate::error::Error;
use crate::plan::Plan;

const PATH: &str = "/CloudConnectConfig";

/// Where Cloud Connect is. See [`Configuration::cloud_connect_config`].
#[derive(Debug, Clone)]
pub struct CloudConnect<'a> {
    client: &'a Client,
}

impl<'a> Configuration<'a> {
    /// Where Cloud Connect is. From 12.5(1). The path is inferred.
    #[must_use]
    pub fn cloud_connect_config(&self) -> CloudConnect<'a> {
        CloudConnect { client: self.client }
    }
}

impl<'a> CloudConnect<'a> {
    /// Reads it, as XML. Administrator. 200; 401, 500, 503. From 12.5(1).
    pub async fn get(&self) -> Result<String, Error> {
        let plan = Plan::get(PATH.to_owned()).primary_only();
        self.client.read(Ok(plan), "reading CloudConnectConfig", as_text).await
    }

    /// Changes it, by an XML document. Administrator. 200; 400, 401, 500, 503. From 12.5(1).
    pub fn update(&self, xml: impl Into<String>) -> Write<'a, Plain> {
        let plan = Plan::new(Method::PUT, PATH.to_owned()).xml(xml.into()).primary_only();
        Write::plan(self.client, "changing CloudConnectConfig", Ok(plan))
    }
}
