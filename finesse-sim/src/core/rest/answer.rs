//! What a handler says, and the response it becomes.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

use crate::core::command::Command;
use crate::core::render::api_errors;
use crate::core::xml::Elem;

/// What a handler grants.
pub(super) enum Answer {
    /// 200 with a document.
    Document(Elem),
    /// 206 with a part of a list.
    Part(Elem),
    /// 200 without a body: a configuration object was changed.
    Done,
    /// 207: done, and the other side was not told.
    DoneHere,
    /// 200 without a body; the new object is at this path.
    Created(String),
    /// 202, and these commands are queued.
    Accepted(Vec<Command>),
    /// Something that is no XML of the API.
    Raw(Response<Bytes>),
}

/// An error with an `ApiErrors` body.
#[derive(Debug)]
pub(super) struct Refusal {
    /// HTTP status.
    pub(super) status: u16,
    /// `ErrorType`.
    pub(super) kind: &'static str,
    /// `ErrorMessage`.
    pub(super) message: String,
    /// `ErrorData`.
    pub(super) data: String,
    /// `ErrorMedia`.
    pub(super) media: Option<u32>,
}

impl Refusal {
    /// With this status, type, message and data.
    pub(super) fn new(status: u16, kind: &'static str, message: &str, data: &str) -> Self {
        Self { status, kind, message: message.to_owned(), data: data.to_owned(), media: None }
    }

    /// 400, a parameter is missing.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(400, "Parameter Missing", &format!("{name} is missing"), name)
    }

    /// 400, a parameter is wrong.
    pub(super) fn invalid(name: &str, value: &str) -> Self {
        Self::new(400, "Invalid Input", &format!("{name} is invalid"), value)
    }

    /// 400, the body is not what it should be.
    pub(super) fn body(root: &str) -> Self {
        Self::new(400, "Bad Request", &format!("The request body is not a {root}"), "")
    }

    /// 405.
    pub(super) fn method() -> Self {
        Self::new(405, "Method Not Allowed", "The method is not allowed", "")
    }

    /// 401, the role may not do this.
    pub(super) fn role(data: &str) -> Self {
        Self::new(401, "Authorization Failure", "UNAUTHORIZED", data)
    }

    /// 401, somebody else's user.
    pub(super) fn foreign(id: &str) -> Self {
        let message = "The user specified in the authentication credentials and the uri don't match";
        Self::new(401, "Invalid Authorization User Specified", message, id)
    }

    /// 404, no such user.
    pub(super) fn unknown_user(id: &str) -> Self {
        Self::new(404, "User Not Found", "UNKNOWN_USER", id)
    }

    /// 404, no such object.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "Not Found", "The resource does not exist", what)
    }

    /// 400, the catch-all of the configuration API.
    pub(super) fn api(message: &str, data: &str) -> Self {
        Self::new(400, "Finesse API Error", message, data)
    }
}

/// What responses need to know of the side that gives them.
pub(super) struct Manner {
    /// `https://host:port`, for `Location`.
    pub(super) origin: String,
    /// Status of a document that was read.
    pub(super) read: u16,
    /// Status of a queued write.
    pub(super) accepted: u16,
    /// Whether a document whose root allows it begins with a declaration.
    pub(super) declaration: bool,
    /// Whether some names are spelled as in the guide.
    pub(super) guide_spelling: bool,
}

/// The spellings in which the guide's samples and captures differ, at every level.
fn as_in_the_guide(mut elem: Elem) -> Elem {
    let spelled = match elem.name.as_str() {
        "reasonCode" => "ReasonCode",
        "Devices" => "devices",
        "Device" => "device",
        "devices" => "Devices",
        "device" => "Device",
        _ => "",
    };
    if !spelled.is_empty() {
        spelled.clone_into(&mut elem.name);
    }
    elem.kids = elem.kids.into_iter().map(as_in_the_guide).collect();
    elem
}

impl Manner {
    /// A document with this status.
    pub(super) fn document(&self, status: u16, elem: &Elem) -> Response<Bytes> {
        const BARE: [&str; 9] =
            ["User", "Users", "Dialog", "Dialogs", "Team", "Queue", "Queues", "Media", "MediaList"];
        let prolog = if self.declaration && !BARE.contains(&elem.name.as_str()) {
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        } else {
            ""
        };
        let text = if self.guide_spelling { as_in_the_guide(elem.clone()).pretty() } else { elem.pretty() };
        plain(status, "application/xml;charset=UTF-8", format!("{prolog}{text}\n"))
    }

    /// The location of a new object.
    pub(super) fn created(&self, path: &str) -> Response<Bytes> {
        with_header(plain(200, "application/xml", String::new()), LOCATION, &format!("{}{path}", self.origin))
    }
}

/// An error of the API.
pub(super) fn error(refusal: &Refusal) -> Response<Bytes> {
    let Refusal { status, kind, message, data, media } = refusal;
    let mut body = api_errors(kind, message, data);
    if let (Some(media), Some(one)) = (media, body.kids.first_mut()) {
        one.kids.insert(1, Elem::new("ErrorMedia").text(media.to_string()));
    }
    plain(*status, "application/xml", body.compact())
}

/// A response with this status, type and body.
pub(super) fn plain(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

/// The same with one more header; a value that is none is left out.
pub(super) fn with_header(mut response: Response<Bytes>, name: HeaderName, value: &str) -> Response<Bytes> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
    response
}

/// A page of the container or the proxy.
pub(super) fn html(status: u16, title: &str) -> Response<Bytes> {
    let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1><hr></body></html>");
    plain(status, "text/html;charset=utf-8", body)
}

/// JSON of the desktop.
pub(super) fn json(status: u16, value: &serde_json::Value) -> Response<Bytes> {
    plain(status, "application/json;charset=utf-8", value.to_string())
}

/// An error of the desktop.
pub(super) fn json_error(status: u16, kind: &str, message: &str, data: &str) -> Response<Bytes> {
    let errors = serde_json::json!({ "errorType": kind, "errorMessage": message, "errorData": data });
    json(status, &serde_json::json!({ "status": status, "apiErrors": errors }))
}

/// What a request without usable credentials gets: a page of the container, not a document of the API.
pub(super) fn unauthorized_page() -> Response<Bytes> {
    with_header(html(401, "HTTP Status 401 - Unauthorized"), WWW_AUTHENTICATE, r#"Basic realm="finesse""#)
}
