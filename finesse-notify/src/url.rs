//! The URL of a transport that runs inside of HTTP.

use finesse_net::Target;
use http::Uri;

use crate::error::{EndCause, LinkError, quoted};

/// What a URL of a transport says, checked.
#[derive(Clone)]
pub(crate) struct WebAddress {
    /// Where to connect.
    pub(crate) target: Target,
    /// The value of the `Host` header.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
    /// The URL without its query, for messages.
    pub(crate) described: String,
}

/// The schemes of a transport: encrypted, and not.
pub(crate) struct Schemes {
    /// The transport's name, for messages.
    pub(crate) transport: &'static str,
    pub(crate) tls: &'static str,
    pub(crate) plain: &'static str,
}

impl WebAddress {
    /// Reads a URL. Credentials do not belong into it, and without `plain_allowed` it must be encrypted.
    pub(crate) fn parse(url: &str, schemes: &Schemes, plain_allowed: bool) -> Result<Self, LinkError> {
        let Schemes { transport, tls, plain } = schemes;
        let refuse = |why: &str| {
            // Whatever stands before an at sign may be a password.
            let shown = url.rsplit('@').next().unwrap_or_default();
            LinkError::new(EndCause::Policy, format!("{transport} URL {}: {why}", quoted(shown)))
        };
        let uri: Uri = url.parse().map_err(|_| refuse("not a URL"))?;
        let host = uri.host().filter(|h| !h.is_empty()).ok_or_else(|| refuse("no host"))?;
        let authority = uri.authority().ok_or_else(|| refuse("no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("credentials do not belong into it"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let scheme = uri.scheme_str().unwrap_or_default();
        let target = if scheme == *tls {
            Target::tls(host, uri.port_u16().unwrap_or(443))
        } else if scheme == *plain && plain_allowed {
            Target::plain(host, uri.port_u16().unwrap_or(80))
        } else if scheme == *plain {
            return Err(refuse(&format!("plain {plain} would show the password; use {tls}")));
        } else {
            return Err(refuse(&format!("must begin with {tls}://")));
        };
        Ok(Self {
            target,
            authority: authority.to_string(),
            path: uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            described: format!("{scheme}://{authority}{}", uri.path()),
        })
    }
}
