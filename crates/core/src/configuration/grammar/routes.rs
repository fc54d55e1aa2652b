//! `[routes]`: upstreams, who may do what there, and how.

use super::auth;
use super::document::{Entry, Node, Table, TextNode};
use super::names;
use super::template::{self, Scope};
use super::token_in;
use super::unit;
use super::{mount, rule};
use crate::configuration::{
    Caller, CallerId, Grant, Grantee, HeaderName, List, Mount, Placement, Route, RouteId, Rule, Template,
    Text, TokenPlace, Upstream, UpstreamUrl,
};
use crate::headers;

const ROUTE: &str = "write `[routes.NAME]` with `mount`, `upstream`, `auth` and `allow`";
const MOUNT: &str = "write `mount = \"/prefix\"`, `\"host\"` or `\"host/prefix\"`, or an array of them";
const UPSTREAM: &str = "write `upstream = \"https://host/base\"`";
const AUTH: &str = "write `auth = { bearer = \"${secret}\" }`, or `auth = []` if the upstream wants none";
const ALLOW: &str = "write `allow = { CALLER = [\"GET /v1/**\"] }`; nobody is admitted without a rule";
const HEADERS: &str = "write an array of header names";

/// Until the upstream's head has arrived, in milliseconds.
const DEFAULT_TIMEOUT: u32 = 100_000;

const KNOWN: [&str; 12] = [
    "mount",
    "upstream",
    "auth",
    "allow",
    "timeout",
    "token_in",
    "strip_headers",
    "strip_query",
    "forward_headers",
    "encoded_slash",
    "cookies",
    "shared_cache",
];
const LATER: [&str; 7] = ["failover", "redact", "cors", "rate_limit", "retry", "idle_timeout", "max_body"];

/// What is known when a route is read.
#[derive(Clone, Copy)]
pub(super) struct Declared<'s> {
    pub(super) scope: Scope<'s>,
    pub(super) callers: &'s [Caller],
}

/// A route as it is read, and where its mounts stand.
pub(super) struct ReadRoute<'d, 'r> {
    pub(super) key: TextNode<'d, 'r>,
    pub(super) route: Route,
    pub(super) mounts: Vec<(TextNode<'d, 'r>, Mount)>,
}

/// One route; `None` where it has errors.
pub(super) fn read<'d, 'r>(
    entry: &Entry<'d, 'r>,
    id: RouteId,
    declared: Declared<'_>,
) -> Option<ReadRoute<'d, 'r>> {
    let key = entry.key;
    names::check(&key);
    let table = entry.value.table(ROUTE)?;
    table.only(&KNOWN, &LATER);

    // Each is read before any is given up, so that all errors are said at once.
    let mounts = table.required("mount", &key, MOUNT).and_then(|node| mounts(&node, id));
    let upstream =
        table.required("upstream", &key, UPSTREAM).and_then(|node| upstream(&node, declared.scope));
    let auth = table.required("auth", &key, AUTH).and_then(|node| auth::read(&node, declared.scope));
    let allow = table.required("allow", &key, ALLOW).and_then(|node| allow(&node, declared.callers));
    let timeout = optional(table.get("timeout"), DEFAULT_TIMEOUT, unit::duration);
    let token_in = match (&auth, table.get("token_in")) {
        (Some(auth), Some(node)) => token_in::read(&node, auth),
        (Some(auth), None) => Some(token_in::default_places(auth)),
        (None, _) => None,
    };
    let strip_headers = optional(table.get("strip_headers"), Vec::new(), |node| header_names(node));
    let forward_headers = optional(table.get("forward_headers"), Vec::new(), |node| header_names(node));
    let strip_query = optional(table.get("strip_query"), Vec::new(), texts);
    let encoded_slash = optional(table.get("encoded_slash"), false, Node::boolean);
    let cookies = optional(table.get("cookies"), false, Node::boolean);
    let shared_cache = optional(table.get("shared_cache"), false, Node::boolean);

    let mounts = mounts?;
    let cookies = cookies?;
    if cookies
        && let Some((node, _)) =
            mounts.iter().find(|(_, mount)| mount.host.is_none() || !mount.prefix.is_empty())
    {
        node.error(
            "a route with `cookies = true` is mounted on whole hosts alone: all prefixes share one origin, and so its cookies",
            "write a host without a prefix",
        );
        return None;
    }
    let (auth, token_in) = (auth?, token_in?);
    let (strip_headers, forward_headers) = (strip_headers?, forward_headers?);
    check_forwarded(&forward_headers, &strip_headers, &auth, &token_in)?;
    let names =
        |nodes: Vec<(TextNode<'_, '_>, HeaderName)>| nodes.into_iter().map(|(_, name)| name).collect();
    let route = Route {
        name: Text::Owned(key.text.to_owned()),
        upstream: upstream?,
        timeout: timeout?,
        auth: List::Owned(auth),
        token_in: List::Owned(token_in),
        allow: List::Owned(allow?),
        strip_headers: List::Owned(names(strip_headers)),
        strip_query: List::Owned(strip_query?),
        forward_headers: List::Owned(names(forward_headers)),
        encoded_slash: encoded_slash?,
        cookies,
        shared_cache: shared_cache?,
    };
    Some(ReadRoute { key, route, mounts })
}

fn optional<'d, 'r, T>(
    node: Option<Node<'d, 'r>>,
    default: T,
    read: impl Fn(&Node<'d, 'r>) -> Option<T>,
) -> Option<T> {
    node.map_or(Some(default), |node| read(&node))
}

/// One text, or an array of them.
fn one_or_several<'d, 'r>(node: &Node<'d, 'r>, instead: &str) -> Option<Vec<TextNode<'d, 'r>>> {
    let nodes = if node.is_text() { vec![*node] } else { node.array(instead)? };
    nodes.iter().map(|node| node.text(instead)).collect()
}

fn mounts<'d, 'r>(node: &Node<'d, 'r>, id: RouteId) -> Option<Vec<(TextNode<'d, 'r>, Mount)>> {
    let nodes = one_or_several(node, MOUNT)?;
    let read: Vec<_> =
        nodes.into_iter().map(|node| mount::read(&node, id).map(|mount| (node, mount))).collect();
    read.into_iter().collect()
}

fn upstream(node: &Node<'_, '_>, scope: Scope<'_>) -> Option<Upstream> {
    let node = node.text(UPSTREAM)?;
    let template = scope.template(&node)?;
    if template.secrets().next().is_some() {
        node.error(
            "a secret in an upstream would be a credential in the path, which does not work yet",
            UPSTREAM,
        );
        return None;
    }
    let mut fixed = None;
    for environment in scope.environments {
        let text = Scope::filled(&template, environment)?;
        match UpstreamUrl::parse(&text) {
            Ok(url) => fixed = Some(url),
            Err(why) if has_variable(&template) => {
                let message = format!("{why} {}, where it is `{text}`", environment.title());
                node.error(message, "correct the variable or the text around it");
                return None;
            }
            Err(why) => {
                node.error(why.to_string(), UPSTREAM);
                return None;
            }
        }
    }
    if has_variable(&template) { Some(Upstream::Variable(template)) } else { fixed.map(Upstream::Fixed) }
}

fn has_variable(template: &Template) -> bool {
    template.variables().next().is_some()
}

fn allow(node: &Node<'_, '_>, callers: &[Caller]) -> Option<Vec<Grant>> {
    let table: Table<'_, '_> = node.table(ALLOW)?;
    if table.entries().len() == 0 {
        node.error("nobody may do anything here", ALLOW);
        return None;
    }
    let mut grants: Vec<Grant> = Vec::new();
    let mut valid = true;
    for entry in table.entries() {
        let to = grantee(&entry.key, callers);
        let rules = rules(&entry.value);
        let (Some(to), Some(rules)) = (to, rules) else {
            valid = false;
            continue;
        };
        let at = if to == Grantee::Anyone { 0 } else { grants.len() };
        grants.insert(at, Grant { to, rules: List::Owned(rules) });
    }
    valid.then_some(grants)
}

fn grantee(key: &TextNode<'_, '_>, callers: &[Caller]) -> Option<Grantee> {
    if key.text == "anyone" {
        return Some(Grantee::Anyone);
    }
    let at = callers.iter().position(|caller| caller.name == key.text);
    if at.is_none() {
        let known = names::list(callers.iter().map(|caller| caller.name.as_ref()));
        key.error(
            format!("the caller `{}` is not declared", key.text),
            format!("declare it under `[callers]`, or write `anyone` or one of {known}"),
        );
    }
    at.and_then(|at| u16::try_from(at).ok()).map(|at| Grantee::Caller(CallerId(at)))
}

fn rules(node: &Node<'_, '_>) -> Option<Vec<Rule>> {
    const INSTEAD: &str = "write an array of rules, as in `[\"GET /v1/**\"]`";
    let mut rules: Vec<Rule> = Vec::new();
    let mut valid = true;
    for node in node.array(INSTEAD)? {
        let Some((node, rule)) =
            node.text(INSTEAD).and_then(|node| rule::read(&node).map(|rule| (node, rule)))
        else {
            valid = false;
            continue;
        };
        if rules.iter().any(|known| known.text == rule.text) {
            node.error("this rule is there twice", "write it once");
            valid = false;
        }
        rules.push(rule);
    }
    valid.then_some(rules)
}

fn header_names<'d, 'r>(node: &Node<'d, 'r>) -> Option<Vec<(TextNode<'d, 'r>, HeaderName)>> {
    let mut named = Vec::new();
    for node in node.array(HEADERS)? {
        let text = node.text(HEADERS)?;
        if !template::takes_none(&text) {
            return None;
        }
        let Ok(name) = HeaderName::parse(text.text) else {
            text.error("this is no header name", HEADERS);
            return None;
        };
        named.push((text, name));
    }
    Some(named)
}

fn texts(node: &Node<'_, '_>) -> Option<Vec<Text>> {
    const INSTEAD: &str = "write an array of parameter names";
    let mut texts = Vec::new();
    for node in node.array(INSTEAD)? {
        let text = node.text(INSTEAD)?;
        if text.text.is_empty() {
            text.error("a parameter has a name", INSTEAD);
            return None;
        }
        texts.push(template::takes_none(&text).then(|| Text::Owned(text.text.to_owned()))?);
    }
    Some(texts)
}

/// No header is named in vain: whatever would stay behind all the same is an error.
fn check_forwarded(
    forwarded: &[(TextNode<'_, '_>, HeaderName)],
    stripped: &[(TextNode<'_, '_>, HeaderName)],
    auth: &[Placement],
    token_in: &[TokenPlace],
) -> Option<()> {
    let mut valid = true;
    for (node, name) in forwarded {
        let folded = headers::fold(name.as_str());
        let reason = if folded == "cookie" {
            Some(("cookies go up and come down together", "write `cookies = true`"))
        } else if headers::is_hop_by_hop(&folded) {
            Some(("this header is of one connection only and is never passed on", "remove it"))
        } else if auth.iter().filter_map(Placement::header).any(|set| headers::fold(set) == folded) {
            Some(("the gateway itself sets this header", "remove it"))
        } else if token_in
            .iter()
            .filter_map(headers::token_header)
            .any(|shown| headers::fold(shown) == folded)
        {
            Some((
                "callers show their tokens in this header, and no token goes up",
                "remove it, or write a `token_in` without it",
            ))
        } else if folded == "cdn-loop" || folded.starts_with("ostiary-") {
            Some(("the gateway itself sets this header", "remove it"))
        } else if stripped.iter().any(|(_, other)| other == name) {
            Some(("this header is both forwarded and stripped", "name it once"))
        } else {
            None
        };
        if let Some((message, instead)) = reason {
            node.error(message, instead);
            valid = false;
        }
    }
    valid.then_some(())
}
