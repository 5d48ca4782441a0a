//! What the model does not know: kept as a small tree, so that newer servers lose nothing.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// An element with its text or its children. Attributes are not kept: Finesse uses none that carry data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Its text, trimmed; empty if it has only children.
    pub text: String,
    /// Its children, in order.
    pub children: Vec<Self>,
}

impl Element {
    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

impl Element {
    /// The element as XML again.
    pub(crate) fn to_xml(&self) -> String {
        let inside: String = self.children.iter().map(Self::to_xml).collect();
        format!("<{0}>{1}{inside}</{0}>", self.name, quick_xml::escape::escape(&self.text))
    }
}

/// As JSON: the text, or an object of its children. A child that stands there more than once becomes an array.
impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.children.is_empty() {
            return serializer.serialize_str(&self.text);
        }
        by_name(&self.children, serializer)
    }
}

/// Unknown elements of one object, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extra(Vec<Element>);

impl Extra {
    pub(crate) fn push(&mut self, element: Element) {
        self.0.push(element);
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        self.0.iter()
    }

    /// The first of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.0.iter().find(|element| element.name == name)
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        by_name(&self.0, serializer)
    }
}

fn by_name<S: Serializer>(elements: &[Element], serializer: S) -> Result<S::Ok, S::Error> {
    let mut names: Vec<&str> = Vec::new();
    for element in elements {
        if !names.contains(&element.name.as_str()) {
            names.push(&element.name);
        }
    }
    let mut map = serializer.serialize_map(Some(names.len()))?;
    for name in names {
        let same: Vec<&Element> = elements.iter().filter(|element| element.name == name).collect();
        match same.as_slice() {
            [one] => map.serialize_entry(name, one)?,
            many => map.serialize_entry(name, many)?,
        }
    }
    map.end()
}
