//! `auth`: how a route's secrets are put on its requests.

use super::document::{Node, Table, TextNode};
use super::template::Scope;
use crate::configuration::{HeaderName, Part, Placement, SecretId, Template, Text};
use crate::headers;

const INSTEAD: &str = "write `{ bearer = \"${secret}\" }`, `{ basic = { username = \"…\", password = \"…\" } }`, \
                       `{ header = \"name\", value = \"…\" }` or `{ query = \"name\", value = \"…\" }`";

/// Forms that are another issue's.
const LATER: [&str; 7] = ["hmac", "sigv4", "oauth2", "jwt", "mtls", "body", "path"];

/// Headers that the gateway or the runtime sets by itself.
const OWNED: [&str; 3] = ["cdn-loop", "cookie", "set-cookie"];

/// What stands under `auth`: none, one or several tables.
pub(super) fn read(node: &Node<'_, '_>, scope: Scope<'_>) -> Option<Vec<Placement>> {
    let nodes = node.members().unwrap_or_else(|| vec![*node]);
    let mut placements: Vec<Placement> = Vec::with_capacity(nodes.len());
    let mut valid = true;
    for node in &nodes {
        let Some(placement) = placement(node, scope) else {
            valid = false;
            continue;
        };
        let header = placement.header().map(headers::fold);
        let same_header = |other: &Placement| header.is_some() && other.header().map(headers::fold) == header;
        let same_parameter =
            |other: &Placement| placement.parameter().is_some() && other.parameter() == placement.parameter();
        if placements.iter().any(|other| same_header(other) || same_parameter(other)) {
            node.error("two tables of this auth fill the same place", "let each fill a place of its own");
            valid = false;
        }
        placements.push(placement);
    }
    if valid
        && !placements.is_empty()
        && placements.iter().all(|placement| placement.secrets().next().is_none())
    {
        node.error(
            "this auth puts no secret anywhere",
            "write a `${secret}` into it, or `auth = []` if there is none",
        );
        valid = false;
    }
    valid &= counts_agree(node, &placements, scope);
    valid.then_some(placements)
}

fn placement(node: &Node<'_, '_>, scope: Scope<'_>) -> Option<Placement> {
    let table = node.table(INSTEAD)?;
    table.only(&["bearer", "basic", "header", "query", "value"], &LATER);
    let forms = ["bearer", "basic", "header", "query"].map(|form| table.get(form));
    if forms.iter().flatten().count() != 1 {
        if LATER.iter().all(|later| table.get(later).is_none()) {
            node.error("this must be exactly one form of auth", INSTEAD);
        }
        return None;
    }
    let value = table.get("value");
    if let [Some(_), ..] | [_, Some(_), ..] = forms
        && let Some(value) = value
    {
        value.error("`value` goes with `header` or `query`", INSTEAD);
        return None;
    }
    match forms {
        [Some(bearer), ..] => Some(Placement::Bearer(text(&bearer, scope, HEADER)?)),
        [_, Some(basic), ..] => basic_pair(&basic, scope),
        [_, _, Some(header), _] => {
            let name = header_name(&header.text(INSTEAD)?)?;
            let value = text(&named_value(node, value)?, scope, HEADER)?;
            Some(Placement::Header { name, value })
        }
        [.., Some(query)] => {
            let name = query.text(INSTEAD)?;
            if name.text.is_empty() {
                name.error("a parameter has a name", INSTEAD);
                return None;
            }
            if !super::template::takes_none(&name) {
                return None;
            }
            let value = text(&named_value(node, value)?, scope, ANYTHING)?;
            Some(Placement::Query { name: Text::Owned(name.text.to_owned()), value })
        }
        _ => None,
    }
}

fn named_value<'d, 'r>(node: &Node<'d, 'r>, value: Option<Node<'d, 'r>>) -> Option<Node<'d, 'r>> {
    if value.is_none() {
        node.error("`value` is missing", INSTEAD);
    }
    value
}

fn basic_pair(node: &Node<'_, '_>, scope: Scope<'_>) -> Option<Placement> {
    let table: Table<'_, '_> = node.table(INSTEAD)?;
    table.only(&["username", "password"], &[]);
    let (Some(username), Some(password)) = (table.get("username"), table.get("password")) else {
        node.error("Basic has a user name and a password", "write both; an empty one is `\"\"`");
        return None;
    };
    let username = text(&username, scope, USERNAME);
    let password = text(&password, scope, PASSWORD);
    Some(Placement::Basic { username: username?, password: password? })
}

/// The name of a header that an auth may set or a caller may show its token in.
pub(super) fn header_name(node: &TextNode<'_, '_>) -> Option<HeaderName> {
    if !super::template::takes_none(node) {
        return None;
    }
    let Ok(name) = HeaderName::parse(node.text) else {
        node.error("this is no header name", "write letters, digits and `-`");
        return None;
    };
    let folded = headers::fold(name.as_str());
    if headers::is_hop_by_hop(&folded) {
        node.error(
            "this header is of one connection only and is never passed on",
            "write the name of another header",
        );
        return None;
    }
    let owned = OWNED.contains(&folded.as_str())
        || ["ostiary-", "cf-"].iter().any(|prefix| folded.starts_with(prefix));
    if owned {
        node.error("this header is not for a credential", "write the name of another header");
        return None;
    }
    Some(name)
}

/// What a place takes, in words and as a test on the text that is known at build time.
#[derive(Clone, Copy)]
struct Takes(fn(&str) -> bool, &'static str);

const HEADER: Takes = Takes(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "printable ASCII");
const USERNAME: Takes = Takes(
    |text| !text.contains(':') && !text.contains(char::is_control),
    "no colon and no control character",
);
const PASSWORD: Takes = Takes(|text| !text.contains(char::is_control), "no control character");
const ANYTHING: Takes = Takes(|_| true, "anything");

fn text(node: &Node<'_, '_>, scope: Scope<'_>, takes: Takes) -> Option<Template> {
    let node = node.text(INSTEAD)?;
    let template = scope.template(&node)?;
    for part in template.parts.iter() {
        let bad = match part {
            Part::Text(text) if !takes.0(text) => Some(String::new()),
            Part::Variable(name) => scope.environments.iter().find_map(|environment| {
                let value = environment.variables.get(name.as_ref())?;
                (!takes.0(value))
                    .then(|| format!(", and `{name}` has other characters {}", environment.title()))
            }),
            _ => None,
        };
        if let Some(where_) = bad {
            node.error(
                format!("what stands here holds {}{where_}", takes.1),
                "write it with those characters alone",
            );
            return None;
        }
    }
    Some(template)
}

/// Secrets with several sources move to the next one together, so each must have one.
fn counts_agree(node: &Node<'_, '_>, placements: &[Placement], scope: Scope<'_>) -> bool {
    let mut several: Option<(SecretId, usize)> = None;
    for id in placements.iter().flat_map(Placement::secrets) {
        let Some(secret) = scope.secrets.get(usize::from(id.0)) else { continue };
        let count = secret.sources.len();
        let Some((first, expected)) = several else {
            several = (count > 1).then_some((id, count));
            continue;
        };
        if count > 1 && count != expected {
            let first = scope.secrets.get(usize::from(first.0)).map_or("", |secret| secret.name.as_ref());
            node.error(
                format!("the secrets of one auth move on together, but `{first}` has {expected} sources and `{}` has {count}", secret.name),
                "give them equally many sources, or one of them only one",
            );
            return false;
        }
    }
    true
}
