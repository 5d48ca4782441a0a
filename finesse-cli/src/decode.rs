//! `finesse decode`: REST bodies, `Update`s and whole stanzas to JSON, without the network.
//!
//! Several documents may follow each other, as in a log. Form is all or nothing: what is not well-formed, cut off or no XML gives no output at
//! all, for nobody could say where the next document begins. What is well-formed and makes no sense stands beside the others on standard error.

use std::io::Read;

use finesse_model::framer::{Framer, Piece, Rules};
use finesse_model::{DecodeErrorKind as Kind, MAX_BYTES};

use crate::args::DecodeArgs;
use crate::documents::Documents;
use crate::exit::{Exit, Failure};
use crate::output::Printer;

/// Runs the command.
pub(crate) fn run(args: &DecodeArgs) -> Result<(), Failure> {
    let (name, bytes) = read(args)?;
    let doing = format!("decoding {name}");
    let fail = |why: String| Failure::new(Exit::Failed, format!("{doing}: {why}"));
    if bytes.len() > MAX_BYTES {
        return Err(fail(format!("larger than {} MiB, which no Finesse document is", MAX_BYTES >> 20)));
    }
    let text = finesse_model::utf8(&bytes).map_err(|error| fail(error.to_string()))?;
    let mut documents = Documents::default();
    let parts = split(text);
    for (start, part) in &parts {
        let which = if parts.len() == 1 { "it".to_owned() } else { format!("the document at byte {start}") };
        match finesse_model::decode_all(part) {
            Ok(list) => {
                for document in &list.items {
                    documents.add(document);
                }
                for error in &list.rejected {
                    documents.reject(&which, error);
                }
            }
            Err(error) if is_of_form(error.kind()) || parts.len() == 1 => {
                return Err(fail(if *start == 0 {
                    error.to_string()
                } else {
                    format!("what follows byte {start}: {error}")
                }));
            }
            Err(error) => documents.reject(&which, &error),
        }
    }
    documents.print(Printer::documents(None), &doing)
}

/// Documents that follow each other, with the bytes at which they begin. What has no end is one document: the decoder says what is wrong with it.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(length) = first_document(&text[start..]) {
        parts.push((start, &text[start..start + length]));
        start += length;
    }
    if parts.is_empty() || !only_remarks(&text[start..]) {
        parts.push((start, &text[start..]));
    }
    parts
}

/// The length of the first document, up to the end of its root; `None` where no root ends.
fn first_document(text: &str) -> Option<usize> {
    let mut framer = Framer::new(Rules::Document, MAX_BYTES);
    let mut at = 0;
    loop {
        let found = framer.find(&text.as_bytes()[at..]).ok()??;
        at += found.range.end;
        if found.piece == Piece::End {
            return text.is_char_boundary(at).then_some(at);
        }
    }
}

/// White space and comments, which may follow a document and are none.
fn only_remarks(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let Some((_, behind)) = comment.split_once("-->") else { return false };
        rest = behind.trim_start();
    }
    rest.is_empty()
}

fn is_of_form(kind: Kind) -> bool {
    !matches!(kind, Kind::Doubled | Kind::MissingField | Kind::TooDeep | Kind::WrongRoot | Kind::Html)
}

fn read(args: &DecodeArgs) -> Result<(String, Vec<u8>), Failure> {
    let cap = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            let name = file.display().to_string();
            let opened = std::fs::File::open(file);
            opened
                .and_then(|file| file.take(cap).read_to_end(&mut bytes))
                .map_err(|error| Failure::new(Exit::Failed, format!("reading {name}: {error}")))?;
            Ok((name, bytes))
        }
        None => {
            std::io::stdin()
                .take(cap)
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::new(Exit::Failed, format!("reading standard input: {error}")))?;
            Ok((String::from("standard input"), bytes))
        }
    }
}
