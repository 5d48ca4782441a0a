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
