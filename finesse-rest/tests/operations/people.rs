//! Devices, queues, script selectors, logs and media routing domains.

use finesse_rest::operations::MrdType;

use crate::lab::*;

operations! {
    async fn devices_list(lab) {
        assert!(!lab.client("1001").devices().list(&own("1001")).await.unwrap().items.is_empty());
        refused(lab.client("1001").devices().list(&extension("1")).await, 404);
    }

    async fn queue_get(lab) {
        let client = lab.client("1001");
        let queue = client.user("1001").queues().await.unwrap().items.remove(0);
        let id = queue.uri.unwrap().rsplit('/').next().unwrap().to_owned();
        assert_eq!(client.queue(&id).get().await.unwrap().name, queue.name);
        refused(client.queue("999999").get().await, 404);
        not_on_ccx(Lab::ccx().await.client("1001").queue(&id).get().await);
    }

    async fn script_selectors_list(lab) {
        let client = lab.client("1001");
        let all = client.script_selectors().list().await.unwrap().items;
        let voice = client.script_selectors().of(MrdType::Voice).list().await.unwrap().items;
        let digital = client.script_selectors().of(MrdType::DigitalChannel).list().await.unwrap().items;
        assert_eq!((voice.len(), voice.len() + digital.len()), (1, all.len()));
        assert_eq!(voice[0].dialed_number.as_deref(), Some("7000200000"));
        not_on_ccx(Lab::ccx().await.client("1001").script_selectors().list().await);
    }

    async fn client_log_post(lab) {
        let client = lab.client("1001");
        let log = client.user("1001").client_log();
        assert_eq!(log.post("a < b & c").await.unwrap().status, 202);
        not_sent(log.post("x".repeat(1_048_577)).await, "logData");
        refused(lab.client("1002").user("1001").client_log().post("x").await, 401);
    }

    async fn client_log_post_compressed(lab) {
        let client = lab.client("1001");
        let log = client.user("1001").client_log();
        log.post_compressed(&b"PK\x03\x04"[..]).await.unwrap();
        not_sent(log.post_compressed(&b""[..]).await, "logData");
        refused(lab.client("1002").user("1001").client_log().post_compressed(&b"PK"[..]).await, 401);
    }

    async fn media_domain_list(lab) {
        assert_eq!(lab.client("1001").media_domains().list().await.unwrap().items.len(), 3);
        not_on_ccx(Lab::ccx().await.client("1001").media_domains().list().await);
    }
}
