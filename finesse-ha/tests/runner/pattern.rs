//! Patterns over JSON: an object matches if every field named in it matches, an operator if its condition holds.
//!
//! | Pattern | Matches |
//! |---|---|
//! | an object | an object whose fields of these names match; others may be there |
//! | an array | an array with as many items, each matching |
//! | `{"$any": [p, q]}` | what matches one of them |
//! | `{"$contains": "text"}` | a text with this in it |
//! | `{"$not": p}` | what does not match |
//! | `{"$has": p}` | an array with an item that matches |
//! | `{"$at_most": n}`, `{"$at_least": n}` | a number |
//! | `{"$absent": true}` | nothing: the field is not there |
//! | anything else | what is equal to it |

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A pattern. The default matches everything.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Value);

impl Default for Pattern {
    fn default() -> Self {
        Self(Value::Object(Map::new()))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(input)?;
        check(&value).map_err(serde::de::Error::custom)?;
        Ok(Self(value))
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Pattern {
    /// Whether a value matches, with names of calls replaced by their ids first.
    pub(crate) fn matches(&self, value: &Value, names: &dyn Fn(&str) -> Option<String>) -> bool {
        let mut pattern = self.0.clone();
        replace(&mut pattern, names);
        matches(&pattern, Some(value))
    }
}

/// Replaces every text that begins with `@` and is the name of a call by its id.
pub(crate) fn replace(value: &mut Value, names: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix('@').and_then(names) {
                *text = id;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, names)),
        _ => {}
    }
}

fn operator(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    fields.iter().next().map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| name.starts_with('$'))
}

/// Refuses operators that do not exist, wherever they stand.
fn check(pattern: &Value) -> Result<(), String> {
    match pattern {
        Value::Object(fields) => {
            let odd = match operator(fields) {
                None => fields.keys().any(|name| name.starts_with('$')),
                Some(("$any", Value::Array(_)) | ("$contains", Value::String(_)) | ("$not" | "$has", _)) => {
                    fields.len() != 1
                }
                Some(("$at_most" | "$at_least", Value::Number(_)) | ("$absent", Value::Bool(true))) => {
                    fields.len() != 1
                }
                Some(_) => true,
            };
            if odd {
                return Err(format!("not a pattern: {pattern}"));
            }
            fields.values().try_for_each(check)
        }
        Value::Array(items) => items.iter().try_for_each(check),
        _ => Ok(()),
    }
}

fn matches(pattern: &Value, value: Option<&Value>) -> bool {
    let fields = match pattern {
        Value::Object(fields) => fields,
        Value::Array(patterns) => {
            return value.and_then(Value::as_array).is_some_and(|items| {
                items.len() == patterns.len()
                    && patterns.iter().zip(items).all(|(pattern, item)| matches(pattern, Some(item)))
            });
        }
        other => return value == Some(other),
    };
    match operator(fields) {
        Some(("$absent", _)) => value.is_none_or(Value::is_null),
        Some(("$any", Value::Array(patterns))) => patterns.iter().any(|pattern| matches(pattern, value)),
        Some(("$not", pattern)) => !matches(pattern, value),
        Some(("$has", pattern)) => value
            .and_then(Value::as_array)
            .is_some_and(|items| items.iter().any(|item| matches(pattern, Some(item)))),
        Some(("$contains", Value::String(part))) => {
            value.and_then(Value::as_str).is_some_and(|text| text.contains(part.as_str()))
        }
        Some((name, bound)) => match (value.and_then(Value::as_f64), bound.as_f64()) {
            (Some(number), Some(bound)) if name == "$at_most" => number <= bound,
            (Some(number), Some(bound)) if name == "$at_least" => number >= bound,
            _ => false,
        },
        None => value.is_some_and(|value| {
            fields.is_empty()
                || value.is_object() && fields.iter().all(|(name, pattern)| matches(pattern, value.get(name)))
        }),
    }
}
