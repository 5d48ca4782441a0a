//! Settings there is one of each.

use finesse_model::{ChatConfig, ClusterConfig, LayoutConfig, Scalar, Secret};

use crate::lab::*;

operations! {
    async fn system_config_get(lab) {
        assert!(lab.admin().configuration().system_config().get().await.unwrap().cti.is_some());
        refused(lab.client("1001").configuration().system_config().get().await, 401);
        secondary(lab.admin_at_the_secondary().configuration().system_config().get().await, &lab);
        not_on_ccx(Lab::ccx().await.admin().configuration().system_config().get().await);
    }

    async fn system_config_update(lab) {
        let (admin, second) = (lab.admin(), lab.admin_at_the_secondary());
        let setting = admin.configuration().system_config();
        let mut config = setting.get().await.unwrap();
        config.cti.as_mut().unwrap().port = Some(Scalar::Value(42028));
        assert_eq!(setting.update(&config).await.unwrap().status, 200);
        assert_eq!(setting.get().await.unwrap().cti.unwrap().port, Some(Scalar::Value(42028)));
        secondary(second.configuration().system_config().update(&config).await, &lab);
        config.cti.as_mut().unwrap().port = Some(Scalar::Value(70_000));
        not_sent(setting.update(&config).await, "port");
    }

    async fn cluster_config_get(lab) {
        assert!(lab.admin().configuration().cluster_config().get().await.unwrap().secondary_node.is_some());
        refused(lab.client("1001").configuration().cluster_config().get().await, 401);
    }

    async fn cluster_config_update(lab) {
        let admin = lab.admin();
        let setting = admin.configuration().cluster_config();
        let mut config = setting.get().await.unwrap();
        config.secondary_node.as_mut().unwrap().host = Some("fin-c.lab.example".into());
        setting.update(&config).await.unwrap();
        assert_eq!(setting.get().await.unwrap().secondary_node, config.secondary_node);
        not_sent(setting.update(&ClusterConfig::default()).await, "secondaryNode");
    }

    async fn enterprise_database_config_get(lab) {
        let config = lab.admin().configuration().enterprise_database_config().get().await.unwrap();
        assert!(config.host.is_some() && config.password.is_none_or(|password| password.expose().is_empty()));
        refused(lab.client("1001").configuration().enterprise_database_config().get().await, 401);
    }

    async fn enterprise_database_config_update(lab) {
        let admin = lab.admin();
        let setting = admin.configuration().enterprise_database_config();
        let mut config = setting.get().await.unwrap();
        config.host = Some("awdb-2.lab.example".into());
        config.password = Some(Secret::new("new & improved"));
        setting.update(&config).await.unwrap();
        assert_eq!(setting.get().await.unwrap().host, config.host);
        config.port = Some(Scalar::Value(0));
        not_sent(setting.update(&config).await, "port");
    }

    async fn config_info_get(lab) {
        assert!(lab.admin().configuration().config_info().get().await.unwrap().total_users.is_some());
        refused(lab.client("1001").configuration().config_info().get().await, 401);
        secondary(lab.admin_at_the_secondary().configuration().config_info().get().await, &lab);
    }

    async fn ecc_variable_config_get(lab) {
        let config = lab.client("1001").configuration().ecc_variable_config().get().await.unwrap();
        assert!(!config.variables.is_empty());
        not_on_ccx(Lab::ccx().await.client("1001").configuration().ecc_variable_config().get().await);
    }

    async fn layout_config_get(lab) {
        let layout = lab.admin().configuration().layout_config().get().await.unwrap();
        assert!(layout.layout_xml.unwrap().contains("a=1&amp;b=2"));
        refused(lab.client("1001").configuration().layout_config().get().await, 401);
    }

    async fn layout_config_update(lab) {
        let admin = lab.admin();
        let setting = admin.configuration().layout_config();
        let layout = |xml: &str| LayoutConfig { layout_xml: Some(xml.into()), ..LayoutConfig::default() };
        let new = layout("<finesseLayout><layout><role>Agent</role>?a=1&amp;b=2</layout></finesseLayout>");
        setting.update(&new).await.unwrap();
        assert_eq!(setting.get().await.unwrap().layout_xml, new.layout_xml);
        refused(setting.update(&layout("<html/>")).await, 400);
        not_sent(setting.update(&layout(" ")).await, "layoutxml");
    }

    async fn chat_config_get(lab) {
        assert!(lab.client("1001").configuration().chat_config().get().await.unwrap().primary_node.is_some());
        secondary(lab.admin_at_the_secondary().configuration().chat_config().get().await, &lab);
    }

    async fn chat_config_update(lab) {
        let admin = lab.admin();
        let setting = admin.configuration().chat_config();
        let chat = |url: &str| ChatConfig { primary_node: Some(url.into()), ..ChatConfig::default() };
        setting.update(&chat("https://chat-2.lab.example:5280/http-bind/")).await.unwrap();
        assert!(setting.get().await.unwrap().primary_node.unwrap().contains("chat-2"));
        not_sent(setting.update(&chat("http://chat-2.lab.example")).await, "primaryNode");
        refused(lab.client("1001").configuration().chat_config().update(&chat("https://c.example")).await, 401);
    }

    async fn cloud_connect_config_get(lab) {
        assert!(lab.admin().configuration().cloud_connect_config().get().await.unwrap().contains("<publisher"));
        refused(lab.client("1001").configuration().cloud_connect_config().get().await, 401);
    }

    async fn cloud_connect_config_update(lab) {
        let admin = lab.admin();
        let setting = admin.configuration().cloud_connect_config();
        let xml = "<CloudConnectConfig><publisher>cloud-2.lab.example</publisher></CloudConnectConfig>";
        setting.update(xml).await.unwrap();
        assert!(setting.get().await.unwrap().contains("cloud-2"));
        refused(lab.client("1001").configuration().cloud_connect_config().update(xml).await, 401);
    }
}
