//! The table of all operations: method, path, who may call it, on which platform, at which side, and its handler.
//!
//! Each family of resources has its own part of the table beside its handlers. Order matters only for paths of the same
//! shape: a literal segment beats a placeholder, and then the first entry wins.

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::roles::Who;
use super::{
    client_log, configuration, desktop, devices, dialog, media, queue, serviceability, sso, system_info,
    team, team_message, team_resource, user, user_lists,
};
use crate::core::SimCore;

/// What carries out an operation.
pub(super) type Handler = fn(&mut SimCore, &Call<'_>) -> Result<Answer, Refusal>;

/// Names of placeholders with what stood in their place, in order.
pub(super) type Params = Vec<(&'static str, String)>;

/// One operation.
pub(super) struct Route {
    /// HTTP method.
    pub(super) method: &'static str,
    /// Path below `/finesse/api`, or from the root where it begins with `/desktop` or `/finesse-dp`. Placeholders stand in
    /// braces; a query is only for the reader.
    pub(super) path: &'static str,
    /// Whose credentials are taken.
    pub(super) who: Who,
    /// CCE only.
    pub(super) cce: bool,
    /// The primary side only.
    pub(super) primary: bool,
    /// The primary side only, unless the secondary serves what agents read.
    pub(super) primary_for_agents: bool,
    /// What carries it out.
    pub(super) handler: Handler,
}

/// Begins an entry.
pub(super) const fn route(method: &'static str, path: &'static str, who: Who, handler: Handler) -> Route {
    Route { method, path, who, cce: false, primary: false, primary_for_agents: false, handler }
}

/// GET.
pub(super) const fn get(path: &'static str, who: Who, handler: Handler) -> Route {
    route("GET", path, who, handler)
}

/// PUT.
pub(super) const fn put(path: &'static str, who: Who, handler: Handler) -> Route {
    route("PUT", path, who, handler)
}

/// POST.
pub(super) const fn post(path: &'static str, who: Who, handler: Handler) -> Route {
    route("POST", path, who, handler)
}

/// DELETE.
pub(super) const fn delete(path: &'static str, who: Who, handler: Handler) -> Route {
    route("DELETE", path, who, handler)
}

impl Route {
    /// Only on CCE.
    pub(super) const fn cce(mut self) -> Self {
        self.cce = true;
        self
    }

    /// Only at the primary side.
    pub(super) const fn primary(mut self) -> Self {
        self.primary = true;
        self
    }

    /// Only at the primary side, unless the secondary serves agents.
    pub(super) const fn primary_for_agents(mut self) -> Self {
        self.primary_for_agents = true;
        self
    }

    /// The whole path, without a query.
    fn whole_path(&self) -> impl Iterator<Item = &'static str> {
        let path = self.path.split('?').next().unwrap_or_default();
        let below =
            if path.starts_with("/desktop") || path.starts_with("/finesse-dp") { "" } else { "/finesse/api" };
        below.split('/').chain(path.split('/')).filter(|segment| !segment.is_empty())
    }

    /// Whether the path fits: the values of its placeholders by name, and how many segments are literal.
    fn fits(&self, segments: &[String]) -> Option<(Params, usize)> {
        let mut params = Vec::new();
        let (mut literal, mut length) = (0, 0);
        for pattern in self.whole_path() {
            let segment = segments.get(length)?;
            length += 1;
            match pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !segment.is_empty() => params.push((name, segment.clone())),
                None if pattern == segment => literal += 1,
                _ => return None,
            }
        }
        (length == segments.len()).then_some((params, literal))
    }
}

/// All parts of the table.
const FAMILIES: &[&[Route]] = &[
    user::ROUTES,
    user_lists::ROUTES,
    devices::ROUTES,
    dialog::ROUTES,
    queue::ROUTES,
    team::ROUTES,
    team_resource::ROUTES,
    client_log::ROUTES,
    media::ROUTES,
    sso::ROUTES,
    team_message::ROUTES,
    system_info::ROUTES,
    serviceability::ROUTES,
    desktop::ROUTES,
    configuration::settings::ROUTES,
    configuration::reason_code::ROUTES,
    configuration::wrap_up_reason::ROUTES,
    configuration::layout::ROUTES,
    configuration::phone_book::ROUTES,
    configuration::contact::ROUTES,
    configuration::workflow::ROUTES,
    configuration::team_assignment::ROUTES,
];

/// Every entry.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    FAMILIES.iter().flat_map(|part| part.iter())
}

/// Method and path of every operation the simulator serves, as the route table has them.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    all().map(|route| (route.method, route.path))
}

/// What a path leads to.
pub(super) enum Found {
    /// This operation, with the values of its placeholders.
    Route(&'static Route, Params),
    /// A resource that does not know the method.
    OtherMethod,
    /// Nothing.
    Nothing,
}

/// The operation of a method and a path.
pub(super) fn find(method: &str, segments: &[String]) -> Found {
    let mut best: Option<(&Route, Params, usize)> = None;
    let mut most_literal = None;
    for route in all() {
        let Some((params, literal)) = route.fits(segments) else { continue };
        most_literal = most_literal.max(Some(literal));
        let better = best.as_ref().is_none_or(|(_, _, known)| literal > *known);
        if route.method == method && better {
            best = Some((route, params, literal));
        }
    }
    match best {
        // A path that is spelled out has only the methods it is spelled out for.
        Some((route, params, literal)) if most_literal == Some(literal) => Found::Route(route, params),
        _ if most_literal.is_some() => Found::OtherMethod,
        _ => Found::Nothing,
    }
}
