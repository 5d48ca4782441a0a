//! Settings of the system that exist once.

use crate::resource::resource;
use crate::scalar::{Flag, Number};

resource! {
    /// Where the CTI servers are. CCE; a change needs a restart of Finesse.
    SystemConfig {
        uri: String = "uri",
        cti: CtiConfig = "cti",
    }
}

resource! {
    /// The CTI servers.
    CtiConfig {
        host: String = "host",
        /// 1 to 65535.
        port: Number = "port",
        backup_host: String = "backupHost",
        /// 1 to 65535.
        backup_port: Number = "backupPort",
        peripheral_id: Number = "peripheralId",
        /// From 12.x.
        secure: Flag = "secure",
    }
}

resource! {
    /// The second node. CCE.
    ClusterConfig {
        uri: String = "uri",
        secondary_node: ClusterNode = "secondaryNode",
    }
}

resource! {
    /// A node of the cluster.
    ClusterNode {
        host: String = "host",
    }
}

resource! {
    /// The database of agents and their passwords. CCE.
    EnterpriseDatabaseConfig {
        uri: String = "uri",
        host: String = "host",
        backup_host: String = "backupHost",
        /// 1 to 65535.
        port: Number = "port",
        database_name: String = "databaseName",
        domain: String = "domain",
        username: String = "username",
        /// Never told by the server: empty or masked when read.
        password: crate::secret::Secret = "password",
    }
}

resource! {
    /// The layout of the desktop.
    LayoutConfig {
        uri: String = "uri",
        /// A whole `finesseLayout` document as text.
        layout_xml: String = "layoutxml",
        r#type: String = "type",
    }
}

resource! {
    /// The layout of a team's desktop.
    TeamLayoutConfig {
        uri: String = "uri",
        use_default: Flag = "useDefault",
        /// A whole `finesseLayout` document as text; without meaning if the default is used.
        layout_xml: String = "layoutxml",
    }
}

resource! {
    /// The chat servers of the desktop. From 12.0(1).
    ChatConfig {
        uri: String = "uri",
        /// An `https://` address.
        primary_node: String = "primaryNode",
        /// An `https://` address.
        secondary_node: String = "secondaryNode",
    }
}

resource! {
    /// The ECC variables of the system. CCE, from 12.0(1).
    EccVariableConfig {
        variables: Vec<EccVariable> as repeated = "ECCVariable",
    }
}

resource! {
    /// One ECC variable.
    EccVariable {
        name: String = "name",
        /// At most 210 bytes.
        length: Number = "length",
    }
}

resource! {
    /// How much is configured. From 12.6(1).
    ConfigInfo {
        uri: String = "uri",
        total_skill_groups: Number = "totalSkillGroups",
        total_supervisors: Number = "totalSupervisors",
        total_teams: Number = "totalTeams",
        total_users: Number = "totalUsers",
        version_info: String = "versionInfo",
    }
}
