//! `/Workflow` and `/WorkflowAction`: what a desktop does by itself, and what that consists of.

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::roles::Who;
use super::super::routes::{Route, delete, get, post, put};
use super::crud::{Objects, in_use};
use super::kind::{Kind, Rule, defaulted, optional, required};
use crate::core::SimCore;
use crate::core::site::{Collection, Site};
use crate::core::xml::Elem;

const ACTION_BASE: &str = "/finesse/api/WorkflowAction";

/// Workflows.
pub(in crate::core::rest) static WORKFLOW: Kind = Kind {
    root: "Workflow",
    list: "Workflows",
    with_id: false,
    fields: &[
        required("name", Rule::Text { min: 1, max: 40 }),
        defaulted("description", Rule::Text { min: 0, max: 128 }, ""),
        defaulted("media", Rule::Text { min: 1, max: 128 }, "Voice"),
        optional("TriggerSet", Rule::Tree(check_triggers), 1),
        optional("ConditionSet", Rule::Tree(check_conditions), 1),
        optional("workflowActions", Rule::Tree(check_actions), 1),
    ],
    unique: &["name"],
    sort: &[],
    limit: |_| 100,
    duplicate: |_| same_name("workflow", "Duplicate Workflow name."),
};

/// Actions.
pub(in crate::core::rest) static WORKFLOW_ACTION: Kind = Kind {
    root: "WorkflowAction",
    list: "WorkflowActions",
    with_id: false,
    fields: &[
        required("name", Rule::Text { min: 1, max: 64 }),
        required("type", Rule::OneOf(&["BROWSER_POP", "HTTP_REQUEST"])),
        defaulted("handledBy", Rule::OneOf(&["FINESSE_DESKTOP", "OTHER"]), "FINESSE_DESKTOP"),
        optional("params", Rule::Tree(check_params), 1),
        optional("actionVariables", Rule::Tree(check_variables), 1),
    ],
    unique: &["name"],
    sort: &[],
    limit: |_| 100,
    duplicate: |_| same_name("workflow action", "Duplicate WorkflowAction name."),
};

/// As the guide prints it: the message repeats status and type.
fn same_name(what: &str, data: &str) -> Refusal {
    let message = format!(
        "HTTP Status code: 400 (Bad Request) Api Error Type: Database constraint violation Error Message: A {what} with the \
         same name already exists"
    );
    Refusal::new(400, "Database constraint violation", &message, data)
}

fn check_triggers(set: &Elem) -> Result<(), Refusal> {
    match set.get("name") {
        Some(name) if !name.is_empty() => Ok(()),
        _ => Err(Refusal::missing("TriggerSet")),
    }
}

fn check_conditions(set: &Elem) -> Result<(), Refusal> {
    let method = set.get("applyMethod").unwrap_or_default();
    if !matches!(method, "ANY" | "ALL") {
        return Err(Refusal::invalid("applyMethod", method));
    }
    at_most_five(set.find("conditions"), "conditions")
}

fn check_actions(list: &Elem) -> Result<(), Refusal> {
    at_most_five(Some(list), "workflowActions")?;
    for action in &list.kids {
        if action.get("uri").unwrap_or_default().is_empty() {
            return Err(Refusal::missing("uri"));
        }
    }
    Ok(())
}

fn check_params(list: &Elem) -> Result<(), Refusal> {
    let named = |param: &Elem| param.get("name").is_some_and(|name| !name.is_empty());
    if list.kids.iter().all(named) { Ok(()) } else { Err(Refusal::missing("name")) }
}

fn check_variables(list: &Elem) -> Result<(), Refusal> {
    at_most_five(Some(list), "actionVariables")
}

fn at_most_five(list: Option<&Elem>, name: &'static str) -> Result<(), Refusal> {
    match list {
        Some(list) if list.kids.len() > 5 => Err(Refusal::invalid(name, "more than five")),
        _ => Ok(()),
    }
}

/// The workflows of the pair.
pub(in crate::core::rest) fn objects() -> Objects {
    Objects::of(&WORKFLOW, Collection::Workflows)
}

fn actions() -> Objects {
    Objects::of(&WORKFLOW_ACTION, Collection::WorkflowActions)
}

fn action_of(site: &Site, reference: &Elem) -> Option<(u64, Elem)> {
    let id = reference.get("uri")?.rsplit('/').next()?.parse().ok()?;
    Some((id, site.row(Collection::WorkflowActions, id)?.clone()))
}

/// A workflow as it is shown: its actions with name and type.
pub(in crate::core::rest) fn show(site: &Site, id: u64, row: &Elem) -> Elem {
    let mut elem = objects().show(id, row);
    for list in elem.kids.iter_mut().filter(|kid| kid.name == "workflowActions") {
        let known = list.kids.iter().filter_map(|reference| action_of(site, reference));
        list.kids = known
            .map(|(id, action)| {
                let text = |name| action.get(name).unwrap_or_default().to_owned();
                Elem::new("WorkflowAction")
                    .leaf("name", text("name"))
                    .leaf("type", text("type"))
                    .leaf("uri", format!("{ACTION_BASE}/{id}"))
            })
            .collect();
    }
    elem
}

impl SimCore {
    /// The actions that a workflow of a request names must exist.
    fn check_named_actions(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let list = call.root(WORKFLOW.root)?.find("workflowActions");
        for reference in list.into_iter().flat_map(|list| &list.kids) {
            if action_of(&self.site, reference).is_none() {
                let uri = reference.get("uri").unwrap_or_default();
                return Err(Refusal::api("The workflow action does not exist", uri));
            }
        }
        Ok(())
    }

    /// Whether a second object of the same name is an error of the database, as the switch says.
    fn duplicate_as_switched(&self, reply: Result<Answer, Refusal>) -> Result<Answer, Refusal> {
        reply.map_err(|refusal| match refusal.kind {
            "Database constraint violation" if !self.profile.rest.workflow_duplicates_are_database_errors => {
                Refusal::api("An object with the same name already exists", &refusal.data)
            }
            _ => refusal,
        })
    }
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/Workflows", Who::Administrator, |core, _| {
        let rows = core.site.rows(Collection::Workflows);
        let list = rows.fold(Elem::new(WORKFLOW.list), |all, (id, row)| all.child(show(&core.site, id, row)));
        Ok(Answer::Document(list))
    })
    .primary(),
    post("/Workflow", Who::Administrator, |core, call| {
        core.check_named_actions(call)?;
        let reply = core.create_object(&objects(), call);
        core.duplicate_as_switched(reply)
    })
    .primary(),
    get("/Workflow/{id}", Who::Administrator, |core, call| {
        let id = call.number("id")?;
        let row = core.site.row(Collection::Workflows, id);
        Ok(Answer::Document(show(&core.site, id, row.ok_or_else(|| Refusal::not_found(call.param("id")))?)))
    })
    .primary(),
    put("/Workflow/{id}", Who::Administrator, |core, call| {
        core.check_named_actions(call)?;
        let reply = core.change_object(&objects(), call, call.number("id")?);
        core.duplicate_as_switched(reply)
    })
    .primary(),
    delete("/Workflow/{id}", Who::Administrator, |core, call| {
        core.delete_object(&objects(), call.number("id")?)
    })
    .primary(),
    get("/WorkflowActions", Who::Administrator, |core, _| {
        Ok(Answer::Document(core.list_objects(&actions(), |_| true)))
    })
    .primary(),
    post("/WorkflowAction", Who::Administrator, |core, call| {
        let reply = core.create_object(&actions(), call);
        core.duplicate_as_switched(reply)
    })
    .primary(),
    get("/WorkflowAction/{id}", Who::Administrator, |core, call| {
        core.read_object(&actions(), call.number("id")?)
    })
    .primary(),
    put("/WorkflowAction/{id}", Who::Administrator, |core, call| {
        let reply = core.change_object(&actions(), call, call.number("id")?);
        core.duplicate_as_switched(reply)
    })
    .primary(),
    delete("/WorkflowAction/{id}", Who::Administrator, |core, call| {
        let id = call.number("id")?;
        let names = |workflow: &Elem| {
            let list = workflow.find("workflowActions");
            list.into_iter()
                .flat_map(|list| &list.kids)
                .any(|one| action_of(&core.site, one).is_some_and(|(known, _)| known == id))
        };
        if core.site.rows(Collection::Workflows).any(|(_, row)| names(row)) {
            return Err(in_use(WORKFLOW_ACTION.root, id));
        }
        core.delete_object(&actions(), id)
    })
    .primary(),
];
