//! The APIs that `ostiary add` knows: their URLs, and how a key is sent by their documentation.

use super::credential::Credential;

/// An API, as its provider documents it.
#[derive(Debug)]
pub struct KnownApi {
    /// The name of its route and of its secret.
    pub name: &'static str,
    /// Its display name.
    pub title: &'static str,
    /// The origin, and the base path that every client has in its base URL.
    pub upstream: &'static str,
    /// How the key is sent.
    pub credential: Known,
    /// The first rules of a caller. They only allow reading, except for APIs that are only used with POST.
    pub rules: &'static [&'static str],
    /// The provider's page about authentication.
    pub documentation: &'static str,
}

/// The same as [`Credential`], as a constant.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `Authorization: Basic`, with this user name and the key as password.
    Basic(&'static str),
    /// `Authorization: Basic` from a secret that is a JSON object with these two fields.
    BasicFields(&'static str, &'static str),
    /// A header, with this text before the key.
    Header(&'static str, &'static str),
    /// A query parameter.
    Query(&'static str),
}

impl KnownApi {
    /// How the key is sent.
    pub fn credential(&self) -> Credential {
        match self.credential {
            Known::Bearer => Credential::Bearer,
            Known::Basic(username) => Credential::Basic { username: username.to_owned() },
            Known::BasicFields(username, password) => {
                Credential::BasicFields { username: username.to_owned(), password: password.to_owned() }
            }
            Known::Header(name, before) => {
                Credential::Header { name: name.to_owned(), before: before.to_owned() }
            }
            Known::Query(name) => Credential::Query { name: name.to_owned() },
        }
    }
}

/// The API with this name.
pub fn find(name: &str) -> Option<&'static KnownApi> {
    KNOWN.iter().find(|api| api.name == name)
}

/// The names of all known APIs.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|api| api.name)
}

macro_rules! api {
    ($name:literal, $title:literal, $upstream:literal, $credential:expr, $rules:expr, $documentation:literal) => {
        KnownApi {
            name: $name,
            title: $title,
            upstream: $upstream,
            credential: $credential,
            rules: &$rules,
            documentation: $documentation,
        }
    };
}

use Known::{Basic, BasicFields, Bearer, Header, Query};

static KNOWN: [KnownApi; 24] = [
    api!(
        "airtable",
        "Airtable",
        "https://api.airtable.com",
        Bearer,
        ["GET /v0/**"],
        "https://airtable.com/developers/web/api/authentication"
    ),
    api!(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com",
        Header("x-api-key", ""),
        ["GET /v1/models", "POST /v1/messages"],
        "https://docs.anthropic.com/en/api/overview"
    ),
    api!(
        "brave-search",
        "Brave Search",
        "https://api.search.brave.com",
        Header("x-subscription-token", ""),
        ["GET /res/v1/**"],
        "https://api-dashboard.search.brave.com/app/documentation/web-search/request-headers"
    ),
    api!(
        "cloudflare",
        "Cloudflare",
        "https://api.cloudflare.com",
        Bearer,
        ["GET /client/v4/**"],
        "https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/"
    ),
    api!(
        "cohere",
        "Cohere",
        "https://api.cohere.com",
        Bearer,
        ["GET /v1/models", "POST /v2/*"],
        "https://docs.cohere.com/reference/about"
    ),
    api!(
        "deepgram",
        "Deepgram",
        "https://api.deepgram.com",
        Header("authorization", "Token "),
        ["POST /v1/listen", "POST /v1/speak"],
        "https://developers.deepgram.com/reference/authentication"
    ),
    api!(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com",
        Bearer,
        ["GET /models", "POST /chat/completions"],
        "https://api-docs.deepseek.com/"
    ),
    api!(
        "discord",
        "Discord, as a bot",
        "https://discord.com",
        Header("authorization", "Bot "),
        ["GET /api/v10/**"],
        "https://discord.com/developers/docs/reference#authentication"
    ),
    api!(
        "elevenlabs",
        "ElevenLabs",
        "https://api.elevenlabs.io",
        Header("xi-api-key", ""),
        ["GET /v1/voices", "POST /v1/text-to-speech/**"],
        "https://elevenlabs.io/docs/api-reference/authentication"
    ),
    api!(
        "gemini",
        "Gemini",
        "https://generativelanguage.googleapis.com",
        Header("x-goog-api-key", ""),
        ["GET /v1beta/models", "POST /v1beta/models/*"],
        "https://ai.google.dev/gemini-api/docs/api-key"
    ),
    api!(
        "github",
        "GitHub",
        "https://api.github.com",
        Bearer,
        ["GET /repos/**", "GET /user"],
        "https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api"
    ),
    api!(
        "gitlab",
        "GitLab",
        "https://gitlab.com",
        Header("private-token", ""),
        ["GET /api/v4/**"],
        "https://docs.gitlab.com/api/rest/authentication/"
    ),
    api!(
        "google-maps",
        "Google Maps",
        "https://maps.googleapis.com",
        Query("key"),
        ["GET /maps/api/**"],
        "https://developers.google.com/maps/documentation/geocoding/get-api-key"
    ),
    api!(
        "groq",
        "Groq",
        "https://api.groq.com",
        Bearer,
        ["GET /openai/v1/models", "POST /openai/v1/chat/completions"],
        "https://console.groq.com/docs/api-reference"
    ),
    api!(
        "linear",
        "Linear",
        "https://api.linear.app",
        Header("authorization", ""),
        ["POST /graphql"],
        "https://linear.app/developers/graphql"
    ),
    api!(
        "mailgun",
        "Mailgun",
        "https://api.mailgun.net",
        Basic("api"),
        ["POST /v3/*/messages"],
        "https://documentation.mailgun.com/docs/mailgun/api-reference/mg-auth"
    ),
    api!(
        "mistral",
        "Mistral",
        "https://api.mistral.ai",
        Bearer,
        ["GET /v1/models", "POST /v1/chat/completions"],
        "https://docs.mistral.ai/api/"
    ),
    api!(
        "notion",
        "Notion",
        "https://api.notion.com",
        Bearer,
        ["GET /v1/**"],
        "https://developers.notion.com/reference/authentication"
    ),
    api!(
        "openai",
        "OpenAI",
        "https://api.openai.com",
        Bearer,
        ["GET /v1/models", "POST /v1/chat/completions", "POST /v1/responses", "POST /v1/embeddings"],
        "https://platform.openai.com/docs/api-reference/authentication"
    ),
    api!(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai",
        Bearer,
        ["GET /api/v1/models", "POST /api/v1/chat/completions"],
        "https://openrouter.ai/docs/api-reference/authentication"
    ),
    api!(
        "resend",
        "Resend",
        "https://api.resend.com",
        Bearer,
        ["POST /emails"],
        "https://resend.com/docs/api-reference/introduction"
    ),
    api!(
        "sendgrid",
        "SendGrid",
        "https://api.sendgrid.com",
        Bearer,
        ["POST /v3/mail/send"],
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/authentication"
    ),
    api!(
        "stripe",
        "Stripe",
        "https://api.stripe.com",
        Bearer,
        ["GET /v1/**"],
        "https://docs.stripe.com/api/authentication"
    ),
    api!(
        "twilio",
        "Twilio",
        "https://api.twilio.com",
        BasicFields("username", "password"),
        ["GET /2010-04-01/Accounts/*/Messages.json", "POST /2010-04-01/Accounts/*/Messages.json"],
        "https://www.twilio.com/docs/iam/api/authentication"
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order_and_distinct() {
        let names: Vec<_> = names().collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    }

    #[test]
    fn the_documentation_marks_the_apis_that_are_known() {
        let page = include_str!("../../../../docs/apis.md");
        let rows =
            page.lines().filter_map(|line| line.split_once("](../examples/apis/")?.1.split_once(".toml) | "));
        let mut marked = Vec::new();
        for (file, rest) in rows {
            let name = rest.split(" | ").next().unwrap();
            assert!(name == "–" || name == format!("`{file}`"), "{file}: {name}");
            marked.extend((name != "–").then_some(file));
        }
        marked.sort_unstable();
        assert_eq!(marked, names().collect::<Vec<_>>());
    }

    #[test]
    fn each_is_as_its_file_in_the_examples_has_it() {
        for api in &KNOWN {
            let path = format!("{}/../../examples/apis/{}.toml", env!("CARGO_MANIFEST_DIR"), api.name);
            let text = std::fs::read_to_string(&path).unwrap();
            let secret = api.name.replace('-', "_");
            let auth = match api.credential {
                Bearer => format!("{{ bearer = \"${{{secret}}}\" }}"),
                Basic(username) => format!("{{ username = \"{username}\", password = \"${{{secret}}}\" }}"),
                BasicFields(username, password) => {
                    format!(
                        "{{ username = \"${{{secret}.{username}}}\", password = \"${{{secret}.{password}}}\" }}"
                    )
                }
                Header(name, before) => {
                    format!("{{ header = \"{name}\", value = \"{before}${{{secret}}}\" }}")
                }
                Query(name) => format!("{{ query = \"{name}\", value = \"${{{secret}}}\" }}"),
            };
            assert!(text.contains(&format!("upstream = \"{}\"", api.upstream)), "{}", api.name);
            assert!(text.contains(&auth), "{}: {auth}", api.name);
            for rule in api.rules {
                assert!(text.contains(rule), "{}: {rule}", api.name);
            }
            assert!(text.contains(api.documentation), "{}", api.name);
        }
    }
}
