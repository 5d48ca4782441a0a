//! Each command beside the request that it becomes.

use finesse_model::MobileMode;

use super::*;

fn user() -> UserId {
    UserId::new("40217").unwrap()
}

fn dialog() -> DialogId {
    DialogId::new("16804377").unwrap()
}

fn extension() -> Extension {
    Extension::new("7301").unwrap()
}

fn other() -> Extension {
    Extension::new("7302").unwrap()
}

fn media() -> MediaId {
    MediaId::new("5000").unwrap()
}

fn reason() -> Option<ReasonCodeId> {
    Some(ReasonCodeId::new("61").unwrap())
}

fn update(variables: &[(&str, &str)], wrap_up: Option<&str>) -> Command {
    Command::UpdateCallData {
        dialog: dialog(),
        target: Some(extension()),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        wrap_up_reason: wrap_up.map(str::to_owned),
        wrap_up_items: Vec::new(),
    }
}

#[test]
fn every_command_becomes_its_documented_request() {
    let mobile = MobileAgent {
        mode: Some(MobileMode::CallByCall),
        dial_number: Some("5550142".into()),
        ..MobileAgent::default()
    };
    let on_call = |action| Command::Call { dialog: dialog(), action, target: extension().into() };
    let table = [
        (
            Command::SignIn { user: user(), extension: extension(), device: None, mobile: None },
            ("LOGIN", true, "PUT", "/User/40217"),
            "<User><state>LOGIN</state><extension>7301</extension></User>",
        ),
        (
            Command::SignIn {
                user: user(),
                extension: extension(),
                device: Some("SEP1".into()),
                mobile: Some(mobile),
            },
            ("LOGIN", true, "PUT", "/User/40217"),
            "<User><state>LOGIN</state><extension>7301</extension><activeDeviceId>SEP1</activeDeviceId>\
             <mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>5550142</dialNumber></mobileAgent></User>",
        ),
        (
            Command::SignOut { user: user(), reason: reason(), all_media: false },
            ("LOGOUT", true, "PUT", "/User/40217"),
            "<User><state>LOGOUT</state><reasonCodeId>61</reasonCodeId></User>",
        ),
        (
            Command::SetState { user: user(), state: UserState::Ready, reason: None },
            ("READY", true, "PUT", "/User/40217"),
            "<User><state>READY</state></User>",
        ),
        (
            Command::SetState { user: user(), state: UserState::NotReady, reason: reason() },
            ("NOT_READY", true, "PUT", "/User/40217"),
            "<User><state>NOT_READY</state><reasonCodeId>61</reasonCodeId></User>",
        ),
        (
            Command::MakeCall {
                user: user(),
                from: extension(),
                to: " 5550142 ".into(),
                variables: Vec::new(),
            },
            ("MAKE_CALL", false, "POST", "/User/40217/Dialogs"),
            "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress>\
             <toAddress>5550142</toAddress></Dialog>",
        ),
        (
            on_call(CallAction::Answer),
            ("ANSWER", true, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>ANSWER</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>",
        ),
        (
            on_call(CallAction::Transfer),
            ("TRANSFER", false, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>TRANSFER</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>",
        ),
        (
            Command::ConsultCall {
                dialog: dialog(),
                target: extension(),
                to: "7302".into(),
                variables: Vec::new(),
            },
            ("CONSULT_CALL", false, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>CONSULT_CALL</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
             <toAddress>7302</toAddress></Dialog>",
        ),
        (
            Command::BlindTransfer { dialog: dialog(), target: extension(), to: "7302".into() },
            ("TRANSFER_SST", false, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>TRANSFER_SST</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
             <toAddress>7302</toAddress></Dialog>",
        ),
        (
            Command::SendDtmf { dialog: dialog(), target: extension(), digits: "12#".into() },
            ("SEND_DTMF", false, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>SEND_DTMF</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
             <actionParams><ActionParam><name>dtmfString</name><value>12#</value></ActionParam></actionParams></Dialog>",
        ),
        (
            update(&[("callVariable1", "A&B <Ltd>"), ("user.order[0]", "")], Some("Sale")),
            ("UPDATE_CALL_DATA", true, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
             <mediaProperties><wrapUpReason>Sale</wrapUpReason><callvariables>\
             <CallVariable><name>callVariable1</name><value>A&amp;B &lt;Ltd&gt;</value></CallVariable>\
             <CallVariable><name>user.order[0]</name><value></value></CallVariable>\
             </callvariables></mediaProperties></Dialog>",
        ),
        (
            Command::SignOut { user: user(), reason: None, all_media: true },
            ("LOGOUT", true, "PUT", "/User/40217"),
            "<User><state>LOGOUT</state><logoutAllMedia>true</logoutAllMedia></User>",
        ),
        (
            Command::MakeCall {
                user: user(),
                from: extension(),
                to: "5550142".into(),
                variables: vec![("callVariable1".into(), "web".into())],
            },
            ("MAKE_CALL", false, "POST", "/User/40217/Dialogs"),
            "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress><toAddress>5550142</toAddress>\
             <mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>web</value></CallVariable>\
             </callvariables></mediaProperties></Dialog>",
        ),
        (
            Command::SilentMonitor { user: user(), from: extension(), agent: other() },
            ("SILENT_MONITOR", false, "POST", "/User/40217/Dialogs"),
            "<Dialog><requestedAction>SILENT_MONITOR</requestedAction><fromAddress>7301</fromAddress>\
             <toAddress>7302</toAddress></Dialog>",
        ),
        (
            Command::BargeCall { user: user(), from: extension(), agent: other(), monitoring: dialog() },
            ("BARGE_CALL", false, "POST", "/User/40217/Dialogs"),
            "<Dialog><requestedAction>BARGE_CALL</requestedAction><fromAddress>7301</fromAddress><toAddress>7302</toAddress>\
             <associatedDialogUri>/finesse/api/Dialog/16804377</associatedDialogUri></Dialog>",
        ),
        (
            Command::DropParticipant { dialog: dialog(), party: " 5550142 ".into() },
            ("PARTICIPANT_DROP", true, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>PARTICIPANT_DROP</requestedAction>\
             <targetMediaAddress>5550142</targetMediaAddress></Dialog>",
        ),
        (
            Command::Reclassify {
                dialog: dialog(),
                target: extension(),
                classification: OutboundClassification::AnsweringMachine,
            },
            ("RECLASSIFY", true, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>RECLASSIFY</requestedAction><targetMediaAddress>7301</targetMediaAddress><actionParams>\
             <ActionParam><name>outboundClassification</name><value>ANS_MACHINE</value></ActionParam></actionParams></Dialog>",
        ),
        (
            Command::ScheduleCallback {
                dialog: dialog(),
                target: extension(),
                time: Some("2024-03-05T10:30".into()),
                number: Some("5550142".into()),
            },
            ("UPDATE_SCHEDULED_CALLBACK", true, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>UPDATE_SCHEDULED_CALLBACK</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
             <actionParams><ActionParam><name>callbackTime</name><value>2024-03-05T10:30</value></ActionParam>\
             <ActionParam><name>callbackNumber</name><value>5550142</value></ActionParam></actionParams></Dialog>",
        ),
        (
            on_call(CallAction::CancelCallback),
            ("CANCEL_SCHEDULED_CALLBACK", true, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>CANCEL_SCHEDULED_CALLBACK</requestedAction>\
             <targetMediaAddress>7301</targetMediaAddress></Dialog>",
        ),
        (
            Command::TransferTask { dialog: dialog(), agent: user(), to: "Sales".into() },
            ("TRANSFER", false, "PUT", "/Dialog/16804377"),
            "<Dialog><requestedAction>TRANSFER</requestedAction><targetMediaAddress>40217</targetMediaAddress>\
             <toAddress>Sales</toAddress></Dialog>",
        ),
        (
            Command::MediaSignIn {
                user: user(),
                media: media(),
                max_dialogs: 5,
                interrupt: InterruptAction::Ignore,
                at_logout: Some(DialogLogoutAction::Transfer),
            },
            ("LOGIN", true, "PUT", "/User/40217/Media/5000"),
            "<Media><maxDialogLimit>5</maxDialogLimit><state>LOGIN</state><interruptAction>IGNORE</interruptAction>\
             <dialogLogoutAction>TRANSFER</dialogLogoutAction></Media>",
        ),
        (
            Command::MediaSignOut { user: user(), media: media(), reason: reason() },
            ("LOGOUT", true, "PUT", "/User/40217/Media/5000"),
            "<Media><state>LOGOUT</state><reasonCodeId>61</reasonCodeId></Media>",
        ),
        (
            Command::SetMediaState { user: user(), media: media(), state: MediaState::Active, reason: None },
            ("ACTIVE", true, "PUT", "/User/40217/Media/5000"),
            "<Media><state>ACTIVE</state></Media>",
        ),
        (
            Command::SetRoutable { user: user(), media: media(), routable: false },
            ("ROUTABLE", true, "PUT", "/User/40217/Media/5000"),
            "<Media><routable>false</routable></Media>",
        ),
        (
            Command::PutMedia {
                user: user(),
                list: vec![Media { id: Some(media()), state: Some(MediaState::Ready), ..Media::default() }],
            },
            ("PUT_MEDIA", true, "PUT", "/User/40217/Media"),
            "<MediaList><Media><id>5000</id><state>READY</state></Media></MediaList>",
        ),
    ];
    for (command, (verb, idempotent, method, path), body) in table {
        let written = command.plan().unwrap();
        assert_eq!((command.verb(), command.is_idempotent()), (verb, idempotent), "{command:?}");
        assert_eq!((written.method.as_str(), written.path.as_str()), (method, path), "{command:?}");
        assert_eq!(written.body, body);
    }
}

#[test]
fn what_the_server_would_refuse_for_its_form_is_not_written_and_the_field_is_named() {
    let call = |to: &str, variables: &[(&str, &str)]| Command::MakeCall {
        user: user(),
        from: extension(),
        to: to.into(),
        variables: variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    };
    let set = |state, reason| Command::SetState { user: user(), state, reason };
    let dtmf =
        |digits: &str| Command::SendDtmf { dialog: dialog(), target: extension(), digits: digits.into() };
    let mobile = |mode, number: &str| Command::SignIn {
        user: user(),
        extension: extension(),
        device: None,
        mobile: Some(MobileAgent { mode, dial_number: Some(number.into()), ..MobileAgent::default() }),
    };
    let media_sign_in = |max_dialogs, interrupt| Command::MediaSignIn {
        user: user(),
        media: media(),
        max_dialogs,
        interrupt,
        at_logout: None,
    };
    let callback = |time: Option<&str>, number: Option<&str>| Command::ScheduleCallback {
        dialog: dialog(),
        target: extension(),
        time: time.map(str::to_owned),
        number: number.map(str::to_owned),
    };
    for (command, field) in [
        (call(" ", &[]), "toAddress"),
        (call("7\u{0}", &[]), "toAddress"),
        (call("7301", &[]), "toAddress"),
        (call("5550142", &[("BAStatus", "x")]), "BAStatus"),
        (call("5550142", &[("callVariable1", &"x".repeat(41))]), "callVariable1"),
        (set(UserState::Talking, None), "state"),
        (set(UserState::Login, None), "state"),
        (set(UserState::Ready, reason()), "reasonCodeId"),
        (Command::SetState { user: UserId::new("..").unwrap(), state: UserState::Ready, reason: None }, "id"),
        (dtmf(""), "dtmfString"),
        (dtmf("12x"), "dtmfString"),
        (update(&[], None), "mediaProperties"),
        (update(&[("user.a", "1"), ("user.a", "2")], None), "user.a"),
        (update(&[("callVariable11", "1")], None), "callVariable11"),
        (update(&[], Some(" ")), "wrapUpReason"),
        (update(&[(" ", "1")], None), "name"),
        (mobile(None, "5550142"), "mode"),
        (mobile(Some(MobileMode::CallByCall), " "), "dialNumber"),
        (media_sign_in(0, InterruptAction::Accept), "maxDialogLimit"),
        (media_sign_in(11, InterruptAction::Accept), "maxDialogLimit"),
        (media_sign_in(1, InterruptAction::Other("X".into())), "interruptAction"),
        (
            Command::SetMediaState { user: user(), media: media(), state: MediaState::Login, reason: None },
            "state",
        ),
        (callback(None, None), "callbackTime"),
        (callback(Some("2024-03-05T10:30Z"), None), "callbackTime"),
        (callback(Some("9999-99-99T99:99"), None), "callbackTime"),
        (callback(Some("2023-02-29T10:30"), None), "callbackTime"),
        (callback(Some("2024-03-05T24:00"), None), "callbackTime"),
        (callback(None, Some(" ")), "callbackNumber"),
        (Command::DropParticipant { dialog: dialog(), party: " ".into() }, "targetMediaAddress"),
        (Command::SilentMonitor { user: user(), from: extension(), agent: extension() }, "toAddress"),
        (Command::PutMedia { user: user(), list: Vec::new() }, "MediaList"),
    ] {
        assert_eq!(command.plan().unwrap_err().field(), field, "{command:?}");
    }
}

#[test]
fn what_only_agents_themselves_may_ask_for_is_not_sent_for_another() {
    let sender = |id: &str| UserId::new(id).unwrap();
    let agent = || sender("jvarga");
    let set = |state, reason| Command::SetState { user: agent(), state, reason };
    let with_reason = Media { state: Some(MediaState::NotReady), ..Media::default() };
    let with_reason = Media { reason_code_id: Some(finesse_model::Scalar::Value(7)), ..with_reason };
    for (command, field) in [
        (
            Command::SignIn { user: agent(), extension: extension(), device: None, mobile: None },
            Some("state"),
        ),
        (set(UserState::Work, None), Some("state")),
        (set(UserState::WorkReady, None), Some("state")),
        (set(UserState::NotReady, reason()), Some("reasonCodeId")),
        (set(UserState::NotReady, None), None),
        (Command::PutMedia { user: agent(), list: vec![with_reason] }, Some("reasonCodeId")),
        (Command::SignOut { user: agent(), reason: None, all_media: false }, None),
    ] {
        let refused = command.check_sender(&sender("boss")).err().map(|error| error.field().to_owned());
        assert_eq!(refused.as_deref(), field, "{command:?}");
        // CCX does not tell upper from lower case.
        assert_eq!(command.check_sender(&sender("JVarga")), Ok(()), "{command:?}");
    }
}
