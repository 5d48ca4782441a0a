//! Objects there are many of: one implementation of list, create, get, update and delete for all.
//!
//! Layouts of call data are there from 11.0(1), everything else from the first release on, both on CCE and on CCX.
//!
//! | objects | one | all | release |
//! |---|---|---|---|
//! | reason codes | `/ReasonCode/{id}` (agents may read it) | `/ReasonCodes?category=…` | |
//! | wrap-up reasons | `/WrapUpReason/{id}` | `/WrapUpReasons` | |
//! | layouts of call data | `/MediaPropertiesLayout/{id}` | `/MediaPropertiesLayouts` | from 11.0(1) |
//! | phone books | `/PhoneBook/{id}` | `/PhoneBooks` | |
//! | contacts | `/PhoneBook/{book}/Contact/{id}` | `/PhoneBook/{book}/Contacts` | |
//! | workflows | `/Workflow/{id}` | `/Workflows` | |
//! | workflow actions | `/WorkflowAction/{id}` | `/WorkflowActions` | |

use std::fmt;
use std::marker::PhantomData;

use finesse_model::request::{Draft, Purpose, RequestError};
use finesse_model::{
    Contact, DecodeError, List, MediaPropertiesLayout, PhoneBook, ReasonCategory, ReasonCode, Workflow,
    WorkflowAction, WrapUpReason,
};
use http::Method;

use super::Configuration;
use crate::client::{Client, Plain, Write};
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path, with_query};

/// An object there are many of. Implemented by the model's own objects only.
pub trait CollectionOf: Draft + Sized + Send + private::Sealed {
    /// The name of one.
    #[doc(hidden)]
    const ONE: &'static str;
    /// The name of all.
    #[doc(hidden)]
    const ALL: &'static str;

    /// Reads one.
    #[doc(hidden)]
    fn decode(xml: &str) -> Result<Self, DecodeError>;

    /// Reads all.
    #[doc(hidden)]
    fn decode_all(xml: &str) -> Result<List<Self>, DecodeError>;
}

mod private {
    pub trait Sealed {}
}

macro_rules! collections {
    ($($type:ty, $one:literal, $all:literal;)*) => {$(
        impl private::Sealed for $type {}

        impl CollectionOf for $type {
            const ONE: &'static str = $one;
            const ALL: &'static str = $all;

            fn decode(xml: &str) -> Result<Self, DecodeError> {
                Self::from_xml(xml)
            }

            fn decode_all(xml: &str) -> Result<List<Self>, DecodeError> {
                List::<Self>::from_xml(xml)
            }
        }
    )*};
}

collections! {
    ReasonCode, "ReasonCode", "ReasonCodes";
    WrapUpReason, "WrapUpReason", "WrapUpReasons";
    MediaPropertiesLayout, "MediaPropertiesLayout", "MediaPropertiesLayouts";
    PhoneBook, "PhoneBook", "PhoneBooks";
    Contact, "Contact", "Contacts";
    Workflow, "Workflow", "Workflows";
    WorkflowAction, "WorkflowAction", "WorkflowActions";
}

/// Objects there are many of.
#[derive(Debug, Clone)]
pub struct Collection<'a, T> {
    pub(super) client: &'a Client,
    /// The object that these belong to, for contacts.
    owner: Vec<String>,
    category: Option<ReasonCategory>,
    kind: PhantomData<fn() -> T>,
}

impl<'a> Configuration<'a> {
    pub(super) fn collection<T>(&self, owner: Vec<String>) -> Collection<'a, T> {
        Collection { client: self.client, owner, category: None, kind: PhantomData }
    }

    /// Why agents are not ready or signed out. At most 100 global ones in each category.
    #[must_use]
    pub fn reason_codes(&self) -> Collection<'a, ReasonCode> {
        Collection { category: Some(ReasonCategory::All), ..self.collection(Vec::new()) }
    }

    /// How calls ended. At most 100 global ones.
    #[must_use]
    pub fn wrap_up_reasons(&self) -> Collection<'a, WrapUpReason> {
        self.collection(Vec::new())
    }

    /// Which data of a call is shown. At most 200.
    #[must_use]
    pub fn media_properties_layouts(&self) -> Collection<'a, MediaPropertiesLayout> {
        self.collection(Vec::new())
    }

    /// Phone books. At most 10 global ones and 300 of teams.
    #[must_use]
    pub fn phone_books(&self) -> Collection<'a, PhoneBook> {
        self.collection(Vec::new())
    }

    /// Workflows. At most 100.
    #[must_use]
    pub fn workflows(&self) -> Collection<'a, Workflow> {
        self.collection(Vec::new())
    }

    /// What workflows do. At most 100.
    #[must_use]
    pub fn workflow_actions(&self) -> Collection<'a, WorkflowAction> {
        self.collection(Vec::new())
    }
}

impl Collection<'_, ReasonCode> {
    /// Only of this category; default all.
    #[must_use]
    pub fn in_category(mut self, category: ReasonCategory) -> Self {
        self.category = Some(category);
        self
    }
}

impl<'a, T: CollectionOf> Collection<'a, T> {
    /// A path below the owner.
    pub(super) fn path(&self, below: &[&str]) -> Result<String, RequestError> {
        let owner: Vec<&str> = self.owner.iter().map(String::as_str).collect();
        path(&[&owner, below].concat())
    }

    pub(super) fn saying(doing: &str, id: &str) -> String {
        format!("{doing} {} {}", T::ONE, quote(id))
    }

    /// Reads all. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn list(&self) -> Result<List<T>, Error> {
        let query = self.category.as_ref().map(|category| ("category", category.as_str()));
        let plan =
            self.path(&[T::ALL]).map(|path| Plan::get(with_query(path, query.as_slice())).primary_only());
        self.client.read(plan, &format!("reading {}", T::ALL), T::decode_all).await
    }

    /// Makes a new one; [`Receipt::new_id`](crate::Receipt::new_id) is its id. Administrator. 200; 400, 401, 403 (secondary node), 404, 405
    /// (a layout called `default`), 500.
    pub fn create(&self, object: &T) -> Write<'a, Plain> {
        let plan = object
            .to_request(Purpose::Create)
            .and_then(|body| Ok(Plan::new(Method::POST, self.path(&[T::ONE])?).xml(body).primary_only()));
        Write::plan(self.client, format!("creating a {}", T::ONE), plan)
    }

    /// Reads one. Administrator; agents may read a reason code. 200; 401, 403 (secondary node), 404, 500.
    pub async fn get(&self, id: impl fmt::Display) -> Result<T, Error> {
        let id = id.to_string();
        let plan = self.path(&[T::ONE, &id]).map(Plan::get);
        // Of all objects there are many of, agents may read a reason code.
        let plan = plan
            .map(|plan| if T::ONE == "ReasonCode" { plan.perhaps_primary() } else { plan.primary_only() });
        self.client.read(plan, &Self::saying("reading", &id), T::decode).await
    }

    /// Changes one. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn update(&self, id: impl fmt::Display, object: &T) -> Write<'a, Plain> {
        let id = id.to_string();
        let plan = object
            .to_request(Purpose::Update)
            .and_then(|body| Ok(Plan::new(Method::PUT, self.path(&[T::ONE, &id])?).xml(body).primary_only()));
        Write::plan(self.client, Self::saying("changing", &id), plan)
    }

    /// Deletes one. Administrator. 200; 400 (in use), 401, 403 (secondary node, or the default layout), 404, 405 (the default layout), 500.
    pub fn delete(&self, id: impl fmt::Display) -> Write<'a, Plain> {
        let id = id.to_string();
        let plan = self.path(&[T::ONE, &id]).map(|path| Plan::new(Method::DELETE, path).primary_only());
        Write::plan(self.client, Self::saying("deleting", &id), plan)
    }
}

impl<'a> Collection<'a, MediaPropertiesLayout> {
    /// Reads the layout that is there from the beginning. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn get_default(&self) -> Result<MediaPropertiesLayout, Error> {
        self.get("default").await
    }

    /// Changes it. Administrator. 200; 400, 401, 403 (secondary node), 404, 500.
    pub fn update_default(&self, layout: &MediaPropertiesLayout) -> Write<'a, Plain> {
        self.update("default", layout)
    }
}
