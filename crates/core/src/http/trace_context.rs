//! The trace context in the headers of a request (W3C Trace Context).

use std::fmt;

use serde::Serialize;

/// The header with the id of the trace and the id of the parent span.
pub const TRACEPARENT: &str = "traceparent";
/// The header with vendor-specific data of tracing systems.
pub const TRACESTATE: &str = "tracestate";

/// The version that is written (§3.2.2.1).
const VERSION: &str = "00";

/// The length of `traceparent` in that version: four fields and the hyphens between them.
const LENGTH: usize = 55;

/// The flags that are forwarded: sampled, and random trace id (§3.2.2.5).
const KNOWN_FLAGS: u8 = 0b11;

/// The most members of a `tracestate` (§3.3.1.1), and the length that everyone has to forward (§3.3.1.5).
const MOST_MEMBERS: usize = 32;
const LONGEST_STATE: usize = 512;
const LONGEST_KEY: usize = 256;
const LONGEST_VALUE: usize = 256;

/// The id of a trace: 32 lower-case hexadecimal digits, not all of them zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceId(String);

impl TraceId {
    fn parse(text: &str) -> Option<Self> {
        is_id(text, 32).then(|| Self(text.to_owned()))
    }

    /// The id of a new trace, from random bits.
    #[must_use]
    pub fn new(bits: u128) -> Self {
        Self(format!("{:032x}", bits.max(1)))
    }

    /// The 32 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace of the request.
    pub trace_id: TraceId,
    flags: u8,
}

impl TraceParent {
    /// Parses the header strictly (§3.2.2). Of a later version, the fields of version 00 are read (§4.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut fields = known.splitn(4, '-');
        let (version, trace_id) = (fields.next()?, fields.next()?);
        let (parent_id, flags) = (fields.next()?, fields.next()?);
        let is_whole =
            if version == VERSION { more.is_empty() } else { more.is_empty() || more.starts_with('-') };
        if !is_whole || version == "ff" || !is_hexadecimal(version, 2) || !is_id(parent_id, 16) {
            return None;
        }
        let flags = is_hexadecimal(flags, 2).then(|| u8::from_str_radix(flags, 16).ok())??;
        Some(Self { trace_id: TraceId::parse(trace_id)?, flags: flags & KNOWN_FLAGS })
    }

    /// Begins a trace. It is sampled, because the gateway's log has all of its requests.
    #[must_use]
    pub const fn begin(trace_id: TraceId) -> Self {
        Self { trace_id, flags: KNOWN_FLAGS }
    }

    /// The header for a request upstream, with the id of the gateway's span.
    #[must_use]
    pub fn header(&self, parent_id: u64) -> String {
        let Self { trace_id, flags } = self;
        format!("{VERSION}-{trace_id}-{:016x}-{flags:02x}", parent_id.max(1))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The `tracestate` to forward: the list without members that are too long; `None` if it is empty or not valid.
#[must_use]
pub fn state(text: &str) -> Option<String> {
    let members = text.split(',').map(|member| member.trim_matches([' ', '\t']));
    let members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    if members.len() > MOST_MEMBERS {
        return None;
    }
    let mut keys: Vec<&str> = Vec::new();
    for member in &members {
        let (key, value) = member.split_once('=')?;
        if !is_key(key) || !is_value(value) || keys.contains(&key) {
            return None;
        }
        keys.push(key);
    }
    // The first member is the most recent one.
    let mut kept = String::new();
    for member in members {
        let comma = usize::from(!kept.is_empty());
        if kept.len() + comma + member.len() > LONGEST_STATE {
            break;
        }
        kept.push_str(if comma == 1 { "," } else { "" });
        kept.push_str(member);
    }
    (!kept.is_empty()).then_some(kept)
}

/// Whether the text is a key (§3.3.1.3.1).
fn is_key(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    (1..=LONGEST_KEY).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && text.bytes().all(rest)
        && text.matches('@').count() <= 1
}

/// Whether the text is a value (§3.3.1.3.2). Spaces at its end have been removed.
fn is_value(text: &str) -> bool {
    (1..=LONGEST_VALUE).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=')
}

fn is_id(text: &str, length: usize) -> bool {
    is_hexadecimal(text, length) && text.bytes().any(|byte| byte != b'0')
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_context_is_continued_with_another_parent() {
        for (flags, expected) in [("00", "00"), ("01", "01"), ("02", "02"), ("ff", "03")] {
            let parent = TraceParent::parse(&format!("00-{TRACE}-b7ad6b7169203331-{flags}")).unwrap();
            assert_eq!(parent.trace_id.as_str(), TRACE);
            assert_eq!(parent.header(1), format!("00-{TRACE}-0000000000000001-{expected}"));
        }
        let begun = TraceParent::begin(TraceId::new(5));
        assert_eq!(begun.header(0xabc), "00-00000000000000000000000000000005-0000000000000abc-03");
        assert!(TraceParent::parse(&TraceParent::begin(TraceId::new(0)).header(0)).is_some());
    }

    #[test]
    fn a_version_of_the_future_is_read_as_far_as_it_is_known() {
        for more in ["", "-", "-what the future brings"] {
            assert!(TraceParent::parse(&format!("cc-{TRACE}-b7ad6b7169203331-01{more}")).is_some(), "{more}");
        }
        for more in ["x", "0", " "] {
            assert!(TraceParent::parse(&format!("cc-{TRACE}-b7ad6b7169203331-01{more}")).is_none(), "{more}");
        }
    }

    #[test]
    fn whatever_else_is_no_context() {
        let good = format!("00-{TRACE}-b7ad6b7169203331-01");
        for text in [
            "",
            "00",
            good.split_at(54).0,
            &format!("{good}-"),
            &format!("{good}, {good}"),
            &format!(" {good}"),
            &good.to_uppercase(),
            &good.replacen("00", "ff", 1),
            &good.replacen("00", "0g", 1),
            &good.replace(TRACE, &"0".repeat(32)),
            &good.replace(TRACE, &"é".repeat(16)),
            &good.replace("b7ad6b7169203331", "0000000000000000"),
            &good.replace("b7ad6b7169203331", "b7ad6b716920333g"),
            &good.replace("-01", "-0x"),
            &good.replace("-01", "-+1"),
            &good.replace('-', "_"),
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_state_is_handed_on_where_all_of_it_is_valid() {
        for (text, expected) in [
            ("rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7"),
            ("rojo=1 , congo=t61 rc:x\t,,", "rojo=1,congo=t61 rc:x"),
            ("0tenant@system_a-b*/=!~", "0tenant@system_a-b*/=!~"),
        ] {
            assert_eq!(state(text).as_deref(), Some(expected), "{text}");
        }
        let key = "k".repeat(257);
        let many: Vec<String> = (0..33).map(|number| format!("k{number}=v")).collect();
        for text in [
            "",
            " , ",
            "a",
            "a=",
            "=b",
            "A=b",
            "_a=b",
            "a@b@c=d",
            "a=b=c",
            "a=b,a=c",
            "a=é",
            "a=\u{7}",
            &format!("{key}=v"),
            &format!("a={}", "v".repeat(257)),
            &many.join(","),
        ] {
            assert_eq!(state(text), None, "{text}");
        }
        assert!(state(&many[..32].join(",")).is_some());
    }

    #[test]
    fn a_long_state_loses_its_end() {
        let members: Vec<String> = (0..3).map(|number| format!("k{number}={}", "v".repeat(200))).collect();
        assert_eq!(state(&members.join(",")), Some(members[..2].join(",")));
    }

    #[test]
    fn a_state_has_at_most_512_characters() {
        let member = |key: char, length: usize| format!("{key}={}", "v".repeat(length - 2));
        let (first, fits, exceeds) = (member('a', 255), member('b', 256), member('b', 257));
        let whole = format!("{first},{fits}");
        assert_eq!((whole.len(), state(&whole)), (512, Some(whole.clone())));
        assert_eq!(state(&format!("{first},{exceeds}")), Some(first));
    }
}
