//! The base URL of one side, checked once.
//!
//! Invariant: scheme, host and port and nothing else. In particular no user name and password, which would end up in messages.

use std::fmt;

use http::Uri;

/// Where the REST API lives below the base.
const API: &str = "/finesse/api";

/// `https://host:port` of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    /// Checks what the caller gave. The message never repeats the text if it might hold a password.
    pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Self, String> {
        let text = text.trim();
        if text.contains('@') {
            return Err(String::from(
                "a base url must not contain a user or password: give them as credentials",
            ));
        }
        let shown: String = text.chars().take(200).filter(|c| !c.is_control()).collect();
        let uri: Uri =
            text.parse().map_err(|error| format!("base url \"{shown}\": {error}; give https://host:port"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("base url \"{shown}\": scheme or host is missing; give https://host:port"));
        };
        match scheme {
            "https" => {}
            "http" if allow_plain_http => {}
            "http" => {
                return Err(format!(
                    "base url \"{shown}\": plain http sends the password readably; give https://host:port, \
                     or allow plain http by name for a laboratory"
                ));
            }
            _ => {
                return Err(format!("base url \"{shown}\": the scheme is not https; give https://host:port"));
            }
        }
        if authority.host().is_empty()
            || (authority.as_str() != authority.host() && authority.port_u16().is_none_or(|port| port == 0))
        {
            return Err(format!(
                "base url \"{shown}\": host or port is missing or wrong; give https://host:port"
            ));
        }
        if !uri.path().trim_end_matches('/').is_empty() || uri.query().is_some() || text.contains('#') {
            return Err(format!(
                "base url \"{shown}\": leave out what follows the port; give https://host:port"
            ));
        }
        Ok(Self(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase())))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a path stands as it is, from the root; any other is below the API.
    pub(crate) fn is_rooted(path: &str) -> bool {
        ["/desktop/", "/finesse/", "/finesse-dp/"].iter().any(|root| path.starts_with(root))
    }

    /// The address of a resource. `path` is below `/finesse/api`, or from the root where it begins with `/desktop/`, `/finesse/` or
    /// `/finesse-dp/`; ids in it are [`segment`]s.
    pub(crate) fn resource(&self, path: &str) -> Result<Uri, String> {
        let api = if Self::is_rooted(path) { "" } else { API };
        format!("{}{api}{path}", self.0).parse().map_err(|error: http::uri::InvalidUri| error.to_string())
    }

    /// The path of an address that a caller or the server gave: it must be one of this side's.
    pub(crate) fn local<'a>(&self, address: &'a str) -> Result<&'a str, String> {
        let path = match address.get(..self.0.len()) {
            Some(start) if start.eq_ignore_ascii_case(&self.0) => &address[self.0.len()..],
            _ => address,
        };
        if !path.starts_with('/') || path.starts_with("//") {
            return Err(format!("it must begin with / or with {self}"));
        }
        Ok(path)
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An id as one segment of a path: UTF-8, percent-encoded. `None` for what would mean another path.
pub(crate) fn segment(id: &str) -> Option<String> {
    (!matches!(id, "" | "." | "..")).then(|| encode(id))
}

/// Text as part of a path or a query: UTF-8, percent-encoded.
pub(crate) fn encode(id: &str) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte))
            }
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_base_urls_are_brought_into_one_form() {
        for (text, expected) in [
            ("https://fin-a.lab.example:8445", "https://fin-a.lab.example:8445"),
            (" https://FIN-A.lab.example:8445/ ", "https://fin-a.lab.example:8445"),
            ("https://fin-a", "https://fin-a"),
            ("https://[::1]:8445", "https://[::1]:8445"),
        ] {
            assert_eq!(BaseUrl::parse(text, false).unwrap().as_str(), expected);
        }
        assert_eq!(BaseUrl::parse("http://fin-a:8082", true).unwrap().as_str(), "http://fin-a:8082");
    }

    #[test]
    fn bad_base_urls_are_refused_with_advice() {
        for text in [
            "",
            "fin-a",
            "fin-a:8445",
            "/finesse/api",
            "ftp://fin-a",
            "http://fin-a:8082",
            "https://fin-a:8445/finesse/api",
            "https://fin-a:8445/?x=1",
            "https://fin-a:8445/#x",
            "https://fin-a:",
            "https://:8445",
            "https://fin-a:99999999",
            "https:///x",
        ] {
            let message = BaseUrl::parse(text, false).unwrap_err();
            assert!(message.contains("https://host:port"), "{text}: {message}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        let message = BaseUrl::parse("https://40217:hunter2@fin-a:8445", false).unwrap_err();
        assert!(!message.contains("hunter2") && message.contains("credentials"), "{message}");
    }

    #[test]
    fn addresses_of_other_hosts_are_not_local() {
        let base = BaseUrl::parse("https://fin-a:8445", false).unwrap();
        assert_eq!(base.local("/User/1").unwrap(), "/User/1");
        assert_eq!(base.local("https://FIN-A:8445/finesse/api/User/1").unwrap(), "/finesse/api/User/1");
        for address in
            ["https://fin-b:8445/x", "//fin-b/x", "User/1", "", "https://fin-a:84450/x", "@fin-b/x", ":1/x"]
        {
            assert!(base.local(address).is_err(), "{address}");
        }
        for (path, uri) in [
            ("/User/1", "https://fin-a:8445/finesse/api/User/1"),
            ("/desktop/api/x", "https://fin-a:8445/desktop/api/x"),
            ("/finesse-dp/rest/x", "https://fin-a:8445/finesse-dp/rest/x"),
            ("/finesse/api/User/1", "https://fin-a:8445/finesse/api/User/1"),
        ] {
            assert_eq!(base.resource(path).unwrap().to_string(), uri);
        }
    }

    #[test]
    fn ids_become_one_segment() {
        assert_eq!(segment("40217").unwrap(), "40217");
        assert_eq!(segment("151635_312_1").unwrap(), "151635_312_1");
        assert_eq!(segment("jürgen@x/../y?z#").unwrap(), "j%C3%BCrgen%40x%2F..%2Fy%3Fz%23");
        assert_eq!(segment(".."), None);
        let base = BaseUrl::parse("https://fin-a:8445", false).unwrap();
        assert_eq!(
            base.resource("/User/a%2Fb").unwrap().to_string(),
            "https://fin-a:8445/finesse/api/User/a%2Fb"
        );
    }
}
