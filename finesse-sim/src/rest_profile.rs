//! What the documentation of the REST API does not settle, each a named switch with its default and the reason for it.

use std::time::Duration;

/// `systemAuthMode` of SystemInfo, and which credentials agents may use for REST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMode {
    /// Passwords; tokens of an agent's configuration are taken too.
    NonSso,
    /// Tokens only. The administrator keeps his password.
    Sso,
    /// Both.
    Hybrid,
}

impl AuthMode {
    /// As SystemInfo says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonSso => "NON_SSO",
            Self::Sso => "SSO",
            Self::Hybrid => "HYBRID",
        }
    }
}

/// Who may put a party out of a conference: `enableDropParticipantFor` of the command line of Finesse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropParticipantFor {
    /// Supervisors on the call (the documented default).
    SupervisorOnly,
    /// Every agent on the call.
    All,
}

/// Behaviour of the REST API.
#[derive(Clone, Debug, PartialEq)]
pub struct RestProfile {
    /// Name of the application account that may configure the pair.
    pub administrator_name: String,
    /// Its password.
    pub administrator_password: String,
    /// How agents sign on. Default passwords.
    pub auth_mode: AuthMode,
    /// Switch: does the fetch of a token go through a redirect with a cookie? Default yes, as documented.
    pub sso_redirects: bool,
    /// Switch: are numbers in the JSON of a token text? Default no.
    pub sso_numbers_as_text: bool,
    /// How long a token is good: 1 h, the identity service's default.
    pub token_lifetime: Duration,
    /// How long a refresh token is good: 10 h, the identity service's default.
    pub refresh_lifetime: Duration,
    /// Status of a write that was validated and queued. Default 202; some releases say 200.
    pub accepted_status: u16,
    /// Status of a document that was read. Default 200; some CCX builds say 202.
    pub read_status: u16,
    /// Switch: do answers of the API set the session's cookie? Default yes; clients need not send it back.
    pub session_cookie: bool,
    /// Status of an operation that CCX does not have: 501, or 404 in some texts. Default 501.
    pub unsupported_status: u16,
    /// Switch: may a supervisor read the User of an agent of his team? Default no: agents read themselves, administrators all.
    pub supervisors_read_users: bool,
    /// Switch: does the secondary serve the configuration that agents read (ChatConfig, ECCVariableConfig, one reason code)?
    /// Default no: configuration requests go to the primary only.
    pub secondary_serves_agents: bool,
    /// Switch: must NOT_READY and LOGOUT carry a reason code while some are configured? Default no; clients without them are
    /// common in tests.
    pub reason_code_required: bool,
    /// Switch: is a reason code, wrap-up reason or other object that a team has assigned refused to be deleted? Documented for
    /// phone books only. Default yes for all.
    pub assigned_objects_stay: bool,
    /// Switch: is a second workflow or action with the same name a `Database constraint violation` with the preformatted
    /// message? Default yes (an example of the guide); otherwise a `Finesse API Error`.
    pub workflow_duplicates_are_database_errors: bool,
    /// Who may put a party out of a conference.
    pub drop_participant_for: DropParticipantFor,
    /// Messages to teams that may be active at a time. Not documented; 100.
    pub team_message_limit: usize,
    /// Switch: are messages to teams published to `/finesse/api/Team/{id}/TeamMessages`? The node is not documented. Default no.
    pub team_messages_published: bool,
    /// Switch: do lists of configuration begin with an XML declaration? Default yes; users, dialogs, teams and queues never do.
    pub xml_declaration: bool,
    /// Switch: are some names spelled as the guide's samples spell them (`ReasonCode` in a user, `devices`), not as captures do? Default
    /// no.
    pub guide_spelling: bool,
}

impl Default for RestProfile {
    fn default() -> Self {
        Self {
            administrator_name: "administrator".to_owned(),
            administrator_password: "lighthouse".to_owned(),
            auth_mode: AuthMode::NonSso,
            sso_redirects: true,
            sso_numbers_as_text: false,
            token_lifetime: Duration::from_secs(3600),
            refresh_lifetime: Duration::from_secs(36_000),
            accepted_status: 202,
            read_status: 200,
            session_cookie: true,
            unsupported_status: 501,
            supervisors_read_users: false,
            secondary_serves_agents: false,
            reason_code_required: false,
            assigned_objects_stay: true,
            workflow_duplicates_are_database_errors: true,
            drop_participant_for: DropParticipantFor::SupervisorOnly,
            team_message_limit: 100,
            team_messages_published: false,
            xml_declaration: true,
            guide_spelling: false,
        }
    }
}
