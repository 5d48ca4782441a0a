//! A server on loopback that answers as it is told, with or without TLS, and certificates made for one test.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]
#![allow(dead_code, reason = "every test file uses its own part of it")]

pub(crate) mod in_memory;
pub(crate) mod recording;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::UserId;
use finesse_rest::{Client, ClientBuilder, Credentials};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

pub(crate) const PASSWORD: &str = "correct horse";

/// What the server does with each request it has read to its end.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Sends these bytes.
    Answer(String),
    /// Never answers and keeps the connection.
    Hang,
    /// Closes without an answer.
    Leave,
}

/// An answer with a body.
pub(crate) fn answer(status: &str, content_type: &str, body: &str) -> Behaviour {
    Behaviour::Answer(format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// A running server, and every request it has read.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) requests: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.address.port())
    }
}

/// A server without TLS.
pub(crate) async fn plain(behaviour: Behaviour) -> Server {
    serve(behaviour, None).await
}

/// A server with TLS.
pub(crate) async fn tls(behaviour: Behaviour, identity: Identity) -> Server {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate], key)
            .unwrap();
    serve(behaviour, Some(TlsAcceptor::from(Arc::new(config)))).await
}

async fn serve(behaviour: Behaviour, acceptor: Option<TlsAcceptor>) -> Server {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (behaviour, acceptor, sender) = (behaviour.clone(), acceptor.clone(), sender.clone());
            tokio::spawn(async move {
                match acceptor {
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(tcp).await {
                            talk(stream, behaviour, sender).await;
                        }
                    }
                    None => talk(tcp, behaviour, sender).await,
                }
            });
        }
    });
    Server { address, requests }
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    behaviour: Behaviour,
    sender: mpsc::UnboundedSender<String>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let _ = sender.send(request);
        match &behaviour {
            Behaviour::Answer(bytes) => {
                if stream.write_all(bytes.as_bytes()).await.is_err() {
                    return;
                }
            }
            Behaviour::Hang => std::future::pending().await,
            Behaviour::Leave => return,
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        text.extend_from_slice(&buffer[..count]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse().unwrap());
            if body.len() >= length {
                return Some(whole);
            }
        }
    }
}

pub(crate) fn credentials() -> Credentials {
    Credentials::basic(UserId::new("40217").unwrap(), PASSWORD)
}

/// A client with limits that fit a test: nothing on loopback takes half a minute, so a limit that is hit is a hang.
pub(crate) fn client(url: &str) -> ClientBuilder {
    Client::builder(url)
        .credentials(credentials())
        .allow_plain_http()
        .connect_timeout(Duration::from_secs(30))
        .request_timeout(Duration::from_secs(30))
}

/// An authority of the test's own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test CA");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    /// A certificate for this name, good from 2020 until the given year.
    pub(crate) fn issue(&self, name: &str, until: i32) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.distinguished_name.push(DnType::CommonName, "fin-a.lab.example");
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.0).unwrap().der().clone(),
            key: key.serialize_der(),
        }
    }
}

/// A certificate and its key.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    pub(crate) fn sha256(&self) -> [u8; 32] {
        ring::digest::digest(&ring::digest::SHA256, &self.certificate).as_ref().try_into().unwrap()
    }
}
