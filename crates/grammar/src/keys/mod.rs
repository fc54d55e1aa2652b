//! The keys of `gateway.toml`: the single list for the parser, the JSON Schema and the documentation.
//!
//! The parser refuses a key that its [`KeyTable`] does not have. `docs/configuration.md` has a heading for each key,
//! which a test here checks. `CONTRIBUTING.md` has the steps for adding a key.

mod key;
mod tables;

pub use key::{Key, KeyTable, Presence, Shape};
pub use tables::ROOT;
pub(crate) use tables::{
    ASSERTION, AUTH, BASIC, CALLER, CALLER_HMAC, CALLER_JWT, CORS, EXCHANGE, FAILOVER, GATEWAY, HMAC, ISSUED,
    JWT, METRICS, OAUTH2, OPERATOR, PUT, RATE_LIMIT, REDACT, REFUSAL, RETRY, ROUTE, SECRETS_STORE, SERVICE,
    SIGV4, WORKER_SECRET,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/configuration.md");

    /// The path of every key, as in its heading, without the name of its section.
    fn headings_of_keys() -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        collect(&Shape::Table(&ROOT), "", &mut paths);
        let sections = ["routes.NAME.", "callers.NAME.", "gateway."];
        let without_section = |path: String| {
            let section = sections.iter().find_map(|section| path.strip_prefix(section));
            section.map(str::to_owned).unwrap_or(path)
        };
        paths.into_iter().map(without_section).collect()
    }

    fn collect(shape: &Shape, path: &str, paths: &mut BTreeSet<String>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match shape {
            Shape::Array(_, element) => collect(element, path, paths),
            Shape::AnyOf(shapes) => shapes.iter().for_each(|shape| collect(shape, path, paths)),
            Shape::Named(shape) if contains_table(shape) && !path.ends_with("secrets") => {
                collect(shape, &below("NAME"), paths);
            }
            Shape::Named(shape) if path == "secrets" => {
                paths.insert(below("NAME"));
                collect(shape, &below("NAME"), paths);
            }
            Shape::Table(table) => {
                for key in table.keys {
                    let path = below(key.name);
                    // These have their own sections in the document.
                    if !["secrets", "callers", "routes", "operator", "gateway"].contains(&path.as_str()) {
                        paths.insert(path.clone());
                    }
                    collect(&key.shape, &path, paths);
                }
            }
            _ => {}
        }
    }

    fn contains_table(shape: &Shape) -> bool {
        match shape {
            Shape::Table(_) => true,
            Shape::Array(_, shape) | Shape::Named(shape) => contains_table(shape),
            Shape::AnyOf(shapes) => shapes.iter().any(contains_table),
            _ => false,
        }
    }

    fn documented() -> Vec<(&'static str, &'static str)> {
        let sections = DOCUMENT.split("\n### `").skip(1);
        sections.filter_map(|section| section.split_once("`\n")).collect()
    }

    #[test]
    fn every_key_has_its_heading_and_every_heading_its_key() {
        let headings: Vec<String> = documented().into_iter().map(|(heading, _)| heading.to_owned()).collect();
        let distinct: BTreeSet<String> = headings.iter().cloned().collect();
        assert_eq!(distinct.len(), headings.len(), "a heading is there twice");
        assert_eq!(distinct, headings_of_keys());
    }

    #[test]
    fn every_section_of_the_document_says_what_holds_without_the_key() {
        for (heading, text) in documented() {
            let text = text.split("\n## ").next().unwrap();
            assert!(text.contains("- Default:") || text.contains("- Required"), "{heading}");
        }
    }

    #[test]
    fn every_example_sets_its_key() {
        fn examine(table: &KeyTable) {
            for key in table.keys {
                let example = toml::de::DeTable::parse(key.example).unwrap();
                assert!(example.get_ref().contains_key(key.name), "{}", key.example);
                assert!(key.summary.ends_with('.'), "{}", key.summary);
                descend(&key.shape);
            }
        }
        fn descend(shape: &Shape) {
            match shape {
                Shape::Table(table) => examine(table),
                Shape::Array(_, shape) | Shape::Named(shape) => descend(shape),
                Shape::AnyOf(shapes) => shapes.iter().for_each(descend),
                _ => {}
            }
        }
        examine(&ROOT);
    }
}
