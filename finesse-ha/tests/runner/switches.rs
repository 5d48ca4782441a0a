//! The profile of the simulated pair, as a case may change it. What is left out is as in `Profile::ucce`.

use std::time::Duration;

use finesse_sim::Profile;
use finesse_sim::profile::{ConflictPolicy, RequestIdEcho, Routing, Span, TomcatDown, WhenOut};
use serde::{Deserialize, Deserializer};

use super::case::parse;

/// A duration drawn between two, written `"5s"` or `["5s", "20s"]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range(Span);

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(String),
            Two(String, String),
        }
        let (min, max) = match Written::deserialize(input)? {
            Written::One(both) => (both.clone(), both),
            Written::Two(min, max) => (min, max),
        };
        let read = |text: String| parse(&text).map_err(serde::de::Error::custom);
        Ok(Self(Span { min: read(min)?, max: read(max)? }))
    }
}

/// A duration that is always the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed(Duration);

impl<'de> Deserialize<'de> for Fixed {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        super::case::duration(input).map(Self)
    }
}

/// The names of a choice, and what they stand for.
macro_rules! choice {
    ($name:ident for $target:ident { $($text:literal => $variant:ident,)* }) => {
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name($target);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                match String::deserialize(input)?.as_str() {
                    $($text => Ok(Self($target::$variant)),)*
                    other => Err(serde::de::Error::custom(format!("{other:?} is none of {:?}", [$($text),*]))),
                }
            }
        }
    };
}

choice!(Out for WhenOut { "drop" => Drop, "defer" => Defer, });
choice!(Bound for ConflictPolicy { "kick_old" => KickOld, "refuse_new" => RefuseNew, });
choice!(Routed for Routing { "best_session" => BestSession, "all_sessions" => AllSessions, });
choice!(Down for TomcatDown { "refuses" => Refuses, "black_hole" => BlackHole, "bad_gateway" => BadGateway, });
choice!(Echo for RequestIdEcho { "errors_only" => ErrorsOnly, "always" => Always, });

macro_rules! switches {
    ($($name:ident: $written:ty $(=> $inner:tt)?,)*) => {
        /// What a case says about the pair.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Switches {
            $($name: Option<$written>,)*
        }

        impl Switches {
            /// The profile with these changes.
            pub(crate) fn profile(&self) -> Profile {
                let mut profile = Profile::ucce();
                $(if let Some(value) = self.$name {
                    profile.$name = value $(.$inner)?;
                })*
                profile
            }
        }
    };
}

switches! {
    burst_deletes: bool,
    conflict: Bound => 0,
    cti_confirm: Range => 0,
    cti_recovery: Range => 0,
    cti_recovery_scales: bool,
    cti_recovery_floor: Fixed => 0,
    dead_client_notice: Range => 0,
    dead_webapp_status: u16,
    finesse_presence: bool,
    forced_logout_when_out: Out => 0,
    heartbeat_interval: Fixed => 0,
    http_latency: Fixed => 0,
    last_item_on_subscribe: bool,
    load: bool,
    load_waits_for_call: bool,
    login_elsewhere_cancels: bool,
    notification_start: Range => 0,
    notification_stop_is_absence: bool,
    offline_storage: bool,
    publication_delay: Range => 0,
    queue_survives_outage: bool,
    relogin_publishes: bool,
    request_id_echo: Echo => 0,
    routing: Routed => 0,
    second_resource_keeps_presence: bool,
    shutdown_stream_error: bool,
    system_info_ports: bool,
    tomcat_down: Down => 0,
    tomcat_start: Range => 0,
    undetected_500: f64,
    undetected_read_500: f64,
    webapp_start: Range => 0,
    xmpp_failures_count: bool,
}
