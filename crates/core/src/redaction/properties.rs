//! Properties of redaction, for any value, form, body and chunking.

use proptest::prelude::*;

use super::forms::{KINDS, form, value};
use super::{Redactor, Sent};
use crate::request_id::RequestId;

/// Texts that run into what follows them: halves of escapes, digits, line feeds.
const AROUND: &str = r#"[a-f0-9%\\u"+/&# \n]{0,12}"#;

fn redactor(values: &[(&'static str, &str)]) -> Redactor {
    let mut sent = Sent::default();
    for (name, value) in values {
        sent.add(name, value);
    }
    Redactor::new(sent.needles(&RequestId::new(7)))
}

/// As many as the environment says; the configuration that is given to the macro would win otherwise.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}

/// What comes out, and after each piece how many bytes of what went in.
fn run(mut redactor: Redactor, body: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<usize>) {
    let (mut out, mut times, mut released, mut taken) = (Vec::new(), Vec::new(), 0, 0);
    let mut add = |taken: usize, now: super::Released| {
        let slice = &body[released..released + now.length];
        out.extend(now.replaced.unwrap_or_else(|| slice.to_vec()));
        released += now.length;
        assert!(released <= taken);
        times.push(released);
    };
    for cut in cuts.iter().cycle() {
        let piece = &body[taken..(taken + cut).min(body.len())];
        taken += piece.len();
        add(taken, redactor.push(piece));
        if taken == body.len() {
            break;
        }
    }
    add(taken, redactor.finish());
    assert_eq!(released, body.len());
    (out, times)
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn case_37_no_form_of_a_value_comes_out(
        value in value(),
        kind in 0..KINDS,
        choices in prop::collection::vec(any::<u8>(), 1..9),
        before in AROUND,
        after in AROUND,
        cuts in prop::collection::vec(1_usize..60, 1..4),
    ) {
        let (form, secret) = form(&value, kind, &choices);
        let body = [before.as_bytes(), &form, after.as_bytes(), b"|", &form].concat();
        let (out, _) = run(redactor(&[("api", &value)]), &body, &cuts);
        prop_assert!(!holds(&out, &secret), "{:?} {:?}", String::from_utf8_lossy(&body), String::from_utf8_lossy(&out));
        prop_assert!(holds(&out, b"[redacted:api]"));
        // How the body is cut changes nothing about what comes out.
        prop_assert_eq!(run(redactor(&[("api", &value)]), &body, &[body.len()]).0, out);
    }

    #[test]
    fn case_37_what_surrounds_a_value_is_left_as_it_is(value in "[g-z]{8,20}", before in AROUND, after in AROUND, cut in 1_usize..30) {
        let body = [before.as_str(), "(", &value, ")", &after].concat();
        let (out, _) = run(redactor(&[("api", &value)]), body.as_bytes(), &[cut]);
        prop_assert_eq!(String::from_utf8(out).unwrap(), [before.as_str(), "([redacted:api])", &after].concat());
    }

    #[test]
    fn a_body_without_a_value_is_left_as_it_is(
        body in prop::collection::vec(any::<u8>(), 0..3_000),
        cuts in prop::collection::vec(1_usize..200, 1..4),
    ) {
        let (out, _) = run(redactor(&[("api", "sk_live_0123456789"), ("checkout", "another value")]), &body, &cuts);
        prop_assert_eq!(out, body);
    }

    #[test]
    fn case_37_when_bytes_are_released_is_decided_by_lengths_and_line_feeds_alone(
        value in "[a-zA-Z0-9%]{8,40}",
        other in prop::collection::vec("[a-z\n]", 0..400),
        share in 0_usize..100,
        cuts in prop::collection::vec(1_usize..60, 1..4),
    ) {
        // The same body, once with as much of the value as anyone could guess, over and over.
        let guess: Vec<u8> = value.bytes().take(value.len() * share / 100).chain([b' ']).collect();
        let other = other.concat().into_bytes();
        let mut guesses = guess.iter().copied().cycle();
        let guessing: Vec<u8> =
            other.iter().map(|byte| if *byte == b'\n' { *byte } else { guesses.next().unwrap() }).collect();
        let (_, times) = run(redactor(&[("api", &value)]), &other, &cuts);
        prop_assert_eq!(run(redactor(&[("api", &value)]), &guessing, &cuts).1, times);
    }

    #[test]
    fn case_37_values_that_overlap_leave_nothing(
        value in "[ab]{8,14}",
        longer in "[ab]{8,20}",
        body in "[ab]{0,200}",
        cuts in prop::collection::vec(1_usize..60, 1..4),
    ) {
        let (out, _) = run(redactor(&[("api", &value), ("pair", &longer)]), body.as_bytes(), &cuts);
        prop_assert!(!holds(&out, value.as_bytes()) && !holds(&out, longer.as_bytes()));
    }
}

/// What stands before a value must not eat of it what would be missed.
#[test]
fn case_37_an_escape_that_is_open_before_a_short_value_hides_nothing() {
    for value in ["00411xy/", "002541y/", "d83dde0/", "41a1b2c/", "39ab12=\""] {
        for before in ["%", "\\u", "%\\u", "\\u00", "%4", "&", "&#", "&#x", "\\ud83d\\u", "&#%\\u"] {
            for form in [
                value.replace('/', "\\/").replace('"', "\\\""),
                value.replace('/', "%2f").replace('=', "%3D").replace('"', "%22"),
                value.replace('/', "&#x2F;").replace('=', "&#61;").replace('"', "&quot;"),
            ] {
                let body = format!("{before}{form}");
                let (out, _) = run(redactor(&[("api", value)]), body.as_bytes(), &[3]);
                assert_eq!(String::from_utf8(out).unwrap(), format!("{before}[redacted:api]"), "{body}");
            }
        }
    }
}

#[test]
fn the_longest_match_gives_its_name() {
    let values = [("short", "12345678"), ("long", "abc12345678def")];
    let (out, _) = run(redactor(&values), b"abc12345678def abc12345678de", &[1]);
    assert_eq!(out, b"[redacted:long] abc[redacted:short]de");
}

#[test]
fn base64_takes_the_digits_that_it_shares() {
    use base64::Engine as _;
    for before in ["", "x", "xy"] {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{before}a-secret-value"));
        let (out, _) = run(redactor(&[("api", "a-secret-value")]), encoded.as_bytes(), &[1]);
        let out = String::from_utf8(out).unwrap();
        let rest = out.replace("[redacted:api]", "");
        assert!(out.contains("[redacted:api]") && rest.len() <= 4, "{before} {out}");
    }
}

#[test]
fn an_event_that_ends_in_a_line_feed_leaves_at_once() {
    let mut redactor = redactor(&[("api", "sk_live_0123456789")]);
    for event in ["data: 1\n\n", "data: sk_live_01234\n\n"] {
        assert_eq!(redactor.push(event.as_bytes()).length, event.len());
    }
    assert_eq!(redactor.push(b"data: 1").length, 0);
}

#[test]
fn a_value_of_several_lines_is_found_line_by_line() {
    let key = "-----BEGIN KEY-----\nMIIBVAIBADANBgkqhkiG\n9w0BAQEFAASCAT4wggE6\n";
    let (out, _) = run(redactor(&[("pem", key)]), format!("key:\n{key}").as_bytes(), &[7]);
    assert_eq!(out, b"key:\n[redacted:pem]\n[redacted:pem]\n[redacted:pem]\n");
    let escaped = serde_json::to_string(key).unwrap();
    assert_eq!(run(redactor(&[("pem", key)]), escaped.as_bytes(), &[7]).0, b"\"[redacted:pem]\"");
}
