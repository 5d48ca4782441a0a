//! What a person wants to know about a certificate: whose it is, until when it is good, its fingerprint.
//!
//! Reading is lenient and bounded: bytes that are no certificate give `None`, never a panic. Nothing here decides about trust
//! except the comparison of dates.

mod der;

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use self::der::Reader;

const SECONDS_PER_DAY: i64 = 86_400;
/// Longest subject kept. A certificate may carry any length of text; a message should stay readable.
const SUBJECT_CAP: usize = 200;

/// A server certificate, as far as it concerns a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateInfo {
    /// The subject, for example `CN=fin-a.lab.example, O=Example`; the first subject alternative name if the subject is empty.
    pub subject: String,
    /// First second at which it is valid, as seconds since 1970.
    pub not_before_unix: i64,
    /// Last second at which it is valid, as seconds since 1970.
    pub not_after_unix: i64,
    /// SHA-256 of the certificate as sent (DER). This is what a pin names.
    pub sha256: [u8; 32],
    /// Whether the certificate names itself as its issuer.
    pub self_issued: bool,
    /// Whether it may issue other certificates.
    pub(crate) is_ca: bool,
}

impl CertificateInfo {
    /// Reads one certificate in DER form.
    #[must_use]
    pub fn from_der(bytes: &[u8]) -> Option<Self> {
        let mut certificate = Reader::new(Reader::new(bytes).take(der::SEQUENCE)?);
        let mut body = Reader::new(certificate.take(der::SEQUENCE)?);
        let version = body.take(0xa0);
        body.next()?; // serial number
        body.take(der::SEQUENCE)?; // signature algorithm
        let issuer = body.take(der::SEQUENCE)?;
        let mut validity = Reader::new(body.take(der::SEQUENCE)?);
        let (tag, text) = validity.next()?;
        let not_before_unix = der::unix_seconds(tag, text)?;
        let (tag, text) = validity.next()?;
        let not_after_unix = der::unix_seconds(tag, text)?;
        let subject = body.take(der::SEQUENCE)?;
        body.take(der::SEQUENCE)?; // public key
        let extensions = Extensions::read(body);
        let mut name = distinguished_name(subject);
        if name.is_empty() {
            name = extensions.first_name.unwrap_or_else(|| String::from("(no subject)"));
        }
        Some(Self {
            subject: name,
            not_before_unix,
            not_after_unix,
            sha256: sha256(bytes),
            self_issued: issuer == subject,
            // Version 1 certificates have no extensions, so a self-issued one can only be recognised by that.
            is_ca: extensions.is_ca || (version.is_none() && issuer == subject),
        })
    }

    /// Whole days until it ends; negative once it has ended.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> i64 {
        (self.not_after_unix - unix(now)).div_euclid(SECONDS_PER_DAY)
    }

    /// The fingerprint as hex digits with colons, as tools print it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.sha256)
    }
}

pub(crate) fn fingerprint(hash: &[u8]) -> String {
    let mut text = String::with_capacity(hash.len() * 3);
    for (index, byte) in hash.iter().enumerate() {
        let separator = if index == 0 { "" } else { ":" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{byte:02x}");
    }
    text
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

fn unix(now: SystemTime) -> i64 {
    match now.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    }
}

/// `CN=..., O=...` in the order of the certificate. Attributes that people do not know by a short name are left out.
fn distinguished_name(bytes: &[u8]) -> String {
    let mut name = String::new();
    let mut sets = Reader::new(bytes);
    while let Some(set) = sets.take(der::SET) {
        let mut attributes = Reader::new(set);
        while let Some(attribute) = attributes.take(der::SEQUENCE) {
            let mut attribute = Reader::new(attribute);
            let (Some(oid), Some((tag, value))) = (attribute.take(der::OID), attribute.next()) else {
                return name;
            };
            let label = match oid {
                [0x55, 4, 3] => "CN",
                [0x55, 4, 6] => "C",
                [0x55, 4, 7] => "L",
                [0x55, 4, 8] => "ST",
                [0x55, 4, 10] => "O",
                [0x55, 4, 11] => "OU",
                _ => continue,
            };
            if name.len() >= SUBJECT_CAP {
                return name;
            }
            let separator = if name.is_empty() { "" } else { ", " };
            let _ = write!(name, "{separator}{label}={}", printable(tag, value));
        }
    }
    name
}

/// Text of a peer, made fit for a message: no control characters, bounded. BMPString (0x1e) is UTF-16, all others are read as UTF-8.
fn printable(tag: u8, value: &[u8]) -> String {
    let text = if tag == 0x1e {
        let units = value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).take(SUBJECT_CAP).collect()
    } else {
        String::from_utf8_lossy(&value[..value.len().min(4 * SUBJECT_CAP)]).into_owned()
    };
    text.chars().take(SUBJECT_CAP).map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[derive(Default)]
struct Extensions {
    is_ca: bool,
    first_name: Option<String>,
}

impl Extensions {
    /// Reads what follows the public key: optional unique ids, then the extensions under tag 3.
    fn read(mut body: Reader<'_>) -> Self {
        let mut found = Self::default();
        while body.peek().is_some_and(|tag| tag != 0xa3) {
            if body.next().is_none() {
                return found;
            }
        }
        let Some(list) = body.take(0xa3).and_then(|wrapped| Reader::new(wrapped).take(der::SEQUENCE)) else {
            return found;
        };
        let mut list = Reader::new(list);
        while let Some(extension) = list.take(der::SEQUENCE) {
            let mut extension = Reader::new(extension);
            let oid = extension.take(der::OID);
            extension.take(der::BOOLEAN); // critical or not
            let Some(content) =
                extension.take(der::OCTET_STRING).and_then(|value| Reader::new(value).take(der::SEQUENCE))
            else {
                continue;
            };
            match oid {
                // Basic constraints: BOOLEAN TRUE first means CA.
                Some([0x55, 0x1d, 0x13]) => {
                    found.is_ca = Reader::new(content)
                        .take(der::BOOLEAN)
                        .is_some_and(|value| value.iter().any(|byte| *byte != 0));
                }
                // Subject alternative names: 0x82 is a DNS name.
                Some([0x55, 0x1d, 0x11]) => {
                    found.first_name = Reader::new(content).take(0x82).map(|name| printable(0x16, name));
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd,
    };

    use super::*;

    fn params() -> CertificateParams {
        let mut params = CertificateParams::new(vec![String::from("fin-a.lab.example")]).unwrap();
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.distinguished_name = DistinguishedName::new();
        params
    }

    fn der(params: &CertificateParams) -> Vec<u8> {
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn subject_dates_and_fingerprint_are_read() {
        let mut params = params();
        params.distinguished_name.push(DnType::CommonName, "fin-a.lab.example");
        params.distinguished_name.push(DnType::OrganizationName, "Ex\nample");
        let bytes = der(&params);
        let info = CertificateInfo::from_der(&bytes).unwrap();
        assert_eq!(info.subject, "CN=fin-a.lab.example, O=Ex?ample");
        assert_eq!((info.not_before_unix, info.not_after_unix), (1_704_067_200, 1_798_761_600));
        assert_eq!(info.sha256, sha256(&bytes));
        assert_eq!(info.fingerprint().len(), 32 * 3 - 1);
        assert!(info.self_issued);
        assert!(!info.is_ca);
    }

    #[test]
    fn without_a_subject_the_first_alternative_name_stands_in() {
        assert_eq!(CertificateInfo::from_der(&der(&params())).unwrap().subject, "fin-a.lab.example");
    }

    #[test]
    fn a_ca_is_known_by_its_basic_constraints() {
        let mut params = params();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        assert!(CertificateInfo::from_der(&der(&params)).unwrap().is_ca);
    }

    #[test]
    fn days_left_counts_whole_days_and_goes_below_zero() {
        let info = CertificateInfo::from_der(&der(&params())).unwrap();
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(info.days_left(at(1_798_761_600)), 0);
        assert_eq!(info.days_left(at(1_798_761_600 - 86_400 * 30 - 5)), 30);
        assert_eq!(info.days_left(at(1_798_761_601)), -1);
    }

    #[test]
    fn no_prefix_and_no_changed_byte_of_a_certificate_panics() {
        let mut params = params();
        params.distinguished_name.push(DnType::CommonName, "fin-a.lab.example");
        let bytes = der(&params);
        for end in 0..bytes.len() {
            assert!(CertificateInfo::from_der(&bytes[..end]).is_none());
        }
        for index in 0..bytes.len() {
            for value in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = bytes.clone();
                changed[index] = value;
                let _ = CertificateInfo::from_der(&changed);
            }
        }
    }
}
