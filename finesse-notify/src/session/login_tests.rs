use finesse_model::UserId;

use super::*;

const FEATURES: &str = "<features><mechanisms><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></features>";

fn config(secret: &str) -> SessionConfig {
    SessionConfig::builder(UserId::new("40217").unwrap(), secret.to_owned().into(), "d")
        .resource("r")
        .seed(1)
        .build()
        .unwrap()
}

fn stanza(text: &str) -> Stanza {
    Stanza::parse(text).unwrap()
}

fn send(steps: Vec<Step>) -> Stanza {
    match steps.into_iter().next() {
        Some(Step::Send(stanza)) => stanza,
        other => panic!("expected to send, got {other:?}"),
    }
}

#[test]
fn the_whole_login_step_by_step() {
    let config = config("s3cret");
    let mut login = Login::new(&config, IdSource::new(Some(1)), None).unwrap();
    let auth = send(login.on_stanza(stanza(FEATURES)).unwrap());
    assert_eq!((auth.attribute("mechanism"), auth.text()), (Some("PLAIN"), "ADQwMjE3AHMzY3JldA=="));
    assert!(matches!(login.on_stanza(stanza("<success/>")).unwrap()[..], [Step::Restart]));
    let bind =
        send(login.on_stanza(stanza("<features><bind/><session><optional/></session></features>")).unwrap());
    assert_eq!(bind.descend(&["bind", "resource"]).unwrap().text(), "r");
    assert!(login.on_stanza(stanza("<presence from='x'/>")).unwrap().is_empty());
    let id = bind.attribute("id").unwrap();
    let session = send(
        login
            .on_stanza(stanza(&format!("<iq type='result' id='{id}'><bind><jid>40217@d/r</jid></bind></iq>")))
            .unwrap(),
    );
    let id = session.attribute("id").unwrap();
    let done = login.on_stanza(stanza(&format!("<iq type='error' id='{id}'><error/></iq>"))).unwrap();
    assert!(
        matches!(&done[..], [Step::Send(presence), Step::Done(jid)] if presence.name() == "presence" && jid == "40217@d/r")
    );
    assert_eq!(login.into_rest().1.len(), 1);
}

#[test]
fn without_plain_nothing_is_sent() {
    let config = config("s3cret");
    let mut login = Login::new(&config, IdSource::new(Some(1)), None).unwrap();
    let error = login
        .on_stanza(stanza("<features><mechanisms><mechanism>SCRAM-SHA-1</mechanism></mechanisms></features>"))
        .unwrap_err();
    assert_eq!(error.kind(), EndCause::Policy);
    assert!(error.to_string().contains("SCRAM-SHA-1"));
}

#[test]
fn a_refused_password_is_final_and_a_busy_back_end_is_not() {
    for (failure, kind) in [
        ("<failure><not-authorized/></failure>", EndCause::Auth),
        ("<failure/>", EndCause::Auth),
        ("<failure><temporary-auth-failure/></failure>", EndCause::Network),
    ] {
        let config = config("s3cret");
        let mut login = Login::new(&config, IdSource::new(Some(1)), None).unwrap();
        login.on_stanza(stanza(FEATURES)).unwrap();
        let error = login.on_stanza(stanza(failure)).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!error.to_string().contains("s3cret"));
    }
}

#[test]
fn an_empty_password_is_refused_here() {
    let config = config("");
    assert_eq!(
        Login::new(&config, IdSource::new(Some(1)), None).err().map(|e| e.kind()),
        Some(EndCause::Auth)
    );
}

#[test]
fn a_flood_before_the_session_ends_the_login() {
    let config = config("s3cret");
    let mut login = Login::new(&config, IdSource::new(Some(1)), None).unwrap();
    let error = (0..1000).find_map(|_| login.on_stanza(stanza("<message/>")).err()).unwrap();
    assert_eq!(error.kind(), EndCause::Protocol);
}

#[test]
fn a_required_session_must_succeed() {
    let config = config("s3cret");
    let mut login = Login::new(&config, IdSource::new(Some(1)), None).unwrap();
    login.on_stanza(stanza(FEATURES)).unwrap();
    login.on_stanza(stanza("<success/>")).unwrap();
    let bind = send(login.on_stanza(stanza("<features><bind/><session/></features>")).unwrap());
    let id = bind.attribute("id").unwrap();
    let session = send(
        login
            .on_stanza(stanza(&format!("<iq type='result' id='{id}'><bind><jid>a@d/r</jid></bind></iq>")))
            .unwrap(),
    );
    let id = session.attribute("id").unwrap();
    let error = login
        .on_stanza(stanza(&format!(
            "<iq type='error' id='{id}'><error><internal-server-error/></error></iq>"
        )))
        .unwrap_err();
    assert_eq!(error.condition(), Some("internal-server-error"));
}

/// A login in two flights that has heard the first features.
fn ahead(config: &SessionConfig) -> Login<'_> {
    let mut login = Login::new(config, IdSource::new(Some(1)), Some(&Flights::new())).unwrap();
    assert_eq!(send(login.begin()).name(), "auth");
    assert!(inbound(&mut login, FEATURES).unwrap().is_empty());
    login
}

fn inbound(login: &mut Login<'_>, text: &str) -> Result<Vec<Step>, LinkError> {
    login.on_inbound(Inbound::Stanza(stanza(text)))
}

/// The stanzas of the second flight, and the id of its bind.
fn second_flight(login: &mut Login<'_>) -> (Vec<String>, String) {
    let mut steps = inbound(login, "<success/>").unwrap().into_iter();
    assert!(matches!(steps.next(), Some(Step::Restart)));
    let stanzas: Vec<Stanza> = steps.map(|step| send(vec![step])).collect();
    let id = stanzas[0].attribute("id").unwrap().to_owned();
    (stanzas.iter().map(|one| one.children().next().unwrap().name().to_owned()).collect(), id)
}

#[test]
fn two_flights_say_the_same_as_the_steps() {
    let config = config("s3cret");
    let mut login = ahead(&config);
    let (flight, id) = second_flight(&mut login);
    assert_eq!(flight, ["bind", "session", "priority"]);
    assert!(
        inbound(&mut login, "<features><bind/><session><optional/></session></features>").unwrap().is_empty()
    );
    let done =
        inbound(&mut login, &format!("<iq type='result' id='{id}'><bind><jid>40217@d/r</jid></bind></iq>"));
    assert!(matches!(&done.unwrap()[..], [Step::Done(jid)] if jid == "40217@d/r"));
}

#[test]
fn in_two_flights_a_required_session_is_waited_for() {
    let config = config("s3cret");
    let mut login = ahead(&config);
    let (_, id) = second_flight(&mut login);
    inbound(&mut login, "<features><bind/><session/></features>").unwrap();
    let bound =
        inbound(&mut login, &format!("<iq type='result' id='{id}'><bind><jid>40217@d/r</jid></bind></iq>"));
    assert!(bound.unwrap().is_empty());
    assert_eq!(login.doing(), "establishing the session");
}

#[test]
fn a_server_that_dislikes_flights_is_told_from_one_that_refuses_the_agent() {
    let config = config("s3cret");
    let network = LinkError::new(EndCause::Network, "the server closed the connection");
    let silent = Login::new(&config, IdSource::new(Some(1)), Some(&Flights::new())).unwrap();
    assert!(!silent.not_taken(&network), "a server that said nothing at all is merely not there");
    for (text, not_taken) in [
        ("<stream:error><not-authorized/></stream:error>", true),
        ("<stream:error><policy-violation/></stream:error>", true),
        ("<stream:error><conflict/></stream:error>", false),
        ("<stream:error><host-unknown/></stream:error>", false),
        ("<stream:error><system-shutdown/></stream:error>", false),
        ("<failure><not-authorized/></failure>", false),
        ("<failure><malformed-request/></failure>", false),
    ] {
        let mut login = ahead(&config);
        let error = inbound(&mut login, text).unwrap_err();
        assert_eq!(login.not_taken(&error), not_taken, "{text}");
    }
    assert!(ahead(&config).not_taken(&network));
    let mut steps = Login::new(&config, IdSource::new(Some(1)), None).unwrap();
    inbound(&mut steps, FEATURES).unwrap();
    assert!(!steps.not_taken(&network) && steps.patience().is_none());
    assert_eq!(ahead(&config).patience(), Some(PATIENCE));
}

#[test]
fn with_only_the_second_flight_ahead_credentials_wait_for_the_features() {
    let config = config("s3cret");
    let flights = Flights::new().second_only();
    let new = || Login::new(&config, IdSource::new(Some(1)), Some(&flights)).unwrap();
    let network = LinkError::new(EndCause::Network, "the server closed the connection");
    let mut login = new();
    assert!(login.begin().is_empty());
    let refused = inbound(
        &mut login,
        "<features><mechanisms><mechanism>SCRAM-SHA-1</mechanism></mechanisms></features>",
    );
    assert!(refused.unwrap_err().to_string().contains("was not sent"));
    let mut login = new();
    assert_eq!(send(inbound(&mut login, FEATURES).unwrap()).name(), "auth");
    // So far nothing was ahead: there is no other way to try.
    assert!(!login.not_taken(&network) && login.patience().is_none());
    let (flight, _) = second_flight(&mut login);
    assert_eq!(flight, ["bind", "session", "priority"]);
    inbound(&mut login, "<features><bind/><session/></features>").unwrap();
    assert!(login.not_taken(&network));
    assert_eq!(login.patience(), Some(PATIENCE));
}

#[test]
fn a_refused_resource_is_no_reason_to_try_again() {
    let config = config("s3cret");
    let mut login = ahead(&config);
    let (_, id) = second_flight(&mut login);
    inbound(&mut login, "<features><bind/></features>").unwrap();
    let error =
        inbound(&mut login, &format!("<iq type='error' id='{id}'><error><not-authorized/></error></iq>"));
    assert!(!login.not_taken(&error.unwrap_err()));
}
