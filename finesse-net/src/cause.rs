//! The cause of a failure in words that fit into a sentence.

use std::error::Error;
use std::io;

/// Sources are followed so far; a bound against cycles.
const DEEPEST: usize = 32;

/// The innermost cause in words: "connection refused" instead of "error sending request". Causes that are known get plain words of ours, because
/// some libraries put advice for their own users into theirs.
#[must_use]
pub fn cause_words(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    for _ in 0..DEEPEST {
        // An io::Error of a library holds the library's error inside, but does not call it its source.
        let inner = deepest
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .filter(|inner| inner.source().is_some());
        match deepest.source().or(inner.map(|inner| inner as &(dyn Error + 'static))) {
            Some(source) => deepest = source,
            None => break,
        }
    }
    match deepest.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => String::from("connection refused"),
        Some(io::ErrorKind::ConnectionReset) => String::from("connection reset by the peer"),
        Some(io::ErrorKind::UnexpectedEof) => String::from("the peer closed the connection"),
        _ => deepest.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_innermost_cause_is_told_in_plain_words() {
        let advice = io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "closed without notify: https://library.example/advice",
        );
        assert_eq!(cause_words(&Outer(advice)), "the peer closed the connection");
        assert_eq!(cause_words(&Outer(io::ErrorKind::ConnectionRefused.into())), "connection refused");
        assert_eq!(cause_words(&Outer(io::Error::other("disk on fire"))), "disk on fire");
    }
}
