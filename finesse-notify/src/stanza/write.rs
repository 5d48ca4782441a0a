//! Writes a [`Stanza`] as XML.

use std::fmt::Write as _;

use super::{NS_XML, Stanza};

/// The element as XML; `parent_ns` is the default namespace where it will stand.
pub(crate) fn to_xml(stanza: &Stanza, parent_ns: &str) -> String {
    let mut out = String::with_capacity(256);
    element(&mut out, stanza, parent_ns);
    out
}

// Recursion is safe: the depth of every tree that came from a peer is bounded by the builder.
fn element(out: &mut String, stanza: &Stanza, parent_ns: &str) {
    out.push('<');
    out.push_str(&stanza.name);
    if stanza.ns != parent_ns {
        out.push_str(" xmlns=\"");
        escape(out, &stanza.ns);
        out.push('"');
    }
    for (n, attribute) in stanza.attributes.iter().enumerate() {
        match attribute.ns.as_str() {
            "" => {
                out.push(' ');
            }
            NS_XML => out.push_str(" xml:"),
            ns => {
                let _ = write!(out, " xmlns:n{n}=\"");
                escape(out, ns);
                let _ = write!(out, "\" n{n}:");
            }
        }
        out.push_str(&attribute.name);
        out.push_str("=\"");
        escape(out, &attribute.value);
        out.push('"');
    }
    if stanza.text.is_empty() && stanza.children.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    escape(out, &stanza.text);
    for child in &stanza.children {
        element(out, child, &stanza.ns);
    }
    out.push_str("</");
    out.push_str(&stanza.name);
    out.push('>');
}

/// Appends text so that it is safe as content and inside of double quotes. Characters that XML 1.0 cannot carry are left out.
pub(crate) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A raw one would be read back as a space or a line feed.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::NS_CLIENT;
    use super::*;

    #[test]
    fn the_parent_namespace_is_not_repeated() {
        let iq =
            Stanza::new("iq", NS_CLIENT).with("id", "1").with_child(Stanza::new("ping", "urn:xmpp:ping"));
        assert_eq!(iq.to_xml_within(NS_CLIENT), "<iq id=\"1\"><ping xmlns=\"urn:xmpp:ping\"/></iq>");
        assert!(iq.to_xml().starts_with("<iq xmlns=\"jabber:client\""));
    }

    #[test]
    fn line_breaks_in_attributes_survive() {
        let one = Stanza::new("a", "").with("v", "x\n\ty\u{1}z");
        let back = Stanza::parse(&one.to_xml()).unwrap();
        assert_eq!(back.attribute("v"), Some("x\n\tyz"));
    }
}
