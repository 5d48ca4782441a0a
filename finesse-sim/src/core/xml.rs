//! One small XML tree, for what clients send and for what the pair says.
//!
//! Reading keeps local names and drops prefixes; the namespace of an element is the resolved one. Nothing a client sends
//! can make the reader recurse or grow beyond its limits: depth and size are capped, and document types are refused.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Deepest nesting that is read; a stanza with a dialog in it has about ten levels.
const MAX_DEPTH: usize = 64;
/// Longest document that is read: 1 MiB, the limit of the real server's WebSocket frames.
const MAX_BYTES: usize = 1 << 20;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elem {
    /// Local name when read; the name as written when built.
    pub(crate) name: String,
    /// Resolved namespace when read; empty when built.
    pub(crate) ns: String,
    /// Attributes in order.
    pub(crate) attrs: Vec<(String, String)>,
    /// Child elements in order.
    pub(crate) kids: Vec<Self>,
    /// Text, of all text nodes together.
    pub(crate) text: String,
}

impl Elem {
    /// An empty element.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// With an attribute.
    pub(crate) fn attr(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attrs.push((name.to_owned(), value.into()));
        self
    }

    /// With text.
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// With a child.
    pub(crate) fn child(mut self, kid: Self) -> Self {
        self.kids.push(kid);
        self
    }

    /// With these children.
    pub(crate) fn children(mut self, kids: impl IntoIterator<Item = Self>) -> Self {
        self.kids.extend(kids);
        self
    }

    /// With a child that holds text.
    pub(crate) fn leaf(self, name: &str, text: impl Into<String>) -> Self {
        self.child(Self::new(name).text(text))
    }

    /// With a child that holds text, if there is any.
    pub(crate) fn maybe(self, name: &str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.leaf(name, text),
            None => self,
        }
    }

    /// Children in byte order of their names at every level, as the servers' XML binding writes them.
    pub(crate) fn sorted(mut self) -> Self {
        self.kids = self.kids.into_iter().map(Self::sorted).collect();
        self.kids.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }

    /// The first child with this local name, case aside.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        self.kids.iter().find(|kid| kid.name.eq_ignore_ascii_case(name))
    }

    /// The trimmed text of the first child with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|kid| kid.text.trim())
    }

    /// The value of an attribute.
    pub(crate) fn at(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// As text without line breaks.
    pub(crate) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// As text with line breaks and indentation.
    pub(crate) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    fn write(&self, out: &mut String, indent: Option<usize>) {
        let pad = |out: &mut String, levels: usize| out.extend(std::iter::repeat_n("  ", levels));
        if let Some(level) = indent {
            pad(out, level);
        }
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attrs {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape_into(value, out);
            out.push('"');
        }
        // Elements that could hold text are written as a pair of tags, as the servers do; those of XMPP are closed at once.
        if self.kids.is_empty() && self.text.is_empty() && !self.attrs.is_empty() {
            out.push_str("/>");
        } else {
            out.push('>');
            escape_into(&self.text, out);
            for kid in &self.kids {
                if indent.is_some() {
                    out.push('\n');
                }
                kid.write(out, indent.map(|level| level + 1));
            }
            if let (Some(level), false) = (indent, self.kids.is_empty()) {
                out.push('\n');
                pad(out, level);
            }
            out.push_str("</");
            out.push_str(&self.name);
            out.push('>');
        }
    }

    /// Reads a document with one root element, of the length a stanza may have.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::parse_within(text, MAX_BYTES)
    }

    /// The same, of this length.
    pub(crate) fn parse_within(text: &str, max: usize) -> Result<Self, String> {
        if text.len() > max {
            return Err(format!("{} bytes are more than {max}", text.len()));
        }
        let mut reader = Reader::from_str(text);
        let mut open: Vec<(Self, Scope)> = Vec::new();
        let mut root = None;
        loop {
            let event = reader.read_event().map_err(|err| err.to_string())?;
            match event {
                Event::Start(start) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(format!("nested deeper than {MAX_DEPTH}"));
                    }
                    if root.is_some() {
                        return Err("more than one root element".to_owned());
                    }
                    let scope = open.last().map(|(_, scope)| scope.clone()).unwrap_or_default();
                    open.push(Self::start(&start, scope)?);
                }
                Event::Empty(start) => {
                    let scope = open.last().map(|(_, scope)| scope.clone()).unwrap_or_default();
                    let (elem, _) = Self::start(&start, scope)?;
                    match open.last_mut() {
                        Some((parent, _)) => parent.kids.push(elem),
                        None if root.is_none() => root = Some(elem),
                        None => return Err("more than one root element".to_owned()),
                    }
                }
                Event::End(_) => {
                    let Some((elem, _)) = open.pop() else {
                        return Err("end tag without a start".to_owned());
                    };
                    match open.last_mut() {
                        Some((parent, _)) => parent.kids.push(elem),
                        None => root = Some(elem),
                    }
                }
                Event::Text(text) => append(&mut open, &text.xml10_content())?,
                Event::CData(text) => append(&mut open, &text.xml10_content())?,
                Event::GeneralRef(entity) => {
                    let resolved = match entity.resolve_char_ref().map_err(|err| err.to_string())? {
                        Some(c) => c,
                        None => {
                            predefined(&entity).ok_or_else(|| format!("unknown entity {:?}", &*entity))?
                        }
                    };
                    append(&mut open, resolved.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err("document type not allowed".to_owned()),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        match (open.is_empty(), root) {
            (true, Some(root)) => Ok(root),
            _ => Err("document is not complete".to_owned()),
        }
    }

    fn start(start: &BytesStart<'_>, mut scope: Scope) -> Result<(Self, Scope), String> {
        let mut attrs = Vec::new();
        for attr in start.attributes() {
            let attr = attr.map_err(|err| err.to_string())?;
            let value = attr.normalized_value(XmlVersion::Implicit1_0).map_err(|err| err.to_string())?;
            let key: &str = attr.key.as_ref();
            if key == "xmlns" {
                scope.bind("", &value);
            } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                scope.bind(prefix, &value);
            } else {
                attrs.push((key.to_owned(), value.into_owned()));
            }
        }
        let name = start.name();
        let full: &str = name.as_ref();
        let (prefix, local) = full.split_once(':').unwrap_or(("", full));
        let elem = Self { name: local.to_owned(), ns: scope.resolve(prefix), attrs, ..Self::default() };
        Ok((elem, scope))
    }
}

/// Namespace bindings in force, innermost last.
#[derive(Clone, Debug, Default)]
struct Scope(Vec<(String, String)>);

impl Scope {
    fn bind(&mut self, prefix: &str, ns: &str) {
        match self.0.iter_mut().find(|(known, _)| known == prefix) {
            Some((_, value)) => ns.clone_into(value),
            None => self.0.push((prefix.to_owned(), ns.to_owned())),
        }
    }

    fn resolve(&self, prefix: &str) -> String {
        self.0.iter().find(|(known, _)| known == prefix).map(|(_, ns)| ns.clone()).unwrap_or_default()
    }
}

fn append(open: &mut [(Elem, Scope)], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some((elem, _)) => elem.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside the root element".to_owned()),
    }
    Ok(())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// Escaped text.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(text, &mut out);
    out
}

/// Escapes text; characters XML 1.0 cannot hold are replaced.
fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let elem = Elem::new("User")
            .attr("id", "a\"<b")
            .leaf("b", "R&D <desk>")
            .leaf("a", "")
            .child(Elem::new("c").leaf("x", "1"))
            .sorted();
        for text in [elem.compact(), elem.pretty()] {
            let read = Elem::parse(&text).unwrap();
            assert_eq!(read.get("b"), Some("R&D <desk>"));
            assert_eq!(read.get("a"), Some(""));
            assert_eq!(read.at("id"), Some("a\"<b"));
            assert_eq!(read.find("C").and_then(|c| c.get("x")), Some("1"));
        }
        assert!(elem.compact().contains("<a></a>"));
    }

    #[test]
    fn namespaces_resolve_through_prefixes_and_inheritance() {
        let elem = Elem::parse("<q:iq xmlns:q='one' xmlns='two'><bind><q:x/></bind></q:iq>").unwrap();
        assert_eq!((elem.name.as_str(), elem.ns.as_str()), ("iq", "one"));
        assert_eq!(elem.kids[0].ns, "two");
        assert_eq!(elem.kids[0].kids[0].ns, "one");
    }

    #[test]
    fn bad_documents_are_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a>&nope;</a>",
            "<!DOCTYPE a><a/>",
            deep.as_str(),
            "<a b='1' b='2'/>",
        ] {
            assert!(Elem::parse(text).is_err(), "{text}");
        }
        assert!(Elem::parse(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
