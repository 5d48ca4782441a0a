//! Every resource, in every shape that the schema allows, comes out as what went in.
//!
//! The schema is walked at random: it gives a document as XML, with its elements in any order and case, lists in pieces and unknown elements
//! in between, and what the JSON of it must be. So the reader is tested against the schema, not against the writer; the writer is then
//! tested against the reader.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as loudly as the test")]

use std::collections::BTreeMap;

use finesse_model::{Document, decode, json_schema};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Numbers from a seed that proptest draws.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn text(&mut self, alphabet: &[char], least: usize) -> String {
        let length = least + self.below(8);
        (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

const TEXT: [char; 16] = ['a', 'Z', '7', ' ', '&', '<', '>', '"', '\'', '/', 'é', '한', '\n', ';', '#', '𝄞'];
const ID: [char; 6] = ['0', '7', 'a', 'B', '_', '-'];

struct Generator<'a> {
    defs: &'a Map<String, Value>,
    dice: Dice,
}

impl Generator<'_> {
    /// The content of an element and its JSON.
    fn content(&mut self, schema: &Value) -> (String, Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            let object = self.defs[reference.trim_start_matches("#/$defs/")].clone();
            return self.object(&object);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let chosen = choices[self.dice.below(choices.len())].clone();
            if chosen["type"] == "string" {
                let text = format!("x{}", self.dice.text(&ID, 1));
                return (text.clone(), json!(text));
            }
            return self.content(&chosen);
        }
        if schema["type"] == "array" {
            let (xml, values) = self.items(schema);
            return (xml, Value::Array(values));
        }
        let text = self.scalar(schema);
        let shown = text.trim();
        let value = match &schema["type"] {
            Value::Array(kinds) if kinds.contains(&json!("integer")) => {
                shown.parse::<i64>().map_or(json!(shown), |number| json!(number))
            }
            Value::Array(kinds) if kinds.contains(&json!("boolean")) => {
                shown.parse::<bool>().map_or(json!(shown), |flag| json!(flag))
            }
            _ if schema["writeOnly"] == true && !shown.is_empty() => json!("***"),
            _ => json!(shown),
        };
        (escape(&text), value)
    }

    fn scalar(&mut self, schema: &Value) -> String {
        if schema["pattern"].is_string() {
            return self.dice.text(&ID, 1);
        }
        match &schema["type"] {
            Value::Array(kinds) if !self.dice.once_in(4) => {
                if kinds.contains(&json!("integer")) {
                    format!(" {}", self.dice.below(1 << 40) as i64 - (1 << 20))
                } else {
                    ["true", "false"][self.dice.below(2)].to_owned()
                }
            }
            _ => match schema["examples"].as_array() {
                Some(known) if !self.dice.once_in(4) => {
                    known[self.dice.below(known.len())].as_str().unwrap().to_owned()
                }
                _ => self.dice.text(&TEXT, 0),
            },
        }
    }

    /// Items with their elements, without the collection.
    fn items(&mut self, schema: &Value) -> (String, Vec<Value>) {
        let item = schema["xml"]["name"].as_str().unwrap();
        let (mut xml, mut values) = (String::new(), Vec::new());
        for _ in 0..self.dice.below(4) {
            let (content, value) = self.content(&schema["items"].clone());
            xml.push_str(&self.element(item, &content));
            values.push(value);
        }
        (xml, values)
    }

    fn object(&mut self, object: &Value) -> (String, Value) {
        let required: Vec<&str> =
            object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut pieces: Vec<Vec<String>> = Vec::new();
        let mut json = Map::new();
        let properties = object["properties"].as_object().unwrap().clone();
        for (name, schema) in properties.iter().filter(|(name, _)| *name != "extra") {
            let repeated = schema["xml"]["wrapped"] == false;
            if !required.contains(&name.as_str()) && self.dice.once_in(3) {
                continue;
            }
            if schema["type"] == "array" {
                // In one piece or in two, which then stay in order.
                let mut all = Vec::new();
                let mut parts = Vec::new();
                for _ in 0..=self.dice.below(2) {
                    let (xml, values) = self.items(schema);
                    parts.push(if repeated { xml } else { self.element(name, &xml) });
                    all.extend(values);
                }
                pieces.push(parts);
                json.insert(name.clone(), Value::Array(all));
            } else if schema["pattern"].is_string()
                && !required.contains(&name.as_str())
                && self.dice.once_in(5)
            {
                // An id that is none is shown as it stands there.
                pieces.push(vec![self.element(name, "")]);
                json.insert(name.clone(), json!(""));
            } else {
                let (xml, value) = self.content(schema);
                pieces.push(vec![self.element(name, &xml)]);
                json.insert(name.clone(), value);
            }
        }
        if self.dice.once_in(3) {
            let text = self.dice.text(&TEXT, 0);
            pieces.push(vec![format!("<zNovelty>{}</zNovelty>", escape(&text))]);
            json.insert("extra".to_owned(), json!({ "zNovelty": text.trim() }));
        }
        let mut xml = String::new();
        while !pieces.is_empty() {
            let place = self.dice.below(pieces.len());
            xml.push_str(&pieces[place].remove(0));
            if pieces[place].is_empty() {
                pieces.remove(place);
            }
            if self.dice.once_in(4) {
                xml.push_str("\n  ");
            }
        }
        (xml, Value::Object(json))
    }

    /// An element, sometimes with another case, a prefix, or as an empty tag.
    fn element(&mut self, name: &str, content: &str) -> String {
        let name = match self.dice.below(8) {
            0 => {
                let (first, rest) = name.split_at(1);
                let first =
                    if first == first.to_uppercase() { first.to_lowercase() } else { first.to_uppercase() };
                format!("{first}{rest}")
            }
            1 => format!("n:{name}"),
            _ => name.to_owned(),
        };
        if content.is_empty() && self.dice.once_in(2) {
            return format!("<{name}/>");
        }
        format!("<{name}>{content}</{name}>")
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Every root with the schema of its value.
fn roots(schema: &Value) -> BTreeMap<String, Value> {
    let with_root = |one: &Value| {
        let root = one["properties"]["root"]["const"].as_str()?;
        Some((root.to_owned(), one["properties"]["value"].clone()))
    };
    schema["oneOf"].as_array().unwrap().iter().filter_map(with_root).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_root_reads_as_the_schema_says_and_reads_the_same_when_written(seed: u64) {
        let schema = json_schema();
        let defs = schema["$defs"].as_object().unwrap();
        let roots = roots(&schema);
        prop_assert!(roots.len() > 40);
        for (root, value) in roots.iter().filter(|(root, _)| *root != "Update") {
            let mut generator = Generator { defs, dice: Dice(seed) };
            let (content, expected) = generator.content(value);
            let xml = format!("<?xml version=\"1.0\"?>\n<{root}>{content}</{root}>");
            let document = match decode(&xml) {
                Ok(document) => document,
                Err(error) => return Err(TestCaseError::fail(format!("{error}\n{xml}"))),
            };
            let read = document.to_json();
            prop_assert_eq!(&read["root"], &json!(root));
            prop_assert_eq!(&read["value"], &expected, "{}", xml);
            let again = match &document {
                Document::Resource(resource) => resource.to_xml().unwrap(),
                Document::Errors(errors) => errors.to_xml().unwrap(),
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert_eq!(decode(&again).unwrap(), document, "{}", again);
        }
    }

    #[test]
    fn an_update_reads_the_same_when_written(seed: u64, verb in "(PUT|post|Delete|PATCH)", id in "[a-z0-9-]{0,9}") {
        let schema = json_schema();
        let defs = schema["$defs"].as_object().unwrap();
        for (root, value) in roots(&schema).iter().filter(|(root, _)| *root != "Update") {
            let mut generator = Generator { defs, dice: Dice(seed) };
            let (content, expected) = generator.content(value);
            let xml = format!("<Update><data><{root}>{content}</{root}></data><requestId>{id}</requestId><event>{verb}</event><source>/finesse/api/User/1</source></Update>");
            let document = decode(&xml).unwrap();
            let json = document.to_json();
            prop_assert_eq!(&json["value"]["data"][root.as_str()], &expected);
            prop_assert_eq!(&json["value"]["event"], &json!(verb.to_uppercase()));
            prop_assert_eq!(&json["value"]["requestId"], &json!(id));
            let Document::Update(update) = &document else { panic!() };
            let again = update.to_xml().unwrap();
            prop_assert_eq!(decode(&again).unwrap(), document.clone(), "{}", again);
        }
    }
}
