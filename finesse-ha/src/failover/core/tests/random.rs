//! Whatever happens in whatever order: the rules hold.

use proptest::prelude::*;

use super::*;
use crate::failover::{Context, Decision, Health, Trigger};

/// One thing that happens, then some time passes.
#[derive(Debug, Clone)]
enum Deed {
    Found(Side, u8),
    Stream(Side, u8),
    Swallows(Side, bool),
    Cut(u8, u8),
    Presence(u8, bool),
    Push(u8, bool),
    News(u8),
    Report(u8, u64),
    Stale(u64),
}

fn side() -> impl Strategy<Value = Side> {
    any::<bool>().prop_map(|b| if b { B } else { A })
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (side(), any::<u8>()).prop_map(|(side, n)| Deed::Found(side, n)),
        2 => (side(), any::<u8>()).prop_map(|(side, n)| Deed::Stream(side, n)),
        1 => (side(), any::<bool>()).prop_map(|(side, yes)| Deed::Swallows(side, yes)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(link, cause)| Deed::Cut(link, cause)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(link, yes)| Deed::Presence(link, yes)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(link, yes)| Deed::Push(link, yes)),
        3 => any::<u8>().prop_map(Deed::News),
        3 => (any::<u8>(), 0_u64..3).prop_map(|(what, ago)| Deed::Report(what, ago)),
        1 => any::<u64>().prop_map(Deed::Stale),
    ]
}

/// Wants to move at any trigger, so that the rules of the engine are what holds it.
fn restless(trigger: &Trigger, _: &Health, context: &Context) -> Decision {
    match trigger {
        Trigger::OutOfService => Decision::Switch { confirmations: Confirmations::Two },
        _ if context.chance < 0.1 => Decision::wait(S),
        _ => Decision::switch(),
    }
}

fn happens(rig: &mut Rig, deed: Deed) {
    let linked = |rig: &Rig, n: u8| {
        let links: Vec<Side> = rig.links.values().copied().collect();
        (!links.is_empty()).then(|| links[usize::from(n) % links.len()])
    };
    match deed {
        Deed::Found(side, n) => {
            let statuses = [
                Status::Ready,
                Status::Ready,
                Status::Unreachable,
                Status::OutOfService,
                Status::Suspect,
                Status::Draining,
                Status::Unauthorised,
            ];
            rig.world.of_mut(side).status = statuses[usize::from(n) % statuses.len()];
            rig.check(side);
        }
        Deed::Stream(side, n) => {
            rig.world.of_mut(side).stream = match n % 16 {
                0..8 => Stream::Opens,
                8..12 => Stream::Fails(EndCause::Refused),
                12 => Stream::Fails(EndCause::Tls),
                13 => Stream::Fails(EndCause::Conflict),
                _ => Stream::Hangs,
            };
        }
        Deed::Swallows(side, yes) => rig.world.of_mut(side).swallows = yes,
        Deed::Cut(link, cause) => {
            let cause = if cause == 0 { EndCause::Conflict } else { EndCause::Network };
            if let Some(side) = linked(rig, link) {
                rig.cut(side, cause);
            }
        }
        Deed::Presence(link, yes) => {
            if let Some(side) = linked(rig, link) {
                rig.presence(side, yes);
            }
        }
        Deed::Push(link, yes) => {
            if let Some(side) = linked(rig, link) {
                rig.push(side, if yes { Status::Ready } else { Status::OutOfService });
            }
        }
        Deed::News(link) => {
            if let Some(side) = linked(rig, link) {
                rig.says(side, news("/news"));
            }
        }
        Deed::Report(what, ago) => {
            let epoch = Epoch(rig.epoch.0.saturating_sub(ago));
            let faults = [Fault::Side, Fault::UserUnknown, Fault::Deaf];
            let why = String::new();
            rig.report(match what {
                0..80 => LineReport::Committed(epoch),
                80..160 => LineReport::Live(epoch),
                160 => LineReport::Close,
                _ => LineReport::Failed { epoch, fault: faults[usize::from(what) % faults.len()], why },
            });
        }
        Deed::Stale(n) => {
            let attempt = Attempt(n % 50);
            if !rig.links.contains_key(&attempt) && rig.opening != Some(attempt) {
                rig.step(Input::Link { attempt, event: news("/stale") });
                let error = OpenError { side: A, cause: EndCause::Auth, why: String::from("stale") };
                rig.step(Input::OpenFailed { attempt, error });
            }
        }
    }
}

/// Reads the log as the layer above would.
fn check(rig: &Rig) -> Result<(), TestCaseError> {
    let mut epoch: Option<String> = None;
    let mut moving = false;
    let mut begun = 0_u64;
    for (at, line) in &rig.log {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "attach" => {
                prop_assert!(epoch.is_none(), "an epoch in an epoch at {at:?}");
                begun += 1;
                prop_assert_eq!(words[1], begun.to_string());
                epoch = Some(words[1].to_owned());
                moving = false;
            }
            "gap" => {
                prop_assert_eq!(
                    epoch.take(),
                    Some(words[1].to_owned()),
                    "a gap outside an epoch at {:?}",
                    at
                );
            }
            "notification" => {
                prop_assert_eq!(
                    epoch.as_deref(),
                    Some(words[1]),
                    "a notification outside its epoch at {:?}",
                    at
                );
                prop_assert!(words[2] != "/stale");
            }
            "switching" => {
                prop_assert!(epoch.is_none() && !moving, "a move in an epoch, or in a move, at {at:?}");
                moving = true;
            }
            "switch-failed" => prop_assert!(std::mem::take(&mut moving), "no move to fail at {at:?}"),
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_gaps_are_bracketed_and_moves_are_tested(
        lively in any::<bool>(),
        paired in any::<bool>(),
        deeds in proptest::collection::vec((deed(), 0.0_f64..20.0), 1..60),
    ) {
        let mut rig = Rig::with(restless, without_jitter(), paired);
        rig.lively = lively;
        rig.run(0.01);
        for (deed, pause) in deeds {
            happens(&mut rig, deed);
            rig.run(pause);
        }
        check(&rig)?;
    }
}
