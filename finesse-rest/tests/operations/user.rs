//! `/User/{id}` and `/Users`.

use finesse_model::{MobileMode, ReasonCategory, ReasonCodeId, UserState};

use crate::lab::*;

operations! {
    async fn user_sign_in(lab) {
        let client = lab.client("1001");
        let receipt = client.user("1001").sign_in(own("1001")).request_id("r-1".parse().unwrap()).await.unwrap();
        assert_eq!((receipt.status, receipt.request_id.as_str()), (202, "r-1"));
        assert_eq!(receipt.echoed.unwrap().as_str(), "r-1");
        state(&client, "1001", UserState::NotReady).await;
        not_sent(lab.client("1002").user("1001").sign_in(own("1001")).await, "state");
        not_sent(client.user("9999").sign_in(own("1001")).await, "state");
    }

    async fn user_sign_in_as_mobile_agent(lab) {
        let client = lab.client("1001");
        let user = client.user("1001");
        user.sign_in_as_mobile_agent(own("1001"), MobileMode::CallByCall, CUSTOMER).await.unwrap();
        state(&client, "1001", UserState::NotReady).await;
        let mobile = user.get().await.unwrap().mobile_agent.unwrap();
        assert_eq!((mobile.mode, mobile.dial_number.as_deref()), (Some(MobileMode::CallByCall), Some(CUSTOMER)));
        not_sent(user.sign_in_as_mobile_agent(own("1001"), MobileMode::CallByCall, "").await, "dialNumber");
    }

    async fn user_sign_out(lab) {
        let client = lab.not_ready("1001").await;
        client.user("1001").sign_out().reason(ReasonCodeId::new("9").unwrap()).all_media().await.unwrap();
        state(&client, "1001", UserState::Logout).await;
        lab.not_ready("1001").await;
        let supervisor = lab.client("1009");
        not_sent(supervisor.user("1001").sign_out().reason("9".parse().unwrap()).await, "reasonCodeId");
        supervisor.user("1001").sign_out().await.unwrap();
        state(&client, "1001", UserState::Logout).await;
    }

    async fn user_get(lab) {
        let user = lab.client("1001").user("1001").await.unwrap();
        assert_eq!((user.login_id.unwrap().as_str(), user.team_id.unwrap().as_str()), ("1001", "512"));
        assert!(lab.admin().user("1001").get().await.is_ok());
        refused(lab.client("1002").user("1001").get().await, 401);
        refused(lab.admin().user("9999").get().await, 404);
    }

    async fn user_get_by_login_name(lab) {
        let user = lab.client("1001").users().get_by_login_name("agent1001").await.unwrap();
        assert_eq!(user.login_id.unwrap().as_str(), "1001");
        refused(lab.admin().users().get_by_login_name("nobody@example").await, 404);
    }

    async fn user_list(lab) {
        let (users, bad) = lab.admin().users().list().await.unwrap().collect().await.unwrap();
        let ids: Vec<&str> = users.items.iter().map(|user| user.login_id.as_ref().unwrap().as_str()).collect();
        assert_eq!((ids, bad.len()), (vec!["1001", "1002", "1003", "1009"], 0));
        refused(lab.client("1001").users().list().await, 401);
    }

    async fn user_dialogs(lab) {
        let (client, id) = lab.ringing().await;
        assert_eq!(client.user("1001").dialogs().await.unwrap().items[0].id, id);
        for who in [lab.client("1009"), lab.admin()] {
            assert_eq!(who.user("1001").dialogs().await.unwrap().items.len(), 1);
        }
        refused(lab.client("1002").user("1001").dialogs().await, 401);
    }

    async fn user_nonvoice_dialogs(lab) {
        let (client, id) = lab.task().await;
        assert_eq!(client.user("1001").nonvoice_dialogs("5000").await.unwrap().items[0].id, id);
        refused(client.user("1001").nonvoice_dialogs("1").await, 404);
        not_on_ccx(Lab::ccx().await.client("1001").user("1001").nonvoice_dialogs("5000").await);
    }

    async fn user_all_nonvoice_dialogs(lab) {
        let (client, id) = lab.task().await;
        assert_eq!(client.user("1001").all_nonvoice_dialogs().await.unwrap().items[0].id, id);
        refused(lab.client("1002").user("1001").all_nonvoice_dialogs().await, 401);
        not_on_ccx(Lab::ccx().await.client("1001").user("1001").all_nonvoice_dialogs().await);
    }

    async fn user_all_dialogs(lab) {
        let (client, task) = lab.task().await;
        assert!(client.user("1001").dialogs().await.unwrap().items.is_empty());
        assert_eq!(client.user("1001").all_dialogs().await.unwrap().items[0].id, task);
        refused(lab.client("1002").user("1001").all_dialogs().await, 401);
    }

    async fn user_reservation_dialogs(lab) {
        let (client, id) = lab.offered(false).await;
        assert_eq!(client.user("1001").reservation_dialogs().await.unwrap().items[0].id, id);
        refused(lab.client("1002").user("1001").reservation_dialogs().await, 401);
    }

    async fn user_change_state(lab) {
        let client = lab.ready("1001").await;
        lab.client("1009").user("1001").change_state(UserState::NotReady).await.unwrap();
        state(&client, "1001", UserState::NotReady).await;
        refused(lab.client("1009").user("1003").change_state(UserState::Ready).await, 401);
        not_sent(client.user("1001").change_state(UserState::Talking).await, "state");
        not_sent(lab.client("1009").user("1001").change_state(UserState::Work).await, "state");
    }

    async fn user_change_state_with_reason(lab) {
        let client = lab.ready("1001").await;
        let user = client.user("1001");
        user.change_state_with_reason(UserState::NotReady, "7".parse().unwrap()).await.unwrap();
        state(&client, "1001", UserState::NotReady).await;
        let reason = user.get().await.unwrap().reason_code.unwrap();
        assert_eq!(reason.label.as_deref(), Some("Coaching"));
        let unknown = user.change_state_with_reason(UserState::NotReady, "999".parse().unwrap()).await;
        refused(unknown, 400);
        let supervisor = lab.client("1009");
        let with = supervisor.user("1001").change_state_with_reason(UserState::NotReady, "7".parse().unwrap());
        not_sent(with.await, "reasonCodeId");
    }

    async fn user_reason_code(lab) {
        let reason = lab.client("1001").user("1001").reason_code("7").await.unwrap();
        assert_eq!(reason.label.as_deref(), Some("Coaching"));
        refused(lab.client("1001").user("1001").reason_code("999").await, 404);
    }

    async fn user_reason_codes(lab) {
        let client = lab.client("1001");
        let user = client.user("1001");
        let logout = user.reason_codes(ReasonCategory::Logout).await.unwrap().items;
        assert!(!logout.is_empty() && logout.iter().all(|one| one.category == Some(ReasonCategory::Logout)));
        assert!(user.reason_codes(ReasonCategory::All).await.unwrap().items.len() > logout.len());
        refused(lab.client("1002").user("1001").reason_codes(ReasonCategory::All).await, 401);
    }

    async fn user_wrap_up_reason(lab) {
        let reason = lab.client("1001").user("1001").wrap_up_reason("31").await.unwrap();
        assert_eq!(reason.label.as_deref(), Some("Product question"));
        refused(lab.client("1001").user("1001").wrap_up_reason("999").await, 404);
    }

    async fn user_wrap_up_reasons(lab) {
        let reasons = lab.client("1001").user("1001").wrap_up_reasons().await.unwrap();
        assert_eq!(reasons.items.len(), 3);
        refused(lab.client("1002").user("1001").wrap_up_reasons().await, 401);
    }

    async fn user_media_properties_layout(lab) {
        let layout = lab.client("1001").user("1001").media_properties_layout().await.unwrap();
        assert_eq!(layout.columns.len(), 2);
        refused(lab.client("1002").user("1001").media_properties_layout().await, 401);
    }

    async fn user_media_properties_layouts(lab) {
        assert!(!lab.client("1001").user("1001").media_properties_layouts().await.unwrap().items.is_empty());
        refused(lab.client("1002").user("1001").media_properties_layouts().await, 401);
    }

    async fn user_phone_books(lab) {
        let client = lab.client("1001");
        let all = client.user("1001").phone_books().await.unwrap();
        assert_eq!((all.books.items.len(), all.contacts(), all.partial), (2, 4, false));
        let part = client.user("1001").phone_books().range(2, 3).await.unwrap();
        assert_eq!((part.contacts(), part.partial), (2, true));
        let mut pages = client.user("1001").phone_books().pages(3);
        let mut contacts = Vec::new();
        while let Some(page) = pages.next().await {
            contacts.push(page.unwrap().contacts());
        }
        assert_eq!(contacts.iter().sum::<usize>(), 4, "{contacts:?}");
        not_sent(client.user("1001").phone_books().range(1, 6001).await, "Range");
        refused(lab.client("1002").user("1001").phone_books().await, 401);
    }

    async fn user_workflows(lab) {
        let workflows = lab.client("1001").user("1001").workflows().await.unwrap();
        assert_eq!(workflows.items[0].name.as_deref(), Some("crm pop"));
        refused(lab.client("1002").user("1001").workflows().await, 401);
    }

    async fn user_queues(lab) {
        assert!(!lab.client("1001").user("1001").queues().await.unwrap().items.is_empty());
        refused(lab.client("1001").user("9999").queues().await, 404);
    }

    async fn user_team_messages(lab) {
        let supervisor = lab.client("1009");
        supervisor.team_messages().create("Stand-up at 10:30", 900, &["512".parse().unwrap()]).await.unwrap();
        let messages = supervisor.user("1009").team_messages().await.unwrap();
        assert_eq!(messages.items[0].content.as_deref(), Some("Stand-up at 10:30"));
        refused(lab.client("1001").user("1009").team_messages().await, 401);
    }
}
