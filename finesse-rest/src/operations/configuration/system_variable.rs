//! Variables that workflows may use.

use finesse_model::{List, SystemVariable};

use super::Configuration;
use crate::client::Client;
use crate::error::Error;
use crate::plan::Plan;

/// Variables that workflows may use. See [`Configuration::system_variables`].
#[derive(Debug, Clone)]
pub struct SystemVariables<'a> {
    client: &'a Client,
}

impl<'a> Configuration<'a> {
    /// Variables that workflows may use.
    #[must_use]
    pub fn system_variables(&self) -> SystemVariables<'a> {
        SystemVariables { client: self.client }
    }
}

impl SystemVariables<'_> {
    /// Reads all. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn list(&self) -> Result<List<SystemVariable>, Error> {
        let plan = Plan::get(String::from("/SystemVariables")).primary_only();
        self.client.read(Ok(plan), "reading SystemVariables", List::<SystemVariable>::from_xml).await
    }
}
