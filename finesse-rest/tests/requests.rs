//! What a client sends and shows, seen by a transport without a server.

mod common;

use common::recording::{Told, client};
use finesse_model::EnterpriseDatabaseConfig;
use finesse_rest::ErrorKind;
use http::{HeaderValue, Method};

#[tokio::test]
async fn nothing_that_is_printed_for_debugging_tells_a_password_or_a_cookie() {
    let answers: [Told<'_>; 1] = [(200, &[("set-cookie", "JSESSIONID=hush-1")], "<x>hush-2</x>")];
    let (client, _) = client("1001", &answers);
    let database = EnterpriseDatabaseConfig {
        host: Some("aw.lab.example".into()),
        port: Some(finesse_model::Scalar::Value(1433)),
        database_name: Some("awdb".into()),
        username: Some("sa".into()),
        password: Some(finesse_model::Secret::new("hush-3")),
        ..EnterpriseDatabaseConfig::default()
    };
    let settings = client.configuration();
    let write = settings.enterprise_database_config().update(&database);
    let raw = client
        .request(Method::PUT, "/EnterpriseDatabaseConfig?key=hush-4")
        .header("cookie".parse().unwrap(), HeaderValue::from_static("hush-5"))
        .xml("<password>hush-6</password>");
    let mut shown = format!("{write:?} {raw:?}");
    assert!(shown.contains("PUT /EnterpriseDatabaseConfig (27 bytes)"), "{shown}");
    let answer = raw.raw().await.unwrap();
    shown.push_str(&format!("{answer:?}"));
    assert!(shown.contains("set-cookie") && shown.contains("bytes: 13"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
    let call =
        client.user("1001").make_call("7301".parse().unwrap(), "5550142").variable("callVariable1", "hush-7");
    let shown = format!("{call:?}");
    assert!(shown.contains("MAKE_CALL") && !shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn a_write_by_hand_carries_a_request_id_however_its_answer_is_read() {
    let ok: Told<'_> = (200, &[], "<User/>");
    let (client, recorded) = client("1001", &[ok, ok, ok]);
    let put = || client.request(Method::PUT, "/User/1001").xml("<User/>");
    put().document().await.unwrap();
    put().read(finesse_model::User::from_xml).await.unwrap();
    put().request_id("r-7".parse().unwrap()).document().await.unwrap();
    client.request(Method::GET, "/User/1001").raw().await.unwrap();
    let ids: Vec<Option<String>> = recorded
        .requests()
        .iter()
        .map(|request| request.headers().get("requestid").map(|id| id.to_str().unwrap().to_owned()))
        .collect();
    assert!(ids[0].is_some() && ids[1].is_some() && ids[0] != ids[1], "{ids:?}");
    assert_eq!((ids[2].as_deref(), ids[3].as_deref()), (Some("r-7"), None));
}

const NODES: &str = "<SystemInfo><primaryNode><host>fin-b.lab.example</host></primaryNode>\
    <secondaryNode><host>fin-a.lab.example</host></secondaryNode></SystemInfo>";

#[tokio::test]
async fn configuration_is_not_sent_to_the_secondary_node_which_is_looked_up_once() {
    let (client, recorded) = client("admin", &[(200, &[], NODES)]);
    for _ in 0..2 {
        let error = client.configuration().reason_codes().delete("7").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::SecondaryNode, None), "{error}");
        assert_eq!(
            (error.progress(), error.primary()),
            (finesse_rest::Progress::NotSent, Some("fin-b.lab.example"))
        );
    }
    assert_eq!(recorded.lines(), ["GET /finesse/api/SystemInfo"]);
}

#[tokio::test]
async fn configuration_is_sent_where_the_place_is_not_told_and_what_agents_may_read_is_not_held_back() {
    let (client, recorded) = client("admin", &[(500, &[], ""), (200, &[], ""), (200, &[], NODES)]);
    client.configuration().reason_codes().delete("7").await.unwrap();
    client.configuration().reason_codes().delete("8").await.unwrap_err();
    client.configuration().chat_config().get().await.unwrap_err();
    assert_eq!(
        recorded.lines(),
        [
            "GET /finesse/api/SystemInfo",
            "DELETE /finesse/api/ReasonCode/7",
            "GET /finesse/api/SystemInfo",
            "GET /finesse/api/ChatConfig"
        ]
    );
}

#[tokio::test]
async fn a_forbidden_request_by_hand_to_a_configuration_path_is_explained() {
    for (path, explained) in [
        ("/SystemConfig", true),
        ("/PhoneBook/3/Contact/7", true),
        ("/Team/5/ReasonCodes?category=LOGOUT", true),
        ("/finesse/api/Teams", true),
        ("/LayoutConfig/default", true),
        ("/Team/5", false),
        ("/Team/5/TeamMessages", false),
        ("/User/5/ReasonCodes", false),
    ] {
        let (client, _) = client("admin", &[(403, &[], ""), (200, &[], NODES)]);
        let error = client.request(Method::GET, path).document().await.unwrap_err();
        let kind = if explained { ErrorKind::SecondaryNode } else { ErrorKind::Forbidden };
        assert_eq!((error.kind(), error.status()), (kind, Some(403)), "{path}: {error}");
    }
}

/// Queries may hold tokens.
#[tokio::test]
async fn an_error_names_the_path_without_its_query() {
    let (client, _) = client("admin", &[(404, &[], "")]);
    let request = client.request(Method::GET, "/desktop/sso/token?cc_username=a&token=hush");
    let error = request.query(&[("more", "hush")]).raw().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("GET /desktop/sso/token on") && !shown.contains("hush"), "{shown}");
}
