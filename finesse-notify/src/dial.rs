//! What a failed dial means for a link.

use finesse_net::{DialError, DialErrorKind};

use crate::error::{EndCause, LinkError};

pub(crate) fn failure(error: &DialError) -> LinkError {
    let kind = match error.kind() {
        DialErrorKind::Dns => EndCause::Dns,
        DialErrorKind::Refused => EndCause::Refused,
        DialErrorKind::Timeout => EndCause::Timeout,
        DialErrorKind::Tls(_) | DialErrorKind::TlsOther => EndCause::Tls,
        _ => EndCause::Network,
    };
    let link = LinkError::new(kind, error.to_string());
    match error.kind() {
        DialErrorKind::Tls(failure) => link.with_trust_failure(failure.clone()),
        _ => link,
    }
}
