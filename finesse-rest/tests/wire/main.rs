//! Every operation of `operations.toml` beside the request that it must become: method, path and query, headers, body. The expected texts are written by
//! hand from the guide, and no server is involved, so a wrong guess cannot be confirmed by a simulator that guesses the same.

#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

#[path = "../common/mod.rs"]
mod common;
mod configuration;
mod desktop;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use finesse_model::Extension;
use finesse_rest::Client;
use http::Request;

type Sending<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// An operation and what it must send.
pub(crate) struct Row {
    /// Group and function, as in the names of tests.
    name: &'static str,
    send: fn(&Client) -> Sending<'_>,
    /// Method, path and query.
    line: &'static str,
    /// What is not the same for all: `name: value`, or `anonymous` for a request without credentials.
    headers: &'static [&'static str],
    body: &'static str,
}

/// `"name": |client| operation, "METHOD /path" [headers] "body";`
macro_rules! rows {
    ($($name:literal: |$client:ident| $send:expr, $line:literal [$($header:literal),*] $body:literal;)*) => {
        &[$(crate::Row {
            name: $name,
            send: |$client| Box::pin(async move {
                // Only what is sent matters here; there is no answer that fits.
                let _ = $send.await;
            }),
            line: $line,
            headers: &[$($header),*],
            body: $body,
        }),*]
    };
}
pub(crate) use rows;

pub(crate) fn own() -> Extension {
    Extension::new("7301").unwrap()
}

/// The headers that are not the same for every request, and what must hold for every one of them.
fn headers(request: &Request<Bytes>, name: &str) -> Vec<String> {
    let write = request.method() != http::Method::GET;
    assert_eq!(request.headers().contains_key("requestid"), write, "{name}: requestId");
    assert_eq!(request.headers().get("accept").unwrap(), "application/xml", "{name}");
    let mut found = Vec::new();
    if !request.headers().contains_key("authorization") {
        found.push(String::from("anonymous"));
    }
    for (header, value) in request.headers() {
        let value = value.to_str().unwrap();
        match header.as_str() {
            "accept" | "authorization" | "requestid" | "user-agent" => {}
            "content-type" if value == "application/xml" && !request.body().is_empty() => {}
            header => found.push(format!("{header}: {value}")),
        }
    }
    found
}

/// What is made anew for every request, under a fixed name.
fn without_chance(text: &str) -> String {
    let mut left = text;
    let mut fixed = String::new();
    for (mark, least, name) in [("nocache=", 1, "N"), ("finesse-", 32, "B")] {
        while let Some((before, after)) = left.split_once(mark) {
            let end = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
            fixed.push_str(before);
            fixed.push_str(mark);
            fixed.push_str(if end >= least { name } else { &after[..end] });
            left = &after[end..];
        }
    }
    fixed + left
}

#[tokio::test]
async fn every_operation_becomes_the_request_of_the_guide() {
    let mut wrong = Vec::new();
    for row in desktop::ROWS.iter().chain(configuration::ROWS) {
        let (client, recorded) = common::recording::client("1001", &[]);
        (row.send)(&client).await;
        let requests = recorded.requests();
        // Before a request of configuration comes the question for the node.
        let request = requests.last().unwrap_or_else(|| panic!("{}: nothing was sent", row.name));
        let path = request.uri().path_and_query().unwrap().as_str();
        let found = (
            without_chance(&format!("{} {path}", request.method())),
            headers(request, row.name).iter().map(|header| without_chance(header)).collect::<Vec<_>>(),
            without_chance(std::str::from_utf8(request.body()).unwrap()),
        );
        if (found.0.as_str(), found.2.as_str()) != (row.line, row.body) || found.1 != row.headers {
            wrong.push(format!(
                "{}\n  {} {:?} {}\n  {} {:?} {}",
                row.name, row.line, row.headers, row.body, found.0, found.1, found.2
            ));
        }
    }
    assert!(wrong.is_empty(), "expected and sent:\n{}", wrong.join("\n"));
}

#[test]
fn every_operation_of_the_list_stands_in_the_table() {
    let value = |line: &str, key: &str| {
        line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned)
    };
    let (mut listed, mut group) = (BTreeSet::new(), String::new());
    for line in include_str!("../../operations.toml").lines() {
        if let Some(name) = value(line, "group") {
            group = name;
        }
        if let Some(function) = value(line, "function") {
            listed.insert(format!("{group}_{}", function.rsplit("::").next().unwrap()));
        }
    }
    let rows = desktop::ROWS.iter().chain(configuration::ROWS);
    let tried: BTreeSet<String> = rows.map(|row| row.name.split('/').next().unwrap().to_owned()).collect();
    assert_eq!(listed.difference(&tried).collect::<Vec<_>>(), Vec::<&String>::new(), "no row");
    assert_eq!(tried.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "not listed");
}
