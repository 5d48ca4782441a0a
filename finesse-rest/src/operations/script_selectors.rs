//! `/ScriptSelectors`: where calls and tasks can be transferred to. CCE, from 12.6(2).

use finesse_model::{List, ScriptSelector};

use crate::client::Client;
use crate::error::Error;
use crate::plan::{Plan, with_query};

/// For which media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MrdType {
    /// All.
    #[default]
    All,
    /// Digital channels only.
    DigitalChannel,
    /// Voice only.
    Voice,
}

impl MrdType {
    fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::DigitalChannel => "digitalchannel",
            Self::Voice => "voice",
        }
    }
}

/// Script selectors. See [`Client::script_selectors`].
#[derive(Debug, Clone)]
pub struct ScriptSelectors<'a> {
    client: &'a Client,
    of: MrdType,
}

impl Client {
    /// Where calls and tasks can be transferred to.
    #[must_use]
    pub fn script_selectors(&self) -> ScriptSelectors<'_> {
        ScriptSelectors { client: self, of: MrdType::default() }
    }
}

impl ScriptSelectors<'_> {
    /// Only for this kind of media; default all.
    #[must_use]
    pub fn of(mut self, kind: MrdType) -> Self {
        self.of = kind;
        self
    }

    /// Reads them. Agent, supervisor or administrator. 200; 401, 404, 500, 501 (CCX). CCE, from 12.6(2).
    pub async fn list(&self) -> Result<List<ScriptSelector>, Error> {
        let operation = "reading script selectors";
        let path = with_query(String::from("/ScriptSelectors"), &[("mrdType", self.of.as_str())]);
        self.client.read(Ok(Plan::get(path)), operation, List::<ScriptSelector>::from_xml).await
    }
}
