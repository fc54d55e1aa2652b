//! The keys of an issuer, which are public: in the configuration, in the runtime's cache, or fetched.

use super::error::JwtError;
use super::json::Value;
use crate::configuration::{KeySource, PublicKey};
use crate::digest::digest;
use crate::encoding::hex;
use crate::http::list;
use crate::http::method::Method;
use crate::runtime::Bindings;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretValue;
use crate::secrets::base_url::base_url;

/// The longest response, in bytes. An issuer has a few keys, each with less than 4 KiB.
const LARGEST: u32 = 64 * 1024;

/// The time for one response, in milliseconds. The caller's request waits meanwhile.
const TIMEOUT: u32 = 3_000;

/// The longest time that a set is kept, in seconds. A key that its issuer has withdrawn is accepted no longer than
/// that.
const LONGEST: u32 = 60 * 60;

/// The time that a set without a lifetime is kept, in seconds.
const DEFAULT: u32 = 5 * 60;

/// In seconds: a set that is younger is not fetched again for an unknown key. Otherwise, anyone could cause a request
/// to the issuer with each request. So a set is kept for at least this time, whatever its issuer says.
const YOUNG: u32 = 30;

/// In seconds: after a request to the issuer has failed, the next one is sent no earlier. The cache is one location's,
/// so each location asks by itself, and so do requests that arrive before the first response.
const FAILED: u32 = 5;

const OK: u16 = 200;

/// Where an issuer's metadata is (`OpenID` Connect Discovery 1.0 §4).
const METADATA: &str = "/.well-known/openid-configuration";

/// The keys that may verify a token with this `kid`.
pub async fn keys<R: Bindings + AuthRuntime>(
    source: &KeySource,
    issuer: &str,
    key_id: Option<&str>,
    now: u64,
    runtime: &R,
) -> Result<Vec<PublicKey>, JwtError> {
    let set = match source {
        KeySource::Inline(keys) => return chosen(keys.to_vec(), key_id),
        KeySource::Url(base, _) | KeySource::Discovered(base) if R::FORMS.fetched_keys => {
            let path = match source {
                KeySource::Url(_, path) => path,
                _ => METADATA,
            };
            let base = base_url(base, runtime).map_err(|_| JwtError::KeySetUnavailable)?;
            let url = [base.origin.as_ref(), &base.base, path].concat();
            let name = format!("keys/{}", hex(digest(url.as_bytes()).get(..16).unwrap_or_default()));
            let mut kept = runtime.get(&name).await.and_then(|bytes| KeptSet::parse(bytes, now));
            let keys = kept.as_mut().map(|kept| std::mem::take(&mut kept.keys));
            match (keys.map(|keys| chosen(keys, key_id)), &kept) {
                (Some(Ok(keys)), _) => return Ok(keys),
                (_, Some(kept)) if kept.has_failed() => return Err(JwtError::KeySetUnavailable),
                (Some(Err(why)), Some(kept)) if kept.tried + u64::from(YOUNG) > now => return Err(why),
                _ => {
                    let is_discovered = matches!(source, KeySource::Discovered(_));
                    let fetched = fetch(&url, is_discovered, issuer, runtime).await;
                    let entry = match (&fetched, kept) {
                        (Ok(set), _) => KeptSet::entry(now, set.lifetime, &set.body),
                        // The keys that are known stay valid until their time has passed.
                        (Err(_), Some(kept)) => kept.entry_of_failure(now),
                        (Err(_), None) => KeptSet::entry(now, FAILED, &[]),
                    };
                    runtime.put(&name, &entry.0, entry.1).await;
                    fetched?.keys
                }
            }
        }
        // The build knows which sources the configuration has, so there is no such source.
        KeySource::Url(..) | KeySource::Discovered(_) => return Err(JwtError::KeySetUnavailable),
    };
    chosen(set, key_id)
}

/// The keys with the token's `kid`, and those without one. If the token has no `kid`, there has to be exactly one key,
/// so that a token cannot make the gateway try a hundred.
fn chosen(mut keys: Vec<PublicKey>, key_id: Option<&str>) -> Result<Vec<PublicKey>, JwtError> {
    if key_id.is_some() {
        keys.retain(|key| key.id.is_none() || key.id.as_deref() == key_id);
    }
    let most = if key_id.is_some() { 3 } else { 1 };
    if (1..=most).contains(&keys.len()) { Ok(keys) } else { Err(JwtError::KeyUnknown) }
}

/// A set in the cache, or the note that none could be fetched.
struct KeptSet {
    /// When it was last asked for, in seconds since 1970.
    tried: u64,
    /// When it expires.
    ends: u64,
    keys: Vec<PublicKey>,
    /// The whole entry.
    bytes: Vec<u8>,
}

impl KeptSet {
    /// Parses an entry: the time of the last request to the issuer, the time when the entry expires, and the set as the
    /// issuer sent it. The set is empty if the issuer could not be asked.
    fn parse(bytes: Vec<u8>, now: u64) -> Option<Self> {
        let (tried, rest) = bytes.split_first_chunk::<8>()?;
        let (ends, set) = rest.split_first_chunk::<8>()?;
        let (tried, ends) = (u64::from_le_bytes(*tried), u64::from_le_bytes(*ends));
        if tried > now || now >= ends || ends - tried > u64::from(LONGEST) {
            return None;
        }
        let keys = if set.is_empty() { Vec::new() } else { PublicKey::set(set)? };
        Some(Self { tried, ends, keys, bytes })
    }

    fn set(&self) -> &[u8] {
        self.bytes.get(16..).unwrap_or_default()
    }

    /// Whether the issuer could not be asked, and there is no set.
    fn has_failed(&self) -> bool {
        self.set().is_empty()
    }

    /// An entry, and the time for which it is kept, in seconds.
    fn entry(now: u64, seconds: u32, set: &[u8]) -> (Vec<u8>, u32) {
        let times = [now, now + u64::from(seconds)].map(u64::to_le_bytes).concat();
        ([times.as_slice(), set].concat(), seconds)
    }

    /// The entry after the issuer could not be asked again.
    fn entry_of_failure(&self, now: u64) -> (Vec<u8>, u32) {
        Self::entry(now, u32::try_from(self.ends.saturating_sub(now)).unwrap_or_default(), self.set())
    }
}

/// A set that has just been fetched.
struct FetchedSet {
    keys: Vec<PublicKey>,
    body: Vec<u8>,
    /// In seconds.
    lifetime: u32,
}

async fn fetch<R: AuthRuntime>(
    url: &str,
    is_discovered: bool,
    issuer: &str,
    runtime: &R,
) -> Result<FetchedSet, JwtError> {
    let (body, seconds) = if is_discovered {
        let (metadata, _) = get(url, runtime).await?;
        get(&key_set_url(&metadata, issuer).ok_or(JwtError::KeySetUnavailable)?, runtime).await?
    } else {
        get(url, runtime).await?
    };
    let keys = PublicKey::set(&body).ok_or(JwtError::KeySetUnavailable)?;
    Ok(FetchedSet { keys, body, lifetime: seconds.max(YOUNG) })
}

/// The response's body, and its lifetime in seconds.
async fn get<R: AuthRuntime>(url: &str, runtime: &R) -> Result<(Vec<u8>, u32), JwtError> {
    let set = vec![("accept".to_owned(), SecretValue::new("application/json".to_owned()))];
    let plan = Plan::subrequest(Method::Get, SecretValue::new(url.to_owned()), set, TIMEOUT);
    let response = runtime.request(&plan, LARGEST).await.map_err(|_| JwtError::KeySetUnavailable)?;
    // A redirect would lead to a host that is not in the configuration.
    if response.status != OK {
        return Err(JwtError::KeySetUnavailable);
    }
    let seconds = response.cache_control.as_deref().map_or(DEFAULT, lifetime);
    Ok((response.body.expose().to_vec(), seconds.min(LONGEST)))
}

/// The lifetime in `Cache-Control` (RFC 9111 §5.2.2), in seconds.
fn lifetime(value: &str) -> u32 {
    let directives = list::members(value, ',');
    let is_kept =
        |directive: &&str| ["no-store", "no-cache"].iter().any(|no| directive.eq_ignore_ascii_case(no));
    if directives.iter().any(is_kept) {
        return 0;
    }
    let argument = |directive: &&str| {
        let (name, argument) = directive.split_once('=')?;
        name.eq_ignore_ascii_case("max-age").then(|| argument.trim_matches('"').parse().unwrap_or(0))
    };
    directives.iter().find_map(argument).unwrap_or(DEFAULT)
}

/// The `jwks_uri` of the metadata, if that is the issuer's own (`OpenID` Connect Discovery 1.0 §4.3) and the URL is on
/// the issuer's origin, which is the only one in the configuration.
fn key_set_url(metadata: &[u8], issuer: &str) -> Option<String> {
    let metadata = Value::parse(metadata)?;
    metadata.get("issuer")?.as_text().filter(|named| *named == issuer)?;
    let url = metadata.get("jwks_uri")?.as_text()?;
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    let is_ours = url.strip_prefix(origin(issuer)?).is_some_and(|path| path.starts_with('/'));
    (is_plain && is_ours).then(|| url.to_owned())
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let length = url.get(host..)?.find('/').unwrap_or(url.len() - host);
    url.get(..host + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example.com/acme";

    #[test]
    fn a_set_is_kept_for_as_long_as_its_issuer_says() {
        for (value, expected) in [
            ("max-age=60", 60),
            ("public, Max-Age=\"60\", must-revalidate", 60),
            ("public", DEFAULT),
            ("", DEFAULT),
            ("max-age=60, no-store", 0),
            ("no-cache", 0),
            ("max-age=0", 0),
            ("max-age=-1", 0),
            ("max-age=x", 0),
            ("max-age=99999999", 99_999_999),
        ] {
            assert_eq!(lifetime(value), expected, "{value}");
        }
    }

    #[test]
    fn rfc_8725_3_8_metadata_leads_to_its_own_issuer_s_origin_alone() {
        let url = |uri: &str, issuer: &str| {
            let metadata = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{uri}"}}"#);
            key_set_url(metadata.as_bytes(), ISSUER)
        };
        assert_eq!(
            url("https://id.example.com/keys", ISSUER).as_deref(),
            Some("https://id.example.com/keys")
        );
        for uri in [
            "https://evil.example/keys",
            "https://id.example.com.evil.example/keys",
            "https://id.example.com@evil.example/keys",
            "https://id.example.com:8443/keys",
            "https://id.example.com",
            "http://id.example.com/keys",
            "https://ID.example.com/keys",
            "https://id.example.com/keys\\\\x",
            "https://id.example.com/a b",
            "https://id.example.com/k#x",
            "/keys",
            "",
        ] {
            assert_eq!(url(uri, ISSUER), None, "{uri}");
        }
        for issuer in
            ["https://id.example.com/acme/", "https://id.example.com", "https://id.example.com/Acme"]
        {
            assert_eq!(url("https://id.example.com/keys", issuer), None, "{issuer}");
        }
        assert_eq!(key_set_url(b"{}", ISSUER), None);
    }

    #[test]
    fn a_key_is_chosen_by_its_name_and_a_name_is_no_more_than_that() {
        let key = |id: Option<&'static str>| PublicKey {
            id: id.map(Into::into),
            algorithm: crate::configuration::SignatureAlgorithm::EdDsa,
            material: crate::configuration::KeyMaterial::Ed25519 { x: "x".into() },
        };
        let keys = || vec![key(Some("a")), key(Some("b"))];
        assert_eq!(chosen(keys(), Some("b")), Ok(vec![key(Some("b"))]));
        for id in ["c", "", "https://evil.example/a", "../a", "a'--", "A"] {
            assert_eq!(chosen(keys(), Some(id)), Err(JwtError::KeyUnknown), "{id}");
        }
        assert_eq!(chosen(keys(), None), Err(JwtError::KeyUnknown));
        assert_eq!(chosen(vec![key(Some("a"))], None), Ok(vec![key(Some("a"))]));
        assert_eq!(chosen(vec![key(None)], Some("x")), Ok(vec![key(None)]));
        assert_eq!(chosen(vec![key(None); 4], Some("x")), Err(JwtError::KeyUnknown));
        assert_eq!(chosen(Vec::new(), None), Err(JwtError::KeyUnknown));
    }

    #[test]
    fn what_was_kept_ends_and_what_is_no_set_is_not_believed() {
        let kept = |fetched: u64, ends: u64, set: &str| {
            [&fetched.to_le_bytes()[..], &ends.to_le_bytes(), set.as_bytes()].concat()
        };
        let set = r#"{"keys":[]}"#;
        assert_eq!(KeptSet::parse(kept(100, 200, set), 150).unwrap().tried, 100);
        for (bytes, now) in [
            (kept(100, 200, set), 200),
            (kept(100, 200, set), 99),
            (kept(100, 100_000, set), 150),
            (kept(100, 200, "x"), 150),
            (vec![0; 15], 0),
            (Vec::new(), 0),
        ] {
            assert!(KeptSet::parse(bytes, now).is_none());
        }
    }

    #[test]
    fn the_origin_ends_before_the_path() {
        for url in ["https://a.b", "https://id.example.com:8443"] {
            assert_eq!(origin(url), Some(url));
            assert_eq!(origin(&format!("{url}/")), Some(url));
            assert_eq!(origin(&format!("{url}/acme/keys")), Some(url));
        }
        assert_eq!(origin("a.b/c"), None);
    }
}
