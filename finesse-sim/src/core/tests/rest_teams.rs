//! What a team is given: whole lists by URI, and a layout of its own.

use super::rest_configuration::{ADMIN, bench};
use super::rest_people::{check, texts};

#[test]
fn teams_are_assigned_whole_lists_by_uri() {
    let mut bench = bench();
    assert_eq!(texts(&bench.read(ADMIN, "/Teams"), "name"), ["Harbour", "Lighthouse"]);
    let assign = |root: &str, uris: &[&str]| {
        let one = &root[..root.len() - 1];
        let list: String =
            uris.iter().map(|uri| format!("<{one}><uri>/finesse/api/{one}/{uri}</uri></{one}>")).collect();
        format!("<{root}>{list}</{root}>")
    };
    for (path, root, ids) in [
        ("/Team/513/ReasonCodes?category=NOT_READY", "ReasonCodes", ["10", "11"].as_slice()),
        ("/Team/513/WrapUpReasons", "WrapUpReasons", &["33"]),
        ("/Team/513/PhoneBooks", "PhoneBooks", &["35"]),
        ("/Team/513/Workflows", "Workflows", &["12"]),
        ("/Team/513/MediaPropertiesLayouts", "MediaPropertiesLayouts", &["2"]),
    ] {
        assert_eq!(bench.rest(ADMIN, "PUT", path, &assign(root, ids)), (200, String::new()), "{path}");
        let list = bench.read(ADMIN, path);
        let found: Vec<String> =
            texts(&list, "uri").iter().map(|uri| uri.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(found, ids, "{path}");
        let (status, answer) = bench.rest(ADMIN, "PUT", path, &assign(root, &["9999"]));
        assert!(status == 400 && answer.contains("Finesse API Error"), "{path}: {answer}");
        assert_eq!(bench.read(ADMIN, path).kids.len(), ids.len(), "nothing changed");
        let other = path.replace("513", "9");
        let (status, answer) = bench.rest(ADMIN, "PUT", &other, &assign(root, ids));
        assert!(status == 404 && answer.contains("team_assignment_invalid_team"), "{answer}");
    }
    assert_eq!(
        texts(&bench.read("1003", "/User/1003/ReasonCodes?category=NOT_READY"), "code"),
        ["41", "42", "43", "44"]
    );
    bench.rest(ADMIN, "PUT", "/Team/513/ReasonCodes?category=LOGOUT", "<ReasonCodes/>");
    assert_eq!(
        bench.read(ADMIN, "/Team/513/ReasonCodes?category=NOT_READY").kids.len(),
        2,
        "the other category stays"
    );
    bench.rest(ADMIN, "PUT", "/Team/513/ReasonCodes?category=NOT_READY", "<ReasonCodes/>");
    assert!(bench.read(ADMIN, "/Team/513/ReasonCodes?category=NOT_READY").kids.is_empty());
    check(
        &mut bench,
        &[
            (ADMIN, "GET", "/Team/513/ReasonCodes", "", 400, "Parameter Missing"),
            (ADMIN, "GET", "/Team/513/ReasonCodes?category=ALL", "", 400, "Invalid Input"),
            (ADMIN, "PUT", "/Team/513/WrapUpReasons", "<PhoneBooks/>", 400, "Bad Request"),
        ],
    );
}

#[test]
fn a_team_may_have_a_layout_of_its_own() {
    let mut bench = bench();
    let path = "/Team/512/LayoutConfig";
    let layout = |default: &str, xml: &str| {
        format!(
            "<TeamLayoutConfig><useDefault>{default}</useDefault><layoutxml>{xml}</layoutxml></TeamLayoutConfig>"
        )
    };
    let whole = bench.read(ADMIN, "/LayoutConfig/default");
    assert!(
        whole.get("layoutxml").unwrap().contains("a=1&amp;b=2"),
        "one level of escapes is the layout's own"
    );
    assert_eq!(bench.read(ADMIN, path).get("layoutxml"), whole.get("layoutxml"));
    check(
        &mut bench,
        &[
            (ADMIN, "PUT", path, &layout("false", "&lt;finesseLayout"), 400, "Invalid Input"),
            (ADMIN, "PUT", path, &layout("false", "&lt;page/&gt;"), 400, "Invalid Input"),
            (ADMIN, "PUT", path, &layout("perhaps", ""), 400, "Invalid Input"),
            (ADMIN, "PUT", path, "<TeamLayoutConfig/>", 400, "Parameter Missing"),
            (ADMIN, "PUT", path, &layout("false", "&lt;finesseLayout a=\"1\"/&gt;"), 200, ""),
            ("1001", "GET", "/TeamResource/512/Layout", "", 200, "<useDefault>false</useDefault>"),
            (ADMIN, "PUT", path, &layout("true", ""), 200, ""),
        ],
    );
    assert_eq!(bench.read(ADMIN, path).get("useDefault"), Some("true"));
}
