//! Where tasks and calls can be transferred to. CCE, from 12.6(2).

use crate::ids::MediaId;
use crate::resource::resource;

resource! {
    /// A script selector. Its elements begin with capitals on the wire.
    ScriptSelector {
        mrd_id: MediaId = "MrdID",
        name: String = "Name",
        dialed_number: String = "DialedNumber",
        description: String = "Description",
    }
}
