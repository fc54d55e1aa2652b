//! Lines: a secret; a text of a caller; a number for each piece of the body; then the body, in which `{raw}`, `{json}`
//! and similar are replaced by forms of the secret, and `{guess}` by the caller's text. The redacted body has the same
//! length, contains no form of the secret, and is covered only where the secret may be. It does not depend on the
//! caller's text or on the pieces, and costs a bounded number of steps. Ranges of it, joined, equal the whole.
#![no_main]

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use ostiary_core::Outcome;
use ostiary_core::configuration::Gateway;
use ostiary_core::redaction::{InjectedSecrets, Needles, Redaction, Redactor};
use ostiary_core::request_id::RequestId;
use ostiary_fuzz::deployment::{Deployment, gateway, get};
use ostiary_fuzz::forms::{WRITTEN, holds, may_be_covered};

const GATEWAY: &str = r#"
[secrets]
a = ["A"]

[routes.r]
mount = "/r"
upstream = "https://up.example"
auth = { query = "key", value = "${a}" }
allow = { anyone = ["GET /**"] }
"#;

const WRANGLER: &str = "secrets_store_secrets = [{ binding = \"A\", store_id = \"1\", secret_name = \"a\" }]";

/// The most steps for a byte, and the steps for the setup.
const MOST_STEPS: u64 = 20;
const ONCE: u64 = 2_000;

thread_local! {
    static ROUTED: Gateway = gateway(GATEWAY, WRANGLER).expect("it holds together");
}

/// The redactor of the response to a caller with this text.
fn redactor(secret: &str, guess: &str) -> Option<Box<Redactor>> {
    let mut deployment = Deployment::default();
    deployment.values.insert("A", secret.to_owned());
    let query: String = url::form_urlencoded::byte_serialize(guess.as_bytes()).collect();
    let lines = [("x-api-key", guess), ("authorization", guess), ("x-guess", guess)];
    let lines = lines.into_iter().filter(|_| guess.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    let request = get(&format!("https://gw.example/r/x?key={query}&key={query}"), "gw.example", lines);
    match ROUTED.with(|gateway| deployment.outcome(gateway, &request)) {
        Outcome::Forwarded { redaction: Redaction::Body { redactor, .. }, .. } => Some(redactor),
        _ => None,
    }
}

/// Redacts a body in such pieces.
fn run(mut redactor: Redactor, body: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut out, mut released, mut taken) = (Vec::new(), 0, 0);
    for size in sizes.iter().cycle().take_while(|_| true) {
        let piece = &body[taken..(taken + size).min(body.len())];
        taken += piece.len();
        let now = redactor.push(piece).expect("it is not judged");
        assert!(released + now.length <= taken, "more is released than has come");
        assert!(
            redactor.steps() <= MOST_STEPS * taken as u64 + ONCE,
            "{} steps for {taken} bytes",
            redactor.steps()
        );
        out.extend(now.replaced.unwrap_or_else(|| body[released..released + now.length].to_vec()));
        released += now.length;
        if taken == body.len() {
            break;
        }
    }
    let now = redactor.finish();
    out.extend(now.replaced.unwrap_or_else(|| body[released..].to_vec()));
    out
}

fn range(needles: Needles, body: &[u8], range: Range<usize>) -> Vec<u8> {
    let reach = needles.reach();
    let from = range.start.saturating_sub(reach.before as usize);
    let until = (range.end + reach.after as usize).min(body.len());
    let mut redactor = Redactor::cut(needles, (range.start - from) as u64..(range.end - from) as u64);
    let mut out = redactor.push(&body[from..until]).expect("it is not judged").replaced.expect("it is cut");
    out.extend(redactor.finish().replaced.expect("it is cut"));
    out
}

fn needles(secret: &str) -> Needles {
    let mut sent = InjectedSecrets::default();
    sent.add("a", secret);
    sent.needles(&RequestId::new(1))
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n');
    let [Some(secret), Some(guess), Some(sizes), Some(body)] = [(); 4].map(|()| lines.next()) else { return };
    // The value as the gateway reads it.
    let secret = secret.trim_end_matches(['\n', '\r']);
    let sizes: Vec<usize> = sizes.bytes().map(|byte| usize::from(byte).max(1)).collect();
    let sizes = if sizes.is_empty() { vec![7] } else { sizes };
    let mut body = body.replace("{guess}", guess).into_bytes();
    for (name, write) in WRITTEN {
        while let Some(at) = body.windows(name.len()).position(|window| window == name.as_bytes()) {
            body.splice(at..at + name.len(), write(secret));
            if body.len() > 5_000 {
                return;
            }
        }
    }
    let Some(redactor) = redactor(secret, guess) else { return };
    let without = self::redactor(secret, "").expect("what the caller says decides nothing");
    let out = run(redactor.with_encoding_check(None), &body, &sizes);
    let shown = || format!("{:?} {:?}", String::from_utf8_lossy(&body), String::from_utf8_lossy(&out));
    assert_eq!(out.len(), body.len());
    assert_eq!(out, run(without.with_encoding_check(None), &body, &[body.len().max(1)]), "{}", shown());

    let mut edges: Vec<usize> = sizes
        .iter()
        .scan(0, |at, size| {
            *at += size;
            Some(*at)
        })
        .filter(|at| *at < body.len())
        .take(8)
        .collect();
    edges.insert(0, 0);
    edges.push(body.len());
    let joined: Vec<u8> = edges
        .windows(2)
        .filter(|edge| edge[0] < edge[1])
        .flat_map(|edge| range(needles(secret), &body, edge[0]..edge[1]))
        .collect();
    assert_eq!(String::from_utf8_lossy(&joined), String::from_utf8_lossy(&out), "{}", shown());

    // If a value can be read as escapes or as a mark, its place in the output is not so easily determined.
    if secret.len() < 8
        || secret.contains(['%', '\\', '&', '*'])
        || "[redacted:a]".contains(secret)
        || body.windows(5).any(|window| window == b"fjlig")
    {
        return;
    }
    for (name, write) in WRITTEN.iter().filter(|_| !secret.contains('\r')) {
        let form = match *name {
            // The digits at its ends are shared with what is around it.
            "{base64url}" => write(secret)[2..(1 + secret.len()) * 8 / 6].to_vec(),
            // Without the zero at one of its ends; what is not ASCII is not looked for.
            "{utf16}" if secret.is_ascii() => write(secret)[1..].to_vec(),
            "{utf16}" => continue,
            "{base64}" => write(secret)[..secret.len() * 8 / 6].to_vec(),
            _ => write(secret),
        };
        assert!(form.len() < 8 || !holds(&out, &form), "{name} is left: {}", shown());
    }
    let covered = may_be_covered(&body, secret);
    let completes =
        |at: usize| body[at.saturating_sub(6)..at].iter().any(|byte| matches!(byte, b'\\' | b'%'));
    for (at, (before, after)) in body.iter().zip(&out).enumerate() {
        assert!(before == after || covered[at] || completes(at), "byte {at} is covered: {}", shown());
    }
});
