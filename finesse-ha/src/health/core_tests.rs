use super::*;

const S: Duration = Duration::from_secs(1);

fn core() -> HealthCore {
    HealthCore::new(Side::A, Params::default(), fastrand::Rng::with_seed(7))
}

fn info(status: &str, beat: &str, age: i64, second: i64) -> Box<SystemInfo> {
    let now = 1_772_706_007_188 + second * 1000;
    let text = humantime::format_rfc3339_millis(
        std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap()),
    );
    Box::new(
        SystemInfo::from_xml(&format!(
            "<SystemInfo><status>{status}</status><currentTimestamp>{text}</currentTimestamp><lastCTIHeartbeatStatus>{beat}</lastCTIHeartbeatStatus>\
             <lastSuccessCTIHeartbeatTime>{}</lastSuccessCTIHeartbeatTime><ctiHeartbeatInterval>5</ctiHeartbeatInterval></SystemInfo>",
            now - age
        ))
        .unwrap(),
    )
}

fn done(core: &mut HealthCore, at: Duration, result: Result<Box<SystemInfo>, ProbeFailure>) -> Vec<Output> {
    let generation = core.health().generation;
    core.step(at, Input::ProbeDone { generation, started: at, result })
}

fn failure(kind: ErrorKind) -> Result<Box<SystemInfo>, ProbeFailure> {
    Err(ProbeFailure { kind, why: String::from("no answer"), trust: None })
}

fn ready() -> HealthCore {
    let mut core = core();
    core.step(S, Input::Tick);
    done(&mut core, S, Ok(info("IN_SERVICE", "success", 1000, 1)));
    assert_eq!(core.health().status, Status::Ready);
    core
}

#[test]
fn a_full_probe_makes_a_side_ready() {
    assert_eq!(ready().health().level, Level::L2);
}

#[test]
fn g6_a_stale_heartbeat_is_never_ready() {
    let mut core = ready();
    done(&mut core, 2 * S, Ok(info("IN_SERVICE", "success", 10_001, 2)));
    assert_eq!(core.health().status, Status::Suspect);
    assert!(core.health().good.is_empty());
    done(&mut core, 3 * S, Ok(info("IN_SERVICE", "failure", 1000, 3)));
    assert_eq!(core.health().status, Status::Suspect);
}

#[test]
fn g7_an_answer_from_a_cache_is_not_believed() {
    let mut core = ready();
    done(&mut core, 2 * S, Ok(info("IN_SERVICE", "success", 1000, 1)));
    assert_eq!(core.health().status, Status::Ready, "a server may tell whole seconds");
    done(&mut core, 3 * S, Ok(info("IN_SERVICE", "success", 1000, 1)));
    assert_eq!(core.health().status, Status::Suspect);
}

#[test]
fn whatever_answers_breaks_a_row_of_time_outs() {
    for answer in [ErrorKind::Unauthorized, ErrorKind::NotFound] {
        let mut core = ready();
        for kind in [ErrorKind::Timeout, ErrorKind::Timeout, answer, ErrorKind::Timeout] {
            done(&mut core, 2 * S, failure(kind));
        }
        assert_ne!(core.health().status, Status::Unreachable, "{answer}");
    }
}

#[test]
fn an_unknown_status_is_not_available() {
    let mut core = ready();
    done(&mut core, 2 * S, Ok(info("PARTIAL_SERVICE", "success", 0, 2)));
    assert_eq!(core.health().status, Status::OutOfService);
}

#[test]
fn one_refusal_is_a_suspicion_and_two_are_proof() {
    let mut core = ready();
    done(&mut core, 2 * S, failure(ErrorKind::Connect));
    assert_eq!(core.health().status, Status::Suspect);
    done(&mut core, 3 * S, failure(ErrorKind::Connect));
    assert_eq!(core.health().status, Status::Unreachable);
}

#[test]
fn it_takes_three_time_outs_in_a_row() {
    let mut core = ready();
    for second in 2..4 {
        done(&mut core, second * S, failure(ErrorKind::Timeout));
        assert_eq!(core.health().status, Status::Suspect);
    }
    done(&mut core, 4 * S, failure(ErrorKind::Timeout));
    assert_eq!(core.health().status, Status::Unreachable);
}

#[test]
fn a_push_in_service_needs_a_probe() {
    let mut core = ready();
    let generation = core.health().generation;
    let outputs = core.step(
        2 * S,
        Input::Seen { generation, evidence: Evidence::Push(info("OUT_OF_SERVICE", "failure", 0, 2)) },
    );
    assert_eq!(core.health().status, Status::OutOfService);
    assert!(
        outputs.contains(&Output::Probe(core.health().generation)),
        "from now on it is looked at more often"
    );
    done(&mut core, 2 * S, Ok(info("OUT_OF_SERVICE", "failure", 0, 2)));
    let generation = core.health().generation;
    let outputs = core.step(
        10 * S,
        Input::Seen { generation, evidence: Evidence::Push(info("IN_SERVICE", "success", 0, 10)) },
    );
    assert_eq!((core.health().status, core.health().level), (Status::Suspect, Level::L0));
    assert!(outputs.contains(&Output::Probe(core.health().generation)));
}

#[test]
fn evidence_from_an_earlier_generation_changes_nothing() {
    let mut core = ready();
    let old = core.health().generation;
    core.step(
        2 * S,
        Input::Seen { generation: old, evidence: Evidence::Rest(Some(ErrorKind::OutOfService)) },
    );
    done(&mut core, 4 * S, Ok(info("IN_SERVICE", "success", 500, 4)));
    assert_eq!(core.health().status, Status::Ready);
    core.step(
        5 * S,
        Input::Seen { generation: old, evidence: Evidence::Rest(Some(ErrorKind::OutOfService)) },
    );
    assert_eq!(core.health().status, Status::Ready);
    core.step(5 * S, Input::ProbeDone { generation: old, started: S, result: failure(ErrorKind::Tls) });
    assert_eq!(core.health().status, Status::Ready);
}

#[test]
fn t10_a_401_is_not_an_outage() {
    let mut core = ready();
    done(&mut core, 2 * S, failure(ErrorKind::Unauthorized));
    assert_eq!(core.health().status, Status::Unauthorised);
}

#[test]
fn probes_never_overlap_and_keep_their_distance() {
    let mut core = core();
    assert!(core.step(S, Input::CheckNow).contains(&Output::Probe(Generation(0))));
    assert_eq!(core.step(2 * S, Input::CheckNow), []);
    assert_eq!(core.wake_at(), None);
    done(&mut core, 2 * S, Ok(info("IN_SERVICE", "success", 0, 2)));
    assert_eq!(core.wake_at(), None, "the check that was asked for meanwhile");
    done(&mut core, 2 * S, Ok(info("IN_SERVICE", "success", 0, 2)));
    core.step(2 * S, Input::CheckNow);
    assert_eq!(core.wake_at(), Some(2 * S + PROBE_MIN_INTERVAL));
}

#[test]
fn a_check_asked_for_during_a_probe_follows_it() {
    let mut core = ready();
    core.step(60 * S, Input::CheckNow);
    assert_eq!(core.step(61 * S, Input::CheckNow), [], "no two at once");
    let outputs = done(&mut core, 61 * S, Ok(info("IN_SERVICE", "success", 0, 61)));
    assert!(outputs.contains(&Output::Probe(core.health().generation)));
    done(&mut core, 61 * S, Ok(info("IN_SERVICE", "success", 0, 61)));
    assert!(core.wake_at().unwrap() > 70 * S, "only one");
}

#[test]
fn a_slow_answer_of_the_outage_does_not_take_a_side_down_again() {
    let mut core = ready();
    let generation = core.health().generation;
    core.step(2 * S, Input::Seen { generation, evidence: Evidence::Rest(Some(ErrorKind::OutOfService)) });
    let outage = core.health().generation;
    done(&mut core, 4 * S, Ok(info("IN_SERVICE", "success", 500, 4)));
    core.step(
        5 * S,
        Input::Seen { generation: outage, evidence: Evidence::Rest(Some(ErrorKind::OutOfService)) },
    );
    assert_eq!(core.health().status, Status::Ready);
}

#[test]
fn a_side_stays_in_use_until_its_last_session_has_left() {
    let mut core = ready();
    let pause = |core: &mut HealthCore, second: u32| {
        done(core, second * S, Ok(info("IN_SERVICE", "success", 0, i64::from(second))));
        core.wake_at().unwrap() - second * S
    };
    core.step(2 * S, Input::InUse(true));
    core.step(2 * S, Input::InUse(true));
    core.step(2 * S, Input::InUse(false));
    assert!(pause(&mut core, 10) <= 36 * S);
    core.step(11 * S, Input::InUse(false));
    assert!(pause(&mut core, 20) >= 48 * S);
}
