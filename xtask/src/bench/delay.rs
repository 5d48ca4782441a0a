//! A long line in front of a port: whatever goes through arrives later, in its order.
//!
//! The loopback interface has no delay of its own, and this is the whole of it: `one_way` in each direction. A real line delays the
//! handshake of TCP too, which the system completes here before anybody is asked; so the client's first bytes are taken to have been sent
//! a round trip after it connected, as they would have been.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The largest piece that travels as one.
const PIECE: usize = 16 * 1024;

/// A listening forwarder; it and everything that goes through it end with the value.
pub(super) struct Line {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Line {
    /// A line that ends at `target`.
    pub(super) async fn to(target: SocketAddr, one_way: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, target, one_way));
        Ok(Self { address, _tasks: tasks })
    }

    /// Where it begins.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn listen(listener: TcpListener, target: SocketAddr, one_way: Duration) {
    // Connections end with this task.
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let connected = Instant::now() + 2 * one_way;
        connections.spawn(async move {
            // A refusal reaches the client as a closed connection; it is not what is measured here.
            let Ok(far) = TcpStream::connect(target).await else { return };
            // Whoever is not served without delay by the system counts one that is not ours.
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            let (near_read, near_write) = near.into_split();
            let (far_read, far_write) = far.into_split();
            tokio::join!(
                carry(near_read, far_write, connected, one_way),
                carry(far_read, near_write, connected, one_way),
            );
        });
    }
}

/// Carries one direction to its end. Nothing is taken to be sent before `earliest`.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, earliest: Instant, one_way: Duration) {
    let (sender, mut travelling) = mpsc::unbounded_channel();
    let reading = async move {
        let mut buffer = vec![0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let arrives = Instant::now().max(earliest) + one_way;
            let piece = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
            if sender.send((arrives, piece)).is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((arrives, piece)) = travelling.recv().await {
            sleep_until(arrives).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        // The end travels as well; that it arrives a little early harms nobody.
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_arrive_in_order_and_not_before_their_time() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let one_way = Duration::from_millis(5);
        let line = Line::to(listener.local_addr().unwrap(), one_way).await.unwrap();
        let echo = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut read, mut write) = stream.split();
            tokio::io::copy(&mut read, &mut write).await.unwrap();
        });
        let started = Instant::now();
        let mut stream = TcpStream::connect(line.address()).await.unwrap();
        let mut heard = [0; 6];
        for part in [b"one".as_slice(), b"two"] {
            stream.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"onetwo");
        // One round trip for the handshake of TCP, one for the echo.
        assert!(started.elapsed() >= 4 * one_way);
        let again = Instant::now();
        stream.write_all(b"three").await.unwrap();
        stream.read_exact(&mut heard[..5]).await.unwrap();
        assert!(again.elapsed() >= 2 * one_way);
        drop(stream);
        echo.await.unwrap();
    }
}
