//! A side whose certificate has expired: exit 5, and words that tell a person what to do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use common::{AGENT, PASSWORD, finesse, finish};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Serves TLS with a certificate that ended in 2021, of an authority that is trusted; where, and the file of the authority.
async fn expired_side() -> (SocketAddr, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Test CA");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let mut leaf = CertificateParams::new(vec![String::from("127.0.0.1")]).unwrap();
    leaf.not_before = date_time_ymd(2020, 1, 1);
    leaf.not_after = date_time_ymd(2021, 1, 1);
    leaf.distinguished_name.push(DnType::CommonName, "fin-a.lab.example");
    let key = KeyPair::generate().unwrap();
    let certificate = leaf.signed_by(&key, &authority).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client ends the handshake; that is what is tested.
            drop(acceptor.accept(stream).await);
        }
    });
    let ca = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("expired-ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    (address, ca)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_ends_with_5_and_says_side_subject_reason_and_remedy() {
    let (address, ca) = expired_side().await;
    let side = format!("https://{address}");
    let mut command = finesse(&[
        "watch", "--user", AGENT, "--output", "json", "--side-a", &side, "--side-b", &side, "--ca",
    ]);
    let done = finish(command.arg(&ca).env("FINESSE_PASSWORD", PASSWORD));
    assert_eq!(done.code, Some(5), "{}", done.err);
    for word in ["side A", "side B", "CN=fin-a.lab.example", "expired", "--pin"] {
        assert!(done.err.contains(word), "{word} is missing in: {}", done.err);
    }
    let last: serde_json::Value = serde_json::from_str(done.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "closed");
}
