//! One play: a fresh pair, a session, one failure, and the comparison at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use finesse_ha::event::{Event, Resynced};
use finesse_ha::failover::Pair;
use finesse_ha::session::{Session, SideAddress, Transport};
use finesse_ha::side::Side;
use finesse_model::{Extension, UserId};
use finesse_net::Trust;
use finesse_rest::Credentials;
use finesse_sim::{AgentSpec, Fault, Profile, Sim, WorldAction};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::failures::{Ending, Failure};
use super::{SCALE, scaled_params};
use crate::args::PolicyName;
use crate::lines::Stopwatch;
use crate::output::{Printer, nobody_reads};
use crate::setup::with_policy;
use crate::watch::print;

const AGENT: &str = "40217";
const EXTENSION: &str = "7301";
/// Known to the simulated pair only.
const PASSWORD: &str = "demo";
/// A play that takes longer has failed. The slowest one waits for a mended side, a few seconds at this scale.
const PLAY_LIMIT: Duration = Duration::from_secs(60);

/// Where plays are played and told.
pub(super) struct Stage {
    pub(super) printer: Printer,
    pub(super) watch: Stopwatch,
    pub(super) seed: u64,
}

/// What is played.
pub(super) struct Play<'a> {
    pub(super) failure: &'a Failure,
    pub(super) transport: Transport,
    pub(super) policy: PolicyName,
}

/// What came of a play.
pub(super) struct Figures {
    pub(super) side: Side,
    /// From the fault to the gap being opened: the demo knows when it put the fault in.
    pub(super) detect: Duration,
    pub(super) switch: Duration,
    pub(super) resync: Duration,
    pub(super) changes: usize,
}

impl Stage {
    /// Says what is about to be shown.
    pub(super) fn introduce(&self) {
        self.printer.text("A simulated pair of Finesse servers on loopback sockets with TLS. An agent is on a call; side A fails.");
        self.printer.text("While nobody listens, that call ends and another begins. Then the picture is compared with the truth.");
        self.printer.text(format!(
            "The timers of the servers and of the client run {} times faster than in real life; the client's pauses between two attempts do not.",
            1.0 / SCALE
        ));
    }

    /// The last line of the demo.
    pub(super) fn close(&self, why: &str) {
        self.line(json!({ "event": "closed", "why": why }));
    }

    /// One JSON line, with its two times.
    pub(super) fn line(&self, line: Value) {
        self.printer.json(&self.watch.stamp(line));
    }

    /// Plays one failure from a fresh pair to the comparison.
    pub(super) async fn play(&self, play: &Play<'_>) -> Result<Figures, String> {
        self.printer.text("");
        self.printer.text(format!("== {} ({}, policy {})", play.failure.story, play.transport, play.policy));
        let (name, transport) = (play.failure.name, play.transport.to_string());
        let heading = json!({ "event": "scenario", "name": name, "transport": transport, "policy": play.policy.to_string(), "scale": SCALE });
        self.line(heading);
        let result = match tokio::time::timeout(PLAY_LIMIT, self.act(play)).await {
            Ok(result) => result,
            Err(_) => Err(format!("not over after {PLAY_LIMIT:?}")),
        };
        let verdict = match &result {
            Ok(_) => json!({ "event": "verdict", "name": name, "passed": true }),
            Err(why) => json!({ "event": "verdict", "name": name, "passed": false, "why": why }),
        };
        self.line(verdict);
        match &result {
            Ok(_) => self.say("verdict", "the picture equals the truth"),
            Err(why) => self.say("verdict", &format!("FAILED: {why}")),
        }
        result
    }

    fn say(&self, who: &str, what: &str) {
        self.printer.text(format!("{:9.3}  {who:<8} {what}", self.watch.elapsed().as_secs_f64()));
    }

    async fn act(&self, play: &Play<'_>) -> Result<Figures, String> {
        let profile = Profile::ucce().scaled(SCALE);
        let sim =
            Sim::serve(profile, self.seed).await.map_err(|error| format!("starting the pair: {error}"))?;
        sim.add_agent(AgentSpec::new(AGENT, PASSWORD, EXTENSION));
        let mut session = self.open(play, &sim).await?;
        let mut scene = Scene { stage: self, sim: &sim, switches: 0 };
        scene.until_live(&mut session).await?;
        session.commands().ready().await;
        let first = scene.begin_call("0311555019")?;
        scene.world(WorldAction::CallAnswer { call: first.clone() });
        scene.until_true(&mut session).await?;

        // The fault, and at once, while nobody can be listening, the two changes that will have to be found.
        let broken = self.watch.elapsed();
        for fault in (play.failure.faults)() {
            scene.fault(fault);
        }
        scene.world(WorldAction::CallEnd { call: first.clone() });
        let second = scene.begin_call("0311555020")?;
        scene.until_gap(&mut session).await?;
        let detect = self.watch.elapsed().saturating_sub(broken);
        if play.failure.needs_mending(play.policy) {
            scene.until_waiting(&mut session).await?;
            for fault in (play.failure.mend)() {
                scene.fault(fault);
            }
        }
        let (done, found) = scene.until_resynced(&mut session).await?;
        scene.until_true(&mut session).await?;
        scene.check(play, &done, &found, &first, &second)?;
        session.start_closing();
        while session.next().await.is_some() {}
        sim.shutdown();
        Ok(Figures {
            side: done.side,
            detect,
            switch: done.switch,
            resync: done.resync,
            changes: done.changes,
        })
    }

    async fn open(&self, play: &Play<'_>, sim: &Sim) -> Result<Session, String> {
        let address = |side| {
            let addresses = sim.addresses(side).ok_or("the pair has no sockets")?;
            let notifications = match play.transport {
                Transport::Bosh => addresses.bosh_url,
                Transport::WebSocket => addresses.websocket_url,
                _ => format!("{}:{}", addresses.host, addresses.xmpp.port()),
            };
            Ok::<_, String>(SideAddress::new(addresses.rest_url).with_notifications(notifications))
        };
        let pair = Pair::of(address(finesse_sim::Side::A)?, address(finesse_sim::Side::B)?);
        let ca = sim.ca_pem().ok_or("the pair has no authority")?;
        let user = UserId::new(AGENT).map_err(|error| error.to_string())?;
        let extension = Extension::new(EXTENSION).map_err(|error| error.to_string())?;
        let params = scaled_params();
        let builder = Session::builder(pair)
            .credentials(Credentials::basic(user, SecretString::from(PASSWORD)))
            .sign_in(extension)
            .transport(play.transport)
            .trust(Trust::ExtraCa(ca.as_bytes().to_vec()))
            .params(params.clone())
            .unchecked()
            .clock(self.watch.clock())
            .seed(self.seed);
        let opened = with_policy(builder, play.policy, &params).open().await;
        opened.map_err(|error| error.to_string())
    }
}

/// One play under way.
struct Scene<'a> {
    stage: &'a Stage,
    sim: &'a Sim,
    switches: usize,
}

impl Scene<'_> {
    fn fault(&self, fault: Fault) {
        self.stage.line(json!({ "event": "fault", "fault": fault }));
        self.stage.say("sim", &format!("fault: {}", compact(&fault)));
        self.sim.fault(fault);
    }

    fn world(&self, action: WorldAction) -> Option<String> {
        self.stage.line(json!({ "event": "world", "action": action }));
        self.stage.say("sim", &format!("world: {}", compact(&action)));
        self.sim.world(action).call
    }

    fn begin_call(&self, from: &str) -> Result<String, String> {
        let action = WorldAction::CallBegin {
            agent: AGENT.to_owned(),
            from: from.to_owned(),
            to: None,
            variables: BTreeMap::from([(String::from("callVariable1"), format!("caller {from}"))]),
        };
        self.world(action).ok_or_else(|| String::from("the simulator refused a call"))
    }

    /// The next event, told.
    async fn next(&mut self, session: &mut Session) -> Result<Event, String> {
        let event = session.next().await.ok_or("the feed ended")?;
        print(self.stage.printer, &event, &self.stage.watch);
        if nobody_reads() {
            return Err(String::from("nobody reads the output any more"));
        }
        match &event {
            Event::Switching { .. } => self.switches += 1,
            Event::Closed { why } => return Err(format!("the session closed: {why}")),
            _ => {}
        }
        Ok(event)
    }

    async fn until_live(&mut self, session: &mut Session) -> Result<(), String> {
        while !matches!(self.next(session).await?, Event::Resynced(_)) {}
        Ok(())
    }

    async fn until_gap(&mut self, session: &mut Session) -> Result<(), String> {
        while !matches!(self.next(session).await?, Event::GapOpened { .. }) {}
        Ok(())
    }

    async fn until_waiting(&mut self, session: &mut Session) -> Result<(), String> {
        loop {
            match self.next(session).await? {
                Event::Waiting { .. } | Event::BothOut { .. } | Event::Offline { .. } => return Ok(()),
                _ => {}
            }
        }
    }

    /// Reads on to the end of the gap; returns it and the events inside.
    async fn until_resynced(&mut self, session: &mut Session) -> Result<(Resynced, Vec<Event>), String> {
        let mut inside = Vec::new();
        loop {
            match self.next(session).await? {
                Event::Resynced(done) => return Ok((*done, inside)),
                event => inside.push(event),
            }
        }
    }

    /// Reads on until the picture equals the truth. What the world did last may still be on its way; the play's limit bounds it.
    async fn until_true(&mut self, session: &mut Session) -> Result<(), String> {
        loop {
            let shown = session.picture();
            let truth = self.sim.truth(AGENT).ok_or("the simulator does not know the agent")?;
            let found = truth.differences(shown.picture.user.as_ref(), &shown.picture.dialogs);
            if found.is_empty() && !shown.stale {
                return Ok(());
            }
            match tokio::time::timeout(PLAY_LIMIT / 4, self.next(session)).await {
                Ok(event) => event?,
                Err(_) => return Err(found.join("; ")),
            };
        }
    }

    /// What must have been found, and where the session must be.
    fn check(
        &self,
        play: &Play<'_>,
        done: &Resynced,
        inside: &[Event],
        first: &str,
        second: &str,
    ) -> Result<(), String> {
        let ended =
            inside.iter().any(|event| matches!(event, Event::DialogEnded { id, .. } if id.as_str() == first));
        let began = inside.iter().any(
            |event| matches!(event, Event::DialogStarted { dialog, .. } if dialog.id.as_str() == second),
        );
        if !ended || !began {
            return Err(format!(
                "in the gap call {first} ended and call {second} began; found: ended {ended}, began {began}"
            ));
        }
        let expected = match play.failure.ending(play.policy) {
            Ending::Moved => (Side::B, 1),
            Ending::Stayed => (Side::A, 0),
        };
        if (done.side, self.switches) != expected {
            return Err(format!(
                "expected to end on side {} after {} switches, ended on side {} after {}",
                expected.0, expected.1, done.side, self.switches
            ));
        }
        Ok(())
    }
}

fn compact(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
}
