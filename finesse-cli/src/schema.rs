//! `finesse schema`: the JSON Schema of what `decode` and `get` print, whole or for one root. Roots that the model does not know, which only `get`
//! prints, have none.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::args::{Output, SchemaArgs};
use crate::exit::Failure;
use crate::output::Printer;

/// Runs the command.
pub(crate) fn run(args: &SchemaArgs) -> Result<(), Failure> {
    let mut schema = finesse_model::json_schema();
    if let Some(root) = &args.root {
        narrow(&mut schema, root)?;
    }
    Printer::documents(Some(Output::Text)).document(&schema);
    Ok(())
}

/// Leaves the documents of one root, and the definitions that they need.
fn narrow(schema: &mut Value, root: &str) -> Result<(), Failure> {
    let name = |one: &Value| one["properties"]["root"]["const"].as_str().unwrap_or_default().to_owned();
    let all = schema["oneOf"].as_array().cloned().unwrap_or_default();
    let Some(one) = all.iter().find(|one| name(one).eq_ignore_ascii_case(root)) else {
        let known: Vec<String> = all.iter().map(name).collect();
        return Err(Failure::usage(format!("{root}: no such root; known are: {}", known.join(", "))));
    };
    schema["oneOf"] = Value::Array(vec![one.clone()]);
    let Some(defs) = schema["$defs"].as_object() else { return Ok(()) };
    let mut needed = BTreeSet::new();
    let mut open = references(one);
    while let Some(name) = open.pop() {
        if let Some(definition) = defs.get(&name).filter(|_| !needed.contains(&name)) {
            open.extend(references(definition));
            needed.insert(name);
        }
    }
    let kept: Map<String, Value> =
        defs.iter().filter(|(name, _)| needed.contains(*name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    schema["$defs"] = Value::Object(kept);
    Ok(())
}

/// The definitions that something refers to.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix("#/$defs/"));
            own.map(str::to_owned).into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
