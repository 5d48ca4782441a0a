//! Messages of supervisors to their teams. From 12.0(1).

use crate::ids::{TeamId, TeamMessageId, UserId};
use crate::resource::resource;
use crate::scalar::Number;

resource! {
    /// A message.
    TeamMessage {
        id: TeamMessageId = "id",
        uri: String = "uri",
        /// At most 255 characters.
        content: String = "content",
        /// Unix seconds, unlike all other times.
        created_at: Number = "createdAt",
        created_by: Author = "createdBy",
        /// Seconds after which the message expires.
        duration: Number = "duration",
        teams: Vec<TeamId> as "team" = "teams",
    }
}

resource! {
    /// Who wrote a message.
    Author {
        id: UserId = "id",
        first_name: String = "firstName",
        last_name: String = "lastName",
    }
}
