//! How a side is doing, for operators.

use finesse_model::{ConnectedUsersInfo, DecodeError, MaintenanceMode, RuntimeConfigInfo, SystemInfo};

use crate::client::Client;
use crate::error::Error;
use crate::plan::Plan;

/// How the side is doing. See [`Client::serviceability`].
#[derive(Debug, Clone)]
pub struct Serviceability<'a> {
    client: &'a Client,
}

impl Client {
    /// How the side is doing.
    #[must_use]
    pub fn serviceability(&self) -> Serviceability<'_> {
        Serviceability { client: self }
    }
}

impl Serviceability<'_> {
    async fn read<T>(
        &self,
        path: impl Into<String>,
        operation: &str,
        decode: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        self.client.read(Ok(Plan::get(path.into())), operation, decode).await
    }

    /// Reads what the side says about itself, also while it is out of service. Works without credentials. 200; 500.
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        // A number that differs each time keeps caches on the way from answering for the server.
        let path = format!("/SystemInfo?nocache={}", fastrand::u64(..));
        self.read(path, "reading SystemInfo", SystemInfo::from_xml).await
    }

    /// Reads how many users are connected, at most five seconds old. Administrator. 200; 401, 403, 503. From 12.6(1).
    pub async fn connected_users_info(&self) -> Result<ConnectedUsersInfo, Error> {
        self.read("/ConnectedUsersInfo", "reading connected users", ConnectedUsersInfo::from_xml).await
    }

    /// Reads who is connected. Administrator. 200; 401, 403, 503. From 12.6(1). The query is inferred.
    pub async fn connected_users_details(&self) -> Result<ConnectedUsersInfo, Error> {
        let path = "/ConnectedUsersInfo?showDetails=true";
        self.read(path, "reading connected users with details", ConnectedUsersInfo::from_xml).await
    }

    /// Reads what runs. Administrator. 200; 401, 500. From 12.5(1).
    pub async fn runtime_config_info(&self) -> Result<RuntimeConfigInfo, Error> {
        let decode = RuntimeConfigInfo::from_xml;
        self.read("/RuntimeConfigInfo", "reading the runtime configuration", decode).await
    }

    /// Reads how far a maintenance is. Administrator. 200; 401, 500, 501 (CCX). CCE, from 12.6(1). The path is inferred.
    pub async fn maintenance_mode(&self) -> Result<MaintenanceMode, Error> {
        self.read("/MaintenanceMode", "reading the maintenance mode", MaintenanceMode::from_xml).await
    }

    /// Reads which users are locked out, as XML whose form is not documented. Administrator. 200; 401, 500. From 12.6(1). The path is inferred.
    pub async fn locked_out_users(&self) -> Result<String, Error> {
        self.read("/LockedOutUsers", "reading locked out users", as_text).await
    }

    /// Reads performance counters, as XML whose form is not documented. Administrator. 200; 401, 500. From 12.6(2). The path is inferred.
    pub async fn performance(&self) -> Result<String, Error> {
        self.read("/Performance", "reading performance counters", as_text).await
    }

    /// Reads the version of the product from the diagnostic portal, as XML. Administrator. 200; 401, 500.
    pub async fn product_version(&self) -> Result<String, Error> {
        let path = "/finesse-dp/rest/DiagnosticPortal/GetProductVersion";
        self.read(path, "reading the product version", as_text).await
    }

    /// Reads performance from the diagnostic portal, as XML. Administrator. 200; 401, 500.
    pub async fn performance_information(&self) -> Result<String, Error> {
        let path = "/finesse-dp/rest/DiagnosticPortal/GetPerformanceInformation";
        self.read(path, "reading performance information", as_text).await
    }
}

pub(super) fn as_text(xml: &str) -> Result<String, DecodeError> {
    Ok(xml.to_owned())
}
