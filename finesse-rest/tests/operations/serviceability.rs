//! Serviceability and the desktop's own interfaces.

use finesse_model::SystemStatus;
use finesse_rest::Credentials;

use crate::lab::*;

operations! {
    async fn serviceability_system_info(lab) {
        let info = lab.nobody().serviceability().system_info().await.unwrap();
        assert_eq!(info.status, Some(SystemStatus::InService));
    }

    async fn serviceability_connected_users_info(lab) {
        let info = lab.admin().serviceability().connected_users_info().await.unwrap();
        assert!(info.user_summary.is_some() && info.user_details.is_none());
        refused(lab.client("1001").serviceability().connected_users_info().await, 401);
    }

    async fn serviceability_connected_users_details(lab) {
        let info = lab.admin().serviceability().connected_users_details().await.unwrap();
        assert!(info.user_summary.is_some() && info.user_details.is_some());
        refused(lab.client("1001").serviceability().connected_users_details().await, 401);
    }

    async fn serviceability_runtime_config_info(lab) {
        let info = lab.admin().serviceability().runtime_config_info().await.unwrap();
        assert!(info.active_dialog_count.is_some());
        refused(lab.client("1001").serviceability().runtime_config_info().await, 401);
    }

    async fn serviceability_maintenance_mode(lab) {
        let mode = lab.admin().serviceability().maintenance_mode().await.unwrap();
        assert_eq!(mode.uri.as_deref(), Some("/finesse/api/MaintenanceMode"));
        assert!(mode.status.is_some() && mode.users_logged_in.is_some(), "{mode:?}");
        refused(lab.client("1001").serviceability().maintenance_mode().await, 401);
        not_on_ccx(Lab::ccx().await.admin().serviceability().maintenance_mode().await);
    }

    async fn serviceability_locked_out_users(lab) {
        let (admin, locked) = (lab.admin(), "<loginId>1002</loginId>");
        assert!(!admin.serviceability().locked_out_users().await.unwrap().contains(locked));
        let wrong = lab.with(Credentials::basic("1002".parse().unwrap(), "wrong"));
        for _ in 0..5 {
            refused(wrong.user("1002").get().await, 401);
        }
        let list = admin.serviceability().locked_out_users().await.unwrap();
        assert!(list.contains(locked), "{list}");
        refused(lab.client("1001").serviceability().locked_out_users().await, 401);
    }

    async fn serviceability_performance(lab) {
        assert!(lab.admin().serviceability().performance().await.unwrap().contains("<name>ThreadCount</name>"));
        refused(lab.client("1001").serviceability().performance().await, 401);
    }

    async fn serviceability_product_version(lab) {
        assert!(lab.admin().serviceability().product_version().await.unwrap().contains("Name=\"Finesse\" Major=\"12\""));
        refused(lab.client("1001").serviceability().product_version().await, 401);
    }

    async fn serviceability_performance_information(lab) {
        assert!(lab.admin().serviceability().performance_information().await.unwrap().contains("Name=\"SystemUptime\""));
        refused(lab.client("1001").serviceability().performance_information().await, 401);
    }

    async fn desktop_desktop_config(lab) {
        let config = lab.nobody().desktop().desktop_config().await.unwrap();
        assert_eq!(config.deployment_type.as_deref(), Some("UCCE"));
        assert!(config.desktop_licensed.is_some() && config.enable_mobile_agent_login.is_some());
    }
}
