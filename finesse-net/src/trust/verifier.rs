//! The decision about one presented certificate.
//!
//! Invariants: an exactly known leaf is accepted whatever its names and issuer, but only within its dates; everything else goes
//! through rustls' own chain and name checks; proof of possession of the key (the handshake's signature) is always demanded,
//! except in the mode named insecure.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};

use super::failure::{TrustFailure, TrustReason, from_fault};
use crate::certificate::{CertificateInfo, fingerprint, sha256};

/// Whom to believe.
pub(super) enum Mode {
    /// Authorities, and leaves known byte by byte.
    Chain {
        /// `None` if there is no authority at all.
        authorities: Option<Arc<WebPkiServerVerifier>>,
        /// Certificates accepted as they are, in DER form.
        leaves: Vec<CertificateDer<'static>>,
    },
    /// Leaves known by their SHA-256.
    Pins(Vec<[u8; 32]>),
    /// Everybody.
    Anything,
}

pub(super) struct Verifier {
    mode: Mode,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(mode: Mode, provider: Arc<CryptoProvider>) -> Self {
        Self { mode, provider }
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), TrustFailure> {
        match &self.mode {
            Mode::Anything => Ok(()),
            Mode::Pins(pins) => {
                if pins.contains(&sha256(leaf)) {
                    return within_dates(leaf, now);
                }
                Err(TrustFailure::new(TrustReason::PinMismatch, "it is none of the pinned certificates"))
            }
            Mode::Chain { authorities, leaves } => {
                if leaves.iter().any(|known| known == leaf) {
                    return within_dates(leaf, now);
                }
                let Some(authorities) = authorities else {
                    return Err(from_fault(&CertificateError::UnknownIssuer));
                };
                match authorities.verify_server_cert(leaf, intermediates, name, ocsp, now) {
                    Ok(_) => Ok(()),
                    Err(rustls::Error::InvalidCertificate(fault)) => Err(explain(leaf, &fault)),
                    Err(other) => Err(TrustFailure::new(TrustReason::Other, other.to_string())),
                }
            }
        }
    }
}

/// Self-signed certificates are often marked as CA; the chain check then stumbles over that mark before it looks for an issuer. What
/// the person needs to hear is that nobody vouches for it.
fn explain(leaf: &CertificateDer<'_>, fault: &CertificateError) -> TrustFailure {
    let failure = from_fault(fault);
    let self_issued = CertificateInfo::from_der(leaf).is_some_and(|info| info.self_issued);
    if self_issued && matches!(failure.reason(), TrustReason::Other | TrustReason::UnknownIssuer) {
        return TrustFailure::new(
            TrustReason::UnknownIssuer,
            "it is self-signed and not among the trusted ones",
        );
    }
    failure
}

fn within_dates(leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), TrustFailure> {
    let Some(info) = CertificateInfo::from_der(leaf) else {
        return Err(TrustFailure::new(TrustReason::Other, "its dates cannot be read"));
    };
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now > info.not_after_unix {
        return Err(from_fault(&CertificateError::Expired));
    }
    if now < info.not_before_unix {
        return Err(from_fault(&CertificateError::NotValidYet));
    }
    Ok(())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.judge(end_entity, intermediates, server_name, ocsp_response, now).map_err(|failure| {
            let subject = CertificateInfo::from_der(end_entity)
                .map_or_else(|| String::from("(unreadable)"), |info| info.subject);
            let failure = failure
                .with_host(server_name.to_str())
                .with_certificate(subject, fingerprint(&sha256(end_entity)));
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
        })?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if let Mode::Anything = self.mode {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if let Mode::Anything = self.mode {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match &self.mode {
            Mode::Chain { .. } => "chain",
            Mode::Pins(_) => "pins",
            Mode::Anything => "anything",
        };
        f.debug_struct("Verifier").field("mode", &mode).finish_non_exhaustive()
    }
}
