//! The corpus of the fuzz targets as an ordinary test, and the bad inputs that are too large to be kept as files.
//!
//! A file is named by what is in it. What must not be read ends in `.bad`, `.html`, `.json` or `.txt` and stands in the table of [`BAD`]
//! with the kind of its error; what must be read ends in `.xml`. Files without an ending come from runs of the fuzzer on this machine.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as loudly as the test")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use finesse_model::DecodeErrorKind as Kind;
use finesse_model::{
    DecodeError, Document, MAX_BYTES, User, Users, decode, decode_bytes, fuzzing, json_schema,
};

/// What a target asks.
type Target = fn(&[u8]) -> Result<(), DecodeError>;

const TARGETS: [(&str, Target); 3] =
    [("rest_body", fuzzing::rest_body), ("update", fuzzing::update), ("errors", fuzzing::errors)];

/// What is wrong with every bad file. Of a stray ampersand the reader may say that it is not well-formed, of a cut document that it ends.
const BAD: &[(&str, Kind)] = &[
    ("empty.txt", Kind::Empty),
    ("blank.txt", Kind::Empty),
    ("page.html", Kind::Html),
    ("desktop.json", Kind::Json),
    ("prose.txt", Kind::NotXml),
    ("crossed.xml.bad", Kind::Syntax),
    ("two-roots.xml.bad", Kind::Syntax),
    ("ampersand.xml.bad", Kind::Syntax),
    ("cut.xml.bad", Kind::Truncated),
    ("wrong-root.xml.bad", Kind::WrongRoot),
    ("deep.xml.bad", Kind::TooDeep),
    ("not-utf8.xml.bad", Kind::Encoding),
    ("doctype-entities.xml.bad", Kind::Syntax),
    ("external-entity.xml.bad", Kind::Syntax),
    ("unknown-entity.xml.bad", Kind::Syntax),
    ("doubled.xml.bad", Kind::Doubled),
    ("without-id.xml.bad", Kind::MissingField),
    ("stanza-nothing.xml.bad", Kind::WrongRoot),
];

/// Every file of a target: its name and its bytes.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect();
    assert!(files.len() > 15, "the corpus of {target} is not there");
    files
}

#[test]
fn every_file_of_the_corpus_is_read_or_refused_for_what_is_wrong_with_it() {
    for (target, ask) in TARGETS {
        for (name, bytes) in corpus(target) {
            let answer = ask(&bytes);
            if !name.contains('.') {
                continue;
            }
            if name.ends_with(".xml") {
                assert_eq!(answer, Ok(()), "{target}/{name}");
                continue;
            }
            let (_, kind) = BAD.iter().find(|(known, _)| *known == name).expect(&name);
            assert_eq!(answer.as_ref().map_err(DecodeError::kind), Err(*kind), "{target}/{name}: {answer:?}");
        }
    }
}

#[test]
fn every_file_of_the_corpus_cut_anywhere_is_read_or_refused() {
    for (target, ask) in TARGETS {
        for (_, bytes) in corpus(target) {
            for end in (0..bytes.len()).step_by(7) {
                let _ = ask(&bytes[..end]);
            }
        }
    }
}

#[test]
fn every_root_has_a_document_in_the_corpus() {
    let schema = json_schema();
    let roots = schema["oneOf"].as_array().unwrap().iter();
    let roots: BTreeSet<_> = roots
        .filter_map(|one| one["properties"]["root"]["const"].as_str())
        .filter(|root| *root != "Update")
        .map(|root| format!("{root}.xml"))
        .collect();
    assert!(roots.len() > 40, "{roots:?}");
    let files: BTreeSet<_> = corpus("rest_body").into_iter().map(|(name, _)| name).collect();
    assert!(roots.is_subset(&files), "missing: {:?}", roots.difference(&files).collect::<Vec<_>>());
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_place() {
    let error = decode_bytes(b"<User><firstName>\xff</firstName></User>").unwrap_err();
    assert_eq!((error.kind(), error.offset()), (Kind::Encoding, Some(17)));
    // Half of a character at the end.
    let error = decode_bytes(b"<User>\xc3").unwrap_err();
    assert_eq!((error.kind(), error.offset()), (Kind::Encoding, Some(6)));
}

#[test]
fn a_document_of_a_hundred_megabytes_is_refused_and_the_largest_allowed_is_read() {
    let document = |size: usize| {
        let (open, close) = ("<User><firstName>", "</firstName></User>");
        let mut text = String::with_capacity(size);
        text.push_str(open);
        text.extend(std::iter::repeat_n('x', size - open.len() - close.len()));
        text.push_str(close);
        text
    };
    assert_eq!(User::from_xml(&document(100_000_000)).unwrap_err().kind(), Kind::TooLarge);
    assert_eq!(decode(&document(MAX_BYTES + 1)).unwrap_err().kind(), Kind::TooLarge);
    assert!(User::from_xml(&document(MAX_BYTES)).is_ok());
}

#[test]
fn two_hundred_thousand_levels_are_refused_where_they_become_too_deep() {
    const LEVELS: usize = 200_000;
    for root in ["User", "Dialog", "Update", "SystemConfig"] {
        let open = format!("<{root}>{}", "<a>".repeat(LEVELS));
        let whole = format!("{open}{}</{root}>", "</a>".repeat(LEVELS));
        for text in [open, whole] {
            let error = decode(&text).unwrap_err();
            assert_eq!(error.kind(), Kind::TooDeep, "{root}: {error}");
            // It stopped at once, not at the end.
            assert!(error.offset().unwrap() < 400, "{root}: {error}");
        }
    }
    // What is no item of a list is passed over, however deep it is.
    let text = format!("<Dialogs>{}{}</Dialogs>", "<a>".repeat(LEVELS), "</a>".repeat(LEVELS));
    assert!(decode(&text).is_ok());
}

#[test]
fn one_list_item_of_many_levels_does_not_cost_the_others() {
    let deep =
        format!("<User><loginId>2</loginId>{}{}</User>", "<a>".repeat(200_000), "</a>".repeat(200_000));
    let text =
        format!("<Users><User><loginId>1</loginId></User>{deep}<User><loginId>3</loginId></User></Users>");
    let users = Users::from_xml(&text).unwrap();
    assert_eq!((users.items.len(), users.rejected.len()), (2, 1));
    assert_eq!(users.rejected[0].kind(), Kind::TooDeep);
}

#[test]
fn entities_of_a_doctype_are_never_expanded() {
    let mut text = String::from("<!DOCTYPE User [<!ENTITY e0 \"ha\">");
    for level in 1..30 {
        text.push_str(&format!("<!ENTITY e{level} \"&e{};&e{};\">", level - 1, level - 1));
    }
    text.push_str("]><User><firstName>&e29;</firstName></User>");
    let error = decode(&text).unwrap_err();
    assert_eq!(error.kind(), Kind::Syntax, "{error}");
    // A doctype alone harms nobody.
    assert!(matches!(decode("<!DOCTYPE User><User/>"), Ok(Document::Resource(_))));
}
