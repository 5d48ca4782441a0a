//! The little of DER that is needed to read a certificate's subject, dates and kind.
//!
//! Only used to tell a person about a certificate, to compare its dates, and to know a CA from a leaf. Signatures and chains
//! are checked by rustls. Invariants: never panics and never allocates more than the input's size, whatever the bytes are;
//! every read is bounds-checked.

/// SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;
/// SET.
pub(super) const SET: u8 = 0x31;
/// OBJECT IDENTIFIER.
pub(super) const OID: u8 = 0x06;
/// BOOLEAN.
pub(super) const BOOLEAN: u8 = 0x01;
/// OCTET STRING.
pub(super) const OCTET_STRING: u8 = 0x04;
/// UTCTime.
pub(super) const UTC_TIME: u8 = 0x17;
/// GeneralizedTime.
pub(super) const GENERALIZED_TIME: u8 = 0x18;

/// Walks the elements of one constructed value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Tag of the next element without taking it.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes the next element: its tag and its content.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.rest.split_first()?;
        // Tag numbers above 30 take several bytes. No certificate uses one.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            // Four length bytes are 4 GiB; indefinite length (0x80) is not DER.
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return None;
            }
            let (bytes, after) = rest.split_at_checked(count)?;
            rest = after;
            usize::try_from(bytes.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte))).ok()?
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some((tag, content))
    }

    /// Takes the next element if it has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content) = ahead.next()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(content)
    }
}

/// A UTCTime or GeneralizedTime as seconds since 1970, in the only form that certificates may use: seconds given, zone `Z`.
pub(super) fn unix_seconds(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |range: &[u8]| range.iter().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let (year, rest) = match (tag, digits.len()) {
        // Two digits mean 1950 to 2049 (RFC 5280).
        (UTC_TIME, 12) => {
            let short = number(&digits[..2]);
            (if short < 50 { 2000 + short } else { 1900 + short }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let (month, day) = (number(&rest[..2]), number(&rest[2..4]));
    let (hour, minute, second) = (number(&rest[4..6]), number(&rest[6..8]), number(&rest[8..10]));
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719 468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + (month * 306 + 5) / 10 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_time_forms_give_unix_seconds() {
        let table: [(u8, &[u8], Option<i64>); 11] = [
            (UTC_TIME, b"700101000000Z", Some(0)),
            (UTC_TIME, b"000229120000Z", Some(951_825_600)),
            (UTC_TIME, b"491231235959Z", Some(2_524_607_999)),
            (UTC_TIME, b"500101000000Z", Some(-631_152_000)),
            (GENERALIZED_TIME, b"20240305102007Z", Some(1_709_634_007)),
            (GENERALIZED_TIME, b"99991231235959Z", Some(253_402_300_799)),
            (GENERALIZED_TIME, b"20240305102007", None),
            (GENERALIZED_TIME, b"240305102007Z", None),
            (GENERALIZED_TIME, b"20241305102007Z", None),
            (UTC_TIME, b"7001010000Z", None),
            (UTC_TIME, b"70010100+100Z", None),
        ];
        for (tag, text, expected) in table {
            assert_eq!(unix_seconds(tag, text), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn lengths_beyond_the_input_and_odd_forms_are_refused() {
        for bytes in [
            &[0x30][..],
            &[0x30, 5, 1],
            &[0x30, 0x80],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x1f, 1, 0],
            &[0x30, 0x84, 255, 255, 255, 255],
        ] {
            assert!(Reader::new(bytes).next().is_none(), "{bytes:?}");
        }
        assert_eq!(Reader::new(&[0x30, 0x81, 1, 7]).next(), Some((0x30, &[7][..])));
    }

    #[test]
    fn a_tag_that_does_not_match_is_left_in_place() {
        let mut reader = Reader::new(&[0x02, 1, 9, 0x05, 0]);
        assert_eq!(reader.take(SEQUENCE), None);
        assert_eq!(reader.take(0x02), Some(&[9][..]));
        assert_eq!(reader.peek(), Some(0x05));
    }
}
