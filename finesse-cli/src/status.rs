//! `finesse status`: both sides, each criterion in order.
//!
//! Criteria are tested in the order in which they mean something: name and TCP, TLS and SystemInfo, in service with a good
//! heartbeat; with credentials also the user, and then the stream with presence. A refused password is tried once in all.

use std::sync::Arc;
use std::time::Duration;

use finesse_ha::health::{Heartbeat, heartbeat, verdict};
use finesse_ha::link::OpenLink;
use finesse_ha::link::connector::{LinkConfig, Notifications, SideConnector};
use finesse_ha::session::{SideAddress, TransportNotifications};
use finesse_ha::side::Side;
use finesse_model::SystemInfo;
use finesse_net::{Target, TcpDialer, probe_certificate};
use finesse_notify::{EndCause, Event, Presence};
use finesse_rest::{Client, Credentials};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::args::StatusArgs;
use crate::exit::{Exit, Failure};
use crate::output::Printer;
use crate::setup::Setup;

/// How long to wait for the presence of `finesse` after the login. It comes with the first answers if it comes at all; its
/// absence is no proof of an outage.
const PRESENCE_WAIT: Duration = Duration::from_secs(3);
/// Why a criterion was not tested after the credentials were refused.
const REFUSED: &str = "the credentials were refused already and are not tried again";
/// Certificates that end sooner are remarked upon.
const DAYS_LEFT_WARNING: i64 = 30;

/// One criterion's result.
struct Check {
    name: &'static str,
    /// `None`: not tested, because an earlier one failed or no credentials were given.
    passed: Option<bool>,
    detail: String,
}

/// All of one side.
struct SideReport {
    side: Side,
    address: SideAddress,
    checks: Vec<Check>,
    certificate_days_left: Option<i64>,
    info: Option<SystemInfo>,
    trust_failed: bool,
}

impl SideReport {
    fn usable(&self) -> bool {
        self.checks.iter().all(|check| check.passed != Some(false)) && self.info.is_some()
    }

    fn logged_in(&self) -> bool {
        self.checks.iter().any(|check| check.name == "stream" && check.passed == Some(true))
    }

    fn add(&mut self, name: &'static str, passed: bool, detail: impl Into<String>) -> bool {
        self.checks.push(Check { name, passed: Some(passed), detail: detail.into() });
        passed
    }

    fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        self.checks.push(Check { name, passed: None, detail: why.into() });
    }
}

/// Runs the command.
pub(crate) async fn run(args: StatusArgs) -> Result<Exit, Failure> {
    let setup = Setup::resolve(&args.pair)?;
    let credentials = setup.credentials()?;
    let printer = Printer::single(args.output);
    let mut refused = false;
    let a = examine(Side::A, &setup.pair.a, &setup, credentials.as_ref(), &mut refused).await?;
    let b_address = setup.pair.b.clone().or_else(|| a.info.as_ref().and_then(|info| setup.side_b_of(info)));
    let mut reports = vec![a];
    if let Some(address) = &b_address {
        reports.push(examine(Side::B, address, &setup, credentials.as_ref(), &mut refused).await?);
    }
    // Who refused the credentials is not usable by them, and who was spared them is not known to be.
    let usable = reports.iter().any(|report| report.usable() && (!refused || report.logged_in()));
    print(printer, &reports, usable);
    Ok(if usable {
        Exit::Done
    } else if refused {
        Exit::Credentials
    } else if reports.iter().all(|report| report.trust_failed) {
        Exit::Trust
    } else {
        Exit::NoSide
    })
}

async fn examine(
    side: Side,
    address: &SideAddress,
    setup: &Setup,
    credentials: Option<&Credentials>,
    refused: &mut bool,
) -> Result<SideReport, Failure> {
    let mut report = SideReport {
        side,
        address: address.clone(),
        checks: Vec::new(),
        certificate_days_left: None,
        info: None,
        trust_failed: false,
    };
    // Refused credentials are not shown to the other side either: each try brings the account nearer to its lock.
    let spared = *refused;
    let credentials = credentials.filter(|_| !spared);
    let client = setup.client(address, credentials, setup.params.probe_timeout)?;

    // L0 and L1: TCP, TLS, SystemInfo.
    let target = Target::tls(address.host(), address.port());
    if let Ok(Ok(certificate)) =
        tokio::time::timeout(setup.params.probe_timeout, probe_certificate(&target)).await
    {
        report.certificate_days_left = Some(certificate.days_left(std::time::SystemTime::now()));
    }
    let info = match client.system_info().await {
        Ok(info) => info,
        Err(error) => {
            report.trust_failed = error.trust_failure().is_some();
            *refused |= error.is_auth() && credentials.is_some();
            report.add("SystemInfo", false, error.to_string());
            for name in ["in service", "user", "stream", "presence"] {
                report.skip(name, "SystemInfo could not be read");
            }
            return Ok(report);
        }
    };
    report.add("SystemInfo", true, address.rest.clone());
    report.info = Some(info.clone());

    // L2: in service, heartbeat.
    let (status, _, why) = verdict(&info);
    let beat = heartbeat(&info);
    let beat = beat.as_ref().map_or_else(|| String::from("not reported"), beat_text);
    if !report.add("in service", status.serves(), format!("{why}; CTI heartbeat {beat}")) {
        for name in ["user", "stream", "presence"] {
            report.skip(name, "means nothing while the side is not in service");
        }
        return Ok(report);
    }

    let Some(credentials) = credentials else {
        let why = if spared { REFUSED } else { "no user named" };
        for name in ["user", "stream", "presence"] {
            report.skip(name, why);
        }
        return Ok(report);
    };
    match client.user(credentials.user()).await {
        Ok(user) => {
            let state = user.state.as_ref().map_or("?", |state| state.as_str()).to_owned();
            report.add("user", true, format!("{} is {state}", credentials.user()));
        }
        Err(error) => {
            *refused |= error.is_auth();
            report.add("user", false, error.to_string());
            if error.is_auth() {
                report.skip("stream", REFUSED);
                report.skip("presence", "the stream was not opened");
                return Ok(report);
            }
        }
    }
    stream(report, client, setup, credentials, refused).await
}

/// L3: the stream, as a session opens it, and presence.
async fn stream(
    mut report: SideReport,
    client: Client,
    setup: &Setup,
    credentials: &Credentials,
    refused: &mut bool,
) -> Result<SideReport, Failure> {
    let dialer =
        TcpDialer::new(&setup.trust).map_err(|error| Failure::new(Exit::Trust, error.to_string()))?;
    let address = report.address.clone();
    let timeout = setup.params.connect_timeout;
    let web = Arc::new(dialer.clone().with_proxies(setup.proxies.clone()));
    let notifications =
        TransportNotifications::new(setup.transport, address.clone(), Arc::new(dialer), timeout)
            .web_dialer(web);
    let notifications = Arc::new(notifications);
    let config = LinkConfig {
        credentials: credentials.clone(),
        // Apart from every session, so that looking does not push a running one off.
        resource: format!("finesse-status-{}", std::process::id()),
        host: address.host().to_owned(),
    };
    let random = fastrand::Rng::new();
    let way: Arc<dyn Notifications> = notifications.clone();
    let connector =
        SideConnector::new(report.side, Arc::new(client), way, config, setup.params.clone(), random);
    let deadline = timeout + setup.params.request_timeout;
    let mut link = match connector.oneshot(OpenLink { deadline }).await {
        Ok(link) => link,
        Err(error) => {
            *refused |= error.cause == EndCause::Auth;
            report.add("stream", false, error.to_string());
            report.skip("presence", "the stream was not opened");
            return Ok(report);
        }
    };
    let chosen = notifications.chosen().map_or_else(|| address.to_string(), |chosen| chosen.to_string());
    report.add("stream", true, chosen);
    let presence = tokio::time::timeout(PRESENCE_WAIT, async {
        loop {
            match link.next().await {
                Some(Event::FinessePresence(presence)) => return Some(presence),
                Some(_) => {}
                None => return None,
            }
        }
    })
    .await;
    match presence {
        Ok(Some(Presence::Available)) => {
            report.add("presence", true, "the user finesse is available");
        }
        Ok(Some(Presence::Unavailable)) => {
            report.add("presence", false, "the user finesse is unavailable: the web application is down");
        }
        Ok(None) => {
            report.add("presence", false, "the stream ended");
        }
        Err(_) => report.skip("presence", "not announced; that is no proof of an outage"),
    }
    link.handle.control.close().await;
    Ok(report)
}

fn beat_text(beat: &Heartbeat) -> String {
    let word = if beat.success { "success" } else { "failure" };
    format!("{word}, {:.1} s old, every {} s", beat.age.as_secs_f64(), beat.interval.as_secs())
}

fn print(printer: Printer, reports: &[SideReport], usable: bool) {
    if printer.is_json() {
        let sides: Vec<Value> = reports.iter().map(to_json).collect();
        printer.json(&json!({ "sides": sides, "usable": usable }));
        return;
    }
    for report in reports {
        let whole = report.checks.iter().all(|check| check.passed.is_some());
        let verdict = match (report.usable(), whole) {
            (true, true) => "usable",
            (true, false) => "usable as far as it was tested",
            (false, _) => "NOT usable",
        };
        printer.text(format!("side {}  {}  {verdict}", report.side, report.address));
        for check in &report.checks {
            let mark = match check.passed {
                Some(true) => "ok",
                Some(false) => "FAILED",
                None => "-",
            };
            printer.text(format!("  {mark:<7} {:<11} {}", check.name, check.detail));
        }
        if let Some(info) = &report.info {
            printer.text(format!("  ports   {}", ports(info)));
        }
        match report.certificate_days_left {
            Some(days) if days < 0 => printer.text(format!("  certificate  expired {} days ago", -days)),
            Some(days) if days < DAYS_LEFT_WARNING => {
                printer.text(format!("  certificate  ends in {days} days: renew it"))
            }
            Some(days) => printer.text(format!("  certificate  {days} days left")),
            None => {}
        }
    }
}

fn ports(info: &SystemInfo) -> String {
    let nodes = [("primary", info.primary_node.as_ref()), ("secondary", info.secondary_node.as_ref())];
    let mut parts = Vec::new();
    for (name, node) in nodes {
        if let Some(node) = node {
            let port = |port: &Option<finesse_model::Scalar<i64>>| {
                port.as_ref().map_or_else(|| String::from("?"), ToString::to_string)
            };
            let host = node.host.as_deref().unwrap_or("?");
            parts.push(format!(
                "{name} {host} https {} xmpp {}",
                port(&node.https_port),
                port(&node.xmpp_secure_port)
            ));
        }
    }
    if parts.is_empty() { String::from("not reported") } else { parts.join("; ") }
}

fn to_json(report: &SideReport) -> Value {
    let checks: Vec<Value> = report
        .checks
        .iter()
        .map(|check| json!({ "name": check.name, "passed": check.passed, "detail": check.detail }))
        .collect();
    json!({
        "side": report.side,
        "address": report.address.rest,
        "usable": report.usable(),
        "checks": checks,
        "certificate_days_left": report.certificate_days_left,
        "system_info": report.info,
    })
}
