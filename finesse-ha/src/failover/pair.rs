//! Two of something, one for each side; or one, on a system of a single node.

use crate::session::SideAddress;
use crate::side::Side;

/// What there is for side A, and for side B if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<T> {
    /// Side A's.
    pub a: T,
    /// Side B's.
    pub b: Option<T>,
}

impl<T> Pair<T> {
    /// One for each side.
    #[must_use]
    pub fn of(a: T, b: T) -> Self {
        Self { a, b: Some(b) }
    }

    /// One for side A only: a system of a single node, or one whose other side is not known.
    #[must_use]
    pub fn single(a: T) -> Self {
        Self { a, b: None }
    }

    pub(crate) fn side(&self, side: Side) -> Option<&T> {
        match side {
            Side::A => Some(&self.a),
            Side::B => self.b.as_ref(),
        }
    }

    pub(crate) fn map<U>(&self, mut make: impl FnMut(&T) -> U) -> Pair<U> {
        Pair { a: make(&self.a), b: self.b.as_ref().map(make) }
    }
}

impl Pair<SideAddress> {
    /// The addresses of both sides, as text or with more detail.
    #[must_use]
    pub fn new(a: impl Into<SideAddress>, b: impl Into<SideAddress>) -> Self {
        Self::of(a.into(), b.into())
    }
}
