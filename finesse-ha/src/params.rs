//! Every number that governs health, failover and re-sync, by the name under which it can be set.
//!
//! Invariant: a [`Params`] that passed [`Params::validate`] keeps the inequalities between its numbers. The session's builder takes only such
//! ones unless told otherwise; who builds the layers by hand calls it himself.

use std::time::Duration;

/// A parameter that cannot be set as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamError {
    /// No such name.
    #[error("unknown parameter \"{name}\"; known are: {}", NAMES.join(", "))]
    UnknownName {
        /// What was asked for.
        name: String,
    },
    /// The value cannot be read.
    #[error("parameter {name}: \"{value}\" is not {expected}")]
    BadValue {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is taken.
        expected: &'static str,
    },
    /// Two numbers contradict each other.
    #[error("{left} ({left_value}) must be {relation} {right} ({right_value}): {reason}")]
    Inequality {
        /// The first parameter.
        left: &'static str,
        /// Its value.
        left_value: String,
        /// "at least", "less than".
        relation: &'static str,
        /// The second parameter or the constant's name.
        right: &'static str,
        /// Its value.
        right_value: String,
        /// Why.
        reason: &'static str,
    },
}

/// How long a side waits, after it has noticed that an agent's presence is gone, before it forces a logout (Cisco's desktop
/// guide: 60 s).
pub const FORCED_LOGOUT_WAIT: Duration = Duration::from_secs(60);
/// The longest that forced logout can take to arrive: 120 s to notice a dead client, then the wait.
pub const FORCED_LOGOUT_LATEST: Duration = Duration::from_secs(180);
/// The smallest distance between two probes of a side; fixed, because polling storms slow a weak server down.
pub const PROBE_MIN_INTERVAL: Duration = Duration::from_millis(500);
/// The first three attempts to reopen a lost stream come after these pauses, each ± 50 %. Three, as Cisco's desktop makes; all
/// within five seconds.
pub const RECONNECT_PAUSES: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// Audits shortly after going live, besides the periodic ones: they find late forced logouts and deaf streams.
pub const EARLY_AUDITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $default:expr;)*) => {
        /// The numbers. Durations are plain [`Duration`]s; [`Params::default`] is the table of defaults, and each field says
        /// why its number was chosen.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Params {
            $($(#[$doc])* pub $name: params!(@type $kind),)*
        }

        /// The names that [`Params::set`] takes.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        impl Default for Params {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Params {
            /// Sets one parameter by its name. Durations read as `250ms`, `5s`, `3m`; `0` is none.
            ///
            /// # Errors
            ///
            /// An unknown name, or a value of the wrong form.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), ParamError> {
                match name {
                    $(stringify!($name) => self.$name = params!(@parse $kind, stringify!($name), value)?,)*
                    _ => return Err(ParamError::UnknownName { name: name.to_owned() }),
                }
                Ok(())
            }

            /// The same with every duration multiplied by `factor`; counts stay. A factor that is not a positive number changes nothing. For
            /// simulations whose time is scaled: inequalities against fixed times may not hold any more.
            #[must_use]
            pub fn scaled(mut self, factor: f64) -> Self {
                if factor.is_finite() && factor > 0.0 {
                    $(params!(@scale $kind, self.$name, factor);)*
                }
                self
            }
        }
    };
    (@scale duration, $field:expr, $factor:expr) => { $field = times($field, $factor) };
    (@scale optional, $field:expr, $factor:expr) => { $field = $field.map(|value| times(value, $factor)) };
    (@scale count, $field:expr, $factor:expr) => {};
    (@type duration) => { Duration };
    (@type optional) => { Option<Duration> };
    (@type count) => { u32 };
    (@parse duration, $name:expr, $value:expr) => { parse_duration($name, $value) };
    (@parse optional, $name:expr, $value:expr) => { parse_duration($name, $value).map(Some) };
    (@parse count, $name:expr, $value:expr) => { parse_count($name, $value) };
}

params! {
    /// A ping is sent to the side this often, on a quiet link earlier by `ping_timeout`. The server expects one every 20 s on every transport.
    ping_idle: duration = Duration::from_secs(20);
    /// An unanswered ping counts as missed after this.
    ping_timeout: duration = Duration::from_secs(5);
    /// So many missed pings end the stream: 20 s - 5 s + 2 × 5 s leave 35 s of the 60 s that a side waits before it forces a logout.
    ping_misses: count = 2;
    /// Room for one lost SYN, which is sent again after 1 s.
    connect_timeout: duration = Duration::from_secs(3);
    /// Validation time-outs in the field are about 5 s; Cisco's IP phone agent steps by 5 s too.
    probe_timeout: duration = Duration::from_secs(5);
    /// Between probes of the side in use; pings and SystemInfo pushes cover it already.
    probe_interval_live: duration = Duration::from_secs(30);
    /// Between probes of the other side: only to know before the need that it can be reached and trusted.
    probe_interval_standby: duration = Duration::from_secs(60);
    /// The first pause between probes of a side that does not serve; doubles up to `backoff_cap`. Quick first looks cost little
    /// because the rate falls fast.
    probe_interval_failing: duration = Duration::from_secs(1);
    /// A request that takes longer is given up; its outcome is then unknown if anything was written.
    request_timeout: duration = Duration::from_secs(10);
    /// After an accepted command (202), how long to wait for the event that shows its effect before reading the object.
    event_wait: duration = Duration::from_secs(10);
    /// Stream lost on a side that says IN_SERVICE: how long to try that side. Must stay well below the forced logout's 60 s.
    stream_grace_healthy: duration = Duration::from_secs(30);
    /// Presence lost: filters a flicker; a restart of the web application takes minutes anyway.
    presence_grace: duration = Duration::from_secs(10);
    /// Out of service with the stream up: not set, it is three heartbeats of that side, at least 5 s; 15 s with the documented interval.
    oos_grace: optional = None;
    /// Requests unanswered with the stream up: two request time-outs.
    rest_grace: duration = Duration::from_secs(20);
    /// The most that a switch is delayed at random, so that many clients do not move at once: 500 clients at 50 a second.
    switch_jitter: duration = Duration::from_secs(10);
    /// Claims a second and side in one process; documented throughput is 19 to 27 agents a second.
    claim_rate: count = 20;
    /// No voluntary switch so soon after a switch: the worst case of a ghost logout.
    hold_down_voluntary: duration = Duration::from_secs(180);
    /// No forced switch so soon after a switch: the base ejection time in Envoy and gRPC.
    hold_down_forced: duration = Duration::from_secs(30);
    /// How long a flapping side must be in service before it is used again.
    stable_for: duration = Duration::from_secs(20);
    /// The longest pause between attempts; the stock desktop polls every 20 s.
    backoff_cap: duration = Duration::from_secs(20);
    /// Recovery that takes longer is reported as overdue; it goes on all the same.
    failover_deadline: duration = Duration::from_secs(300);
    /// Both sides out: reported at once, and again each time this has passed; zero is never again.
    both_out_report: duration = Duration::from_secs(60);
    /// Refused credentials within five minutes before all authentication stops; Finesse locks the account at five.
    auth_budget: count = 2;
    /// An agent found logged out after a longer gap is not signed in again: he may have left.
    auto_relogin_max_gap: duration = Duration::from_secs(15 * 60);
    /// Rounds of reading before the best guess is taken.
    resync_rounds: count = 5;
    /// Between routine audits of a live session.
    audit: duration = Duration::from_secs(300);
    /// The longest that the old stream may stay open beside the new one.
    overlap_max: duration = Duration::from_secs(30);
}

impl Params {
    /// Checks the inequalities between the numbers.
    ///
    /// # Errors
    ///
    /// The first inequality that does not hold, with both names and values.
    pub fn validate(&self) -> Result<(), ParamError> {
        let silent = self.ping_idle.saturating_add(self.ping_timeout.saturating_mul(self.ping_misses));
        at_most(
            ("stream_grace_healthy", self.stream_grace_healthy),
            ("the 45 s limit", Duration::from_secs(45)),
            "a side forces a logout 60 s after it lost the agent's presence",
        )?;
        less(
            ("ping_idle + ping_misses × ping_timeout", silent),
            ("the 45 s limit", Duration::from_secs(45)),
            "a dead stream must be noticed well before the forced logout at 60 s",
        )?;
        if let Some(oos_grace) = self.oos_grace {
            at_least(
                ("oos_grace", oos_grace),
                ("three heartbeats of 5 s", Duration::from_secs(15)),
                "the other side notices a common fault up to three heartbeats later",
            )?;
        }
        if !self.hold_down_voluntary.is_zero() {
            at_least(
                ("hold_down_voluntary", self.hold_down_voluntary),
                ("the latest forced logout", FORCED_LOGOUT_LATEST),
                "the side that was left may still log the agent out until then",
            )?;
        }
        at_least(
            ("rest_grace", self.rest_grace),
            ("request_timeout", self.request_timeout),
            "one slow request is not an outage",
        )?;
        at_most(
            ("connect_timeout", self.connect_timeout),
            ("request_timeout", self.request_timeout),
            "connecting is a part of a request",
        )?;
        at_most(
            ("overlap_max", self.overlap_max),
            ("the 30 s limit", Duration::from_secs(30)),
            "two streams at once are not supported for longer",
        )?;
        for (name, value) in [
            ("ping_misses", self.ping_misses),
            ("resync_rounds", self.resync_rounds),
            ("claim_rate", self.claim_rate),
        ] {
            if value == 0 {
                return Err(ParamError::BadValue { name, value: String::from("0"), expected: "at least 1" });
            }
        }
        for (name, value) in [
            ("ping_idle", self.ping_idle),
            ("ping_timeout", self.ping_timeout),
            ("probe_timeout", self.probe_timeout),
            ("connect_timeout", self.connect_timeout),
            ("request_timeout", self.request_timeout),
            ("probe_interval_failing", self.probe_interval_failing),
            ("backoff_cap", self.backoff_cap),
        ] {
            if value.is_zero() {
                return Err(ParamError::BadValue {
                    name,
                    value: String::from("0"),
                    expected: "a duration above zero",
                });
            }
        }
        Ok(())
    }
}

/// What is too long for a duration stays as it is.
fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(duration)
}

type Named = (&'static str, Duration);

fn inequality(left: Named, relation: &'static str, right: Named, reason: &'static str) -> ParamError {
    ParamError::Inequality {
        left: left.0,
        left_value: format!("{:?}", left.1),
        relation,
        right: right.0,
        right_value: format!("{:?}", right.1),
        reason,
    }
}

fn at_most(left: Named, right: Named, reason: &'static str) -> Result<(), ParamError> {
    if left.1 <= right.1 { Ok(()) } else { Err(inequality(left, "at most", right, reason)) }
}

fn less(left: Named, right: Named, reason: &'static str) -> Result<(), ParamError> {
    if left.1 < right.1 { Ok(()) } else { Err(inequality(left, "less than", right, reason)) }
}

fn at_least(left: Named, right: Named, reason: &'static str) -> Result<(), ParamError> {
    if left.1 >= right.1 { Ok(()) } else { Err(inequality(left, "at least", right, reason)) }
}

/// No number here means anything beyond a year, and sums of such numbers stay far from overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

fn parse_duration(name: &'static str, value: &str) -> Result<Duration, ParamError> {
    let trimmed = value.trim();
    if trimmed == "0" {
        return Ok(Duration::ZERO);
    }
    let parsed = humantime::parse_duration(trimmed).ok().filter(|duration| *duration <= LONGEST);
    parsed.ok_or_else(|| ParamError::BadValue {
        name,
        value: value.to_owned(),
        expected: "a duration such as 250ms, 5s or 3m, and at most a year",
    })
}

fn parse_count(name: &'static str, value: &str) -> Result<u32, ParamError> {
    value.trim().parse().map_err(|_| ParamError::BadValue {
        name,
        value: value.to_owned(),
        expected: "a whole number",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_keep_every_inequality() {
        Params::default().validate().unwrap();
    }

    #[test]
    fn a_broken_inequality_names_both_parameters() {
        let mut params = Params::default();
        params.set("rest_grace", "5s").unwrap();
        let text = params.validate().unwrap_err().to_string();
        assert!(text.contains("rest_grace") && text.contains("request_timeout"), "{text}");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let text = Params::default().set("ping", "5s").unwrap_err().to_string();
        assert!(NAMES.iter().all(|name| text.contains(name)), "{text}");
    }

    #[test]
    fn zero_switches_a_jitter_or_hold_down_off() {
        let mut params = Params::default();
        params.set("switch_jitter", "0").unwrap();
        params.set("hold_down_voluntary", "0").unwrap();
        assert_eq!(params.switch_jitter, Duration::ZERO);
        params.validate().unwrap();
    }

    #[test]
    fn numbers_beyond_all_measure_are_refused_too() {
        let params = Params { ping_timeout: Duration::MAX, ..Params::default() };
        params.validate().unwrap_err();
    }

    #[test]
    fn scaled_numbers_keep_their_proportions_and_their_counts() {
        let params = Params { oos_grace: Some(Duration::from_secs(15)), ..Params::default() };
        let scaled = params.clone().scaled(0.1);
        assert_eq!(scaled.ping_idle, Duration::from_secs(2));
        assert_eq!(scaled.oos_grace, Some(Duration::from_millis(1500)));
        assert_eq!((scaled.ping_misses, scaled.claim_rate), (params.ping_misses, params.claim_rate));
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.0, 1e300] {
            assert_eq!(params.clone().scaled(factor), params, "{factor}");
        }
    }

    #[test]
    fn every_name_can_be_set_and_nonsense_is_refused() {
        for name in NAMES {
            Params::default().set(name, "7s").or_else(|_| Params::default().set(name, "7")).unwrap();
            assert!(Params::default().set(name, "soon").is_err(), "{name}");
            assert!(Params::default().set(name, "400000000000y").is_err(), "{name}");
        }
    }
}
