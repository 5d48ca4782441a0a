//! Updates shaped like those a Finesse server publishes, for the interop suite and the decode bench.

use std::fmt::Write as _;

/// The nodes every agent is subscribed to without asking.
pub(crate) fn nodes(user: &str) -> [String; 2] {
    [format!("/finesse/api/User/{user}"), format!("/finesse/api/User/{user}/Dialogs")]
}

/// The agent's state, as published on the agent's own node.
pub(crate) fn user_update(user: &str, state: &str) -> String {
    format!(
        "<Update><data><user><dialogs>/finesse/api/User/{user}/Dialogs</dialogs><extension>7301</extension>\
         <firstName>Mira</firstName><lastName>Sol&amp;Luna</lastName><loginId>{user}</loginId>\
         <loginName>mira</loginName><mediaType>1</mediaType><pendingState></pendingState>\
         <reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles><settings><wrapUpOnIncoming>OPTIONAL\
         </wrapUpOnIncoming></settings><state>{state}</state><stateChangeTime>2026-01-01T09:00:00.123Z\
         </stateChangeTime><teamId>512</teamId><teamName>North</teamName><uri>/finesse/api/User/{user}</uri>\
         </user></data><event>PUT</event><requestId></requestId><source>/finesse/api/User/{user}</source></Update>"
    )
}

/// With as many call variables a dialog's update is about 3.9 KB long, as in a contact centre with many ECC variables.
pub(crate) const VARIABLES_OF_3_9_KB: usize = 28;

/// The largest dialogs known: every variable an administrator may define is there.
pub(crate) const VARIABLES_OF_64_KB: usize = 660;

/// A call of the agent with two participants and `variables` call variables.
pub(crate) fn dialog_update(user: &str, dialog: &str, variables: usize) -> String {
    let mut text = format!(
        "<Update><data><dialog><associatedDialogUri></associatedDialogUri><fromAddress>5550147</fromAddress>\
         <id>{dialog}</id><mediaProperties><DNIS>18005550100</DNIS><callType>ACD_IN</callType><dialedNumber>18005550100\
         </dialedNumber><outboundClassification></outboundClassification><callvariables>"
    );
    for index in 1..=variables {
        let name =
            if index <= 10 { format!("callVariable{index}") } else { format!("user.ecc.slot[{index}]") };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "<CallVariable><name>{name}</name><value>v{index} &lt;a&amp;b&gt;</value></CallVariable>"
        );
    }
    text.push_str("</callvariables></mediaProperties><mediaType>Voice</mediaType><participants>");
    for (address, kind, actions) in [
        ("7301", "AGENT_DEVICE", &["HOLD", "DROP", "TRANSFER_SST", "CONSULT_CALL", "UPDATE_CALL_DATA"][..]),
        ("5550147", "", &[][..]),
    ] {
        text.push_str("<Participant><actions>");
        for action in actions {
            let _ = write!(text, "<action>{action}</action>");
        }
        let _ = write!(
            text,
            "</actions><mediaAddress>{address}</mediaAddress><mediaAddressType>{kind}</mediaAddressType>\
             <startTime>2026-01-01T09:00:01.500Z</startTime><state>ACTIVE</state><stateCause></stateCause>\
             <stateChangeTime>2026-01-01T09:00:04.250Z</stateChangeTime></Participant>"
        );
    }
    let _ = write!(
        text,
        "</participants><state>ACTIVE</state><toAddress>18005550100</toAddress><uri>/finesse/api/Dialog/{dialog}</uri>\
         </dialog></data><event>PUT</event><requestId></requestId><source>/finesse/api/User/{user}/Dialogs</source></Update>"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::{VARIABLES_OF_3_9_KB, VARIABLES_OF_64_KB, dialog_update};

    #[test]
    fn the_bench_payload_has_the_size_it_is_named_after() {
        let size = dialog_update("40217", "16804377", VARIABLES_OF_3_9_KB).len();
        assert!((3_700..4_200).contains(&size), "{size}");
        let size = dialog_update("40217", "16804377", VARIABLES_OF_64_KB).len();
        assert!((60_000..68_000).contains(&size), "{size}");
    }
}
