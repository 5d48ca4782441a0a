//! Which properties of a call a desktop shows, and where.

use crate::open_enum::open_enum;
use crate::resource::resource;
use crate::scalar::Flag;

open_enum! {
    /// Which of the layouts it is.
    LayoutType {
        /// The one that is there from the beginning.
        Default = "DEFAULT",
        /// Any other.
        Custom = "CUSTOM",
    }
}

resource! {
    /// A layout.
    MediaPropertiesLayout {
        uri: String = "uri",
        name: String = "name",
        description: String = "description",
        r#type: LayoutType = "type",
        /// One entry.
        header: LayoutColumn = "header",
        /// At most two, which may be empty.
        columns: Vec<LayoutColumn> as repeated = "column",
    }
}

resource! {
    /// The header or a column.
    LayoutColumn {
        /// At most ten.
        entries: Vec<LayoutEntry> as repeated = "entry",
    }
}

resource! {
    /// One property.
    LayoutEntry {
        /// May be empty.
        display_name: String = "displayName",
        /// A call variable, an ECC variable, `BA…`, or a field such as `queueName`.
        media_property: String = "mediaProperty",
        /// At most five; from 12.x.
        show_in_pop_over: Flag = "showInPopOver",
        ui_editable: Flag = "uiEditable",
    }
}
