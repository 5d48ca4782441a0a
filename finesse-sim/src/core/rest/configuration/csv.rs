//! Contacts as a CSV file: every value in quotes, a quote inside doubled, one header line.

use super::super::answer::Refusal;
use super::contact::CONTACT;
use crate::core::xml::Elem;

const HEADER: [&str; 4] = ["First Name", "Last Name", "Phone Number", "Notes"];
const FIELDS: [&str; 4] = ["firstName", "lastName", "phoneNumber", "description"];

/// The file of a request: the body, or the first part of a form.
pub(super) fn file(content_type: &str, body: &[u8]) -> Result<String, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::invalid("csvFileContent", "not UTF-8"))?;
    let Some((_, boundary)) = content_type.split_once("boundary=") else { return Ok(text.to_owned()) };
    let mark = format!("--{}", boundary.split(';').next().unwrap_or_default().trim().trim_matches('"'));
    let part = text.split(&mark).nth(1).ok_or_else(|| Refusal::missing("csvFileContent"))?;
    let content = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"));
    Ok(content.ok_or_else(|| Refusal::missing("csvFileContent"))?.1.trim_end_matches(['\r', '\n']).to_owned())
}

/// The contacts of a file. If lines are bad, all of it is refused with their numbers.
pub(super) fn read(text: &str) -> Result<Vec<Elem>, Refusal> {
    let mut lines = text.lines().enumerate();
    let header =
        lines.next().map(|(_, line)| values(line.trim_start_matches('\u{feff}'))).unwrap_or_default();
    if header != HEADER {
        return Err(Refusal::invalid("csvFileContent", "1"));
    }
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let values = values(line);
        let contact =
            FIELDS.iter().zip(&values).fold(Elem::new("Contact"), |all, (name, text)| all.leaf(name, text));
        match CONTACT.read(&contact, None) {
            Ok(row) if values.len() <= FIELDS.len() => rows.push(row),
            _ => bad.push((number + 1).to_string()),
        }
    }
    if bad.is_empty() { Ok(rows) } else { Err(Refusal::invalid("csvFileContent", &bad.join(","))) }
}

/// A file with these contacts.
pub(super) fn write<'a>(rows: impl Iterator<Item = &'a Elem>) -> String {
    let line = |values: [&str; 4]| {
        let quoted =
            values.map(|value| format!("\"{}\"", value.replace('"', "\"\"").replace(['\r', '\n'], " ")));
        quoted.join(",") + "\r\n"
    };
    let rows = rows.map(|row| line(FIELDS.map(|name| row.get(name).unwrap_or_default())));
    std::iter::once(line(HEADER)).chain(rows).collect()
}

fn values(line: &str) -> Vec<String> {
    let (mut all, mut value, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = line.trim_end_matches('\r').chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                value.push('"');
                rest.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut value)),
            _ => value.push(c),
        }
    }
    all.push(value);
    all
}
