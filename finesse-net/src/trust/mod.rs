//! Which servers are believed to be who they say.
//!
//! Cisco installs a self-signed certificate per node unless somebody replaces it, so the ordinary case is a certificate that no
//! public authority vouches for. Verification is off only where the caller wrote the word insecure.

mod failure;
mod verifier;

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

pub use self::failure::{TrustFailure, TrustReason, trust_failure};
use self::verifier::{Mode, Verifier};
use crate::certificate::CertificateInfo;

/// Which certificates are accepted.
///
/// Whatever is chosen, TLS 1.2 is the oldest protocol spoken, and dates are always checked except by the insecure mode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Authorities that the operating system trusts (or those in the file that `SSL_CERT_FILE` names).
    #[default]
    System,
    /// Those, and the certificates of a PEM file. A CA in it vouches for others. Any certificate in it, CA or leaf, is also
    /// accepted when the server presents exactly that one, then whatever its host names: Cisco's own often carry the name only in
    /// the subject.
    ExtraCa(Vec<u8>),
    /// Only servers that present one of these certificates, named by the SHA-256 of their DER form. A set, so that the next
    /// certificate can be announced before the old one goes.
    Pins(Vec<[u8; 32]>),
    /// Any certificate. Whoever sits on the way can read the password and change every answer.
    InsecureAcceptAnything,
}

impl Trust {
    /// The rustls configuration for it: ring, TLS 1.2 or later, no client certificate.
    ///
    /// # Errors
    ///
    /// A PEM file without a certificate in it, an empty set of pins, a system without any root certificate.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mode = match self {
            Self::System => {
                let roots = system_roots();
                if roots.is_empty() {
                    return Err(TrustError::NoSystemRoots);
                }
                Mode::Chain { authorities: authorities(roots, &provider)?, leaves: Vec::new() }
            }
            Self::ExtraCa(pem) => {
                let leaves = read_pem(pem)?;
                let mut roots = system_roots();
                for certificate in &leaves {
                    // Only a CA may vouch for others: the key of a leaf must not speak for other names. One that rustls cannot take
                    // as an authority still counts as a leaf.
                    if CertificateInfo::from_der(certificate).is_some_and(|info| info.is_ca)
                        && let Err(error) = roots.add(certificate.clone())
                    {
                        tracing::warn!(%error, "a CA of the extra file cannot be used as an authority");
                    }
                }
                Mode::Chain { authorities: authorities(roots, &provider)?, leaves }
            }
            Self::Pins(pins) if pins.is_empty() => return Err(TrustError::NoPins),
            Self::Pins(pins) => Mode::Pins(pins.clone()),
            Self::InsecureAcceptAnything => Mode::Anything,
        };
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| TrustError::Unusable(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(mode, provider)))
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

/// Why no TLS configuration could be made from a [`Trust`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The extra file holds no certificate.
    #[error(
        "the extra CA file holds no certificate in PEM form: it must contain a \"BEGIN CERTIFICATE\" block"
    )]
    NoCertificate,
    /// The extra file is damaged.
    #[error("the extra CA file cannot be read: {0}; export the certificate again in PEM form")]
    BadPem(String),
    /// No pins given.
    #[error("no pin given: name at least one SHA-256 fingerprint, or choose another way to trust")]
    NoPins,
    /// The system trusts nobody.
    #[error(
        "this system has no root certificates: install them (often a package named ca-certificates), or give an extra CA file or a pin"
    )]
    NoSystemRoots,
    /// rustls refuses the configuration.
    #[error("the tls configuration was refused: {0}")]
    Unusable(String),
}

fn authorities(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, TrustError> {
    if roots.is_empty() {
        return Ok(None);
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map(Some)
        .map_err(|error| TrustError::Unusable(error.to_string()))
}

/// The system's root certificates, read once per process: a process may hold thousands of sessions, and reading takes tens of
/// milliseconds. An empty result is not kept.
fn system_roots() -> RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return roots.clone();
    }
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a system root certificate could not be read");
    }
    let mut roots = RootCertStore::empty();
    // Some systems carry a few certificates too old to be used; the others are enough.
    let (used, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(used, ignored, "system root certificates read");
    if roots.is_empty() { roots } else { ROOTS.get_or_init(|| roots).clone() }
}

fn read_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        certificates.push(certificate.map_err(|error| TrustError::BadPem(error.to_string()))?);
    }
    if certificates.is_empty() { Err(TrustError::NoCertificate) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_trust_is_refused_with_a_reason() {
        assert_eq!(Trust::ExtraCa(Vec::new()).client_config().unwrap_err(), TrustError::NoCertificate);
        assert_eq!(
            Trust::ExtraCa(b"no pem at all".to_vec()).client_config().unwrap_err(),
            TrustError::NoCertificate
        );
        assert_eq!(Trust::Pins(Vec::new()).client_config().unwrap_err(), TrustError::NoPins);
        let cut = b"-----BEGIN CERTIFICATE-----\nMIIB\n";
        assert!(matches!(Trust::ExtraCa(cut.to_vec()).client_config().unwrap_err(), TrustError::BadPem(_)));
    }
}
