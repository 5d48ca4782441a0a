//! All teams, and what is assigned to one.

use finesse_model::{ConfigId, ReasonCategory, Scalar, TeamLayoutConfig};

use crate::lab::*;

fn ids(ids: &[&str]) -> Vec<ConfigId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

operations! {
    async fn team_config_list(lab) {
        assert_eq!(lab.admin().configuration().teams().list().await.unwrap().items.len(), 2);
        refused(lab.client("1009").configuration().teams().list().await, 401);
        secondary(lab.admin_at_the_secondary().configuration().teams().list().await, &lab);
    }

    async fn team_config_reason_codes(lab) {
        let admin = lab.admin();
        let codes = admin.configuration().team("512").reason_codes(ReasonCategory::NotReady).await.unwrap();
        assert_eq!(codes.items.len(), 1);
        refused(admin.configuration().team("999").reason_codes(ReasonCategory::NotReady).await, 404);
    }

    async fn team_config_set_reason_codes(lab) {
        let admin = lab.admin();
        let team = admin.configuration().team("512");
        team.set_reason_codes(ReasonCategory::NotReady, &ids(&["10", "11"])).await.unwrap();
        assert_eq!(team.reason_codes(ReasonCategory::NotReady).await.unwrap().items.len(), 2);
        not_sent(team.set_reason_codes(ReasonCategory::All, &[]).await, "category");
        not_sent(team.set_reason_codes(ReasonCategory::NotReady, &ids(&["10", "11", "10"])).await, "ReasonCode");
        refused(team.set_reason_codes(ReasonCategory::NotReady, &ids(&["999"])).await, 400);
        let second = lab.admin_at_the_secondary();
        let set = second.configuration().team("512").set_reason_codes(ReasonCategory::NotReady, &[]);
        secondary(set.await, &lab);
    }

    async fn team_config_wrap_up_reasons(lab) {
        let admin = lab.admin();
        assert_eq!(admin.configuration().team("512").wrap_up_reasons().await.unwrap().items.len(), 1);
        refused(lab.client("1009").configuration().team("512").wrap_up_reasons().await, 401);
    }

    async fn team_config_set_wrap_up_reasons(lab) {
        let admin = lab.admin();
        let team = admin.configuration().team("512");
        team.set_wrap_up_reasons(&[]).await.unwrap();
        assert!(team.wrap_up_reasons().await.unwrap().items.is_empty());
        refused(team.set_wrap_up_reasons(&ids(&["999"])).await, 400);
    }

    async fn team_config_phone_books(lab) {
        let admin = lab.admin();
        assert_eq!(admin.configuration().team("512").phone_books().await.unwrap().items.len(), 1);
        refused(admin.configuration().team("999").phone_books().await, 404);
    }

    async fn team_config_set_phone_books(lab) {
        let admin = lab.admin();
        let team = admin.configuration().team("513");
        team.set_phone_books(&ids(&["35"])).await.unwrap();
        assert_eq!(team.phone_books().await.unwrap().items.len(), 1);
        refused(team.set_phone_books(&ids(&["999"])).await, 400);
    }

    async fn team_config_layout(lab) {
        let layout = lab.admin().configuration().team("512").layout().await.unwrap();
        assert_eq!(layout.use_default, Some(Scalar::Value(true)));
        refused(lab.client("1009").configuration().team("512").layout().await, 401);
    }

    async fn team_config_set_layout(lab) {
        let admin = lab.admin();
        let team = admin.configuration().team("512");
        let layout = |xml: Option<&str>| TeamLayoutConfig {
            use_default: Some(Scalar::Value(false)),
            layout_xml: xml.map(str::to_owned),
            ..TeamLayoutConfig::default()
        };
        let new = "<finesseLayout>?a=1&amp;b=2</finesseLayout>";
        team.set_layout(&layout(Some(new))).await.unwrap();
        assert_eq!(team.layout().await.unwrap().layout_xml.as_deref(), Some(new));
        not_sent(team.set_layout(&layout(None)).await, "layoutxml");
        refused(team.set_layout(&layout(Some("<html/>"))).await, 400);
    }

    async fn team_config_workflows(lab) {
        let admin = lab.admin();
        assert_eq!(admin.configuration().team("512").workflows().await.unwrap().items.len(), 1);
        refused(admin.configuration().team("999").workflows().await, 404);
    }

    async fn team_config_set_workflows(lab) {
        let admin = lab.admin();
        let team = admin.configuration().team("513");
        team.set_workflows(&ids(&["12"])).await.unwrap();
        assert_eq!(team.workflows().await.unwrap().items.len(), 1);
        not_sent(team.set_workflows(&ids(&["12"; 21])).await, "Workflows");
    }

    async fn team_config_media_properties_layouts(lab) {
        let admin = lab.admin();
        assert_eq!(admin.configuration().team("512").media_properties_layouts().await.unwrap().items.len(), 1);
        refused(lab.client("1009").configuration().team("512").media_properties_layouts().await, 401);
    }

    async fn team_config_set_media_properties_layouts(lab) {
        let admin = lab.admin();
        let team = admin.configuration().team("513");
        team.set_media_properties_layouts(&ids(&["2"])).await.unwrap();
        assert_eq!(team.media_properties_layouts().await.unwrap().items.len(), 1);
        refused(team.set_media_properties_layouts(&ids(&["999"])).await, 400);
    }
}
