//! `/Team/{id}` and `/TeamResource/{id}`.

use finesse_model::ReasonCategory;

use crate::lab::*;

operations! {
    async fn team_get(lab) {
        lab.not_ready("1001").await;
        let supervisor = lab.client("1009");
        let team = supervisor.team("512");
        let present = team.get().await.unwrap().users.unwrap().len();
        let all = team.clone().including_logged_out().get().await.unwrap().users.unwrap().len();
        assert_eq!((present, all), (1, 3));
        assert!(lab.admin().team("512").get().await.is_ok());
        refused(lab.client("1001").team("512").get().await, 401);
        refused(supervisor.team("999").get().await, 404);
    }

    async fn team_messages(lab) {
        let supervisor = lab.client("1009");
        supervisor.team_messages().create("Now", 900, &["512".parse().unwrap()]).await.unwrap();
        assert_eq!(lab.client("1001").team("512").messages().await.unwrap().items.len(), 1);
        refused(lab.client("1003").team("512").messages().await, 401);
        refused(lab.client("1001").team("999").messages().await, 404);
    }

    async fn team_resource_reason_codes(lab) {
        let client = lab.client("1001");
        let codes = client.team_resource("512").reason_codes(ReasonCategory::NotReady).await.unwrap().items;
        assert!(codes.iter().any(|code| code.label.as_deref() == Some("Post & parcels")));
        refused(client.team_resource("513").reason_codes(ReasonCategory::All).await, 401);
        refused(client.team_resource("999").reason_codes(ReasonCategory::All).await, 404);
    }

    async fn team_resource_wrap_up_reasons(lab) {
        assert_eq!(lab.client("1001").team_resource("512").wrap_up_reasons().await.unwrap().items.len(), 3);
        refused(lab.client("1001").team_resource("513").wrap_up_reasons().await, 401);
    }

    async fn team_resource_media_properties_layouts(lab) {
        let layouts = lab.client("1001").team_resource("512").media_properties_layouts().await.unwrap();
        assert!(!layouts.items.is_empty());
        refused(lab.client("1001").team_resource("513").media_properties_layouts().await, 401);
    }

    async fn team_resource_phone_books(lab) {
        let client = lab.client("1001");
        let books = || client.team_resource("512").phone_books();
        assert_eq!(books().await.unwrap().contacts(), 4);
        let part = books().range(1, 2).await.unwrap();
        assert_eq!((part.contacts(), part.partial), (2, true));
        let error = books().range(5000, 6000).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (finesse_rest::ErrorKind::OutOfRange, Some(416)), "{error}");
        refused(client.team_resource("513").phone_books().await, 401);
    }

    async fn team_resource_workflows(lab) {
        assert_eq!(lab.client("1001").team_resource("512").workflows().await.unwrap().items.len(), 1);
        refused(lab.client("1001").team_resource("513").workflows().await, 401);
    }

    async fn team_resource_layout(lab) {
        let layout = lab.client("1001").team_resource("512").layout().await.unwrap();
        assert!(layout.layout_xml.unwrap().contains("a=1&amp;b=2"));
        refused(lab.client("1001").team_resource("513").layout().await, 401);
    }
}
