//! The reading part of a re-sync: what is heard is kept, rounds are read until one is stable, and the session goes live.
//!
//! Invariants: what is heard before `Live` is kept within [`MAX_HEARD`] and [`MAX_HEARD_BYTES`], and what had to be dropped leads to another round or is said to be missing;
//! `Resynced` comes after everything that was found, and before anything live.

use std::time::Duration;

use finesse_model::{Subject, User};

use super::audits::unreadable_dialogs;
use super::{Gap, Op, Phase, Purpose, ResyncCore, words_of};
use crate::event::{Cause, Event, Picture, Resynced, When};
use crate::line::LineReport;
use crate::resync::claim;
use crate::resync::collect::Collect;
use crate::resync::news::News;
use crate::resync::snapshot::{Heard, Snapshot};

/// Notifications kept during a re-sync. A busy agent gets a few a second; a recovery burst has some hundred.
pub(super) const MAX_HEARD: usize = 4096;
/// The memory they may take.
pub(super) const MAX_HEARD_BYTES: usize = 8 * 1024 * 1024;
/// Pauses between rounds of reading; the last one repeats.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1)];

impl ResyncCore {
    /// Keeps a notification until the re-sync is over.
    pub(super) fn hear(&mut self, now: Duration, news: News) {
        let weight = news.weight();
        if self.heard.len() >= MAX_HEARD || self.heard_bytes + weight > MAX_HEARD_BYTES {
            // What is dropped here is contained in a read that is sent later, unless it is no part of the picture.
            self.overflowed = true;
            self.dropped += self.heard.iter().filter(|heard| !heard.news.is_of_the_picture()).count();
            self.heard.clear();
            self.heard_bytes = 0;
        }
        self.heard_bytes += weight;
        let shows_sign_in = matches!(&news, News::User(user) if claim::is_signed_in(user));
        let refusal = match (&news, &self.phase) {
            (News::Errors { source, request_id, errors }, Phase::Claiming(claiming)) if claiming.signs_in => {
                let about_agent = Subject::parse(source) == Subject::User(self.open.user.clone());
                let ours = request_id.as_ref().map_or(about_agent, |id| *id == claiming.request);
                ours.then(|| words_of(errors))
            }
            _ => None,
        };
        self.heard.push(Heard { index: self.index, news });
        if let Some(why) = refusal {
            self.attention("sign-in", why);
            self.collect(now, None);
        } else if shows_sign_in
            && matches!(&self.phase, Phase::Claiming(claiming) if claiming.signs_in && claiming.deadline.is_some())
        {
            self.sign_in_shown(now);
        }
    }

    /// Starts a round of reading.
    pub(super) fn collect(&mut self, now: Duration, first: Option<User>) {
        // Nobody waits for an earlier answer any more, for instance of a look whether the sign-in was carried out.
        self.pending.retain(|_, purpose| *purpose != Purpose::Phase);
        let (collect, ask) = Collect::start(self.index, first);
        self.overflowed = false;
        self.phase = Phase::Collecting { collect, begun: now };
        self.ask(Op::Read(ask), Purpose::Phase);
    }

    pub(super) fn collected(&mut self, now: Duration, begun: Duration, mut snapshot: Snapshot) {
        let model = &self.model;
        let verdict = snapshot.order(&self.heard, |id| model.has_known(id));
        let certain = snapshot.is_stable() && verdict.undecided.is_empty() && !self.overflowed;
        if !certain && self.round < self.params.resync_rounds {
            let pause = PAUSES[usize::try_from(self.round - 1).unwrap_or(0).min(PAUSES.len() - 1)];
            self.round += 1;
            self.phase = Phase::Pausing { until: now + pause };
            return;
        }
        self.commit(now);
        if snapshot.unreadable > 0 {
            self.degraded("unreadable", unreadable_dialogs(snapshot.unreadable));
        }
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let why = format!(
                "{dropped} notifications of other things than the agent and his dialogs came while too much was kept already; they are lost"
            );
            self.degraded("dropped", why);
        }
        if !certain {
            let objects: Vec<&str> = verdict.undecided.iter().map(String::as_str).collect();
            let why =
                format!("still changing after {} rounds of reading: {}", self.round, objects.join(", "));
            self.degraded("unconfirmed", why);
        }
        self.go_live(now, begun, &snapshot, verdict.doubtful || !certain);
    }

    fn go_live(&mut self, now: Duration, begun: Duration, snapshot: &Snapshot, doubtful: bool) {
        let Some(attachment) = self.attachment else { return };
        let cold = !self.was_live();
        let cause = if cold { Cause::Cold } else { Cause::Gap };
        let gap = self.gap.take().unwrap_or(Gap { last_seen: self.started, noticed: self.started });
        let settled = self.model.settle(now, snapshot);
        let changes = settled.changes.len();
        self.phase = Phase::Live;
        self.tell(settled.changes, cause, |_| When::Between(gap.last_seen, now));
        self.settle_after_gap(now, begun);
        self.feed(Event::Resynced(Box::new(Resynced {
            side: attachment.side,
            epoch: attachment.epoch,
            cold,
            gap: now.saturating_sub(gap.last_seen),
            detect: gap.noticed.saturating_sub(gap.last_seen),
            switch: attachment.at.saturating_sub(gap.noticed),
            resync: now.saturating_sub(attachment.at),
            changes,
            unseen_possible: !cold,
            picture: Picture::clone(&self.picture),
        })));
        self.report(LineReport::Live(attachment.epoch));
        self.begin_audits(now, doubtful || settled.doubtful, snapshot.unreadable);
        self.after_resync(now, now.saturating_sub(gap.last_seen));
        // What belongs to the picture is contained in it; the rest is delivered now.
        for heard in std::mem::take(&mut self.heard) {
            if !heard.news.is_of_the_picture() {
                self.apply_live(now, heard.news);
            }
        }
        self.heard_bytes = 0;
    }
}
