//! `/TeamMessage`.

use finesse_rest::Reach;
use finesse_sim::{Fault, Side};

use crate::lab::*;

operations! {
    async fn team_message_create(lab) {
        let supervisor = lab.client("1009");
        let team = ["512".parse().unwrap()];
        let receipt = supervisor.team_messages().create("Pier & dock", 900, &team).await.unwrap();
        assert_eq!(receipt.reach(), Reach::EveryNode);
        assert!(receipt.new_id().is_some());
        not_sent(supervisor.team_messages().create(&"x".repeat(256), 900, &team).await, "content");
        not_sent(supervisor.team_messages().create("x", 900, &[]).await, "teams");
        refused(lab.client("1001").team_messages().create("x", 900, &team).await, 401);
        refused(lab.admin().team_messages().create("x", 900, &["999".parse().unwrap()]).await, 404);
        // The other node cannot be told.
        lab.sim.fault(Fault::CtiCut { side: Some(Side::B) });
        let alone = until(async || {
            let receipt = supervisor.team_messages().create("Alone", 900, &team).await.unwrap();
            (receipt.status == 207).then_some(receipt)
        })
        .await;
        assert_eq!(alone.reach(), Reach::ThisNodeOnly);
    }

    async fn team_message_get(lab) {
        let supervisor = lab.client("1009");
        let receipt = supervisor.team_messages().create("Now", 900, &["512".parse().unwrap()]).await.unwrap();
        let id = receipt.new_id().unwrap();
        let message = lab.client("1001").team_message(&id).get().await.unwrap();
        assert_eq!(message.content.as_deref(), Some("Now"));
        refused(lab.client("1003").team_message(&id).get().await, 401);
        refused(supervisor.team_message("be1598bb").get().await, 404);
    }

    async fn team_message_delete(lab) {
        let supervisor = lab.client("1009");
        let receipt = supervisor.team_messages().create("Now", 900, &["512".parse().unwrap()]).await.unwrap();
        let id = receipt.new_id().unwrap();
        refused(lab.client("1001").team_message(&id).delete().await, 401);
        assert_eq!(supervisor.team_message(&id).delete().await.unwrap().status, 200);
        refused(supervisor.team_message(&id).delete().await, 404);
    }
}
