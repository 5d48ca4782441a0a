//! The JSON Schema of everything that `decode` prints.
//!
//! Made from the same tables as the readers. Beside the JSON it says how the XML looks, in the words of OpenAPI's XML object: `xml.name` is
//! the element of an array's items, `xml.wrapped` whether they stand in a collection.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::content::Content;
use crate::document::root_shapes;
use crate::update::Update;

/// How something looks in JSON.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// An id: a string without a slash; empty where there is none.
    Id,
    /// A string that is written and never shown.
    Secret,
    /// A number, or the text that is none.
    Number,
    /// A boolean, or the text that is none.
    Flag,
    /// A string, usually one of these.
    OneOf(&'static [&'static str]),
    /// A resource.
    Object { name: &'static str, fields: Vec<Field> },
    /// A string, or this.
    TextOr(Box<Self>),
    /// Any of the roots, under its name.
    Root,
    /// An array.
    List { item: &'static str, of: Box<Self> },
}

/// One field of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
    /// Items stand in the object itself, not in a collection.
    repeated: bool,
}

/// What a list's items look like.
pub(crate) trait Items {
    type Item: Content;
}

impl<T: Content> Items for Vec<T> {
    type Item = T;
}

impl Field {
    pub(crate) fn one(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, required: false, repeated: false }
    }

    pub(crate) fn required(name: &'static str, shape: Shape) -> Self {
        Self { required: true, ..Self::one(name, shape) }
    }

    pub(crate) fn list<L: Items>(name: &'static str, item: &'static str) -> Self {
        Self::one(name, Shape::List { item, of: Box::new(L::Item::shape()) })
    }

    pub(crate) fn repeated<L: Items>(name: &'static str) -> Self {
        Self { repeated: true, ..Self::list::<L>(name, name) }
    }
}

/// The JSON Schema of a decoded document: one definition a resource, under `$defs`; the root holds `kind`, `root` and `value`.
#[must_use]
pub fn json_schema() -> Value {
    let mut defs = BTreeMap::new();
    let mut roots: Vec<Value> = root_shapes()
        .into_iter()
        .map(|(root, shape)| {
            let value = describe(&shape, &mut defs);
            let kind = if root == "ApiErrors" { "errors" } else { "resource" };
            json!({
                "properties": { "kind": { "const": kind }, "root": { "const": root }, "value": value },
                "required": ["kind", "root", "value"],
            })
        })
        .collect();
    roots.push(json!({
        "properties": {
            "kind": { "const": "update" },
            "root": { "const": "Update" },
            "value": describe(&Update::shape(), &mut defs),
        },
        "required": ["kind", "root", "value"],
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A document of Cisco Finesse, as `finesse decode` prints it",
        "type": "object",
        "oneOf": roots,
        "$defs": defs,
    })
}

fn describe(shape: &Shape, defs: &mut BTreeMap<String, Value>) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Id => json!({ "type": "string", "pattern": "^[^/]*$" }),
        Shape::Secret => json!({ "type": "string", "writeOnly": true }),
        Shape::Number => json!({ "type": ["integer", "string"] }),
        Shape::Flag => json!({ "type": ["boolean", "string"] }),
        Shape::TextOr(other) => json!({ "anyOf": [{ "type": "string" }, describe(other, defs)] }),
        Shape::OneOf(values) => json!({ "type": "string", "examples": values }),
        Shape::Root => {
            let roots = root_shapes().into_iter();
            let named: Map<String, Value> =
                roots.map(|(root, shape)| (root.to_owned(), describe(&shape, defs))).collect();
            json!({ "type": "object", "properties": named })
        }
        Shape::List { item, of } => json!({
            "type": "array",
            "items": describe(of, defs),
            "xml": { "name": item, "wrapped": true },
        }),
        Shape::Object { name, fields } => {
            if !defs.contains_key(*name) {
                let described = object(fields, defs);
                defs.insert((*name).to_owned(), described);
            }
            json!({ "$ref": format!("#/$defs/{name}") })
        }
    }
}

fn object(fields: &[Field], defs: &mut BTreeMap<String, Value>) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut value = describe(&field.shape, defs);
        if field.repeated {
            value["xml"]["wrapped"] = json!(false);
        }
        properties.insert(field.name.to_owned(), value);
    }
    properties.insert(
        "extra".to_owned(),
        json!({ "type": "object", "description": "Elements that this version does not know, as they came." }),
    );
    let required: Vec<&str> =
        fields.iter().filter(|field| field.required || field.repeated).map(|field| field.name).collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}
