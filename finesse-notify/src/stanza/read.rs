//! Reads one element from text that is already framed.

use finesse_model::framer::Namespaces;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::{Builder, Stanza, StanzaError};

/// Parses a text of exactly one element that inherits these namespaces.
pub(crate) fn parse_within(text: &str, inherited: &Namespaces) -> Result<Stanza, StanzaError> {
    let mut reader = NsReader::from_str(text);
    let mut builder = Builder::default();
    let mut whole: Option<Stanza> = None;
    loop {
        let event = reader.read_event().map_err(|e| syntax(&e, &builder))?;
        if whole.is_some() {
            match &event {
                Event::Start(_) | Event::Empty(_) => {
                    return Err(StanzaError::Malformed("more than one element".to_owned()));
                }
                Event::Text(t) if !t.xml10_content().trim().is_empty() => {
                    return Err(StanzaError::Malformed("text after the element".to_owned()));
                }
                _ => {}
            }
        }
        match event {
            Event::Start(tag) => start(&mut builder, &reader, &tag, inherited)?,
            Event::Empty(tag) => {
                start(&mut builder, &reader, &tag, inherited)?;
                whole = builder.end()?.or(whole);
            }
            Event::End(_) => whole = builder.end()?.or(whole),
            Event::Text(t) => builder.text(&t.xml10_content())?,
            Event::CData(t) => builder.text(&t.xml10_content())?,
            Event::GeneralRef(reference) => {
                let resolved =
                    reference.resolve_char_ref().map_err(|e| StanzaError::Malformed(e.to_string()))?;
                match (resolved, reference.xml10_content().as_ref()) {
                    (Some(c), _) => builder.text(c.encode_utf8(&mut [0; 4]))?,
                    (None, "lt") => builder.text("<")?,
                    (None, "gt") => builder.text(">")?,
                    (None, "amp") => builder.text("&")?,
                    (None, "quot") => builder.text("\"")?,
                    (None, "apos") => builder.text("'")?,
                    (None, other) => {
                        return Err(StanzaError::Malformed(format!(
                            "unknown entity &{};",
                            crate::error::quoted(other)
                        )));
                    }
                }
            }
            // XMPP forbids comments, but a proxy that adds one does no harm.
            Event::Comment(_) | Event::Decl(_) => {}
            Event::PI(_) => return Err(StanzaError::Forbidden("a processing instruction")),
            Event::DocType(_) => return Err(StanzaError::Forbidden("a document type")),
            Event::Eof => {
                return match whole {
                    Some(stanza) => Ok(stanza),
                    None if builder.is_open() => Err(StanzaError::Truncated),
                    None => Err(StanzaError::Empty),
                };
            }
        }
    }
}

/// Parses a start tag alone: the element with its attributes and nothing inside.
#[cfg(any(feature = "bosh", feature = "websocket"))]
pub(crate) fn parse_tag(tag: &str) -> Result<Stanza, StanzaError> {
    let mut reader = NsReader::from_str(tag);
    let mut builder = Builder::default();
    match reader.read_event().map_err(|e| syntax(&e, &builder))? {
        Event::Start(tag) | Event::Empty(tag) => {
            start(&mut builder, &reader, &tag, &Namespaces::default())?;
            builder.end()?.ok_or(StanzaError::Empty)
        }
        _ => Err(StanzaError::Empty),
    }
}

fn start(
    builder: &mut Builder,
    reader: &NsReader<&[u8]>,
    tag: &BytesStart<'_>,
    inherited: &Namespaces,
) -> Result<(), StanzaError> {
    let (ns, name) = reader.resolver().resolve_element(tag.name());
    let ns = match &ns {
        ResolveResult::Bound(ns) => ns.as_ref(),
        ResolveResult::Unbound => inherited.default_namespace().unwrap_or(""),
        // Old servers send `stream:features` in a frame of its own without declaring the prefix.
        ResolveResult::Unknown(prefix) => inherited.namespace(prefix).unwrap_or(""),
    };
    builder.start(name.as_ref(), ns)?;
    // Without checks for doubles: these cost the square of the number of attributes, and the first one wins anyway.
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|e| StanzaError::Malformed(e.to_string()))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (ns, name) = reader.resolver().resolve_attribute(attribute.key);
        let ns = match &ns {
            ResolveResult::Bound(ns) => ns.as_ref(),
            ResolveResult::Unknown(prefix) => inherited.namespace(prefix).unwrap_or(""),
            ResolveResult::Unbound => "",
        };
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|e| StanzaError::Malformed(e.to_string()))?;
        builder.attribute(ns, name.as_ref(), &value)?;
    }
    Ok(())
}

fn syntax(error: &quick_xml::Error, builder: &Builder) -> StanzaError {
    match error {
        quick_xml::Error::Syntax(_) => StanzaError::Truncated,
        quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::MissingEndTag(_))
            if builder.is_open() =>
        {
            StanzaError::Truncated
        }
        other => StanzaError::Malformed(crate::error::quoted(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_is_unescaped_exactly_once_and_joined() {
        let stanza = Stanza::parse("<n>&lt;v&gt;R&amp;amp;D&#x20;desk<![CDATA[ <raw> ]]></n>").unwrap();
        assert_eq!(stanza.text(), "<v>R&amp;D desk <raw> ");
    }

    #[test]
    fn every_cut_of_a_document_is_an_error_and_no_panic() {
        let whole = "<iq xmlns='jabber:client' id='1'><q a=\"å\">t&amp;t</q></iq>";
        for (cut, _) in whole.char_indices() {
            assert!(Stanza::parse(&whole[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Stanza::parse(whole).is_ok());
    }

    #[test]
    fn forbidden_constructs_are_refused() {
        assert_eq!(Stanza::parse("<!DOCTYPE x><x/>"), Err(StanzaError::Forbidden("a document type")));
        assert_eq!(
            Stanza::parse("<x><?php 1 ?></x>"),
            Err(StanzaError::Forbidden("a processing instruction"))
        );
        assert!(Stanza::parse("<x>&unknown;</x>").is_err());
        assert!(Stanza::parse("<x/><y/>").is_err());
        assert_eq!(Stanza::parse("  "), Err(StanzaError::Empty));
    }

    #[test]
    fn deep_and_wide_trees_are_refused() {
        assert_eq!(Stanza::parse(&"<a>".repeat(200_000)), Err(StanzaError::TooDeep));
        assert_eq!(Stanza::parse(&format!("<a>{}</a>", "<b/>".repeat(40_000))), Err(StanzaError::TooMany));
        let attributes: String = (0..40_000).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(Stanza::parse(&format!("<a{attributes}/>")), Err(StanzaError::TooMany));
    }
}
