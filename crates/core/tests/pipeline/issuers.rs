//! The presets for issuers, with the claims from each issuer's documentation.

use serde_json::{Value, json};

use crate::jose::{NOW, ec, inline, named, token};
use crate::world::{Ask, World};

/// A caller's `jwt`, the URL of its keys, and the claims of the issuer's example without the times.
struct Issuer {
    jwt: &'static str,
    keys: Option<&'static str>,
    example: fn() -> Value,
    /// A claim that another user's token has with another value.
    identity: (&'static str, &'static str),
}

const ISSUERS: [Issuer; 6] = [
    // https://docs.github.com/en/actions/reference/security/oidc
    Issuer {
        jwt: r#"preset = "github-actions", audience = "https://github.com/octo-org", claims = { repository = "octo-org/*", ref = "refs/heads/main", environment = "prod" }"#,
        keys: Some("https://token.actions.githubusercontent.com/.well-known/jwks"),
        example: || {
            json!({
                "jti": "example-id", "sub": "repo:octo-org/octo-repo:environment:prod", "environment": "prod",
                "aud": "https://github.com/octo-org", "ref": "refs/heads/main", "sha": "example-sha",
                "repository": "octo-org/octo-repo", "repository_owner": "octo-org", "actor_id": "12",
                "repository_visibility": "private", "repository_id": "74", "repository_owner_id": "65",
                "run_id": "example-run-id", "run_number": "10", "run_attempt": "2",
                "runner_environment": "github-hosted", "actor": "octocat", "workflow": "example-workflow",
                "head_ref": "", "base_ref": "", "event_name": "workflow_dispatch", "ref_type": "branch",
                "job_workflow_ref": "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main",
                "iss": "https://token.actions.githubusercontent.com"
            })
        },
        identity: ("repository", "evil-org/octo-repo"),
    },
    // https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
    Issuer {
        jwt: r#"preset = "gitlab", issuer = "https://gitlab.example.com", audience = "https://vault.example.com", claims = { project_path = "my-group/my-project", runner_id = 1, groups_direct = "mygroup/*" }"#,
        keys: Some("https://gitlab.example.com/oauth/discovery/keys"),
        example: || {
            json!({
                "namespace_id": "72", "namespace_path": "my-group", "project_id": "20",
                "project_path": "my-group/my-project", "user_id": "1", "user_login": "sample-user",
                "user_identities": [{ "provider": "github", "extern_uid": "2435223452345" }],
                "pipeline_source": "push", "ref": "feature-branch-1", "ref_type": "branch",
                "ref_path": "refs/heads/feature-branch-1", "ref_protected": "false",
                "groups_direct": ["mygroup/mysubgroup", "myothergroup/myothersubgroup"], "runner_id": 1,
                "iss": "https://gitlab.example.com", "aud": "https://vault.example.com",
                "sub": "project_path:my-group/my-project:ref_type:branch:ref:feature-branch-1"
            })
        },
        identity: ("project_path", "my-group/my-project2"),
    },
    // https://developers.google.com/identity/openid-connect/openid-connect
    Issuer {
        jwt: r#"preset = "google", audience = "1234987819200.apps.googleusercontent.com", claims = { email = "*@example.com", email_verified = true }"#,
        keys: Some("https://www.googleapis.com/oauth2/v3/certs"),
        example: || {
            json!({
                "iss": "https://accounts.google.com", "azp": "1234987819200.apps.googleusercontent.com",
                "aud": "1234987819200.apps.googleusercontent.com", "sub": "10769150350006150715113082367",
                "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "hd": "example.com", "email": "jsmith@example.com",
                "email_verified": "true", "nonce": "0394852-3190485-2490358"
            })
        },
        identity: ("email", "jsmith@example.com.evil.example"),
    },
    // https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/application-token/
    Issuer {
        jwt: r#"preset = "cloudflare-access", issuer = "https://yourteam.cloudflareaccess.com", audience = "32eafc7626e737136c1702af7d71e8e3b8f8f9b9", claims = {}"#,
        keys: Some("https://yourteam.cloudflareaccess.com/cdn-cgi/access/certs"),
        example: || {
            json!({
                "aud": ["32eafc7626e737136c1702af7d71e8e3b8f8f9b9"], "email": "user@example.com",
                "iss": "https://yourteam.cloudflareaccess.com", "type": "app",
                "identity_nonce": "6ei69kawdKzMIAPF", "sub": "7335d417-61da-459d-899c-0a01c76a2f94", "country": "US"
            })
        },
        identity: ("aud", "another application"),
    },
    // https://vercel.com/docs/oidc/reference
    Issuer {
        jwt: r#"preset = "vercel", issuer = "https://oidc.vercel.com/acme", audience = "https://vercel.com/acme", claims = { project = "acme_website", environment = "production" }"#,
        keys: Some("https://oidc.vercel.com/acme/.well-known/jwks"),
        example: || {
            json!({
                "iss": "https://oidc.vercel.com/acme",
                "sub": "owner:acme:project:acme_website:environment:production",
                "aud": "https://vercel.com/acme", "owner": "acme", "owner_id": "team_7Gw5ZMBvQA8h9OF832KGp7nwbuh3",
                "project": "acme_website", "project_id": "prj_7Gw5ZMBvQA8h9OF832KGp7nwbuh3",
                "environment": "production"
            })
        },
        identity: ("environment", "preview"),
    },
    // https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
    Issuer {
        jwt: r#"issuer = "https://kubernetes.default.svc", audience = "https://kubernetes.default.svc", claims = { sub = "system:serviceaccount:kube-system:*", "kubernetes.io" = { serviceaccount = { name = "coredns" } } }, keys = [KEY]"#,
        keys: None,
        example: || {
            json!({
                "aud": ["https://kubernetes.default.svc"], "iss": "https://kubernetes.default.svc",
                "jti": "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
                "kubernetes.io": {
                    "namespace": "kube-system",
                    "node": { "name": "127.0.0.1", "uid": "58456cb0-dd00-45ed-b797-5578fdceaced" },
                    "pod": { "name": "coredns-69cbfb9798-jv9gn", "uid": "778a530c-b3f4-47c0-9cd5-ab018fb64f33" },
                    "serviceaccount": { "name": "coredns", "uid": "a087d5a0-e1dd-43ec-93ac-f13d89cd13af" },
                    "warnafter": 1_700_081_020
                },
                "sub": "system:serviceaccount:kube-system:coredns"
            })
        },
        identity: ("sub", "system:serviceaccount:default:coredns"),
    },
];

#[test]
fn the_example_of_each_issuer_s_documentation_proves_its_caller_and_somebody_else_s_does_not() {
    for Issuer { jwt, keys, example, identity: (claim, other) } in ISSUERS {
        let jwt = jwt.replace("KEY", &inline(&named(ec(), "e")));
        let mut world = World::of(&format!(
            r#"
[callers.job]
jwt = {{ {jwt} }}

[routes.open]
mount    = "/open"
upstream = "https://open.example.com"
auth     = []
allow    = {{ job = ["GET /**"] }}
"#
        ));
        world.now = NOW * 1000.0;
        let set = json!({ "keys": [named(ec(), "e")] }).to_string();
        if let Some(keys) = keys {
            world.key_sets.borrow_mut().insert(keys.to_owned(), Ok((200, None, set)));
        }
        let answer = |claims: &Value| {
            let mut claims = claims.clone();
            for (name, time) in [("nbf", NOW), ("iat", NOW), ("exp", NOW + 300.0)] {
                claims[name] = time.into();
            }
            let token = token(&json!({ "alg": "ES256", "typ": "JWT", "kid": "e" }), &claims);
            let ask = Ask::new("GET", "/open/x").without("authorization");
            world.ask(&ask.header("authorization", &format!("Bearer {token}")))
        };
        let mut claims = example();
        let exchange = answer(&claims);
        assert_eq!((exchange.status, &exchange.log["caller"]), (200, &"job".into()), "{jwt}: {exchange:?}");
        assert_eq!(exchange.log["subject"], claims["sub"]);
        assert_eq!(world.fetched.borrow().first().map(String::as_str), keys);
        claims[claim] = other.into();
        assert_eq!(answer(&claims).status, 401, "{jwt}");
    }
}
