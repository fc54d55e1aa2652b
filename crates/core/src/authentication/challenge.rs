//! Which challenge a route's clients get.

use crate::configuration::TokenPlace;
use crate::refusal::Challenge;
use crate::runtime::RequestHead;

/// Decides how a client that has shown no valid token may show one.
///
/// git, wget, Maven, Gradle, `curl --anyauth` and Python's urllib show a user name and a password only once Basic has been
/// offered. A browser would ask its user for them and remember them for the gateway's whole origin (RFC 7617 §4), so it
/// is never offered Basic; it sends `Sec-Fetch-Mode` (Fetch Metadata §2.2).
#[must_use]
pub fn challenge(places: &[TokenPlace], head: &impl RequestHead) -> Challenge {
    let takes_basic = places.contains(&TokenPlace::Basic);
    if !takes_basic || head.header("sec-fetch-mode").is_some() {
        Challenge::Bearer
    } else if places.contains(&TokenPlace::Bearer) {
        Challenge::BasicOrBearer
    } else {
        Challenge::Basic
    }
}
