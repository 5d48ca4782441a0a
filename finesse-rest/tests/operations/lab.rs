//! A pair with the people it begins with: agents 1001 (7301) and 1002 (7302), supervisor 1009 (7309), all of team 512; 1003 (7303) of team 513.

use std::fmt::Debug;

use finesse_model::{DialogId, Extension, MediaState, UserState};
use finesse_net::Trust;
use finesse_rest::{Client, Credentials, Error, ErrorKind, Progress};
use finesse_sim::{AgentSpec, LogKind, Profile, Side, Sim, WorldAction};

pub(crate) const PASSWORD: &str = "correct horse";
/// What an outside party dials from.
pub(crate) const CUSTOMER: &str = "5550142";

pub(crate) struct Lab {
    pub(crate) sim: Sim,
}

impl Lab {
    pub(crate) async fn start() -> Self {
        Self::of(Profile::ucce()).await
    }

    /// A pair of CCX.
    pub(crate) async fn ccx() -> Self {
        Self::of(Profile::uccx()).await
    }

    pub(crate) async fn of(profile: Profile) -> Self {
        let sim = Sim::serve(profile.scaled(0.02), 7).await.unwrap();
        for agent in AgentSpec::lab(PASSWORD) {
            sim.add_agent(agent);
        }
        Self { sim }
    }

    fn client_at(&self, side: Side, credentials: Option<Credentials>) -> Client {
        let ca = self.sim.ca_pem().unwrap().as_bytes().to_vec();
        let builder = Client::builder(self.sim.addresses(side).unwrap().rest_url).trust(Trust::ExtraCa(ca));
        match credentials {
            Some(credentials) => builder.credentials(credentials).build().unwrap(),
            None => builder.build().unwrap(),
        }
    }

    pub(crate) fn with(&self, credentials: Credentials) -> Client {
        self.client_at(Side::A, Some(credentials))
    }

    /// Somebody at the primary.
    pub(crate) fn client(&self, user: &str) -> Client {
        self.with(Credentials::basic(user.parse().unwrap(), PASSWORD))
    }

    pub(crate) fn nobody(&self) -> Client {
        self.client_at(Side::A, None)
    }

    /// The application account at the primary.
    pub(crate) fn admin(&self) -> Client {
        self.client_at(Side::A, Some(admin()))
    }

    /// The application account at the secondary.
    pub(crate) fn admin_at_the_secondary(&self) -> Client {
        self.client_at(Side::B, Some(admin()))
    }

    /// An agent signs in on the own extension and is not ready.
    pub(crate) async fn not_ready(&self, user: &str) -> Client {
        let client = self.client(user);
        client.user(user).sign_in(own(user)).await.unwrap();
        state(&client, user, UserState::NotReady).await;
        client
    }

    /// An agent signs in and is ready.
    pub(crate) async fn ready(&self, user: &str) -> Client {
        let client = self.not_ready(user).await;
        client.user(user).change_state(UserState::Ready).await.unwrap();
        state(&client, user, UserState::Ready).await;
        client
    }

    /// A call rings at 1001.
    pub(crate) async fn ringing(&self) -> (Client, DialogId) {
        let client = self.ready("1001").await;
        let call = WorldAction::CallBegin {
            agent: "1001".into(),
            from: CUSTOMER.into(),
            to: None,
            variables: Default::default(),
        };
        let id: DialogId = self.sim.world(call).call.unwrap().parse().unwrap();
        until(async || client.dialog(&id).get().await.ok().map(|_| ())).await;
        (client, id)
    }

    /// 1001 talks to a customer.
    pub(crate) async fn talking(&self) -> (Client, DialogId) {
        let (client, id) = self.ringing().await;
        self.sim.world(WorldAction::CallAnswer { call: id.to_string() });
        state(&client, "1001", UserState::Talking).await;
        (client, id)
    }

    /// A customer of a campaign is offered to 1001.
    pub(crate) async fn offered(&self, direct: bool) -> (Client, DialogId) {
        let client = self.ready("1001").await;
        let offer = WorldAction::PreviewOffer {
            agent: "1001".into(),
            customer: CUSTOMER.into(),
            direct,
            variables: Default::default(),
        };
        let reply = self.sim.world(offer);
        let id: DialogId = reply.call.clone().unwrap_or_else(|| panic!("{reply:?}")).parse().unwrap();
        until(async || client.dialog(&id).get().await.ok().map(|_| ())).await;
        (client, id)
    }

    /// 1001 is ready for chats.
    pub(crate) async fn chatting(&self) -> Client {
        let client = self.client("1001");
        let media = client.media("1001", "5000");
        media.sign_in(5, finesse_model::InterruptAction::Ignore).await.unwrap();
        media_state(&client, MediaState::NotReady).await;
        media.change_state(MediaState::Ready).await.unwrap();
        media_state(&client, MediaState::Ready).await;
        client
    }

    /// A chat is offered to 1001.
    pub(crate) async fn task(&self) -> (Client, DialogId) {
        let client = self.chatting().await;
        let offer =
            WorldAction::TaskOffer { agent: "1001".into(), domain: 5000, variables: Default::default() };
        let id: DialogId = self.sim.world(offer).call.unwrap().parse().unwrap();
        until(async || client.dialog(&id).get().await.ok().map(|_| ())).await;
        (client, id)
    }
}

fn admin() -> Credentials {
    Credentials::basic("administrator".parse().unwrap(), "lighthouse")
}

/// The extension of one of the people: 1001 has 7301.
pub(crate) fn own(user: &str) -> Extension {
    extension(&format!("73{}", &user[2..]))
}

pub(crate) fn extension(text: &str) -> Extension {
    Extension::new(text).unwrap()
}

/// Asks until there is an answer. The bound only ends a test that has failed: each look is a whole exchange.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..5_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came");
}

pub(crate) async fn state(client: &Client, user: &str, wanted: UserState) {
    until(async || {
        let user = client.user(user).get().await.unwrap();
        (user.state.as_ref() == Some(&wanted)).then_some(())
    })
    .await;
}

pub(crate) async fn media_state(client: &Client, wanted: MediaState) {
    until(async || {
        let media = client.media("1001", "5000").get().await.unwrap();
        (media.state.as_ref() == Some(&wanted)).then_some(())
    })
    .await;
}

/// It was refused with this status, in the words of the API.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, Error>, status: u16) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), Some(status), "{error}");
    assert!(error.api_errors().is_some(), "{error}");
}

/// It was not sent, because of this field.
#[track_caller]
pub(crate) fn not_sent<T: Debug>(result: Result<T, Error>, field: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some(field)), "{error}");
}

/// CCX has no such thing.
#[track_caller]
pub(crate) fn not_on_ccx<T: Debug>(result: Result<T, Error>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::NotImplemented);
}

/// It belongs to the primary node, which is named.
#[track_caller]
pub(crate) fn secondary<T: Debug>(result: Result<T, Error>, lab: &Lab) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SecondaryNode, "{error}");
    // What agents may read too is sent and refused; everything else is not sent.
    let said = [(Some(403), Progress::Refused), (None, Progress::NotSent)];
    assert!(said.contains(&(error.status(), error.progress())), "{error}");
    let primary = lab.sim.addresses(Side::A).unwrap().rest_url;
    let primary = primary.strip_prefix("https://").unwrap();
    assert_eq!(error.primary(), Some(primary), "{error}");
    assert!(error.to_string().contains(primary), "{error}");
}

/// Whether a command of this name was carried out or refused after it was taken.
pub(crate) async fn carried_out(lab: &Lab, wanted: &str) -> bool {
    until(async || {
        // Each look is an exchange, so that the pair has time to go on.
        lab.nobody().system_info().await.unwrap();
        lab.sim.log().into_iter().find_map(|entry| match entry.kind {
            LogKind::Executed { verb, error, .. } if verb == wanted => Some(error.is_none()),
            _ => None,
        })
    })
    .await
}
