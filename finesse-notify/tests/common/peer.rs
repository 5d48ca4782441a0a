//! The server's end of a byte stream, which says and hears text.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::{JID, all_wait};

pub const HEADER: &str = "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" \
    xmlns=\"jabber:client\" from=\"fin-a.lab.example\" id=\"7qk2n1x0vd\" xml:lang=\"en\" version=\"1.0\">";

/// The server's end of the pipe.
pub struct Peer {
    pub io: DuplexStream,
    pub heard: String,
    /// Bytes per write; 0 for all at once.
    pub piece: usize,
}

impl Peer {
    pub async fn say(&mut self, text: &str) {
        if self.piece == 0 {
            self.io.write_all(text.as_bytes()).await.unwrap();
            return;
        }
        for piece in text.as_bytes().chunks(self.piece) {
            self.io.write_all(piece).await.unwrap();
            // So that the client sees every piece alone.
            tokio::task::yield_now().await;
        }
    }

    /// Reads until this text has come; returns everything up to its end.
    pub async fn hear(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.heard.find(text) {
                let rest = self.heard.split_off(at + text.len());
                return std::mem::replace(&mut self.heard, rest);
            }
            let mut buf = [0; 4096];
            let n = self.io.read(&mut buf).await.unwrap();
            assert!(n > 0, "the client closed before {text:?}; it had said {:?}", self.heard);
            self.heard.push_str(std::str::from_utf8(&buf[..n]).unwrap());
        }
    }

    /// The client says nothing before it is answered.
    pub async fn hear_nothing(&mut self) {
        let mut buf = [0; 1];
        tokio::select! {
            biased;
            _ = self.io.read(&mut buf) => panic!("the client went on unasked"),
            () = all_wait() => assert_eq!(self.heard, "", "the client went on unasked"),
        }
    }

    pub fn id(text: &str) -> &str {
        let at = text.rfind("id=\"").unwrap() + 4;
        &text[at..at + text[at..].find('"').unwrap()]
    }

    pub async fn login(&mut self) {
        let header = self.hear(">").await + &self.hear(">").await;
        assert!(
            header.contains("to='fin-a.lab.example'") || header.contains("to=\"fin-a.lab.example\""),
            "{header}"
        );
        self.answer_login().await;
    }

    /// Goes on after the client's header.
    pub async fn answer_login(&mut self) {
        self.say(HEADER).await;
        self.say(
            "<stream:features><mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>SCRAM-SHA-1</mechanism>\
             <mechanism>PLAIN</mechanism></mechanisms><compression xmlns=\"http://jabber.org/features/compress\"><method>zlib</method>\
             </compression><sm xmlns='urn:xmpp:sm:3'/></stream:features>",
        )
        .await;
        self.answer_auth().await;
    }

    /// Goes on after our features.
    pub async fn answer_auth(&mut self) {
        let auth = self.hear("</auth>").await;
        assert!(
            auth.contains("mechanism=\"PLAIN\"") && auth.contains("ADQwMjE3AGh1bnRlcjItczNjcmV0"),
            "{auth}"
        );
        self.say("<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>").await;
        self.hear("stream:stream").await;
        self.hear(">").await;
        self.say(HEADER).await;
        self.say(
            "<stream:features><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/><session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\">\
             <optional/></session><sm xmlns='urn:xmpp:sm:3'/></stream:features>",
        )
        .await;
        let bind = self.hear("</iq>").await;
        assert!(!bind.contains("<enable"), "stream management must stay off");
        let reply = format!(
            "<iq type=\"result\" id=\"{}\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><jid>{JID}</jid></bind></iq>",
            Self::id(&bind)
        );
        self.say(&reply).await;
        let session = self.hear("</iq>").await;
        let reply = format!("<iq type=\"result\" id=\"{}\" to=\"{JID}\"/>", Self::id(&session));
        self.say(&reply).await;
        self.hear("</presence>").await;
    }
}
