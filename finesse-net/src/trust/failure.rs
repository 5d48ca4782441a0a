//! Why a server's identity was not accepted, in a form that survives every wrapper on its way up.
//!
//! The verifier puts a [`TrustFailure`] into rustls' error. tokio-rustls wraps that into an `io::Error`, an HTTP client wraps it
//! further. [`trust_failure`] finds it again by type, never by text. Errors that rustls finds itself, before or after it asks
//! the verifier, are translated here.

use std::error::Error as StdError;
use std::fmt;

use rustls::{AlertDescription, PeerIncompatible};

/// How many wrapped errors are looked through. Real chains have fewer than ten; a cycle must not hang us.
const DEPTH: usize = 32;

/// A server of before TLS 1.2.
const TOO_OLD: &str = "the server offers only TLS 1.1 or older";

/// The class of a [`TrustFailure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustReason {
    /// The server wants a certificate from us, which this client cannot present.
    ClientCertificateRequired,
    /// The certificate has ended.
    Expired,
    /// The certificate is for other host names.
    NameMismatch,
    /// The server offers neither TLS 1.2 nor 1.3, or no cipher that is still considered safe.
    NoTls12,
    /// The certificate is not valid yet.
    NotYetValid,
    /// Anything else, for example a broken signature or an unreadable certificate.
    Other,
    /// The certificate is none of the pinned ones.
    PinMismatch,
    /// The certificate is self-signed, or comes from an authority that is not trusted.
    UnknownIssuer,
}

impl TrustReason {
    /// The reason as one lower-case word for logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCertificateRequired => "client_certificate_required",
            Self::Expired => "expired",
            Self::NameMismatch => "name_mismatch",
            Self::NoTls12 => "no_tls12",
            Self::NotYetValid => "not_yet_valid",
            Self::Other => "other",
            Self::PinMismatch => "pin_mismatch",
            Self::UnknownIssuer => "unknown_issuer",
        }
    }
}

impl fmt::Display for TrustReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A server that could not prove who it is: which certificate it showed, what was wrong with it, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFailure {
    // In a box, because it travels inside other errors, most of which are about something else.
    parts: Box<Parts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    reason: TrustReason,
    host: Option<String>,
    subject: Option<String>,
    fingerprint: Option<String>,
    detail: String,
}

impl TrustFailure {
    /// A failure of this class; `detail` says what was found, as a lower-case fragment.
    #[must_use]
    pub fn new(reason: TrustReason, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { parts: Box::new(Parts { reason, host: None, subject: None, fingerprint: None, detail }) }
    }

    /// Names the host that was dialled.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.parts.host = Some(host.into());
        self
    }

    /// Names the certificate that was presented.
    #[must_use]
    pub fn with_certificate(mut self, subject: impl Into<String>, fingerprint: impl Into<String>) -> Self {
        self.parts.subject = Some(subject.into());
        self.parts.fingerprint = Some(fingerprint.into());
        self
    }

    /// The class.
    #[must_use]
    pub fn reason(&self) -> TrustReason {
        self.parts.reason
    }

    /// The host that was dialled, if it is known.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parts.host.as_deref()
    }

    /// The subject of the presented certificate. `None` if the handshake did not get that far.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.parts.subject.as_deref()
    }

    /// SHA-256 of the presented certificate in hex, which is what a pin names.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.parts.fingerprint.as_deref()
    }

    /// What was found, without the remedy.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.parts.detail
    }

    /// What a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let pin = self.fingerprint().unwrap_or("of the certificate");
        match self.reason() {
            TrustReason::ClientCertificateRequired => String::from(
                "switch mutual TLS off on the proxy, or connect past it: this client presents no certificate of its own",
            ),
            TrustReason::Expired => String::from(
                "renew the Tomcat certificate of this server, and if all servers seem expired check the clock of this machine",
            ),
            TrustReason::NameMismatch => String::from(
                "use the fully qualified host name that the certificate carries (not an address or alias), or have it issued for this name",
            ),
            TrustReason::NoTls12 => String::from(
                "TLS 1.2 with an ECDHE and AES-GCM cipher is the least that is accepted here, on purpose: switch it on at the server (it is the \
                 default since Finesse 11.6), upgrade an older one, or put a proxy with TLS 1.2 before it",
            ),
            TrustReason::NotYetValid => {
                String::from("check the clock of this machine and that of the server")
            }
            TrustReason::Other => {
                String::from("look at the certificate the server presents and have it issued anew")
            }
            TrustReason::PinMismatch => {
                format!("if the certificate was renewed on purpose, add the pin {pin}")
            }
            TrustReason::UnknownIssuer => format!(
                "trust the issuing CA or this very certificate by an extra PEM file, or pin its SHA-256 {pin} after checking it"
            ),
        }
    }
}

impl fmt::Display for TrustFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.subject(), self.reason()) {
            (Some(subject), _) => write!(f, "certificate \"{subject}\" ")?,
            (None, TrustReason::NoTls12) => f.write_str("tls ")?,
            (None, _) => f.write_str("tls identity ")?,
        }
        if let Some(host) = self.host() {
            write!(f, "of {host} ")?;
        }
        write!(f, "not accepted: {}; {}", self.detail(), self.remedy())
    }
}

impl StdError for TrustFailure {}

/// Finds the reason for distrust in an error of whatever library, looking through all that is wrapped in it. `None` means that
/// the error is not about the server's identity.
#[must_use]
pub fn trust_failure(err: &(dyn StdError + 'static)) -> Option<TrustFailure> {
    search(err, DEPTH)
}

fn search(err: &(dyn StdError + 'static), depth: usize) -> Option<TrustFailure> {
    if depth == 0 {
        return None;
    }
    if let Some(failure) = err.downcast_ref::<TrustFailure>() {
        return Some(failure.clone());
    }
    if let Some(tls) = err.downcast_ref::<rustls::Error>()
        && let Some(failure) = from_rustls(tls, depth)
    {
        return Some(failure);
    }
    // An io::Error's source() is the source of what it wraps, so what it wraps must be asked for.
    if let Some(io) = err.downcast_ref::<std::io::Error>()
        && let Some(inner) = io.get_ref()
        && let Some(failure) = search(inner, depth - 1)
    {
        return Some(failure);
    }
    err.source().and_then(|source| search(source, depth - 1))
}

fn from_rustls(err: &rustls::Error, depth: usize) -> Option<TrustFailure> {
    match err {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => Some(
            search(other.0.as_ref(), depth - 1)
                .unwrap_or_else(|| TrustFailure::new(TrustReason::Other, other.to_string())),
        ),
        rustls::Error::InvalidCertificate(fault) => Some(from_fault(fault)),
        rustls::Error::Other(other) => search(other.0.as_ref(), depth - 1),
        rustls::Error::NoCertificatesPresented => {
            Some(TrustFailure::new(TrustReason::Other, "the server presented no certificate"))
        }
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Some(TrustFailure::new(TrustReason::NoTls12, TOO_OLD)),
        rustls::Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::ExtendedMasterSecretExtensionRequired,
        ) => Some(TrustFailure::new(
            TrustReason::NoTls12,
            format!("the server has no cipher that is still considered safe ({err})"),
        )),
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::ProtocolVersion => {
                Some(TrustFailure::new(TrustReason::NoTls12, format!("{TOO_OLD} (alert {alert:?})")))
            }
            // Servers that know nothing newer also break off so.
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
                Some(TrustFailure::new(
                    TrustReason::NoTls12,
                    format!(
                        "the server shares no protocol or cipher with this client, it may offer only TLS 1.1 or older (alert {alert:?})"
                    ),
                ))
            }
            AlertDescription::CertificateRequired => Some(TrustFailure::new(
                TrustReason::ClientCertificateRequired,
                "the server asked for a client certificate",
            )),
            _ => None,
        },
        _ => None,
    }
}

/// What rustls says about a certificate, in our classes.
pub(super) fn from_fault(fault: &rustls::CertificateError) -> TrustFailure {
    use rustls::CertificateError as Fault;
    let (reason, detail) = match fault {
        Fault::Expired | Fault::ExpiredContext { .. } => {
            (TrustReason::Expired, String::from("it has expired"))
        }
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
            (TrustReason::NotYetValid, String::from("it is not valid yet"))
        }
        Fault::UnknownIssuer => {
            (TrustReason::UnknownIssuer, String::from("it was issued by an authority that is not trusted"))
        }
        // Found when a CA was made anew under its old name. The chain check then compares signatures by name and fails.
        Fault::BadSignature => (
            TrustReason::UnknownIssuer,
            String::from(
                "it was not signed by the trusted authority, though that bears the name of its issuer",
            ),
        ),
        Fault::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            // Bounded: a certificate may carry thousands of names.
            let names: Vec<&str> = presented.iter().take(5).map(String::as_str).collect();
            (TrustReason::NameMismatch, format!("it is for {}", names.join(", ")))
        }
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
            (TrustReason::NameMismatch, String::from("it is not for this host name"))
        }
        other => (TrustReason::Other, other.to_string()),
    };
    TrustFailure::new(reason, detail)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("wrapped")]
    struct Wrapper(#[source] io::Error);

    fn failure() -> TrustFailure {
        TrustFailure::new(TrustReason::Expired, "it has expired")
            .with_host("fin-b")
            .with_certificate("CN=fin-b", "ab:cd")
    }

    #[test]
    fn a_failure_is_found_through_every_wrapper() {
        let inner = rustls::Error::InvalidCertificate(rustls::CertificateError::Other(rustls::OtherError(
            Arc::new(failure()),
        )));
        let wrapped = Wrapper(io::Error::other(Wrapper(io::Error::new(io::ErrorKind::InvalidData, inner))));
        assert_eq!(trust_failure(&wrapped), Some(failure()));
    }

    #[test]
    fn what_rustls_finds_itself_is_translated() {
        use rustls::CertificateError as Fault;
        let table = [
            (rustls::Error::InvalidCertificate(Fault::Expired), Some(TrustReason::Expired)),
            (rustls::Error::InvalidCertificate(Fault::NotValidYet), Some(TrustReason::NotYetValid)),
            (rustls::Error::InvalidCertificate(Fault::UnknownIssuer), Some(TrustReason::UnknownIssuer)),
            (rustls::Error::InvalidCertificate(Fault::NotValidForName), Some(TrustReason::NameMismatch)),
            (rustls::Error::InvalidCertificate(Fault::BadSignature), Some(TrustReason::UnknownIssuer)),
            (rustls::Error::InvalidCertificate(Fault::BadEncoding), Some(TrustReason::Other)),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), Some(TrustReason::NoTls12)),
            (rustls::Error::AlertReceived(AlertDescription::ProtocolVersion), Some(TrustReason::NoTls12)),
            (
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
                Some(TrustReason::ClientCertificateRequired),
            ),
            (rustls::Error::AlertReceived(AlertDescription::InternalError), None),
            (rustls::Error::DecryptError, None),
        ];
        for (error, expected) in table {
            let text = error.to_string();
            let found = trust_failure(&io::Error::new(io::ErrorKind::InvalidData, error));
            assert_eq!(found.map(|failure| failure.reason()), expected, "{text}");
        }
    }

    #[test]
    fn other_errors_are_not_about_trust() {
        assert_eq!(trust_failure(&Wrapper(io::Error::from(io::ErrorKind::ConnectionReset))), None);
    }

    #[test]
    fn the_message_names_certificate_host_reason_and_remedy() {
        let text = failure().to_string();
        assert!(
            text.starts_with("certificate \"CN=fin-b\" of fin-b not accepted: it has expired; renew"),
            "{text}"
        );
    }
}
