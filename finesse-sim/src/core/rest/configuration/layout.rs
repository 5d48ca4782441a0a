//! `/MediaPropertiesLayout`: which call variables a desktop shows, and where. The default one has its own path and stays.

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::roles::Who;
use super::super::routes::{Route, delete, get, post, put};
use super::crud::Objects;
use super::kind::{Kind, Rule, defaulted, optional, required};
use crate::core::site::Collection;
use crate::core::xml::Elem;

/// Number of the default layout.
const DEFAULT: u64 = 1;

/// Layouts of call variables.
pub(in crate::core::rest) static LAYOUT: Kind = Kind {
    root: "MediaPropertiesLayout",
    list: "MediaPropertiesLayouts",
    with_id: false,
    fields: &[
        required("name", Rule::Text { min: 1, max: 40 }),
        defaulted("description", Rule::Text { min: 0, max: 128 }, ""),
        defaulted("type", Rule::OneOf(&["DEFAULT", "CUSTOM"]), "CUSTOM"),
        optional("header", Rule::Tree(check_header), 1),
        optional("column", Rule::Tree(check_column), 2),
    ],
    unique: &["name"],
    sort: &[],
    limit: |_| 200,
    duplicate: |row| {
        let name = row.get("name").unwrap_or_default();
        Refusal::new(400, "Finesse API error", "A layout with the same name already exists", name)
    },
};

fn check_header(header: &Elem) -> Result<(), Refusal> {
    if header.kids.len() > 1 {
        return Err(Refusal::invalid("header", "more than one entry"));
    }
    header.kids.iter().try_for_each(check_entry)
}

fn check_column(column: &Elem) -> Result<(), Refusal> {
    if column.kids.len() > 10 {
        return Err(Refusal::invalid("column", "more than ten entries"));
    }
    column.kids.iter().try_for_each(check_entry)
}

fn check_entry(entry: &Elem) -> Result<(), Refusal> {
    let property = entry.get("mediaProperty").unwrap_or_default();
    if entry.name != "entry" {
        return Err(Refusal::invalid("entry", &entry.name));
    }
    if property.is_empty() { Err(Refusal::missing("mediaProperty")) } else { Ok(()) }
}

/// The layouts of the pair.
pub(in crate::core::rest) fn objects() -> Objects {
    Objects::of(&LAYOUT, Collection::Layouts)
}

/// A layout as it is shown: the default one under its own path.
pub(in crate::core::rest) fn show(id: u64, row: &Elem) -> Elem {
    let mut elem = objects().show(id, row);
    if let Some(uri) = elem.kids.first_mut().filter(|_| id == DEFAULT) {
        "/finesse/api/MediaPropertiesLayout/default".clone_into(&mut uri.text);
    }
    elem
}

/// At most five entries over all may be shown in the pop-over.
fn check_pop_over(call: &Call<'_>) -> Result<(), Refusal> {
    let body = call.root(LAYOUT.root)?;
    let shown = body
        .kids
        .iter()
        .flat_map(|part| &part.kids)
        .filter(|entry| entry.get("showInPopOver") == Some("true"))
        .count();
    if shown > 5 { Err(Refusal::invalid("showInPopOver", "more than five")) } else { Ok(()) }
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/MediaPropertiesLayout/default", Who::Administrator, |core, _| {
        let row = core.site.row(Collection::Layouts, DEFAULT);
        Ok(Answer::Document(show(DEFAULT, row.ok_or_else(|| Refusal::not_found("default"))?)))
    })
    .primary(),
    put("/MediaPropertiesLayout/default", Who::Administrator, |core, call| {
        check_pop_over(call)?;
        core.change_object(&objects(), call, DEFAULT)
    })
    .primary(),
    get("/MediaPropertiesLayouts", Who::Administrator, |core, _| {
        let rows = core.site.rows(Collection::Layouts);
        let list = rows.fold(Elem::new(LAYOUT.list), |all, (id, row)| all.child(show(id, row)));
        Ok(Answer::Document(list))
    })
    .primary(),
    post("/MediaPropertiesLayout", Who::Administrator, |core, call| {
        check_pop_over(call)?;
        core.create_object(&objects(), call)
    })
    .primary(),
    get("/MediaPropertiesLayout/{id}", Who::Administrator, |core, call| {
        let id = call.number("id")?;
        let row = core.site.row(Collection::Layouts, id);
        Ok(Answer::Document(show(id, row.ok_or_else(|| Refusal::not_found(call.param("id")))?)))
    })
    .primary(),
    put("/MediaPropertiesLayout/{id}", Who::Administrator, |core, call| {
        check_pop_over(call)?;
        core.change_object(&objects(), call, call.number("id")?)
    })
    .primary(),
    delete("/MediaPropertiesLayout/{id}", Who::Administrator, |core, call| {
        let id = call.number("id")?;
        if id == DEFAULT {
            return Err(Refusal::new(403, "Forbidden", "The default layout cannot be deleted", ""));
        }
        core.delete_object(&objects(), id)
    })
    .primary(),
];
