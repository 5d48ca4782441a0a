//! How a side describes itself; the first of the three criteria of health.

use serde::Serialize;

use crate::cursor::{Cursor, Read};
use crate::element::Extra;
use crate::error::DecodeError;
use crate::open_enum::open_enum;
use crate::scalar::{Scalar, Timestamp};

open_enum! {
    /// Whether a side serves. Anything but IN_SERVICE means that it does not.
    SystemStatus {
        /// Serves.
        InService = "IN_SERVICE",
        /// Does not.
        OutOfService = "OUT_OF_SERVICE",
        /// Serves in part, which is no service.
        PartialService = "PARTIAL_SERVICE",
    }
}

/// SystemInfo.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct SystemInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SystemStatus>,
    /// Opaque; to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_timestamp: Option<Timestamp>,
    /// UCCE or UCCX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_type: Option<String>,
    /// success or failure.
    #[serde(rename = "lastCTIHeartbeatStatus", skip_serializing_if = "Option::is_none")]
    pub last_cti_heartbeat_status: Option<String>,
    /// Unix milliseconds, by the side's clock.
    #[serde(rename = "lastSuccessCTIHeartbeatTime", skip_serializing_if = "Option::is_none")]
    pub last_success_cti_heartbeat_time: Option<Scalar<i64>>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cti_heartbeat_interval: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cti_version: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cti_servers: Option<Vec<CtiServer>>,
    /// Empty, INITIATING or IN_PROGRESS.
    #[serde(rename = "ctiMMode", skip_serializing_if = "Option::is_none")]
    pub cti_m_mode: Option<String>,
    #[serde(rename = "ctiTimeInMMode", skip_serializing_if = "Option::is_none")]
    pub cti_time_in_m_mode: Option<Scalar<i64>>,
    /// Empty, or the step of Finesse maintenance.
    #[serde(rename = "finesseMMode", skip_serializing_if = "Option::is_none")]
    pub finesse_m_mode: Option<String>,
    /// Seconds, negative when not in maintenance.
    #[serde(rename = "finesseTimeInMMode", skip_serializing_if = "Option::is_none")]
    pub finesse_time_in_m_mode: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peripheral_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_node: Option<Node>,
    /// Absent on a single-node system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_node: Option<Node>,
    /// SSO, NON_SSO or HYBRID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_auth_mode: Option<String>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone_offset: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xmpp_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xmpp_pub_sub_domain: Option<String>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl SystemInfo {
    /// Milliseconds between the last successful CTI heartbeat and this answer, both by the side's own clock.
    #[must_use]
    pub fn heartbeat_age_millis(&self) -> Option<i64> {
        let now = self.current_timestamp.as_ref()?.unix_millis()?;
        let last = self.last_success_cti_heartbeat_time.as_ref()?.value()?;
        Some(now.saturating_sub(*last))
    }
}

impl Read for SystemInfo {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut info = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "uri" => info.uri = Some(cursor.text()?),
                "status" => info.status = Some(SystemStatus::read(cursor)?),
                "statusReason" => info.status_reason = Some(cursor.text()?),
                "currentTimestamp" | "currentTimeStamp" => info.current_timestamp = Some(cursor.time()?),
                "deploymentType" => info.deployment_type = Some(cursor.text()?),
                "lastCTIHeartbeatStatus" => info.last_cti_heartbeat_status = Some(cursor.text()?),
                "lastSuccessCTIHeartbeatTime" => {
                    info.last_success_cti_heartbeat_time = Some(cursor.number()?)
                }
                "ctiHeartbeatInterval" => info.cti_heartbeat_interval = Some(cursor.number()?),
                "ctiVersion" => info.cti_version = Some(cursor.number()?),
                "ctiServers" => info.cti_servers = Some(cursor.list("ctiServer")?),
                "ctiMMode" => info.cti_m_mode = Some(cursor.text()?),
                "ctiTimeInMMode" => info.cti_time_in_m_mode = Some(cursor.number()?),
                "finesseMMode" => info.finesse_m_mode = Some(cursor.text()?),
                "finesseTimeInMMode" => info.finesse_time_in_m_mode = Some(cursor.number()?),
                "license" => info.license = Some(cursor.text()?),
                "peripheralId" => info.peripheral_id = Some(cursor.text()?),
                "primaryNode" => info.primary_node = Some(Node::read(cursor)?),
                "secondaryNode" => info.secondary_node = Some(Node::read(cursor)?),
                "systemAuthMode" => info.system_auth_mode = Some(cursor.text()?),
                "timezoneOffset" => info.timezone_offset = Some(cursor.number()?),
                "xmppDomain" => info.xmpp_domain = Some(cursor.text()?),
                "xmppPubSubDomain" => info.xmpp_pub_sub_domain = Some(cursor.text()?),
                _ => cursor.keep(name, &mut info.extra)?,
            }
        }
        Ok(info)
    }
}

/// One node of the pair, with its ports from 12.6(2) on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own")]
pub struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_port: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xmpp_port: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xmpp_secure_port: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for Node {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut node = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "host" => node.host = Some(cursor.text()?),
                "httpsPort" => node.https_port = Some(cursor.number()?),
                "xmppPort" => node.xmpp_port = Some(cursor.number()?),
                "xmppSecurePort" => node.xmpp_secure_port = Some(cursor.number()?),
                _ => cursor.keep(name, &mut node.extra)?,
            }
        }
        Ok(node)
    }
}

/// A CTI server that a side knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own")]
pub struct CtiServer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_duration: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<Scalar<bool>>,
}

impl Read for CtiServer {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut server = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "host" => server.host = Some(cursor.text()?),
                "connectedDuration" => server.connected_duration = Some(cursor.number()?),
                "active" => server.active = Some(cursor.flag()?),
                _ => cursor.skip()?,
            }
        }
        Ok(server)
    }
}
