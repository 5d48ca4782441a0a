//! A team and its members.

use crate::ids::TeamId;
use crate::list::List;
use crate::resource::resource;
use crate::resources::user::User;

resource! {
    /// A team.
    Team {
        id: TeamId = "id",
        name: String = "name",
        uri: String = "uri",
        /// Summaries: most elements of a user are absent.
        users: List<User> = "users",
    }
}
