//! `/TeamResource/{teamId}`: what the members of a team may choose from. From 12.5(1), and cached by the server.

use std::fmt;

use finesse_model::{
    DecodeError, List, MediaPropertiesLayout, ReasonCategory, ReasonCode, TeamLayoutConfig, Workflow,
    WrapUpReason,
};

use super::phone_books::PhoneBooks;
use crate::client::Client;
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path, with_query};

/// What one team has. See [`Client::team_resource`].
#[derive(Debug, Clone)]
pub struct TeamResources<'a> {
    client: &'a Client,
    team: String,
}

impl Client {
    /// What one team has.
    pub fn team_resource(&self, team: impl fmt::Display) -> TeamResources<'_> {
        TeamResources { client: self, team: team.to_string() }
    }
}

impl<'a> TeamResources<'a> {
    fn saying(&self, what: &str) -> String {
        format!("reading {what} of team {}", quote(&self.team))
    }

    async fn list<T>(
        &self,
        name: &str,
        query: &[(&str, &str)],
        what: &str,
        decode: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let operation = self.saying(what);
        let plan = path(&["TeamResource", &self.team, name]).map(|path| Plan::get(with_query(path, query)));
        self.client.read(plan, &operation, decode).await
    }

    /// Reads the team's reason codes. Who belongs to the team. 200; 400, 401, 404, 500, 503. From 12.5(1). The path is
    /// inferred from its neighbours.
    pub async fn reason_codes(&self, category: ReasonCategory) -> Result<List<ReasonCode>, Error> {
        let query = [("category", category.as_str())];
        self.list("ReasonCodes", &query, "reason codes", List::<ReasonCode>::from_xml).await
    }

    /// Reads the team's wrap-up reasons. Who belongs to the team. 200; 400, 401, 404, 500, 503. From 12.5(1). The path is
    /// inferred from its neighbours.
    pub async fn wrap_up_reasons(&self) -> Result<List<WrapUpReason>, Error> {
        self.list("WrapUpReasons", &[], "wrap-up reasons", List::<WrapUpReason>::from_xml).await
    }

    /// Reads the team's layouts of call data. Who belongs to the team. 200; 400, 401, 404, 500, 503. From 12.5(1). The path is
    /// inferred from its neighbours.
    pub async fn media_properties_layouts(&self) -> Result<List<MediaPropertiesLayout>, Error> {
        let decode = List::<MediaPropertiesLayout>::from_xml;
        self.list("MediaPropertiesLayouts", &[], "layouts", decode).await
    }

    /// Reads the team's phone books, global ones first, all that the server gives or a range of contacts. Who belongs to the team. 200, 206; 400, 401,
    /// 404, 416, 500, 503. From 12.5(1).
    pub fn phone_books(&self) -> PhoneBooks<'a> {
        let path = path(&["TeamResource", &self.team, "PhoneBooks"]);
        PhoneBooks::new(self.client, self.saying("phone books"), path)
    }

    /// Reads the team's workflows. Who belongs to the team. 200; 400, 401, 404, 500, 503. From 12.5(1). The path is
    /// inferred from its neighbours.
    pub async fn workflows(&self) -> Result<List<Workflow>, Error> {
        self.list("Workflows", &[], "workflows", List::<Workflow>::from_xml).await
    }

    /// Reads the layout of the team's desktop. Who belongs to the team. 200; 400, 401, 404, 500, 503. From 12.6(1). The path is inferred from its neighbours.
    pub async fn layout(&self) -> Result<TeamLayoutConfig, Error> {
        self.list("Layout", &[], "the desktop layout", TeamLayoutConfig::from_xml).await
    }
}
