//! The contacts of a phone book as a whole: imported and exported.

use std::fmt;

use finesse_model::request::{Draft as _, Purpose, RequestError};
use finesse_model::{Contact, PhoneBook};
use http::{HeaderValue, Method};

use super::Collection;
use crate::client::{Plain, Write};
use crate::error::Error;
use crate::outcome::Expects;
use crate::plan::Plan;

/// Most contacts in one book.
const MOST: usize = 6000;

impl<'a> Collection<'a, PhoneBook> {
    /// Puts these contacts in the place of all that a phone book has; the file has at most 6,000, after the header
    /// `"First Name","Last Name","Phone Number","Notes"`.
    /// Administrator. 202; 400 (with the bad lines), 401, 403 (secondary node), 404, 500.
    pub fn import_csv(&self, id: impl fmt::Display, csv: &str) -> Write<'a, Plain> {
        let id = id.to_string();
        let plan = self.path(&["PhoneBook", &id, "Contacts", "csvFileContent"]).and_then(|path| {
            check_file(csv)?;
            let boundary = boundary(csv);
            let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
                .map_err(|error| RequestError::new("Content-Type", error.to_string()))?;
            let mut plan = Plan::new(Method::POST, path).primary_only();
            plan.body = form(&boundary, csv).into();
            Ok(plan.header(http::header::CONTENT_TYPE, kind))
        });
        Write::plan(self.client, Self::saying("importing contacts into", &id), plan)
    }

    /// Puts these contacts, at most 6,000, in the place of all that a phone book has. Administrator. 202; 400, 401, 403 (secondary node), 404, 500.
    pub fn import_xml(&self, id: impl fmt::Display, contacts: &[Contact]) -> Write<'a, Plain> {
        let id = id.to_string();
        let plan = whole_list(contacts).and_then(|body| {
            let path = self.path(&["PhoneBook", &id, "Contacts"])?;
            Ok(Plan::new(Method::PUT, path).xml(body).primary_only())
        });
        Write::plan(self.client, Self::saying("importing contacts into", &id), plan)
    }

    /// Reads all contacts of a phone book as CSV. Administrator. 200; 401, 403 (secondary node), 404, 500.
    pub async fn export_csv(&self, id: impl fmt::Display) -> Result<String, Error> {
        let id = id.to_string();
        let operation = Self::saying("exporting contacts of", &id);
        let plan = self
            .path(&["PhoneBook", &id, "Contacts", "csvFileContent"])
            .map(|path| Plan::get(path).expects(Expects::Anything).primary_only());
        let answer = self.client.ask(plan, &operation, None).await?;
        self.client.decode(&operation, &answer, |text| Ok(text.to_owned()))
    }
}

/// The server leaves out without a word what it does not like, so each contact is checked here.
fn whole_list(contacts: &[Contact]) -> Result<String, RequestError> {
    if contacts.len() > MOST {
        let why = format!("there are {}; {MOST} are allowed", contacts.len());
        return Err(RequestError::new("Contacts", why));
    }
    let mut body = String::from("<Contacts>");
    for contact in contacts {
        body.push_str(&contact.to_request(Purpose::Create)?);
    }
    body.push_str("</Contacts>");
    Ok(body)
}

/// The first line names the columns; a file without it would lose its first contact, or be refused after it was sent.
fn check_file(csv: &str) -> Result<(), RequestError> {
    const COLUMNS: [&str; 4] = ["First Name", "Last Name", "Phone Number", "Notes"];
    let refuse = |why: String| Err(RequestError::new("csvFileContent", why));
    let csv = csv.trim_start_matches('\u{feff}');
    let header = csv.lines().next().unwrap_or_default();
    if !header.split(',').map(|name| name.trim().trim_matches('"')).eq(COLUMNS) {
        return refuse(format!("its first line must be \"{}\"", COLUMNS.join("\",\"")));
    }
    // A line ends outside of quotes only.
    let (mut quoted, mut filled, mut contacts) = (false, false, 0_usize);
    for character in csv.get(header.len()..).unwrap_or_default().chars().chain(['\n']) {
        match character {
            '\n' | '\r' if !quoted => {
                contacts += usize::from(filled);
                filled = false;
            }
            character => {
                quoted ^= character == '"';
                filled |= !character.is_whitespace();
            }
        }
    }
    if contacts > MOST {
        return refuse(format!("it has {contacts} contacts; {MOST} are allowed"));
    }
    Ok(())
}

/// A line that does not occur in the file.
fn boundary(csv: &str) -> String {
    loop {
        let boundary = format!("finesse-{:032x}", fastrand::u128(..));
        if !csv.contains(&boundary) {
            return boundary;
        }
    }
}

fn form(boundary: &str, csv: &str) -> String {
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"contacts.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{csv}\r\n--{boundary}--\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\r\n";

    #[test]
    fn a_file_has_its_header_and_at_most_6000_contacts() {
        assert!(check_file(HEADER).is_ok());
        assert!(check_file("\u{feff}First Name,Last Name,Phone Number,Notes\nBo,,1,").is_ok());
        let file = |count| format!("{HEADER}{}\r\n", "\"Bo\",\"\",\"1\",\"two\nlines\"\r\n".repeat(count));
        assert!(check_file(&file(6000)).is_ok());
        for wrong in [&file(6001), "", "\"Bo\",\"\",\"1\",\"\"", "Name,Phone"] {
            assert_eq!(check_file(wrong).unwrap_err().field(), "csvFileContent");
        }
    }
}
