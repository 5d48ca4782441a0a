//! Builds one [`Stanza`] from parser events. The bounds on depth and number live here and nowhere else.

use super::{Attribute, MAX_DEPTH, MAX_NODES, Stanza, StanzaError};

/// An element under construction: the chain of open elements, outermost first.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    open: Vec<Stanza>,
    nodes: usize,
}

impl Builder {
    /// True while an element is open.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// An element begins; its attributes follow by [`attribute`](Self::attribute).
    pub(crate) fn start(&mut self, name: &str, ns: &str) -> Result<(), StanzaError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(StanzaError::TooDeep);
        }
        check_name(name)?;
        self.count()?;
        self.open.push(Stanza::new(name, ns));
        Ok(())
    }

    /// An attribute of the innermost open element.
    pub(crate) fn attribute(&mut self, ns: &str, name: &str, value: &str) -> Result<(), StanzaError> {
        check_name(name)?;
        self.count()?;
        if let Some(element) = self.open.last_mut() {
            element.attributes.push(Attribute {
                ns: ns.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        Ok(())
    }

    /// Text inside the innermost open element. White space outside of any element is ignored.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), StanzaError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(StanzaError::Malformed("text outside of an element".to_owned())),
        }
        Ok(())
    }

    /// The innermost element ends. Returns the whole tree when it was the outermost.
    pub(crate) fn end(&mut self) -> Result<Option<Stanza>, StanzaError> {
        let Some(element) = self.open.pop() else {
            return Err(StanzaError::Malformed("an end tag without a beginning".to_owned()));
        };
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                Ok(None)
            }
            None => {
                self.nodes = 0;
                Ok(Some(element))
            }
        }
    }

    fn count(&mut self) -> Result<(), StanzaError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err(StanzaError::TooMany) } else { Ok(()) }
    }
}

/// Not every parser looks at names. What we took in must be fit to be written again.
fn check_name(name: &str) -> Result<(), StanzaError> {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if begins && chars.all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '\u{b7}')) {
        Ok(())
    } else {
        Err(StanzaError::Malformed(format!("not a name: {}", crate::error::quoted(name))))
    }
}
