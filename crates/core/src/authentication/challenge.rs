//! The challenge for a route's clients.

use crate::configuration::TokenPlace;
use crate::refusal::Challenge;
use crate::runtime::RequestHead;

/// Decides the challenge for a client without a valid token.
///
/// git, wget, Maven, Gradle, `curl --anyauth` and Python's urllib send a user name and a password only after a
/// challenge with Basic. A browser would ask its user for them and remember them for the gateway's whole origin (RFC
/// 7617 §4), so it never gets such a challenge. Browsers are recognised by `Sec-Fetch-Mode` (Fetch Metadata §2.2).
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
