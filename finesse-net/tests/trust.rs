//! Every way to trust a server, against real TLS servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

mod common;

use std::time::SystemTime;

use common::{Authority, HOST, Identity, params, serve, serve_versions};
use finesse_net::{
    DialError, DialErrorKind, Dialer, Target, TcpDialer, Trust, TrustFailure, TrustReason, probe_certificate,
};
use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn hello(trust: &Trust, port: u16) -> Result<String, DialError> {
    let target = Target::tls("127.0.0.1", port).with_server_name(HOST);
    let mut connection = TcpDialer::new(trust).unwrap().dial(&target).await?;
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    Ok(text)
}

async fn refusal(trust: &Trust, port: u16) -> TrustFailure {
    let error = hello(trust, port).await.unwrap_err();
    let failure = error.trust_failure().unwrap_or_else(|| panic!("not about trust: {error:?}")).clone();
    assert!(matches!(error.kind(), DialErrorKind::Tls(_)));
    assert_eq!(
        finesse_net::trust_failure(&error),
        Some(failure.clone()),
        "found by type through the error itself"
    );
    failure
}

#[tokio::test]
async fn an_extra_ca_vouches_for_its_certificates() {
    let ca = Authority::new();
    let server = serve(ca.issue(&params(&[HOST]))).await;
    assert_eq!(hello(&Trust::ExtraCa(ca.pem()), server.port()).await.unwrap(), "hello");
}

#[tokio::test]
async fn tls_1_2_alone_is_enough() {
    let ca = Authority::new();
    let server = serve_versions(ca.issue(&params(&[HOST])), &[&rustls::version::TLS12]).await;
    assert_eq!(hello(&Trust::ExtraCa(ca.pem()), server.port()).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    // Also an authority of the same name, as after a new installation of the CA.
    for trusted in ["Another CA", "Test CA"] {
        let identity = Authority::new().issue(&params(&[HOST]));
        let hex: String = identity.sha256().iter().map(|byte| format!("{byte:02x}")).collect();
        let server = serve(identity).await;
        let failure = refusal(&Trust::ExtraCa(Authority::named(trusted).pem()), server.port()).await;
        assert_eq!(failure.reason(), TrustReason::UnknownIssuer, "{failure}");
        assert_eq!((failure.host(), failure.subject()), (Some(HOST), Some("CN=fin-a.lab.example")));
        assert_eq!(failure.fingerprint().unwrap().replace(':', ""), hex);
        assert!(failure.remedy().contains(failure.fingerprint().unwrap()));
    }
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let ca = Authority::new();
    let mut expired = params(&[HOST]);
    expired.not_after = date_time_ymd(2021, 1, 1);
    let server = serve(ca.issue(&expired)).await;
    assert_eq!(refusal(&Trust::ExtraCa(ca.pem()), server.port()).await.reason(), TrustReason::Expired);
}

#[tokio::test]
async fn a_certificate_of_the_future_is_refused() {
    let ca = Authority::new();
    let mut future = params(&[HOST]);
    future.not_before = date_time_ymd(2089, 1, 1);
    let server = serve(ca.issue(&future)).await;
    assert_eq!(refusal(&Trust::ExtraCa(ca.pem()), server.port()).await.reason(), TrustReason::NotYetValid);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_and_its_names_are_told() {
    let ca = Authority::new();
    let server = serve(ca.issue(&params(&["fin-b.lab.example"]))).await;
    let failure = refusal(&Trust::ExtraCa(ca.pem()), server.port()).await;
    assert_eq!(failure.reason(), TrustReason::NameMismatch);
    assert!(failure.detail().contains("fin-b.lab.example"), "{failure}");
}

#[tokio::test]
async fn a_self_signed_leaf_in_the_extra_file_is_accepted_whatever_its_names() {
    for ca_mark in [false, true] {
        let mut own = params(&[]);
        if ca_mark {
            own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let identity = Identity::self_signed(&own);
        let trust = Trust::ExtraCa(identity.pem());
        let server = serve(identity).await;
        assert_eq!(hello(&trust, server.port()).await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn an_expired_leaf_in_the_extra_file_is_refused() {
    let mut own = params(&[HOST]);
    own.not_after = date_time_ymd(2021, 1, 1);
    let identity = Identity::self_signed(&own);
    let trust = Trust::ExtraCa(identity.pem());
    let server = serve(identity).await;
    assert_eq!(refusal(&trust, server.port()).await.reason(), TrustReason::Expired);
}

#[tokio::test]
async fn another_self_signed_leaf_is_an_unknown_issuer_even_if_marked_as_ca() {
    let mut own = params(&[HOST]);
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let trust = Trust::ExtraCa(Identity::self_signed(&params(&[HOST])).pem());
    let server = serve(Identity::self_signed(&own)).await;
    let failure = refusal(&trust, server.port()).await;
    assert_eq!(failure.reason(), TrustReason::UnknownIssuer);
    assert!(failure.detail().contains("self-signed"), "{failure}");
}

#[tokio::test]
async fn a_trusted_leaf_cannot_vouch_for_another_certificate() {
    // The trusted leaf's own key signs a certificate for our host. Only a CA may do that.
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertifiedIssuer::self_signed(params(&["other.lab.example"]), key).unwrap();
    let forged_key = rcgen::KeyPair::generate().unwrap();
    let forged = params(&[HOST]).signed_by(&forged_key, &leaf).unwrap();
    let server = serve(common::identity(forged.der().clone(), &forged_key)).await;
    let failure = refusal(&Trust::ExtraCa(leaf.pem().into_bytes()), server.port()).await;
    assert_eq!(failure.reason(), TrustReason::UnknownIssuer);
}

#[tokio::test]
async fn a_pinned_certificate_is_accepted_and_the_pins_are_a_set() {
    let identity = Identity::self_signed(&params(&["any.lab.example"]));
    let trust = Trust::Pins(vec![[7; 32], identity.sha256()]);
    let server = serve(identity).await;
    assert_eq!(hello(&trust, server.port()).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_certificate_that_is_not_pinned_is_refused_even_from_a_trusted_ca() {
    let server = serve(Authority::new().issue(&params(&[HOST]))).await;
    let failure = refusal(&Trust::Pins(vec![[7; 32]]), server.port()).await;
    assert_eq!(failure.reason(), TrustReason::PinMismatch);
    assert!(failure.remedy().contains(failure.fingerprint().unwrap()), "the new pin is told: {failure}");
}

#[tokio::test]
async fn an_expired_pinned_certificate_is_refused() {
    let mut own = params(&[HOST]);
    own.not_after = date_time_ymd(2021, 1, 1);
    let identity = Identity::self_signed(&own);
    let trust = Trust::Pins(vec![identity.sha256()]);
    let server = serve(identity).await;
    assert_eq!(refusal(&trust, server.port()).await.reason(), TrustReason::Expired);
}

#[tokio::test]
async fn the_insecure_mode_accepts_anything() {
    let mut own = params(&["elsewhere.example"]);
    own.not_after = date_time_ymd(2021, 1, 1);
    let server = serve(Identity::self_signed(&own)).await;
    assert_eq!(hello(&Trust::InsecureAcceptAnything, server.port()).await.unwrap(), "hello");
}

/// A server that answers the first bytes of a client with these.
async fn canned(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        let _ = tcp.read(&mut hello).await.unwrap();
        tcp.write_all(&answer).await.unwrap();
        // Stay until the client has gone, so that the answer is what it sees.
        while tcp.read(&mut hello).await.is_ok_and(|length| length > 0) {}
    });
    port
}

/// A ServerHello of this version: a random, no session, AES128-CBC-SHA, no compression.
fn server_hello(minor: u8) -> Vec<u8> {
    let mut body = vec![2, 0, 0, 38, 3, minor];
    body.extend([9; 32]);
    body.extend([0, 0, 0x2f, 0]);
    let mut record = vec![22, 3, minor, 0, body.len() as u8];
    record.extend(body);
    record
}

fn fatal_alert(minor: u8, description: u8) -> Vec<u8> {
    vec![21, 3, minor, 0, 2, 2, description]
}

#[tokio::test]
async fn a_server_without_tls_1_2_is_told_with_the_minimum_and_the_remedy() {
    for (what, answer) in [
        ("ServerHello of TLS 1.0", server_hello(1)),
        ("ServerHello of TLS 1.1", server_hello(2)),
        ("protocol_version of a TLS 1.1 server", fatal_alert(2, 70)),
        ("protocol_version in a first record", fatal_alert(1, 70)),
        ("handshake_failure", fatal_alert(2, 40)),
        ("insufficient_security", fatal_alert(3, 71)),
    ] {
        let error = hello(&Trust::InsecureAcceptAnything, canned(answer).await).await.unwrap_err();
        assert_eq!(
            error.trust_failure().map(TrustFailure::reason),
            Some(TrustReason::NoTls12),
            "{what}: {error}"
        );
        let words = error.to_string();
        for part in ["only TLS 1.1 or older", "TLS 1.2 with an ECDHE", "11.6"] {
            assert!(words.contains(part), "{what}: {words}");
        }
        assert!(!words.contains("identity"), "nobody's identity was looked at: {words}");
    }
}

#[tokio::test]
async fn a_server_of_tls_1_2_without_a_safe_cipher_is_told_apart_from_an_old_one() {
    let error = hello(&Trust::InsecureAcceptAnything, canned(server_hello(3)).await).await.unwrap_err();
    assert!(!error.to_string().contains("TLS 1.1"), "{error}");
}

#[tokio::test]
async fn a_port_that_does_not_speak_tls_is_not_a_matter_of_trust() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut hello = [0; 1024];
        let _ = tcp.read(&mut hello).await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = tcp.read(&mut hello).await;
    });
    let error = hello(&Trust::InsecureAcceptAnything, port).await.unwrap_err();
    assert_eq!(error.kind(), &DialErrorKind::TlsOther, "{error}");
    assert!(error.to_string().contains("check that this port speaks TLS"), "{error}");
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_refused() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = hello(&Trust::InsecureAcceptAnything, port).await.unwrap_err();
    assert_eq!(error.kind(), &DialErrorKind::Refused, "{error}");
    assert!(error.to_string().contains(&format!("tls://127.0.0.1:{port}: connection refused")), "{error}");
}

#[tokio::test]
async fn a_name_that_is_none_does_not_resolve() {
    let target = Target::plain("no such host", 5222);
    let error = TcpDialer::new(&Trust::InsecureAcceptAnything).unwrap().dial(&target).await.err().unwrap();
    assert_eq!(error.kind(), &DialErrorKind::Dns, "{error}");
}

#[tokio::test]
async fn a_server_that_leaves_during_the_handshake_is_told_apart_from_distrust() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { drop(listener.accept().await) });
    let error = hello(&Trust::InsecureAcceptAnything, port).await.unwrap_err();
    assert!(matches!(error.kind(), DialErrorKind::TlsOther | DialErrorKind::Io), "{error:?}");
    assert!(error.trust_failure().is_none());
}

#[tokio::test]
async fn a_plain_target_is_not_encrypted() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let target = Target::plain("127.0.0.1", listener.local_addr().unwrap().port());
    let dialer = TcpDialer::new(&Trust::InsecureAcceptAnything).unwrap();
    let (client, server) = tokio::join!(dialer.dial(&target), listener.accept());
    client.unwrap().write_all(b"ping").await.unwrap();
    let mut bytes = [0; 4];
    server.unwrap().0.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"ping");
}

#[tokio::test]
async fn the_end_of_an_untrusted_certificate_can_be_read() {
    let identity = Identity::self_signed(&params(&[HOST]));
    let sha256 = identity.sha256();
    let server = serve(identity).await;
    let info = probe_certificate(&Target::tls("127.0.0.1", server.port())).await.unwrap();
    assert_eq!((info.subject.as_str(), info.sha256), ("CN=fin-a.lab.example", sha256));
    assert_eq!(info.not_after_unix, 3_786_912_000);
    assert!(info.days_left(SystemTime::now()) > 10_000);
}
