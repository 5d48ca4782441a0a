//! What the pair is configured with: teams, reason codes, phone books, queues, media routing domains, settings.
//!
//! Both sides share it, as real sides share a replicated database. Objects that an administrator can create are rows of a
//! [`Table`]: elements with the children of the wire but without `uri` and `id`, which follow from the number of the row.

mod lab;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) use self::table::Table;
use super::xml::Elem;

/// A collection of configuration objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Collection {
    /// Reason codes for not ready and sign-out.
    ReasonCodes,
    /// Wrap-up reasons.
    WrapUpReasons,
    /// Layouts of call variables.
    Layouts,
    /// Phone books.
    PhoneBooks,
    /// Contacts of the phone book with this id.
    Contacts(u64),
    /// Workflows.
    Workflows,
    /// Actions of workflows.
    WorkflowActions,
}

/// A team. Members are the agents whose `team` is its id.
#[derive(Debug, Default)]
pub(crate) struct Team {
    /// Name.
    pub(crate) name: String,
    /// Ids of the objects assigned to the team.
    pub(crate) assigned: BTreeMap<Collection, BTreeSet<u64>>,
    /// A desktop layout of its own.
    pub(crate) layout: Option<String>,
}

/// A skill group.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Name.
    pub(crate) name: &'static str,
    /// Teams whose members have the skill.
    pub(crate) teams: &'static [&'static str],
    /// Calls that wait: how many, and the start of the longest.
    pub(crate) waiting: Option<(u32, &'static str)>,
}

/// A media routing domain.
#[derive(Debug)]
pub(crate) struct Domain {
    /// Id.
    pub(crate) id: u32,
    /// Enterprise name.
    pub(crate) name: &'static str,
    /// Description, which the API escapes once more than XML needs.
    pub(crate) description: &'static str,
    /// Whether tasks can be interrupted.
    pub(crate) interruptible: bool,
    /// Teams whose members have a skill group in it.
    pub(crate) teams: &'static [&'static str],
}

/// A message to teams.
#[derive(Debug)]
pub(crate) struct TeamMessage {
    /// loginId or account of the creator.
    pub(crate) creator: String,
    /// Unix time in seconds, by the clock of the side that took it.
    pub(crate) created_at: i64,
    /// When it goes away, in simulated time.
    pub(crate) until: Duration,
    /// Seconds it lasts.
    pub(crate) duration: u64,
    /// Text.
    pub(crate) content: String,
    /// Teams.
    pub(crate) teams: Vec<String>,
}

/// A token the single sign-on gave out.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// loginId.
    pub(crate) user: String,
    /// When it is worth nothing any more.
    pub(crate) until: Duration,
    /// Good only for getting another one.
    pub(crate) refresh: bool,
}

/// The whole configuration.
#[derive(Debug)]
pub(crate) struct Site {
    tables: BTreeMap<Collection, Table>,
    /// Teams by id.
    pub(crate) teams: BTreeMap<String, Team>,
    /// Settings there is one of each, by the name of the root: `SystemConfig`, `ChatConfig` and so on.
    pub(crate) settings: BTreeMap<&'static str, Elem>,
    /// Queues by id.
    pub(crate) queues: BTreeMap<u32, Queue>,
    /// Media routing domains besides voice.
    pub(crate) domains: Vec<Domain>,
    /// Messages to teams by id.
    pub(crate) messages: BTreeMap<String, TeamMessage>,
    /// Tokens given out.
    pub(crate) tokens: BTreeMap<String, Token>,
    /// Codes of a sign-on that is under way, with the user.
    pub(crate) sign_on_codes: BTreeMap<String, String>,
}

impl Site {
    /// The table of a collection.
    pub(crate) fn table(&self, collection: Collection) -> Option<&Table> {
        self.tables.get(&collection)
    }

    /// The table of a collection, to change it.
    pub(crate) fn table_mut(&mut self, collection: Collection) -> &mut Table {
        self.tables.entry(collection).or_default()
    }

    /// The rows of a collection by id.
    pub(crate) fn rows(&self, collection: Collection) -> impl Iterator<Item = (u64, &Elem)> {
        self.table(collection).into_iter().flat_map(Table::rows)
    }

    /// One row.
    pub(crate) fn row(&self, collection: Collection, id: u64) -> Option<&Elem> {
        self.table(collection)?.row(id)
    }

    /// Takes a row out, and what hangs on it.
    pub(crate) fn remove(&mut self, collection: Collection, id: u64) {
        self.table_mut(collection).remove(id);
        if collection == Collection::PhoneBooks {
            self.tables.remove(&Collection::Contacts(id));
        }
    }

    /// Whether a team has the object assigned.
    pub(crate) fn is_assigned(&self, collection: Collection, id: u64) -> bool {
        self.teams.values().any(|team| team.assigned.get(&collection).is_some_and(|ids| ids.contains(&id)))
    }

    /// Contacts in all phone books.
    pub(crate) fn contacts(&self) -> usize {
        let contacts = self.tables.iter().filter(|(key, _)| matches!(key, Collection::Contacts(_)));
        contacts.map(|(_, table)| table.len()).sum()
    }

    /// Rows that members of a team see: those for all, and those assigned to the team.
    pub(crate) fn for_team<'a>(
        &'a self,
        collection: Collection,
        team: &str,
        for_all: fn(&Elem) -> bool,
    ) -> impl Iterator<Item = (u64, &'a Elem)> {
        let assigned = self.teams.get(team).and_then(|team| team.assigned.get(&collection));
        self.rows(collection)
            .filter(move |(id, row)| for_all(row) || assigned.is_some_and(|ids| ids.contains(id)))
    }

    /// The name of a team.
    pub(crate) fn team_name(&self, id: &str) -> &str {
        self.teams.get(id).map_or("", |team| team.name.as_str())
    }

    /// Makes sure that a team exists.
    pub(crate) fn add_team(&mut self, id: &str) {
        self.teams
            .entry(id.to_owned())
            .or_insert_with(|| Team { name: format!("Team {id}"), ..Team::default() });
    }
}
