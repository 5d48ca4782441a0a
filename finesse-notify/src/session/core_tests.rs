use std::time::Duration;

use finesse_model::UserId;

use super::*;
use crate::config::PingConfig;
use crate::session::inbound::InboundReader;
use crate::stanza::Frame;

const JID: &str = "40217@d/r";

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn core() -> Core {
    let config = SessionConfig::builder(UserId::new("40217").unwrap(), "pw".to_owned().into(), "d")
        .resource("r")
        .seed(7)
        .ping(PingConfig::default())
        .build()
        .unwrap();
    Core::new(&config, JID.to_owned(), IdSource::new(Some(7)), s(0))
}

fn step(core: &mut Core, now: Duration, input: Input) -> Vec<Output> {
    let mut out = Vec::new();
    core.step(now, input, &mut out);
    out
}

fn stanza(core: &mut Core, now: Duration, text: &str) -> Vec<Output> {
    step(core, now, Input::Inbound(InboundReader::default().read(&Frame::new(text)).unwrap()))
}

fn command(core: &mut Core, now: Duration, token: u64, command: Command) -> Vec<Output> {
    step(core, now, Input::Command(Token(token), command))
}

fn sent(out: &[Output]) -> Vec<&Stanza> {
    out.iter().filter_map(|o| if let Output::Send(stanza) = o { Some(stanza) } else { None }).collect()
}

fn id_of(out: &[Output]) -> String {
    sent(out)[0].attribute("id").unwrap().to_owned()
}

fn replies(out: &[Output]) -> Vec<(u64, Option<EndCause>)> {
    out.iter()
        .filter_map(|o| {
            if let Output::Reply(token, result) = o {
                Some((token.0, result.as_ref().err().map(LinkError::kind)))
            } else {
                None
            }
        })
        .collect()
}

fn notes(out: &[Output]) -> Vec<&Notification> {
    out.iter().filter_map(|o| if let Output::Notify(n) = o { Some(n) } else { None }).collect()
}

fn ended(out: &[Output]) -> Option<EndCause> {
    out.iter().find_map(|o| if let Output::End(cause) = o { Some(cause.kind()) } else { None })
}

fn event(id: &str, from: &str) -> String {
    format!(
        "<message from='{from}' to='40217@d'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/n'><item id='{id}'>\
         <notification xmlns='urn:xmpp:push:0'>&lt;Update&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;source&gt;/s&lt;/source&gt;&lt;/Update&gt;\
         </notification></item></items></event></message>"
    )
}

const NODE: &str = "/finesse/api/Team/512/Users";

fn subscribed(core: &mut Core) {
    let out = command(core, s(0), 1, Command::Subscribe(NODE.to_owned()));
    let id = id_of(&out);
    let out = stanza(
        core,
        s(0),
        &format!(
            "<iq type='result' id='{id}'><pubsub><subscription node='{NODE}' jid='{JID}' subid='sub7' subscription='subscribed'/></pubsub></iq>"
        ),
    );
    assert_eq!(replies(&out), [(1, None)]);
}

#[test]
fn subscribing_uses_the_full_jid_and_happens_once() {
    let mut core = core();
    let first = command(&mut core, s(0), 1, Command::Subscribe(NODE.to_owned()));
    let subscribe = sent(&first)[0].descend(&["pubsub", "subscribe"]).unwrap();
    assert_eq!((subscribe.attribute("jid"), subscribe.attribute("node")), (Some(JID), Some(NODE)));
    assert_eq!(sent(&first)[0].attribute("to"), Some("pubsub.d"));
    assert!(command(&mut core, s(0), 2, Command::Subscribe(NODE.to_owned())).is_empty());
    let id = id_of(&first);
    let out = stanza(&mut core, s(1), &format!("<iq type='result' id='{id}'/>"));
    assert_eq!(replies(&out), [(1, None), (2, None)]);
    assert_eq!(replies(&command(&mut core, s(1), 3, Command::Subscribe(NODE.to_owned()))), [(3, None)]);
}

#[test]
fn unsubscribing_names_the_subid_the_server_gave() {
    let mut core = core();
    subscribed(&mut core);
    let out = command(&mut core, s(1), 2, Command::Unsubscribe(NODE.to_owned()));
    let unsubscribe = sent(&out)[0].descend(&["pubsub", "unsubscribe"]).unwrap();
    assert_eq!((unsubscribe.attribute("jid"), unsubscribe.attribute("subid")), (Some(JID), Some("sub7")));
    let id = id_of(&out);
    let error = format!(
        "<iq type='error' id='{id}'><error><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    );
    assert_eq!(replies(&stanza(&mut core, s(1), &error)), [(2, None)]);
}

#[test]
fn a_refused_subscription_names_the_condition_and_the_link_lives_on() {
    let mut core = core();
    let out = command(&mut core, s(0), 1, Command::Subscribe(NODE.to_owned()));
    let id = id_of(&out);
    let out = stanza(
        &mut core,
        s(0),
        &format!(
            "<iq type='error' id='{id}'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
        ),
    );
    let Output::Reply(_, Err(error)) = &out[0] else { panic!("{out:?}") };
    assert_eq!((error.kind(), error.condition()), (EndCause::Rejected, Some("item-not-found")));
    assert!(error.to_string().contains(NODE));
    assert_eq!(ended(&out), None);
}

#[test]
fn an_unanswered_request_times_out_and_a_late_answer_is_ignored() {
    let mut core = core();
    let out = command(&mut core, s(0), 1, Command::Subscribe(NODE.to_owned()));
    let id = id_of(&out);
    assert_eq!(core.deadline(), Some(s(10)));
    assert_eq!(replies(&step(&mut core, s(10), Input::Tick)), [(1, Some(EndCause::Timeout))]);
    assert!(stanza(&mut core, s(11), &format!("<iq type='result' id='{id}'/>")).is_empty());
}

#[test]
fn the_barrier_is_a_ping_and_any_answer_ends_it() {
    let mut core = core();
    for answer in
        ["<iq type='result' id='ID'/>", "<iq type='error' id='ID'><error><service-unavailable/></error></iq>"]
    {
        let out = command(&mut core, s(0), 1, Command::Barrier);
        let ping = sent(&out)[0];
        assert_eq!((ping.attribute("to"), ping.attribute("type")), (Some("d"), Some("get")));
        let out = stanza(&mut core, s(0), &answer.replace("ID", &id_of(&out)));
        assert_eq!(replies(&out), [(1, None)]);
    }
}

#[test]
fn doubles_are_dropped_by_item_id() {
    let mut core = core();
    assert_eq!(notes(&stanza(&mut core, s(0), &event("a", "pubsub.d"))).len(), 1);
    assert_eq!(notes(&stanza(&mut core, s(0), &event("a", "pubsub.d"))).len(), 0);
    assert_eq!(notes(&stanza(&mut core, s(0), &event("b", "pubsub.d"))).len(), 1);
}

#[test]
fn a_user_cannot_pass_off_events() {
    let mut core = core();
    assert!(stanza(&mut core, s(0), &event("a", "mallory@d/x")).is_empty());
}

#[test]
fn only_the_finesse_user_of_this_domain_counts() {
    let mut core = core();
    let mut presence = |text: &str| match stanza(&mut core, s(0), text).first() {
        Some(Output::Presence(p)) => Some(*p),
        _ => None,
    };
    assert_eq!(presence("<presence from='finesse@d/x1'/>"), Some(Presence::Available));
    assert_eq!(presence("<presence from='Finesse@D' type='unavailable'/>"), Some(Presence::Unavailable));
    assert_eq!(presence("<presence from='finesse@d' type='error'/>"), None);
    assert_eq!(presence("<presence from='40217@d/r'/>"), None);
    assert_eq!(presence("<presence from='finesse@elsewhere/x'/>"), None);
    assert_eq!(presence("<presence from='d'/>"), None);
    assert_eq!(presence("<presence/>"), None);
}

#[test]
fn the_server_gets_an_answer_to_whatever_it_asks() {
    let mut core = core();
    let out =
        stanza(&mut core, s(0), "<iq type='get' id='482-17' from='d'><ping xmlns='urn:xmpp:ping'/></iq>");
    assert_eq!(sent(&out)[0].attribute("type"), Some("result"));
    let out = stanza(
        &mut core,
        s(0),
        "<iq type='get' id='x' from='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    );
    assert_eq!(sent(&out)[0].attribute("type"), Some("error"));
}

#[test]
fn a_stream_error_ends_the_link_and_answers_everybody() {
    let mut core = core();
    command(&mut core, s(0), 1, Command::Barrier);
    command(&mut core, s(0), 2, Command::Subscribe(NODE.to_owned()));
    let out = stanza(&mut core, s(1), "<error xmlns='http://etherx.jabber.org/streams'><conflict/></error>");
    assert_eq!(replies(&out), [(1, Some(EndCause::Conflict)), (2, Some(EndCause::Conflict))]);
    assert_eq!(ended(&out), Some(EndCause::Conflict));
    assert!(stanza(&mut core, s(2), &event("a", "pubsub.d")).is_empty());
    assert_eq!(core.deadline(), None);
}

#[test]
fn silence_ends_the_link_after_two_pings() {
    let mut core = core();
    assert_eq!(core.deadline(), Some(s(15)));
    assert_eq!(sent(&step(&mut core, s(15), Input::Tick)).len(), 1);
    assert_eq!(sent(&step(&mut core, s(20), Input::Tick)).len(), 1);
    let out = step(&mut core, s(25), Input::Tick);
    assert_eq!(ended(&out), Some(EndCause::Silent));
}

#[test]
fn while_the_owner_does_not_read_nothing_times_out() {
    let mut core = core();
    command(&mut core, s(0), 1, Command::Barrier);
    step(&mut core, s(5), Input::Paused);
    assert!(replies(&step(&mut core, s(60), Input::Tick)).is_empty());
    step(&mut core, s(60), Input::Resumed);
    assert!(replies(&step(&mut core, s(64), Input::Tick)).is_empty());
    assert_eq!(replies(&step(&mut core, s(65), Input::Tick)), [(1, Some(EndCause::Timeout))]);
}

#[test]
fn closing_unsubscribes_says_goodbye_and_ends() {
    let mut core = core();
    subscribed(&mut core);
    command(&mut core, s(1), 9, Command::Barrier);
    let out = step(&mut core, s(1), Input::Close);
    assert_eq!(replies(&out), [(9, Some(EndCause::ClosedByUs))]);
    let unsubscribe = sent(&out)[0];
    assert_eq!(unsubscribe.descend(&["pubsub", "unsubscribe"]).unwrap().attribute("node"), Some(NODE));
    assert_eq!(ended(&out), None);
    let id = id_of(&out);
    let out = stanza(&mut core, s(1), &format!("<iq type='result' id='{id}'/>"));
    assert_eq!(sent(&out)[0].attribute("type"), Some("unavailable"));
    assert_eq!(ended(&out), Some(EndCause::ClosedByUs));
}

#[test]
fn closing_does_not_wait_for_a_deaf_server() {
    let mut core = core();
    subscribed(&mut core);
    step(&mut core, s(1), Input::Close);
    let deadline = core.deadline().unwrap();
    assert!(deadline < s(2));
    let out = step(&mut core, deadline, Input::Tick);
    assert_eq!(ended(&out), Some(EndCause::ClosedByUs));
}

#[test]
fn a_deleted_node_is_no_longer_subscribed() {
    let mut core = core();
    subscribed(&mut core);
    stanza(
        &mut core,
        s(1),
        &format!("<message from='pubsub.d'><event><delete node='{NODE}'/></event></message>"),
    );
    assert_eq!(sent(&command(&mut core, s(1), 5, Command::Subscribe(NODE.to_owned()))).len(), 1);
}

#[test]
fn requests_without_answers_are_bounded() {
    let mut core = core();
    let mut refused = 0;
    for n in 0..10_000 {
        refused += replies(&command(&mut core, s(0), n, Command::Barrier)).len();
    }
    assert_eq!(refused, 10_000 - MAX_PENDING);
}

fn sweeping() -> Core {
    let config = SessionConfig::builder(UserId::new("40217").unwrap(), "pw".to_owned().into(), "d")
        .resource("box7-2")
        .remove_stale_subscriptions("box7-")
        .seed(7)
        .build()
        .unwrap();
    Core::new(&config, "40217@d/box7-2".to_owned(), IdSource::new(Some(7)), s(0))
}

fn list(id: &str, entries: &[(&str, &str, Option<&str>)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(node, jid, subid)| {
            let subid = subid.map(|id| format!(" subid='{id}'")).unwrap_or_default();
            format!("<subscription node='{node}' jid='{jid}' subscription='subscribed'{subid}/>")
        })
        .collect();
    format!("<iq type='result' id='{id}'><pubsub><subscriptions>{entries}</subscriptions></pubsub></iq>")
}

#[test]
fn stale_subscriptions_of_earlier_runs_are_found_and_removed_and_no_others() {
    let mut core = sweeping();
    let begin = step(&mut core, s(0), Input::Begin);
    let asked = sent(&begin)[0];
    assert_eq!((asked.attribute("type"), asked.attribute("to")), (Some("get"), Some("pubsub.d")));
    assert!(asked.descend(&["pubsub", "subscriptions"]).is_some());
    command(&mut core, s(0), 1, Command::Subscribe("/mine".to_owned()));
    let out = stanza(
        &mut core,
        s(1),
        &list(
            &id_of(&begin),
            &[
                ("/a", "40217@d/box7-1", None),
                ("/b", "40217@D/box7-0", Some("x")),
                ("/left", "40217@d/box7-2", None),
                ("/mine", "40217@d/box7-2", None),
                ("/c", "40217@d/desktop", None),
                ("/d", "40217@d", None),
                ("/e", "40218@d/box7-1", None),
            ],
        ),
    );
    let removed: Vec<_> = sent(&out)
        .iter()
        .map(|iq| {
            let one = iq.descend(&["pubsub", "unsubscribe"]).unwrap();
            (one.attribute("node").unwrap(), one.attribute("jid").unwrap(), one.attribute("subid"))
        })
        .collect();
    assert_eq!(
        removed,
        [
            ("/a", "40217@d/box7-1", None),
            ("/b", "40217@D/box7-0", Some("x")),
            ("/left", "40217@d/box7-2", None)
        ]
    );
    // That one cannot be removed harms nobody.
    let id = sent(&out)[0].attribute("id").unwrap().to_owned();
    assert!(
        stanza(&mut core, s(2), &format!("<iq type='error' id='{id}'><error><forbidden/></error></iq>"))
            .is_empty()
    );
}

#[test]
fn without_the_wish_nothing_is_swept() {
    assert!(step(&mut core(), s(0), Input::Begin).is_empty());
}

#[test]
fn a_server_that_wants_a_subid_gets_every_one_of_ours() {
    let mut core = core();
    let out = command(&mut core, s(0), 1, Command::Unsubscribe(NODE.to_owned()));
    let wants = "<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
        <subid-required xmlns='http://jabber.org/protocol/pubsub#errors'/></error>";
    let refuse = |id: &str| format!("<iq type='error' id='{id}'>{wants}</iq>");
    let asked = stanza(&mut core, s(0), &refuse(&id_of(&out)));
    assert!(sent(&asked)[0].descend(&["pubsub", "subscriptions"]).is_some());
    let entries = [
        (NODE, JID, Some("one")),
        (NODE, "40217@d/other", Some("two")),
        ("/elsewhere", JID, Some("three")),
        (NODE, JID, Some("four")),
    ];
    let out = stanza(&mut core, s(0), &list(&id_of(&asked), &entries));
    let subids: Vec<_> = sent(&out)
        .iter()
        .map(|iq| iq.descend(&["pubsub", "unsubscribe"]).unwrap().attribute("subid"))
        .collect();
    assert_eq!(subids, [Some("one"), Some("four")]);
    let last = sent(&out)[1].attribute("id").unwrap().to_owned();
    // Asked again for an id although one was named, it is an error and no endless round.
    assert_eq!(replies(&stanza(&mut core, s(0), &refuse(&last))), [(1, Some(EndCause::Rejected))]);
}

#[test]
fn the_first_item_after_a_subscribe_is_marked_until_a_ping_came_back() {
    let mut core = core();
    subscribed(&mut core);
    let on_node = |id: &str| event(id, "pubsub.d").replace("node='/n'", &format!("node='{NODE}'"));
    let other = stanza(&mut core, s(1), &event("0", "pubsub.d"));
    assert!(!notes(&other)[0].delayed, "another node is not concerned");
    assert!(notes(&stanza(&mut core, s(1), &on_node("1")))[0].delayed);
    assert!(!notes(&stanza(&mut core, s(1), &on_node("2")))[0].delayed, "only one item can be the last");

    let mut core = self::core();
    subscribed(&mut core);
    let barrier = id_of(&command(&mut core, s(1), 9, Command::Barrier));
    stanza(&mut core, s(1), &format!("<iq type='result' id='{barrier}'/>"));
    assert!(
        !notes(&stanza(&mut core, s(1), &on_node("3")))[0].delayed,
        "a push would have come before the answer"
    );
}
