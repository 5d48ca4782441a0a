//! `/desktop/api`: the desktop's own interfaces, in JSON.

use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Progress};
use crate::outcome::{Expects, Fault};
use crate::plan::Plan;

/// The desktop's own interfaces. See [`Client::desktop`].
#[derive(Debug, Clone)]
pub struct Desktop<'a> {
    client: &'a Client,
}

/// What a desktop is told before anybody signs in. What is absent is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct DesktopConfig {
    /// `UCCE` or `UCCX`.
    pub deployment_type: Option<String>,
    /// Shown before the sign-in.
    pub security_banner_message: Option<String>,
    /// As in SystemInfo.
    pub system_status: Option<String>,
    /// `host:port` of this side.
    pub host: Option<String>,
    /// `host:port` of the other side.
    pub alternate_host: Option<String>,
    /// Whether there is another side.
    pub is_alternate_system_available: Option<bool>,
    /// Whether the desktop is to go to the other side.
    pub redirect_to_alternate_host: Option<bool>,
    /// Whether there is a licence for the desktop.
    pub desktop_licensed: Option<bool>,
    /// `SSO`, `NON_SSO` or `HYBRID`.
    pub system_auth_mode: Option<String>,
    /// Whether agents may sign in as mobile agents.
    pub enable_mobile_agent_login: Option<bool>,
    /// Whether the request came through a reverse proxy.
    pub is_proxy_request: Option<bool>,
    /// All of it, as it came.
    pub json: Value,
}

impl Client {
    /// The desktop's own interfaces.
    #[must_use]
    pub fn desktop(&self) -> Desktop<'_> {
        Desktop { client: self }
    }
}

impl Desktop<'_> {
    /// Reads what a desktop is told before anybody signs in. Anybody. 200; 400, 500.
    pub async fn desktop_config(&self) -> Result<DesktopConfig, Error> {
        let operation = "reading the desktop configuration";
        let plan = Plan::get(String::from("/desktop/api/desktopConfig")).expects(Expects::Json);
        let answer = self.client.ask(Ok(plan), operation, None).await?;
        let json: Value = serde_json::from_slice(&answer.body).map_err(|error| {
            let detail = format!("{}, the JSON cannot be read: {error}", answer.status);
            let fault = Fault::new(ErrorKind::Decode, Progress::Answered, detail);
            self.client.failed(operation, Fault { status: Some(answer.status), ..fault })
        })?;
        Ok(DesktopConfig::of(json))
    }
}

impl DesktopConfig {
    fn of(json: Value) -> Self {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        // Both `true` and `"true"` occur in one answer.
        let flag = |name: &str| match json.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        Self {
            deployment_type: text("deploymentType"),
            security_banner_message: text("securityBannerMessage"),
            system_status: text("systemStatus"),
            host: text("host"),
            alternate_host: text("alternateHost"),
            is_alternate_system_available: flag("isAlternateSystemAvailable"),
            redirect_to_alternate_host: flag("redirectToAlternateHost"),
            desktop_licensed: flag("desktopLicensed"),
            system_auth_mode: text("systemAuthMode"),
            enable_mobile_agent_login: flag("enableMobileAgentLogin"),
            is_proxy_request: flag("isProxyRequest"),
            json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_both_forms_and_absent_ones_are_none() {
        let config = DesktopConfig::of(serde_json::json!({
            "deploymentType": "UCCE", "desktopLicensed": true, "enableMobileAgentLogin": "TRUE", "isProxyRequest": 7,
        }));
        assert_eq!(config.deployment_type.as_deref(), Some("UCCE"));
        assert_eq!((config.desktop_licensed, config.enable_mobile_agent_login), (Some(true), Some(true)));
        assert_eq!((config.is_proxy_request, config.alternate_host), (None, None));
    }
}
