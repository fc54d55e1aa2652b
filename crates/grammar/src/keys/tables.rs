//! Every table of `gateway.toml` with its keys. The file is longer than others, because it is one list.

use super::key::Presence::{Optional, Required};
use super::key::{Key, KeyTable, Shape};

const DURATION: Shape = Shape::Pattern("^[0-9]+(ms|s|m|h)$");
const SIZE: Shape = Shape::Pattern("^[0-9]+(B|KiB|MiB|GiB)$");
const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::Array(0, &TEXT);
const SOME_TEXTS: Shape = Shape::Array(1, &TEXT);

/// The top level of `gateway.toml`.
pub static ROOT: KeyTable = KeyTable {
    owner: "gateway.toml",
    keys: &[
        Key {
            name: "version",
            summary: "The version of the format of this file.",
            presence: Optional("1"),
            example: "version = 1",
            shape: Shape::Integer(1, 1),
        },
        Key {
            name: "secrets",
            summary: "The secrets: for each name its sources, the primary first.",
            presence: Optional("no secret"),
            example: "secrets.stripe = [\"STRIPE_KEY\", \"STRIPE_KEY_2\"]",
            shape: Shape::Named(&SOURCES),
        },
        Key {
            name: "callers",
            summary: "The clients of the gateway, and how each one authenticates.",
            presence: Optional("no caller"),
            example: "callers.web = { bearer = \"${web_token}\" }",
            shape: Shape::Named(&Shape::Table(&CALLER)),
        },
        Key {
            name: "routes",
            summary: "The APIs behind the gateway: where each one is mounted, its credential and its rules.",
            presence: Required,
            example: "routes.stripe = { mount = \"/stripe\" }",
            shape: Shape::Named(&Shape::Table(&ROUTE)),
        },
        Key {
            name: "gateway",
            summary: "Settings of the whole gateway.",
            presence: Optional("each key's default"),
            example: "gateway = { secret_timeout = \"2s\" }",
            shape: Shape::Table(&GATEWAY),
        },
        Key {
            name: "operator",
            summary: "The endpoints for the operator of the gateway.",
            presence: Optional("no endpoints"),
            example: "operator = { mount = \"/_ostiary\", allow = [\"admin\"] }",
            shape: Shape::Table(&OPERATOR),
        },
    ],
    forms: &[],
};

static SOURCES: Shape = Shape::Array(1, &SOURCE);
static SOURCE: Shape = Shape::AnyOf(&[Shape::Text, Shape::Table(&WORKER_SECRET)]);

/// A source that is a secret of the Worker.
pub(crate) static WORKER_SECRET: KeyTable = KeyTable {
    owner: "a source",
    keys: &[Key {
        name: "worker_secret",
        summary: "A Worker secret, which `wrangler secret put` writes.",
        presence: Required,
        example: "worker_secret = \"LEGACY_KEY\"",
        shape: Shape::Text,
    }],
    forms: &[],
};

/// `[callers.NAME]`.
pub(crate) static CALLER: KeyTable = KeyTable {
    owner: "a caller",
    keys: &[
        Key {
            name: "bearer",
            summary: "A template of one secret. The value of each of its sources is the caller's token.",
            presence: Optional("another key authenticates the caller"),
            example: "bearer = \"${web_token}\"",
            shape: Shape::Template,
        },
        Key {
            name: "bearer_sha256",
            summary: "The SHA-256 digests of the caller's tokens. `ostiary token new` makes a token and its digest.",
            presence: Optional("another key authenticates the caller"),
            example: "bearer_sha256 = [\"fac076e1c1db29dc15d9da2a52364d52ac8d5b29d5c5bf0fef2c47eb9bee8c65\"]",
            shape: Shape::Array(1, &Shape::Pattern("^[0-9A-Fa-f]{64}$")),
        },
        Key {
            name: "jwt",
            summary: "Signed tokens of another issuer, such as a CI system: their issuer, audience and claims.",
            presence: Optional("another key authenticates the caller"),
            example: "jwt = { preset = \"github-actions\", audience = \"https://gw.example.com\", claims = { repository = \"acme/shop\" } }",
            shape: Shape::Table(&CALLER_JWT),
        },
        Key {
            name: "issued",
            summary: "Signed tokens that `ostiary token issue` makes. The caller is a class, and each token names one member of it.",
            presence: Optional("another key authenticates the caller"),
            example: "issued = { keys = [\"GPg7CpPGdCUO2Iy4Hy3APfGjBpox8Od96OBDmBIjQQA\"] }",
            shape: Shape::Table(&ISSUED),
        },
        Key {
            name: "hmac",
            summary: "The caller signs each request, and sends no token: its key, the message that it signs, and the headers or parameters that it adds.",
            presence: Optional("another key authenticates the caller"),
            example: "hmac = { key = \"${billing}\" }",
            shape: Shape::Table(&CALLER_HMAC),
        },
        Key {
            name: "named",
            summary: "Whether every token of the caller contains its name, like the tokens of `ostiary token new`. The caller's secret is then only read for these tokens.",
            presence: Optional("false"),
            example: "named = true",
            shape: Shape::Boolean,
        },
        Key {
            name: "with",
            summary: "Values of this caller, each a template. `${caller.NAME}` in the `auth` of a route is replaced by the value of the request's caller.",
            presence: Optional("the caller has no values"),
            example: "with = { stripe = \"${stripe_a}\", account = \"acct_1A\" }",
            shape: Shape::Named(&Shape::Template),
        },
    ],
    forms: &[&["bearer"], &["bearer_sha256"], &["jwt"], &["issued"], &["hmac"]],
};

static CLAIM: Shape = Shape::AnyOf(&[TEXT, SOME_TEXTS, Shape::Boolean, Shape::Integer(0, u32::MAX)]);
static MEMBER: Shape =
    Shape::AnyOf(&[TEXT, SOME_TEXTS, Shape::Boolean, Shape::Integer(0, u32::MAX), Shape::Named(&CLAIM)]);
static CLAIMS: Shape =
    Shape::AnyOf(&[TEXT, SOME_TEXTS, Shape::Boolean, Shape::Integer(0, u32::MAX), Shape::Named(&MEMBER)]);

/// `jwt` of a caller.
pub(crate) static CALLER_JWT: KeyTable = KeyTable {
    owner: "`jwt`",
    keys: &[
        Key {
            name: "preset",
            summary: "A known issuer: the URL of its keys, and the claims that are required.",
            presence: Optional("no preset; `issuer` is required"),
            example: "preset = \"github-actions\"",
            shape: Shape::Word(&["github-actions", "gitlab", "google", "cloudflare-access", "vercel"]),
        },
        Key {
            name: "issuer",
            summary: "The claim `iss`. It is compared byte for byte. `${var.NAME}` is a variable.",
            presence: Optional("the issuer of the preset, if it has one"),
            example: "issuer = \"https://id.example.com\"",
            shape: Shape::Template,
        },
        Key {
            name: "audience",
            summary: "The claim `aud` has to contain this string, or one of these strings.",
            presence: Required,
            example: "audience = \"https://gw.example.com\"",
            shape: Shape::AnyOf(&[Shape::Template, Shape::Array(1, &Shape::Template)]),
        },
        Key {
            name: "claims",
            summary: "The values of other claims: a string, one of several, or a pattern with `*`.",
            presence: Required,
            example: "claims = { repository = \"acme/*\", ref = \"refs/heads/main\" }",
            shape: Shape::Named(&CLAIMS),
        },
        Key {
            name: "jwks",
            summary: "The URL of the issuer's keys, a JWK Set.",
            presence: Optional("the preset's, or the `jwks_uri` of the issuer's metadata"),
            example: "jwks = \"https://id.example.com/keys\"",
            shape: Shape::Template,
        },
        Key {
            name: "keys",
            summary: "The issuer's public keys, each as a JWK. With `keys`, nothing is fetched.",
            presence: Optional("the keys are fetched"),
            example: "keys = [{ kty = \"OKP\", crv = \"Ed25519\", x = \"rw5QfRAqDzS4QNjfoUegksQQJTwkW3j0IG31F3TgGcg\" }]",
            shape: Shape::Array(1, &Shape::Named(&TEXT)),
        },
    ],
    forms: &[],
};

/// `hmac` of a caller.
pub(crate) static CALLER_HMAC: KeyTable = KeyTable {
    owner: "`hmac`",
    keys: &[
        Key {
            name: "key",
            summary: "A template of one secret, or of one field of a secret. Each of its sources is accepted as the key.",
            presence: Required,
            example: "key = \"${billing}\"",
            shape: Shape::Template,
        },
        HMAC_KEY_ENCODING,
        HMAC_ALGORITHM,
        Key {
            name: "message",
            summary: "The message that the caller signs: a template of texts and values of its request.",
            presence: Optional("method, host, target, time, nonce and digest of the body, a line each"),
            example: "message = \"${request.method} ${request.target} ${request.timestamp} ${request.body_sha256}\"",
            shape: Shape::Template,
        },
        HMAC_ENCODING,
        Key {
            name: "put",
            summary: "The headers and query parameters that the caller adds: the signature, the time, a nonce, and its name. One table, or several.",
            presence: Optional("the headers `x-caller`, `x-timestamp`, `x-nonce` and `x-signature`"),
            example: "put = [{ header = \"x-timestamp\", value = \"${request.timestamp}\" }, { query = \"signature\", value = \"${request.signature}\" }]",
            shape: Shape::AnyOf(&[Shape::Table(&CALLER_PUT), Shape::Array(1, &Shape::Table(&CALLER_PUT))]),
        },
        Key {
            name: "window",
            summary: "The largest difference between the time in a request and the gateway's clock, in either direction.",
            presence: Optional("\"5m\""),
            example: "window = \"1m\"",
            shape: DURATION,
        },
    ],
    forms: &[],
};

/// `put` of a caller's `hmac`.
static CALLER_PUT: KeyTable = KeyTable {
    owner: "`put`",
    keys: &[
        Key {
            name: "header",
            summary: "The header with the value.",
            presence: Optional("the table has another place"),
            example: "header = \"x-signature\"",
            shape: TEXT,
        },
        Key {
            name: "query",
            summary: "The query parameter with the value.",
            presence: Optional("the table has another place"),
            example: "query = \"signature\"",
            shape: TEXT,
        },
        Key {
            name: "value",
            summary: "The whole value: texts, the signature, the time and the nonce.",
            presence: Required,
            example: "value = \"v1=${request.signature}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[&["header", "value"], &["query", "value"]],
};

/// `issued` of a caller.
pub(crate) static ISSUED: KeyTable = KeyTable {
    owner: "`issued`",
    keys: &[
        Key {
            name: "keys",
            summary: "The public keys for verifying tokens. `ostiary token key` makes a pair.",
            presence: Required,
            example: "keys = [\"rw5QfRAqDzS4QNjfoUegksQQJTwkW3j0IG31F3TgGcg\"]",
            shape: Shape::Array(1, &Shape::Pattern("^[A-Za-z0-9_-]{43}$")),
        },
        Key {
            name: "audience",
            summary: "The claim `aud` has to contain this string.",
            presence: Optional("not checked"),
            example: "audience = \"https://gw.example.com\"",
            shape: TEXT,
        },
        Key {
            name: "max_ttl",
            summary: "The longest lifetime of a token.",
            presence: Optional("\"90d\""),
            example: "max_ttl = \"30d\"",
            shape: Shape::Pattern("^[0-9]+(m|h|d)$"),
        },
        Key {
            name: "revoked",
            summary: "A template of one secret: the list of revoked tokens.",
            presence: Optional("no token is revoked"),
            example: "revoked = \"${agents_revoked}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[],
};

/// `[routes.NAME]`.
pub(crate) static ROUTE: KeyTable = KeyTable {
    owner: "a route",
    keys: &[
        Key {
            name: "mount",
            summary: "The URLs of the route: `/prefix`, `host` or `host/prefix`, or a list of them.",
            presence: Required,
            example: "mount = \"/stripe\"",
            shape: Shape::AnyOf(&[TEXT, SOME_TEXTS]),
        },
        Key {
            name: "upstream",
            summary: "The origin and the base path that requests are sent to. `${var.NAME}` is a variable.",
            presence: Required,
            example: "upstream = \"https://api.stripe.com\"",
            shape: Shape::AnyOf(&[Shape::Template, Shape::Table(&SERVICE)]),
        },
        Key {
            name: "auth",
            summary: "How the credential is added to a request: one table, or a list of tables.",
            presence: Required,
            example: "auth = { bearer = \"${stripe}\" }",
            shape: Shape::AnyOf(&[Shape::Table(&AUTH), Shape::Array(0, &Shape::Table(&AUTH))]),
        },
        Key {
            name: "allow",
            summary: "The rules of each caller, such as `GET,POST /v1/**`. `anyone` needs no token.",
            presence: Required,
            example: "allow = { web = [\"GET /v1/**\"] }",
            shape: Shape::Named(&SOME_TEXTS),
        },
        Key {
            name: "timeout",
            summary: "The time until the head of the upstream's response has arrived. It starts again with each piece of the request's body that is sent.",
            presence: Optional("\"100s\""),
            example: "timeout = \"100s\"",
            shape: DURATION,
        },
        Key {
            name: "failover",
            summary: "The responses that mean a refusal of the credential. After such a response, the next source is tried.",
            presence: Optional(
                "`{ status = [401], replay_limit = \"64KiB\" }` if a secret has several sources",
            ),
            example: "failover = { status = [401], replay_limit = \"64KiB\" }",
            shape: Shape::AnyOf(&[Shape::Boolean, Shape::Table(&FAILOVER)]),
        },
        Key {
            name: "retry",
            summary: "Repeats a request after a failed connection.",
            presence: Optional("requests are not repeated"),
            example: "retry = { attempts = 2 }",
            shape: Shape::Table(&RETRY),
        },
        Key {
            name: "idle_timeout",
            summary: "The time after which a response is aborted if no bytes of its body arrive.",
            presence: Optional("no limit"),
            example: "idle_timeout = \"60s\"",
            shape: DURATION,
        },
        Key {
            name: "max_body",
            summary: "The largest body of a request.",
            presence: Optional("the platform's limit"),
            example: "max_body = \"10MiB\"",
            shape: SIZE,
        },
        Key {
            name: "body_limit",
            summary: "The largest body of a request that the gateway reads before it sends it.",
            presence: Optional("\"1MiB\""),
            example: "body_limit = \"4MiB\"",
            shape: SIZE,
        },
        Key {
            name: "rate_limit",
            summary: "Rate limits of the route. Each one names a `[[ratelimits]]` binding.",
            presence: Optional("requests are not limited"),
            example: "rate_limit = [{ binding = \"AGENT_RPM\", by = \"caller\" }]",
            shape: Shape::Array(1, &Shape::Table(&RATE_LIMIT)),
        },
        Key {
            name: "cors",
            summary: "Which web pages may call the route.",
            presence: Optional("no page may call the route"),
            example: "cors = { origins = [\"https://app.example.com\"] }",
            shape: Shape::Table(&CORS),
        },
        Key {
            name: "token_in",
            summary: "The places in which callers send their tokens. They are removed before forwarding.",
            presence: Optional(
                "`Authorization`, and the header or query parameter that `auth` sets to a secret",
            ),
            example: "token_in = [\"bearer\", \"header:x-api-key\"]",
            shape: SOME_TEXTS,
        },
        Key {
            name: "strip_headers",
            summary: "Further request headers that are not forwarded.",
            presence: Optional("no further header"),
            example: "strip_headers = [\"x-debug\"]",
            shape: TEXTS,
        },
        Key {
            name: "strip_query",
            summary: "Query parameters of the request that are not forwarded.",
            presence: Optional("all parameters are forwarded"),
            example: "strip_query = [\"api_key\"]",
            shape: TEXTS,
        },
        Key {
            name: "forward_headers",
            summary: "Headers that are forwarded although they are removed by default.",
            presence: Optional("no further header is forwarded"),
            example: "forward_headers = [\"x-forwarded-for\", \"origin\"]",
            shape: TEXTS,
        },
        Key {
            name: "link_headers",
            summary: "Further response headers in which the upstream's URL is replaced by the gateway's URL of the route.",
            presence: Optional("`Location` and the other headers that the documentation lists"),
            example: "link_headers = [\"x-next-page\"]",
            shape: TEXTS,
        },
        Key {
            name: "rewrite_body",
            summary: "Media types of response bodies in which the upstream's URL is replaced by the gateway's URL of the route.",
            presence: Optional("bodies are not changed"),
            example: "rewrite_body = [\"application/json\"]",
            shape: SOME_TEXTS,
        },
        Key {
            name: "encoded_slash",
            summary: "Whether a `%2F` is admitted within a segment of the path.",
            presence: Optional("false"),
            example: "encoded_slash = true",
            shape: Shape::Boolean,
        },
        Key {
            name: "copy_bucket",
            summary: "Where the upstream has the bucket that a header such as `x-amz-copy-source` names: `path`, or `host:BUCKET`.",
            presence: Optional("known for the hosts of providers; on other hosts, such a header is refused"),
            example: "copy_bucket = \"path\"",
            shape: Shape::Text,
        },
        Key {
            name: "cookies",
            summary: "Whether `Cookie` is forwarded and `Set-Cookie` returned. The route needs a host of its own.",
            presence: Optional("false"),
            example: "cookies = true",
            shape: Shape::Boolean,
        },
        Key {
            name: "redact",
            summary: "Whether responses are searched for the secrets that were sent upstream, and the exceptions.",
            presence: Optional("true"),
            example: "redact = false",
            shape: Shape::AnyOf(&[Shape::Boolean, Shape::Table(&REDACT)]),
        },
        Key {
            name: "shared_cache",
            summary: "Whether `Cache-Control` is returned as the upstream sent it, instead of `private`.",
            presence: Optional("false"),
            example: "shared_cache = true",
            shape: Shape::Boolean,
        },
        Key {
            name: "forward_trace",
            summary: "Whether the trace headers are sent upstream.",
            presence: Optional("true"),
            example: "forward_trace = false",
            shape: Shape::Boolean,
        },
        Key {
            name: "timing",
            summary: "Whether responses have `Server-Timing` and the number of attempts.",
            presence: Optional("false"),
            example: "timing = true",
            shape: Shape::Boolean,
        },
    ],
    forms: &[],
};

/// One table of `auth`.
pub(crate) static AUTH: KeyTable = KeyTable {
    owner: "`auth`",
    keys: &[
        Key {
            name: "bearer",
            summary: "Adds `Authorization: Bearer …` with this template.",
            presence: Optional("another kind is used"),
            example: "bearer = \"${stripe}\"",
            shape: Shape::Template,
        },
        Key {
            name: "basic",
            summary: "Adds `Authorization: Basic …` with this user name and password.",
            presence: Optional("another kind is used"),
            example: "basic = { username = \"api\", password = \"${mailgun}\" }",
            shape: Shape::Table(&BASIC),
        },
        Key {
            name: "header",
            summary: "Sets this header to the template `value`.",
            presence: Optional("another kind is used"),
            example: "header = \"x-api-key\"",
            shape: Shape::Text,
        },
        Key {
            name: "query",
            summary: "Sets this query parameter to the template `value`. It replaces a parameter of that name in the caller's request.",
            presence: Optional("another kind is used"),
            example: "query = \"key\"",
            shape: Shape::Text,
        },
        Key {
            name: "json",
            summary: "Sets this member of the request's body, a JSON pointer, to the template `value`.",
            presence: Optional("another kind is used"),
            example: "json = \"/auth/token\"",
            shape: Shape::Text,
        },
        Key {
            name: "form",
            summary: "Sets this field of the form in the request's body to the template `value`.",
            presence: Optional("another kind is used"),
            example: "form = \"api_key\"",
            shape: Shape::Text,
        },
        Key {
            name: "path",
            summary: "Replaces `{name}` in the path of the route's `upstream` with the template `value`.",
            presence: Optional("another kind is used"),
            example: "path = \"token\"",
            shape: Shape::Pattern("^[A-Za-z0-9_-]+$"),
        },
        Key {
            name: "mtls",
            summary: "Sends the request through an `mtls_certificates` binding. If there are several, the next one is used when the upstream refuses the credential.",
            presence: Optional("no client certificate"),
            example: "mtls = [\"CERTIFICATE\", \"CERTIFICATE_2\"]",
            shape: Shape::AnyOf(&[Shape::Text, SOME_TEXTS]),
        },
        Key {
            name: "hmac",
            summary: "Adds an HMAC of the request.",
            presence: Optional("another kind is used"),
            example: "hmac = { key = \"${key}\", message = \"${request.body}\", put = { header = \"x-signature\", value = \"${request.signature}\" } }",
            shape: Shape::Table(&HMAC),
        },
        Key {
            name: "sigv4",
            summary: "Signs the request with AWS Signature Version 4.",
            presence: Optional("another kind is used"),
            example: "sigv4 = { access_key_id = \"${aws.id}\", secret_access_key = \"${aws.key}\", region = \"us-east-1\", service = \"s3\" }",
            shape: Shape::Table(&SIGV4),
        },
        Key {
            name: "jwt",
            summary: "Adds a token that is signed for each attempt.",
            presence: Optional("another kind is used"),
            example: "jwt = { key = \"${apple.key}\", alg = \"ES256\", kid = \"${apple.key_id}\" }",
            shape: Shape::Table(&JWT),
        },
        Key {
            name: "exchange",
            summary: "Adds a token that the gateway gets in exchange for a credential.",
            presence: Optional("another kind is used"),
            example: "exchange = { url = \"https://api.example.com/tokens\", auth = { bearer = \"${secret}\" }, token = \"/token\" }",
            shape: Shape::Table(&EXCHANGE),
        },
        Key {
            name: "oauth2",
            summary: "Adds an access token of an OAuth 2.0 grant.",
            presence: Optional("another kind is used"),
            example: "oauth2 = { token_url = \"https://auth.example.com/token\", client_id = \"${app.id}\", client_secret = \"${app.secret}\" }",
            shape: Shape::Table(&OAUTH2),
        },
        Key {
            name: "value",
            summary: "The template that `header`, `query`, `json`, `form` or `path` is set to.",
            presence: Optional("required with `header`, `query`, `json`, `form` and `path`"),
            example: "value = \"${anthropic}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[
        &["bearer"],
        &["basic"],
        &["header", "value"],
        &["query", "value"],
        &["json", "value"],
        &["form", "value"],
        &["path", "value"],
        &["hmac"],
        &["sigv4"],
        &["jwt"],
        &["exchange"],
        &["oauth2"],
        &["mtls"],
    ],
};

/// `basic` of a route's `auth`.
pub(crate) static BASIC: KeyTable = KeyTable {
    owner: "`basic`",
    keys: &[
        Key {
            name: "username",
            summary: "A template of the user name. It may be empty.",
            presence: Required,
            example: "username = \"api\"",
            shape: Shape::Template,
        },
        Key {
            name: "password",
            summary: "A template of the password. It may be empty.",
            presence: Required,
            example: "password = \"${mailgun}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[],
};

/// `hmac` of a route's `auth`.
pub(crate) static HMAC: KeyTable = KeyTable {
    owner: "`hmac`",
    keys: &[
        Key {
            name: "key",
            summary: "The template of the key.",
            presence: Required,
            example: "key = \"${binance.secret}\"",
            shape: Shape::Template,
        },
        HMAC_KEY_ENCODING,
        HMAC_ALGORITHM,
        Key {
            name: "message",
            summary: "The template of the message that is signed.",
            presence: Required,
            example: "message = \"${request.timestamp}.${request.body}\"",
            shape: Shape::Template,
        },
        HMAC_ENCODING,
        Key {
            name: "put",
            summary: "The places of the signature and of other values.",
            presence: Required,
            example: "put = { header = \"x-signature\", value = \"${request.signature}\" }",
            shape: OUTPUTS,
        },
    ],
    forms: &[],
};

const HMAC_KEY_ENCODING: Key = Key {
    name: "key_encoding",
    summary: "How the value of the key is decoded.",
    presence: Optional("\"text\""),
    example: "key_encoding = \"base64\"",
    shape: Shape::Word(&["text", "hex", "base64"]),
};
const HMAC_ALGORITHM: Key = Key {
    name: "algorithm",
    summary: "The hash.",
    presence: Optional("\"sha256\""),
    example: "algorithm = \"sha512\"",
    shape: Shape::Word(&["sha256", "sha512", "sha384", "sha1"]),
};
const HMAC_ENCODING: Key = Key {
    name: "encoding",
    summary: "The encoding of the signature.",
    presence: Optional("\"hex\""),
    example: "encoding = \"base64\"",
    shape: Shape::Word(&["hex", "base64", "base64url"]),
};

const OUTPUTS: Shape = Shape::AnyOf(&[Shape::Table(&PUT), Shape::Array(1, &Shape::Table(&PUT))]);

/// One table of `put` in `hmac`.
pub(crate) static PUT: KeyTable = KeyTable {
    owner: "`put`",
    keys: &[
        Key {
            name: "header",
            summary: "The header that is set.",
            presence: Optional("another place is named"),
            example: "header = \"x-signature\"",
            shape: Shape::Text,
        },
        Key {
            name: "query",
            summary: "The query parameter that is set.",
            presence: Optional("another place is named"),
            example: "query = \"signature\"",
            shape: Shape::Text,
        },
        Key {
            name: "json",
            summary: "The JSON pointer of the member of the body that is set.",
            presence: Optional("another place is named"),
            example: "json = \"/signature\"",
            shape: Shape::Text,
        },
        Key {
            name: "form",
            summary: "The field of the body that is set.",
            presence: Optional("another place is named"),
            example: "form = \"signature\"",
            shape: Shape::Text,
        },
        Key {
            name: "value",
            summary: "The template that the place is set to.",
            presence: Required,
            example: "value = \"sha256=${request.signature}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[&["header", "value"], &["query", "value"], &["json", "value"], &["form", "value"]],
};

/// `sigv4` of a route's `auth`.
pub(crate) static SIGV4: KeyTable = KeyTable {
    owner: "`sigv4`",
    keys: &[
        Key {
            name: "access_key_id",
            summary: "The template of the access key's id.",
            presence: Required,
            example: "access_key_id = \"${aws.id}\"",
            shape: Shape::Template,
        },
        Key {
            name: "secret_access_key",
            summary: "The template of the secret access key.",
            presence: Required,
            example: "secret_access_key = \"${aws.key}\"",
            shape: Shape::Template,
        },
        Key {
            name: "session_token",
            summary: "The template of the token of temporary credentials.",
            presence: Optional("the credentials are not temporary"),
            example: "session_token = \"${aws.token}\"",
            shape: Shape::Template,
        },
        Key {
            name: "region",
            summary: "The region of the service.",
            presence: Required,
            example: "region = \"eu-central-1\"",
            shape: Shape::Template,
        },
        Key {
            name: "service",
            summary: "The name of the service in signatures.",
            presence: Required,
            example: "service = \"s3\"",
            shape: Shape::Text,
        },
    ],
    forms: &[],
};

/// `upstream` of a route that leads to a service.
pub(crate) static SERVICE: KeyTable = KeyTable {
    owner: "`upstream`",
    keys: &[
        Key {
            name: "service",
            summary: "The service binding that sends the requests.",
            presence: Required,
            example: "service = \"BILLING\"",
            shape: Shape::Text,
        },
        Key {
            name: "url",
            summary: "The origin and the base path that the service sees.",
            presence: Optional("\"https://service.internal\""),
            example: "url = \"https://billing.internal/v1\"",
            shape: Shape::Text,
        },
    ],
    forms: &[],
};

/// `failover` of a route.
pub(crate) static FAILOVER: KeyTable = KeyTable {
    owner: "`failover`",
    keys: &[
        Key {
            name: "when",
            summary: "The responses that mean a refusal: a status code, or a status code and a text of the body.",
            presence: Optional("[401]"),
            example: "when = [401, { status = 400, body = \"API_KEY_INVALID\" }]",
            shape: Shape::Array(1, &Shape::AnyOf(&[Shape::Integer(400, 599), Shape::Table(&REFUSAL)])),
        },
        Key {
            name: "status",
            summary: "The status codes that mean a refusal of the credential: the short form of `when`.",
            presence: Optional("[401]"),
            example: "status = [401, 403]",
            shape: Shape::Array(1, &Shape::Integer(400, 599)),
        },
        Key {
            name: "replay_limit",
            summary: "The largest body of a request that is kept in memory, so that it can be sent again.",
            presence: Optional("\"64KiB\""),
            example: "replay_limit = \"64KiB\"",
            shape: SIZE,
        },
    ],
    forms: &[],
};

/// A condition of `when` in `failover`.
pub(crate) static REFUSAL: KeyTable = KeyTable {
    owner: "a condition of `when`",
    keys: &[
        Key {
            name: "status",
            summary: "The status code of the refusal.",
            presence: Required,
            example: "status = 400",
            shape: Shape::Integer(200, 599),
        },
        Key {
            name: "body",
            summary: "A text that is in the body of a refusal, and in no other response with this status.",
            presence: Optional("the status code alone decides"),
            example: "body = \"API_KEY_INVALID\"",
            shape: Shape::Text,
        },
    ],
    forms: &[],
};

/// `redact` of a route.
pub(crate) static REDACT: KeyTable = KeyTable {
    owner: "`redact`",
    keys: &[Key {
        name: "except",
        summary: "Secrets, or fields of them, that are identifiers and may be in responses.",
        presence: Required,
        example: "except = [\"twilio.sid\"]",
        shape: SOME_TEXTS,
    }],
    forms: &[],
};

/// `retry` of a route.
pub(crate) static RETRY: KeyTable = KeyTable {
    owner: "`retry`",
    keys: &[Key {
        name: "attempts",
        summary: "The number of attempts, including the first one.",
        presence: Required,
        example: "attempts = 2",
        shape: Shape::Integer(2, 5),
    }],
    forms: &[],
};

/// One rate limit.
pub(crate) static RATE_LIMIT: KeyTable = KeyTable {
    owner: "a rate limit",
    keys: &[
        Key {
            name: "binding",
            summary: "The name of a `[[ratelimits]]` binding in wrangler's configuration.",
            presence: Required,
            example: "binding = \"AGENT_RPM\"",
            shape: Shape::Text,
        },
        Key {
            name: "by",
            summary: "What requests are counted by: the caller or the address.",
            presence: Required,
            example: "by = \"caller\"",
            shape: Shape::Word(&["caller", "address"]),
        },
    ],
    forms: &[],
};

/// `cors` of a route.
pub(crate) static CORS: KeyTable = KeyTable {
    owner: "`cors`",
    keys: &[
        Key {
            name: "origins",
            summary: "The origins of the pages that may call the route, in the form of the `Origin` header.",
            presence: Required,
            example: "origins = [\"https://app.example.com\", \"https://*.app.pages.dev\"]",
            shape: SOME_TEXTS,
        },
        Key {
            name: "credentials",
            summary: "Whether a browser may send its own credentials, such as a client certificate.",
            presence: Optional("false"),
            example: "credentials = true",
            shape: Shape::Boolean,
        },
        Key {
            name: "headers",
            summary: "The request headers that pages may set: names, families such as `x-stainless-*`, or `*`.",
            presence: Optional("only the headers for the token"),
            example: "headers = [\"content-type\", \"x-stainless-*\"]",
            shape: TEXTS,
        },
        Key {
            name: "expose",
            summary: "The response headers that pages may read: names, families, or `*`.",
            presence: Optional("all headers"),
            example: "expose = [\"x-ratelimit-*\"]",
            shape: TEXTS,
        },
        Key {
            name: "max_age",
            summary: "How long a browser may cache the response to a preflight.",
            presence: Optional("the browser's default"),
            example: "max_age = \"1h\"",
            shape: DURATION,
        },
    ],
    forms: &[],
};

/// `[operator]`.
pub(crate) static OPERATOR: KeyTable = KeyTable {
    owner: "`[operator]`",
    keys: &[
        Key {
            name: "mount",
            summary: "The mount of the operator's endpoints: `/prefix`, `host` or `host/prefix`.",
            presence: Required,
            example: "mount = \"/_ostiary\"",
            shape: Shape::Text,
        },
        Key {
            name: "allow",
            summary: "The callers that may use the operator's endpoints.",
            presence: Required,
            example: "allow = [\"admin\"]",
            shape: SOME_TEXTS,
        },
        Key {
            name: "rate_limit",
            summary: "Rate limits of the operator's endpoints.",
            presence: Optional("requests are not limited"),
            example: "rate_limit = [{ binding = \"OPERATOR_RPM\", by = \"address\" }]",
            shape: Shape::Array(1, &Shape::Table(&RATE_LIMIT)),
        },
        Key {
            name: "page",
            summary: "Whether there is a status page. The mount needs a host without routes.",
            presence: Optional("false"),
            example: "page = true",
            shape: Shape::Boolean,
        },
        Key {
            name: "metrics",
            summary: "The SQL API of Analytics Engine, from which the operator's endpoints read data points.",
            presence: Optional("data points are not read"),
            example: "metrics = { url = \"https://api.cloudflare.com/client/v4/accounts/${var.ACCOUNT_ID}/analytics_engine/sql\", token = \"${analytics}\" }",
            shape: Shape::Table(&METRICS),
        },
        Key {
            name: "secrets_store",
            summary: "Where the operator's endpoints read when secrets were created and changed: the Secrets Store API.",
            presence: Optional("ages of secrets are not read"),
            example: "secrets_store = { url = \"https://api.cloudflare.com/client/v4/accounts/${var.ACCOUNT_ID}/secrets_store\", token = \"${store_reader}\" }",
            shape: Shape::Table(&SECRETS_STORE),
        },
    ],
    forms: &[],
};

/// `secrets_store` of `[operator]`.
pub(crate) static SECRETS_STORE: KeyTable = KeyTable {
    owner: "`secrets_store`",
    keys: &[
        Key {
            name: "url",
            summary: "The URL of the Secrets Store API up to `/secrets_store`. It may have variables.",
            presence: Required,
            example: "url = \"https://api.cloudflare.com/client/v4/accounts/${var.ACCOUNT_ID}/secrets_store\"",
            shape: Shape::Template,
        },
        Key {
            name: "token",
            summary: "The secret with a token that may read the account's Secrets Store.",
            presence: Required,
            example: "token = \"${store_reader}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[],
};

/// `metrics` of `[operator]`.
pub(crate) static METRICS: KeyTable = KeyTable {
    owner: "`metrics`",
    keys: &[
        Key {
            name: "url",
            summary: "The URL of the SQL API of Analytics Engine. It may have variables.",
            presence: Required,
            example: "url = \"https://api.cloudflare.com/client/v4/accounts/${var.ACCOUNT_ID}/analytics_engine/sql\"",
            shape: Shape::Template,
        },
        Key {
            name: "token",
            summary: "The secret with a token that may read the account's analytics.",
            presence: Required,
            example: "token = \"${analytics}\"",
            shape: Shape::Template,
        },
    ],
    forms: &[],
};

/// `[gateway]`.
pub(crate) static GATEWAY: KeyTable = KeyTable {
    owner: "`[gateway]`",
    keys: &[
        Key {
            name: "secret_timeout",
            summary: "The time for reading one source of a secret.",
            presence: Optional("\"2s\""),
            example: "secret_timeout = \"2s\"",
            shape: DURATION,
        },
        Key {
            name: "metrics",
            summary: "The name of an `[[analytics_engine_datasets]]` binding. A data point of each request is written to it.",
            presence: Optional("no data points are written"),
            example: "metrics = \"METRICS\"",
            shape: Shape::Text,
        },
        Key {
            name: "trace",
            summary: "Whether requests are traced with W3C Trace Context.",
            presence: Optional("false"),
            example: "trace = true",
            shape: Shape::Boolean,
        },
    ],
    forms: &[],
};

/// `jwt` of a route's `auth`.
pub(crate) static JWT: KeyTable = KeyTable {
    owner: "`jwt`",
    keys: &[
        TOKEN_KEY,
        TOKEN_KEY_ENCODING,
        TOKEN_ALGORITHM,
        TOKEN_CLAIMS,
        TOKEN_TTL,
        TOKEN_KID,
        TOKEN_HEADER,
        TOKEN_PUT,
    ],
    forms: &[],
};

/// `jwt` of `oauth2`.
pub(crate) static ASSERTION: KeyTable = KeyTable {
    owner: "`jwt`",
    keys: &[TOKEN_KEY, TOKEN_KEY_ENCODING, TOKEN_ALGORITHM, TOKEN_CLAIMS, TOKEN_TTL, TOKEN_KID, TOKEN_HEADER],
    forms: &[],
};

const TOKEN_KEY: Key = Key {
    name: "key",
    summary: "The signing key: PEM (PKCS#8, PKCS#1 or SEC 1), a JWK, or the bytes of a key for HS256 or EdDSA.",
    presence: Required,
    example: "key = \"${app.private_key}\"",
    shape: Shape::Template,
};
const TOKEN_KEY_ENCODING: Key = Key {
    name: "key_encoding",
    summary: "The encoding of a key that is neither PEM nor a JWK.",
    presence: Optional("\"text\""),
    example: "key_encoding = \"base64\"",
    shape: Shape::Word(&["text", "hex", "base64"]),
};
const TOKEN_ALGORITHM: Key = Key {
    name: "alg",
    summary: "The algorithm of the signature.",
    presence: Required,
    example: "alg = \"ES256\"",
    shape: Shape::Word(&["HS256", "ES256", "EdDSA", "RS256"]),
};
const TOKEN_CLAIMS: Key = Key {
    name: "claims",
    summary: "The claims besides `iat` and `exp`. Strings are templates.",
    presence: Optional("no other claim"),
    example: "claims = { iss = \"${app.id}\", aud = \"https://api.example.com\" }",
    shape: Shape::Named(&Shape::Anything),
};
const TOKEN_TTL: Key = Key {
    name: "ttl",
    summary: "How long the token is valid, from `iat` to `exp`.",
    presence: Optional("\"60s\""),
    example: "ttl = \"10m\"",
    shape: DURATION,
};
const TOKEN_KID: Key = Key {
    name: "kid",
    summary: "The template of the key's id in the token's header.",
    presence: Optional("no id"),
    example: "kid = \"${app.key_id}\"",
    shape: Shape::Template,
};
const TOKEN_HEADER: Key = Key {
    name: "header",
    summary: "Further members of the token's header.",
    presence: Optional("no further member"),
    example: "header = { x5t = \"0f3b5a\" }",
    shape: Shape::Named(&Shape::Anything),
};
const TOKEN_PUT: Key = Key {
    name: "put",
    summary: "The places of the token, as in `hmac`, with `${request.token}`.",
    presence: Optional("`Authorization: Bearer …`"),
    example: "put = { header = \"x-token\", value = \"${request.token}\" }",
    shape: Shape::Alike(&OUTPUTS),
};
const EXCHANGE_TIMEOUT: Key = Key {
    name: "timeout",
    summary: "The time until the token has arrived.",
    presence: Optional("\"10s\""),
    example: "timeout = \"5s\"",
    shape: DURATION,
};
const EXCHANGE_REUSE: Key = Key {
    name: "reuse",
    summary: "Whether a token is used for later requests, until shortly before it expires.",
    presence: Optional("false"),
    example: "reuse = true",
    shape: Shape::Boolean,
};
const EXCHANGE_PARAMETERS: Key = Key {
    name: "params",
    summary: "Further fields of the form that is sent. Their values are templates.",
    presence: Optional("no further field"),
    example: "params = { account_id = \"${zoom.account}\" }",
    shape: Shape::Named(&Shape::Template),
};

/// `exchange` of a route's `auth`.
pub(crate) static EXCHANGE: KeyTable = KeyTable {
    owner: "`exchange`",
    keys: &[
        Key {
            name: "url",
            summary: "The URL for exchanging the credential.",
            presence: Required,
            example: "url = \"https://api.github.com/app/installations/${var.INSTALLATION}/access_tokens\"",
            shape: Shape::Template,
        },
        Key {
            name: "method",
            summary: "The method of the request for the token.",
            presence: Optional("\"POST\""),
            example: "method = \"GET\"",
            shape: Shape::Text,
        },
        Key {
            name: "auth",
            summary: "The auth of the request for the token, as in `auth` of a route.",
            presence: Required,
            example: "auth = { bearer = \"${secret}\" }",
            shape: Shape::Anything,
        },
        EXCHANGE_PARAMETERS,
        Key {
            name: "token",
            summary: "The JSON pointer of the token in the response.",
            presence: Required,
            example: "token = \"/token\"",
            shape: Shape::Text,
        },
        Key {
            name: "expires",
            summary: "The JSON pointer of the token's expiry: seconds from now, seconds since 1970, or a time in RFC 3339 format.",
            presence: Optional("the expiry is not known"),
            example: "expires = \"/expires_at\"",
            shape: Shape::Text,
        },
        EXCHANGE_TIMEOUT,
        EXCHANGE_REUSE,
        TOKEN_PUT,
    ],
    forms: &[],
};

/// `oauth2` of a route's `auth`.
pub(crate) static OAUTH2: KeyTable = KeyTable {
    owner: "`oauth2`",
    keys: &[
        Key {
            name: "token_url",
            summary: "The token endpoint.",
            presence: Required,
            example: "token_url = \"https://auth.example.com/oauth/token\"",
            shape: Shape::Template,
        },
        Key {
            name: "grant",
            summary: "The grant.",
            presence: Optional("\"client_credentials\""),
            example: "grant = \"refresh_token\"",
            shape: Shape::Word(&["client_credentials", "refresh_token", "jwt_bearer"]),
        },
        Key {
            name: "client_id",
            summary: "The template of the client's id.",
            presence: Optional("the grant is `jwt_bearer`"),
            example: "client_id = \"${app.id}\"",
            shape: Shape::Template,
        },
        Key {
            name: "client_secret",
            summary: "The template of the client's secret.",
            presence: Optional("`jwt` authenticates the client"),
            example: "client_secret = \"${app.secret}\"",
            shape: Shape::Template,
        },
        Key {
            name: "client_auth",
            summary: "How the client authenticates.",
            presence: Optional("\"basic\""),
            example: "client_auth = \"post\"",
            shape: Shape::Word(&["basic", "post", "private_key_jwt"]),
        },
        Key {
            name: "refresh_token",
            summary: "The template of the refresh token, for the grant of that name.",
            presence: Optional("the grant is another one"),
            example: "refresh_token = \"${app.refresh_token}\"",
            shape: Shape::Template,
        },
        Key {
            name: "jwt",
            summary: "The assertion of `jwt_bearer` or `private_key_jwt`. If `claims` has no `aud` or no `jti`, the gateway adds them.",
            presence: Optional("no assertion"),
            example: "jwt = { key = \"${app.private_key}\", alg = \"RS256\" }",
            shape: Shape::Alike(&Shape::Table(&ASSERTION)),
        },
        Key {
            name: "scope",
            summary: "The requested scopes, separated by spaces.",
            presence: Optional("the endpoint's default scopes"),
            example: "scope = \"read write\"",
            shape: Shape::Template,
        },
        Key {
            name: "audience",
            summary: "The API that the token is for, as Auth0 uses it.",
            presence: Optional("not sent"),
            example: "audience = \"https://api.example.com\"",
            shape: Shape::Template,
        },
        Key {
            name: "resource",
            summary: "The API that the token is for (RFC 8707).",
            presence: Optional("not sent"),
            example: "resource = \"https://api.example.com\"",
            shape: Shape::Template,
        },
        EXCHANGE_PARAMETERS,
        EXCHANGE_TIMEOUT,
        EXCHANGE_REUSE,
        TOKEN_PUT,
    ],
    forms: &[],
};
