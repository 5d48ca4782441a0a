//! Writes XML, strictly: what XML cannot express is an error with the field named, never something else on the wire.

use crate::content::Content;
use crate::element::Element;
use crate::request::RequestError;

/// A document, or a piece of one, under construction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writer {
    xml: String,
    /// The element that is being written.
    field: String,
    /// The first thing that could not be written.
    error: Option<RequestError>,
}

impl Writer {
    /// A whole document.
    pub(crate) fn document(root: &str, content: &impl Content) -> Result<String, RequestError> {
        let mut writer = Self::default();
        writer.element(root, content);
        writer.finish()
    }

    pub(crate) fn finish(self) -> Result<String, RequestError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.xml),
        }
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.xml.push('<');
        self.xml.push_str(name);
        self.xml.push('>');
        self.field.clear();
        self.field.push_str(name);
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.xml.push_str("</");
        self.xml.push_str(name);
        self.xml.push('>');
    }

    /// One element with its content.
    pub(crate) fn element(&mut self, name: &str, content: &impl Content) {
        self.open(name);
        content.write(self);
        self.close(name);
    }

    /// A collection of elements.
    pub(crate) fn list(&mut self, name: &str, item: &str, items: &[impl Content]) {
        self.open(name);
        for content in items {
            self.element(item, content);
        }
        self.close(name);
    }

    /// An element as it once came.
    pub(crate) fn raw(&mut self, element: &Element) {
        self.xml.push('<');
        self.xml.push_str(&element.name);
        self.field.clear();
        self.field.push_str(&element.name);
        let names = element.attributes.iter().map(|(name, _)| name).chain([&element.name]);
        if let Some(name) = names.into_iter().find(|name| !is_name(name)) {
            let shown: String = name.chars().take(60).collect();
            self.fail(format!("{shown:?} was read and is no name of XML"));
        }
        for (name, value) in &element.attributes {
            self.xml.push(' ');
            self.xml.push_str(name);
            self.xml.push_str("=\"");
            self.text(value);
            self.xml.push('"');
        }
        self.xml.push('>');
        self.text(&element.text);
        for child in &element.children {
            self.raw(child);
        }
        self.close(&element.name);
    }

    /// Text in the current element.
    pub(crate) fn text(&mut self, text: &str) {
        if !text.chars().all(is_legal) {
            self.fail("it holds a character that XML cannot express");
        }
        self.xml.push_str(&quick_xml::escape::escape(text));
    }

    /// The first failure is kept.
    fn fail(&mut self, why: impl Into<String>) {
        if self.error.is_none() {
            self.error = Some(RequestError::new(&self.field, why));
        }
    }
}

/// Characters that XML 1.0 can express.
pub(crate) fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether XML takes it for a name. The reader is more lenient, so not everything that was read can be written.
fn is_name(name: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || c >= '\u{80}';
    let goes_on = |c: char| begins(c) || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.starts_with(begins) && name.chars().all(goes_on)
}

#[cfg(test)]
mod tests {
    use crate::User;

    #[test]
    fn what_was_read_under_a_name_that_is_none_is_not_written() {
        let user = User::from_xml("<User><<on=\"1\">x</<on=\"1\"></User>").unwrap();
        assert_eq!(user.to_xml().unwrap_err().field(), "<on=\"1\"");
        // Of several prefixes none is kept, so what is written reads the same.
        let user = User::from_xml("<User><x:y:z a:b:c=\"1\"/></User>").unwrap();
        assert_eq!(user.to_xml().unwrap(), "<User><z c=\"1\"></z></User>");
        // An attribute without a name is not kept, so this can be written.
        let user = User::from_xml("<User><a =\"1\">x</a></User>").unwrap();
        assert_eq!(User::from_xml(&user.to_xml().unwrap()).unwrap(), user);
        let user = User::from_xml("<User><new-thing x.y=\"1\"/></User>").unwrap();
        assert_eq!(user.to_xml().unwrap(), "<User><new-thing x.y=\"1\"></new-thing></User>");
    }
}
