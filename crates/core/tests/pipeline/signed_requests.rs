//! Callers that sign their requests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ostiary_core::encoding::hex;
use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;
use ostiary_core::runtime::{BodyReadError, SendError};
use sha2::{Digest as _, Sha256};

use crate::world::{Ask, Binding, Exchange, World};

const NOW: u64 = 1_700_000_000;
const KEY: &str = "canary-batch-token";
const NEXT: &str = "canary-ops-token-next";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const GATEWAY: &str = r#"
[secrets]
only     = ["ONLY_KEY", "API_KEY"]
checkout = ["CHECKOUT_TOKEN"]
billing  = ["BATCH_TOKEN", "OPS_TOKEN_NEXT"]
other    = ["PAIR_KEY"]
custom   = ["PAIR_ID"]
account  = ["ACCOUNT_JSON"]

[callers.checkout]
bearer = "${checkout}"

[callers.billing]
hmac = { key = "${billing}" }

[callers.other]
hmac = { key = "${other}" }

[callers.pipeline]
jwt = { issuer = "https://issuer.example.com", audience = "https://gw.example.com", claims = { sub = "deploy" } }

[callers.custom]
hmac = { key = "${custom}", algorithm = "sha512", encoding = "base64", window = "10s", message = "${request.timestamp.milliseconds}.${request.method}.${request.url}.${request.header.content-type}.${request.body}", put = { header = "x-hook", value = "t=${request.timestamp.milliseconds},v1=${request.signature}" } }

[callers.linked]
hmac = { key = "${account.key}", message = "${request.method} ${request.target} ${request.timestamp}", put = [{ query = "t", value = "${request.timestamp}" }, { query = "sig", value = "${request.signature}" }] }

[routes.api]
mount    = "/api"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
body_limit = "1KiB"
allow    = { billing = ["* /v1/**"], checkout = ["* /**"], other = ["* /**"], pipeline = ["* /**"] }
rate_limit = [{ binding = "BY_CALLER", by = "caller" }]

[routes.custom]
mount    = "/custom"
upstream = "https://api.example.com"
auth     = { hmac = { key = "${only}", message = "${request.body}", put = { header = "x-hook", value = "${request.signature}" } } }
allow    = { custom = ["* /**"] }

[routes.linked]
mount    = "/linked"
upstream = "https://api.example.com"
auth     = []
allow    = { linked = ["* /**"] }
"#;

fn world() -> World {
    let mut world = World::of(GATEWAY);
    world.now = 1_700_000_000_500.0;
    world
}

fn hash(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    hex(&mac.finalize().into_bytes())
}

const NONCE: &str = "550e8400-e29b-41d4-a716-446655440000";

/// A request of `billing`, signed, with these changes made after that.
struct Signed {
    method: &'static str,
    target: &'static str,
    body: &'static str,
    time: String,
    nonce: &'static str,
    key: &'static str,
}

impl Signed {
    fn new(method: &'static str, target: &'static str, body: &'static str) -> Self {
        Self { method, target, body, time: NOW.to_string(), nonce: NONCE, key: KEY }
    }

    fn signature(&self) -> String {
        let Self { method, target, body, time, nonce, key } = self;
        let digest = hex(&Sha256::digest(body.as_bytes()));
        hash(key, &format!("{method}\ngw.example.com\n{target}\n{time}\n{nonce}\n{digest}"))
    }

    /// Without a signature.
    fn bare(&self) -> Ask {
        let ask = Ask::new(self.method, self.target).without("authorization");
        let ask =
            ask.header("x-caller", "billing").header("x-timestamp", &self.time).header("x-nonce", self.nonce);
        if self.body.is_empty() { ask } else { ask.body(self.body) }
    }

    fn ask(&self) -> Ask {
        self.bare().header("x-signature", &self.signature())
    }
}

fn get() -> Signed {
    Signed::new("GET", "/api/v1/x?b=2&a=1", "")
}

fn post() -> Signed {
    Signed::new("POST", "/api/v1/x", "{\"amount\":1}")
}

#[track_caller]
fn refused(exchange: &Exchange, word: &str) {
    exchange.refused("caller_unauthenticated");
    assert_eq!(exchange.status, 401);
    assert_eq!(exchange.log["proof"], word);
    assert!(exchange.log.get("caller").is_none(), "{:?}", exchange.log);
}

#[test]
fn a_signed_request_proves_its_caller_and_leaves_nothing_of_it() {
    let exchange = world().ask(&get().ask().header("x_signature", "twin").header("x-other", "1"));
    let sent = exchange.sent();
    assert_eq!(sent.url, "https://api.example.com/v1/x?b=2&a=1");
    assert_eq!(sent.header("authorization"), ["Bearer canary-only-key"]);
    for name in ["x-caller", "x-timestamp", "x-nonce", "x-signature", "x_signature"] {
        assert!(sent.header(name).is_empty(), "{name}");
    }
    assert_eq!(sent.header("x-other"), ["1"]);
    assert_eq!((&exchange.log["caller"], &exchange.log["rule"]), (&"billing".into(), &"* /v1/**".into()));
    // The key of the caller that is named, and the credential.
    assert_eq!(exchange.reads, ["BATCH_TOKEN", "OPS_TOKEN_NEXT", "ONLY_KEY"]);
    assert_eq!(exchange.counted, [("BY_CALLER".to_owned(), "api/billing".to_owned())]);
}

#[test]
fn a_body_is_verified_and_then_sent() {
    let exchange = world().ask(&post().ask());
    assert_eq!(exchange.sent().body.as_deref(), Some("{\"amount\":1}"));
    // It is at hand for every attempt, and none of it streams.
    let exchange = world().first_statuses(&[401]).ask(&post().ask());
    let keys: Vec<_> = exchange.sent.iter().map(|sent| sent.header("authorization").join("")).collect();
    assert_eq!(keys, ["Bearer canary-only-key", "Bearer canary-api-key"]);
    for sent in &exchange.sent {
        assert_eq!((sent.body.as_deref(), sent.replay_limit), (Some("{\"amount\":1}"), 0));
    }
    assert_eq!(exchange.steps.iter().filter(|step| *step == "read body").count(), 1);
    // A POST without a body has the digest of nothing.
    let empty = Signed::new("POST", "/api/v1/x", "");
    assert_eq!(hex(&Sha256::digest(b"")), EMPTY);
    assert_eq!(world().ask(&empty.ask().header("content-length", "0")).status, 200);
}

#[test]
fn a_change_of_anything_that_is_signed_is_noticed() {
    let signature = get().signature();
    for changed in [
        Signed { method: "HEAD", ..get() },
        Signed { method: "DELETE", ..get() },
        Signed { target: "/api/v1/y?b=2&a=1", ..get() },
        Signed { target: "/api/v1/x?a=1&b=2", ..get() },
        Signed { target: "/api/v1/x?b=2&a=1&", ..get() },
        Signed { target: "/api/v1/x?b=2&a=%31", ..get() },
        Signed { target: "/api/v1/x", ..get() },
        Signed { target: "/api/v1/x/?b=2&a=1", ..get() },
        Signed { time: (NOW + 1).to_string(), ..get() },
        Signed { nonce: "550e8400-e29b-41d4-a716-446655440001", ..get() },
    ] {
        let exchange = world().ask(&changed.bare().header("x-signature", &signature));
        refused(&exchange, "signature_mismatch");
        assert!(!exchange.reads.contains(&"ONLY_KEY".to_owned()));
    }
    for body in ["{\"amount\":2}", "{\"amount\":1} ", "{\"amount\":1"] {
        let ask = Signed { body, ..post() }.bare().header("x-signature", &post().signature());
        refused(&world().ask(&ask), "signature_mismatch");
    }
    let elsewhere =
        Ask::bare("GET", "https://other.example.com/api/v1/x?b=2&a=1").header("host", "other.example.com");
    let elsewhere = elsewhere.header("x-caller", "billing").header("x-timestamp", &get().time);
    let exchange = world().ask(&elsewhere.header("x-nonce", NONCE).header("x-signature", &signature));
    refused(&exchange, "signature_mismatch");
    let other = Signed { key: "canary-pair-key", ..get() };
    refused(&world().ask(&other.ask()), "signature_mismatch");
}

#[test]
fn every_source_s_key_counts_while_one_is_rotated() {
    let next = || Signed { key: NEXT, ..get() };
    assert_eq!(world().ask(&next().ask()).status, 200);
    for binding in [Binding::Missing, Binding::Throws, Binding::Hangs] {
        assert_eq!(world().with("BATCH_TOKEN", binding).ask(&next().ask()).status, 200);
    }
    // A key that cannot be read could have been the one.
    for binding in [Binding::Throws, Binding::Hangs] {
        let exchange = world().with("BATCH_TOKEN", binding).ask(&get().ask());
        exchange.refused("secret_unavailable");
        assert_eq!((exchange.status, &exchange.log["proof"]), (503, &"signature_key_unreadable".into()));
    }
    refused(&world().with("BATCH_TOKEN", Binding::Missing).ask(&get().ask()), "signature_mismatch");
    let none = world().with("BATCH_TOKEN", Binding::Missing).with("OPS_TOKEN_NEXT", Binding::Missing);
    let exchange = none.ask(&post().ask());
    assert_eq!(exchange.log["proof"], "signature_key_unreadable");
    assert!(!exchange.steps.contains(&"read body".to_owned()));
}

#[test]
fn the_clock_may_differ_by_the_window_in_either_direction() {
    for (time, word) in [
        (NOW, None),
        (NOW - 300, None),
        (NOW + 300, None),
        (NOW - 301, Some("signature_expired")),
        (NOW + 301, Some("signature_early")),
        (0, Some("signature_expired")),
        (999_999_999_999_999, Some("signature_early")),
    ] {
        let exchange = world().ask(&Signed { time: time.to_string(), ..post() }.ask());
        match word {
            None => assert_eq!(exchange.status, 200, "{time}"),
            Some(word) => {
                refused(&exchange, word);
                assert_eq!(exchange.reads, <[&str; 0]>::default());
                assert!(!exchange.steps.contains(&"read body".to_owned()));
            }
        }
    }
}

#[test]
fn what_is_not_written_as_it_should_be_is_refused_before_anything_is_read() {
    let signature = get().signature();
    let with = |ask: Ask, name: &str, value: &str| ask.without(name).header(name, value);
    let upper = signature.to_uppercase();
    let double = format!("{signature}, {signature}");
    let rows: Vec<(Ask, &str)> = vec![
        (get().ask().without("x-timestamp"), "signature_timestamp"),
        (with(get().ask(), "x-timestamp", ""), "signature_timestamp"),
        (with(get().ask(), "x-timestamp", "now"), "signature_timestamp"),
        (with(get().ask(), "x-timestamp", "01700000000"), "signature_timestamp"),
        (with(get().ask(), "x-timestamp", "1700000000.0"), "signature_timestamp"),
        (with(get().ask(), "x-timestamp", "2023-11-14T22:13:20Z"), "signature_timestamp"),
        (get().ask().header("x-timestamp", "1700000000"), "signature_repeated"),
        (get().ask().without("x-nonce"), "signature_nonce"),
        (with(get().ask(), "x-nonce", "short"), "signature_nonce"),
        (with(get().ask(), "x-nonce", "with a blank in it"), "signature_nonce"),
        (get().ask().header("x-nonce", NONCE), "signature_repeated"),
        (with(get().ask(), "x-signature", &upper), "signature_encoding"),
        (with(get().ask(), "x-signature", &signature[..63]), "signature_encoding"),
        (with(get().ask(), "x-signature", &format!("{signature}0")), "signature_encoding"),
        (with(get().ask(), "x-signature", &format!("sha256={signature}")), "signature_encoding"),
        (with(get().ask(), "x-signature", "q83vEjRWeJA="), "signature_encoding"),
        (with(get().ask(), "x-signature", &double), "signature_repeated"),
        (get().ask().header("x-signature", &signature), "signature_repeated"),
        (get().ask().without("x-caller"), "signature_unknown"),
        (with(get().ask(), "x-caller", "nobody"), "signature_unknown"),
        (with(get().ask(), "x-caller", "Billing"), "signature_unknown"),
        (with(get().ask(), "x-caller", "checkout"), "signature_unknown"),
        (with(get().ask(), "x-caller", "custom"), "signature_unknown"),
        (get().ask().header("x-caller", "other"), "signature_repeated"),
        // Without a signature nothing is one.
        (get().bare(), "token_absent"),
        (with(get().bare(), "x-signature", " "), "token_absent"),
    ];
    for (ask, word) in rows {
        let exchange = world().ask(&ask);
        refused(&exchange, word);
        assert_eq!(exchange.reads, <[&str; 0]>::default(), "{ask:?}");
    }
    // The name of another caller that signs costs that one's key alone, and proves neither.
    let exchange = world().ask(&with(get().ask(), "x-caller", "other"));
    refused(&exchange, "signature_mismatch");
    assert_eq!(exchange.reads, ["PAIR_KEY"]);
    // Trimmed, as HTTP has it.
    assert_eq!(world().ask(&with(get().ask(), "x-timestamp", &format!(" {NOW}\t"))).status, 200);
}

#[test]
fn a_body_that_cannot_be_had_is_never_verified() {
    let long: &'static str = "x".repeat(1_025).leak();
    let exchange = world().ask(&Signed { body: long, ..post() }.ask());
    exchange.refused("payload_too_large");
    assert!(!exchange.steps.contains(&"read body".to_owned()));
    let unannounced = Signed { body: long, ..post() }.ask().without("content-length");
    world().ask(&unannounced).refused("payload_too_large");
    let fits: &'static str = "x".repeat(1_024).leak();
    assert_eq!(world().ask(&Signed { body: fits, ..post() }.ask()).status, 200);

    let mut broken = world();
    broken.broken_body = Some(BodyReadError::Broken);
    broken.ask(&post().ask()).refused("body_invalid");
    // Cut off at the announced length: what came is not what was sent.
    let cut = post().ask().without("content-length").header("content-length", "20");
    world().ask(&cut).refused("body_invalid");
}

#[test]
fn a_rule_and_a_limit_hold_as_for_any_caller() {
    let elsewhere = Signed { target: "/api/v2/x", ..get() };
    world().ask(&elsewhere.ask()).refused("not_allowed");
    let mut world = world();
    world.limits.insert("BY_CALLER", RateLimitVerdict::Exceeded);
    world.ask(&get().ask()).refused("rate_limited");
}

#[test]
fn a_token_beside_a_signature_is_one_caller_s_or_none() {
    // The token proves its caller; the signature is nothing to it, and is not sent on.
    let exchange = world().ask(&get().ask().header("authorization", "Bearer canary-checkout-token"));
    assert_eq!(exchange.log["caller"], "checkout");
    assert!(exchange.sent().header("x-signature").is_empty());
    // Another text is no reason to refuse what is signed.
    let exchange = world().ask(&get().ask().header("authorization", "Bearer canary-unknown"));
    assert_eq!((exchange.status, &exchange.log["caller"]), (200, &"billing".into()));
    let exchange = world().with("CHECKOUT_TOKEN", Binding::Throws);
    let exchange = exchange.ask(&get().ask().header("authorization", "Bearer canary-unknown"));
    assert_eq!((exchange.status, &exchange.log["caller"]), (200, &"billing".into()));
    // The key itself, or the signature, is no token.
    for text in [KEY, &get().signature(), "billing"] {
        let exchange = world().ask(
            &Ask::new("GET", "/api/v1/x")
                .without("authorization")
                .header("authorization", &format!("Bearer {text}")),
        );
        refused(&exchange, "token_unknown");
        assert!(!exchange.reads.contains(&"BATCH_TOKEN".to_owned()));
    }
}

#[test]
fn the_words_of_auth_say_what_is_hashed_and_where_it_is_put() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let ask = |time: u64, message: &dyn Fn(u64) -> String, body: &'static str| {
        let mut mac = Hmac::<sha2::Sha512>::new_from_slice(b"canary-pair-id").unwrap();
        mac.update(message(time).as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        Ask::new("POST", "/custom/a?b")
            .without("authorization")
            .header("content-type", "text/plain")
            .body(body)
            .header("x-hook", &format!("t={time},v1={signature}"))
    };
    let message = |time: u64| format!("{time}.POST.https://gw.example.com/custom/a?b.text/plain.hello");
    let now = NOW * 1000 + 500;
    let exchange = world().ask(&ask(now, &message, "hello"));
    // The header of the caller's signature is the auth's own here.
    assert_eq!(exchange.sent().header("x-hook"), [hash("canary-only-key", "hello")]);
    assert_eq!(exchange.sent().body.as_deref(), Some("hello"));
    refused(&world().ask(&ask(now, &message, "hello2")), "signature_mismatch");
    refused(&world().ask(&ask(now - 11_000, &message, "hello")), "signature_expired");
    let changed = ask(now, &message, "hello").without("content-type").header("content-type", "text/html");
    refused(&world().ask(&changed), "signature_mismatch");
    let twice = ask(now, &message, "hello").header("x-hook", "t=1,v1=x");
    refused(&world().ask(&twice), "signature_repeated");
    let other = ask(now, &message, "hello").without("x-hook").header("x-hook", "v1=x,t=1");
    refused(&world().ask(&other), "signature_malformed");
}

#[test]
fn a_signature_in_the_query_is_no_part_of_what_is_signed() {
    let url = |target: &str, query: &str| {
        let signature = hash("canary-key", &format!("GET /linked{target} {NOW}"));
        Ask::new("GET", &format!("/linked{query}&sig={signature}")).without("authorization")
    };
    let exchange = world().ask(&url(&format!("/x?a=1&t={NOW}"), &format!("/x?a=1&t={NOW}")));
    assert_eq!(exchange.sent().url, "https://api.example.com/x?a=1");
    assert_eq!(exchange.reads, ["ACCOUNT_JSON"]);
    let exchange = world().ask(&url(&format!("/x?a=1&t={NOW}"), &format!("/x?a=2&t={NOW}")));
    refused(&exchange, "signature_mismatch");
    let exchange = world().ask(&url(&format!("/x?t={NOW}"), &format!("/x?t={NOW}&t=1")));
    refused(&exchange, "signature_repeated");
    let exchange = world().ask(&url(&format!("/x?t={NOW}"), &format!("/x?t={NOW};sig=x")));
    refused(&exchange, "signature_repeated");
    let exchange =
        world().with("ACCOUNT_JSON", Binding::Value("canary")).ask(&url("/x?t=1", &format!("/x?t={NOW}")));
    assert_eq!(exchange.log["proof"], "signature_key_unreadable");
}

#[test]
fn a_replay_is_the_same_request_and_ends_with_the_window() {
    let ask = post().ask();
    let mut world = world();
    assert_eq!(world.ask(&ask).status, 200);
    world.now += 299_000.0;
    assert_eq!(world.ask(&ask).status, 200);
    world.now += 2_000.0;
    refused(&world.ask(&ask), "signature_expired");
}

#[test]
fn a_token_that_could_not_be_checked_is_a_503_beside_a_wrong_signature_too() {
    let world = world().with("CHECKOUT_TOKEN", Binding::Throws);
    let ask = Ask::new("GET", "/api/v1/x").without("authorization");
    let ask = ask.header("authorization", "Bearer canary-checkout-token").header("x-signature", "z");
    world.ask(&ask).refused("secret_unavailable");
}

#[test]
fn a_jwt_that_could_not_be_checked_is_a_503_beside_a_wrong_signature_too() {
    let metadata = "https://issuer.example.com/.well-known/openid-configuration".to_owned();
    let world = world();
    world.key_sets.borrow_mut().insert(metadata, Err(SendError::Unreachable));
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = r#"{"iss":"https://issuer.example.com","aud":"https://gw.example.com","sub":"deploy"}"#;
    let token = [part(r#"{"alg":"RS256","kid":"r"}"#), part(claims), part("signature")].join(".");
    for signature in ["z".to_owned(), hash("canary-unknown", "")] {
        let ask = get().bare().header("authorization", &format!("Bearer {token}"));
        world.ask(&ask.header("x-signature", &signature)).refused("key_set_unavailable");
    }
    // A signature that is right proves its caller, whatever the token is.
    let ask = get().ask().header("authorization", &format!("Bearer {token}"));
    assert_eq!(world.ask(&ask).log["caller"], "billing");
}

#[test]
fn a_body_that_takes_longer_than_the_window_is_not_forwarded() {
    let mut world = world();
    world.body_ms = 299_000.0;
    assert_eq!(world.ask(&post().ask()).status, 200);
    let mut world = self::world();
    world.body_ms = 301_000.0;
    let exchange = world.ask(&post().ask());
    refused(&exchange, "signature_expired");
    assert!(exchange.steps.contains(&"read body".to_owned()));
}

#[test]
fn case_76_the_body_of_a_request_that_is_not_proved_has_the_rest_of_the_window() {
    let world = world();
    assert_eq!(world.ask(&post().ask()).status, 200);
    let left = world.body_deadline.get().unwrap();
    assert!((299_000..=301_000).contains(&left), "{left}");
    // A body that was aborted then is not a body that was cut off.
    let mut slow = self::world();
    slow.body_ms = 301_000.0;
    slow.broken_body = Some(BodyReadError::Broken);
    refused(&slow.ask(&post().ask()), "signature_expired");
    let mut cut = self::world();
    cut.broken_body = Some(BodyReadError::Broken);
    cut.ask(&post().ask()).refused("body_invalid");
}

#[test]
fn a_signature_does_not_decide_between_the_tokens_of_two_callers() {
    let gateway = GATEWAY
        .replace("[secrets]\n", "[secrets]\nsecond = [\"API_KEY_PREVIOUS\"]\n")
        .replace("[callers.billing]", "[callers.second]\nbearer = \"${second}\"\n\n[callers.billing]")
        .replace("body_limit", "token_in = [\"bearer\", \"header:x-api-key\"]\nbody_limit")
        .replace("other = [\"* /**\"]", "other = [\"* /**\"], second = [\"* /**\"]");
    let mut world = World::of(&gateway);
    world.now = self::world().now;
    let one = get().ask().header("authorization", "Bearer canary-checkout-token");
    assert_eq!(world.ask(&one).log["caller"], "checkout");
    let two = one.header("x-api-key", "canary-api-key-previous");
    refused(&world.ask(&two), "token_contradictory");
}

#[test]
fn a_build_reads_bodies_where_a_caller_signs_them() {
    use ostiary_core::configuration::Forms;
    let none = Forms { hmac_callers: true, ..Forms::NONE };
    for (hmac, rule, expected) in [
        ("key = \"${only}\"", "GET /**", Forms { body: true, ..none }),
        ("key = \"${only}\", message = \"${request.timestamp}${request.nonce}\"", "GET /**", none),
        (
            "key = \"${only}\", message = \"${request.timestamp}${request.nonce}\", algorithm = \"sha1\"",
            "GET /**",
            Forms { sha1: true, ..none },
        ),
        (
            "key = \"${only}\", message = \"${request.timestamp}${request.nonce}\"",
            "PUT /**",
            Forms { second_resources: true, ..none },
        ),
    ] {
        let world = World::of(&format!(
            "[secrets]\nonly = [\"ONLY_KEY\"]\n[callers.one]\nhmac = {{ {hmac} }}\n[routes.r]\nmount = \"/r\"\n\
             upstream = \"https://api.example.com\"\nauth = []\nallow = {{ one = [\"{rule}\"] }}\n"
        ));
        assert_eq!(Forms::used_by(&world.gateway), expected, "{hmac} {rule}");
    }
}
