//! A test of a complete `gateway.toml`, compared with the whole configuration that it defines.

use super::{File, read};
use ostiary_core::configuration::{
    Caller, CallerAuthentication, CallerId, Failover, Gateway, Grant, Grantee, Mount, MountTarget, Part,
    Pattern, Placement, RejectionCondition, Route, RouteId, Rule, Secret, SecretId, Segment, Source,
    SourceKind, Template, Text, TokenPlace, Upstream, UpstreamUrl,
};
use ostiary_core::http::method::{Method, Methods};

const GATEWAY: &str = r#"
version = 1                         # of this grammar; optional

[secrets]
stripe   = ["STRIPE_KEY", "STRIPE_KEY_2"]    # Secrets Store bindings of wrangler.toml, primary first
checkout = ["CHECKOUT_TOKEN"]
aws      = ["AWS_PAIR"]                             # a JSON value: ${aws.id} and ${aws.key} are its fields
legacy   = [{ worker_secret = "LEGACY_KEY" }]       # a Worker secret, named in wrangler.toml's `[secrets] required`

[callers.checkout]
bearer = "${checkout}"              # every source's value is accepted: both tokens work while one is being rotated

[callers.ci]
bearer_sha256 = ["0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"]

[routes.stripe]
mount    = ["/stripe", "stripe.gw.example.com"]     # one or several; "gw.example.com/stripe" is a host with a prefix
upstream = "https://api.stripe.com" # https, except to loopback; "https://api.x.com/v1/${var.ACCOUNT}" uses a [vars] entry
auth     = { bearer = "${stripe}" }
timeout  = "100s"                   # until the upstream's head has arrived (default)
failover = { status = [401], replay_limit = "64KiB" }  # default when a secret has several sources; false turns it off

[routes.stripe.allow]               # who may do what; nobody is admitted without a rule
checkout = ["GET /v1/**", "POST,DELETE /v1/charges/*"]
ci       = ["GET /v1/balance"]
# anyone = ["GET /health"]          # the only way to make something public, and it is spelled out

[gateway]
secret_timeout = "2s"               # for one source (default)
"#;

const WRANGLER: &str = r#"
name = "ostiary"
main = "build/worker/shim.mjs"
secrets_store_secrets = [
  { binding = "STRIPE_KEY", store_id = "1", secret_name = "stripe" },
  { binding = "STRIPE_KEY_2", store_id = "1", secret_name = "stripe_2" },
  { binding = "CHECKOUT_TOKEN", store_id = "1", secret_name = "checkout" },
  { binding = "AWS_PAIR", store_id = "1", secret_name = "aws" },
]

[secrets]
required = ["LEGACY_KEY"]
"#;

fn text(text: &'static str) -> Text {
    Text::Borrowed(text)
}

fn secret(name: &'static str, kind: SourceKind, bindings: &[&'static str]) -> Secret {
    let sources = bindings.iter().map(|binding| Source { kind, binding: text(binding) });
    Secret { name: text(name), sources: sources.collect() }
}

fn rule(spelled: &'static str, methods: &[Method], segments: &[&[&'static str]], open: bool) -> Rule {
    let segment =
        |literals: &&[&'static str]| Segment { literals: literals.iter().map(|each| text(each)).collect() };
    Rule {
        text: text(spelled),
        methods: methods.iter().fold(Methods::NONE, |methods, method| methods.with(*method)),
        pattern: Pattern { segments: segments.iter().map(segment).collect(), open },
    }
}

fn route() -> Route {
    let checkout = vec![
        rule("GET /v1/**", &[Method::Get], &[&["v1"]], true),
        rule(
            "POST,DELETE /v1/charges/*",
            &[Method::Post, Method::Delete],
            &[&["v1"], &["charges"], &["", ""]],
            false,
        ),
    ];
    let ci = vec![rule("GET /v1/balance", &[Method::Get], &[&["v1"], &["balance"]], false)];
    Route {
        name: text("stripe"),
        upstream: Upstream::Fixed(UpstreamUrl { origin: text("https://api.stripe.com"), base: text("") }),
        service: None,
        timeout: 100_000,
        idle_timeout: None,
        max_body: None,
        failover: Some(Failover { when: vec![RejectionCondition { status: 401, body: None }].into() }),
        retry: None,
        replay_limit: 65_536,
        body_limit: 1024 * 1024,
        rate_limit: vec![].into(),
        cors: None,
        auth: vec![Placement::Bearer(Template { parts: vec![Part::Secret(SecretId(0))].into() })].into(),
        token_in: vec![
            TokenPlace::Bearer,
            TokenPlace::Basic,
            TokenPlace::Subprotocol { prefix: "openai-insecure-api-key.".into() },
            TokenPlace::NextSubprotocol { name: "bearer".into() },
        ]
        .into(),
        allow: vec![
            Grant { to: Grantee::Caller(CallerId(0)), rules: checkout.into(), auth: None },
            Grant { to: Grantee::Caller(CallerId(1)), rules: ci.into(), auth: None },
        ]
        .into(),
        strip_headers: vec![].into(),
        link_headers: vec![].into(),
        rewrite_body: vec![].into(),
        strip_query: vec![].into(),
        forward_headers: vec![].into(),
        encoded_slash: false,
        copy_bucket: None,
        cookies: false,
        shared_cache: false,
        forward_trace: true,
        timing: false,
        redact: true,
        redact_except: Vec::new().into(),
    }
}

#[test]
fn the_complete_example_means_what_the_design_says() {
    let mut digest = [0; 32];
    for (byte, value) in
        digest.iter_mut().zip([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].iter().cycle())
    {
        *byte = *value;
    }
    let expected = Gateway {
        digest: text(""),
        secrets: vec![
            secret("stripe", SourceKind::SecretsStore, &["STRIPE_KEY", "STRIPE_KEY_2"]),
            secret("checkout", SourceKind::SecretsStore, &["CHECKOUT_TOKEN"]),
            secret("aws", SourceKind::SecretsStore, &["AWS_PAIR"]),
            secret("legacy", SourceKind::WorkerSecret, &["LEGACY_KEY"]),
        ]
        .into(),
        callers: vec![
            Caller {
                name: text("checkout"),
                authentication: CallerAuthentication::Secret(SecretId(1)),
                named: false,
            },
            Caller {
                name: text("ci"),
                authentication: CallerAuthentication::Digests(vec![digest].into()),
                named: false,
            },
        ]
        .into(),
        routes: vec![route()].into(),
        operator: None,
        mounts: vec![
            Mount {
                host: Some(text("stripe.gw.example.com")),
                prefix: vec![].into(),
                to: MountTarget::Route(RouteId(0)),
            },
            Mount { host: None, prefix: vec![text("stripe")].into(), to: MountTarget::Route(RouteId(0)) },
        ]
        .into(),
        metrics: None,
        trace: false,
        secret_timeout: 2_000,
    };
    let gateway = File { path: "gateway.toml", text: GATEWAY };
    let wrangler = File { path: "wrangler.toml", text: WRANGLER };
    let checked = read(gateway, wrangler).unwrap();
    assert_eq!(Gateway { digest: text(""), ..checked.gateway }, expected);
    let unused: Vec<_> = checked.warnings.iter().map(|warning| warning.found.as_str()).collect();
    assert_eq!(unused, ["aws", "legacy"]);
}
