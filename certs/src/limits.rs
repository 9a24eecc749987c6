//! Limits of the accept loop.

use std::time::Duration;

use serde::Deserialize;

/// A handshake over a bad line takes two seconds; longer ones hold a place for nothing.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Each unfinished handshake costs some tens of kilobytes.
const PENDING_HANDSHAKES: usize = 256;
/// A node needs one or two connections; an agency has a few nodes.
const CONNECTIONS_PER_AGENCY: usize = 16;
/// A day: each node shows its certificate daily.
const CONNECTION_AGE: Duration = Duration::from_secs(24 * 3600);
/// The federation's rule: no connection is older than two days.
const GREATEST_CONNECTION_AGE: Duration = Duration::from_secs(48 * 3600);

/// The age at which a connection is cut: above zero, at most 48 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionAge(Duration);

/// No such age is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a connection's age must be above zero and at most 48 hours")]
pub struct ConnectionAgeError;

/// Limits of [`incoming`](crate::incoming); in a configuration file a table with durations in named units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub struct AcceptLimits {
    /// A handshake that takes longer is given up.
    pub handshake_timeout: Duration,
    /// With this many unfinished handshakes the oldest makes room for a new one.
    pub pending_handshakes: usize,
    /// Connections above this number are refused by name.
    pub connections_per_agency: usize,
    /// A connection that gets this old is cut.
    pub max_connection_age: ConnectionAge,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    handshake_timeout_ms: u64,
    pending_handshakes: usize,
    connections_per_agency: usize,
    max_connection_age_s: u64,
}

impl ConnectionAge {
    /// The age as a duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<Duration> for ConnectionAge {
    type Error = ConnectionAgeError;

    fn try_from(age: Duration) -> Result<Self, ConnectionAgeError> {
        if age.is_zero() || age > GREATEST_CONNECTION_AGE { Err(ConnectionAgeError) } else { Ok(Self(age)) }
    }
}

impl Default for ConnectionAge {
    fn default() -> Self {
        Self(CONNECTION_AGE)
    }
}

impl Default for AcceptLimits {
    fn default() -> Self {
        Self {
            handshake_timeout: HANDSHAKE_TIMEOUT,
            pending_handshakes: PENDING_HANDSHAKES,
            connections_per_agency: CONNECTIONS_PER_AGENCY,
            max_connection_age: ConnectionAge::default(),
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        let limits = AcceptLimits::default();
        Self {
            handshake_timeout_ms: HANDSHAKE_TIMEOUT.as_secs() * 1000,
            pending_handshakes: limits.pending_handshakes,
            connections_per_agency: limits.connections_per_agency,
            max_connection_age_s: limits.max_connection_age.0.as_secs(),
        }
    }
}

impl TryFrom<Table> for AcceptLimits {
    type Error = ConnectionAgeError;

    fn try_from(table: Table) -> Result<Self, ConnectionAgeError> {
        Ok(Self {
            handshake_timeout: Duration::from_millis(table.handshake_timeout_ms),
            pending_handshakes: table.pending_handshakes,
            connections_per_agency: table.connections_per_agency,
            max_connection_age: Duration::from_secs(table.max_connection_age_s).try_into()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_lives_at_most_48_hours() {
        let table = |seconds: u64| format!("{{\"max_connection_age_s\": {seconds}}}");
        let parse = |text: &str| serde_json::from_str::<AcceptLimits>(text);
        assert_eq!(parse("{}").unwrap(), AcceptLimits::default());
        assert_eq!(parse(&table(48 * 3600)).unwrap().max_connection_age.get(), GREATEST_CONNECTION_AGE);
        for bad in [table(48 * 3600 + 1), table(0), "{\"typo\": 1}".to_owned()] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }
}
