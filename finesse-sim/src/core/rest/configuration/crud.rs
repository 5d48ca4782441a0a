//! List, read, create, change and delete, for every kind of configuration object.

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::kind::Kind;
use crate::core::SimCore;
use crate::core::reason;
use crate::core::site::{Collection, Site};
use crate::core::xml::Elem;

/// A kind of object, where its rows are and where they are shown.
pub(in crate::core::rest) struct Objects {
    /// The kind.
    pub(in crate::core::rest) kind: &'static Kind,
    /// The rows.
    pub(in crate::core::rest) collection: Collection,
    /// Path of the collection, without a number.
    pub(in crate::core::rest) base: String,
}

impl Objects {
    /// Objects of a kind below `/finesse/api`, at the name of their root.
    pub(in crate::core::rest) fn of(kind: &'static Kind, collection: Collection) -> Self {
        Self { kind, collection, base: format!("/finesse/api/{}", kind.root) }
    }

    /// One object as it is shown.
    pub(in crate::core::rest) fn show(&self, id: u64, row: &Elem) -> Elem {
        self.kind.show(&self.base, id, row)
    }

    fn row<'a>(&self, site: &'a Site, id: u64) -> Result<&'a Elem, Refusal> {
        site.row(self.collection, id).ok_or_else(|| Refusal::not_found(&format!("{}/{id}", self.base)))
    }

    /// The row is refused if it is too like another one.
    fn check_unique(&self, site: &Site, row: &Elem, own: Option<u64>) -> Result<(), Refusal> {
        let twin =
            site.rows(self.collection).any(|(id, other)| Some(id) != own && self.kind.alike(row, other));
        if twin { Err((self.kind.duplicate)(row)) } else { Ok(()) }
    }

    /// The row is refused if there are enough like it.
    fn check_limit(&self, site: &Site, row: &Elem) -> Result<(), Refusal> {
        let alike = site
            .rows(self.collection)
            .filter(|(_, other)| self.kind.of_a_sort(row, other) && !reason::is_system(other))
            .count();
        let limit = (self.kind.limit)(row);
        if alike >= limit {
            let message = format!("There may be {limit} at the most");
            return Err(Refusal::new(400, "Maximum Exceeded", &message, self.kind.list));
        }
        Ok(())
    }

    /// Puts a new row in, if it may stand there, and gives its number.
    pub(in crate::core::rest) fn insert(&self, site: &mut Site, row: Elem) -> Result<u64, Refusal> {
        self.check_unique(site, &row, None)?;
        self.check_limit(site, &row)?;
        Ok(site.table_mut(self.collection).insert(row))
    }
}

impl SimCore {
    /// All objects that `wanted` names.
    pub(in crate::core::rest) fn list_objects(
        &self,
        objects: &Objects,
        wanted: impl Fn(&Elem) -> bool,
    ) -> Elem {
        let rows = self.site.rows(objects.collection).filter(|(_, row)| wanted(row));
        rows.fold(Elem::new(objects.kind.list), |all, (id, row)| all.child(objects.show(id, row)))
    }

    /// One object.
    pub(in crate::core::rest) fn read_object(&self, objects: &Objects, id: u64) -> Result<Answer, Refusal> {
        Ok(Answer::Document(objects.show(id, objects.row(&self.site, id)?)))
    }

    /// A new object from the body of a request.
    pub(in crate::core::rest) fn create_object(
        &mut self,
        objects: &Objects,
        call: &Call<'_>,
    ) -> Result<Answer, Refusal> {
        let row = objects.kind.read(call.root(objects.kind.root)?, None)?;
        let id = objects.insert(&mut self.site, row)?;
        Ok(Answer::Created(format!("{}/{id}", objects.base)))
    }

    /// An object changes as the body of a request says; what it does not say stays.
    pub(in crate::core::rest) fn change_object(
        &mut self,
        objects: &Objects,
        call: &Call<'_>,
        id: u64,
    ) -> Result<Answer, Refusal> {
        let old = objects.row(&self.site, id)?;
        self.refuse_system_object(old)?;
        let row = objects.kind.read(call.root(objects.kind.root)?, Some(old))?;
        objects.check_unique(&self.site, &row, Some(id))?;
        if !objects.kind.of_a_sort(&row, old) {
            objects.check_limit(&self.site, &row)?;
        }
        self.site.table_mut(objects.collection).put(id, row);
        Ok(Answer::Done)
    }

    /// An object goes away, unless a team has it.
    pub(in crate::core::rest) fn delete_object(
        &mut self,
        objects: &Objects,
        id: u64,
    ) -> Result<Answer, Refusal> {
        self.refuse_system_object(objects.row(&self.site, id)?)?;
        let stays = objects.collection == Collection::PhoneBooks || self.profile.rest.assigned_objects_stay;
        if stays && self.site.is_assigned(objects.collection, id) {
            return Err(in_use(objects.kind.root, id));
        }
        for team in self.site.teams.values_mut() {
            if let Some(ids) = team.assigned.get_mut(&objects.collection) {
                ids.remove(&id);
            }
        }
        self.site.remove(objects.collection, id);
        Ok(Answer::Done)
    }

    /// Built-in reason codes are read only.
    fn refuse_system_object(&self, row: &Elem) -> Result<(), Refusal> {
        if reason::is_system(row) {
            return Err(Refusal::api(
                "A system code cannot be changed",
                row.get("label").unwrap_or_default(),
            ));
        }
        Ok(())
    }
}

/// An object that something else needs.
pub(in crate::core::rest) fn in_use(root: &str, id: u64) -> Refusal {
    Refusal::new(400, "In Use", &format!("The {root} is in use"), &id.to_string())
}
