//! Rate limits of a route and of the operator's endpoints.

use std::net::{IpAddr, Ipv6Addr};

use futures::future::join_all;

use crate::configuration::{Counted, RateLimit};
use crate::runtime::rate_limit_verdict::RateLimitVerdict;
use crate::runtime::{Bindings, RequestHead};

/// The header in which Cloudflare puts the address of the caller. Only rate limits use it.
pub const ADDRESS_HEADER: &str = "cf-connecting-ip";

/// The result of all limits that count one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited<'a> {
    /// No limit is exceeded.
    Within {
        /// Whether a limit could not be checked.
        unknown: bool,
    },
    /// This limit is exceeded. The caller may retry when its period has passed.
    By(&'a RateLimit),
}

/// The subject that a request is counted for.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The address of the caller.
    Address,
    /// A caller, by its name; and its subject, where many callers share the name.
    Caller(&'a str, Option<&'a str>),
    /// A request without a token.
    Anyone,
}

/// The rate limits of a route, or of the operator's endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The name of the route. Each route counts its own requests, except by address.
    pub name: &'a str,
    /// The limits.
    pub limits: &'a [RateLimit],
    /// The time for checking a limit, in milliseconds.
    pub timeout_ms: u32,
}

impl Subject<'_> {
    /// The name for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Caller(..) => "caller",
            Self::Anyone => "anyone",
        }
    }
}

impl<'a> Limits<'a> {
    /// Counts the request with every limit for this subject. All limits are checked at once.
    ///
    /// A limit that cannot be checked does not refuse the request: limits protect a budget, and authentication protects
    /// the secrets.
    pub async fn count(
        self,
        subject: Subject<'_>,
        head: &impl RequestHead,
        bindings: &impl Bindings,
    ) -> Limited<'a> {
        let by = if matches!(subject, Subject::Address) { Counted::Address } else { Counted::Caller };
        let limits: Vec<_> = self.limits.iter().filter(|limit| limit.by == by).collect();
        if limits.is_empty() {
            return Limited::Within { unknown: false };
        }
        let address = || network(head.header(ADDRESS_HEADER));
        let key = match subject {
            Subject::Address => address(),
            Subject::Caller(name, None) => format!("{}/{name}", self.name),
            // The subject of a token of a caller class begins with the name of the class.
            Subject::Caller(name, Some(subject)) => {
                let within = subject.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
                format!("{}/{name}/{}", self.name, within.unwrap_or(subject))
            }
            Subject::Anyone => format!("{}/anyone/{}", self.name, address()),
        };
        let asked =
            limits.iter().map(|limit| bindings.check_rate_limit(&limit.binding, &key, self.timeout_ms));
        let verdicts = join_all(asked).await;
        let exceeded =
            limits.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == RateLimitVerdict::Exceeded);
        match exceeded.map(|(limit, _)| *limit).max_by_key(|limit| limit.period) {
            Some(limit) => Limited::By(limit),
            None => Limited::Within { unknown: verdicts.contains(&RateLimitVerdict::Unknown) },
        }
    }
}

/// The network of one household or host: an IPv4 address, or the /64 of an IPv6 address. All requests with an unknown
/// address are counted together.
fn network(address: Option<&str>) -> String {
    let address =
        address.and_then(|text| text.trim().parse::<IpAddr>().ok()).map(|known| known.to_canonical());
    match address {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_18_an_address_is_counted_by_what_one_host_has_of_the_address_space() {
        for (address, expected) in [
            (Some("192.0.2.7"), "192.0.2.7"),
            (Some(" 192.0.2.7 "), "192.0.2.7"),
            (Some("::ffff:192.0.2.7"), "192.0.2.7"),
            (Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
            (Some("2001:DB8:1:2:ffff::1"), "2001:db8:1:2::/64"),
            (Some("2001:db8:1:3::1"), "2001:db8:1:3::/64"),
            (Some("192.0.2.7, 192.0.2.8"), "unknown"),
            (Some("x\ny"), "unknown"),
            (Some(""), "unknown"),
            (None, "unknown"),
        ] {
            assert_eq!(network(address), expected, "{address:?}");
        }
    }
}
