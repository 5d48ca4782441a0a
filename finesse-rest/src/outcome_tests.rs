//! Each answer, and the lack of one, beside what it means.

use super::*;

const HTML: &str = "<!doctype html><html><body><h1>HTTP Status 404</h1></body></html>";
const OUT: &str = "<ApiErrors><ApiError><ErrorType>Service Unavailable</ErrorType>\
    <ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage><ErrorData></ErrorData></ApiError></ApiErrors>";
const BAD: &str = "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType>\
    <ErrorMessage>extension</ErrorMessage><ErrorData>33</ErrorData></ApiError></ApiErrors>";

/// What a mobile agent's sign-in and a team's settings say of somebody who may not.
const MAY_NOT: [&str; 2] = [
    "<ApiErrors><ApiError><ErrorType>Invalid User Authorization Specified</ErrorType></ApiError></ApiErrors>",
    "<ApiErrors><ApiError><ErrorType>Invalid Authorization</ErrorType></ApiError></ApiErrors>",
];

const STATE: &str = "<ApiErrors><ApiError><ErrorType>Invalid state</ErrorType>\
    <ErrorMessage>the call is held</ErrorMessage><ErrorData></ErrorData></ApiError></ApiErrors>";

fn answer(status: u16, content_type: &str, body: &str) -> Response<Bytes> {
    let builder = Response::builder().status(status);
    let builder = if content_type.is_empty() { builder } else { builder.header(CONTENT_TYPE, content_type) };
    builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

#[test]
fn every_status_has_its_kind_and_progress() {
    use ErrorKind as K;
    use Progress::{Refused, Unanswered};
    let table = [
        (302, "text/html", HTML, K::NotFinesse, Refused),
        (400, "application/xml", BAD, K::BadRequest, Refused),
        (400, "text/html", HTML, K::BadRequest, Refused),
        (401, "application/xml", BAD, K::Unauthorized, Refused),
        (401, "text/html", HTML, K::Unauthorized, Refused),
        (401, "application/xml", STATE, K::Forbidden, Refused),
        (401, "application/xml", MAY_NOT[0], K::Forbidden, Refused),
        (401, "application/xml", MAY_NOT[1], K::Forbidden, Refused),
        (403, "", "", K::Forbidden, Refused),
        (404, "application/xml", BAD, K::NotFound, Refused),
        (404, "text/html", HTML, K::NotFound, Refused),
        (405, "", "", K::BadRequest, Refused),
        (408, "", "", K::Timeout, Unanswered),
        (409, "application/xml", BAD, K::Conflict, Refused),
        (415, "", "", K::BadRequest, Refused),
        (416, "", "", K::OutOfRange, Refused),
        (429, "text/html", HTML, K::Throttled, Refused),
        (500, "application/xml", BAD, K::ServerError, Unanswered),
        (500, "text/html", HTML, K::ServerError, Unanswered),
        (501, "application/xml", BAD, K::NotImplemented, Refused),
        (502, "text/html", HTML, K::BadGateway, Unanswered),
        (503, "application/xml", OUT, K::OutOfService, Refused),
        (503, "application/xml", BAD, K::Unavailable, Refused),
        (503, "text/html", HTML, K::Unavailable, Refused),
        // The words alone, on a page of somebody else, prove nothing about Finesse.
        (503, "text/html", OUT, K::Unavailable, Refused),
        (503, "application/json", r#"{"m":"SERVER_OUT_OF_SERVICE"}"#, K::Unavailable, Refused),
        (503, "", "", K::Unavailable, Refused),
        (504, "text/html", HTML, K::GatewayTimeout, Unanswered),
        (507, "", "", K::ServerError, Unanswered),
        (999, "", "", K::NotFinesse, Unanswered),
    ];
    for (status, content_type, body, kind, progress) in table {
        let fault = of_answer(answer(status, content_type, body), true, Expects::Document).unwrap_err();
        assert_eq!((fault.kind, fault.progress), (kind, progress), "{status} {content_type} {body}");
        assert_eq!(fault.status, Some(status));
        let is_api_error = content_type == "application/xml";
        assert_eq!(fault.api_errors.is_some(), is_api_error, "{status} {content_type} {body}");
    }
}

#[test]
fn any_2xx_accepts_a_write_unless_somebody_else_answered() {
    for (status, content_type, body) in [
        (200, "", ""),
        (202, "", ""),
        (204, "", ""),
        (207, "application/xml", BAD),
        (202, "text/plain", "ok"),
        (299, "", " \n"),
    ] {
        assert_eq!(
            of_answer(answer(status, content_type, body), true, Expects::Document).unwrap().status,
            status
        );
    }
    for (content_type, body) in [("text/html", HTML), ("", HTML), ("application/json", "{}"), ("", "[1]")] {
        let fault = of_answer(answer(200, content_type, body), true, Expects::Document).unwrap_err();
        assert_eq!((fault.kind, fault.progress), (ErrorKind::NotFinesse, Progress::Unanswered), "{body}");
    }
}

#[test]
fn a_read_needs_a_document_and_takes_it_from_any_2xx() {
    for status in [200, 202, 206] {
        assert!(
            of_answer(answer(status, "application/xml;charset=UTF-8", "<User/>"), false, Expects::Document)
                .is_ok()
        );
    }
    for (content_type, body) in
        [("", ""), ("application/xml", "  "), ("text/html", HTML), ("application/json", "{}"), ("", "ok")]
    {
        let fault = of_answer(answer(200, content_type, body), false, Expects::Document).unwrap_err();
        assert_eq!((fault.kind, fault.progress), (ErrorKind::NotFinesse, Progress::Answered), "{body}");
    }
}

#[test]
fn a_404_page_means_that_the_application_is_missing() {
    assert!(
        of_answer(answer(404, "text/html;charset=utf-8", HTML), false, Expects::Document)
            .unwrap_err()
            .webapp_missing
    );
    assert!(of_answer(answer(404, "", HTML), false, Expects::Document).unwrap_err().webapp_missing);
    assert!(
        !of_answer(answer(404, "application/xml", BAD), false, Expects::Document).unwrap_err().webapp_missing
    );
    assert!(!of_answer(answer(404, "", ""), false, Expects::Document).unwrap_err().webapp_missing);
    assert!(!of_answer(answer(400, "text/html", HTML), false, Expects::Document).unwrap_err().webapp_missing);
}

#[test]
fn bodies_are_told_apart_by_their_first_bytes() {
    let table = [
        (None, "", Content::Empty),
        (None, "\u{feff} \r\n", Content::Empty),
        (None, "\u{feff}<?xml version=\"1.0\"?>\n<User/>", Content::Xml),
        (Some("text/xml"), "<ApiErrors/>", Content::Xml),
        (None, "<?xml version='1.0'?><!-- x --><!DOCTYPE HTML PUBLIC \"-//W3C//DTD\">", Content::Html),
        (Some("application/xml"), "<HTML><head>", Content::Html),
        (Some("text/html"), "<h1>Bad gateway</h1>", Content::Html),
        (Some("application/xml"), " {\"a\":1}", Content::Json),
        (Some("application/json"), "null", Content::Json),
        (None, "Service Unavailable", Content::Other),
        (None, "<?xml never ends", Content::Xml),
        (None, "<", Content::Xml),
    ];
    for (content_type, body, expected) in table {
        assert_eq!(content(content_type, body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn a_failure_is_not_sent_only_if_that_is_proven() {
    let trust = TrustFailure::new(finesse_net::TrustReason::Expired, "it has expired");
    let table = [
        (TransportErrorKind::Connect, false, ErrorKind::Connect, Progress::NotSent),
        (TransportErrorKind::Dns, false, ErrorKind::Dns, Progress::NotSent),
        (TransportErrorKind::Tls(trust.clone()), false, ErrorKind::Tls, Progress::NotSent),
        (TransportErrorKind::Tls(trust), true, ErrorKind::Tls, Progress::Unanswered),
        (TransportErrorKind::Timeout, false, ErrorKind::Timeout, Progress::NotSent),
        (TransportErrorKind::Timeout, true, ErrorKind::Timeout, Progress::Unanswered),
        (TransportErrorKind::Reset, true, ErrorKind::Reset, Progress::Unanswered),
        (TransportErrorKind::Other, true, ErrorKind::Reset, Progress::Unanswered),
        (TransportErrorKind::Other, false, ErrorKind::Connect, Progress::NotSent),
        (TransportErrorKind::TooLarge, true, ErrorKind::TooLarge, Progress::Unanswered),
    ];
    for (kind, sent, expected, progress) in table {
        let fault = of_failure(&TransportError::new(kind, sent, "x"), true);
        assert_eq!((fault.kind, fault.progress), (expected, progress));
        assert_eq!(fault.trust_failure.is_some(), expected == ErrorKind::Tls);
    }
}

#[test]
fn retry_after_is_read_in_both_forms_and_bounded() {
    let date = Some("Tue, 05 Mar 2024 10:20:00 GMT");
    assert_eq!(retry_after(" 7 ", None), Some(Duration::from_secs(7)));
    assert_eq!(retry_after("999999999", None), Some(LONGEST_WAIT));
    assert_eq!(retry_after("Tue, 05 Mar 2024 10:20:30 GMT", date), Some(Duration::from_secs(30)));
    assert_eq!(retry_after("Tue, 05 Mar 2024 10:19:30 GMT", date), Some(Duration::ZERO));
    assert_eq!(retry_after("Tue, 05 Mar 2024 10:20:30 GMT", None), None);
    assert_eq!(retry_after("soon", date), None);
    assert_eq!(retry_after("-1", date), None);
}

#[test]
fn what_the_api_says_is_in_the_message_but_bounded() {
    let fault = of_answer(answer(400, "application/xml", BAD), true, Expects::Document).unwrap_err();
    assert_eq!(fault.detail, "400 Invalid Input, extension, 33");
    let long = BAD.replace("extension", &"é\n".repeat(5000));
    let fault = of_answer(answer(400, "application/xml", &long), true, Expects::Document).unwrap_err();
    assert!(fault.detail.chars().count() < 600 && !fault.detail.contains('\n'));
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let mut answer = answer(302, "", "");
    answer.headers_mut().insert(LOCATION, "https://fin-b/desktop/".parse().unwrap());
    let fault = of_answer(answer, false, Expects::Document).unwrap_err();
    assert!(fault.detail.contains("https://fin-b/desktop/"), "{}", fault.detail);
}
