//! `/MediaDomain`: the media routing domains of the system. CCE.

use finesse_model::{List, MediaDomain};

use crate::client::Client;
use crate::error::Error;
use crate::plan::Plan;

/// Media routing domains. See [`Client::media_domains`].
#[derive(Debug, Clone)]
pub struct MediaDomains<'a> {
    client: &'a Client,
}

impl Client {
    /// The media routing domains of the system.
    #[must_use]
    pub fn media_domains(&self) -> MediaDomains<'_> {
        MediaDomains { client: self }
    }
}

impl MediaDomains<'_> {
    /// Reads them; cached by the server. Any user. 200; 401, 500, 501 (CCX). CCE. The form of the answer is inferred.
    pub async fn list(&self) -> Result<List<MediaDomain>, Error> {
        let (plan, operation) = (Plan::get(String::from("/MediaDomain")), "reading media routing domains");
        self.client.read(Ok(plan), operation, List::<MediaDomain>::from_xml).await
    }
}
