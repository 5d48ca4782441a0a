//! The behaviours every transport must show against every server, one by one. Each says in a few words what the server did.

use std::fmt::Display;

use finesse_model::{Resource, Update};
use finesse_net::Trust;
use finesse_notify::{EndCause, Event, Link, Notification, Presence};

use super::client::{Login, Way, log_in, until, waiting};
use super::peer::{Kind, Peer};
use super::pki::Authority;
use super::prosody::AGENT;
use crate::payload;
use crate::report::Failure;

/// A node nobody is subscribed to without asking.
pub(crate) const TEAM: &str = "/finesse/api/Team/512/Users";

/// What is shown. The order matters little: each opens links of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Login,
    Flights,
    Subscribe,
    Notification,
    Large,
    Order,
    Presence,
    Conflict,
    WrongPassword,
    UntrustedCertificate,
    OtherDomain,
    Freeze,
    Stop,
    Crash,
}

impl Behaviour {
    pub(crate) const ALL: [Self; 14] = [
        Self::Login,
        Self::Flights,
        Self::Subscribe,
        Self::Notification,
        Self::Large,
        Self::Order,
        Self::Presence,
        Self::Conflict,
        Self::WrongPassword,
        Self::UntrustedCertificate,
        Self::OtherDomain,
        Self::Freeze,
        Self::Stop,
        Self::Crash,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login and orderly close",
            Self::Flights => "login written ahead",
            Self::Subscribe => "subscribe and unsubscribe",
            Self::Notification => "notification, 3.9 KB with entities",
            Self::Large => "notification of 64 KB",
            Self::Order => "a hundred notifications in order",
            Self::Presence => "presence of finesse, both ways",
            Self::Conflict => "conflict ends the older link for good",
            Self::WrongPassword => "wrong password, tried exactly once",
            Self::UntrustedCertificate => "certificate of an unknown authority",
            Self::OtherDomain => "stream to a domain it does not serve",
            Self::Freeze => "frozen server is noticed by pings",
            Self::Stop => "server stops politely",
            Self::Crash => "server is killed",
        }
    }

    /// Shows the behaviour once and says what the server did, or what differs from all that it may do.
    pub(crate) async fn show(self, peer: &mut Peer, way: Way) -> Result<String, Failure> {
        match self {
            Self::Login => login(peer, way).await,
            Self::Flights => flights(peer, way).await,
            Self::Subscribe => subscribe(peer, way).await,
            Self::Notification => notification(peer, way).await,
            Self::Large => large(peer, way).await,
            Self::Order => order(peer, way).await,
            Self::Presence => presence(peer, way).await,
            Self::Conflict => conflict(peer, way).await,
            Self::WrongPassword => wrong_password(peer, way).await,
            Self::UntrustedCertificate => untrusted_certificate(peer, way).await,
            Self::OtherDomain => other_domain(peer, way).await,
            Self::Freeze => freeze(peer, way).await,
            Self::Stop => stop(peer, way).await,
            Self::Crash => crash(peer, way).await,
        }
    }
}

/// What is said where there is only one right thing to do.
fn done() -> String {
    String::from("ok")
}

/// Opens a link and waits until the server has seen everything the login sent, its presence above all: only then is the
/// agent there for the server, and gets what is published.
async fn open(peer: &Peer, way: Way, resource: &str) -> Result<Link, Failure> {
    let link = log_in(way, &peer.places()?, Login::ordinary(resource, peer.authority())).await??;
    link.control.barrier().await?;
    Ok(link)
}

async fn login(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "login").await?;
    same("the bound JID", &link.jid, &format!("{AGENT}@{}/login", peer.places()?.domain))?;
    until(&mut link, "the presence of finesse", |event| available(event, Presence::Available)).await?;
    link.control.close().await;
    ended(&mut link, &[EndCause::ClosedByUs]).await?;
    Ok(done())
}

/// Over BOSH only bind, session and presence are written ahead.
async fn flights(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let login = Login::ordinary("flights", peer.authority());
    let flights = login.flights.clone();
    let link = log_in(way, &peer.places()?, login).await??;
    link.control.close().await;
    Ok(String::from(if flights.allowed() { "taken" } else { "step by step" }))
}

async fn subscribe(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "subscribe").await?;
    let update = payload::user_update("40218", "READY");
    peer.publish(TEAM, "before", &update).await?;
    link.control.subscribe(TEAM).await?;
    peer.publish(TEAM, "during", &update).await?;
    until(&mut link, "an item of the subscribed node", |event| item(event, "during")).await?;
    link.control.unsubscribe(TEAM).await?;
    peer.publish(TEAM, "after", &update).await?;
    // The server has answered the publisher, so whatever it would send us stands before the answer to the barrier.
    link.control.barrier().await?;
    if waiting(&mut link).iter().any(|event| matches!(event, Event::Notification(_))) {
        return Err(Failure::new("an item came without a subscription"));
    }
    let refused = link.control.subscribe("/finesse/api/Team/none/Users").await;
    let Err(refused) = refused else { return Err(Failure::new("a node that does not exist was subscribed")) };
    same("the server's condition", &refused.condition(), &Some("item-not-found"))?;
    // The refusal ends the request, not the link.
    link.control.barrier().await?;
    link.control.close().await;
    Ok(done())
}

async fn notification(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "notification").await?;
    let [user_node, dialogs_node] = payload::nodes(AGENT);
    peer.publish(&user_node, "user-1", &payload::user_update(AGENT, "NOT_READY")).await?;
    let update = payload::dialog_update(AGENT, "16804377", payload::VARIABLES_OF_3_9_KB);
    peer.publish(&dialogs_node, "dialog-1", &update).await?;
    let seen = until(&mut link, "the user", |event| notification_of(event, "user-1")).await?;
    same("the node", &seen.node, &user_node)?;
    let Some(Resource::User(user)) = seen.update?.data else {
        return Err(Failure::new("no user in the update"));
    };
    same("the state", &user.state.map(|state| state.as_str().to_owned()), &Some("NOT_READY".to_owned()))?;
    same("a name with an entity in it", &user.last_name.as_deref(), &Some("Sol&Luna"))?;
    let seen = until(&mut link, "the dialog", |event| notification_of(event, "dialog-1")).await?;
    same("the node", &seen.node, &dialogs_node)?;
    if seen.update? != Update::from_xml(&update)? {
        return Err(Failure::new("the dialog is not the one that was published"));
    }
    link.control.close().await;
    Ok(done())
}

async fn large(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "large").await?;
    let [_, dialogs_node] = payload::nodes(AGENT);
    let update = payload::dialog_update(AGENT, "16804378", payload::VARIABLES_OF_64_KB);
    peer.publish(&dialogs_node, "large-1", &update).await?;
    let seen = until(&mut link, "the dialog", |event| notification_of(event, "large-1")).await?;
    if seen.update? != Update::from_xml(&update)? {
        return Err(Failure::new("the dialog is not the one that was published"));
    }
    link.control.close().await;
    Ok(done())
}

async fn order(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "order").await?;
    let nodes = payload::nodes(AGENT);
    for index in 0..100 {
        let node = &nodes[index % nodes.len()];
        peer.publish(node, &format!("order-{index}"), &payload::user_update(AGENT, "READY")).await?;
    }
    link.control.barrier().await?;
    let seen: Vec<String> = waiting(&mut link)
        .into_iter()
        .filter_map(
            |event| if let Event::Notification(notification) = event { notification.item_id } else { None },
        )
        .collect();
    same("the number of items before the barrier", &seen.len(), &100)?;
    for (index, id) in seen.iter().enumerate() {
        same(format!("item {index}"), id, &format!("order-{index}"))?;
    }
    link.control.close().await;
    Ok(done())
}

async fn presence(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "presence").await?;
    until(&mut link, "finesse being there", |event| available(event, Presence::Available)).await?;
    peer.presence(false).await?;
    until(&mut link, "finesse going away", |event| available(event, Presence::Unavailable)).await?;
    peer.presence(true).await?;
    until(&mut link, "finesse coming back", |event| available(event, Presence::Available)).await?;
    link.control.close().await;
    Ok(done())
}

async fn conflict(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut older = open(peer, way, "conflict").await?;
    let newer = open(peer, way, "conflict").await?;
    let end = until(&mut older, "the end of the older link", end_of).await?;
    same("the cause of the end", &end.kind(), &EndCause::Conflict)?;
    same("whether the cause is final", &end.is_final(), &true)?;
    newer.control.barrier().await?;
    newer.control.close().await;
    Ok(done())
}

async fn wrong_password(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let before = peer.attempts()?;
    let mut login = Login::ordinary("wrong", peer.authority());
    login.password = "not the password".to_owned();
    let secret = login.password.clone();
    let Err(refused) = log_in(way, &peer.places()?, login).await? else {
        return Err(Failure::new("a wrong password was accepted"));
    };
    same("the kind", &refused.kind(), &EndCause::Auth)?;
    same("whether the refusal is final", &refused.is_final(), &true)?;
    same(
        "whether the password is in the message",
        &format!("{refused} {refused:?}").contains(&secret),
        &false,
    )?;
    same("attempts the server saw", &(peer.attempts()? - before), &1)?;
    Ok(done())
}

async fn untrusted_certificate(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let before = peer.attempts()?;
    let mut login = Login::ordinary("untrusted", peer.authority());
    // Another authority of the same name: as close to right as wrong can be.
    login.trust = Trust::ExtraCa(Authority::new()?.pem().as_bytes().to_vec());
    let Err(refused) = log_in(way, &peer.places()?, login).await? else {
        return Err(Failure::new("a certificate of an unknown authority was trusted"));
    };
    same("the kind", &refused.kind(), &EndCause::Tls)?;
    same("whether the error tells what is wrong", &refused.trust_failure().is_some(), &true)?;
    same("attempts the server saw", &(peer.attempts()? - before), &0)?;
    Ok(done())
}

async fn other_domain(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut places = peer.places()?;
    places.domain = String::from("elsewhere.interop.example");
    let login = Login::ordinary("elsewhere", peer.authority());
    match log_in(way, &places, login).await? {
        // The domain of the bound JID is the server's own then, and the only one that counts.
        Ok(link) => {
            same("the domain of the bound JID", &link.jid.contains(&peer.places()?.domain), &true)?;
            link.control.close().await;
            Ok(String::from("does not look at it"))
        }
        Err(refused) if refused.kind() == EndCause::Protocol => {
            Ok(refused.condition().map_or_else(|| String::from("refuses"), str::to_owned))
        }
        Err(refused) => Err(Failure::new(format!("{:?}: {refused}", refused.kind()))),
    }
}

async fn freeze(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "freeze").await?;
    peer.freeze(true)?;
    let end = ended(&mut link, &[EndCause::Silent]).await;
    peer.freeze(false)?;
    end
}

async fn stop(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "stop").await?;
    peer.stop()?;
    // Over BOSH the farewell may be lost: the server need not hold a request to answer when it ends.
    let end = match way {
        Way::Tcp | Way::WebSocket => ended(&mut link, &[EndCause::Shutdown]).await,
        Way::Bosh => ended(&mut link, &[EndCause::Shutdown, EndCause::Network, EndCause::Refused]).await,
    };
    let again = log_in(way, &peer.places()?, Login::ordinary("stop", peer.authority())).await?;
    peer.restart().await?;
    let end = end?;
    let Err(refused) = again else { return Err(Failure::new("a stopped server accepted a login")) };
    // Port 8445 is the web server's, which lives and says that nobody is behind it.
    let proxied = way == Way::WebSocket && peer.kind() == Kind::Simulator;
    let expected = if proxied { EndCause::Network } else { EndCause::Refused };
    same("the kind of a login meanwhile", &refused.kind(), &expected)?;
    Ok(format!("{end}, then {}", refused.kind()))
}

async fn crash(peer: &mut Peer, way: Way) -> Result<String, Failure> {
    let mut link = open(peer, way, "crash").await?;
    peer.kill()?;
    // BOSH learns it by sending the lost request again, to a port where nobody listens any more.
    let end = match way {
        Way::Tcp | Way::WebSocket => ended(&mut link, &[EndCause::Network]).await,
        Way::Bosh => ended(&mut link, &[EndCause::Network, EndCause::Refused]).await,
    };
    peer.restart().await?;
    let end = end?;
    // The same agent comes back at once: nothing of the dead session is in the way.
    let link = open(peer, way, "crash").await?;
    link.control.barrier().await?;
    link.control.close().await;
    Ok(end)
}

/// Waits for the end of the link, which must have one of these causes; says which.
async fn ended(link: &mut Link, causes: &[EndCause]) -> Result<String, Failure> {
    let end = until(link, "the end of the link", end_of).await?;
    if causes.contains(&end.kind()) {
        return Ok(end.kind().to_string());
    }
    Err(Failure::new(format!("the cause of the end is {:?} ({end}), {causes:?} was expected", end.kind())))
}

fn end_of(event: &Event) -> Option<finesse_notify::LinkError> {
    if let Event::Ended(error) = event { Some(error.clone()) } else { None }
}

fn available(event: &Event, wanted: Presence) -> Option<()> {
    matches!(event, Event::FinessePresence(presence) if *presence == wanted).then_some(())
}

fn notification_of(event: &Event, id: &str) -> Option<Notification> {
    match event {
        Event::Notification(notification) if notification.item_id.as_deref() == Some(id) => {
            Some(notification.clone())
        }
        _ => None,
    }
}

fn item(event: &Event, id: &str) -> Option<()> {
    notification_of(event, id).map(drop)
}

fn same<T: PartialEq + std::fmt::Debug>(what: impl Display, seen: &T, wanted: &T) -> Result<(), Failure> {
    if seen == wanted {
        Ok(())
    } else {
        Err(Failure::new(format!("{what} is {seen:?}, {wanted:?} was expected")))
    }
}
