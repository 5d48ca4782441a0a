//! Dates of HTTP headers, in the one form that servers may still produce.

/// `Tue, 05 Mar 2024 10:20:07 GMT` as seconds since 1970. Older forms give `None`.
pub(crate) fn http_date(text: &str) -> Option<i64> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut words = rest.split(' ');
    let day = number(words.next()?, 1..=31)?;
    let month = words.next()?;
    let year = number(words.next()?, 1970..=9999)?;
    let mut clock = words.next()?.split(':');
    let hour = number(clock.next()?, 0..=23)?;
    let minute = number(clock.next()?, 0..=59)?;
    let second = number(clock.next()?, 0..=60)?;
    if words.next()? != "GMT" || words.next().is_some() || clock.next().is_some() {
        return None;
    }
    // Days before each month of a year that begins in March, so that a leap day is a year's last.
    let (shift, days) = match month {
        "Mar" => (0, 0),
        "Apr" => (0, 31),
        "May" => (0, 61),
        "Jun" => (0, 92),
        "Jul" => (0, 122),
        "Aug" => (0, 153),
        "Sep" => (0, 184),
        "Oct" => (0, 214),
        "Nov" => (0, 245),
        "Dec" => (0, 275),
        "Jan" => (1, 306),
        "Feb" => (1, 337),
        _ => return None,
    };
    let year = year - shift;
    // 719 468 days lie between 0000-03-01 and 1970-01-01.
    let days = year * 365 + year / 4 - year / 100 + year / 400 + days + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

fn number(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| range.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_seconds() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Tue, 05 Mar 2024 10:20:07 GMT", Some(1_709_634_007)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 01 Jan 2027 00:00:00 GMT", Some(1_798_761_600)),
            ("Tuesday, 05-Mar-24 10:20:07 GMT", None),
            ("Tue, 05 Mar 2024 10:20:07 CET", None),
            ("Tue, 05 Mar 2024 25:20:07 GMT", None),
            ("Tue, 05 Foo 2024 10:20:07 GMT", None),
            ("", None),
        ] {
            assert_eq!(http_date(text), expected, "{text}");
        }
    }
}
