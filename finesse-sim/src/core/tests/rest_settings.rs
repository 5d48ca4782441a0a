//! Settings of the system: they change in part, and passwords never come out.

use super::rest_configuration::{ADMIN, bench};
use super::rest_people::check;

#[test]
fn settings_change_in_part_and_passwords_never_come_out() {
    let mut bench = bench();
    let cti = |inner: &str| format!("<SystemConfig><cti>{inner}</cti></SystemConfig>");
    check(
        &mut bench,
        &[
            (
                ADMIN,
                "PUT",
                "/EnterpriseDatabaseConfig",
                "<EnterpriseDatabaseConfig><port>1434</port><password>pw9</password></EnterpriseDatabaseConfig>",
                200,
                "",
            ),
            (
                ADMIN,
                "PUT",
                "/EnterpriseDatabaseConfig",
                "<EnterpriseDatabaseConfig><port>65536</port></EnterpriseDatabaseConfig>",
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "PUT",
                "/EnterpriseDatabaseConfig",
                "<EnterpriseDatabaseConfig/>",
                400,
                "Parameter Missing",
            ),
            (ADMIN, "PUT", "/SystemConfig", &cti("<host>c</host>"), 400, "Parameter Missing"),
            (
                ADMIN,
                "PUT",
                "/SystemConfig",
                &cti("<host>c</host><port>x</port><peripheralId>1</peripheralId>"),
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "PUT",
                "/SystemConfig",
                &cti("<host>c</host><port>42028</port><peripheralId>1</peripheralId><secure>true</secure>"),
                200,
                "",
            ),
            (ADMIN, "GET", "/SystemConfig", "", 200, "<port>42028</port>"),
            (
                ADMIN,
                "PUT",
                "/ClusterConfig",
                "<ClusterConfig><secondaryNode/></ClusterConfig>",
                400,
                "Parameter Missing",
            ),
            (
                ADMIN,
                "PUT",
                "/ChatConfig",
                "<ChatConfig><primaryNode>ftp://x</primaryNode></ChatConfig>",
                400,
                "Invalid Input",
            ),
            (
                ADMIN,
                "PUT",
                "/ChatConfig",
                "<ChatConfig><primaryNode>https://x</primaryNode></ChatConfig>",
                200,
                "",
            ),
            ("1001", "GET", "/ChatConfig", "", 200, "https://chat-b.lab.example"),
            ("1001", "GET", "/ECCVariableConfig", "", 200, "<name>user.order</name>"),
            (
                ADMIN,
                "PUT",
                "/LayoutConfig/default",
                "<LayoutConfig><layoutxml>x</layoutxml></LayoutConfig>",
                400,
                "Invalid Input",
            ),
            (ADMIN, "GET", "/ConfigInfo", "", 200, "<totalTeams>2</totalTeams>"),
            (ADMIN, "GET", "/SystemVariables", "", 200, "<name>DNIS</name>"),
        ],
    );
    let database = bench.read(ADMIN, "/EnterpriseDatabaseConfig");
    assert_eq!((database.get("port"), database.get("password")), (Some("1434"), Some("")));
    assert_eq!(database.get("host"), Some("aw-a.lab.example"), "what was not sent stays");
}
