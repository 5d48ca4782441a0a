use super::*;

const UPDATE: &str =
    "&lt;Update&gt;&lt;event&gt;put&lt;/event&gt;&lt;source&gt;/s/R&amp;amp;D&lt;/source&gt;&lt;/Update&gt;";

/// Both ways to read it; `None` where the quick one gives up.
fn both(text: &str) -> (Option<Message>, Option<Message>) {
    (quick(text, &mut Vec::new()), Frame::new(text).parse().ok().as_ref().and_then(from_tree))
}

fn message(inside: &str) -> String {
    format!("<message from='pubsub.d' to='40217@d' id='tX91bQz7'>{inside}</message>")
}

fn item(id: &str, payload: &str) -> String {
    format!(
        "<item id='{id}'><notification xmlns='urn:xmpp:push:0' type='html'>{payload}</notification></item>"
    )
}

#[test]
fn the_ordinary_forms_are_read_quickly_and_mean_the_same_as_their_tree() {
    let event = |inside: &str| {
        format!(
            "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/n&apos;&#233;'>{inside}</items></event>"
        )
    };
    let delay = "<delay xmlns='urn:xmpp:delay' stamp='2026-03-01T17:02:11.415Z'/>";
    let shim = "<headers xmlns='http://jabber.org/protocol/shim'><header name='SubID'>x</header></headers>";
    for text in [
        message(&event(&item("1", UPDATE))),
        message(&event(&(item("1", UPDATE) + &item("2", UPDATE)))),
        message(&event(&format!("\n  {}\n ", item("1", &format!("\n{UPDATE}\n"))))),
        message(&(event(&item("1", UPDATE)) + delay)),
        message(&(event(&item("1", UPDATE)) + "<x xmlns='jabber:x:delay' stamp='20260301T17:02:11'/>")),
        message(&(event(&item("1", UPDATE)) + "<x xmlns='jabber:x:oob' stamp='s'/>")),
        message(&(shim.to_owned() + &event(&item("1", UPDATE)) + shim)),
        message(&("<geoloc xmlns='g'><lat>1</lat></geoloc>".to_owned() + &event(&item("1", UPDATE)))),
        message(&event(&item("", "{\"a\":1}"))),
        message(&event(&item("1", "&lt;Update&gt;"))),
        message(&event(&item("1", ""))),
        message(&(event(&item("1", UPDATE)) + &event(&item("2", UPDATE)))),
        message(&event(&format!("<item><p:notification xmlns:p='q'>{UPDATE}</p:notification></item>"))),
    ] {
        let (quick, tree) = both(&text);
        assert!(quick.is_some(), "not read quickly: {text}");
        assert_eq!(quick, tree, "{text}");
    }
}

#[test]
fn unusual_forms_are_left_to_the_tree() {
    let inner = "<Update><event>put</event><source>/s</source></Update>";
    for inside in [
        item("1", inner),
        item("1", &format!("<![CDATA[{inner}]]>")),
        "<item id='1'/>".to_owned(),
        format!("<item id='1'>{inner}</item>"),
        "<retract id='1'/>".to_owned(),
        format!("{}<item id='2'><geoloc xmlns='g'/></item>", item("1", UPDATE)),
        item("1", "&unknown;"),
        format!("<!-- x -->{}", item("1", UPDATE)),
    ] {
        let text = message(&format!("<event><items node='/n'>{inside}</items></event>"));
        assert_eq!(quick(&text, &mut Vec::new()), None, "{text}");
    }
    assert!(both(&message("<event><delete node='/n'/></event>")).1.is_some());
    for text in [
        "<message/>",
        "<message>",
        "<messages><event/></messages>",
        "<iq/>",
        "",
        "<message><body>x</body></message>",
    ] {
        assert_eq!(both(text), (None, None), "{text}");
    }
}

#[test]
fn damaged_messages_never_mean_two_things() {
    let whole = message(&format!(
        "<event><items node='/n'>{}{}</items></event><delay xmlns='urn:xmpp:delay'/>",
        item("1", UPDATE),
        item("2", "&lt;Update/&gt;")
    ));
    let pieces = [
        "<",
        ">",
        "/>",
        "&",
        "&lt;",
        "<!--",
        "<![CDATA[",
        "]]>",
        "'",
        "<event>",
        "</item>",
        " ",
        "x",
        "<delay/>",
    ];
    let mut compared = 0;
    for seed in 0..20_000 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut text = whole.clone();
        for _ in 0..rng.usize(1..3) {
            let at = rng.usize(..=text.len());
            if rng.bool() && at + 4 < text.len() {
                text.replace_range(at..at + rng.usize(1..4), "");
            } else {
                text.insert_str(at, pieces[rng.usize(..pieces.len())]);
            }
        }
        // The quick reader does not look into what it skips, so the tree may refuse more, but it never says something else.
        if let (Some(quick), Some(tree)) = both(&text) {
            compared += 1;
            assert_eq!(quick, tree, "seed {seed}: {text}");
        }
    }
    assert!(compared > 1000, "{compared}");
}
