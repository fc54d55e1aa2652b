//! Signatures and credentials in bodies, with each provider's published example.

use ostiary_core::runtime::{BodyReadError, SendError};
use serde_json::json;

use crate::world::{Ask, Binding, Exchange, World};

/// A gateway with one route, `/r`, to this upstream, with this auth.
pub fn world(upstream: &str, auth: &str, more: &str) -> World {
    World::of(&format!(
        r#"
[secrets]
key   = ["API_KEY", "API_KEY_PREVIOUS"]
other = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${{checkout}}"
[routes.r]
mount    = "/r"
upstream = "{upstream}"
auth     = {auth}
allow    = {{ checkout = ["* /**"] }}
{more}
"#
    ))
}

fn hmac(fields: &str) -> String {
    format!("{{ hmac = {{ key = \"${{key}}\", {fields} }} }}")
}

const SIGNATURE: &str = "put = { header = \"x-signature\", value = \"${request.signature}\" }";

fn post(body: &str) -> Ask {
    Ask::new("POST", "/r/hook").body(body)
}

/// The value of this header that the upstream got; there must be one.
#[track_caller]
pub fn sent(exchange: &Exchange, name: &str) -> String {
    let [value] = exchange.sent().header(name)[..] else { panic!("{exchange:?}") };
    value.to_owned()
}

#[test]
fn github_s_example() {
    // docs.github.com, "Validating webhook deliveries".
    let auth = hmac(
        "message = \"${request.body}\", put = { header = \"x-hub-signature-256\", value = \"sha256=${request.signature}\" }",
    );
    let world = world("https://hooks.example.com", &auth, "")
        .with("API_KEY", Binding::Value("It's a Secret to Everybody"));
    let exchange = world.ask(&post("Hello, World!"));
    assert_eq!(
        sent(&exchange, "x-hub-signature-256"),
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    );
    assert_eq!(exchange.sent().body.as_deref(), Some("Hello, World!"));
}

#[test]
fn slack_s_example() {
    // docs.slack.dev, "Verifying requests from Slack".
    let auth = hmac(
        "message = \"v0:${request.timestamp}:${request.body}\", put = [{ header = \"x-slack-request-timestamp\", \
         value = \"${request.timestamp}\" }, { header = \"x-slack-signature\", value = \"v0=${request.signature}\" }]",
    );
    let mut world = world("https://app.example.com", &auth, "")
        .with("API_KEY", Binding::Value("8f742231b10e8888abcd99yyyzzz85a5"));
    world.now = 1_531_420_618_000.0;
    let exchange = world.ask(&post(
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
         channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
         response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
         trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    ));
    assert_eq!(sent(&exchange, "x-slack-request-timestamp"), "1531420618");
    assert_eq!(
        sent(&exchange, "x-slack-signature"),
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    );
}

#[test]
fn binance_s_examples() {
    // github.com/binance/binance-spot-api-docs, "SIGNED endpoint examples for POST /api/v3/order".
    let auth = format!(
        "[{{ header = \"x-mbx-apikey\", value = \"${{other}}\" }}, {}]",
        hmac(
            "message = \"${request.query}${request.body}\", put = { query = \"signature\", value = \"${request.signature}\" }"
        )
    );
    let key = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    let world = world("https://api.binance.com", &auth, "").with("API_KEY", Binding::Value(key));
    let first = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC";
    let second = "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";

    let exchange = world.ask(&Ask::new("POST", &format!("/r/api/v3/order?{first}&{second}")));
    let signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
    assert_eq!(
        exchange.sent().url,
        format!("https://api.binance.com/api/v3/order?{first}&{second}&signature={signature}")
    );
    assert_eq!(sent(&exchange, "x-mbx-apikey"), "canary-only-key");

    let exchange =
        world.ask(&Ask::new("POST", &format!("/r/api/v3/order?{first}&signature=mine")).body(second));
    let signature = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77";
    assert_eq!(
        exchange.sent().url,
        format!("https://api.binance.com/api/v3/order?{first}&signature={signature}"),
        "the caller's is replaced"
    );
}

#[test]
fn an_output_without_the_signature_is_part_of_what_is_signed() {
    let auth = hmac(
        "message = \"${request.query}\", put = [{ query = \"signature\", value = \"${request.signature}\" }, \
         { query = \"timestamp\", value = \"${request.timestamp.milliseconds}\" }]",
    );
    let key = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    let mut world = world("https://api.binance.com", &auth, "").with("API_KEY", Binding::Value(key));
    world.now = 1_499_827_319_559.0;
    let query = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000";
    let exchange = world.ask(&Ask::new("POST", &format!("/r/api/v3/order?{query}&timestamp=1")));
    let signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
    let expected =
        format!("https://api.binance.com/api/v3/order?{query}&timestamp=1499827319559&signature={signature}");
    assert_eq!(exchange.sent().url, expected);
}

#[test]
fn shopify_s_example() {
    // shopify.dev's example of a signed query.
    let auth =
        hmac("message = \"${request.query}\", put = { query = \"hmac\", value = \"${request.signature}\" }");
    let world = world("https://some-shop.myshopify.com", &auth, "").with("API_KEY", Binding::Value("hush"));
    let query = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173";
    let exchange = world.ask(&Ask::new("GET", &format!("/r/x?{query}")));
    let signature = "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20";
    assert_eq!(exchange.sent().url, format!("https://some-shop.myshopify.com/x?{query}&hmac={signature}"));
}

#[test]
fn twilio_s_example() {
    // twilio.com/docs, "Validating requests are coming from Twilio".
    let auth = hmac(
        "algorithm = \"sha1\", encoding = \"base64\", message = \"${request.url}${request.sorted_form}\", \
         put = { header = \"x-twilio-signature\", value = \"${request.signature}\" }",
    );
    let world = world("https://mycompany.com", &auth, "").with("API_KEY", Binding::Value("12345"));
    for (number, signature) in
        [("14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")]
    {
        let form = format!(
            "Digits=1234&To=%2B18005551212&CallSid=CA1234567890ABCDE&From=%2B{number}&Caller=%2B{number}"
        );
        let exchange = world.ask(&Ask::new("POST", "/r/myapp.php?foo=1&bar=2").body(&form));
        assert_eq!(sent(&exchange, "x-twilio-signature"), signature);
    }
}

#[test]
fn a_key_is_decoded_and_a_signature_encoded_as_coinbase_wants_it() {
    // docs.cdp.coinbase.com, "Exchange API authentication": no example has a key, so the expected result is from
    // OpenSSL.
    let auth = hmac(
        "key_encoding = \"base64\", encoding = \"base64\", \
         message = \"${request.timestamp}${request.method}${request.target}${request.body}\", \
         put = [{ header = \"cb-access-timestamp\", value = \"${request.timestamp}\" }, \
         { header = \"cb-access-sign\", value = \"${request.signature}\" }]",
    );
    let key = "c2VjcmV0LWtleS1vZi0zMi1ieXRlcy1mb3ItYS10ZXN0IQ==";
    let mut world =
        world("https://api.exchange.coinbase.com", &auth, "").with("API_KEY", Binding::Value(key));
    world.now = 1_422_368_544_999.0;
    let exchange = world.ask(&Ask::new("POST", "/r/orders?before=2").body(r#"{"price":"1.0"}"#));
    assert_eq!(sent(&exchange, "cb-access-timestamp"), "1422368544");
    assert_eq!(sent(&exchange, "cb-access-sign"), "w2o2nfRdxBw97pbu33CjNEgnDuEbpPn1lfuRDyCD9rk=");
    let exchange = world.with("API_KEY", Binding::Value("no Base64")).ask(&Ask::new("GET", "/r/orders"));
    assert_eq!(exchange.log["secrets"][0]["failure"], "invalid");
    assert_eq!(exchange.log["secrets"][1]["failure"], json!(null), "the second source serves");
}

#[test]
fn every_value_of_the_request_is_the_one_that_is_sent() {
    for (value, expected) in [
        ("method", "PUT"),
        ("path", "/base/a%20b/%27'%7B%7D"),
        ("query", "x=%27%22&y=1"),
        ("target", "/base/a%20b/%27'%7B%7D?x=%27%22&y=1"),
        ("url", "https://api.example.com:8443/base/a%20b/%27'%7B%7D?x=%27%22&y=1"),
        ("host", "api.example.com:8443"),
        ("timestamp", "784111777"),
        ("timestamp.milliseconds", "784111777042"),
        ("timestamp.rfc3339", "1994-11-06T08:49:37.042Z"),
        ("timestamp.http_date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("body", "b"),
        ("body_sha256", "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"),
        ("body_sha256.base64", "PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0="),
        ("header.x-a", "1, 2"),
        ("header.X-SET", "canary-only-key"),
        ("header.x-absent", ""),
        ("header.authorization", ""),
    ] {
        let auth = |message: &str| {
            format!(
                "[{{ header = \"x-set\", value = \"${{other}}\" }}, {}]",
                hmac(&format!("message = \"<{message}>\", {SIGNATURE}"))
            )
        };
        let signature = |message: &str| {
            let mut world = world("https://api.example.com:8443/base", &auth(message), "");
            world.now = 784_111_777_042.0;
            let ask = Ask::new("PUT", "/r/a%20b/%27'{}?x='\"&y=1").body("b");
            let exchange = world.ask(&ask.header("x-a", "1").header("x-a", "2").header("x-set", "mine"));
            (sent(&exchange, "x-signature"), exchange.sent().url.clone())
        };
        let (signed, url) = signature(&format!("${{request.{value}}}"));
        assert_eq!(signed, signature(expected).0, "{value}");
        assert_eq!(
            url, "https://api.example.com:8443/base/a%20b/%27'%7B%7D?x=%27%22&y=1",
            "as the runtime would spell it"
        );
    }
}

#[test]
fn each_attempt_is_signed_afresh() {
    let auth = hmac(&format!("message = \"${{request.nonce}}${{request.body}}\", {SIGNATURE}"));
    let route = "retry = { attempts = 3 }";
    let world = world("https://api.example.com", &auth, route);
    let world = world.first([Err(SendError::Unreachable)]).first_statuses(&[401]);
    let exchange = world.ask(&Ask::new("PUT", "/r/x").body("b"));
    assert_eq!((exchange.status, exchange.sent.len()), (200, 3));
    let mut signatures: Vec<_> = exchange.sent.iter().map(|sent| sent.header("x-signature")).collect();
    signatures.sort_unstable();
    signatures.dedup();
    assert_eq!(signatures.len(), 3, "two with the first key, one with the second");
    assert_eq!(exchange.steps.iter().filter(|step| *step == "read body").count(), 1);
    assert!(!exchange.steps.contains(&"body".to_owned()), "the body is at hand");
    assert!(exchange.sent.iter().all(|sent| sent.body.as_deref() == Some("b") && sent.replay_limit == 0));
    assert_eq!(exchange.log["failover"], "primary_refused");
}

#[test]
fn a_key_that_was_refused_does_not_sign_again() {
    let auth = hmac(&format!("message = \"${{request.nonce}}\", {SIGNATURE}"));
    let world = world("https://api.example.com", &auth, "");
    let world = world.with("API_KEY_PREVIOUS", Binding::Value("canary-api-key")).answering(401, &[]);
    let exchange = world.ask(&Ask::new("GET", "/r/x"));
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(exchange.log["secrets"][1]["failure"], "repeated");
}

#[test]
fn a_body_that_is_not_whole_is_never_signed() {
    let auth = hmac(&format!("message = \"${{request.body}}\", {SIGNATURE}"));
    let limited = |more: &str| world("https://api.example.com", &auth, more);
    let large = "b".repeat(1024 * 1024 + 1);
    limited("").ask(&post(&large)).refused("payload_too_large");
    limited("body_limit = \"1KiB\"").ask(&post(&large[..1025])).refused("payload_too_large");
    limited("max_body = \"1KiB\"").ask(&post(&large[..1025])).refused("payload_too_large");
    assert_eq!(limited("body_limit = \"1KiB\"").ask(&post(&large[..1024])).status, 200);
    let chunked =
        Ask::new("POST", "/r/x").body("b").without("content-length").header("transfer-encoding", "chunked");
    assert_eq!(limited("").ask(&chunked).sent().body.as_deref(), Some("b"));
    let short = Ask::new("POST", "/r/x").body("b").without("content-length").header("content-length", "2");
    limited("").ask(&short).refused("body_invalid");
    for (why, code) in
        [(BodyReadError::Broken, "body_invalid"), (BodyReadError::TooLarge, "payload_too_large")]
    {
        let mut world = limited("");
        world.broken_body = Some(why);
        world.ask(&chunked).refused(code);
    }
}

#[test]
fn a_body_that_no_message_needs_is_not_read() {
    let auth = hmac(&format!("message = \"${{request.path}}\", {SIGNATURE}"));
    let exchange = world("https://api.example.com", &auth, "").ask(&post("b"));
    assert_eq!(exchange.sent().body, None);
    assert_eq!(exchange.sent().replay_limit, 65_536);
    assert!(!exchange.steps.contains(&"read body".to_owned()));
    let auth = hmac(&format!("message = \"${{request.body}}\", {SIGNATURE}"));
    let exchange = world("https://api.example.com", &auth, "").ask(&Ask::new("GET", "/r/x"));
    assert!(!exchange.steps.contains(&"read body".to_owned()), "there is none");
}

#[test]
fn a_signature_and_its_key_do_not_come_back() {
    let auth = hmac(&format!("message = \"m\", {SIGNATURE}"));
    // The result of OpenSSL.
    let signature = "697e185fb3d9e6adcb2c8ce870248ca026dfc2ad179fae73b9e8742b36075dde";
    let world = world("https://api.example.com", &auth, "");
    let sent = sent(&world.ask(&Ask::new("GET", "/r/x")), "x-signature");
    assert_eq!(sent, signature);
    let echo: &'static str = format!("you sent {sent}, made with canary-api-key\n").leak();
    let exchange = world.with_body(echo).ask(&Ask::new("GET", "/r/x"));
    assert!(!exchange.body.contains(signature), "{}", exchange.body);
    assert!(!exchange.body.contains("canary"), "{}", exchange.body);
}

#[test]
fn a_range_of_a_response_to_a_signed_request_is_redacted() {
    let auth = hmac(&format!("message = \"m\", {SIGNATURE}"));
    let world = world("https://api.example.com", &auth, "");
    let get = |range: &str| Ask::new("GET", "/r/x").header("range", range);
    let asked = sent(&world.ask(&get("bytes=0-3")), "range");
    let last: u32 = asked.strip_prefix("bytes=0-").unwrap().parse().unwrap();
    assert!(last >= 3 + 64, "the signature may begin in the last byte: {asked}");
    let content_range: &'static str = format!("bytes 0-{last}/100000").leak();
    let body: &'static str = "x".repeat(usize::try_from(last).unwrap() + 1).leak();
    let world = world.answering(206, &[("content-range", content_range)]).with_body(body);
    let exchange = world.ask(&get("bytes=0-3"));
    assert_eq!((exchange.status, exchange.header("content-range")), (206, vec!["bytes 0-3/100000"]));
}

const JSON: &str =
    "[{ json = \"/auth/token\", value = \"${key}\" }, { json = \"/auth/id\", value = \"id-${other}\" }]";
const FORM: &str = "{ form = \"api_key\", value = \"${key}\" }";

#[test]
fn a_credential_is_put_into_a_json_body() {
    let world = world("https://api.example.com", JSON, "");
    for (body, expected) in [
        (
            r#"{"n":1.0}"#,
            json!({ "n": 1.0, "auth": { "token": "canary-api-key", "id": "id-canary-only-key" } }),
        ),
        (
            r#"{"auth":{"token":"mine","x":1}}"#,
            json!({ "auth": { "x": 1, "token": "canary-api-key", "id": "id-canary-only-key" } }),
        ),
    ] {
        let ask = post(body).header("content-type", "application/json").header("content-md5", "x");
        let ask = ask.header("x-amz-checksum-crc32", "x").header("x-goog-hash", "x");
        let exchange = world.ask(&ask);
        let sent: serde_json::Value = serde_json::from_str(exchange.sent().body.as_ref().unwrap()).unwrap();
        assert_eq!(sent, expected);
        for name in ["content-md5", "x-amz-checksum-crc32", "x-goog-hash"] {
            assert_eq!(exchange.sent().header(name), <[&str; 0]>::default(), "{name}");
        }
    }
    let empty = world.ask(&Ask::new("POST", "/r/x"));
    assert_eq!(sent(&empty, "content-type"), "application/json");
    assert!(empty.sent().body.is_some());
}

#[test]
fn a_credential_is_put_into_a_form() {
    let world = world("https://api.example.com", FORM, "");
    let ask = post("a=1&api_key=mine").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(world.ask(&ask).sent().body.as_deref(), Some("a=1&api_key=canary-api-key"));
}

#[test]
fn a_body_of_another_type_is_not_sent_without_its_credential() {
    for (auth, body, content_type, code) in [
        (JSON, "{}", "text/plain", "unsupported_media_type"),
        (JSON, "a=1", "application/x-www-form-urlencoded", "unsupported_media_type"),
        (JSON, "{}", "application/json; charset=utf-16", "unsupported_media_type"),
        (JSON, "{", "application/json", "body_invalid"),
        (JSON, "[]", "application/json", "body_invalid"),
        (JSON, r#"{"auth":1}"#, "application/json", "body_invalid"),
        (FORM, "{}", "application/json", "unsupported_media_type"),
        (FORM, "--x", "multipart/form-data; boundary=x", "unsupported_media_type"),
    ] {
        let ask = post(body).header("content-type", content_type);
        world("https://api.example.com", auth, "").ask(&ask).refused(code);
    }
    let world = world("https://api.example.com", JSON, "");
    world.ask(&Ask::new("GET", "/r/x")).refused("unsupported_media_type");
    world.ask(&post("{}")).refused("unsupported_media_type");
    let coded = post("{}").header("content-type", "application/json").header("content-encoding", "gzip");
    world.ask(&coded).refused("unsupported_media_type");
}

#[test]
fn a_credential_in_a_body_fails_over() {
    let world = world("https://api.example.com", FORM, "").first_statuses(&[401]);
    let exchange = world.ask(&post("a=1").header("content-type", "application/x-www-form-urlencoded"));
    let bodies: Vec<_> = exchange.sent.iter().map(|sent| sent.body.as_deref().unwrap()).collect();
    assert_eq!(bodies, ["a=1&api_key=canary-api-key", "a=1&api_key=canary-api-key-previous"]);
}

#[test]
fn a_signature_covers_the_body_with_its_credential_and_can_stand_in_it() {
    let auth = format!(
        "[{{ json = \"/key\", value = \"${{other}}\" }}, {}]",
        hmac(
            "message = \"${request.body}\", put = [{ json = \"/at\", value = \"${request.timestamp}\" }, \
             { json = \"/sign\", value = \"${request.signature}\" }]"
        )
    );
    let world = world("https://api.example.com", &auth, "");
    let exchange = world.ask(&post(r#"{"a":1}"#).header("content-type", "application/json"));
    let body = exchange.sent().body.clone().unwrap();
    let (signed, signature) = body.split_once(",\"sign\":\"").unwrap();
    assert_eq!(signed, r#"{"a":1,"key":"canary-only-key","at":"0""#);
    assert_eq!(signature, "7bc689a5e2be1e010998de1116b389cb38cf8eda47e8d53ac21e66c7e90ea5fa\"}");
}

const S3: &str = "{ sigv4 = { access_key_id = \"${other}\", secret_access_key = \"${key}\", region = \"us-east-1\", service = \"s3\" } }";

fn sigv4(service: &str) -> String {
    S3.replace("\"s3\"", &format!("\"{service}\""))
}

/// The same, at the time of AWS's examples.
fn aws(auth: &str, upstream: &str) -> World {
    let mut world = world(upstream, auth, "");
    world.now = 1_440_938_160_000.0;
    world
}

const SCOPE: &str = "20150830/us-east-1";

#[test]
fn a_signature_of_version_4_is_that_of_aws_s_example() {
    // The suite's `get-vanilla-with-session-token`, with another name of the service.
    let auth = "{ sigv4 = { access_key_id = \"${key}\", secret_access_key = \"${other}\", session_token = \"${session}\", region = \"us-east-1\", service = \"service\" } }";
    let world = World::of(&format!(
        r#"
[secrets]
key   = ["API_KEY"]
other = ["ONLY_KEY"]
session = ["PAIR_KEY"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${{checkout}}"
[routes.r]
mount    = "/r"
upstream = "https://example.amazonaws.com"
auth     = {auth}
allow    = {{ checkout = ["* /**"] }}
"#
    ));
    let mut world = world
        .with("API_KEY", Binding::Value("AKIDEXAMPLE"))
        .with("ONLY_KEY", Binding::Value("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        .with("PAIR_KEY", Binding::Value("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"));
    world.now = 1_440_938_160_000.0;
    let exchange = world.ask(&Ask::new("GET", "/r"));
    assert_eq!(
        sent(&exchange, "authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-security-token, \
         Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
    );
    assert_eq!(sent(&exchange, "x-amz-date"), "20150830T123600Z");
    let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    assert_eq!(sent(&exchange, "x-amz-security-token"), token);
}

#[test]
fn a_stock_sdk_shows_its_token_as_the_access_key_id() {
    let world = aws(S3, "https://bucket.s3.amazonaws.com");
    let bare = |path: &str| Ask::new("GET", path).without("authorization");
    let authorization = |token: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential={token}/20150830/eu-west-1/s3/aws4_request, SignedHeaders=host;range;x-amz-date, \
             Signature=00"
        )
    };
    let ask = bare("/r/key?list-type=2")
        .header("authorization", &authorization("canary-checkout-token"))
        .header("x-amz-date", "20150830T123600Z")
        .header("x-amz-security-token", "mine")
        .header("x-amz-acl", "private");
    let exchange = world.ask(&ask);
    let sent_authorization = sent(&exchange, "authorization");
    assert!(
        sent_authorization.starts_with(&format!(
            "AWS4-HMAC-SHA256 Credential=canary-only-key/{SCOPE}/s3/aws4_request, \
             SignedHeaders=host;x-amz-acl;x-amz-content-sha256;x-amz-date, Signature="
        )),
        "{sent_authorization}"
    );
    assert_eq!(exchange.sent().header("x-amz-security-token"), <[&str; 0]>::default());
    world
        .ask(&bare("/r/key").header("authorization", &authorization("wrong")))
        .refused("caller_unauthenticated");

    let presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=canary-checkout-token%2F20150830%2Fus-east-1%2Fs3%2Faws4_request\
                     &X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    let exchange = world.ask(&bare(&format!("/r/key?response-content-type=a&{presigned}")));
    assert_eq!(exchange.sent().url, "https://bucket.s3.amazonaws.com/key?response-content-type=a");
    let own = bare("/r/key?X-Amz-Signature=00&X-Amz-Credential=AKIDATTACKER%2F1%2F2%2F3%2F4");
    world.ask(&own).refused("caller_unauthenticated");
}

#[test]
fn what_is_signed_of_a_body_for_s3_is_what_the_caller_says_of_it() {
    let world = aws(S3, "https://bucket.s3.amazonaws.com");
    let digest = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
    let empty = digest.to_lowercase();
    for (told, expected) in [
        (None, "UNSIGNED-PAYLOAD"),
        (Some("UNSIGNED-PAYLOAD"), "UNSIGNED-PAYLOAD"),
        (Some("anything"), "UNSIGNED-PAYLOAD"),
        (Some(digest), &empty),
        (Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    ] {
        let ask = Ask::new("PUT", "/r/key").body("b");
        let exchange =
            world.ask(&told.iter().fold(ask, |ask, told| ask.header("x-amz-content-sha256", told)));
        assert_eq!(sent(&exchange, "x-amz-content-sha256"), expected, "{told:?}");
        assert_eq!(exchange.sent().body, None, "it streams");
    }
    let get = Ask::new("GET", "/r/key").header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert_eq!(sent(&world.ask(&get), "x-amz-content-sha256"), empty);
    for told in ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"] {
        let ask = Ask::new("PUT", "/r/key").body("b").header("x-amz-content-sha256", told);
        world.ask(&ask).refused("unsupported_media_type");
    }
}

#[test]
fn a_path_is_sent_to_s3_in_the_spelling_that_is_signed() {
    let world = aws(S3, "https://bucket.s3.amazonaws.com/base");
    let exchange = world.ask(&Ask::new("GET", "/r/a+b!c//d%7e?q=a+b"));
    assert_eq!(exchange.sent().url, "https://bucket.s3.amazonaws.com/base/a%2Bb%21c//d~?q=a+b");
    let exchange =
        aws(&sigv4("execute-api"), "https://a.example.com").ask(&Ask::new("GET", "/r/a+b!c//d%7e"));
    assert_eq!(exchange.sent().url, "https://a.example.com/a+b!c//d%7e", "others take it as it is");
}

#[test]
fn a_body_for_another_service_is_signed() {
    let world = aws(&sigv4("dynamodb"), "https://dynamodb.us-east-1.amazonaws.com");
    let ask =
        |body: &str| Ask::new("POST", "/r").body(body).header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    let exchange = world.ask(&ask("{}"));
    assert_eq!(exchange.sent().body.as_deref(), Some("{}"));
    assert_eq!(exchange.sent().header("x-amz-content-sha256"), <[&str; 0]>::default());
    let other = world.ask(&ask("{ }"));
    assert_ne!(sent(&exchange, "authorization"), sent(&other, "authorization"));
}

#[test]
fn a_signature_of_version_4_fails_over_and_does_not_come_back() {
    let world = aws(S3, "https://bucket.s3.amazonaws.com").first_statuses(&[401]);
    let exchange = world.ask(&Ask::new("GET", "/r/key"));
    let signature = |authorization: &str| authorization.split("Signature=").nth(1).unwrap().to_owned();
    let signatures: Vec<String> =
        exchange.sent.iter().map(|sent| signature(sent.header("authorization")[0])).collect();
    assert_ne!(signatures[0], signatures[1]);
    let echo: &'static str =
        format!("{} {} canary-only-key canary-api-key\n", signatures[0], signatures[1]).leak();
    let exchange = aws(S3, "https://bucket.s3.amazonaws.com")
        .first_statuses(&[401])
        .with_body(echo)
        .ask(&Ask::new("GET", "/r/key"));
    for secret in [&signatures[0], &signatures[1], "canary"] {
        assert!(!exchange.body.contains(secret), "{}", exchange.body);
    }
    let slash = World::with(aws(S3, "https://bucket.s3.amazonaws.com"), "ONLY_KEY", Binding::Value("AK/ID"));
    let exchange = slash.ask(&Ask::new("GET", "/r/key"));
    assert_eq!(exchange.log["secrets"][0]["failure"], "invalid");
    exchange.refused("secret_unavailable");
}

const PATH: &str = "[{ path = \"token\", value = \"${key}\" }, { header = \"x-id\", value = \"${other}\" }]";
const BOT: &str = "https://api.example.com/bot{token}/v1";

#[test]
fn a_credential_is_put_into_the_path() {
    let world = world(BOT, PATH, "").with("API_KEY", Binding::Value("12:canary/?#%"));
    let exchange = world.ask(&Ask::new("GET", "/r/send?x=1"));
    assert_eq!(exchange.sent().url, "https://api.example.com/bot12:canary%2F%3F%23%25/v1/send?x=1");
    let world =
        world.with("API_KEY", Binding::Value("..")).with("API_KEY_PREVIOUS", Binding::Value("a\u{0}"));
    let exchange = world.ask(&Ask::new("GET", "/r/send"));
    assert_eq!(exchange.log["secrets"][0]["failure"], "invalid");
    exchange.refused("secret_unavailable");
}

#[test]
fn a_link_below_a_base_path_with_a_credential_leads_to_the_mount() {
    for (location, expected) in [
        ("https://api.example.com/botcanary-api-key/v1/x?page=2", Some("https://gw.example.com/r/x?page=2")),
        ("/botcanary-api-key/v1", Some("https://gw.example.com/r")),
        ("next", Some("https://gw.example.com/r/a/next")),
        ("/botcanary-api-key/v1/x?k=canary-api-key", Some("https://gw.example.com/r/x")),
        ("https://api.example.com/botcanary-api-key/v2", None),
        ("https://api.example.com/file/botcanary-api-key/x", None),
        ("https://other.example.com/botcanary-api-key/v1", None),
    ] {
        let world = world(BOT, PATH, "").answering(302, &[("location", location)]);
        let exchange = world.ask(&Ask::new("GET", "/r/a/b"));
        assert_eq!(exchange.header("location"), expected.into_iter().collect::<Vec<_>>(), "{location}");
    }
}

#[test]
fn a_credential_in_the_path_fails_over_and_is_not_sent_twice() {
    let exchange = world(BOT, PATH, "").first_statuses(&[401]).ask(&Ask::new("GET", "/r/x"));
    let urls: Vec<_> = exchange.sent.iter().map(|sent| sent.url.as_str()).collect();
    let url = |token| format!("https://api.example.com/bot{token}/v1/x");
    assert_eq!(urls, [url("canary-api-key"), url("canary-api-key-previous")]);
    let same = world(BOT, PATH, "").with("API_KEY_PREVIOUS", Binding::Value("canary-api-key"));
    let exchange = same.answering(401, &[]).ask(&Ask::new("GET", "/r/x"));
    assert_eq!((exchange.sent.len(), &exchange.log["secrets"][2]["failure"]), (1, &json!("repeated")));
}

#[test]
fn a_credential_in_the_path_is_part_of_what_is_signed() {
    let auth = format!(
        "[{{ path = \"token\", value = \"${{other}}\" }}, {}]",
        hmac(&format!("message = \"${{request.path}}\", {SIGNATURE}"))
    );
    let signed = |upstream: &str, auth: &str| {
        sent(&world(upstream, auth, "").ask(&Ask::new("GET", "/r/x")), "x-signature")
    };
    let plain = format!(
        "[{{ header = \"x\", value = \"${{other}}\" }}, {}]",
        hmac(&format!("message = \"/botcanary-only-key/v1/x\", {SIGNATURE}"))
    );
    assert_eq!(signed(BOT, &auth), signed("https://api.example.com", &plain));
}

#[test]
fn the_parameters_of_a_presigned_request_are_not_forwarded_to_an_upstream_without_signatures() {
    let world = world("https://api.example.com", "{ bearer = \"${key}\" }", "token_in = [\"sigv4\"]");
    let presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=canary-checkout-token%2F20150830%2Fus-east-1%2Fs3%2Faws4_request\
                     &X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    let exchange =
        world.ask(&Ask::new("GET", &format!("/r/key?a=1&{presigned}&b=2")).without("authorization"));
    assert_eq!(exchange.sent().url, "https://api.example.com/key?a=1&b=2");
}

#[test]
fn a_signature_of_version_4_covers_the_path_as_aws_reads_it() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use ostiary_core::encoding::hex;
    use sha2::{Digest as _, Sha256};
    let hash = |key: &[u8], text: &str| {
        let mut code = Hmac::<Sha256>::new_from_slice(key).unwrap();
        code.update(text.as_bytes());
        code.finalize().into_bytes().to_vec()
    };
    let auth = "{ sigv4 = { access_key_id = \"${other}\", secret_access_key = \"${key}\", region = \"us-east-1\", service = \"service\" } }";
    // Services other than S3 encode the path twice, and remove empty segments.
    for (path, canonical) in [("/a%20b/c", "/a%2520b/c"), ("/a//b/", "/a/b/"), ("/", "/")] {
        let exchange = aws(auth, "https://example.amazonaws.com").ask(&Ask::new("GET", &format!("/r{path}")));
        assert_eq!(exchange.sent().url, format!("https://example.amazonaws.com{path}"));
        let canonical = format!(
            "GET\n{canonical}\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n{}",
            hex(&Sha256::digest(b""))
        );
        let scope = format!("{SCOPE}/service/aws4_request");
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{}",
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let key = scope.split('/').fold(b"AWS4canary-api-key".to_vec(), |key, part| hash(&key, part));
        let expected = format!("Signature={}", hex(&hash(&key, &to_sign)));
        let authorization = sent(&exchange, "authorization");
        assert!(authorization.ends_with(&expected), "{path}: {authorization}");
    }
}

#[test]
fn a_signature_in_the_query_of_an_upstream_with_a_short_name_keeps_its_origin() {
    let auth =
        hmac("message = \"${request.url}\", put = { query = \"sig\", value = \"${request.signature}\" }");
    for upstream in ["https://a.io", "https://api.example.com"] {
        let url = world(upstream, &auth, "").ask(&Ask::new("GET", "/r/x")).sent().url.clone();
        assert!(url.starts_with(&format!("{upstream}/x?sig=")), "{url}");
    }
    let s3 = aws(S3, "https://s3.io").ask(&Ask::new("GET", "/r/a b".replace(' ', "%20").as_str()));
    assert_eq!(s3.sent().url, "https://s3.io/a%20b");
}

#[test]
fn a_hash_of_sha384_is_put_where_the_configuration_says_so() {
    use ::hmac::{Hmac, KeyInit as _, Mac as _};
    let auth = hmac(&format!("algorithm = \"sha384\", message = \"${{request.method}}\", {SIGNATURE}"));
    let exchange = world("https://api.example.com", &auth, "").ask(&Ask::new("GET", "/r/x"));
    let mut code = Hmac::<sha2::Sha384>::new_from_slice(b"canary-api-key").unwrap();
    code.update(b"GET");
    assert_eq!(sent(&exchange, "x-signature"), ostiary_core::encoding::hex(&code.finalize().into_bytes()));
}

#[test]
fn credentials_that_differ_in_a_claim_or_a_message_alone_are_not_the_same() {
    let jwt = |claims: &str| {
        format!("{{ jwt = {{ key = \"${{other}}\", alg = \"HS256\", claims = {{ {claims} }} }} }}")
    };
    for auth in [
        jwt("iss = \"${key}\""),
        jwt("o = { l = [\"${key}\"] }"),
        format!("{{ hmac = {{ key = \"${{other}}\", message = \"${{key}} ${{request.path}}\", {SIGNATURE} }} }}"),
        "{ hmac = { key = \"${other}\", message = \"${request.path}\", put = { header = \"x-signature\", value = \"${key} ${request.signature}\" } } }".to_owned(),
    ] {
        let exchange = world("https://api.example.com", &auth, "").first_statuses(&[401]).ask(&Ask::new("GET", "/r/x"));
        assert_eq!((exchange.status, exchange.sent.len()), (200, 2), "{auth}");
        // The same value is refused once.
        let same = world("https://api.example.com", &auth, "")
            .with("API_KEY_PREVIOUS", Binding::Value("canary-api-key"))
            .first_statuses(&[401]);
        assert_eq!(same.ask(&Ask::new("GET", "/r/x")).sent.len(), 1, "{auth}");
    }
}

#[test]
fn a_build_has_the_forms_of_auth_that_its_configuration_uses_and_no_others() {
    use ostiary_core::configuration::Forms;
    let jwt = |algorithm: &str| format!("{{ jwt = {{ key = \"${{key}}\", alg = \"{algorithm}\" }} }}");
    let algorithm =
        |name: &str| hmac(&format!("algorithm = \"{name}\", message = \"${{request.path}}\", {SIGNATURE}"));
    let oauth2 = |more: &str| {
        format!(
            "{{ oauth2 = {{ token_url = \"https://auth.example.com/token\", client_id = \"me\", \
             client_secret = \"${{key}}\"{more} }} }}"
        )
    };
    // The route admits every method.
    let none = Forms { second_resources: true, ..Forms::NONE };
    let exchange = Forms { exchange: true, body: true, ..none };
    for (auth, expected) in [
        ("{ bearer = \"${key}\" }".to_owned(), none),
        (algorithm("sha256"), Forms { hmac: true, ..none }),
        (algorithm("sha1"), Forms { hmac: true, sha1: true, ..none }),
        (algorithm("sha384"), Forms { hmac: true, sha512: true, ..none }),
        (algorithm("sha512"), Forms { hmac: true, sha512: true, ..none }),
        (
            hmac(&format!("message = \"${{request.body}}\", {SIGNATURE}")),
            Forms { hmac: true, body: true, ..none },
        ),
        (jwt("HS256"), Forms { jwt: true, ..none }),
        (jwt("ES256"), Forms { jwt: true, private_keys: true, ..none }),
        (oauth2(""), exchange),
        (oauth2(", reuse = true"), Forms { reuse: true, ..exchange }),
        (S3.to_owned(), Forms { sigv4: true, ..none }),
    ] {
        assert_eq!(Forms::used_by(&world("https://api.example.com", &auth, "").gateway), expected, "{auth}");
    }
}
