//! What the log keeps of the body of a write: its beginning, without what is secret in it.

use crate::percent;

/// Characters of a body that go into the log.
const KEPT: usize = 2_000;
/// What stands in the place of a secret.
const LEFT_OUT: &str = "***";

/// The body of a write to `path` for the log. Bodies of single sign-on are tokens and nothing else.
pub(super) fn logged(path: &str, body: &[u8]) -> String {
    if percent::decode(path).to_ascii_lowercase().contains("desktop/sso") {
        return LEFT_OUT.to_owned();
    }
    without_passwords(&String::from_utf8_lossy(body)).chars().take(KEPT).collect()
}

/// The same without the content of elements whose names end in `password`, whatever their case and prefix. It need not be XML; of an
/// element that does not end, the rest is left out.
fn without_passwords(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let name = &tag[..tag.find(|c: char| c.is_whitespace() || "<>/".contains(c)).unwrap_or(tag.len())];
        kept.push_str(&rest[..=start]);
        rest = tag;
        let empty = tag.find('>').is_some_and(|end| tag[..end].ends_with('/'));
        if empty || !name.to_ascii_lowercase().ends_with("password") {
            continue;
        }
        // Also its attributes.
        kept.push_str(name);
        kept.push('>');
        kept.push_str(LEFT_OUT);
        let end = format!("</{name}");
        rest = match rest.find(&end) {
            Some(at) => &rest[at..],
            None => "",
        };
        // The end tag is no beginning of another one.
        if let Some(after) = rest.strip_prefix(end.as_str()) {
            kept.push_str(&end);
            rest = after;
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_do_not_go_into_the_log() {
        for (body, shown) in [
            ("<a><password>tulip</password><b>1</b></a>", "<a><password>***</password><b>1</b></a>"),
            ("<n:Password x='tulip'>tu<![CDATA[lip]]></n:Password>", "<n:Password>***</n:Password>"),
            (
                "<newPassword>tulip</newPassword><password>tulip",
                "<newPassword>***</newPassword><password>***",
            ),
            ("<password><x>tulip</x></password>", "<password>***</password>"),
            ("<password/><b>1</b><password>", "<password/><b>1</b><password>***"),
            ("<passwords>3</passwords> < no xml", "<passwords>3</passwords> < no xml"),
            ("", ""),
        ] {
            assert_eq!(logged("/finesse/api/EnterpriseDatabaseConfig", body.as_bytes()), shown);
        }
    }

    #[test]
    fn a_password_that_is_cut_by_the_end_of_what_is_kept_is_left_out_too() {
        let body = format!("{}<password>tulip</password>", "x".repeat(KEPT - 12));
        let shown = logged("/finesse/api/X", body.as_bytes());
        assert_eq!(shown.chars().count(), KEPT);
        assert!(!shown.contains('t') && shown.ends_with("**"), "{shown}");
    }

    #[test]
    fn bodies_of_single_sign_on_do_not_go_into_the_log() {
        for path in ["/desktop/sso/token", "/desktop/%73so/token"] {
            assert_eq!(logged(path, b"{\"refresh_token\":\"tulip\"}"), LEFT_OUT);
        }
    }
}
