//! `/User/{id}/Media`: an agent in media routing domains. CCE, from 11.5(1).

use std::fmt;

use finesse_model::{InterruptAction, List, Media, MediaId, MediaState, ReasonCodeId, UserId};

use super::user::UserResource;
use crate::client::{Client, MediaSignIn, Plain, SignOut, Write};
use crate::command::Command;
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path};

/// One user in a media routing domain. See [`Client::media`] and [`UserResource::media`].
#[derive(Debug, Clone)]
pub struct MediaResource<'a> {
    user: UserResource<'a>,
    id: String,
}

/// One user in all nonvoice media routing domains. See [`UserResource::all_media`].
#[derive(Debug, Clone)]
pub struct MediaListResource<'a> {
    user: UserResource<'a>,
}

impl Client {
    /// One user in a media routing domain.
    pub fn media(&self, user: impl fmt::Display, media: impl fmt::Display) -> MediaResource<'_> {
        self.user(user).media(media)
    }
}

impl<'a> UserResource<'a> {
    /// The user in a media routing domain.
    pub fn media(&self, id: impl fmt::Display) -> MediaResource<'a> {
        MediaResource { user: self.clone(), id: id.to_string() }
    }

    /// The user in all nonvoice media routing domains.
    #[must_use]
    pub fn all_media(&self) -> MediaListResource<'a> {
        MediaListResource { user: self.clone() }
    }
}

impl<'a> MediaResource<'a> {
    fn ids(&self) -> Result<(UserId, MediaId), Error> {
        let media = MediaId::new(&self.id).map_err(|error| {
            self.user.client.refused("naming a media routing domain", "id", error.to_string())
        })?;
        Ok((self.user.id()?, media))
    }

    fn command<Kind>(&self, command: impl FnOnce(UserId, MediaId) -> Command) -> Write<'a, Kind> {
        Write::command(self.user.client, self.ids().map(|(user, media)| command(user, media)))
    }

    /// Signs the user in, for up to `max_dialogs` (1 to 10) tasks at a time. While signed in it sets the numbers anew, and the server says that the agent
    /// is signed in already. Self. 202; 400, 401, 404, 500, 501 (CCX),
    /// 503. CCE, from 11.5(1).
    pub fn sign_in(&self, max_dialogs: u8, interrupt: InterruptAction) -> Write<'a, MediaSignIn> {
        self.command(|user, media| Command::MediaSignIn {
            user,
            media,
            max_dialogs,
            interrupt,
            at_logout: None,
        })
    }

    /// Changes the user's state: `READY` or `NOT_READY`. Self. 202; 400, 401, 404, 500, 501 (CCX),
    /// 503. CCE, from 11.5(1).
    pub fn change_state(&self, state: MediaState) -> Write<'a, Plain> {
        self.command(|user, media| Command::SetMediaState { user, media, state, reason: None })
    }

    /// Changes the user's state to `NOT_READY` and says why, by the database id of a reason code. Self. 202; 400, 401, 404, 500, 501 (CCX),
    /// 503. CCE, from 11.5(1).
    pub fn change_state_with_reason(&self, state: MediaState, reason: ReasonCodeId) -> Write<'a, Plain> {
        let reason = Some(reason);
        self.command(|user, media| Command::SetMediaState { user, media, state, reason })
    }

    /// Signs the user out, with an option for the reason. Self. 202; 400, 401, 404, 500, 501 (CCX),
    /// 503. CCE, from 11.5(1).
    pub fn sign_out(&self) -> Write<'a, SignOut> {
        self.command(|user, media| Command::MediaSignOut { user, media, reason: None })
    }

    /// Says whether tasks are routed to the user. Self. 202; 400, 401, 404, 500, 501 (CCX),
    /// 503. CCE, from 11.5(1).
    pub fn set_routable(&self, routable: bool) -> Write<'a, Plain> {
        self.command(|user, media| Command::SetRoutable { user, media, routable })
    }

    /// Leaves `WORK`; CCE decides between `READY` and `NOT_READY`. Self. 202; 400, 401, 404, 500, 501 (CCX), 503. CCE, from 12.5(1). The literal `ACTIVE` is inferred.
    pub fn resume_from_work(&self) -> Write<'a, Plain> {
        self.change_state(MediaState::Active)
    }

    /// Reads the user in the media routing domain. Self. 200; 401, 404, 500, 501 (CCX), 503. CCE, from 11.5(1).
    pub async fn get(&self) -> Result<Media, Error> {
        let operation = self.user.saying(&format!("reading media {}", quote(&self.id)));
        let (user, media) = self.ids()?;
        let plan = path(&["User", user.as_str(), "Media", media.as_str()]);
        self.user.client.read(plan.map(Plan::get), &operation, Media::from_xml).await
    }
}

impl<'a> MediaListResource<'a> {
    /// Reads the user in all nonvoice media routing domains. Self. 200; 401, 404, 500, 501 (CCX), 503. CCE, from 11.5(1).
    pub async fn list(&self) -> Result<List<Media>, Error> {
        let operation = self.user.saying("reading media");
        let plan = self.user.path(&["Media"]).map(Plan::get);
        self.user.client.read(plan, &operation, List::<Media>::from_xml).await
    }

    /// Changes the user in several media routing domains at once. Self. 202; 400, 401, 404, 500, 501 (CCX), 503. CCE, from 12.6(2).
    pub fn put_list(&self, list: Vec<Media>) -> Write<'a, Plain> {
        Write::command(self.user.client, self.user.id().map(|user| Command::PutMedia { user, list }))
    }
}
