//! `/User/{id}/Media`: media routing domains of an agent.

use finesse_model::{DialogLogoutAction, InterruptAction, Media, MediaState, Scalar};

use crate::lab::*;

operations! {
    async fn media_sign_in(lab) {
        let client = lab.client("1001");
        let media = client.media("1001", "5000");
        let sign_in = media.sign_in(3, InterruptAction::Ignore).at_logout(DialogLogoutAction::Transfer);
        assert_eq!(sign_in.await.unwrap().status, 202);
        media_state(&client, MediaState::NotReady).await;
        let shown = media.get().await.unwrap();
        assert_eq!(shown.max_dialog_limit, Some(Scalar::Value(3)));
        assert_eq!(shown.dialog_logout_action, Some(DialogLogoutAction::Transfer));
        not_sent(media.sign_in(11, InterruptAction::Ignore).await, "maxDialogLimit");
        refused(lab.client("1002").media("1001", "5000").sign_in(3, InterruptAction::Ignore).await, 401);
        not_on_ccx(Lab::ccx().await.client("1001").media("1001", "5000").sign_in(3, InterruptAction::Ignore).await);
    }

    async fn media_change_state(lab) {
        let client = lab.chatting().await;
        client.media("1001", "5000").change_state(MediaState::NotReady).await.unwrap();
        media_state(&client, MediaState::NotReady).await;
        not_sent(client.media("1001", "5000").change_state(MediaState::Login).await, "state");
        refused(client.media("1001", "1").change_state(MediaState::Ready).await, 404);
    }

    async fn media_sign_out(lab) {
        let client = lab.chatting().await;
        client.media("1001", "5000").sign_out().reason("9".parse().unwrap()).await.unwrap();
        media_state(&client, MediaState::Logout).await;
        refused(client.media("1001", "5000").sign_out().reason("999".parse().unwrap()).await, 400);
    }

    async fn media_change_state_with_reason(lab) {
        let client = lab.chatting().await;
        let media = client.media("1001", "5000");
        media.change_state_with_reason(MediaState::NotReady, "7".parse().unwrap()).await.unwrap();
        media_state(&client, MediaState::NotReady).await;
        assert_eq!(media.get().await.unwrap().reason_code_id, Some(Scalar::Value(7)));
        not_sent(media.change_state_with_reason(MediaState::Ready, "7".parse().unwrap()).await, "reasonCodeId");
    }

    async fn media_set_routable(lab) {
        let client = lab.chatting().await;
        client.media("1001", "5000").set_routable(false).await.unwrap();
        until(async || {
            let media = client.media("1001", "5000").get().await.unwrap();
            (media.routable == Some(Scalar::Value(false))).then_some(())
        })
        .await;
        refused(lab.client("1002").media("1001", "5000").set_routable(true).await, 401);
    }

    async fn media_resume_from_work(lab) {
        let client = lab.chatting().await;
        // Who is not in WORK has nothing to leave; the refusal comes later.
        client.media("1001", "5000").resume_from_work().await.unwrap();
        assert!(!carried_out(&lab, "ACTIVE").await);
        refused(lab.client("1002").media("1001", "5000").resume_from_work().await, 401);
    }

    async fn media_get(lab) {
        let media = lab.client("1001").media("1001", "5000").get().await.unwrap();
        assert_eq!(media.id.unwrap().as_str(), "5000");
        // No skill group there: only what the domain is.
        let bare = lab.client("1001").media("1001", "5002").get().await.unwrap();
        assert_eq!(bare.state, None);
        refused(lab.client("1001").media("1001", "1").get().await, 404);
        refused(lab.client("1002").media("1001", "5000").get().await, 401);
    }

    async fn media_list(lab) {
        assert_eq!(lab.client("1001").user("1001").all_media().list().await.unwrap().items.len(), 3);
        refused(lab.client("1002").user("1001").all_media().list().await, 401);
    }

    async fn media_put_list(lab) {
        let client = lab.chatting().await;
        let ready = Media {
            id: Some("5000".parse().unwrap()),
            state: Some(MediaState::NotReady),
            ..Media::default()
        };
        client.user("1001").all_media().put_list(vec![ready]).await.unwrap();
        media_state(&client, MediaState::NotReady).await;
        not_sent(client.user("1001").all_media().put_list(Vec::new()).await, "MediaList");
    }
}
