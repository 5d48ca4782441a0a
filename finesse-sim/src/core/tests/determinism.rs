//! The same seed and the same inputs give the same outputs; views and truth agree when everything is quiet.

use super::*;

/// Random traffic and faults for a while, then everything mended and an hour of quiet.
fn storm(seed: u64) -> Bench {
    let mut bench = Bench::new(Profile::ucce().scaled(0.1), seed);
    let mut dice = fastrand::Rng::with_seed(seed ^ 0xd1ce);
    let users = [("1001", "7301"), ("1002", "7302")];
    for (user, extension) in users {
        bench.ready(Side::A, user, extension);
    }
    let mut calls: Vec<String> = Vec::new();
    let mut streams = Vec::new();
    for round in 0..120 {
        let side = if dice.bool() { Side::A } else { Side::B };
        let (user, _) = users[dice.usize(..2)];
        let known = |calls: &[String], dice: &mut fastrand::Rng| {
            if calls.is_empty() { "0".to_owned() } else { calls[dice.usize(..calls.len())].clone() }
        };
        match dice.u8(..20) {
            0 => bench.fault(Fault::CtiCut { side: Some(side) }),
            1 => bench.fault(Fault::CtiSilent { side: Some(side) }),
            2 => bench.fault(Fault::CtiRestore { side: None }),
            3 => bench.fault(Fault::StopNotification { side }),
            4 => bench.fault(Fault::StartNotification { side }),
            5 => bench.fault(Fault::StopTomcat { side }),
            6 => bench.fault(Fault::StartTomcat { side }),
            7 => bench.fault(Fault::KillHost { side }),
            8 => bench.fault(Fault::Boot { side }),
            9 => bench.fault(Fault::CrashWebapp { side }),
            10 => bench.fault(Fault::HalfOpen { side, user: None }),
            11 => streams.push(bench.connect(side, user, &format!("r{round}"))),
            12..=13 => {
                let (agent, from) = (user.to_owned(), format!("555{round}"));
                let action = WorldAction::CallBegin { agent, from, to: None, variables: BTreeMap::new() };
                let (reply, outputs) = bench.core.world(bench.now, action);
                bench.take(outputs);
                calls.extend(reply.call);
            }
            14 => bench.step(Input::World(WorldAction::CallAnswer { call: known(&calls, &mut dice) })),
            15 => bench.step(Input::World(WorldAction::CallEnd { call: known(&calls, &mut dice) })),
            16 => bench.step(Input::World(WorldAction::CallReplace { call: known(&calls, &mut dice) })),
            17 => bench.step(Input::World(WorldAction::AgentState {
                agent: user.into(),
                state: "READY".into(),
                reason: None,
            })),
            _ => {
                let state = if dice.bool() { "READY" } else { "NOT_READY" };
                let body = format!("<User><state>{state}</state></User>");
                bench.send(side, "PUT", &format!("/finesse/api/User/{user}"), Some((user, PW)), &body);
            }
        }
        bench.run_for(dice.f64() * 2.0);
    }
    for side in Side::BOTH {
        for fault in [Fault::Boot { side }, Fault::CtiRestore { side: Some(side) }] {
            bench.fault(fault);
        }
    }
    bench.run_for(3600.0);
    bench
}

#[test]
fn the_same_seed_gives_the_same_outputs() {
    for seed in 0..20 {
        let (one, two) = (storm(seed), storm(seed));
        assert_eq!(one.transcript, two.transcript, "seed {seed}");
        assert_eq!(one.core.log(), two.core.log(), "seed {seed}");
    }
    assert_ne!(storm(1).transcript, storm(2).transcript);
}

#[test]
fn after_any_storm_both_sides_show_the_truth() {
    for seed in 0..200 {
        let mut bench = storm(seed);
        for side in Side::BOTH {
            assert_eq!(bench.status(side), "IN_SERVICE", "seed {seed} side {side}");
            for user in ["1001", "1002", "1009"] {
                let mut truth = bench.core.truth(user).unwrap();
                // A pending state does not survive an outage of the side.
                truth.pending_state.clear();
                let mut view = bench.core.view(side, user).unwrap();
                view.pending_state.clear();
                assert_eq!(view, truth, "seed {seed} side {side}");
            }
        }
    }
}

#[test]
fn every_command_is_carried_out_at_most_once() {
    for seed in 0..100 {
        let bench = storm(seed);
        let mut seen = BTreeMap::new();
        for entry in bench.core.log() {
            if let LogKind::Executed { request_id: Some(id), .. } = entry.kind {
                *seen.entry(id).or_insert(0) += 1;
            }
        }
        assert!(seen.values().all(|times| *times == 1), "seed {seed}: {seen:?}");
        assert!(!seen.is_empty());
    }
}
