//! `/desktop/api`: what the desktop asks before anybody signs in, in JSON. Some of its booleans are text, as in the guide's example.

use serde_json::json;

use super::answer::{Answer, json};
use super::roles::Who;
use super::routes::{Route, get};

pub(super) const ROUTES: &[Route] = &[get("/desktop/api/desktopConfig", Who::Anyone, |core, call| {
    let node = core.node(call.side);
    let other = core.node(call.side.other());
    let host = |address: &crate::NodeAddress| format!("{}:{}", address.host, address.https_port);
    let config = json!({
        "deploymentType": core.profile.deployment_type,
        "securityBannerMessage": "For authorised use only",
        "systemStatus": if node.in_service { "IN_SERVICE" } else { "OUT_OF_SERVICE" },
        "host": host(&node.address),
        "isAlternateSystemAvailable": other.in_service,
        "desktopLicensed": true,
        "systemAuthMode": core.profile.rest.auth_mode.as_str(),
        "enableMobileAgentLogin": "true",
        "isProxyRequest": false,
        "redirectToAlternateHost": false,
        "alternateHost": host(&other.address),
    });
    Ok(Answer::Raw(json(200, &config)))
})];
