//! What the administrator sees of a running side: connected users, load, maintenance, locked accounts, counters.
//!
//! Of some operations only the names are documented; their documents here are plausible and no more.

use super::answer::{Answer, plain};
use super::call::Call;
use super::roles::Who;
use super::routes::{Route, get};
use crate::core::SimCore;
use crate::core::world::state;
use crate::core::xml::Elem;

const NAMESPACE: &str = "http://www.cisco.com/vtg/diagnosticportal";

pub(super) const ROUTES: &[Route] = &[
    get("/ConnectedUsersInfo", Who::Administrator, |core, call| {
        let details = call.asked("showDetails").as_deref() == Some("true");
        Ok(Answer::Document(core.connected_users(call, details)))
    }),
    get("/ConnectedUsersInfo?showDetails=true", Who::Administrator, |core, call| {
        Ok(Answer::Document(core.connected_users(call, true)))
    }),
    get("/RuntimeConfigInfo", Who::Administrator, |core, call| {
        Ok(Answer::Document(core.runtime_config(call)))
    }),
    get("/MaintenanceMode", Who::Administrator, |core, call| {
        let users = core.connections(call).len().to_string();
        let signed_in = Elem::new("usersLoggedIn")
            .leaf("desktop", users)
            .leaf("fippa", "0")
            .leaf("thirdpartyclients", "0");
        Ok(Answer::Document(
            Elem::new("MaintenanceMode")
                .leaf("estimatedCompletionTime", "")
                .leaf("pendingUserDisconnections", "0")
                .leaf("status", "COMPLETED")
                .leaf("uri", "/finesse/api/MaintenanceMode")
                .child(signed_in),
        ))
    })
    .cce(),
    get("/LockedOutUsers", Who::Administrator, |core, call| {
        let now = core.now;
        let accounts = core.node(call.side).accounts.iter();
        let locked = accounts.filter_map(|(user, account)| {
            let left = account.locked_until.filter(|until| *until > now)? - now;
            Some(
                Elem::new("LockedOutUser")
                    .leaf("loginId", user.clone())
                    .leaf("remainingSeconds", left.as_secs().to_string()),
            )
        });
        Ok(Answer::Document(Elem::new("LockedOutUsers").children(locked)))
    }),
    get("/Performance", Who::Administrator, |_, _| {
        let counter = |name: &str, value: &str| Elem::new("Counter").leaf("name", name).leaf("value", value);
        Ok(Answer::Document(
            Elem::new("Performance")
                .child(counter("HeapMemoryUsed", "734003200"))
                .child(counter("ThreadCount", "412")),
        ))
    }),
    get("/finesse-dp/rest/DiagnosticPortal/GetProductVersion", Who::Administrator, |_, _| {
        let version =
            Elem::new("dp:ProductVersion").attr("Name", "Finesse").attr("Major", "12").attr("Minor", "6");
        Ok(portal("dp:GetProductVersionReply", version))
    }),
    get("/finesse-dp/rest/DiagnosticPortal/GetPerformanceInformation", Who::Administrator, |_, _| {
        let list = Elem::new("dp:PerformanceInformation")
            .child(Elem::new("dp:Property").attr("Name", "SystemUptime").attr("Value", "3 days"));
        Ok(portal("dp:GetPerformanceInformationReply", list))
    }),
];

fn portal(root: &str, content: Elem) -> Answer {
    let reply = Elem::new(root).attr("xmlns:dp", NAMESPACE).attr("ReturnCode", "0").child(content);
    Answer::Raw(plain(200, "application/xml", format!("<?xml version=\"1.0\"?>\n{}", reply.compact())))
}

impl SimCore {
    /// Users with a stream at a side: loginId and full JID.
    fn connections(&self, call: &Call<'_>) -> Vec<(String, String)> {
        let here = self.sessions.values().filter(|session| session.side == call.side);
        here.filter_map(|session| Some((session.user()?.to_owned(), session.jid()?.to_owned()))).collect()
    }

    fn connected_users(&self, call: &Call<'_>, details: bool) -> Elem {
        let connected = self.connections(call);
        let total = connected.len().to_string();
        let summary = Elem::new("userSummary")
            .leaf("desktopUsers", total.clone())
            .leaf("fippaUsers", "0")
            .leaf("thirdPartyUsers", "0")
            .leaf("totalConnectedUsers", total)
            .leaf("totalConnectedUsersViaProxy", "0");
        let mut elem =
            Elem::new("ConnectedUsersInfo").leaf("uri", "/finesse/api/ConnectedUsersInfo").child(summary);
        if details {
            let list = connected.into_iter().filter_map(|(user, jid)| {
                let agent = self.world.agents.get(&user)?;
                let copy = self.node(call.side).agents.get(&user)?;
                Some(
                    Elem::new("userDetail")
                        .leaf("connectedDuration", "0")
                        .leaf("extension", copy.now.extension.clone())
                        .leaf("firstName", agent.spec.first_name.clone())
                        .leaf("lastName", agent.spec.last_name.clone())
                        .leaf("loginId", user)
                        .leaf("teamName", self.site.team_name(&agent.spec.team))
                        .leaf("userType", "DESKTOP")
                        .leaf("xmppJID", jid),
                )
            });
            elem = elem.child(Elem::new("userDetails").children(list));
        }
        elem
    }

    fn runtime_config(&self, call: &Call<'_>) -> Elem {
        let node = self.node(call.side);
        let signed_in = node.agents.values().filter(|copy| copy.now.state != state::LOGOUT).count();
        let total = self.connections(call).len().to_string();
        let summary =
            Elem::new("userSummary").leaf("desktopUsers", total.clone()).leaf("totalConnectedUsers", total);
        Elem::new("RuntimeConfigInfo")
            .leaf("activeDialogCount", node.calls.len().to_string())
            .leaf("activeTaskCount", node.tasks.len().to_string())
            .leaf("averageConfiguredMediaPerAgent", "2.0")
            .leaf("averageLoggedInMediaPerAgent", if node.media.is_empty() { "0.0" } else { "1.0" })
            .leaf("averageSkillGroupCountPerAgent", "2.0")
            .child(Elem::new("connectedUsersInfo").child(summary))
            .leaf("loggedInAgents", signed_in.to_string())
            .leaf("uri", "/finesse/api/RuntimeConfigInfo")
    }
}
