//! Settings there is one of each: the CTI servers, the cluster, the database, the desktop layout, chat, Cloud Connect; and the
//! lists and counts that can only be read.

use super::super::answer::{Answer, Refusal};
use super::super::call::{Call, field};
use super::super::roles::Who;
use super::super::routes::{Route, get, put};
use super::kind::{Kind, Rule, optional};
use crate::core::SimCore;
use crate::core::xml::Elem;

const HOST: Rule = Rule::Text { min: 0, max: 255 };
const PORT: Rule = Rule::Number { min: 1, max: 65_535 };

const fn setting(root: &'static str, fields: &'static [super::kind::Field]) -> Kind {
    Kind {
        root,
        list: "",
        with_id: false,
        fields,
        unique: &[],
        sort: &[],
        limit: |_| 1,
        duplicate: |_| Refusal::api("There is one only", ""),
    }
}

static SYSTEM: Kind = setting("SystemConfig", &[optional("cti", Rule::Tree(check_cti), 1)]);
static CLUSTER: Kind = setting("ClusterConfig", &[optional("secondaryNode", Rule::Tree(check_node), 1)]);
static DATABASE: Kind = setting(
    "EnterpriseDatabaseConfig",
    &[
        optional("host", Rule::Text { min: 1, max: 255 }, 1),
        optional("backupHost", HOST, 1),
        optional("port", PORT, 1),
        optional("databaseName", Rule::Text { min: 1, max: 128 }, 1),
        optional("domain", HOST, 1),
        optional("username", Rule::Text { min: 1, max: 128 }, 1),
        optional("password", HOST, 1),
    ],
);
static LAYOUT: Kind = setting(
    "LayoutConfig",
    &[optional("layoutxml", Rule::Tree(check_layout_elem), 1), optional("type", HOST, 1)],
);
static CHAT: Kind = setting(
    "ChatConfig",
    &[optional("primaryNode", Rule::Tree(check_url), 1), optional("secondaryNode", Rule::Tree(check_url), 1)],
);
static CLOUD: Kind = setting(
    "CloudConnectConfig",
    &[
        optional("publisher", HOST, 1),
        optional("subscriber", HOST, 1),
        optional("username", HOST, 1),
        optional("password", HOST, 1),
    ],
);

fn check_cti(cti: &Elem) -> Result<(), Refusal> {
    field(cti, "host")?;
    let port = |name, text: &str| match text.parse::<u16>() {
        Ok(number) if number > 0 => Ok(()),
        _ => Err(Refusal::invalid(name, text)),
    };
    port("port", field(cti, "port")?)?;
    if let Some(text) = cti.get("backupPort").filter(|text| !text.is_empty()) {
        port("backupPort", text)?;
    }
    let peripheral = field(cti, "peripheralId")?;
    if peripheral.parse::<u32>().is_err() {
        return Err(Refusal::invalid("peripheralId", peripheral));
    }
    match cti.get("secure") {
        None | Some("true" | "false") => Ok(()),
        Some(other) => Err(Refusal::invalid("secure", other)),
    }
}

fn check_node(node: &Elem) -> Result<(), Refusal> {
    field(node, "host").map(|_| ())
}

fn check_url(url: &Elem) -> Result<(), Refusal> {
    let text = url.text.trim();
    if text.is_empty() || text.starts_with("https://") {
        Ok(())
    } else {
        Err(Refusal::invalid(&url.name, text))
    }
}

fn check_layout_elem(elem: &Elem) -> Result<(), Refusal> {
    if elem.text.trim().is_empty() { Err(Refusal::missing("layoutxml")) } else { check_layout(&elem.text) }
}

/// A layout must be a document with the root `finesseLayout`.
pub(super) fn check_layout(text: &str) -> Result<(), Refusal> {
    match Elem::parse(text.trim()) {
        Ok(root) if root.name == "finesseLayout" => Ok(()),
        Ok(root) => Err(Refusal::invalid("layoutxml", &root.name)),
        Err(err) => Err(Refusal::invalid("layoutxml", &err)),
    }
}

impl SimCore {
    fn show_setting(&self, kind: &Kind, path: &str) -> Result<Answer, Refusal> {
        let row = self.site.settings.get(kind.root).ok_or_else(|| Refusal::not_found(path))?;
        let mut elem = Elem::new(kind.root).leaf("uri", format!("/finesse/api/{path}"));
        elem.kids.extend(row.kids.iter().cloned());
        // Passwords go in and never come out.
        elem.kids.iter_mut().filter(|kid| kid.name == "password").for_each(|kid| kid.text.clear());
        Ok(Answer::Document(elem))
    }

    fn change_setting(&mut self, kind: &Kind, call: &Call<'_>) -> Result<Answer, Refusal> {
        let row = kind.read(call.root(kind.root)?, self.site.settings.get(kind.root))?;
        self.site.settings.insert(kind.root, row);
        Ok(Answer::Done)
    }

    /// The desktop layout of teams without one of their own.
    pub(in crate::core::rest) fn default_layout(&self) -> String {
        let layout = self.site.settings.get("LayoutConfig").and_then(|row| row.get("layoutxml"));
        layout.unwrap_or_default().to_owned()
    }

    fn config_info(&self) -> Elem {
        let supervisors = self.world.agents.values().filter(|agent| agent.spec.supervisor).count();
        Elem::new("ConfigInfo")
            .leaf("totalSkillGroups", self.site.queues.len().to_string())
            .leaf("totalSupervisors", supervisors.to_string())
            .leaf("totalTeams", self.site.teams.len().to_string())
            .leaf("totalUsers", self.world.agents.len().to_string())
            .leaf("uri", "/finesse/api/ConfigInfo")
            .leaf("versionInfo", "12.6.2.10000-1")
    }
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/SystemConfig", Who::Administrator, |core, _| core.show_setting(&SYSTEM, "SystemConfig"))
        .cce()
        .primary(),
    put("/SystemConfig", Who::Administrator, |core, call| core.change_setting(&SYSTEM, call)).cce().primary(),
    get("/ClusterConfig", Who::Administrator, |core, _| core.show_setting(&CLUSTER, "ClusterConfig"))
        .cce()
        .primary(),
    put("/ClusterConfig", Who::Administrator, |core, call| core.change_setting(&CLUSTER, call))
        .cce()
        .primary(),
    get("/EnterpriseDatabaseConfig", Who::Administrator, |core, _| {
        core.show_setting(&DATABASE, "EnterpriseDatabaseConfig")
    })
    .cce()
    .primary(),
    put("/EnterpriseDatabaseConfig", Who::Administrator, |core, call| core.change_setting(&DATABASE, call))
        .cce()
        .primary(),
    get("/ConfigInfo", Who::Administrator, |core, _| Ok(Answer::Document(core.config_info()))).primary(),
    get("/ECCVariableConfig", Who::Known, |_, _| {
        let variables = [("user.order", "40"), ("user.segment[3]", "20"), ("user.media.id", "36")];
        let list = variables.into_iter().fold(Elem::new("ECCVariableConfig"), |all, (name, length)| {
            all.child(Elem::new("ECCVariable").leaf("name", name).leaf("length", length))
        });
        Ok(Answer::Document(list))
    })
    .cce()
    .primary_for_agents(),
    get("/LayoutConfig/default", Who::Administrator, |core, _| {
        core.show_setting(&LAYOUT, "LayoutConfig/default")
    })
    .primary(),
    put("/LayoutConfig/default", Who::Administrator, |core, call| core.change_setting(&LAYOUT, call))
        .primary(),
    get("/ChatConfig", Who::Known, |core, _| core.show_setting(&CHAT, "ChatConfig")).primary_for_agents(),
    put("/ChatConfig", Who::Administrator, |core, call| core.change_setting(&CHAT, call)).primary(),
    get("/CloudConnectConfig", Who::Administrator, |core, _| core.show_setting(&CLOUD, "CloudConnectConfig")),
    put("/CloudConnectConfig", Who::Administrator, |core, call| core.change_setting(&CLOUD, call)),
    get("/SystemVariables", Who::Administrator, |_, _| {
        let variables = [
            ("callVariable1", "//Dialog/mediaProperties/callvariables/CallVariable/name[.='callVariable1']"),
            ("DNIS", "//Dialog/mediaProperties/DNIS"),
            ("agentExtension", "//User/extension"),
        ];
        let list = variables.into_iter().fold(Elem::new("SystemVariables"), |all, (name, node)| {
            all.child(Elem::new("SystemVariable").leaf("name", name).leaf("node", node))
        });
        Ok(Answer::Document(list))
    })
    .primary(),
];
