use proptest::prelude::*;

use super::*;

const CAP: usize = 4096;

/// Everything that comes out when the bytes arrive in these pieces, and the error at the end if there is one.
fn run(rules: Rules, cap: usize, chunks: &[&[u8]]) -> (Vec<(Piece, Vec<u8>)>, Option<FramingError>) {
    let mut framer = Framer::new(rules, cap);
    let (mut buffer, mut pieces) = (Vec::new(), Vec::new());
    let largest = chunks.iter().map(|chunk| chunk.len()).max().unwrap_or(0);
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match framer.find(&buffer) {
                Ok(Some(found)) => {
                    let bytes = buffer[found.range.clone()].to_vec();
                    buffer.drain(..found.range.end);
                    if found.piece != Piece::Blank {
                        pieces.push((found.piece, bytes));
                    }
                }
                Ok(None) => break,
                Err(error) => return (pieces, Some(error)),
            }
        }
        // The piece itself, what came with its end, and what came before its beginning.
        assert!(buffer.len() <= cap + 2 * largest, "{} bytes are kept", buffer.len());
    }
    (pieces, None)
}

fn children(rules: Rules, text: &str) -> Vec<String> {
    let (pieces, error) = run(rules, CAP, &[text.as_bytes()]);
    assert_eq!(error, None, "{text}");
    pieces
        .into_iter()
        .filter(|(piece, _)| *piece == Piece::Child)
        .map(|(_, bytes)| String::from_utf8(bytes).unwrap())
        .collect()
}

fn refused(rules: Rules, text: &str) -> FramingError {
    run(rules, CAP, &[text.as_bytes()]).1.unwrap_or_else(|| panic!("{text:?} was not refused"))
}

const STREAM: &str = "\u{feff}<?xml version='1.0'?><stream:stream to='a>b' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'> \n<auth x='1\"/>'>AD&lt;&amp;é</auth>   <presence/><iq><a/><b>x</b></iq></stream:stream>";

#[test]
fn stanzas_are_the_children_of_the_stream() {
    let (pieces, error) = run(Rules::Stream, CAP, &[STREAM.as_bytes()]);
    assert_eq!(error, None);
    let kinds: Vec<Piece> = pieces.iter().map(|(piece, _)| *piece).collect();
    assert_eq!(kinds, [Piece::Root, Piece::Child, Piece::Child, Piece::Child, Piece::End]);
    assert_eq!(
        children(Rules::Stream, STREAM),
        ["<auth x='1\"/>'>AD&lt;&amp;é</auth>", "<presence/>", "<iq><a/><b>x</b></iq>"]
    );
}

#[test]
fn the_prefixes_of_the_header_are_kept() {
    let mut framer = Framer::new(Rules::Stream, CAP);
    let mut bytes = STREAM.as_bytes();
    while let Ok(Some(found)) = framer.find(bytes) {
        bytes = &bytes[found.range.end..];
    }
    assert_eq!(framer.namespaces().namespace("stream"), Some("http://etherx.jabber.org/streams"));
    assert_eq!(framer.namespaces().default_namespace(), Some("jabber:client"));
    assert_eq!(framer.namespaces().namespace("x"), None);
    assert!(framer.is_over());
}

#[test]
fn a_list_of_http_may_hold_comments_and_instructions() {
    let list = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a <list> -->\n<Users>\n  <User><id>1</id></User>\n <!-- <User/> --><?x <y ?> stray\n\
        <User><![CDATA[</User>]]><!-- </User> --><id>2</id></User>\n</Users>\n<!-- done -->\n";
    assert_eq!(
        children(Rules::Document, list),
        ["<User><id>1</id></User>", "<User><![CDATA[</User>]]><!-- </User> --><id>2</id></User>"]
    );
    assert_eq!(children(Rules::Document, "<Users/>"), Vec::<String>::new());
    assert_eq!(run(Rules::Document, CAP, &[b"<Users/>"]).0[1], (Piece::End, Vec::new()));
}

#[test]
fn what_a_stream_forbids_is_refused() {
    for (text, what) in [
        ("<s><!-- x --></s>", "a comment"),
        ("<s><m><!-- x --></m></s>", "a comment"),
        ("<s><m><![CDATA[x]]></m></s>", "a CDATA section"),
        ("<s><?x ?></s>", "a processing instruction"),
        ("<?php ?><s>", "a processing instruction"),
        ("<!DOCTYPE s><s>", "a document type"),
    ] {
        assert_eq!(refused(Rules::Stream, text), FramingError::Forbidden(what), "{text}");
    }
    assert_eq!(refused(Rules::Document, "<!DOCTYPE s><s>"), FramingError::Forbidden("a document type"));
}

#[test]
fn what_is_no_xml_is_refused_at_its_first_byte() {
    assert_eq!(refused(Rules::Stream, "H"), FramingError::NotXml);
    assert_eq!(refused(Rules::Document, "{\"a\":1}"), FramingError::NotXml);
    for text in ["<s>text", "<s></t>", "</s>", "<s><1>", "<s>< a>", "<s><a <b>", "<s></>"] {
        assert!(matches!(refused(Rules::Stream, text), FramingError::Malformed(_)), "{text}");
    }
}

#[test]
fn a_large_or_deep_piece_is_refused_before_it_is_whole() {
    let endless = format!("<s><a>{}", "x".repeat(CAP));
    assert_eq!(refused(Rules::Stream, &endless), FramingError::TooLarge { cap: CAP });
    assert_eq!(
        refused(Rules::Stream, &format!("<s><a b='{}", "x".repeat(CAP))),
        FramingError::TooLarge { cap: CAP }
    );
    assert_eq!(refused(Rules::Stream, &format!("<{}", "s".repeat(CAP))), FramingError::TooLarge { cap: CAP });
    assert_eq!(
        refused(Rules::Document, &format!("<s><!--{}", "x".repeat(CAP))),
        FramingError::TooLarge { cap: CAP }
    );
    assert_eq!(refused(Rules::Stream, &format!("<s>{}", "<a>".repeat(65))), FramingError::TooDeep);
    // What fits passes, however much of it there is.
    let many = format!("<s>{}", format!("<a>{}</a>", "x".repeat(CAP - 7)).repeat(20));
    assert_eq!(children(Rules::Stream, &many).len(), 20);
}

#[test]
fn white_space_between_stanzas_is_not_kept() {
    let mut framer = Framer::new(Rules::Stream, 8);
    assert_eq!(framer.find(b"<s>").unwrap().unwrap().piece, Piece::Root);
    for _ in 0..1000 {
        assert_eq!(framer.find(b" ").unwrap(), Some(Found { piece: Piece::Blank, range: 0..1 }));
    }
}

#[test]
fn after_an_error_or_the_end_nothing_more_is_found() {
    let mut framer = Framer::new(Rules::Stream, CAP);
    assert_eq!(framer.find(b"x"), Err(FramingError::NotXml));
    assert_eq!(framer.find(b"<s>"), Err(FramingError::NotXml));
    let (pieces, error) = run(Rules::Stream, CAP, &[b"<s></s><<<&&& \x01<a/>"]);
    assert_eq!((pieces.len(), error), (2, None));
}

/// Text that is mostly markup, so that random bytes reach every corner.
fn markup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "</",
        "<s>",
        "</s>",
        "<a>",
        "</a>",
        "<a b='<>'>",
        "<a/>",
        "é",
        "&lt;",
        "\"",
        "'",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml ?>",
        "<?",
        "?>",
        "<!DOCTYPE x>",
        " ",
        "\n",
        "x",
        "-",
        "]",
        "\u{feff}",
        "<message xmlns='jabber:client'>",
        "</message>",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..40).prop_map(|all| all.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn whole_document() -> impl Strategy<Value = Vec<u8>> {
    (markup(), any::<bool>()).prop_map(|(inside, root)| {
        let mut text = if root { b"<s>".to_vec() } else { Vec::new() };
        text.extend(inside);
        text
    })
}

#[test]
fn a_byte_order_mark_behind_white_space_is_no_mark_however_it_is_cut() {
    for text in [" \u{feff}<s>", "\u{feff} \u{feff}<s>"] {
        let bytes = text.as_bytes();
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        for rules in [Rules::Stream, Rules::Document] {
            assert_eq!(run(rules, CAP, &[bytes]).1, Some(FramingError::NotXml), "{text:?}");
            assert_eq!(run(rules, CAP, &bytewise).1, Some(FramingError::NotXml), "{text:?} byte by byte");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_cutting_gives_the_same_pieces(
        text in whole_document(),
        sizes in prop::collection::vec(1_usize..9, 1..20),
        stream in any::<bool>(),
        cap in prop::sample::select(vec![16_usize, CAP]),
    ) {
        let rules = if stream { Rules::Stream } else { Rules::Document };
        let whole = run(rules, cap, &[&text]);
        let (mut chunks, mut left) = (Vec::new(), text.as_slice());
        for size in sizes.iter().cycle() {
            if left.is_empty() {
                break;
            }
            let (chunk, behind) = left.split_at((*size).min(left.len()));
            chunks.push(chunk);
            left = behind;
        }
        let cut = run(rules, cap, &chunks);
        prop_assert_eq!(&cut.0, &whole.0);
        // Cut, a piece may be known to be too large before it is known to be wrong in another way.
        prop_assert_eq!(cut.1.is_some(), whole.1.is_some());
    }

    #[test]
    fn children_put_together_again_are_found_again(texts in prop::collection::vec("[a-zé &;'\"/]{0,30}", 0..8)) {
        let all: Vec<String> = texts.iter().map(|text| format!("<m a=\"'>\"><n/>{text}</m>")).collect();
        prop_assert_eq!(children(Rules::Stream, &format!("<s>{}</s>", all.join(" "))), all);
    }
}
