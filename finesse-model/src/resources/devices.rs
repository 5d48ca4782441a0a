//! Phones that share an extension. CCE, from 12.6(1).

use crate::resource::resource;
use crate::scalar::Number;

resource! {
    /// A phone.
    Device {
        device_id: String = "deviceId",
        device_type: Number = "deviceType",
        device_type_name: String = "deviceTypeName",
    }
}
