//! `/Devices`: phones that share an extension. CCE, from 12.6(1).

use finesse_model::{Device, Extension, List};

use crate::client::Client;
use crate::error::Error;
use crate::plan::{Plan, with_query};

/// Phones. See [`Client::devices`].
#[derive(Debug, Clone)]
pub struct Devices<'a> {
    client: &'a Client,
}

impl Client {
    /// Phones that share an extension.
    #[must_use]
    pub fn devices(&self) -> Devices<'_> {
        Devices { client: self }
    }
}

impl Devices<'_> {
    /// Reads the phones with an extension, to choose one of them for a sign-in. Any user. 200; 400, 401, 404, 500, 501 (CCX). CCE, from 12.6(1). The name of the
    /// query is inferred.
    pub async fn list(&self, extension: &Extension) -> Result<List<Device>, Error> {
        let operation = format!("reading devices of extension {extension}");
        let path = with_query(String::from("/Devices"), &[("extension", extension.as_str())]);
        self.client.read(Ok(Plan::get(path)), &operation, List::<Device>::from_xml).await
    }
}
