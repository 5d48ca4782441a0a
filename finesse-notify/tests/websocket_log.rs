//! The WebSocket library logs the frames it writes. Ours do not go through it, so that no password can be among them.
//!
//! A program of its own, because a logger belongs to the whole process.

#![cfg(all(feature = "websocket", feature = "bosh"))]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use finesse_model::UserId;
use finesse_net::{TcpDialer, Trust};
use finesse_notify::{SessionConfig, WebSocketConnect, open};
use finesse_sim::{AgentSpec, Profile, Side, Sim};

const PASSWORD: &str = "Pa55word-nobody-may-read";

static HEARD: Mutex<String> = Mutex::new(String::new());

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        HEARD.lock().unwrap().push_str(&format!("{} {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn no_frame_of_ours_is_in_the_log_of_the_library() {
    log::set_boxed_logger(Box::new(Listener)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let sim = Sim::serve(Profile::ucce(), 1).await.unwrap();
    sim.add_agent(AgentSpec::new("40217", PASSWORD, "7301"));
    let addresses = sim.addresses(Side::A).unwrap();
    let dialer = TcpDialer::new(&Trust::ExtraCa(sim.ca_pem().unwrap().as_bytes().to_vec())).unwrap();
    let connect = WebSocketConnect::new(Arc::new(dialer), &addresses.websocket_url).unwrap();
    let config =
        SessionConfig::builder(UserId::new("40217").unwrap(), PASSWORD.to_owned().into(), addresses.host);
    let link = open(&connect, config.build().unwrap()).await.unwrap();
    link.control.close().await;
    let heard = HEARD.lock().unwrap().clone();
    assert!(heard.contains("tungstenite"), "the library says something");
    let payload = base64::engine::general_purpose::STANDARD.encode(format!("\x0040217\0{PASSWORD}"));
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for secret in [PASSWORD, &payload, "</auth>", &hex("</auth>"), &hex(&payload)] {
        assert!(!heard.to_lowercase().contains(&secret.to_lowercase()), "{secret} is in the log");
    }
}
