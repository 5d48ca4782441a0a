//! `/Team/{id}`: a team and its members. What is assigned to a team is configuration.

use std::fmt;

use finesse_model::{List, Team, TeamMessage};

use crate::client::Client;
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path, with_query};

/// One team. See [`Client::team`].
#[derive(Debug, Clone)]
pub struct TeamResource<'a> {
    client: &'a Client,
    id: String,
    logged_out: bool,
}

impl Client {
    /// One team.
    pub fn team(&self, id: impl fmt::Display) -> TeamResource<'_> {
        TeamResource { client: self, id: id.to_string(), logged_out: false }
    }
}

impl TeamResource<'_> {
    /// Also those who are signed out, whom [`get`](Self::get) leaves out otherwise.
    #[must_use]
    pub fn including_logged_out(mut self) -> Self {
        self.logged_out = true;
        self
    }

    /// Reads the team with summaries of its members. Supervisor of the team, or administrator. 200; 401, 404, 500.
    pub async fn get(&self) -> Result<Team, Error> {
        let operation = format!("reading team {}", quote(&self.id));
        let query: &[(&str, &str)] =
            if self.logged_out { &[("includeLoggedOutAgents", "true")] } else { &[] };
        let plan = path(&["Team", &self.id]).map(|path| Plan::get(with_query(path, query)));
        self.client.read(plan, &operation, Team::from_xml).await
    }

    /// Reads the messages to the team that have not expired. Its agents and supervisors. 200; 401, 404, 500, 503. From 12.0(1).
    pub async fn messages(&self) -> Result<List<TeamMessage>, Error> {
        let operation = format!("reading messages of team {}", quote(&self.id));
        let plan = path(&["Team", &self.id, "TeamMessages"]).map(Plan::get);
        self.client.read(plan, &operation, List::<TeamMessage>::from_xml).await
    }
}
