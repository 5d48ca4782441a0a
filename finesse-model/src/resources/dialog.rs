//! Calls and tasks.
//!
//! Whether a dialog is there is told by the verb of the notification, never by a state in it: a removed one may still say ALERTING, one in
//! wrap-up says ACTIVE. Actions mean something for the agent's own participant only.

use crate::ids::DialogId;
use crate::open_enum::open_enum;
use crate::resource::{keyed_resource, resource};
use crate::scalar::{Number, Timestamp};

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
        /// A task is offered.
        Offered = "OFFERED",
        /// The task rests.
        Paused = "PAUSED",
        /// Wraps the task up.
        WrappingUp = "WRAPPING_UP",
        /// The task was interrupted.
        Interrupted = "INTERRUPTED",
        /// Has closed the task.
        Closed = "CLOSED",
        /// The server does not know.
        Unknown = "UNKNOWN",
    }
}

open_enum! {
    /// What a participant may ask for; the names are the REST API's own.
    Action {
        /// Make a call.
        MakeCall = "MAKE_CALL",
        /// Answer.
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
        /// Listen to an agent's call.
        SilentMonitor = "SILENT_MONITOR",
        /// Join a call that is monitored.
        BargeCall = "BARGE_CALL",
        /// Remove somebody from a conference.
        ParticipantDrop = "PARTICIPANT_DROP",
        /// Record, CCX.
        StartRecording = "START_RECORDING",
        /// Accept a preview or a task.
        Accept = "ACCEPT",
        /// Refuse a preview; it may be offered again.
        Reject = "REJECT",
        /// Refuse a preview for good, or close a task.
        Close = "CLOSE",
        /// Say what a direct preview call reached.
        Reclassify = "RECLASSIFY",
        /// Schedule a callback or change it.
        UpdateScheduledCallback = "UPDATE_SCHEDULED_CALLBACK",
        /// Cancel a callback.
        CancelScheduledCallback = "CANCEL_SCHEDULED_CALLBACK",
        /// Begin a task.
        Start = "START",
        /// Let a task rest.
        Pause = "PAUSE",
        /// Go on with a task.
        Resume = "RESUME",
        /// Wrap a task up.
        WrapUp = "WRAP_UP",
    }
}

open_enum! {
    /// Why a participant failed or left.
    StateCause {
        /// The other end is busy.
        Busy = "BUSY",
        /// There is no such number.
        BadDestination = "BAD_DESTINATION",
        /// Anything else; also stands beside DROPPED.
        Unspecified = "OTHER",
        /// A device or its line is not available.
        DeviceResourceNotAvailable = "DEVICE_RESOURCE_NOT_AVAILABLE",
    }
}

open_enum! {
    /// What an outbound call reached.
    OutboundClassification {
        /// A person.
        Voice = "VOICE",
        /// A fax.
        Fax = "FAX",
        /// An answering machine.
        AnsweringMachine = "ANS_MACHINE",
        /// A number that is none.
        Invalid = "INVALID",
        /// Nobody: busy.
        Busy = "BUSY",
        /// Somebody who must not be called again.
        DoNotCall = "DO_NOT_CALL",
    }
}

open_enum! {
    /// How a call came about. A large and growing set; empty on CCX after a failover.
    CallType {
        /// To the queue of a skill group.
        AcdIn = "ACD_IN",
        /// Routed before it reached the switch.
        PrerouteAcdIn = "PREROUTE_ACD_IN",
        /// Routed to one agent.
        PrerouteDirectAgent = "PREROUTE_DIRECT_AGENT",
        /// Transferred.
        Transfer = "TRANSFER",
        /// Any other call that comes in.
        OtherIn = "OTHER_IN",
        /// Made by the agent.
        Out = "OUT",
        /// Overflowed from another queue.
        OverflowIn = "OVERFLOW_IN",
        /// Made by the dialer.
        AutoOut = "AUTO_OUT",
        /// Made by an agent, outside.
        AgentOut = "AGENT_OUT",
        /// Between agents.
        AgentInside = "AGENT_INSIDE",
        /// Asks a supervisor for help.
        AssistCall = "ASSIST_CALL",
        /// The consultation of a barge.
        BargeInConsult = "BARGE_IN_CONSULT",
        /// A consultation.
        Consult = "CONSULT",
        /// A conference.
        Conference = "CONFERENCE",
        /// An emergency.
        Emergency = "EMERGENCY",
        /// A supervisor listens.
        SupervisorMonitor = "SUPERVISOR_MONITOR",
        /// A supervisor talks to the agent only.
        SupervisorWhisper = "SUPERVISOR_WHISPER",
        /// A supervisor has joined.
        SupervisorBargeIn = "SUPERVISOR_BARGE_IN",
        /// A supervisor has taken the call.
        SupervisorIntercept = "SUPERVISOR_INTERCEPT",
        /// Offered.
        Offered = "OFFERED",
        /// A consultation that is offered.
        ConsultOffered = "CONSULT_OFFERED",
        /// A conference out of a consultation.
        ConsultConference = "CONSULT_CONFERENCE",
        /// The customer of a campaign.
        Outbound = "OUTBOUND",
        /// The reservation of a preview campaign.
        OutboundPreview = "OUTBOUND_PREVIEW",
        /// The reservation of a callback.
        OutboundCallbackPreview = "OUTBOUND_CALLBACK_PREVIEW",
        /// The reservation of a direct preview campaign.
        OutboundDirectPreview = "OUTBOUND_DIRECT_PREVIEW",
        /// The reservation of a personal callback.
        OutboundPersonalCallbackPreview = "OUTBOUND_PERSONAL_CALLBACK_PREVIEW",
        /// Plays the agent's greeting.
        PlayAgentGreeting = "PLAY_AGENT_GREETING",
        /// Routed by the central controller.
        RoutedByIcm = "ROUTED_BY_ICM",
        /// A task routed by the central controller.
        TaskRoutedByIcm = "TASK_ROUTED_BY_ICM",
        /// A task routed by an application.
        TaskRoutedByApplication = "TASK_ROUTED_BY_APPLICATION",
        /// A callback.
        VoiceCallBack = "VOICE_CALL_BACK",
        /// Not of the contact centre.
        NonAcd = "NON_ACD",
    }
}

keyed_resource! {
    /// A dialog.
    Dialog {
        id: DialogId as (required or uri) = "id",
        uri: String = "uri",
        state: DialogState = "state",
        /// Empty if the caller is hidden.
        from_address: String = "fromAddress",
        /// May be absent or empty.
        to_address: String = "toAddress",
        /// `Voice`, or the name of the media routing domain.
        media_type: String = "mediaType",
        media_properties: MediaProperties = "mediaProperties",
        /// None, one or more. Absent in a partial event, which says nothing about them.
        participants: Vec<Participant> as "Participant" = "participants",
        /// The original of a consultation, the monitored one of a barge.
        associated_dialog_uri: String = "associatedDialogUri",
        /// The dialog that this one replaced.
        secondary_id: String = "secondaryId",
        /// CCE direct preview: the number without the dialer's prefix.
        callback_number: String = "callbackNumber",
        scheduled_callback_info: ScheduledCallbackInfo = "scheduledCallbackInfo",
    }
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
            participants: None,
            associated_dialog_uri: None,
            secondary_id: None,
            callback_number: None,
            scheduled_callback_info: None,
            extra: crate::element::Extra::default(),
        }
    }

    /// The participants; none if nothing is known about them.
    #[must_use]
    pub fn participants(&self) -> &[Participant] {
        self.participants.as_deref().unwrap_or_default()
    }

    /// The participant at this address: an extension, of a task the agent's id. The actions of all others mean nothing.
    #[must_use]
    pub fn participant(&self, address: impl AsRef<str>) -> Option<&Participant> {
        let address = Some(address.as_ref());
        self.participants().iter().find(|party| party.media_address.as_deref() == address)
    }

    /// What the agent at this address may ask for.
    #[must_use]
    pub fn actions(&self, address: impl AsRef<str>) -> &[Action] {
        self.participant(address).map(Participant::actions).unwrap_or_default()
    }

    /// A supervisor who listens. It shows on the agent as one more dialog, without actions, and is no call of the agent's.
    #[must_use]
    pub fn is_silent_monitor(&self) -> bool {
        let call_type = self.media_properties.as_ref().and_then(|media| media.call_type.as_ref());
        call_type == Some(&CallType::SupervisorMonitor)
    }
}

resource! {
    /// When a customer is to be called back.
    ScheduledCallbackInfo {
        /// `YYYY-MM-DDThh:mm` in the customer's time zone.
        callback_time: String = "callbackTime",
        callback_number: String = "callbackNumber",
    }
}

resource! {
    /// One who takes part.
    Participant {
        /// Meaningful for the agent's own participant only.
        actions: Vec<Action> as "action" = "actions",
        /// Extension or number; the agent's id for tasks.
        media_address: String = "mediaAddress",
        /// AGENT_DEVICE, or empty for outside parties.
        media_address_type: String = "mediaAddressType",
        start_time: Timestamp = "startTime",
        state: ParticipantState = "state",
        state_cause: StateCause = "stateCause",
        /// Empty after a failover.
        state_change_time: Timestamp = "stateChangeTime",
        /// How a task ended.
        disposition_code: DispositionCode = "dispositionCode",
    }
}

impl Participant {
    /// What this participant may ask for.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        self.actions.as_deref().unwrap_or_default()
    }
}

resource! {
    /// How a task ended.
    DispositionCode {
        /// `CD_…`, an open set.
        disposition: String = "disposition",
    }
}

resource! {
    /// What is known of the call itself.
    MediaProperties {
        /// 1 for voice, else the id of the media routing domain.
        media_id: String = "mediaId",
        dnis: String = "DNIS",
        call_type: CallType = "callType",
        /// Empty for tasks, and while a call is set up.
        dialed_number: String = "dialedNumber",
        /// Normally empty.
        outbound_classification: OutboundClassification = "outboundClassification",
        queue_number: Number = "queueNumber",
        queue_name: String = "queueName",
        call_key_call_id: Number = "callKeyCallId",
        call_key_sequence_num: Number = "callKeySequenceNum",
        call_key_prefix: Number = "callKeyPrefix",
        /// CCE, from 12.6(1).
        call_guid: String = "callGUID",
        /// CCE, from 12.6(1).
        service_config_id: String = "serviceConfigId",
        /// CCE, from 12.6(1).
        services: Vec<String> as "service" = "services",
        /// The label; absent until one is set.
        wrap_up_reason: String = "wrapUpReason",
        /// CCX.
        wrap_up_items: Vec<String> as "wrapUpItem" = "wrapUpItems",
        /// `callVariable1` to `10`, `user.*` and arrays `name[index]`; the element is all lower-case.
        call_variables: Vec<CallVariable> as "CallVariable" = "callvariables",
    }
}

impl MediaProperties {
    /// The value of a call variable, an ECC variable or one place of an ECC array (`user.order[0]`).
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let variables = self.call_variables.as_deref().unwrap_or_default();
        variables.iter().find(|variable| variable.name.as_deref() == Some(name))?.value.as_deref()
    }
}

resource! {
    /// One call variable.
    CallVariable {
        name: String = "name",
        /// Empty is a value.
        value: String = "value",
    }
}

impl CallVariable {
    /// The index, for one place of an ECC array: 2 for `user.order[2]`.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        self.name.as_deref()?.strip_suffix(']')?.rsplit_once('[')?.1.parse().ok()
    }
}
