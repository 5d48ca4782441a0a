//! `/PhoneBook/{id}/Contact`: entries of phone books.

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::roles::Who;
use super::super::routes::{Route, delete, get, post, put};
use super::crud::Objects;
use super::kind::{Kind, Rule, defaulted, required};
use crate::core::SimCore;
use crate::core::site::{Collection, Site};

/// Contacts in one phone book at the most.
pub(in crate::core::rest) const PER_BOOK: usize = 6000;
/// Contacts in all phone books at the most.
const IN_ALL: usize = 50_000;

/// Contacts.
pub(in crate::core::rest) static CONTACT: Kind = Kind {
    root: "Contact",
    list: "Contacts",
    with_id: false,
    fields: &[
        defaulted("firstName", Rule::Text { min: 0, max: 128 }, ""),
        defaulted("lastName", Rule::Text { min: 0, max: 128 }, ""),
        required("phoneNumber", Rule::Text { min: 1, max: 32 }),
        defaulted("description", Rule::Text { min: 0, max: 128 }, ""),
    ],
    unique: &[],
    sort: &[],
    limit: |_| PER_BOOK,
    duplicate: |_| Refusal::api("The contact already exists", ""),
};

/// The contacts of a phone book.
pub(in crate::core::rest) fn objects(site: &Site, book: u64) -> Result<Objects, Refusal> {
    if site.row(Collection::PhoneBooks, book).is_none() {
        return Err(Refusal::not_found(&format!("/finesse/api/PhoneBook/{book}")));
    }
    Ok(Objects {
        kind: &CONTACT,
        collection: Collection::Contacts(book),
        base: format!("/finesse/api/PhoneBook/{book}/Contact"),
    })
}

/// Whether this many more contacts find room.
pub(in crate::core::rest) fn check_room(site: &Site, more: usize) -> Result<(), Refusal> {
    if site.contacts() + more > IN_ALL {
        let message = format!("There may be {IN_ALL} contacts at the most");
        return Err(Refusal::new(400, "Maximum Exceeded", &message, "Contacts"));
    }
    Ok(())
}

fn of_call(core: &SimCore, call: &Call<'_>) -> Result<Objects, Refusal> {
    objects(&core.site, call.number("phoneBookId")?)
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/PhoneBook/{phoneBookId}/Contacts", Who::Administrator, |core, call| {
        Ok(Answer::Document(core.list_objects(&of_call(core, call)?, |_| true)))
    })
    .primary(),
    post("/PhoneBook/{phoneBookId}/Contact", Who::Administrator, |core, call| {
        let objects = of_call(core, call)?;
        check_room(&core.site, 1)?;
        core.create_object(&objects, call)
    })
    .primary(),
    get("/PhoneBook/{phoneBookId}/Contact/{id}", Who::Administrator, |core, call| {
        core.read_object(&of_call(core, call)?, call.number("id")?)
    })
    .primary(),
    put("/PhoneBook/{phoneBookId}/Contact/{id}", Who::Administrator, |core, call| {
        core.change_object(&of_call(core, call)?, call, call.number("id")?)
    })
    .primary(),
    delete("/PhoneBook/{phoneBookId}/Contact/{id}", Who::Administrator, |core, call| {
        core.delete_object(&of_call(core, call)?, call.number("id")?)
    })
    .primary(),
];
