//! Task routing: an agent in a media routing domain. CCE, from 11.5(1).

use crate::ids::MediaId;
use crate::open_enum::open_enum;
use crate::resource::resource;
use crate::resources::reason_code::ReasonCode;
use crate::scalar::{Flag, Number, Timestamp};

open_enum! {
    /// State of an agent in a media routing domain.
    MediaState {
        /// Asked for only.
        Login = "LOGIN",
        /// Signed out.
        Logout = "LOGOUT",
        /// Takes no tasks.
        NotReady = "NOT_READY",
        /// Waits for tasks.
        Ready = "READY",
        /// A task is offered.
        Reserved = "RESERVED",
        /// Works on a task.
        Active = "ACTIVE",
        /// Tasks rest.
        Paused = "PAUSED",
        /// Wraps up.
        Work = "WORK",
        /// Wraps up; ready afterwards.
        WorkReady = "WORK_READY",
        /// Wraps up; not ready afterwards.
        WorkNotReady = "WORK_NOT_READY",
        /// Interrupted by another medium.
        Interrupted = "INTERRUPTED",
        /// Busy in another medium.
        BusyOther = "BUSY_OTHER",
        /// Signed in, not active.
        NotActive = "NOT_ACTIVE",
        /// The server does not know.
        Unknown = "UNKNOWN",
    }
}

open_enum! {
    /// What happens to tasks when another medium interrupts.
    InterruptAction {
        /// They rest.
        Accept = "ACCEPT",
        /// Nothing.
        Ignore = "IGNORE",
    }
}

open_enum! {
    /// What happens to tasks when the agent's session ends.
    DialogLogoutAction {
        /// They are closed.
        Close = "CLOSE",
        /// They are transferred.
        Transfer = "TRANSFER",
    }
}

resource! {
    /// An agent in a media routing domain. The settings are right only on the side where the agent signed in; an agent without a skill
    /// group in the domain has `description`, `id`, `interruptible`, `name` and `uri` only.
    Media {
        /// The id of the media routing domain.
        id: MediaId = "id",
        uri: String = "uri",
        name: String = "name",
        /// Escaped once by Finesse before it becomes XML: `<` reads `&lt;` here.
        description: String = "description",
        state: MediaState = "state",
        state_change_time: Timestamp = "stateChangeTime",
        reason_code_id: Number = "reasonCodeId",
        reason_code: ReasonCode = "reasonCode",
        /// 1 to 10.
        max_dialog_limit: Number = "maxDialogLimit",
        interruptible: Flag = "interruptible",
        interrupt_action: InterruptAction = "interruptAction",
        dialog_logout_action: DialogLogoutAction = "dialogLogoutAction",
        routable: Flag = "routable",
        media_connected: Flag = "mediaConnected",
        /// From 12.6(2).
        channel: String = "channel",
        /// From 12.6(2).
        finesse_associated: Flag = "finesseAssociated",
        /// From 12.6(2).
        media_class: String = "mediaClass",
    }
}

resource! {
    /// A media routing domain.
    MediaDomain {
        id: MediaId = "id",
        name: String = "name",
        uri: String = "uri",
        description: String = "description",
    }
}
