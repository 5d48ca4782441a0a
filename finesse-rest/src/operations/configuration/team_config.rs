//! All teams, and what is assigned to one.
//!
//! An assignment replaces the whole list of a team, so an empty one takes everything away. Objects that every team has are not assigned.

use std::fmt;

use finesse_model::request::{Draft as _, Purpose, RequestError, assignment};
use finesse_model::{
    ConfigId, DecodeError, List, MediaPropertiesLayout, PhoneBook, ReasonCategory, ReasonCode, Team,
    TeamLayoutConfig, Workflow, WrapUpReason,
};
use http::Method;

use super::{CollectionOf, Configuration};
use crate::client::{Client, Plain, Write};
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path, with_query};

/// All teams. See [`Configuration::teams`].
#[derive(Debug, Clone)]
pub struct Teams<'a> {
    client: &'a Client,
}

/// What is assigned to one team. See [`Configuration::team`].
#[derive(Debug, Clone)]
pub struct TeamAssignments<'a> {
    client: &'a Client,
    id: String,
}

impl<'a> Configuration<'a> {
    /// All teams.
    #[must_use]
    pub fn teams(&self) -> Teams<'a> {
        Teams { client: self.client }
    }

    /// What is assigned to one team.
    pub fn team(&self, id: impl fmt::Display) -> TeamAssignments<'a> {
        TeamAssignments { client: self.client, id: id.to_string() }
    }
}

impl Teams<'_> {
    /// Reads all teams, without their members. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn list(&self) -> Result<List<Team>, Error> {
        let plan = Plan::get(String::from("/Teams")).primary_only();
        self.client.read(Ok(plan), "reading Teams", List::<Team>::from_xml).await
    }
}

/// Reason codes of the two categories are assigned separately.
type Query<'q> = Option<(&'q str, &'q str)>;

impl<'a> TeamAssignments<'a> {
    fn path(&self, name: &str, query: Query<'_>) -> Result<String, RequestError> {
        path(&["Team", &self.id, name]).map(|path| with_query(path, query.as_slice()))
    }

    fn saying(&self, doing: &str, name: &str) -> String {
        format!("{doing} {name} of team {}", quote(&self.id))
    }

    async fn read<T>(
        &self,
        name: &str,
        query: Query<'_>,
        decode: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let plan = self.path(name, query).map(|path| Plan::get(path).primary_only());
        self.client.read(plan, &self.saying("reading", name), decode).await
    }

    fn assign<T: CollectionOf>(&self, ids: &[ConfigId], query: Query<'_>) -> Write<'a, Plain> {
        let uris: Vec<String> = ids.iter().map(|id| format!("/finesse/api/{}/{id}", T::ONE)).collect();
        if (1..ids.len()).any(|at| ids[..at].contains(&ids[at])) {
            let why = RequestError::new(T::ONE, "the same one is given twice");
            return Write::plan(self.client, self.saying("assigning", T::ALL), Err(why));
        }
        let plan = assignment(T::ALL, T::ONE, uris.iter().map(String::as_str))
            .and_then(|body| Ok(Plan::new(Method::PUT, self.path(T::ALL, query)?).xml(body).primary_only()));
        Write::plan(self.client, self.saying("assigning", T::ALL), plan)
    }

    /// Reads the team's reason codes of a category. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn reason_codes(&self, category: ReasonCategory) -> Result<List<ReasonCode>, Error> {
        let query = Some(("category", category.as_str()));
        self.read("ReasonCodes", query, List::<ReasonCode>::from_xml).await
    }

    /// Assigns reason codes of a category. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn set_reason_codes(&self, category: ReasonCategory, ids: &[ConfigId]) -> Write<'a, Plain> {
        if matches!(category, ReasonCategory::NotReady | ReasonCategory::Logout) {
            return self.assign::<ReasonCode>(ids, Some(("category", category.as_str())));
        }
        let why = RequestError::new("category", "it must be NOT_READY or LOGOUT");
        Write::plan(self.client, self.saying("assigning", "ReasonCodes"), Err(why))
    }

    /// Reads the team's wrap-up reasons. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn wrap_up_reasons(&self) -> Result<List<WrapUpReason>, Error> {
        self.read("WrapUpReasons", None, List::<WrapUpReason>::from_xml).await
    }

    /// Assigns wrap-up reasons. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn set_wrap_up_reasons(&self, ids: &[ConfigId]) -> Write<'a, Plain> {
        self.assign::<WrapUpReason>(ids, None)
    }

    /// Reads the team's phone books. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn phone_books(&self) -> Result<List<PhoneBook>, Error> {
        self.read("PhoneBooks", None, List::<PhoneBook>::from_xml).await
    }

    /// Assigns phone books. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn set_phone_books(&self, ids: &[ConfigId]) -> Write<'a, Plain> {
        self.assign::<PhoneBook>(ids, None)
    }

    /// Reads the layout of the team's desktop. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn layout(&self) -> Result<TeamLayoutConfig, Error> {
        self.read("LayoutConfig", None, TeamLayoutConfig::from_xml).await
    }

    /// Gives the team a desktop layout of its own, or the default one. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn set_layout(&self, layout: &TeamLayoutConfig) -> Write<'a, Plain> {
        let plan = layout.to_request(Purpose::Update).and_then(|body| {
            Ok(Plan::new(Method::PUT, self.path("LayoutConfig", None)?).xml(body).primary_only())
        });
        Write::plan(self.client, self.saying("assigning", "LayoutConfig"), plan)
    }

    /// Reads the team's workflows. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn workflows(&self) -> Result<List<Workflow>, Error> {
        self.read("Workflows", None, List::<Workflow>::from_xml).await
    }

    /// Assigns workflows, at most 20. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn set_workflows(&self, ids: &[ConfigId]) -> Write<'a, Plain> {
        /// Most workflows of one team.
        const MOST: usize = 20;
        if ids.len() > MOST {
            let why = RequestError::new("Workflows", format!("there are {}; {MOST} are allowed", ids.len()));
            return Write::plan(self.client, self.saying("assigning", "Workflows"), Err(why));
        }
        self.assign::<Workflow>(ids, None)
    }

    /// Reads the team's layouts of call data. Administrator. 200; 401, 403 (secondary node), 404, 500. From 11.0(1).
    pub async fn media_properties_layouts(&self) -> Result<List<MediaPropertiesLayout>, Error> {
        self.read("MediaPropertiesLayouts", None, List::<MediaPropertiesLayout>::from_xml).await
    }

    /// Assigns layouts of call data. Administrator. 200; 400, 401, 403 (secondary node), 404, 500. From 11.0(1).
    pub fn set_media_properties_layouts(&self, ids: &[ConfigId]) -> Write<'a, Plain> {
        self.assign::<MediaPropertiesLayout>(ids, None)
    }
}
