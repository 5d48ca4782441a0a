//! Whatever comes, reading ends in a value or an error.

use finesse_model::{decode, decode_all};
use proptest::prelude::*;

const SEEDS: [&str; 4] = [
    include_str!("fixtures/update-user.xml"),
    include_str!("fixtures/update-dialog-added.xml"),
    include_str!("fixtures/update-error.xml"),
    include_str!("fixtures/system-info.xml"),
];

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in ".{0,400}") {
        let _ = decode(&text);
        let _ = decode_all(&text);
    }

    #[test]
    fn a_document_cut_anywhere_is_an_error(seed in 0..SEEDS.len(), cut in 0.0..1.0f64) {
        let text = SEEDS[seed].trim_end();
        let mut end = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(decode(&text[..end]).is_err());
    }

    #[test]
    fn a_document_with_one_piece_replaced_never_panics(seed in 0..SEEDS.len(), at in 0.0..1.0f64, piece in "[<>/&;a-zA-Z!?\\[\\]\"'= -]{0,12}") {
        let text = SEEDS[seed];
        let mut start = (text.len() as f64 * at) as usize;
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (start + piece.len()).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let _ = decode_all(&format!("{}{piece}{}", &text[..start], &text[end..]));
    }
}
