//! `cargo xtask operations`: writes `docs/operations.md`, the table of every documented operation of the REST API.
//!
//! The list is `finesse-rest/operations.toml`. Each of its operations must have a function in finesse-rest, a test that bears its group and
//! name, and a route in the simulator; the test of this module fails where one is missing, or where the table is not the list's.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::Outcome;
use crate::report::{Failure, say};
use crate::shell::root;

const LIST: &str = "finesse-rest/operations.toml";
const TABLE: &str = "docs/operations.md";

/// One operation of the list.
struct Operation {
    group: String,
    function: String,
    title: String,
    method: String,
    path: String,
    who: String,
    answers: String,
    since: String,
    platform: String,
    inferred: bool,
}

impl Operation {
    /// The name of its test.
    fn test(&self) -> String {
        let name = self.function.rsplit("::").next().unwrap_or(&self.function);
        format!("{}_{name}", self.group)
    }
}

/// Writes the table, after the same checks as the test.
pub(crate) fn run(_: &[String]) -> Outcome {
    let operations = operations()?;
    let holes = holes(&operations)?;
    if !holes.is_empty() {
        return Err(Failure::new(format!("the table has holes:\n  {}", holes.join("\n  "))));
    }
    fs::create_dir_all(root().join("docs"))?;
    fs::write(root().join(TABLE), table(&operations, &titled()?))?;
    say(&format!(
        "{} operations, each with a function, a test and a route of the simulator: {TABLE}",
        operations.len()
    ));
    Ok(())
}

fn operations() -> Result<Vec<Operation>, Failure> {
    let list: Table = fs::read_to_string(root().join(LIST))?.parse()?;
    entries(&list, "operation")?.iter().map(read).collect()
}

/// Title and place of what is documented by title only.
fn titled() -> Result<Vec<(String, String)>, Failure> {
    let list: Table = fs::read_to_string(root().join(LIST))?.parse()?;
    let text = |entry: &Value, key: &str| {
        let text = entry.get(key).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| Failure::new(format!("{LIST}: {key} is missing: {entry:?}")))
    };
    entries(&list, "titled")?.iter().map(|entry| Ok((text(entry, "title")?, text(entry, "where")?))).collect()
}

fn entries<'a>(list: &'a Table, name: &str) -> Result<&'a [Value], Failure> {
    let entries = list.get(name).and_then(Value::as_array).map(Vec::as_slice);
    entries.ok_or_else(|| Failure::new(format!("{LIST}: there is no [[{name}]]")))
}

fn read(entry: &Value) -> Result<Operation, Failure> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let answers = entry.get("answers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let operation = Operation {
        group: text("group"),
        function: text("function"),
        title: text("title"),
        method: text("method"),
        path: text("path"),
        who: text("who"),
        answers: answers
            .iter()
            .filter_map(Value::as_integer)
            .map(|status| status.to_string())
            .collect::<Vec<_>>()
            .join(" "),
        since: text("since"),
        platform: text("platform"),
        inferred: text("source") == "inferred",
    };
    let needed =
        [&operation.group, &operation.function, &operation.title, &operation.method, &operation.path];
    if needed.into_iter().any(String::is_empty) {
        return Err(Failure::new(format!("{LIST}: an operation lacks a field: {entry:?}")));
    }
    Ok(operation)
}

/// What is missing, as sentences.
fn holes(operations: &[Operation]) -> Result<Vec<String>, Failure> {
    let functions = functions(&root().join("finesse-rest/src"))?;
    let tests = tests(&root().join("finesse-rest/tests"))?;
    let routes: BTreeSet<(&str, &str)> = finesse_sim::operations().collect();
    let mut holes = Vec::new();
    let mut seen = BTreeSet::new();
    for operation in operations {
        let name = &operation.title;
        if !functions.contains(&operation.function) {
            holes.push(format!("{name}: finesse-rest has no function {}", operation.function));
        }
        if !tests.contains(&operation.test()) {
            holes.push(format!("{name}: no test is called {}", operation.test()));
        }
        if !routes.contains(&(operation.method.as_str(), operation.path.as_str())) {
            holes.push(format!("{name}: the simulator has no route {} {}", operation.method, operation.path));
        }
        if !seen.insert(operation.test()) {
            holes.push(format!("{name}: {} is listed twice", operation.test()));
        }
    }
    Ok(holes)
}

/// Every public function of an `impl`, as `Type::name`.
fn functions(directory: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for text in sources(directory)? {
        let mut owner = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("impl") {
                owner = type_name(rest);
            }
            let Some(rest) = line.trim_start().strip_prefix("pub ") else { continue };
            let rest = rest.strip_prefix("async ").unwrap_or(rest);
            if let Some(rest) = rest.strip_prefix("fn ") {
                found.insert(format!("{owner}::{}", word(rest)));
            }
        }
    }
    Ok(found)
}

/// The type of `impl<'a> Type<'a, T> {`; of `impl Trait for Type` the type too.
fn type_name(header: &str) -> String {
    let header = match header.strip_prefix('<') {
        Some(generics) => {
            let mut open = 1;
            let end = generics.find(|c| {
                open += i32::from(c == '<') - i32::from(c == '>');
                open == 0
            });
            end.map_or("", |end| &generics[end + 1..])
        }
        None => header,
    };
    word(header.rsplit(" for ").next().unwrap_or(header).trim_start()).to_owned()
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Every function in the tests that is run as one.
fn tests(directory: &Path) -> Result<BTreeSet<String>, Failure> {
    Ok(sources(directory)?.iter().flat_map(|text| tests_in(text)).collect())
}

/// Functions below an attribute such as `#[test]` or `#[tokio::test(…)]`, and those directly inside of `operations! { … }`, which gives them one.
fn tests_in(text: &str) -> Vec<String> {
    let (mut found, mut marked, mut wrapped) = (Vec::new(), false, false);
    for line in text.lines() {
        let (indent, line) = (line.len() - line.trim_start().len(), line.trim());
        if indent == 0 && line.starts_with("operations!") {
            wrapped = true;
        } else if indent == 0 && line == "}" {
            wrapped = false;
        }
        if let Some(attribute) = line.strip_prefix("#[") {
            let path = attribute.split(['(', ']']).next().unwrap_or_default();
            marked |= path.rsplit("::").next() == Some("test");
        } else if let Some((before, rest)) = line.split_once("fn ")
            && matches!(before.trim(), "" | "async")
        {
            if marked || (wrapped && indent == 4) {
                found.push(word(rest).to_owned());
            }
            marked = false;
        }
    }
    found
}

fn sources(directory: &Path) -> Result<Vec<String>, Failure> {
    let (mut open, mut found) = (vec![directory.to_path_buf()], Vec::new());
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(fs::read_to_string(&path)?);
            }
        }
    }
    Ok(found)
}

fn table(operations: &[Operation], titled: &[(String, String)]) -> String {
    let mut text = String::from(
        "# Operations of the REST API\n\n\
         Every operation that Cisco documents, with the function of finesse-rest that does it and the test that shows it. Written by\n\
         `cargo xtask operations` from `finesse-rest/operations.toml`; a test fails when an operation has no function, no test or no route in\n\
         the simulator, or when this table is not up to date.\n\n\
         Paths stand below `/finesse/api`, except where they begin with `/desktop` or `/finesse-dp`. \"Self\" is the user in the path,\n\
         \"administrator\" the application account. A path in italics is inferred: its operation is documented by title, its path follows the\n\
         pattern of its neighbours.\n",
    );
    let mut group = "";
    for operation in operations {
        if operation.group != group {
            group = &operation.group;
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n## {group}\n\n| Operation | Request | Who | Answers | Since | Function | Test |\n|---|---|---|---|---|---|---|\n"
            );
        }
        let request = format!("{} `{}`", operation.method, operation.path);
        let request = if operation.inferred { format!("*{request}*") } else { request };
        let since = [operation.since.as_str(), operation.platform.as_str()].join(" ");
        let _ = writeln!(
            text,
            "| {} | {request} | {} | {} | {} | `{}` | `{}` |",
            operation.title,
            operation.who,
            operation.answers,
            since.trim(),
            operation.function,
            operation.test(),
        );
    }
    text.push_str(
        "\n## Known by title only\n\n\
         Neither path nor form of these is documented, so there is no function. `Client::request` reaches them where the path is known.\n\n",
    );
    for (title, place) in titled {
        let _ = writeln!(text, "* {title} ({place})");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_operation_has_a_function_a_test_and_a_route() {
        let operations = operations().map_err(|failure| failure.to_string()).unwrap();
        assert!(operations.len() >= 150, "the list shrank to {}", operations.len());
        let holes = holes(&operations).map_err(|failure| failure.to_string()).unwrap();
        assert!(holes.is_empty(), "\n  {}\n", holes.join("\n  "));
    }

    #[test]
    fn the_table_is_the_lists() {
        let operations = operations().map_err(|failure| failure.to_string()).unwrap();
        let titled = titled().map_err(|failure| failure.to_string()).unwrap();
        let written = fs::read_to_string(root().join(TABLE)).unwrap_or_default();
        assert!(
            written == table(&operations, &titled),
            "{TABLE} is not up to date: run cargo xtask operations"
        );
    }

    #[test]
    fn only_what_is_run_is_a_test() {
        let text = r#"
async fn helper() -> u8 {
    7
}

#[tokio::test(start_paused = true)]
async fn one() {
    fn inner() -> u8 {
        8
    }
    assert_eq!(helper().await + 1, inner());
}

#[test]
#[should_panic]
fn two() {
    assert!("this fn is no function".is_empty());
}

operations! {
    async fn three(lab) {
        fn deep() -> &'static str {
            "1001"
        }
        lab.user(deep()).get().await.unwrap();
    }

    async fn four(lab) {
        lab.users().list().await.unwrap();
    }
}

fn after() -> bool {
    true
}

#[cfg(test)]
fn no() -> bool {
    false
}
"#;
        assert_eq!(tests_in(text), ["one", "two", "three", "four"]);
    }

    #[test]
    fn headers_of_implementations_are_understood() {
        assert_eq!(type_name("<'a, T: CollectionOf> Collection<'a, T> {"), "Collection");
        assert_eq!(type_name(" Users<'_> {"), "Users");
        assert_eq!(type_name("<'a> IntoFuture for UserResource<'a> {"), "UserResource");
    }
}
