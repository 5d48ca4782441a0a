//! `/WrapUpReason`: what calls were about.

use super::super::answer::{Answer, Refusal};
use super::super::roles::Who;
use super::super::routes::{Route, delete, get, post, put};
use super::crud::Objects;
use super::kind::{Kind, Rule, defaulted, required};
use crate::core::site::Collection;

/// Wrap-up reasons.
pub(in crate::core::rest) static WRAP_UP_REASON: Kind = Kind {
    root: "WrapUpReason",
    list: "WrapUpReasons",
    with_id: false,
    fields: &[required("label", Rule::Text { min: 1, max: 39 }), defaulted("forAll", Rule::Flag, "true")],
    unique: &["label"],
    sort: &["forAll"],
    limit: |row| if row.get("forAll") == Some("true") { 100 } else { 1500 },
    duplicate: |row| {
        let label = row.get("label").unwrap_or_default();
        Refusal::api("A wrap-up reason with the same label already exists", label)
    },
};

/// The wrap-up reasons of the pair.
pub(in crate::core::rest) fn objects() -> Objects {
    Objects::of(&WRAP_UP_REASON, Collection::WrapUpReasons)
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/WrapUpReasons", Who::Administrator, |core, _| {
        Ok(Answer::Document(core.list_objects(&objects(), |_| true)))
    })
    .primary(),
    post("/WrapUpReason", Who::Administrator, |core, call| core.create_object(&objects(), call)).primary(),
    get("/WrapUpReason/{id}", Who::Administrator, |core, call| {
        core.read_object(&objects(), call.number("id")?)
    })
    .primary(),
    put("/WrapUpReason/{id}", Who::Administrator, |core, call| {
        core.change_object(&objects(), call, call.number("id")?)
    })
    .primary(),
    delete("/WrapUpReason/{id}", Who::Administrator, |core, call| {
        core.delete_object(&objects(), call.number("id")?)
    })
    .primary(),
];
