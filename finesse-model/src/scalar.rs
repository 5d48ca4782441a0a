//! Numbers and flags as Finesse writes them: sometimes empty, sometimes text.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A value that should be of type `T`; where it is not (an empty element, say), its text is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar<T> {
    /// It was.
    Value(T),
    /// It was not; this is its text, trimmed.
    Text(String),
}

/// A number.
pub type Number = Scalar<i64>;
/// A flag.
pub type Flag = Scalar<bool>;

impl<T> Scalar<T> {
    /// The value, if it was one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Text(_) => None,
        }
    }
}

impl<T: FromStr> Scalar<T> {
    pub(crate) fn read(text: &str) -> Self {
        let text = text.trim();
        text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Value)
    }
}

impl<T: fmt::Display> fmt::Display for Scalar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl<T: Serialize> Serialize for Scalar<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// A time as the server wrote it. Empty where the server does not know it, which happens after a failover.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(pub String);

impl Timestamp {
    /// Milliseconds since 1970, by the clock of the server that wrote it; `None` for an empty or unusual text. Times of two
    /// servers must not be compared.
    #[must_use]
    pub fn unix_millis(&self) -> Option<i64> {
        let time = humantime::parse_rfc3339_weak(self.0.trim()).ok()?;
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    /// True if the server gave no time.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_number_is_kept_as_text() {
        assert_eq!(Scalar::<i64>::read(""), Scalar::Text(String::new()));
        assert_eq!(Scalar::<i64>::read(" 7 "), Scalar::Value(7));
    }

    #[test]
    fn times_have_milliseconds_or_not_and_may_be_empty() {
        assert_eq!(Timestamp("2024-03-05T10:20:07.188Z".into()).unix_millis(), Some(1_709_634_007_188));
        assert_eq!(Timestamp("2024-03-05T10:20:07Z".into()).unix_millis(), Some(1_709_634_007_000));
        assert_eq!(Timestamp(String::new()).unix_millis(), None);
    }
}
