//! Faults as sockets show them: what refuses, what falls silent, and that it comes back where it was.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use finesse_sim::profile::Span;
use finesse_sim::{Fault, Profile, Publication, Side, Sim};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// Far above what a loaded machine needs; nothing waits that long when things work.
const PATIENCE: Duration = Duration::from_secs(30);

async fn served() -> Sim {
    let quick = Span::millis(10, 20);
    let profile = Profile {
        tomcat_start: quick,
        webapp_presence_notice: Span::fixed(Duration::ZERO),
        boot_notification: quick,
        boot_webapp: quick,
        cti_recovery: quick,
        cti_recovery_floor: quick.min,
        ..Profile::ucce().scaled(0.05)
    };
    Sim::serve(profile, 1).await.unwrap()
}

fn rest(sim: &Sim, side: Side) -> SocketAddr {
    sim.addresses(side).unwrap().rest_url.trim_start_matches("https://").parse().unwrap()
}

async fn connect(sim: &Sim, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(sim.ca_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::from(address.ip()), stream).await
}

/// The whole answer to a request for SystemInfo.
async fn system_info(sim: &Sim, side: Side) -> std::io::Result<String> {
    let mut stream = connect(sim, rest(sim, side)).await?;
    let request = "GET /finesse/api/SystemInfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Asks until the answer has this text; every question is an event of its own.
async fn until_says(sim: &Sim, side: Side, text: &str) {
    let asking = async {
        while !system_info(sim, side).await.is_ok_and(|answer| answer.contains(text)) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("side {side} never says {text}"));
}

/// A stream whose header was answered.
async fn stream(sim: &Sim, side: Side) -> TlsStream<TcpStream> {
    let mut stream = connect(sim, sim.addresses(side).unwrap().xmpp).await.unwrap();
    let header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='x' version='1.0'>";
    stream.write_all(header.as_bytes()).await.unwrap();
    let mut said = String::new();
    while !said.contains("</stream:features>") {
        let mut buffer = [0; 1024];
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(length > 0, "ended after {said}");
        said.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    stream
}

#[tokio::test]
async fn a_stopped_tomcat_refuses_and_comes_back_on_the_same_port() {
    let sim = served().await;
    let before = sim.addresses(Side::A);
    until_says(&sim, Side::A, "<status>IN_SERVICE").await;
    sim.fault(Fault::StopTomcat { side: Side::A });
    let refused = async {
        // The listener is told, and goes in its own time.
        while TcpStream::connect(rest(&sim, Side::A)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("it never refuses");
    stream(&sim, Side::A).await;
    sim.fault(Fault::StartTomcat { side: Side::A });
    until_says(&sim, Side::A, "<status>IN_SERVICE").await;
    assert_eq!(sim.addresses(Side::A), before);
}

#[tokio::test]
async fn a_killed_host_closes_nothing_and_answers_nothing_until_it_boots() {
    let sim = served().await;
    let mut old = stream(&sim, Side::A).await;
    sim.fault(Fault::KillHost { side: Side::A });
    old.write_all(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHgAeQ==</auth>")
        .await
        .unwrap();
    let asked = {
        let sim = sim.clone();
        tokio::spawn(async move { system_info(&sim, Side::A).await })
    };
    // What would have been answered meanwhile has had its time: the other side has answered twenty times.
    for _ in 0..20 {
        until_says(&sim, Side::B, "<status>IN_SERVICE").await;
    }
    assert!(!asked.is_finished(), "a new connection is not answered");
    let mut buffer = [0; 64];
    tokio::select! {
        biased;
        read = old.read(&mut buffer) => panic!("the old stream heard something: {read:?}"),
        () = std::future::ready(()) => {}
    }
    sim.fault(Fault::Boot { side: Side::A });
    until_says(&sim, Side::A, "<status>IN_SERVICE").await;
    stream(&sim, Side::A).await;
    asked.abort();
}

#[tokio::test]
async fn what_a_side_publishes_comes_in_order_and_begins_with_the_presence() {
    let sim = served().await;
    let mut publications = sim.publications(Side::A);
    let mut other = sim.publications(Side::B);
    assert_eq!(publications.recv().await, Some(Publication::Presence { available: true }));
    sim.fault(Fault::StopTomcat { side: Side::A });
    sim.fault(Fault::StartTomcat { side: Side::A });
    let mut told = Vec::new();
    while told.len() < 3 {
        let next = tokio::time::timeout(PATIENCE, publications.recv()).await.expect("nothing came").unwrap();
        match next {
            Publication::Presence { available } => told.push(format!("finesse available: {available}")),
            Publication::Item { node, update, .. } => {
                assert_eq!(node, "/finesse/api/SystemInfo");
                assert!(update.starts_with("<Update>") && update.contains("IN_SERVICE"), "{update}");
                told.push("status".to_owned());
            }
            _ => unreachable!("no other publications are known"),
        }
    }
    assert_eq!(told, ["finesse available: false", "finesse available: true", "status"]);
    assert_eq!(other.recv().await, Some(Publication::Presence { available: true }));
    assert_eq!(other.try_recv(), None);
    drop(sim);
    assert_eq!(other.recv().await, None);
}
