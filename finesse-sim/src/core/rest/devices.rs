//! `/Devices`: the phones behind an extension.

use super::answer::{Answer, Refusal};
use super::roles::Who;
use super::routes::{Route, get};
use crate::core::SimCore;
use crate::core::xml::Elem;

pub(super) const ROUTES: &[Route] = &[get("/Devices?extension={extension}", Who::Known, |core, call| {
    let extension = call.asked("extension").filter(|text| !text.is_empty());
    let extension = extension.ok_or_else(|| Refusal::missing("extension"))?;
    if !extension.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(400, "Bad Request", "The extension is invalid", &extension));
    }
    let device = core
        .device_at(&extension)
        .ok_or_else(|| Refusal::new(404, "Not Found", "There is no device with the extension", &extension))?;
    Ok(Answer::Document(
        Elem::new("Devices").child(
            Elem::new("Device")
                .leaf("deviceId", device)
                .leaf("deviceType", "30018")
                .leaf("deviceTypeName", "Cisco 7961"),
        ),
    ))
})
.cce()];

impl SimCore {
    /// The device with an extension.
    pub(super) fn device_at(&self, extension: &str) -> Option<String> {
        let known = self.world.agents.values().any(|agent| agent.spec.extension == extension);
        known.then(|| format!("SEP00170D{extension:0>6}"))
    }
}
