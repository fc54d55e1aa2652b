//! The whole of `gateway.toml`.

use super::document::{Entry, Table, TextNode};
use super::routes::{self, Declared, ReadRoute};
use super::template::Scope;
use super::wrangler::Wrangler;
use super::{callers, secrets, unit, usage};
use crate::candidates::digest;
use crate::configuration::{Caller, Gateway, List, Mount, RouteId, Secret, Text};

/// How long one source may take, in milliseconds.
const DEFAULT_SECRET_TIMEOUT: u32 = 2_000;

/// Reads the document; `None` where it has errors.
pub(super) fn read(document: &Table<'_, '_>, wrangler: &Wrangler<'_, '_>, text: &str) -> Option<Gateway> {
    document.only(&["version", "secrets", "callers", "routes", "gateway"], &["operator"]);
    check_version(document);
    let secrets =
        section(document, "secrets").map(|table| secrets::read(&table, wrangler)).unwrap_or_default();
    let (secret_keys, secrets): (Vec<Entry<'_, '_>>, Vec<Secret>) = secrets.into_iter().unzip();
    let scope = Scope { secrets: &secrets, environments: &wrangler.environments };
    let callers = section(document, "callers").map(|table| callers::read(&table, scope)).unwrap_or_default();
    let (caller_keys, callers): (Vec<Entry<'_, '_>>, Vec<Caller>) = callers.into_iter().unzip();
    let secret_timeout = section(document, "gateway").map_or(Some(DEFAULT_SECRET_TIMEOUT), |table| {
        table.only(&["secret_timeout"], &[]);
        table.get("secret_timeout").map_or(Some(DEFAULT_SECRET_TIMEOUT), |node| unit::duration(&node))
    });

    let section = section(document, "routes").filter(|table| table.entries().len() > 0);
    let Some(section) = section else {
        document
            .error("there is no route", "write `[routes.NAME]` with `mount`, `upstream`, `auth` and `allow`");
        return None;
    };
    if [secrets.len(), callers.len(), section.entries().len()]
        .into_iter()
        .any(|count| count > usize::from(u16::MAX))
    {
        document.error("there are more than 65,535 secrets, callers or routes", "write fewer");
        return None;
    }
    let declared = Declared { scope, callers: &callers };
    let ids = (0..=u16::MAX).map(RouteId);
    let read: Vec<_> =
        section.entries().zip(ids).map(|(entry, id)| routes::read(&entry, id, declared)).collect();
    // What is wrong between routes is said once each of them is right.
    let routes: Vec<ReadRoute<'_, '_>> = read.into_iter().collect::<Option<_>>()?;
    let mounts = mounts(&routes)?;

    usage::check(&usage::Read {
        secret_keys: &secret_keys,
        secrets: &secrets,
        caller_keys: &caller_keys,
        callers: &callers,
        routes: &routes,
        wrangler,
    });
    Some(Gateway {
        digest: Text::Owned(hexadecimal(&digest(text.as_bytes()))),
        routes: List::Owned(routes.into_iter().map(|read| read.route).collect()),
        secrets: List::Owned(secrets),
        callers: List::Owned(callers),
        mounts: List::Owned(mounts),
        secret_timeout: secret_timeout?,
    })
}

fn section<'d, 'r>(document: &Table<'d, 'r>, key: &str) -> Option<Table<'d, 'r>> {
    document.get(key).and_then(|node| node.table(&format!("write `[{key}]`")))
}

fn check_version(document: &Table<'_, '_>) {
    if let Some(version) = document.get("version")
        && version.integer() != Some("1")
    {
        version.error("this is no version of the grammar", "write `version = 1`");
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// All mounts, most specific first.
fn mounts(routes: &[ReadRoute<'_, '_>]) -> Option<Vec<Mount>> {
    let mut known: Vec<(&TextNode<'_, '_>, &Mount, &str)> = Vec::new();
    let mut valid = true;
    for read in routes {
        for (node, mount) in &read.mounts {
            let same =
                known.iter().find(|(_, other, _)| other.host == mount.host && other.prefix == mount.prefix);
            if let Some((_, _, other)) = same {
                let whose = if *other == read.key.text {
                    "this route".to_owned()
                } else {
                    format!("the route `{other}`")
                };
                node.error(format!("{whose} is mounted here too"), "give each route mounts of its own");
                valid = false;
            }
            known.push((node, mount, read.key.text));
        }
    }
    let mut mounts: Vec<Mount> = known.into_iter().map(|(_, mount, _)| mount.clone()).collect();
    mounts.sort_by_key(|mount| (mount.host.is_none(), std::cmp::Reverse(mount.prefix.len())));
    valid.then_some(mounts)
}
