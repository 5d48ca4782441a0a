//! `/PhoneBook`: phone books, and their contacts as a whole in XML or CSV.

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use super::super::answer::{Answer, Refusal, plain, with_header};
use super::super::call::Call;
use super::super::roles::Who;
use super::super::routes::{Route, delete, get, post, put};
use super::contact::{self, CONTACT, PER_BOOK};
use super::crud::Objects;
use super::csv;
use super::kind::{Kind, Rule, required};
use crate::core::SimCore;
use crate::core::site::Collection;
use crate::core::xml::Elem;

/// Phone books.
pub(in crate::core::rest) static PHONE_BOOK: Kind = Kind {
    root: "PhoneBook",
    list: "PhoneBooks",
    with_id: false,
    fields: &[
        required("name", Rule::Text { min: 1, max: 64 }),
        required("type", Rule::OneOf(&["GLOBAL", "TEAM"])),
    ],
    unique: &["name"],
    sort: &["type"],
    limit: |row| if row.get("type") == Some("GLOBAL") { 10 } else { 300 },
    duplicate: |row| {
        let name = row.get("name").unwrap_or_default();
        Refusal::api("A phone book with the same name already exists", name)
    },
};

/// The phone books of the pair.
pub(in crate::core::rest) fn objects() -> Objects {
    Objects::of(&PHONE_BOOK, Collection::PhoneBooks)
}

/// Whether every team has the phone book.
pub(in crate::core::rest) fn is_global(row: &Elem) -> bool {
    row.get("type") == Some("GLOBAL")
}

/// A phone book as the administrator sees it: its contacts are a URI.
pub(super) fn show(id: u64, row: &Elem) -> Elem {
    objects().show(id, row).leaf("contacts", format!("/finesse/api/PhoneBook/{id}/Contacts"))
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/PhoneBooks", Who::Administrator, |core, _| {
        let rows = core.site.rows(Collection::PhoneBooks);
        let list = rows.fold(Elem::new(PHONE_BOOK.list), |all, (id, row)| all.child(show(id, row)));
        Ok(Answer::Document(list))
    })
    .primary(),
    post("/PhoneBook", Who::Administrator, |core, call| core.create_object(&objects(), call)).primary(),
    get("/PhoneBook/{id}", Who::Administrator, |core, call| {
        let id = call.number("id")?;
        let row = core.site.row(Collection::PhoneBooks, id);
        Ok(Answer::Document(show(id, row.ok_or_else(|| Refusal::not_found(call.param("id")))?)))
    })
    .primary(),
    put("/PhoneBook/{id}", Who::Administrator, |core, call| {
        core.change_object(&objects(), call, call.number("id")?)
    })
    .primary(),
    delete("/PhoneBook/{id}", Who::Administrator, |core, call| {
        core.delete_object(&objects(), call.number("id")?)
    })
    .primary(),
    post("/PhoneBook/{id}/Contacts/csvFileContent", Who::Administrator, |core, call| {
        let kind = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let rows = csv::read(&csv::file(kind, call.bytes)?)?;
        core.replace_contacts(call, rows)
    })
    .primary(),
    put("/PhoneBook/{id}/Contacts", Who::Administrator, |core, call| {
        // Bad contacts are left out without a word.
        let body = call.root("Contacts")?;
        let rows = body.kids.iter().filter_map(|one| CONTACT.read(one, None).ok()).collect();
        core.replace_contacts(call, rows)
    })
    .primary(),
    get("/PhoneBook/{id}/Contacts/csvFileContent", Who::Administrator, |core, call| {
        let objects = contact::objects(&core.site, call.number("id")?)?;
        let text = csv::write(core.site.rows(objects.collection).map(|(_, row)| row));
        let response = plain(200, "text/csv;charset=UTF-8", text);
        Ok(Answer::Raw(with_header(response, CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\"")))
    })
    .primary(),
];

impl SimCore {
    /// These contacts take the place of all that a phone book has.
    fn replace_contacts(&mut self, call: &Call<'_>, rows: Vec<Elem>) -> Result<Answer, Refusal> {
        let objects = contact::objects(&self.site, call.number("id")?)?;
        if rows.len() > PER_BOOK {
            let message = format!("There may be {PER_BOOK} contacts at the most");
            return Err(Refusal::new(400, "Maximum Exceeded", &message, "Contacts"));
        }
        let old = self.site.table_mut(objects.collection).len();
        contact::check_room(&self.site, rows.len().saturating_sub(old))?;
        let table = self.site.table_mut(objects.collection);
        table.clear();
        for row in rows {
            table.insert(row);
        }
        Ok(Answer::Accepted(Vec::new()))
    }
}
