//! A transport of one's own: the session over an in-memory pipe, with a tiny server at the other end.
//!
//! A transport only frames. This one puts one stanza on a line, which is enough for a pipe; everything above (login, presence, pings,
//! notifications) comes from the crate.
//!
//! Run: cargo run -p finesse-notify --example bring_your_own_transport
//! Needs: nothing

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::sync::Mutex;

use async_trait::async_trait;
use finesse_model::UserId;
use finesse_notify::{Connect, EndCause, Event, Frame, LinkError, SessionConfig, Stanza, Transport, open};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

/// One stanza a line.
struct LineTransport {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    out: WriteHalf<DuplexStream>,
}

fn broken(error: impl std::fmt::Display) -> LinkError {
    LinkError::new(EndCause::Network, format!("the pipe broke: {error}"))
}

#[async_trait]
impl Transport for LineTransport {
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError> {
        // Line feeds inside of a stanza are written as character references, so a line is a frame.
        let line = stanza.to_xml() + "\n";
        self.out.write_all(line.as_bytes()).await.map_err(broken)
    }

    async fn next(&mut self) -> Result<Frame, LinkError> {
        let line = self.lines.next_line().await.map_err(broken)?;
        line.map(Frame::new).ok_or_else(|| broken("the other end is closed"))
    }

    async fn restart(&mut self) -> Result<(), LinkError> {
        self.out.write_all(b"<restart/>\n").await.map_err(broken)
    }

    async fn close(&mut self) {
        let _ = self.out.shutdown().await;
    }
}

/// Gives the pipe away once. A real one would dial.
struct PipeConnect(Mutex<Option<DuplexStream>>);

#[async_trait]
impl Connect for PipeConnect {
    async fn connect(&self, _domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        let pipe =
            self.0.lock().ok().and_then(|mut pipe| pipe.take()).ok_or_else(|| broken("it is used up"))?;
        let (read, out) = tokio::io::split(pipe);
        Ok(Box::new(LineTransport { lines: BufReader::new(read).lines(), out }))
    }

    fn describe(&self) -> String {
        "pipe".to_owned()
    }
}

/// The other end: says what a server says, without looking closely at what it hears.
async fn server(pipe: DuplexStream) -> std::io::Result<()> {
    let (read, mut out) = tokio::io::split(pipe);
    let mut lines = BufReader::new(read).lines();
    out.write_all(b"<features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></features>\n").await?;
    while let Some(line) = lines.next_line().await? {
        let Ok(heard) = Stanza::parse(&line) else { break };
        let reply = match heard.name() {
            "auth" => "<success/>".to_owned(),
            "restart" => "<features><bind/></features>".to_owned(),
            "iq" => {
                let id = heard.attribute("id").unwrap_or_default();
                format!("<iq type='result' id='{id}'><bind><jid>40217@pipe/r</jid></bind></iq>")
            }
            "presence" if heard.attribute("type").is_none() => {
                let update = "&lt;Update&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;source&gt;/finesse/api/User/40217&lt;/source&gt;\
                    &lt;data&gt;&lt;user&gt;&lt;state&gt;READY&lt;/state&gt;&lt;/user&gt;&lt;/data&gt;&lt;/Update&gt;";
                format!(
                    "<message><event><items node='/finesse/api/User/40217'><item id='1'><notification>{update}</notification></item></items></event></message>"
                )
            }
            _ => continue,
        };
        out.write_all((reply + "\n").as_bytes()).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (ours, theirs) = tokio::io::duplex(16 << 10);
    let server = tokio::spawn(server(theirs));
    let connect = PipeConnect(Mutex::new(Some(ours)));
    let config =
        SessionConfig::builder(UserId::new("40217")?, "a password".to_owned().into(), "pipe").build()?;
    let mut link = open(&connect, config).await?;
    println!("logged in as {}", link.jid);
    if let Some(Event::Notification(notification)) = link.events.recv().await {
        println!("{}: {:?}", notification.node, notification.update?.data);
    }
    link.control.barrier().await?;
    link.control.close().await;
    while let Some(event) = link.events.recv().await {
        if let Event::Ended(cause) = event {
            println!("over: {cause}");
        }
    }
    server.await??;
    Ok(())
}
