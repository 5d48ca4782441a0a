//! Calls and tasks.

use serde::Serialize;

use crate::cursor::{Cursor, Read};
use crate::element::Extra;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::ids::{DialogId, Extension};
use crate::open_enum::open_enum;
use crate::scalar::{Scalar, Timestamp};

open_enum! {
    /// State of a dialog. It does not tell whether a dialog is over: a removed one may still say ALERTING, one in wrap-up says ACTIVE.
    DialogState {
        /// Being dialled.
        Initiating = "INITIATING",
        /// Dialled.
        Initiated = "INITIATED",
        /// Rings.
        Alerting = "ALERTING",
        /// Talked, or worked on.
        Active = "ACTIVE",
        /// Could not be set up.
        Failed = "FAILED",
        /// Over.
        Dropped = "DROPPED",
        /// A preview or task was accepted.
        Accepted = "ACCEPTED",
        /// A task is offered.
        Offered = "OFFERED",
        /// A task rests.
        Paused = "PAUSED",
        /// A task is being wrapped up.
        WrappingUp = "WRAPPING_UP",
        /// A task was interrupted.
        Interrupted = "INTERRUPTED",
        /// A task is over.
        Closed = "CLOSED",
        /// The server does not know.
        Unknown = "UNKNOWN",
    }
}

open_enum! {
    /// State of one participant.
    ParticipantState {
        /// Dials.
        Initiating = "INITIATING",
        /// Has dialled.
        Initiated = "INITIATED",
        /// It rings at this one.
        Alerting = "ALERTING",
        /// Talks.
        Active = "ACTIVE",
        /// Is on hold.
        Held = "HELD",
        /// Could not be reached.
        Failed = "FAILED",
        /// Has left.
        Dropped = "DROPPED",
        /// Works after the call.
        WrapUp = "WRAP_UP",
        /// Accepted a preview or task.
        Accepted = "ACCEPTED",
    }
}

open_enum! {
    /// What a participant may ask for.
    Action {
        /// See the REST API; the names are its own.
        Answer = "ANSWER",
        /// Hold.
        Hold = "HOLD",
        /// Take back from hold.
        Retrieve = "RETRIEVE",
        /// Leave.
        Drop = "DROP",
        /// Complete a consult as a transfer.
        Transfer = "TRANSFER",
        /// Transfer without consulting.
        TransferSst = "TRANSFER_SST",
        /// Complete a consult as a conference.
        Conference = "CONFERENCE",
        /// Consult.
        ConsultCall = "CONSULT_CALL",
        /// Send tones.
        SendDtmf = "SEND_DTMF",
        /// Change call variables.
        UpdateCallData = "UPDATE_CALL_DATA",
    }
}

/// A dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct Dialog {
    pub id: DialogId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DialogState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_address: Option<String>,
    /// May be absent or empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_properties: Option<MediaProperties>,
    /// None, one or more.
    pub participants: Vec<Participant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_dialog_uri: Option<String>,
    /// The dialog that this one replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_callback_info: Option<ScheduledCallbackInfo>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Dialog {
    /// A dialog of which only the id is known.
    #[must_use]
    pub fn new(id: DialogId) -> Self {
        Self {
            id,
            uri: None,
            state: None,
            from_address: None,
            to_address: None,
            media_type: None,
            media_properties: None,
            participants: Vec::new(),
            associated_dialog_uri: None,
            secondary_id: None,
            callback_number: None,
            scheduled_callback_info: None,
            extra: Extra::default(),
        }
    }

    /// The participant at this extension. The actions of all others mean nothing.
    #[must_use]
    pub fn participant(&self, extension: &Extension) -> Option<&Participant> {
        self.participants.iter().find(|party| party.media_address.as_deref() == Some(extension.as_str()))
    }
}

impl Read for Dialog {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut id = None;
        let Ok(placeholder) = DialogId::new("0") else {
            return Err(cursor.error(Kind::Syntax, "no dialog id can be made"));
        };
        let mut dialog = Self::new(placeholder);
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "id" => id = DialogId::new(cursor.text()?).ok(),
                "uri" => dialog.uri = Some(cursor.text()?),
                "state" => dialog.state = Some(DialogState::read(cursor)?),
                "fromAddress" => dialog.from_address = Some(cursor.text()?),
                "toAddress" => dialog.to_address = Some(cursor.text()?),
                "mediaType" => dialog.media_type = Some(cursor.text()?),
                "mediaProperties" => dialog.media_properties = Some(MediaProperties::read(cursor)?),
                "participants" => dialog.participants.extend(cursor.list::<Participant>("Participant")?),
                "associatedDialogUri" => dialog.associated_dialog_uri = Some(cursor.text()?),
                "secondaryId" => dialog.secondary_id = Some(cursor.text()?),
                "callbackNumber" => dialog.callback_number = Some(cursor.text()?),
                "scheduledCallbackInfo" => {
                    dialog.scheduled_callback_info = Some(ScheduledCallbackInfo::read(cursor)?)
                }
                _ => cursor.keep(name, &mut dialog.extra)?,
            }
        }
        let from_uri = || {
            dialog
                .uri
                .as_deref()
                .and_then(|uri| uri.rsplit('/').next())
                .and_then(|last| DialogId::new(last).ok())
        };
        match id.or_else(from_uri) {
            Some(id) => Ok(Self { id, ..dialog }),
            None => Err(cursor.error(Kind::MissingField, "a Dialog without id and uri")),
        }
    }
}

/// When a customer is to be called back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own")]
pub struct ScheduledCallbackInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_number: Option<String>,
}

impl Read for ScheduledCallbackInfo {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut info = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "callbackTime" => info.callback_time = Some(cursor.text()?),
                "callbackNumber" => info.callback_number = Some(cursor.text()?),
                _ => cursor.skip()?,
            }
        }
        Ok(info)
    }
}

/// One who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct Participant {
    /// Meaningful for the agent's own participant only.
    pub actions: Vec<Action>,
    /// Extension or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_address: Option<String>,
    /// AGENT_DEVICE, or empty for outside parties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_address_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ParticipantState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_cause: Option<String>,
    /// Empty after a failover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_change_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for Participant {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut party = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "actions" => party.actions.extend(cursor.list::<Action>("action")?),
                "mediaAddress" => party.media_address = Some(cursor.text()?),
                "mediaAddressType" => party.media_address_type = Some(cursor.text()?),
                "startTime" => party.start_time = Some(cursor.time()?),
                "state" => party.state = Some(ParticipantState::read(cursor)?),
                "stateCause" => party.state_cause = Some(cursor.text()?),
                "stateChangeTime" => party.state_change_time = Some(cursor.time()?),
                _ => cursor.keep(name, &mut party.extra)?,
            }
        }
        Ok(party)
    }
}

/// What is known of the call itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct MediaProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    #[serde(rename = "DNIS", skip_serializing_if = "Option::is_none")]
    pub dnis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialed_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_classification: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_number: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_key_call_id: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_key_sequence_num: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_key_prefix: Option<Scalar<i64>>,
    #[serde(rename = "callGUID", skip_serializing_if = "Option::is_none")]
    pub call_guid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_items: Option<Vec<String>>,
    /// `callVariable1` to `10`, `user.*` and arrays `name[index]`; the element is all lower-case.
    #[serde(rename = "callvariables", skip_serializing_if = "Option::is_none")]
    pub call_variables: Option<Vec<CallVariable>>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for MediaProperties {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut media = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "mediaId" => media.media_id = Some(cursor.text()?),
                "DNIS" => media.dnis = Some(cursor.text()?),
                "callType" => media.call_type = Some(cursor.text()?),
                "dialedNumber" => media.dialed_number = Some(cursor.text()?),
                "outboundClassification" => media.outbound_classification = Some(cursor.text()?),
                "queueNumber" => media.queue_number = Some(cursor.number()?),
                "queueName" => media.queue_name = Some(cursor.text()?),
                "callKeyCallId" => media.call_key_call_id = Some(cursor.number()?),
                "callKeySequenceNum" | "CallKeySequenceNum" => {
                    media.call_key_sequence_num = Some(cursor.number()?)
                }
                "callKeyPrefix" => media.call_key_prefix = Some(cursor.number()?),
                "callGUID" => media.call_guid = Some(cursor.text()?),
                "wrapUpReason" => media.wrap_up_reason = Some(cursor.text()?),
                "wrapUpItems" => media.wrap_up_items = Some(cursor.texts("wrapUpItem")?),
                "callvariables" | "callVariables" => {
                    let list = cursor.list::<CallVariable>("CallVariable")?;
                    media.call_variables.get_or_insert_default().extend(list);
                }
                _ => cursor.keep(name, &mut media.extra)?,
            }
        }
        Ok(media)
    }
}

/// One call variable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CallVariable {
    /// Its name.
    pub name: String,
    /// Its value; empty is a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Read for CallVariable {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut variable = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "name" => variable.name = cursor.text()?,
                "value" => variable.value = Some(cursor.text()?),
                _ => cursor.skip()?,
            }
        }
        Ok(variable)
    }
}

/// A list of dialogs. One that cannot be read does not cost the others: it stands beside them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialogs {
    /// The readable ones.
    pub dialogs: Vec<Dialog>,
    /// What was wrong with the others.
    pub rejected: Vec<DecodeError>,
}

impl Serialize for Dialogs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.dialogs.serialize(serializer)
    }
}

impl Read for Dialogs {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut list = Self::default();
        while let Some(name) = cursor.child()? {
            if !name.eq_ignore_ascii_case("Dialog") {
                cursor.skip()?;
                continue;
            }
            match Dialog::read(cursor) {
                Ok(dialog) => list.dialogs.push(dialog),
                // Only a missing field leaves the cursor behind the element; whatever else is wrong ends the document.
                Err(error) if error.kind() == Kind::MissingField => list.rejected.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(list)
    }
}
