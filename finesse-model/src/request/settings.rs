//! Settings as they are sent. A setting exists once and is only ever changed; it is written whole, so whatever the guide asks for must
//! be there.

use super::RequestError;
use super::checks::{Checks, Given, PORTS};
use super::configuration::{Draft, Purpose};
use crate::resources::configuration::{
    ChatConfig, ClusterConfig, EnterpriseDatabaseConfig, LayoutConfig, SystemConfig, TeamLayoutConfig,
};
use crate::scalar::Scalar;
use crate::secret::Secret;

/// What servers and web pages put in the place of a password.
const MASKS: [char; 3] = ['*', '\u{2022}', '\u{25CF}'];

/// Whether a password is one that was read: servers do not tell it, they leave it empty or mask it.
fn is_masked(password: &Secret) -> bool {
    let text = password.expose().trim();
    MASKS.iter().any(|mask| text.chars().all(|c| c == *mask))
}

impl Draft for SystemConfig {
    fn to_request(&self, _: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_setting();
        match &self.cti {
            Some(cti) => {
                checks
                    .needed("host", &cti.host)
                    .needed("port", &cti.port)
                    .needed("peripheralId", &cti.peripheral_id)
                    .number("port", &cti.port, PORTS)
                    .number("peripheralId", &cti.peripheral_id, 0..=i64::MAX)
                    .number("backupPort", &cti.backup_port, PORTS)
                    .flag("secure", &cti.secure);
                if cti.backup_host.as_ref().is_some_and(Given::is_given)
                    && !cti.backup_port.as_ref().is_some_and(Given::is_given)
                {
                    checks.fail("backupPort", "a backup host needs its port");
                }
            }
            None => checks.fail("cti", "it must be given"),
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for ClusterConfig {
    fn to_request(&self, _: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_setting();
        match &self.secondary_node {
            Some(node) => checks.needed("host", &node.host).done()?,
            None => checks.fail("secondaryNode", "it must be given"),
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for EnterpriseDatabaseConfig {
    /// A password that is empty or masked is one that was read, not one to set: it is left out, so that who reads the setting, changes the
    /// host and writes it back does not take the password away.
    fn to_request(&self, _: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_setting();
        checks
            .needed("host", &self.host)
            .needed("port", &self.port)
            .needed("databaseName", &self.database_name)
            .needed("username", &self.username)
            .number("port", &self.port, PORTS)
            .done()?;
        let mut setting = self.clone();
        setting.password = setting.password.filter(|password| !is_masked(password));
        setting.to_xml()
    }
}

impl Draft for LayoutConfig {
    fn to_request(&self, _: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_setting();
        checks.needed("layoutxml", &self.layout_xml).done()?;
        self.to_xml()
    }
}

impl Draft for TeamLayoutConfig {
    fn to_request(&self, _: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_setting();
        match self.use_default {
            Some(Scalar::Value(true)) => {}
            Some(Scalar::Value(false)) => {
                checks.needed("layoutxml", &self.layout_xml);
            }
            _ => checks.fail("useDefault", "it must be true or false"),
        }
        checks.done()?;
        self.to_xml()
    }
}

impl Draft for ChatConfig {
    fn to_request(&self, _: Purpose) -> Result<String, RequestError> {
        let mut checks = Checks::of_setting();
        checks.needed("primaryNode", &self.primary_node);
        for (field, node) in [("primaryNode", &self.primary_node), ("secondaryNode", &self.secondary_node)] {
            if node.as_deref().is_some_and(|url| !url.is_empty() && !url.starts_with("https://")) {
                checks.fail(field, "it must begin with https://");
            }
        }
        checks.done()?;
        self.to_xml()
    }
}
