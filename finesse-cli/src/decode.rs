//! `finesse decode`: a REST body, an `Update` or a whole stanza to JSON, without the network.

use std::io::Read;

use crate::args::DecodeArgs;
use crate::exit::{Exit, Failure};
use crate::output::Printer;

/// The largest input that is read. A list of 6,000 users is about 10 MB; nothing that Finesse sends is larger than that.
const INPUT_CAP: u64 = 64 * 1024 * 1024;

/// Runs the command.
pub(crate) fn run(args: &DecodeArgs) -> Result<(), Failure> {
    let (name, bytes) = read(args)?;
    if bytes.len() as u64 > INPUT_CAP {
        return Err(Failure::new(
            Exit::Failed,
            format!("decoding {name}: larger than {} MiB, which no Finesse document is", INPUT_CAP >> 20),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("decoding {name}: not UTF-8 text: byte {} is wrong", error.utf8_error().valid_up_to()),
        )
    })?;
    let documents = finesse_model::decode_all(&text)
        .map_err(|error| Failure::new(Exit::Failed, format!("decoding {name}: {error}")))?;
    let printer = Printer::single(None);
    for document in documents {
        printer.line(&document.to_json().to_string());
    }
    Ok(())
}

fn read(args: &DecodeArgs) -> Result<(String, Vec<u8>), Failure> {
    let mut bytes = Vec::new();
    match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            let name = file.display().to_string();
            let opened = std::fs::File::open(file);
            opened
                .and_then(|file| file.take(INPUT_CAP + 1).read_to_end(&mut bytes))
                .map_err(|error| Failure::new(Exit::Failed, format!("reading {name}: {error}")))?;
            Ok((name, bytes))
        }
        None => {
            std::io::stdin()
                .take(INPUT_CAP + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::new(Exit::Failed, format!("reading standard input: {error}")))?;
            Ok((String::from("standard input"), bytes))
        }
    }
}
