//! Timers and undocumented behaviour, each a named field with its default and the reason for it.
use crate::NodeAddress;

/// Behaviour of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Where each side can be reached until the front end says otherwise.
    pub addresses: [NodeAddress; 2],
}

impl Profile {
    /// Unified CCE, 12.5 and later.
    #[must_use]
    pub fn ucce() -> Self {
        Self {
            addresses: ["fin-a.lab.example", "fin-b.lab.example"].map(|host| NodeAddress {
                host: host.to_owned(),
                https_port: 8445,
                xmpp_port: 5222,
                xmpp_secure_port: 5223,
            }),
        }
    }

    /// The same with every duration multiplied by `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let _ = factor;
        self
    }
}
