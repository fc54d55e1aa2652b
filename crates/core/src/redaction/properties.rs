//! Property tests of redaction, for any value, form, body and chunking.
//!
//! The file is longer than others, because each property is next to the generators of its cases.

use std::ops::Range;

use proptest::prelude::*;

use super::reference::redacted;
use super::test_forms::{KINDS, form, has_no_middle, value};
use super::{InjectedSecrets, Needles, Redactor, Released};
use crate::request_id::RequestId;

/// Texts that run into what follows them: halves of escapes, digits, line ends.
const AROUND: &str = r#"[a-f0-9%\\u"+/&# ;\n\r]{0,12}"#;

fn needles(values: &[(&'static str, &str)]) -> Needles {
    let mut injected = InjectedSecrets::default();
    for (name, value) in values {
        injected.add(name, value);
    }
    injected.needles(&RequestId::new(7))
}

fn redactor(values: &[(&'static str, &str)]) -> Redactor {
    Redactor::new(needles(values))
}

/// Read from the environment here, because the configuration that the macro gets overrides the environment.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}

/// The output, and the number of released input bytes after each piece.
fn run(mut redactor: Redactor, body: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<usize>) {
    let (mut out, mut times, mut released, mut taken) = (Vec::new(), Vec::new(), 0, 0);
    let mut add = |taken: usize, now: Released| {
        let slice = &body[released..released + now.length];
        out.extend(now.replaced.unwrap_or_else(|| slice.to_vec()));
        released += now.length;
        assert!(released <= taken);
        times.push(released);
    };
    for cut in cuts.iter().cycle() {
        let piece = &body[taken..(taken + cut).min(body.len())];
        taken += piece.len();
        add(taken, redactor.push(piece).unwrap());
        if taken == body.len() {
            break;
        }
    }
    add(taken, redactor.finish());
    assert_eq!(released, body.len());
    (out, times)
}

/// The response to a request for this range.
fn range(values: &[(&'static str, &str)], body: &[u8], range: Range<usize>, cut: usize) -> Vec<u8> {
    let needles = needles(values);
    let reach = needles.reach();
    let [before, after] = [reach.before, reach.after].map(|reach| usize::try_from(reach).unwrap());
    let from = range.start.saturating_sub(before);
    let until = (range.end + after).min(body.len());
    let wanted = (range.start - from) as u64..(range.end - from) as u64;
    let mut redactor = Redactor::cut(needles, wanted);
    let mut out = Vec::new();
    for piece in body[from..until].chunks(cut) {
        out.extend(redactor.push(piece).unwrap().replaced.unwrap());
    }
    out.extend(redactor.finish().replaced.unwrap());
    out
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Bodies of values, parts of values, and text that resembles them.
fn body(values: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let piece = (
        0..8_usize,
        any::<prop::sample::Index>(),
        0..KINDS,
        prop::collection::vec(any::<u8>(), 1..9),
        AROUND,
    );
    prop::collection::vec(piece, 0..12).prop_map(move |pieces| {
        let mut body = Vec::new();
        for (what, index, kind, choices, around) in pieces {
            let value = &values[index.index(values.len())];
            let (form, _) = form(value, kind, &choices);
            let cut = index.index(form.len());
            match what {
                0..=2 => body.extend(form),
                3 => body.extend(&form[cut..]),
                4 => body.extend(&form[..cut]),
                5 => body.extend(&form[form.len().saturating_sub(8)..]),
                _ => body.extend(around.into_bytes()),
            }
        }
        body
    })
}

fn values_and_body() -> impl Strategy<Value = (Vec<String>, Vec<u8>)> {
    prop::collection::vec(value(), 1..3).prop_flat_map(|values| (Just(values.clone()), body(values)))
}

fn named(values: &[String]) -> Vec<(&'static str, &str)> {
    ["api", "x"].into_iter().zip(values.iter().map(String::as_str)).collect()
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
        prop_assume!(!has_no_middle(&value));
        let (form, secret) = form(&value, kind, &choices);
        let body = [before.as_bytes(), &form, after.as_bytes(), b"|", &form].concat();
        let (out, _) = run(redactor(&[("api", &value)]), &body, &cuts);
        prop_assert!(!holds(&out, &secret), "{:?} {:?}", String::from_utf8_lossy(&body), String::from_utf8_lossy(&out));
        prop_assert_eq!(out.len(), body.len());
    }

    #[test]
    fn case_46_what_is_covered_is_what_the_plainest_search_finds(
        (values, body) in values_and_body(),
        cuts in prop::collection::vec(1_usize..60, 1..4),
    ) {
        let values = named(&values);
        let expected = redacted(&needles(&values), &body);
        let (out, _) = run(redactor(&values), &body, &cuts);
        prop_assert_eq!(
            String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected), "{:?}", String::from_utf8_lossy(&body)
        );
        // The output does not depend on how the body is cut into pieces.
        prop_assert_eq!(run(redactor(&values), &body, &[body.len().max(1)]).0, out);
    }

    #[test]
    fn case_50_ranges_joined_are_the_whole(
        (values, body) in values_and_body(),
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        cut in 1_usize..200,
    ) {
        let values = named(&values);
        // Long enough that the surroundings of a range do not reach the ends.
        let body = [body, b".".to_vec()].concat().repeat(3);
        cuts.sort_by_key(|cut| cut.index(body.len()));
        let mut edges = vec![0];
        edges.extend(cuts.iter().map(|cut| cut.index(body.len())));
        edges.push(body.len());
        let joined: Vec<u8> =
            edges.windows(2).flat_map(|edge| range(&values, &body, edge[0]..edge[1], cut)).collect();
        let (whole, _) = run(redactor(&values), &body, &[body.len()]);
        prop_assert_eq!(
            String::from_utf8_lossy(&joined), String::from_utf8_lossy(&whole), "{:?}", String::from_utf8_lossy(&body)
        );
    }

    #[test]
    fn case_46_what_surrounds_a_value_is_left_as_it_is(value in "[g-z]{18,20}", before in AROUND, after in AROUND, cut in 1_usize..30) {
        let body = [before.as_str(), "(", &value, ")", &after].concat();
        let (out, _) = run(redactor(&[("api", &value)]), body.as_bytes(), &[cut]);
        let mark = format!("{:*<width$}", "[redacted:api]", width = value.len());
        prop_assert_eq!(String::from_utf8(out).unwrap(), [before.as_str(), "(", &mark, ")", &after].concat());
    }

    #[test]
    fn case_46_what_a_caller_has_written_beside_a_value_is_left_as_it_is(value in "[a-zA-Z0-9/+=_-]{18,40}", before in AROUND, after in AROUND) {
        let body = [before.as_str(), &value, &after].concat();
        let (out, _) = run(redactor(&[("api", &value)]), body.as_bytes(), &[body.len()]);
        prop_assert_eq!(&out[..before.len()], before.as_bytes());
        prop_assert_eq!(&out[before.len() + value.len()..], after.as_bytes());
    }

    #[test]
    fn case_50_a_json_string_stays_one(
        value in value(),
        choices in prop::collection::vec(any::<u8>(), 1..9),
        before in AROUND,
        after in AROUND,
    ) {
        let (form, _) = form(&value, 3, &choices);
        let [before, after] = [before, after].map(|text| serde_json::to_string(&text).unwrap().into_bytes());
        let body = [b"{\"key\":", &before[..before.len() - 1], &form, &after[1..], b"}"].concat();
        prop_assume!(!has_no_middle(&value) && serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        let (out, _) = run(redactor(&[("api", &value)]), &body, &[body.len()]);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok(), "{:?}", String::from_utf8_lossy(&out));
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
    fn case_37_when_bytes_are_released_is_decided_by_lengths_and_line_ends_alone(
        value in "[a-zA-Z0-9%]{8,40}",
        other in prop::collection::vec("[a-z\n\r]", 0..400),
        share in 0_usize..100,
        cuts in prop::collection::vec(1_usize..60, 1..4),
    ) {
        // The same body with a guess repeated in it: a prefix of the value.
        let guess: Vec<u8> = value.bytes().take(value.len() * share / 100).chain([b' ']).collect();
        let other = other.concat().into_bytes();
        let mut guesses = guess.iter().copied().cycle();
        let guessing: Vec<u8> = other
            .iter()
            .map(|byte| if matches!(byte, b'\n' | b'\r') { *byte } else { guesses.next().unwrap() })
            .collect();
        let (_, times) = run(redactor(&[("api", &value)]), &other, &cuts);
        prop_assert_eq!(run(redactor(&[("api", &value)]), &guessing, &cuts).1, times);
    }

    #[test]
    fn case_49_the_work_for_a_body_is_bounded(
        (values, body) in values_and_body(),
        cuts in prop::collection::vec(1_usize..60, 1..4),
    ) {
        let body = body.repeat(20);
        let values = named(&values);
        let mut redactor = redactor(&values);
        let mut rest = &body[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, others) = rest.split_at((*cut).min(rest.len()));
            redactor.push(piece).unwrap();
            rest = others;
            prop_assert!(redactor.steps() <= MOST_STEPS * (body.len() - rest.len()) as u64 + 1000);
        }
    }
}

/// The limit of steps for a byte.
const MOST_STEPS: u64 = 16;

fn steps(value: &str, body: &[u8], piece: usize) -> u64 {
    let mut redactor = redactor(&[("api", value)]);
    for piece in body.chunks(piece) {
        redactor.push(piece).unwrap();
    }
    redactor.finish();
    redactor.steps()
}

#[test]
fn case_49_the_worst_bodies_cost_a_few_steps_a_byte() {
    const KEY: &str = "sk_live_51H8xQ2eZvKYlo2C/0n3GxT+vbnkLm";
    let (_, end) = KEY.split_at(KEY.len() - 8);
    let each = |write: fn(u8) -> String| end.bytes().map(write).collect::<Vec<_>>().concat();
    let long = "a".repeat(65536);
    let pairs = "ab".repeat(1500);
    let backslashes = "\\".repeat(3000);
    let percents = "%25".repeat(1000);
    let lines = (9..400).map(|length| "a".repeat(length)).collect::<Vec<_>>().join("\n");
    let rows: Vec<(&str, &str, String)> = vec![
        ("text", KEY, "The quick brown fox jumps over the lazy dog. ".into()),
        ("the case of the issue", KEY, [";".repeat(64).as_str(), end].concat()),
        ("ends", KEY, end.into()),
        ("beginnings", KEY, KEY.split_at(8).0.into()),
        ("all but one", KEY, KEY.split_at(1).1.into()),
        ("the key", KEY, KEY.into()),
        (";", KEY, ";".into()),
        ("&", KEY, "&".into()),
        ("%", KEY, "%".into()),
        ("\\", KEY, "\\".into()),
        ("&#", KEY, "&#".into()),
        ("&#x", KEY, "&#x00000".into()),
        ("&amp", KEY, "&DiacriticalGrav".into()),
        ("\\ud83d", KEY, r"\ud83d".into()),
        ("percent", KEY, each(|byte| format!("%{byte:02x}"))),
        ("padded", KEY, each(|byte| format!("&#x{byte:08x};"))),
        ("unicode", KEY, each(|byte| format!("\\u{byte:04x}"))),
        ("one character", &long, "a".into()),
        ("one character, percent", &long, "%61".into()),
        ("one character, now and then", &long, "aaaaaaaaaaaaaaaa%61".into()),
        ("one character, padded", long.split_at(3000).0, "&#x00000061;".into()),
        ("two characters", &pairs, "ab".into()),
        ("two characters, in the other order", &pairs, "abbaabab".into()),
        ("backslashes", &backslashes, "\\".into()),
        ("backslashes, escaped", &backslashes, "\\\\\\x5c".into()),
        ("percents", &percents, "%25".into()),
        ("lines", &lines, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab".into()),
    ];
    for (what, value, unit) in rows {
        let body = unit.repeat(200_000 / unit.len());
        for piece in [50, 65536] {
            let steps = steps(value, body.as_bytes(), piece);
            assert!(steps >= body.len() as u64, "{what}: {steps}");
            assert!(steps <= MOST_STEPS * body.len() as u64, "{what}: {steps}");
        }
    }
}

/// The text before a value must not take bytes of the value, so that the rest is not found.
#[test]
fn case_46_an_escape_that_is_open_before_a_short_value_hides_nothing() {
    for value in ["00411xy/", "002541y/", "d83dde0/", "41a1b2c/", "39ab12=\""] {
        for before in ["%", "\\u", "%\\u", "\\u00", "%4", "&", "&#", "&#x", "\\ud83d\\u", "&#%\\u"] {
            for form in [
                value.replace('/', "\\/").replace('"', "\\\""),
                value.replace('/', "%2f").replace('=', "%3D").replace('"', "%22"),
                value.replace('/', "&#x2F;").replace('=', "&#61;").replace('"', "&quot;"),
            ] {
                let body = format!("{before}{form}");
                let (out, _) = run(redactor(&[("api", value)]), body.as_bytes(), &[3]);
                let out = String::from_utf8(out).unwrap();
                let mark = out.strip_prefix(before).unwrap();
                let completions = ["", "1", "21", "0021"];
                let marks = completions
                    .iter()
                    .flat_map(|completion| [(*completion).to_owned(), format!("{completion}[redacted:api]")]);
                let mut marks = marks.map(|mark| format!("{mark:*<width$}", width = form.len()));
                assert!(marks.any(|known| known == mark), "{body} {out}");
            }
        }
    }
}

#[test]
fn case_46_a_mark_is_as_long_as_what_it_covers() {
    let values = [("api", "12345678"), ("long", "abcdefghijklmnopqrstu")];
    for (body, expected) in [
        ("12345678", "********"),
        ("abcdefghijklmnopqrstu", "[redacted:long]******"),
        ("x123456789", "x********9"),
        ("abcdefghijklmnopqrstuabcdefghijklmnopqrstu", "[redacted:long]******[redacted:long]******"),
        ("1234567812345678", "****************"),
        ("%31%32%33%34%35%36%37%38", "%3[redacted:api]********"),
    ] {
        let (out, _) = run(redactor(&values), body.as_bytes(), &[1]);
        if body.starts_with('%') {
            // The first byte could be the caller's `%3` before a `1`, so it stays.
            assert_eq!(String::from_utf8(out).unwrap(), "%31[redacted:api]*******", "{body}");
        } else {
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{body}");
        }
    }
}

/// A caller gets the upstream's own bytes where nothing is covered, so they are not copied.
#[test]
fn case_46_only_pieces_with_a_mark_are_replaced() {
    let body = [".".repeat(300), "sk_live_0123456789".into(), ".".repeat(600)].concat();
    for piece in [1, 7, 100, 2000] {
        let mut redactor = redactor(&[("api", "sk_live_0123456789")]);
        let mut all: Vec<Released> =
            body.as_bytes().chunks(piece).map(|piece| redactor.push(piece).unwrap()).collect();
        all.push(redactor.finish());
        let mut at = 0;
        for Released { length, replaced } in all {
            let until = at + length;
            assert_eq!(replaced.is_some(), at < 318 && 300 < until, "{piece} {at}..{until}");
            at = until;
        }
    }
}

/// The three values are found in another order than the one in which they begin.
#[test]
fn case_37_a_match_that_joins_two_others_covers_all_their_bytes() {
    let values =
        [("first", "0123456789abcdef"), ("between", "mnopqrst"), ("joins", "89abcdef--mnopqrst--uvwx")];
    for cut in [1, 1000] {
        let (out, _) = run(redactor(&values), b"(0123456789abcdef--mnopqrst--uvwx)", &[cut]);
        assert_eq!(String::from_utf8(out).unwrap(), "([redacted:first]****************)");
    }
}

#[test]
fn the_first_of_what_overlaps_gives_its_name_and_no_more_than_their_bytes_is_covered() {
    let values = [
        ("first", "abcdefghijklmnopqrst"),
        ("second", "opqrstuvwxyzabcdefghijkl"),
        ("in", "cdefghijklmnopqr"),
    ];
    let (out, _) = run(redactor(&values), b"(abcdefghijklmnopqrstuvwxyzabcdefghijkl)cdefghijklmnopqr", &[1]);
    assert_eq!(String::from_utf8(out).unwrap(), "([redacted:first]**********************)[redacted:in]***");
}

/// A part of the received text is removed from time to time, and an end can be open then.
#[test]
fn case_37_a_value_is_found_after_any_number_of_bytes() {
    let values = [("api", "sk_live_0123456789"), ("odd", "abc/efgh1%4")];
    for form in [
        "sk_live_0123456789",
        "%73k_live_%30123456789",
        "eHNrX2xpdmVfMDEyMzQ1Njc4OXk",
        "eHlza19saXZlXzAxMjM0NTY3ODl5",
        "abc%2Fefgh1%41",
    ] {
        let (alone, _) = run(redactor(&values), [".", form, "."].concat().as_bytes(), &[1]);
        assert!(alone.contains(&b'*') || alone.contains(&b'['), "{form}");
        let filler = b".".repeat(9000);
        let unit = [&filler, form.as_bytes()].concat();
        let body = [&unit.repeat(3), &b"."[..]].concat();
        let expected = [&[&filler[..], &alone[1..alone.len() - 1]].concat().repeat(3), &b"."[..]].concat();
        for cut in 0..=form.len() {
            let (out, _) = run(redactor(&values), &body, &[filler.len() + cut, form.len() - cut]);
            assert!(out == expected, "{form} {cut}");
        }
        for piece in [1, 50, 4096, 5000, 20_000] {
            let (out, _) = run(redactor(&values), &body, &[piece]);
            assert!(out == expected, "{form} {piece}");
        }
    }
}

/// A value that has an escape, or the beginning of one at its end, is covered to its end, and not further.
#[test]
fn case_37_a_value_that_looks_like_an_escape_is_covered_as_a_whole() {
    for (value, form, after) in [
        ("abc/efgh1%4", "abc%2Fefgh1%4", "1 xyz"),
        ("abc/efgh1%4", "abc%2Fefgh1%4", " xyz"),
        ("abc/efgh1%", "abc%2Fefgh1%", "41 xyz"),
        ("abc/efgh1\\", r"abc\/efgh1\\", "n xyz"),
        ("abc/efgh1\\", r"abc\/efgh1\\", "\" xyz"),
        ("abc/efgh1\\u00", r"abc\/efgh1\\u00", "41 xyz"),
        ("abc/efgh1&am", "abc&#47;efgh1&am", "p; xyz"),
        ("abc/efgh1&#4", "abc&#47;efgh1&#4", "7; xyz"),
        // An escape within the value is left by a writer who escapes other characters.
        ("abc%41/defgh", r"abc%41\/defgh", " xyz"),
        ("abc%41/defgh", "abc%41&#47;defgh", " xyz"),
        ("abc&lt;/defgh", r"abc&lt;\/defgh", " xyz"),
        ("abc&lt;/defgh", "abc&lt;%2Fdefgh", " xyz"),
        (r"abc\n/defgh", r"abc\n%2Fdefgh", " xyz"),
        (r"abc\n/defgh", r"abc\\n\/defgh", " xyz"),
        ("abc%41&lt;/defgh", r"abc%41&lt;\/defgh", " xyz"),
    ] {
        for cut in [1, 2, 3, 1000] {
            let body = ["(", form, after].concat();
            let (out, _) = run(redactor(&[("api", value)]), body.as_bytes(), &[cut]);
            let mark = if form.len() < 14 { String::new() } else { "[redacted:api]".to_owned() };
            let expected = format!("({mark:*<width$}{after}", width = form.len());
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{body} {cut}");
        }
    }
}

#[test]
fn base64_takes_the_digits_that_it_shares() {
    use base64::Engine as _;
    let url = base64::engine::general_purpose::STANDARD;
    for before in ["", "x", "xy"] {
        for after in ["", "x", "xy"] {
            let encoded = url.encode(format!("{before}a-secret-value-for-24-ch{after}"));
            let (out, _) = run(redactor(&[("api", "a-secret-value-for-24-ch")]), encoded.as_bytes(), &[1]);
            let out = String::from_utf8(out).unwrap();
            let covered = out.len() - out.replace("[redacted:api]", "").replace('*', "").len();
            let shares = (before.len() + 24) * 8;
            assert_eq!(covered, shares.div_ceil(6) - before.len() * 8 / 6, "{before} {encoded} {out}");
        }
    }
}

/// The digits on either side of a value in Base64 have some of its bits. They are covered, also where they are escaped,
/// and what is there instead of them is not.
#[test]
fn base64_takes_a_shared_digit_that_is_escaped_and_nothing_else() {
    // From the Base64 of `oOé-secret-value-to-find-oo–`.
    const DIGITS: &str = "DqS1zZWNyZXQtdmFsdWUtdG8tZmluZC1vb";
    let covered = |body: &str, cut| {
        let (out, _) = run(redactor(&[("api", "é-secret-value-to-find-oo")]), body.as_bytes(), &[cut]);
        String::from_utf8(out).unwrap()
    };
    for cut in [1, 1000] {
        for before in ["/", "_", "%2F", r"\/", "&#47;", "&#x2f;", "&sol;", r"\u002f"] {
            for after in ["+", "-", "%2B", r"\u002b", "&plus;", "&#43;"] {
                let body = format!("\"b0{before}{DIGITS}{after}KAkw==\"");
                let length = before.len() + DIGITS.len() + after.len();
                let expected = format!("\"b0{:*<length$}KAkw==\"", "[redacted:api]");
                assert_eq!(covered(&body, cut), expected, "{body} {cut}");
            }
        }
        for (before, after) in
            [("\"", "\""), ("A", "A"), ("%41", "%41"), ("%2FAA", "A%2B"), (".", "&amp;"), ("", "")]
        {
            let body = [before, DIGITS, after].concat();
            let expected = format!("{before}{:*<1$}{after}", "[redacted:api]", DIGITS.len());
            assert_eq!(covered(&body, cut), expected, "{body} {cut}");
        }
    }
}

/// In Base64, the value has the same digits at each of the three offsets, but does not share the same digits.
#[test]
fn base64_takes_the_shared_digits_of_a_value_that_repeats_itself() {
    for (body, expected) in [
        ("(VVVVVVVVVVX=)", "(***********=)"),
        ("(eFVVVVVVVVVV)", "(e***********)"),
        ("(eHlVVVVVVVVVVXo=)", "(eH************o=)"),
    ] {
        let (out, _) = run(redactor(&[("api", "UUUUUUUU")]), body.as_bytes(), &[1]);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{body}");
    }
}

/// The value at an offset where it shares a digit on one side only, with as many bytes as a needle may have or more.
#[test]
fn base64_that_is_escaped_has_the_same_marks_however_it_is_cut() {
    for (before, digits, after) in [("", "MTIzNDU2Nz", "g"), ("x", "EyMzQ1Njc4", "")] {
        for escaped in 0..=digits.len() {
            for zeros in 0..=6 {
                let write = |digit: char| format!("&#x{}{:x};", "0".repeat(zeros), u32::from(digit));
                let body = digits
                    .chars()
                    .enumerate()
                    .map(|(at, digit)| if at < escaped { write(digit) } else { digit.to_string() });
                let side = |digit: &str| digit.chars().map(write).collect::<String>();
                let body = [side(before), body.collect(), side(after), "...".repeat(50)].concat();
                let values = [("api", "12345678")];
                let (whole, _) = run(redactor(&values), body.as_bytes(), &[body.len()]);
                let (out, _) = run(redactor(&values), body.as_bytes(), &[1]);
                assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&whole), "{body}");
            }
        }
    }
}

/// An attacker sends the first bytes one by one, so that no piece has all that the judgment needs.
#[test]
fn the_first_bytes_are_judged_together_and_the_others_are_not() {
    for (body, judged) in [
        (&b"\xff\xfea\0b\0"[..], Some(2)),
        (b"+/v8sk", Some(4)),
        (b"a\0b\0c\0", Some(4)),
        (b"\0a\0b\0c", Some(4)),
        (b"abcd\0e\0f\0g", None),
        (b"abcd\xff\xfea\0b\0", None),
        (b"abc", None),
    ] {
        let redactor = || {
            redactor(&[("api", "sk_live_0123456789")])
                .with_encoding_check(Some(crate::http::charset::is_unsearchable))
        };
        let mut one_by_one = redactor();
        let refused = body.chunks(1).position(|byte| one_by_one.push(byte).is_err());
        assert_eq!(refused.map(|at| at + 1), judged, "{body:?}");
        assert_eq!(redactor().push(body).is_err(), judged.is_some(), "{body:?}");
    }
}

#[test]
fn nothing_of_a_body_in_another_encoding_is_released() {
    let redactor = || {
        redactor(&[("api", "sk_live_0123456789")])
            .with_encoding_check(Some(crate::http::charset::is_unsearchable))
    };
    for body in [&b"\n\0a\0b\0"[..], b"\0\n\0b\0c", b"\0\n\0\r", b"\xff\xfe\n\0b\0"] {
        let mut one_by_one = redactor();
        let pushed = body.chunks(1).map(|byte| one_by_one.push(byte));
        let released: usize = pushed.map_while(Result::ok).map(|released| released.length).sum();
        assert_eq!((released, redactor().push(body).is_err()), (0, true), "{body:?}");
    }
    // A short line leaves at once if it cannot be the beginning of another encoding.
    let mut heartbeats = redactor();
    assert_eq!(heartbeats.push(b":\n\n").unwrap().length, 3);
    // The line end leaves with the next piece.
    let mut lines = redactor();
    assert_eq!(lines.push(b"\n").unwrap().length, 0);
    assert_eq!(lines.push(b"s").unwrap().length, 1);
    assert_eq!(lines.finish().length, 1);
    let mut short = redactor();
    assert_eq!((short.push(b"\n").unwrap().length, short.finish().length), (0, 1));
}

#[test]
fn case_54_an_event_that_ends_in_a_line_end_leaves_at_once() {
    for end in ["\n\n", "\r\r", "\r\n\r\n"] {
        let mut redactor = redactor(&[("api", "sk_live_0123456789")]);
        for event in ["data: 1", "data: sk_live_01234"] {
            let event = [event, end].concat();
            assert_eq!(redactor.push(event.as_bytes()).unwrap().length, event.len());
        }
        assert_eq!(redactor.push(b"data: 1").unwrap().length, 0);
    }
    let mut redactor = redactor(&[("api", "sk_live_0123456789")]);
    assert_eq!([redactor.push(b"data: 1\r").unwrap().length, redactor.push(b"\n").unwrap().length], [8, 1]);
}

#[test]
fn as_much_is_held_back_as_the_longest_form_has() {
    for (value, expected) in [
        ("12345678", 8 * 12),
        ("sk_live_0123456789", 18 * 12),
        ("`2345678", 7 * 12 + 18),
        ("%2345678", 8 * 12 + 17),
    ] {
        let mut redactor = redactor(&[("api", value)]);
        assert_eq!(redactor.push(&[b'.'; 1000]).unwrap().length, 1000 - expected, "{value}");
        assert_eq!(redactor.push(b".").unwrap().length, 1);
        assert_eq!(redactor.finish().length, expected);
    }
}

#[test]
fn a_value_of_several_lines_is_found_line_by_line() {
    let key = "-----BEGIN KEY-----\nMIIBVAIBADANBgkqhkiG\n9w0BAQEFAASCAT4wggE6\n";
    let (out, _) = run(redactor(&[("pem", key)]), format!("key:\n{key}").as_bytes(), &[7]);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "key:\n[redacted:pem]*****\n[redacted:pem]******\n[redacted:pem]******\n"
    );
    let escaped = serde_json::to_string(key).unwrap();
    let (out, _) = run(redactor(&[("pem", key)]), escaped.as_bytes(), &[7]);
    assert_eq!(String::from_utf8(out).unwrap(), format!("\"{:*<1$}\"", "[redacted:pem]", escaped.len() - 2));
}
