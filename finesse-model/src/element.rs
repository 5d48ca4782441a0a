//! What the model does not know: kept as a small tree, so that newer servers lose nothing.

use std::collections::HashMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// An element with its text or its children.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Its attributes, in order.
    pub attributes: Vec<(String, String)>,
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

/// As JSON: the text, or an object of its children and `@attributes`. A child that stands there more than once becomes an array; a text
/// beside attributes or children is `#text`.
impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.children.is_empty() && self.attributes.is_empty() {
            return serializer.serialize_str(&self.text);
        }
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.attributes {
            map.serialize_entry(&format!("@{name}"), value)?;
        }
        by_name(&self.children, &mut map)?;
        if !self.text.is_empty() {
            map.serialize_entry("#text", &self.text)?;
        }
        map.end()
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

    /// Without ids that are none, which stand under their own name in the JSON of the object.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let other =
            |element: &&Element| !element.children.is_empty() || !names.contains(&element.name.as_str());
        Self(self.0.iter().filter(other).cloned().collect())
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
        let mut map = serializer.serialize_map(None)?;
        by_name(&self.0, &mut map)?;
        map.end()
    }
}

fn by_name<M: SerializeMap>(elements: &[Element], map: &mut M) -> Result<(), M::Error> {
    let mut groups: Vec<(&str, Vec<&Element>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for element in elements {
        let place = *places.entry(&element.name).or_insert_with(|| {
            groups.push((&element.name, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(element);
    }
    for (name, same) in groups {
        match same.as_slice() {
            [one] => map.serialize_entry(name, one)?,
            many => map.serialize_entry(name, many)?,
        }
    }
    Ok(())
}
