//! The few things we need to know about JIDs: parts, comparison, and the escaping of ids that may not stand in one.

/// How a login id that contains characters forbidden in a JID becomes the name in the XMPP login. What Finesse does with such ids is not
/// documented; all three ways have been seen in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NodeForm {
    /// XEP-0106: `a@b` becomes `a\40b`. The default, because it is the standard's answer and changes nothing for ordinary ids.
    #[default]
    Escaped,
    /// Everything from the first `@` is dropped, as one single-sign-on client does.
    StripAt,
    /// As it is.
    Verbatim,
}

impl NodeForm {
    pub(crate) fn apply(self, login_id: &str) -> String {
        match self {
            Self::Escaped => escape_node(login_id),
            Self::StripAt => login_id.split('@').next().unwrap_or(login_id).to_owned(),
            Self::Verbatim => login_id.to_owned(),
        }
    }
}

/// XEP-0106. A backslash is escaped only where it would be read as the beginning of an escape sequence.
fn escape_node(node: &str) -> String {
    const CODES: [(char, &str); 9] = [
        (' ', "\\20"),
        ('"', "\\22"),
        ('&', "\\26"),
        ('\'', "\\27"),
        ('/', "\\2f"),
        (':', "\\3a"),
        ('<', "\\3c"),
        ('>', "\\3e"),
        ('@', "\\40"),
    ];
    let mut out = String::with_capacity(node.len());
    for (at, c) in node.char_indices() {
        if let Some((_, code)) = CODES.iter().find(|(forbidden, _)| *forbidden == c) {
            out.push_str(code);
        } else if c == '\\' && begins_an_escape(&node[at..]) {
            out.push_str("\\5c");
        } else {
            out.push(c);
        }
    }
    out
}

fn begins_an_escape(text: &str) -> bool {
    const SEQUENCES: [&str; 10] =
        ["\\20", "\\22", "\\26", "\\27", "\\2f", "\\3a", "\\3c", "\\3e", "\\40", "\\5c"];
    text.get(..3).is_some_and(|head| SEQUENCES.contains(&head.to_ascii_lowercase().as_str()))
}

/// The part before `@`, if there is one.
pub(crate) fn node_of(jid: &str) -> Option<&str> {
    let bare = bare(jid);
    bare.split_once('@').map(|(node, _)| node)
}

/// The part between `@` and `/`.
pub(crate) fn domain_of(jid: &str) -> &str {
    let bare = bare(jid);
    bare.split_once('@').map_or(bare, |(_, domain)| domain)
}

/// Everything behind the slash.
pub(crate) fn resource_of(jid: &str) -> Option<&str> {
    jid.split_once('/').map(|(_, resource)| resource)
}

/// Everything before the resource.
pub(crate) fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_ids_stay_as_they_are() {
        assert_eq!(NodeForm::Escaped.apply("40217"), "40217");
        assert_eq!(NodeForm::Escaped.apply("Ag-Lindqvist"), "Ag-Lindqvist");
    }

    #[test]
    fn forbidden_characters_are_escaped_as_xep_0106_says() {
        assert_eq!(NodeForm::Escaped.apply("maj@corp.example"), "maj\\40corp.example");
        assert_eq!(NodeForm::Escaped.apply("a b\"&'/:<>"), "a\\20b\\22\\26\\27\\2f\\3a\\3c\\3e");
        assert_eq!(NodeForm::Escaped.apply("corp\\maj"), "corp\\maj");
        assert_eq!(NodeForm::Escaped.apply("c:\\5commas"), "c\\3a\\5c5commas");
        assert_eq!(NodeForm::Escaped.apply("a\\"), "a\\");
        assert_eq!(NodeForm::Escaped.apply("a\\å2"), "a\\å2");
    }

    #[test]
    fn the_other_forms_strip_or_leave() {
        assert_eq!(NodeForm::StripAt.apply("maj@corp.example"), "maj");
        assert_eq!(NodeForm::Verbatim.apply("maj@corp.example"), "maj@corp.example");
    }

    #[test]
    fn parts_of_a_jid() {
        assert_eq!(node_of("finesse@fin-a.lab.example/x@1"), Some("finesse"));
        assert_eq!(domain_of("finesse@fin-a.lab.example/x1"), "fin-a.lab.example");
        assert_eq!(resource_of("finesse@fin-a.lab.example/x@1"), Some("x@1"));
        assert_eq!(node_of("pubsub.fin-a.lab.example"), None);
        assert_eq!(domain_of("pubsub.fin-a.lab.example"), "pubsub.fin-a.lab.example");
    }
}
