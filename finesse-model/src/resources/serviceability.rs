//! How a system is doing, for administrators.

use crate::ids::UserId;
use crate::list::{Item, List};
use crate::resource::resource;
use crate::scalar::Number;

resource! {
    /// Who is connected; at most five seconds old. From 12.6(1).
    ConnectedUsersInfo {
        uri: String = "uri",
        user_summary: UserSummary = "userSummary",
        user_details: List<UserDetail> = "userDetails",
    }
}

resource! {
    /// How many are connected.
    UserSummary {
        desktop_users: Number = "desktopUsers",
        fippa_users: Number = "fippaUsers",
        third_party_users: Number = "thirdPartyUsers",
        total_connected_users: Number = "totalConnectedUsers",
        /// From 12.6(2).
        total_connected_users_via_proxy: Number = "totalConnectedUsersViaProxy",
    }
}

impl Item for UserDetail {
    const NAME: &'static str = "userDetail";
}

resource! {
    /// One who is connected.
    UserDetail {
        login_id: UserId = "loginId",
        /// DESKTOP, FIPPA or THIRDPARTY.
        user_type: String = "userType",
        xmpp_jid: String = "xmppJID",
        team_name: String = "teamName",
        extension: String = "extension",
        first_name: String = "firstName",
        last_name: String = "lastName",
        connected_duration: String = "connectedDuration",
    }
}

resource! {
    /// What runs. An open set: what is not known stands in `extra`. From 12.5(1).
    RuntimeConfigInfo {
        uri: String = "uri",
        active_dialog_count: Number = "activeDialogCount",
        active_task_count: Number = "activeTaskCount",
        average_configured_media_per_agent: String = "averageConfiguredMediaPerAgent",
        average_logged_in_media_per_agent: String = "averageLoggedInMediaPerAgent",
        average_skill_group_count_per_agent: String = "averageSkillGroupCountPerAgent",
        connected_users_info: ConnectedUsersInfo = "connectedUsersInfo",
    }
}

resource! {
    /// A maintenance that moves users to the other side. CCE, from 12.6(1).
    MaintenanceMode {
        uri: String = "uri",
        /// IN_PROGRESS, COMPLETED or FAILED.
        status: String = "status",
        users_logged_in: UsersLoggedIn = "usersLoggedIn",
        pending_user_disconnections: Number = "pendingUserDisconnections",
        estimated_completion_time: String = "estimatedCompletionTime",
    }
}

resource! {
    /// How many still have to move.
    UsersLoggedIn {
        desktop: Number = "desktop",
        fippa: Number = "fippa",
        third_party_clients: Number = "thirdpartyclients",
    }
}
