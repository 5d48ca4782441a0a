//! The behaviours every transport must show against a server, one by one.

use std::fmt::Display;

use finesse_model::{Update, UpdateData};
use finesse_net::Trust;
use finesse_notify::{EndCause, Event, Link, Notification, Presence};

use super::client::{Login, Way, log_in, until, waiting};
use super::pki::Authority;
use super::prosody::{AGENT, Prosody};
use super::publisher::Publisher;
use crate::payload;
use crate::report::Failure;

/// A node nobody is subscribed to without asking.
const TEAM: &str = "/finesse/api/Team/512/Users";

/// One server, its `finesse` user, and what the client trusts.
pub(crate) struct Rig {
    pub(crate) server: Prosody,
    pub(crate) publisher: Publisher,
    pub(crate) authority: Authority,
}

/// What is shown. The order matters little: each opens links of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Login,
    Subscribe,
    Notification,
    Order,
    Presence,
    Conflict,
    WrongPassword,
    UntrustedCertificate,
    Freeze,
    Stop,
    Crash,
}

impl Behaviour {
    pub(crate) const ALL: [Self; 11] = [
        Self::Login,
        Self::Subscribe,
        Self::Notification,
        Self::Order,
        Self::Presence,
        Self::Conflict,
        Self::WrongPassword,
        Self::UntrustedCertificate,
        Self::Freeze,
        Self::Stop,
        Self::Crash,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login and orderly close",
            Self::Subscribe => "subscribe and unsubscribe",
            Self::Notification => "notification, 3.9 KB with entities",
            Self::Order => "a hundred notifications in order",
            Self::Presence => "presence of finesse, both ways",
            Self::Conflict => "conflict ends the older link for good",
            Self::WrongPassword => "wrong password, tried exactly once",
            Self::UntrustedCertificate => "certificate of an unknown authority",
            Self::Freeze => "frozen server is noticed by pings",
            Self::Stop => "server stops politely",
            Self::Crash => "server is killed",
        }
    }

    /// Shows the behaviour once, or says what differs.
    pub(crate) async fn show(self, rig: &mut Rig, way: Way) -> Result<(), Failure> {
        match self {
            Self::Login => login(rig, way).await,
            Self::Subscribe => subscribe(rig, way).await,
            Self::Notification => notification(rig, way).await,
            Self::Order => order(rig, way).await,
            Self::Presence => presence(rig, way).await,
            Self::Conflict => conflict(rig, way).await,
            Self::WrongPassword => wrong_password(rig, way).await,
            Self::UntrustedCertificate => untrusted_certificate(rig, way).await,
            Self::Freeze => freeze(rig, way).await,
            Self::Stop => stop(rig, way).await,
            Self::Crash => crash(rig, way).await,
        }
    }
}

impl Rig {
    /// Starts a server and logs its publisher in.
    pub(crate) async fn start(domain: &str, home: &std::path::Path) -> Result<Self, Failure> {
        let authority = Authority::new()?;
        let server = Prosody::start(domain, home, &authority)?;
        let publisher = Publisher::login(&server, &authority).await?;
        let mut rig = Self { server, publisher, authority };
        rig.prepare().await?;
        Ok(rig)
    }

    /// Brings nodes and automatic subscriptions into being.
    async fn prepare(&mut self) -> Result<(), Failure> {
        for node in payload::nodes(AGENT) {
            self.publisher.create(&node).await?;
            self.publisher.subscribe_user(&node, AGENT).await?;
        }
        self.publisher.create(TEAM).await
    }

    /// Starts the server again after it was stopped.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        self.server.launch()?;
        self.publisher = Publisher::login(&self.server, &self.authority).await?;
        self.prepare().await
    }

    /// Opens a link and waits until the server has seen everything the login sent, its presence above all: only then is the
    /// agent there for the server, and gets what is published.
    async fn open(&self, way: Way, resource: &str) -> Result<Link, Failure> {
        let link = log_in(way, &self.server, Login::ordinary(resource, self.authority.pem())).await??;
        link.control.barrier().await?;
        Ok(link)
    }
}

async fn login(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "login").await?;
    same("the bound JID", &link.jid, &format!("{AGENT}@{}/login", rig.server.domain()))?;
    until(&mut link, "the presence of finesse", |event| available(event, Presence::Available)).await?;
    link.control.close().await;
    ended(&mut link, &[EndCause::ClosedByUs]).await
}

async fn subscribe(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "subscribe").await?;
    let update = payload::user_update("40218", "READY");
    rig.publisher.publish(TEAM, "before", &update).await?;
    link.control.subscribe(TEAM).await?;
    rig.publisher.publish(TEAM, "during", &update).await?;
    until(&mut link, "an item of the subscribed node", |event| item(event, "during")).await?;
    link.control.unsubscribe(TEAM).await?;
    rig.publisher.publish(TEAM, "after", &update).await?;
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
    Ok(())
}

async fn notification(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "notification").await?;
    let [user_node, dialogs_node] = payload::nodes(AGENT);
    rig.publisher.publish(&user_node, "user-1", &payload::user_update(AGENT, "NOT_READY")).await?;
    let update = payload::dialog_update(AGENT, "16804377", payload::VARIABLES_OF_3_9_KB);
    rig.publisher.publish(&dialogs_node, "dialog-1", &update).await?;
    let seen = until(&mut link, "the user", |event| notification_of(event, "user-1")).await?;
    same("the node", &seen.node, &user_node)?;
    let Some(UpdateData::User(user)) = seen.update?.data else {
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
    Ok(())
}

async fn order(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "order").await?;
    let nodes = payload::nodes(AGENT);
    for index in 0..100 {
        let node = &nodes[index % nodes.len()];
        rig.publisher.publish(node, &format!("order-{index}"), &payload::user_update(AGENT, "READY")).await?;
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
    Ok(())
}

async fn presence(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "presence").await?;
    until(&mut link, "finesse being there", |event| available(event, Presence::Available)).await?;
    rig.publisher.presence(false).await?;
    until(&mut link, "finesse going away", |event| available(event, Presence::Unavailable)).await?;
    rig.publisher.presence(true).await?;
    until(&mut link, "finesse coming back", |event| available(event, Presence::Available)).await?;
    link.control.close().await;
    Ok(())
}

async fn conflict(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut older = rig.open(way, "conflict").await?;
    let newer = rig.open(way, "conflict").await?;
    let end = until(&mut older, "the end of the older link", end_of).await?;
    same("the cause of the end", &end.kind(), &EndCause::Conflict)?;
    same("whether the cause is final", &end.is_final(), &true)?;
    newer.control.barrier().await?;
    newer.control.close().await;
    Ok(())
}

async fn wrong_password(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let before = rig.server.attempts()?;
    let mut login = Login::ordinary("wrong", rig.authority.pem());
    login.password = "not the password".to_owned();
    let secret = login.password.clone();
    let Err(refused) = log_in(way, &rig.server, login).await? else {
        return Err(Failure::new("a wrong password was accepted"));
    };
    same("the kind", &refused.kind(), &EndCause::Auth)?;
    same("whether the refusal is final", &refused.is_final(), &true)?;
    same(
        "whether the password is in the message",
        &format!("{refused} {refused:?}").contains(&secret),
        &false,
    )?;
    same("attempts the server saw", &(rig.server.attempts()? - before), &1)
}

async fn untrusted_certificate(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let before = rig.server.attempts()?;
    let mut login = Login::ordinary("untrusted", rig.authority.pem());
    // Another authority of the same name: as close to right as wrong can be.
    login.trust = Trust::ExtraCa(Authority::new()?.pem().as_bytes().to_vec());
    let Err(refused) = log_in(way, &rig.server, login).await? else {
        return Err(Failure::new("a certificate of an unknown authority was trusted"));
    };
    same("the kind", &refused.kind(), &EndCause::Tls)?;
    same("whether the error tells what is wrong", &refused.trust_failure().is_some(), &true)?;
    same("attempts the server saw", &(rig.server.attempts()? - before), &0)
}

async fn freeze(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "freeze").await?;
    rig.server.freeze(true)?;
    let end = ended(&mut link, &[EndCause::Silent]).await;
    rig.server.freeze(false)?;
    end
}

async fn stop(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "stop").await?;
    rig.server.stop()?;
    // Over BOSH the farewell may be lost: the server need not hold a request to answer when it ends.
    let end = match way {
        Way::Tcp => ended(&mut link, &[EndCause::Shutdown]).await,
        Way::Bosh => ended(&mut link, &[EndCause::Shutdown, EndCause::Network, EndCause::Refused]).await,
    };
    let again = log_in(way, &rig.server, Login::ordinary("stop", rig.authority.pem())).await?;
    rig.restart().await?;
    end?;
    let Err(refused) = again else { return Err(Failure::new("a stopped server accepted a login")) };
    same("the kind of a login meanwhile", &refused.kind(), &EndCause::Refused)
}

async fn crash(rig: &mut Rig, way: Way) -> Result<(), Failure> {
    let mut link = rig.open(way, "crash").await?;
    rig.server.kill()?;
    // BOSH learns it by sending the lost request again, to a port where nobody listens any more.
    let end = match way {
        Way::Tcp => ended(&mut link, &[EndCause::Network]).await,
        Way::Bosh => ended(&mut link, &[EndCause::Network, EndCause::Refused]).await,
    };
    rig.restart().await?;
    end?;
    // The same agent comes back at once: nothing of the dead session is in the way.
    let link = rig.open(way, "crash").await?;
    link.control.barrier().await?;
    link.control.close().await;
    Ok(())
}

/// Waits for the end of the link, which must have one of these causes.
async fn ended(link: &mut Link, causes: &[EndCause]) -> Result<(), Failure> {
    let end = until(link, "the end of the link", end_of).await?;
    if causes.contains(&end.kind()) {
        return Ok(());
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
