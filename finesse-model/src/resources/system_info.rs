//! How a side describes itself; the first of the three criteria of health.

use crate::open_enum::open_enum;
use crate::resource::resource;
use crate::scalar::{Flag, Number, Timestamp};

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

open_enum! {
    /// How a system knows who somebody is.
    AuthMode {
        /// Single sign-on.
        Sso = "SSO",
        /// Passwords.
        NonSso = "NON_SSO",
        /// By user; CCE only.
        Hybrid = "HYBRID",
    }
}

open_enum! {
    /// What stands behind Finesse.
    DeploymentType {
        /// Unified CCE or Packaged CCE.
        Ucce = "UCCE",
        /// Unified CCX.
        Uccx = "UCCX",
    }
}

resource! {
    /// SystemInfo.
    SystemInfo {
        uri: String = "uri",
        status: SystemStatus = "status",
        /// Opaque; to be shown.
        status_reason: String = "statusReason",
        current_timestamp: Timestamp = "currentTimestamp",
        deployment_type: DeploymentType = "deploymentType",
        /// success or failure.
        last_cti_heartbeat_status: String = "lastCTIHeartbeatStatus",
        /// Unix milliseconds, by the side's clock.
        last_success_cti_heartbeat_time: Number = "lastSuccessCTIHeartbeatTime",
        /// Seconds.
        cti_heartbeat_interval: Number = "ctiHeartbeatInterval",
        cti_version: Number = "ctiVersion",
        cti_servers: Vec<CtiServer> as "ctiServer" = "ctiServers",
        /// Empty, INITIATING or IN_PROGRESS.
        cti_m_mode: String = "ctiMMode",
        /// Seconds, negative when not in maintenance.
        cti_time_in_m_mode: Number = "ctiTimeInMMode",
        /// Empty, or the step of Finesse maintenance.
        finesse_m_mode: String = "finesseMMode",
        /// Seconds, negative when not in maintenance.
        finesse_time_in_m_mode: Number = "finesseTimeInMMode",
        /// CCX: STANDARD, ENHANCED or PREMIUM; empty on CCE.
        license: String = "license",
        /// CCE.
        peripheral_id: String = "peripheralId",
        primary_node: Node = "primaryNode",
        /// Absent on a single-node system.
        secondary_node: Node = "secondaryNode",
        system_auth_mode: AuthMode = "systemAuthMode",
        /// Minutes.
        timezone_offset: Number = "timezoneOffset",
        xmpp_domain: String = "xmppDomain",
        xmpp_pub_sub_domain: String = "xmppPubSubDomain",
    }
}

impl SystemInfo {
    /// Milliseconds between the last successful CTI heartbeat and this answer, both by the side's own clock.
    #[must_use]
    pub fn heartbeat_age_millis(&self) -> Option<i64> {
        let now = self.current_timestamp.as_ref()?.unix_millis()?;
        let last = self.last_success_cti_heartbeat_time.as_ref()?.value()?;
        Some(now.saturating_sub(*last))
    }

    /// By how many milliseconds the side's clock is ahead of the reader's, which said `now` (Unix milliseconds) when the answer came;
    /// negative if it is behind.
    #[must_use]
    pub fn clock_ahead_millis(&self, now: i64) -> Option<i64> {
        Some(self.current_timestamp.as_ref()?.unix_millis()?.saturating_sub(now))
    }
}

resource! {
    /// One node of the pair, with its ports from 12.6(2) on.
    Node {
        host: String = "host",
        https_port: Number = "httpsPort",
        xmpp_port: Number = "xmppPort",
        xmpp_secure_port: Number = "xmppSecurePort",
    }
}

resource! {
    /// A CTI server that a side knows.
    CtiServer {
        host: String = "host",
        connected_duration: Number = "connectedDuration",
        active: Flag = "active",
    }
}
