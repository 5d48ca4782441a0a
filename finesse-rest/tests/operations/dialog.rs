//! `/Dialog/{id}` and `/User/{id}/Dialogs`: calls, previews and tasks.

use finesse_model::{
    CallType, Dialog, DialogId, DialogState, OutboundClassification, ParticipantState, UserState,
};
use finesse_rest::operations::PreviewAnswer;
use finesse_rest::{CallAction, Client};

use crate::lab::*;

/// Looks at a dialog until it is as wanted.
async fn shows(client: &Client, id: &DialogId, wanted: impl Fn(&Dialog) -> bool) {
    until(async || client.dialog(id).get().await.ok().filter(|dialog| wanted(dialog)).map(|_| ())).await;
}

async fn gone(client: &Client, id: &DialogId) {
    until(async || client.dialog(id).get().await.err().map(|error| assert_eq!(error.status(), Some(404))))
        .await;
}

fn party(dialog: &Dialog, at: &str) -> Option<ParticipantState> {
    dialog.participant(extension(at))?.state.clone()
}

/// Another dialog of the user.
async fn another(client: &Client, user: &str, than: &DialogId) -> DialogId {
    until(async || {
        let dialogs = client.user(user).dialogs().await.unwrap().items;
        dialogs.into_iter().map(|dialog| dialog.id).find(|id| id != than)
    })
    .await
}

/// Supervisor 1009 listens to 1001.
async fn listening(lab: &Lab) -> (Client, DialogId, DialogId) {
    let (_, call) = lab.talking().await;
    let supervisor = lab.not_ready("1009").await;
    supervisor.user("1009").silent_monitor(own("1009"), own("1001")).await.unwrap();
    let monitoring = another(&supervisor, "1009", &call).await;
    (supervisor, call, monitoring)
}

/// Supervisor 1009 has joined 1001 and the customer.
async fn joined(lab: &Lab) -> (Client, DialogId) {
    let (supervisor, call, monitoring) = listening(lab).await;
    supervisor.user("1009").barge_call(own("1009"), own("1001"), monitoring).await.unwrap();
    shows(&supervisor, &call, |dialog| dialog.participants().len() == 3).await;
    (supervisor, call)
}

/// 1001 talks to a customer whom a campaign has called directly.
async fn previewed(lab: &Lab) -> (Client, DialogId) {
    let (client, id) = lab.offered(true).await;
    client.dialog(&id).answer_direct_preview(PreviewAnswer::Accept, own("1001")).await.unwrap();
    let call = until(async || {
        let dialogs = client.user("1001").dialogs().await.unwrap().items;
        dialogs.into_iter().find(|dialog| dialog.state == Some(DialogState::Active)).map(|dialog| dialog.id)
    })
    .await;
    (client, call)
}

operations! {
    async fn dialog_get(lab) {
        let (client, id) = lab.ringing().await;
        let dialog = client.dialog(&id).await.unwrap();
        assert_eq!((dialog.id, dialog.from_address.as_deref()), (id.clone(), Some(CUSTOMER)));
        for who in [lab.client("1009"), lab.admin()] {
            assert!(who.dialog(&id).get().await.is_ok());
        }
        refused(lab.client("1002").dialog(&id).get().await, 401);
        refused(client.dialog("999999").get().await, 404);
    }

    async fn dialog_make_call(lab) {
        let client = lab.not_ready("1001").await;
        let call = client.user("1001").make_call(own("1001"), CUSTOMER).variable("callVariable1", "web");
        assert_eq!(call.await.unwrap().status, 202);
        let dialog = until(async || client.user("1001").dialogs().await.unwrap().items.pop()).await;
        assert_eq!(dialog.media_properties.unwrap().variable("callVariable1"), Some("web"));
        not_sent(client.user("1001").make_call(own("1001"), own("1001").as_str()).await, "toAddress");
        refused(lab.client("1002").user("1001").make_call(own("1001"), CUSTOMER).await, 401);
    }

    async fn dialog_take_action(lab) {
        let (client, id) = lab.ringing().await;
        let call = client.dialog(&id);
        for (action, wanted) in [
            (CallAction::Answer, ParticipantState::Active),
            (CallAction::Hold, ParticipantState::Held),
            (CallAction::Retrieve, ParticipantState::Active),
        ] {
            call.take_action(action, own("1001")).await.unwrap();
            shows(&client, &id, |dialog| party(dialog, "7301").as_ref() == Some(&wanted)).await;
        }
        refused(lab.client("1002").dialog(&id).take_action(CallAction::Drop, own("1002")).await, 401);
        call.take_action(CallAction::Drop, own("1001")).await.unwrap();
        gone(&client, &id).await;
        refused(call.take_action(CallAction::Answer, own("1001")).await, 404);
    }

    async fn dialog_update_call_data(lab) {
        let (client, id) = lab.talking().await;
        let data = client.dialog(&id).update_call_data(Some(own("1001")));
        data.variable("callVariable3", "A&B <Ltd>").wrap_up_reason("Product question").await.unwrap();
        shows(&client, &id, |dialog| {
            let media = dialog.media_properties.as_ref().unwrap();
            media.variable("callVariable3") == Some("A&B <Ltd>")
                && media.wrap_up_reason.as_deref() == Some("Product question")
        })
        .await;
        lab.client("1009").dialog(&id).update_call_data(None).variable("callVariable4", "x").await.unwrap();
        not_sent(client.dialog(&id).update_call_data(None).await, "mediaProperties");
        refused(lab.client("1002").dialog(&id).update_call_data(None).variable("callVariable4", "x").await, 401);
    }

    async fn dialog_send_dtmf(lab) {
        let (client, id) = lab.talking().await;
        assert_eq!(client.dialog(&id).send_dtmf(own("1001"), "12#").await.unwrap().status, 202);
        client.dialog(&id).take_action(CallAction::Hold, own("1001")).await.unwrap();
        shows(&client, &id, |dialog| party(dialog, "7301") == Some(ParticipantState::Held)).await;
        refused(client.dialog(&id).send_dtmf(own("1001"), "1").await, 401);
        not_sent(client.dialog(&id).send_dtmf(own("1001"), "x").await, "dtmfString");
    }

    async fn dialog_make_consult_call(lab) {
        let (client, id) = lab.talking().await;
        client.dialog(&id).make_consult_call(own("1001"), "5550199").await.unwrap();
        let consult = another(&client, "1001", &id).await;
        shows(&client, &consult, |dialog| {
            let media = dialog.media_properties.as_ref();
            media.and_then(|media| media.call_type.as_ref()) == Some(&CallType::Consult)
        })
        .await;
        refused(client.dialog("999999").make_consult_call(own("1001"), "5550199").await, 404);
    }

    async fn dialog_blind_transfer(lab) {
        let (client, id) = lab.talking().await;
        client.dialog(&id).blind_transfer(own("1001"), "5550199").await.unwrap();
        until(async || client.user("1001").dialogs().await.unwrap().items.is_empty().then_some(())).await;
        not_sent(client.dialog(&id).blind_transfer(own("1001"), " ").await, "toAddress");
        refused(client.dialog("999999").blind_transfer(own("1001"), "5550199").await, 404);
    }

    async fn dialog_silent_monitor(lab) {
        let (supervisor, call, monitoring) = listening(&lab).await;
        assert_ne!(call, monitoring);
        refused(lab.client("1001").user("1001").silent_monitor(own("1001"), own("1009")).await, 401);
        refused(supervisor.user("1009").silent_monitor(own("1009"), extension("1")).await, 400);
    }

    async fn dialog_end_silent_monitor(lab) {
        let (supervisor, call, monitoring) = listening(&lab).await;
        supervisor.dialog(&monitoring).end_silent_monitor(own("1009")).await.unwrap();
        gone(&supervisor, &monitoring).await;
        assert!(supervisor.dialog(&call).get().await.is_ok());
        refused(supervisor.dialog(&monitoring).end_silent_monitor(own("1009")).await, 404);
    }

    async fn dialog_barge_call(lab) {
        let (supervisor, call) = joined(&lab).await;
        let barge = supervisor.user("1009").barge_call(own("1009"), own("1001"), call.clone());
        refused(barge.await, 400);
        let same = supervisor.user("1009").barge_call(own("1009"), own("1009"), call);
        not_sent(same.await, "toAddress");
    }

    async fn dialog_end_barge_call(lab) {
        let (supervisor, call) = joined(&lab).await;
        supervisor.dialog(&call).end_barge_call(own("1009")).await.unwrap();
        until(async || supervisor.user("1009").dialogs().await.unwrap().items.is_empty().then_some(())).await;
        refused(supervisor.dialog("999999").end_barge_call(own("1009")).await, 404);
    }

    async fn dialog_drop_participant(lab) {
        let (supervisor, call) = joined(&lab).await;
        refused(lab.client("1001").dialog(&call).drop_participant("7309").await, 401);
        refused(supervisor.dialog(&call).drop_participant("1").await, 400);
        supervisor.dialog(&call).drop_participant("7301").await.unwrap();
        let agent = lab.client("1001");
        until(async || agent.user("1001").dialogs().await.unwrap().items.is_empty().then_some(())).await;
        not_sent(supervisor.dialog(&call).drop_participant(" ").await, "targetMediaAddress");
    }

    async fn dialog_start_recording(lab) {
        // On CCE it is taken, and refused by a notification.
        let (client, id) = lab.talking().await;
        client.dialog(&id).start_recording(own("1001")).await.unwrap();
        assert!(!carried_out(&lab, "START_RECORDING").await);
        let ccx = Lab::ccx().await;
        let (client, id) = ccx.talking().await;
        client.dialog(&id).start_recording(own("1001")).await.unwrap();
        assert!(carried_out(&ccx, "START_RECORDING").await);
        refused(client.dialog("999999").start_recording(own("1001")).await, 404);
    }

    async fn dialog_answer_preview(lab) {
        let (client, id) = lab.offered(false).await;
        state(&client, "1001", UserState::ReservedOutboundPreview).await;
        client.dialog(&id).answer_preview(PreviewAnswer::Reject, own("1001")).await.unwrap();
        gone(&client, &id).await;
        refused(client.dialog(&id).answer_preview(PreviewAnswer::Accept, own("1001")).await, 404);
        for (answer, verb) in [(PreviewAnswer::Close, "CLOSE"), (PreviewAnswer::Accept, "ACCEPT")] {
            let lab = Lab::start().await;
            let (client, id) = lab.offered(false).await;
            client.dialog(&id).answer_preview(answer, own("1001")).await.unwrap();
            assert!(carried_out(&lab, verb).await, "{verb}");
        }
    }

    async fn dialog_answer_direct_preview(lab) {
        let (client, id) = previewed(&lab).await;
        assert!(client.dialog(&id).get().await.is_ok());
        refused(client.dialog("999999").answer_direct_preview(PreviewAnswer::Close, own("1001")).await, 404);
    }

    async fn dialog_reclassify(lab) {
        let (client, id) = previewed(&lab).await;
        client.dialog(&id).reclassify(own("1001"), OutboundClassification::AnsweringMachine).await.unwrap();
        shows(&client, &id, |dialog| {
            dialog.media_properties.as_ref().unwrap().variable("BAResponse").is_some_and(|text| !text.is_empty())
        })
        .await;
        let unknown = OutboundClassification::Other("GHOST".into());
        not_sent(client.dialog(&id).reclassify(own("1001"), unknown).await, "outboundClassification");
    }

    async fn dialog_schedule_callback(lab) {
        let (client, id) = previewed(&lab).await;
        let callback = client.dialog(&id).schedule_callback(own("1001"));
        callback.at("2024-03-05T10:30").number("5550143").await.unwrap();
        shows(&client, &id, |dialog| {
            let info = dialog.scheduled_callback_info.as_ref();
            info.is_some_and(|info| info.callback_time.as_deref() == Some("2024-03-05T10:30"))
        })
        .await;
        not_sent(client.dialog(&id).schedule_callback(own("1001")).await, "callbackTime");
    }

    async fn dialog_cancel_callback(lab) {
        let (client, id) = previewed(&lab).await;
        client.dialog(&id).schedule_callback(own("1001")).at("2024-03-05T10:30").await.unwrap();
        shows(&client, &id, |dialog| dialog.scheduled_callback_info.is_some()).await;
        client.dialog(&id).cancel_callback(own("1001")).await.unwrap();
        shows(&client, &id, |dialog| dialog.scheduled_callback_info.is_none()).await;
        refused(client.dialog("999999").cancel_callback(own("1001")).await, 404);
    }

    async fn dialog_transfer_task(lab) {
        let (client, id) = lab.task().await;
        let agent = extension("1001");
        for (action, wanted) in [(CallAction::Accept, DialogState::Accepted), (CallAction::Start, DialogState::Active)]
        {
            client.dialog(&id).take_action(action, agent.clone()).await.unwrap();
            shows(&client, &id, |dialog| dialog.state.as_ref() == Some(&wanted)).await;
        }
        let transfer = client.dialog(&id).transfer_task("1001".parse().unwrap(), "Cisco_Chat_MRD.transfer");
        assert_eq!(transfer.await.unwrap().status, 202);
        gone(&client, &id).await;
        not_sent(client.dialog(&id).transfer_task("1001".parse().unwrap(), "").await, "toAddress");
    }
}
