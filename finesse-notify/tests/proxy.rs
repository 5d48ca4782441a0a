//! BOSH and WebSocket through an HTTP proxy on loopback.

#![cfg(all(feature = "bosh", feature = "websocket"))]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use finesse_model::UserId;
use finesse_net::{Dialer, Proxies, TcpDialer, Trust};
use finesse_notify::{
    BoshConnect, Connect, EndCause, Link, LinkError, SessionConfig, WebSocketConnect, open,
};
use finesse_sim::{Addresses, AgentSpec, Profile, Side, Sim};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that lets through what carries the right credentials, and remembers what it was asked.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Base64 of `mlindqvist:hunter@2`.
const CREDENTIALS: &str = "bWxpbmRxdmlzdDpodW50ZXJAMg==";

impl Proxy {
    /// `answer` is said to everybody; without one the way is opened to whoever has the credentials.
    async fn start(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let remembered = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Self::serve(client, Arc::clone(&remembered), answer));
            }
        });
        Self { address, asked }
    }

    async fn serve(mut client: TcpStream, asked: Arc<Mutex<Vec<String>>>, answer: Option<&'static str>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if client.read_buf(&mut head).await.unwrap() == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap();
        asked.lock().unwrap().push(head.clone());
        let open = head.contains(&format!("Proxy-Authorization: Basic {CREDENTIALS}\r\n"));
        match answer {
            Some(answer) => drop(client.write_all(answer.as_bytes()).await),
            None if !open => {
                let _ = client.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n").await;
            }
            None => {
                let place = head.split(' ').nth(1).unwrap();
                let mut server = TcpStream::connect(place).await.unwrap();
                client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        }
    }

    fn variables(&self, user: &str, no_proxy: &str) -> Proxies {
        let (url, no_proxy) = (format!("http://{user}{}", self.address), no_proxy.to_owned());
        Proxies::from_variables(move |name| match name {
            "HTTPS_PROXY" => Some(url.clone()),
            "NO_PROXY" => Some(no_proxy.clone()),
            _ => None,
        })
        .unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn served() -> (Sim, Addresses) {
    let sim = Sim::serve(Profile::ucce(), 1).await.unwrap();
    sim.add_agent(AgentSpec::new("40217", "s3cret", "7301"));
    let addresses = sim.addresses(Side::A).unwrap();
    (sim, addresses)
}

fn ways(sim: &Sim, addresses: &Addresses, proxies: &Proxies) -> [Box<dyn Connect>; 2] {
    let dialer = TcpDialer::new(&Trust::ExtraCa(sim.ca_pem().unwrap().as_bytes().to_vec())).unwrap();
    let dialer: Arc<dyn Dialer> = Arc::new(dialer.with_proxies(proxies.clone()));
    [
        Box::new(WebSocketConnect::new(Arc::clone(&dialer), &addresses.websocket_url).unwrap()),
        Box::new(BoshConnect::new(dialer, &addresses.bosh_url).unwrap()),
    ]
}

async fn try_open(connect: &dyn Connect, host: &str) -> Result<Link, LinkError> {
    let config = SessionConfig::builder(UserId::new("40217").unwrap(), "s3cret".to_owned().into(), host);
    open(connect, config.build().unwrap()).await
}

const USER: &str = "mlindqvist:hunter%402@";

#[tokio::test]
async fn the_way_goes_through_the_proxy_with_its_credentials() {
    let (sim, addresses) = served().await;
    let proxy = Proxy::start(None).await;
    for connect in ways(&sim, &addresses, &proxy.variables(USER, "10.0.0.0/8")) {
        let before = proxy.asked();
        let link = try_open(connect.as_ref(), &addresses.host).await.unwrap();
        link.control.barrier().await.unwrap();
        assert!(proxy.asked() > before, "{}", connect.describe());
    }
    let asked = proxy.asked.lock().unwrap();
    let place = addresses.websocket_url.trim_start_matches("wss://").trim_end_matches("/ws");
    assert!(asked[0].starts_with(&format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n")), "{}", asked[0]);
    assert!(asked.iter().all(|head| !head.contains("s3cret") && !head.contains("ADQwMjE3")));
}

#[tokio::test]
async fn a_host_of_no_proxy_is_reached_directly() {
    let (sim, addresses) = served().await;
    let proxy = Proxy::start(None).await;
    for connect in ways(&sim, &addresses, &proxy.variables(USER, "127.0.0.0/8")) {
        try_open(connect.as_ref(), &addresses.host).await.unwrap();
    }
    assert_eq!(proxy.asked(), 0);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_and_its_credentials_are_not() {
    let (sim, addresses) = served().await;
    let page = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nhunter@2!";
    for (answer, user, words) in [
        (None, "", "asks for credentials"),
        (None, "mlindqvist:hunter2@", "refuses the credentials"),
        (Some(page), USER, "refuses to connect (403)"),
        (Some("HTTP/1.1 502 Bad Gateway\r\n\r\n"), USER, "cannot reach the server"),
        (Some("SSH-2.0-OpenSSH\r\n\r\n"), USER, "no HTTP"),
        (Some(""), USER, "connection to it broke"),
    ] {
        let proxy = Proxy::start(answer).await;
        for connect in ways(&sim, &addresses, &proxy.variables(user, "")) {
            let error = try_open(connect.as_ref(), &addresses.host).await.unwrap_err();
            assert_eq!(error.kind(), EndCause::Network, "{error}");
            let text = error.to_string();
            assert!(text.contains(words) && text.contains(&proxy.address.to_string()), "{words}: {text}");
            assert!(!text.contains("hunter") && !text.contains(CREDENTIALS), "{text}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_not_taken_for_the_server() {
    let (sim, addresses) = served().await;
    let address = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let gone = Proxy { address, asked: Arc::default() };
    for connect in ways(&sim, &addresses, &gone.variables("", "")) {
        let error = try_open(connect.as_ref(), &addresses.host).await.unwrap_err();
        assert_eq!(error.kind(), EndCause::Network, "{error}");
        assert!(error.to_string().contains("is not there"), "{error}");
    }
}
