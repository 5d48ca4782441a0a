//! The body of an answer: whole, or in pieces as they arrive.
//!
//! A transport that has the whole body gives it as it is, by `Body::from(bytes)`; one that can, gives a [`ChunkSource`], and a list of
//! thousands of users is then never held whole. How much of a body is taken is not the transport's matter: the stack above it stops at the cap.

use std::fmt;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::transport::{TransportError, TransportErrorKind};

/// A body that arrives piece by piece.
#[async_trait]
pub trait ChunkSource: Send + 'static {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    ///
    /// The connection broke. Nothing is asked for after it.
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError>;
}

/// The body of an answer.
pub struct Body(Repr);

enum Repr {
    Whole(Bytes),
    Chunks(Box<dyn ChunkSource>),
}

impl Body {
    /// A body that arrives piece by piece.
    #[must_use]
    pub fn chunks(source: impl ChunkSource) -> Self {
        Self(Repr::Chunks(Box::new(source)))
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    ///
    /// As the source says.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        match &mut self.0 {
            Repr::Whole(bytes) if bytes.is_empty() => Ok(None),
            Repr::Whole(bytes) => Ok(Some(std::mem::take(bytes))),
            Repr::Chunks(source) => source.chunk().await,
        }
    }

    /// The whole body, if it has no more than `cap` bytes. What is beyond is not asked for.
    pub(crate) async fn collect(mut self, cap: usize) -> Result<Bytes, TransportError> {
        let too_large = || {
            TransportError::new(
                TransportErrorKind::TooLarge,
                true,
                format!("the answer is larger than {cap} bytes"),
            )
        };
        if let Repr::Whole(bytes) = &mut self.0 {
            return if bytes.len() > cap { Err(too_large()) } else { Ok(std::mem::take(bytes)) };
        }
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > cap {
                return Err(too_large());
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

impl From<Bytes> for Body {
    fn from(whole: Bytes) -> Self {
        Self(Repr::Whole(whole))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Repr::Chunks(_) => f.write_str("Body(chunks)"),
        }
    }
}
