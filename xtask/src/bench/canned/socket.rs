//! Bytes of a connection as text, and the framing that is nothing but text: a stream over TCP.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Framing;
use super::texts::DOMAIN;

/// Written at once; so the server is not what is waited for.
const BATCH: usize = 256 << 10;

/// Text that was read and not yet looked at.
#[derive(Default)]
pub(super) struct Heard(String);

impl Heard {
    pub(super) fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Takes what stands up to the end of this text, if it has come.
    pub(super) fn up_to(&mut self, text: &str) -> Option<String> {
        let at = self.0.find(text)?;
        Some(self.take(at + text.len()))
    }

    fn take(&mut self, length: usize) -> String {
        let rest = self.0.split_off(length);
        std::mem::replace(&mut self.0, rest)
    }
}

/// A connection.
pub(super) struct Socket<S> {
    pub(super) io: S,
    heard: Heard,
    waiting: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(io: S) -> Self {
        Self { io, heard: Heard::default(), waiting: Vec::new() }
    }

    /// The first byte, without taking it.
    pub(super) async fn first(&mut self) -> io::Result<u8> {
        self.read().await?;
        self.heard.0.bytes().next().ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Reads so many bytes; they must end where a character does.
    pub(super) async fn exactly(&mut self, length: usize) -> io::Result<String> {
        while self.heard.0.len() < length {
            self.read().await?;
        }
        if !self.heard.0.is_char_boundary(length) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(self.heard.take(length))
    }

    async fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 1024];
        let read = self.io.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // Our own clients say nothing here but ASCII.
        self.heard.push(&String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()));
        Ok(())
    }

    async fn write(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.io.write_all(&waiting).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Framing for Socket<S> {
    const NAMESPACE: &'static str = "";

    async fn hear(&mut self, text: &str) -> io::Result<String> {
        loop {
            if let Some(heard) = self.heard.up_to(text) {
                return Ok(heard);
            }
            self.read().await?;
        }
    }

    async fn put(&mut self, text: String) -> io::Result<()> {
        self.waiting.extend_from_slice(text.as_bytes());
        if self.waiting.len() >= BATCH { self.write().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.write().await?;
        self.io.flush().await
    }

    async fn open(&mut self) -> io::Result<()> {
        self.hear("<stream:stream").await?;
        self.put(format!(
            "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" \
             xmlns=\"jabber:client\" from=\"{DOMAIN}\" id=\"s1\" xml:lang=\"en\" version=\"1.0\">"
        ))
        .await
    }
}
