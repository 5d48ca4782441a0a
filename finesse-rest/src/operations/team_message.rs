//! `/TeamMessage`: messages of supervisors to their teams. From 12.0(1).

use std::fmt;

use finesse_model::request::{Body, RequestError};
use finesse_model::{TeamId, TeamMessage, TeamMessageId};
use http::Method;

use crate::client::{Client, Plain, Write};
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path};

/// The longest content, in characters.
const LONGEST: usize = 255;

/// Team messages, to make a new one. See [`Client::team_messages`].
#[derive(Debug, Clone)]
pub struct TeamMessages<'a> {
    client: &'a Client,
}

/// One team message. See [`Client::team_message`].
#[derive(Debug, Clone)]
pub struct TeamMessageResource<'a> {
    client: &'a Client,
    id: String,
}

impl Client {
    /// Team messages, to make a new one. Those of a team and those of a user are read there.
    #[must_use]
    pub fn team_messages(&self) -> TeamMessages<'_> {
        TeamMessages { client: self }
    }

    /// One team message.
    pub fn team_message(&self, id: impl fmt::Display) -> TeamMessageResource<'_> {
        TeamMessageResource { client: self, id: id.to_string() }
    }
}

impl<'a> TeamMessages<'a> {
    /// Writes to teams, at most 255 characters, to be shown for `seconds`. [`Receipt::reach`](crate::Receipt::reach) says whether both nodes know.
    /// Supervisor of the teams, or administrator. 200, 207; 400, 401, 404, 500, 503. From 12.0(1).
    pub fn create(&self, content: &str, seconds: u32, teams: &[TeamId]) -> Write<'a, Plain> {
        let plan = written(content, seconds, teams)
            .map(|body| Plan::new(Method::POST, String::from("/TeamMessage")).xml(body));
        Write::plan(self.client, "creating a team message", plan)
    }
}

impl<'a> TeamMessageResource<'a> {
    fn path(&self) -> Result<String, RequestError> {
        let id = TeamMessageId::new(&self.id).map_err(|error| RequestError::new("id", error.to_string()))?;
        path(&["TeamMessage", id.as_str()])
    }

    fn saying(&self, what: &str) -> String {
        format!("{what} team message {}", quote(&self.id))
    }

    /// Reads the message. Who belongs to one of its teams. 200; 401, 404, 500, 503. From 12.0(1).
    pub async fn get(&self) -> Result<TeamMessage, Error> {
        self.client.read(self.path().map(Plan::get), &self.saying("reading"), TeamMessage::from_xml).await
    }

    /// Deletes the message. [`Receipt::reach`](crate::Receipt::reach) says whether both nodes know. Who wrote it, or the administrator. 200, 207; 401,
    /// 404, 500, 503. From 12.0(1).
    pub fn delete(&self) -> Write<'a, Plain> {
        let plan = self.path().map(|path| Plan::new(Method::DELETE, path));
        Write::plan(self.client, self.saying("deleting"), plan)
    }
}

fn written(content: &str, seconds: u32, teams: &[TeamId]) -> Result<String, RequestError> {
    let length = content.chars().count();
    if content.trim().is_empty() || length > LONGEST {
        let why = format!("it has {length} characters; 1 to {LONGEST} are allowed");
        return Err(RequestError::new("content", why));
    }
    if seconds == 0 {
        return Err(RequestError::new("duration", "it is nothing"));
    }
    if teams.is_empty() {
        return Err(RequestError::new("teams", "no team named"));
    }
    Body::new("TeamMessage")
        .field("duration", &seconds.to_string())
        .field("content", content)
        .group("teams", |list| teams.iter().fold(list, |list, team| list.field("team", team.as_str())))
        .into_xml()
}
