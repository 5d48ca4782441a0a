//! What agents, supervisors and operators ask for. Where one operation has several forms, its name goes on after a slash.

use finesse_model::{
    DialogLogoutAction, InterruptAction, Media, MediaState, MobileMode, OutboundClassification,
    ReasonCategory, UserState,
};
use finesse_rest::CallAction;
use finesse_rest::operations::{MrdType, PreviewAnswer, Tokens};

use crate::{Row, own, rows};

pub(crate) const ROWS: &[Row] = rows! {
    "user_sign_in": |c| c.user("1001").sign_in(own()),
        "PUT /finesse/api/User/1001" [] "<User><state>LOGIN</state><extension>7301</extension></User>";
    "user_sign_in/device": |c| c.user("1001").sign_in(own()).device("SEP1"),
        "PUT /finesse/api/User/1001" []
        "<User><state>LOGIN</state><extension>7301</extension><activeDeviceId>SEP1</activeDeviceId></User>";
    "user_sign_in_as_mobile_agent": |c| c.user("1001").sign_in_as_mobile_agent(own(), MobileMode::NailedConnection, "5550142"),
        "PUT /finesse/api/User/1001" []
        "<User><state>LOGIN</state><extension>7301</extension><mobileAgent><mode>NAILED_CONNECTION</mode><dialNumber>5550142</dialNumber></mobileAgent></User>";
    "user_sign_out": |c| c.user("1001").sign_out().reason("9".parse().unwrap()).all_media(),
        "PUT /finesse/api/User/1001" []
        "<User><state>LOGOUT</state><reasonCodeId>9</reasonCodeId><logoutAllMedia>true</logoutAllMedia></User>";
    "user_get": |c| c.user("1001").get(), "GET /finesse/api/User/1001" [] "";
    "user_get_by_login_name": |c| c.users().get_by_login_name("jürgen@x.example"),
        "GET /finesse/api/User/j%C3%BCrgen%40x.example" [] "";
    "user_list": |c| c.users().list(), "GET /finesse/api/Users" [] "";
    "user_dialogs": |c| c.user("1001").dialogs(), "GET /finesse/api/User/1001/Dialogs" [] "";
    "user_nonvoice_dialogs": |c| c.user("1001").nonvoice_dialogs("5000"),
        "GET /finesse/api/User/1001/Media/5000/Dialogs" [] "";
    "user_all_nonvoice_dialogs": |c| c.user("1001").all_nonvoice_dialogs(), "GET /finesse/api/User/1001/Dialogs/Media" [] "";
    "user_all_dialogs": |c| c.user("1001").all_dialogs(), "GET /finesse/api/User/1001/Dialogs?includeNonVoice=true" [] "";
    "user_reservation_dialogs": |c| c.user("1001").reservation_dialogs(),
        "GET /finesse/api/User/1001/Dialogs/Reservation" [] "";
    "user_change_state": |c| c.user("1001").change_state(UserState::WorkReady),
        "PUT /finesse/api/User/1001" [] "<User><state>WORK_READY</state></User>";
    "user_change_state_with_reason": |c| c.user("1001").change_state_with_reason(UserState::NotReady, "7".parse().unwrap()),
        "PUT /finesse/api/User/1001" [] "<User><state>NOT_READY</state><reasonCodeId>7</reasonCodeId></User>";
    "user_reason_code": |c| c.user("1001").reason_code("7"), "GET /finesse/api/User/1001/ReasonCode/7" [] "";
    "user_reason_codes": |c| c.user("1001").reason_codes(ReasonCategory::Logout),
        "GET /finesse/api/User/1001/ReasonCodes?category=LOGOUT" [] "";
    "user_wrap_up_reason": |c| c.user("1001").wrap_up_reason("31"), "GET /finesse/api/User/1001/WrapUpReason/31" [] "";
    "user_wrap_up_reasons": |c| c.user("1001").wrap_up_reasons(), "GET /finesse/api/User/1001/WrapUpReasons" [] "";
    "user_media_properties_layout": |c| c.user("1001").media_properties_layout(),
        "GET /finesse/api/User/1001/MediaPropertiesLayout" [] "";
    "user_media_properties_layouts": |c| c.user("1001").media_properties_layouts(),
        "GET /finesse/api/User/1001/MediaPropertiesLayouts" [] "";
    "user_phone_books": |c| c.user("1001").phone_books().range(1, 6000),
        "GET /finesse/api/User/1001/PhoneBooks" ["range: objects=1-6000"] "";
    "user_workflows": |c| c.user("1001").workflows(), "GET /finesse/api/User/1001/Workflows" [] "";
    "user_queues": |c| c.user("1001").queues(), "GET /finesse/api/User/1001/Queues" [] "";
    "user_team_messages": |c| c.user("1001").team_messages(), "GET /finesse/api/User/1001/TeamMessages" [] "";
    "devices_list": |c| c.devices().list(&own()), "GET /finesse/api/Devices?extension=7301" [] "";
    "dialog_get": |c| c.dialog("16804377").get(), "GET /finesse/api/Dialog/16804377" [] "";
    "dialog_make_call": |c| c.user("1001").make_call(own(), "5550142").variable("callVariable1", "A & B"),
        "POST /finesse/api/User/1001/Dialogs" []
        "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress><toAddress>5550142</toAddress><mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>A &amp; B</value></CallVariable></callvariables></mediaProperties></Dialog>";
    "dialog_take_action": |c| c.dialog("16804377").take_action(CallAction::Retrieve, own()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>RETRIEVE</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>";
    "dialog_update_call_data": |c| c.dialog("16804377").update_call_data(None).variable("user.order[0]", "88213").wrap_up_reason("Sale"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><wrapUpReason>Sale</wrapUpReason><callvariables><CallVariable><name>user.order[0]</name><value>88213</value></CallVariable></callvariables></mediaProperties></Dialog>";
    "dialog_update_call_data/items": |c| c.dialog("16804377").update_call_data(Some(own())).wrap_up_item("a").wrap_up_item("b"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><targetMediaAddress>7301</targetMediaAddress><mediaProperties><wrapUpItems><wrapUpItem>a</wrapUpItem><wrapUpItem>b</wrapUpItem></wrapUpItems></mediaProperties></Dialog>";
    "dialog_send_dtmf": |c| c.dialog("16804377").send_dtmf(own(), "12#"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>SEND_DTMF</requestedAction><targetMediaAddress>7301</targetMediaAddress><actionParams><ActionParam><name>dtmfString</name><value>12#</value></ActionParam></actionParams></Dialog>";
    "dialog_make_consult_call": |c| c.dialog("16804377").make_consult_call(own(), "7302"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>CONSULT_CALL</requestedAction><targetMediaAddress>7301</targetMediaAddress><toAddress>7302</toAddress></Dialog>";
    "dialog_blind_transfer": |c| c.dialog("16804377").blind_transfer(own(), "7302"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>TRANSFER_SST</requestedAction><targetMediaAddress>7301</targetMediaAddress><toAddress>7302</toAddress></Dialog>";
    "dialog_silent_monitor": |c| c.user("1009").silent_monitor("7309".parse().unwrap(), own()),
        "POST /finesse/api/User/1009/Dialogs" []
        "<Dialog><requestedAction>SILENT_MONITOR</requestedAction><fromAddress>7309</fromAddress><toAddress>7301</toAddress></Dialog>";
    "dialog_end_silent_monitor": |c| c.dialog("16804380").end_silent_monitor("7309".parse().unwrap()),
        "PUT /finesse/api/Dialog/16804380" []
        "<Dialog><requestedAction>DROP</requestedAction><targetMediaAddress>7309</targetMediaAddress></Dialog>";
    "dialog_barge_call": |c| c.user("1009").barge_call("7309".parse().unwrap(), own(), "16804380".parse().unwrap()),
        "POST /finesse/api/User/1009/Dialogs" []
        "<Dialog><requestedAction>BARGE_CALL</requestedAction><fromAddress>7309</fromAddress><toAddress>7301</toAddress><associatedDialogUri>/finesse/api/Dialog/16804380</associatedDialogUri></Dialog>";
    "dialog_end_barge_call": |c| c.dialog("16804377").end_barge_call("7309".parse().unwrap()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>DROP</requestedAction><targetMediaAddress>7309</targetMediaAddress></Dialog>";
    "dialog_drop_participant": |c| c.dialog("16804377").drop_participant("7302"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>PARTICIPANT_DROP</requestedAction><targetMediaAddress>7302</targetMediaAddress></Dialog>";
    "dialog_start_recording": |c| c.dialog("16804377").start_recording(own()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>START_RECORDING</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>";
    "dialog_answer_preview": |c| c.dialog("16804377").answer_preview(PreviewAnswer::Accept, own()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>ACCEPT</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>";
    "dialog_answer_preview/close": |c| c.dialog("16804377").answer_preview(PreviewAnswer::Close, own()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>CLOSE</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>";
    "dialog_answer_direct_preview": |c| c.dialog("16804377").answer_direct_preview(PreviewAnswer::Reject, own()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>REJECT</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>";
    "dialog_reclassify": |c| c.dialog("16804377").reclassify(own(), OutboundClassification::DoNotCall),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>RECLASSIFY</requestedAction><targetMediaAddress>7301</targetMediaAddress><actionParams><ActionParam><name>outboundClassification</name><value>DO_NOT_CALL</value></ActionParam></actionParams></Dialog>";
    "dialog_schedule_callback": |c| c.dialog("16804377").schedule_callback(own()).at("2024-03-05T10:30").number("5550142"),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>UPDATE_SCHEDULED_CALLBACK</requestedAction><targetMediaAddress>7301</targetMediaAddress><actionParams><ActionParam><name>callbackTime</name><value>2024-03-05T10:30</value></ActionParam><ActionParam><name>callbackNumber</name><value>5550142</value></ActionParam></actionParams></Dialog>";
    "dialog_cancel_callback": |c| c.dialog("16804377").cancel_callback(own()),
        "PUT /finesse/api/Dialog/16804377" []
        "<Dialog><requestedAction>CANCEL_SCHEDULED_CALLBACK</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>";
    "dialog_transfer_task": |c| c.dialog("151635_312_1").transfer_task("1001".parse().unwrap(), "Sales"),
        "PUT /finesse/api/Dialog/151635_312_1" []
        "<Dialog><requestedAction>TRANSFER</requestedAction><targetMediaAddress>1001</targetMediaAddress><toAddress>Sales</toAddress></Dialog>";
    "queue_get": |c| c.queue("1004").get(), "GET /finesse/api/Queue/1004" [] "";
    "team_get": |c| c.team("5071").including_logged_out().get(),
        "GET /finesse/api/Team/5071?includeLoggedOutAgents=true" [] "";
    "team_messages": |c| c.team("5071").messages(), "GET /finesse/api/Team/5071/TeamMessages" [] "";
    "team_resource_reason_codes": |c| c.team_resource("5071").reason_codes(ReasonCategory::All),
        "GET /finesse/api/TeamResource/5071/ReasonCodes?category=ALL" [] "";
    "team_resource_wrap_up_reasons": |c| c.team_resource("5071").wrap_up_reasons(),
        "GET /finesse/api/TeamResource/5071/WrapUpReasons" [] "";
    "team_resource_media_properties_layouts": |c| c.team_resource("5071").media_properties_layouts(),
        "GET /finesse/api/TeamResource/5071/MediaPropertiesLayouts" [] "";
    "team_resource_phone_books": |c| c.team_resource("5071").phone_books().range(1, 6000),
        "GET /finesse/api/TeamResource/5071/PhoneBooks" ["range: objects=1-6000"] "";
    "team_resource_phone_books/all": |c| c.team_resource("5071").phone_books(),
        "GET /finesse/api/TeamResource/5071/PhoneBooks" [] "";
    "team_resource_workflows": |c| c.team_resource("5071").workflows(), "GET /finesse/api/TeamResource/5071/Workflows" [] "";
    "team_resource_layout": |c| c.team_resource("5071").layout(), "GET /finesse/api/TeamResource/5071/Layout" [] "";
    "script_selectors_list": |c| c.script_selectors().of(MrdType::DigitalChannel).list(),
        "GET /finesse/api/ScriptSelectors?mrdType=digitalchannel" [] "";
    "client_log_post": |c| c.user("1001").client_log().post("a < b"),
        "POST /finesse/api/User/1001/ClientLog" [] "<ClientLog><logData>a &lt; b</logData></ClientLog>";
    "client_log_post_compressed": |c| c.user("1001").client_log().post_compressed("PK"),
        "POST /finesse/api/User/1001/CompressedClientLog" ["content-type: application/zip"] "PK";
    "media_domain_list": |c| c.media_domains().list(), "GET /finesse/api/MediaDomain" [] "";
    "media_sign_in": |c| c.media("1001", "5000").sign_in(5, InterruptAction::Accept).at_logout(DialogLogoutAction::Close),
        "PUT /finesse/api/User/1001/Media/5000" []
        "<Media><maxDialogLimit>5</maxDialogLimit><state>LOGIN</state><interruptAction>ACCEPT</interruptAction><dialogLogoutAction>CLOSE</dialogLogoutAction></Media>";
    "media_change_state": |c| c.media("1001", "5000").change_state(MediaState::Ready),
        "PUT /finesse/api/User/1001/Media/5000" [] "<Media><state>READY</state></Media>";
    "media_sign_out": |c| c.media("1001", "5000").sign_out().reason("9".parse().unwrap()),
        "PUT /finesse/api/User/1001/Media/5000" []
        "<Media><state>LOGOUT</state><reasonCodeId>9</reasonCodeId></Media>";
    "media_change_state_with_reason": |c| c.media("1001", "5000").change_state_with_reason(MediaState::NotReady, "7".parse().unwrap()),
        "PUT /finesse/api/User/1001/Media/5000" []
        "<Media><state>NOT_READY</state><reasonCodeId>7</reasonCodeId></Media>";
    "media_set_routable": |c| c.media("1001", "5000").set_routable(true),
        "PUT /finesse/api/User/1001/Media/5000" [] "<Media><routable>true</routable></Media>";
    "media_resume_from_work": |c| c.media("1001", "5000").resume_from_work(),
        "PUT /finesse/api/User/1001/Media/5000" [] "<Media><state>ACTIVE</state></Media>";
    "media_get": |c| c.media("1001", "5000").get(), "GET /finesse/api/User/1001/Media/5000" [] "";
    "media_list": |c| c.user("1001").all_media().list(), "GET /finesse/api/User/1001/Media" [] "";
    "media_put_list": |c| c.user("1001").all_media().put_list(vec![Media {
            id: Some("5000".parse().unwrap()),
            state: Some(MediaState::NotReady),
            ..Media::default()
        }]),
        "PUT /finesse/api/User/1001/Media" [] "<MediaList><Media><id>5000</id><state>NOT_READY</state></Media></MediaList>";
    "sso_test": |c| c.single_sign_on().test(), "GET /desktop/sso/test" ["anonymous"] "";
    "sso_fetch_token": |c| c.single_sign_on().fetch_token("jo@x"),
        "GET /desktop/sso/token?cc_username=jo%40x&return_refresh_token=true&return_user=yes" [] "";
    "sso_refresh_token": |c| async {
            let tokens = Tokens::new("a/b", None).with_refresh("c+d", None);
            c.single_sign_on().refresh_token(&tokens).await
        },
        "POST /desktop/sso/token" ["anonymous", "content-type: application/x-www-form-urlencoded"]
        "token=a%2Fb&refresh-token=c%2Bd&return_user=yes";
    "sso_user_auth_mode": |c| async { c.single_sign_on().user_auth_mode(&"1001".parse().unwrap()).await },
        "GET /finesse/api/User/1001/AuthMode" [] "";
    "team_message_create": |c| c.team_messages().create("Pier & dock", 900, &["5071".parse().unwrap(), "5072".parse().unwrap()]),
        "POST /finesse/api/TeamMessage" []
        "<TeamMessage><duration>900</duration><content>Pier &amp; dock</content><teams><team>5071</team><team>5072</team></teams></TeamMessage>";
    "team_message_get": |c| async { c.team_message("be1598bb-bb2a").get().await }, "GET /finesse/api/TeamMessage/be1598bb-bb2a" [] "";
    "team_message_delete": |c| c.team_message("be1598bb-bb2a").delete(), "DELETE /finesse/api/TeamMessage/be1598bb-bb2a" [] "";
    "serviceability_system_info": |c| c.serviceability().system_info(), "GET /finesse/api/SystemInfo?nocache=N" [] "";
    "serviceability_connected_users_info": |c| c.serviceability().connected_users_info(),
        "GET /finesse/api/ConnectedUsersInfo" [] "";
    "serviceability_connected_users_details": |c| c.serviceability().connected_users_details(),
        "GET /finesse/api/ConnectedUsersInfo?showDetails=true" [] "";
    "serviceability_runtime_config_info": |c| c.serviceability().runtime_config_info(),
        "GET /finesse/api/RuntimeConfigInfo" [] "";
    "serviceability_maintenance_mode": |c| c.serviceability().maintenance_mode(), "GET /finesse/api/MaintenanceMode" [] "";
    "serviceability_locked_out_users": |c| c.serviceability().locked_out_users(), "GET /finesse/api/LockedOutUsers" [] "";
    "serviceability_performance": |c| c.serviceability().performance(), "GET /finesse/api/Performance" [] "";
    "serviceability_product_version": |c| c.serviceability().product_version(),
        "GET /finesse-dp/rest/DiagnosticPortal/GetProductVersion" [] "";
    "serviceability_performance_information": |c| c.serviceability().performance_information(),
        "GET /finesse-dp/rest/DiagnosticPortal/GetPerformanceInformation" [] "";
    "desktop_desktop_config": |c| c.desktop().desktop_config(), "GET /desktop/api/desktopConfig" [] "";
};
