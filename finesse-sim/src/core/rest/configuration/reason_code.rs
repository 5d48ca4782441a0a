//! `/ReasonCode`: reasons for not ready and sign-out.

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::roles::Who;
use super::super::routes::{Route, delete, get, post, put};
use super::crud::Objects;
use super::kind::{Kind, Rule, defaulted, required};
use crate::core::site::Collection;
use crate::core::xml::Elem;

/// Reason codes. Built-in ones are marked and read only, and count towards no limit.
pub(in crate::core::rest) static REASON_CODE: Kind = Kind {
    root: "ReasonCode",
    list: "ReasonCodes",
    with_id: true,
    fields: &[
        required("category", Rule::OneOf(&["NOT_READY", "LOGOUT"])),
        required("code", Rule::Number { min: 1, max: 65_535 }),
        required("label", Rule::Text { min: 1, max: 40 }),
        defaulted("forAll", Rule::Flag, "true"),
        // Nobody can make one: what a request says of it is looked at and not believed.
        defaulted("systemCode", Rule::OneOf(&["false"]), "false"),
    ],
    unique: &["category", "code"],
    sort: &["category", "forAll"],
    limit: |row| if row.get("forAll") == Some("true") { 100 } else { 200 },
    duplicate: |row| {
        let code = row.get("code").unwrap_or_default();
        Refusal::api("A reason code with the same category and code already exists", code)
    },
};

/// The reason codes of the pair.
pub(in crate::core::rest) fn objects() -> Objects {
    Objects::of(&REASON_CODE, Collection::ReasonCodes)
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/ReasonCodes?category={category}", Who::Administrator, |core, call| {
        let category = category(call)?;
        let wanted = |row: &Elem| category == "ALL" || row.get("category") == Some(&category);
        Ok(Answer::Document(core.list_objects(&objects(), wanted).attr("category", &*category)))
    })
    .primary(),
    post("/ReasonCode", Who::Administrator, |core, call| {
        let largest = if core.profile.is_cce() { 65_535 } else { 999 };
        let code = call.root("ReasonCode")?.get("code").unwrap_or_default();
        if code.parse::<u64>().is_ok_and(|number| number > largest) {
            return Err(Refusal::invalid("code", code));
        }
        core.create_object(&objects(), call)
    })
    .primary(),
    get("/ReasonCode/{id}", Who::Known, |core, call| core.read_object(&objects(), call.number("id")?))
        .primary_for_agents(),
    put("/ReasonCode/{id}", Who::Administrator, |core, call| {
        core.change_object(&objects(), call, call.number("id")?)
    })
    .primary(),
    delete("/ReasonCode/{id}", Who::Administrator, |core, call| {
        core.delete_object(&objects(), call.number("id")?)
    })
    .primary(),
];

/// The category a request asks for.
pub(in crate::core::rest) fn category(call: &Call<'_>) -> Result<String, Refusal> {
    let category = call.asked("category").ok_or_else(|| Refusal::missing("category"))?;
    if matches!(category.as_str(), "NOT_READY" | "LOGOUT" | "ALL") {
        Ok(category)
    } else {
        Err(Refusal::invalid("category", &category))
    }
}
