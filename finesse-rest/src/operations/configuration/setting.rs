//! Settings there is one of each.
//!
//! | setting | path | platform, release |
//! |---|---|---|
//! | CTI servers | `/SystemConfig` | CCE |
//! | cluster | `/ClusterConfig` | CCE |
//! | enterprise database | `/EnterpriseDatabaseConfig` | CCE |
//! | desktop layout | `/LayoutConfig/default` | |
//! | desktop chat servers | `/ChatConfig` | from 12.0(1); agents may read it |
//! | how much is configured | `/ConfigInfo` | from 12.6(1), only read |
//! | ECC variables | `/ECCVariableConfig` | CCE, from 12.0(1), only read, by any user |

use std::marker::PhantomData;

use finesse_model::request::{Draft, Purpose};
use finesse_model::{
    ChatConfig, ClusterConfig, ConfigInfo, DecodeError, EccVariableConfig, EnterpriseDatabaseConfig,
    LayoutConfig, SystemConfig,
};
use http::Method;

use super::Configuration;
use crate::client::{Client, Plain, Write};
use crate::error::Error;
use crate::plan::Plan;

/// An object there is one of. Implemented by the model's own settings only.
pub trait SettingOf: Sized + Send + private::Sealed {
    /// Its path.
    #[doc(hidden)]
    const PATH: &'static str;

    /// Whether agents may read it.
    #[doc(hidden)]
    const FOR_AGENTS: bool;

    /// Reads one.
    #[doc(hidden)]
    fn decode(xml: &str) -> Result<Self, DecodeError>;
}

mod private {
    pub trait Sealed {}
}

macro_rules! settings {
    ($($type:ty, $path:literal, $agents:literal;)*) => {$(
        impl private::Sealed for $type {}

        impl SettingOf for $type {
            const PATH: &'static str = $path;
            const FOR_AGENTS: bool = $agents;

            fn decode(xml: &str) -> Result<Self, DecodeError> {
                Self::from_xml(xml)
            }
        }
    )*};
}

settings! {
    SystemConfig, "/SystemConfig", false;
    ClusterConfig, "/ClusterConfig", false;
    EnterpriseDatabaseConfig, "/EnterpriseDatabaseConfig", false;
    LayoutConfig, "/LayoutConfig/default", false;
    ChatConfig, "/ChatConfig", true;
    ConfigInfo, "/ConfigInfo", false;
    EccVariableConfig, "/ECCVariableConfig", true;
}

/// A setting there is one of.
#[derive(Debug, Clone)]
pub struct Setting<'a, T> {
    client: &'a Client,
    kind: PhantomData<fn() -> T>,
}

impl<'a> Configuration<'a> {
    fn setting<T>(&self) -> Setting<'a, T> {
        Setting { client: self.client, kind: PhantomData }
    }

    /// Where the CTI servers are. A change needs a restart of Finesse. CCE.
    #[must_use]
    pub fn system_config(&self) -> Setting<'a, SystemConfig> {
        self.setting()
    }

    /// The second node. CCE.
    #[must_use]
    pub fn cluster_config(&self) -> Setting<'a, ClusterConfig> {
        self.setting()
    }

    /// The database of agents. The password is never told when read. CCE.
    #[must_use]
    pub fn enterprise_database_config(&self) -> Setting<'a, EnterpriseDatabaseConfig> {
        self.setting()
    }

    /// The default layout of the desktop.
    #[must_use]
    pub fn layout_config(&self) -> Setting<'a, LayoutConfig> {
        self.setting()
    }

    /// The desktop's chat servers. From 12.0(1).
    #[must_use]
    pub fn chat_config(&self) -> Setting<'a, ChatConfig> {
        self.setting()
    }

    /// How much is configured; only read. From 12.6(1).
    #[must_use]
    pub fn config_info(&self) -> Setting<'a, ConfigInfo> {
        self.setting()
    }

    /// The ECC variables; only read, by any user. CCE, from 12.0(1).
    #[must_use]
    pub fn ecc_variable_config(&self) -> Setting<'a, EccVariableConfig> {
        self.setting()
    }
}

impl<'a, T: SettingOf> Setting<'a, T> {
    /// Reads it. Administrator, unless said otherwise at the setting. 200; 401, 403 (secondary node), 404, 500; 501 on CCX for what is of CCE. Platform and
    /// release stand at the setting.
    pub async fn get(&self) -> Result<T, Error> {
        let plan = Plan::get(T::PATH.to_owned());
        let plan = if T::FOR_AGENTS { plan.perhaps_primary() } else { plan.primary_only() };
        self.client.read(Ok(plan), &format!("reading {}", T::PATH), T::decode).await
    }

    /// Changes it. Administrator. 200; 400, 401, 403 (secondary node), 404, 500; 501 on CCX for what is of CCE. Platform and release stand at the setting.
    pub fn update(&self, setting: &T) -> Write<'a, Plain>
    where
        T: Draft,
    {
        let body = setting.to_request(Purpose::Update);
        let plan = body.map(|body| Plan::new(Method::PUT, T::PATH.to_owned()).xml(body).primary_only());
        Write::plan(self.client, format!("changing {}", T::PATH), plan)
    }
}
