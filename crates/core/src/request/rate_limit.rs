//! How often a route may be asked.

use std::net::{IpAddr, Ipv6Addr};

use futures::future::join_all;

use crate::configuration::{Counted, RateLimit};
use crate::runtime::limit::Verdict;
use crate::runtime::{Bindings, RequestHead};

/// The address of the caller as Cloudflare sets it. It is believed here and nowhere else.
pub const ADDRESS_HEADER: &str = "cf-connecting-ip";

/// What all limits of one kind say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited<'a> {
    /// No limit is exceeded.
    Within {
        /// Whether a limit could not be asked.
        unknown: bool,
    },
    /// This limit is exceeded. The request may be sent again when its period has passed.
    By(&'a RateLimit),
}

/// Whom to count a request for.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The address that it comes from.
    Address,
    /// A caller, by its name, and which one it is where many have the name.
    Caller(&'a str, Option<&'a str>),
    /// Somebody without a token.
    Anyone,
}

/// The rate limits of a route, or of the operator's endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The name of the route. Its requests are counted apart from those of other routes, except by address.
    pub name: &'a str,
    /// The limits.
    pub limits: &'a [RateLimit],
    /// How long a limit may take to answer, in milliseconds.
    pub within: u32,
}

impl Subject<'_> {
    /// As the log has it.
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
    /// Counts the request with every limit that counts this subject, and asks all of them at once.
    ///
    /// A limiter that fails does not close the route: it guards a budget, and what guards the secrets has been or will
    /// be asked all the same.
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
            // The subject of a class's token begins with the class.
            Subject::Caller(name, Some(subject)) => {
                let within = subject.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
                format!("{}/{name}/{}", self.name, within.unwrap_or(subject))
            }
            Subject::Anyone => format!("{}/anyone/{}", self.name, address()),
        };
        let asked = limits.iter().map(|limit| bindings.limit(&limit.binding, &key, self.within));
        let verdicts = join_all(asked).await;
        let exceeded = limits.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Exceeded);
        match exceeded.map(|(limit, _)| *limit).max_by_key(|limit| limit.period) {
            Some(limit) => Limited::By(limit),
            None => Limited::Within { unknown: verdicts.contains(&Verdict::Unknown) },
        }
    }
}

/// What one household or one host has of the address space: an IPv4 address, or the /64 of an IPv6 address. All
/// whose address is not known are counted together.
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
