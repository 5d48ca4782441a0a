//! The end of a line.

use super::*;

#[test]
fn a_close_says_good_bye_to_everything_and_nothing_follows() {
    let mut rig = Rig::live_with(Immediate);
    rig.lively = false;
    rig.push(A, Status::OutOfService);
    rig.run(2.0);
    rig.mark();
    rig.report(LineReport::Close);
    let mut lines: Vec<&str> = rig.log.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines.pop(), Some("end closed as asked for"));
    lines.sort_unstable();
    assert_eq!(lines, ["close A", "close B"]);
    rig.report(LineReport::Close);
    rig.run(1000.0);
    assert_eq!((rig.log.len(), rig.core.wake_at()), (3, None));
}

#[test]
fn a_close_in_the_middle_of_an_opening_gives_it_up() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Hangs;
    rig.push(A, Status::OutOfService);
    rig.run(2.0);
    rig.mark();
    rig.report(LineReport::Close);
    rig.in_order(&["abandon", "close A", "end closed"]);
}

#[test]
fn a_close_before_anything_was_open_ends_at_once() {
    let mut rig = Rig::hybrid();
    rig.report(LineReport::Close);
    assert_eq!(rig.log.len(), 1);
}

#[test]
fn a_link_that_opens_after_it_was_given_up_is_closed() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Hangs;
    rig.push(A, Status::OutOfService);
    rig.run(2.0);
    let late = rig.opening.unwrap();
    rig.push(A, Status::Ready);
    rig.run(1.0);
    rig.links.insert(late, B);
    rig.step(Input::Opened { attempt: late });
    assert_eq!((rig.count("close B"), rig.count("attach 2 A"), rig.count("attach")), (1, 1, 1));
}

#[test]
fn n3_a_dead_session_of_our_own_is_no_other_program() {
    for cause in [EndCause::Silent, EndCause::Network] {
        let mut rig = Rig::live_with(WaitAndRetry::default());
        rig.world.a.stream = Stream::Fails(EndCause::Conflict);
        rig.cut(A, cause);
        rig.run(119.0);
        assert!(!rig.ended, "{:#?}", rig.log);
        let times = rig.times("open A");
        assert!((12..=22).contains(&times.len()), "again and again, and ever more slowly: {times:?}");
        rig.mend(A);
        rig.run(21.0);
        assert_eq!((rig.count("attach 2 A"), rig.count("end")), (1, 0));
    }
}

#[test]
fn n3_once_the_server_must_have_noticed_it_is_another_program() {
    let mut rig = Rig::live_with(WaitAndRetry::default());
    rig.world.a.stream = Stream::Fails(EndCause::Conflict);
    rig.cut(A, EndCause::Silent);
    rig.run(170.0);
    let end = rig.first("end taken over");
    assert!((120.0..165.0).contains(&end), "{end}");
    let times = rig.times("open A");
    let [.., before, last] = times[..] else { panic!("{times:?}") };
    assert!((2.0..2.1).contains(&(last - before)), "{times:?}");
}

#[test]
fn n3_the_other_side_is_used_while_a_dead_session_blocks_the_first() {
    let mut rig = Rig::live();
    rig.world.a.stream = Stream::Fails(EndCause::Conflict);
    rig.cut(A, EndCause::Silent);
    rig.run(60.0);
    let moved = rig.first("switching A B");
    assert!((30.0..32.0).contains(&moved), "{moved}");
    assert_eq!(rig.count("attach 2 B left A"), 1);
    // Back again, before the server has noticed.
    rig.isolate(B, EndCause::Refused);
    rig.cut(B, EndCause::Network);
    rig.run(30.0);
    assert!(rig.count("switching B A") >= 1 && !rig.ended, "{:#?}", rig.log);
}

#[test]
fn n3_a6_after_an_orderly_end_a_conflict_is_another_program() {
    let mut rig = Rig::live_with(WaitAndRetry::default());
    rig.world.a.stream = Stream::Fails(EndCause::Conflict);
    rig.cut(A, EndCause::Shutdown);
    rig.run(30.0);
    assert_eq!((rig.count("open A"), rig.count("end taken over")), (2, 1));
}
