//! A small checker of JSON against the schema that the program prints, and samples of XML made from it.

use serde_json::{Map, Value};

use super::{finesse, finish};

/// What `finesse schema` prints.
pub(crate) fn printed(arguments: &[&str]) -> Value {
    let done = finish(finesse(&["schema"]).args(arguments));
    assert_eq!(done.code, Some(0), "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

/// What is wrong with a document, if anything is.
pub(crate) fn check(schema: &Value, document: &Value) -> Result<(), String> {
    Checker { defs: schema["$defs"].as_object().unwrap() }.check(document, schema, "$")
}

struct Checker<'a> {
    defs: &'a Map<String, Value>,
}

impl Checker<'_> {
    fn check(&self, value: &Value, schema: &Value, at: &str) -> Result<(), String> {
        let wrong = |why: String| Err(format!("{at}: {why}"));
        for (keyword, rule) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "examples" | "writeOnly" | "xml" => {}
                "$ref" => self.check(value, self.definition(rule), at)?,
                "const" if value == rule => {}
                "const" => return wrong(format!("{value} is not {rule}")),
                "type" => {
                    let types = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                    if !types.iter().any(|one| is_of(value, one.as_str().unwrap())) {
                        return wrong(format!("{value} is not of type {rule}"));
                    }
                }
                "required" => {
                    for name in rule.as_array().unwrap() {
                        if value.get(name.as_str().unwrap()).is_none() {
                            return wrong(format!("{name} is missing"));
                        }
                    }
                }
                "properties" => {
                    for (name, rule) in rule.as_object().unwrap() {
                        if let Some(field) = value.get(name) {
                            self.check(field, rule, &format!("{at}.{name}"))?;
                        }
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(item, rule, &format!("{at}[{index}]"))?;
                    }
                }
                "anyOf" | "oneOf" => {
                    let results: Vec<_> =
                        rule.as_array().unwrap().iter().map(|one| self.check(value, one, at)).collect();
                    let good = results.iter().filter(|result| result.is_ok()).count();
                    if good == 0 || (keyword == "oneOf" && good > 1) {
                        return wrong(format!("{good} of {keyword} fit: {results:?}"));
                    }
                }
                "minLength" => {
                    if value.as_str().is_some_and(|text| (text.len() as u64) < rule.as_u64().unwrap()) {
                        return wrong(format!("{value} is too short"));
                    }
                }
                "pattern" => {
                    assert_eq!(rule, "^[^/]*$", "the checker knows this pattern only");
                    if value.as_str().is_some_and(|text| text.contains('/')) {
                        return wrong(format!("{value} does not fit {rule}"));
                    }
                }
                other => panic!("the checker does not know the keyword {other}"),
            }
        }
        Ok(())
    }

    fn definition(&self, reference: &Value) -> &Value {
        &self.defs[reference.as_str().unwrap().strip_prefix("#/$defs/").unwrap()]
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("the checker does not know the type {other}"),
    }
}

/// A document of every root but `Update`, with every element that the schema knows, by its root.
pub(crate) fn samples(schema: &Value) -> Vec<(String, String)> {
    let defs = schema["$defs"].as_object().unwrap();
    let roots = schema["oneOf"].as_array().unwrap().iter().map(|one| &one["properties"]);
    roots
        .map(|one| (one["root"]["const"].as_str().unwrap(), &one["value"]))
        .filter(|(root, _)| *root != "Update")
        .map(|(root, value)| (root.to_owned(), format!("<{root}>{}</{root}>", content(defs, value, 0))))
        .collect()
}

/// Deeper than the definitions refer to each other, except for those that refer to themselves.
const DEPTH: usize = 8;

fn content(defs: &Map<String, Value>, schema: &Value, depth: usize) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let definition = &defs[reference.strip_prefix("#/$defs/").unwrap()];
        let fields = definition["properties"].as_object().unwrap();
        let known = fields.iter().filter(|(name, _)| *name != "extra" && depth < DEPTH);
        return known.map(|(name, rule)| element(defs, name, rule, depth)).collect();
    }
    if let Some(all) = schema["anyOf"].as_array() {
        return content(defs, all.last().unwrap(), depth);
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => {
            let item = schema["xml"]["name"].as_str().unwrap();
            let inside = content(defs, &schema["items"], depth + 1);
            format!("<{item}>{inside}</{item}><{item}>{inside}</{item}>")
        }
        Value::Array(types) if types.contains(&Value::from("integer")) => String::from("17"),
        Value::Array(types) if types.contains(&Value::from("boolean")) => String::from("true"),
        _ => schema["examples"][0].as_str().unwrap_or("text").to_owned(),
    }
}

fn element(defs: &Map<String, Value>, name: &str, rule: &Value, depth: usize) -> String {
    let inside = content(defs, rule, depth + 1);
    let bare = rule["xml"]["wrapped"] == false;
    if bare { inside } else { format!("<{name}>{inside}</{name}>") }
}
