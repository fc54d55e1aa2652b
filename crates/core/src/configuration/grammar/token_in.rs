//! `token_in`: where a route's callers show their tokens.

use super::auth::header_name;
use super::document::Node;
use super::template;
use crate::configuration::{Part, Placement, Template, Text, TokenPlace};

const INSTEAD: &str = "write some of `\"bearer\"`, `\"basic\"`, `\"header:NAME\"` and `\"query:NAME\"`";

/// Where an SDK puts the key that this auth puts: what a caller does when it has changed nothing but base URL
/// and key.
pub(super) fn default_places(auth: &[Placement]) -> Vec<TokenPlace> {
    let mut places = vec![TokenPlace::Bearer, TokenPlace::Basic];
    places.extend(auth.iter().filter_map(|placement| match placement {
        Placement::Header { name, value } => {
            let (before, after) = around(value);
            Some(TokenPlace::Header { name: name.clone(), before, after })
        }
        Placement::Query { name, value } => {
            let (before, after) = around(value);
            Some(TokenPlace::Query { name: name.clone(), before, after })
        }
        Placement::Bearer(_) | Placement::Basic { .. } => None,
    }));
    places
}

/// The places that the array names, in their order.
pub(super) fn read(node: &Node<'_, '_>, auth: &[Placement]) -> Option<Vec<TokenPlace>> {
    let mut places: Vec<TokenPlace> = Vec::new();
    for node in node.array(INSTEAD)? {
        let text = node.text(INSTEAD)?;
        let place = match text.text.split_once(':') {
            None if text.text == "bearer" => TokenPlace::Bearer,
            None if text.text == "basic" => TokenPlace::Basic,
            Some(("header", name)) => {
                let name = header_name(&text.part(name))?;
                let filled = auth.iter().find_map(|placement| match placement {
                    Placement::Header { name: filled, value } if *filled == name => Some(around(value)),
                    _ => None,
                });
                let (before, after) = filled.unwrap_or_default();
                TokenPlace::Header { name, before, after }
            }
            Some(("query", name)) if !name.is_empty() && template::takes_none(&text) => {
                let filled = auth.iter().find_map(|placement| match placement {
                    Placement::Query { name: filled, value } if filled == name => Some(around(value)),
                    _ => None,
                });
                let (before, after) = filled.unwrap_or_default();
                TokenPlace::Query { name: Text::Owned(name.to_owned()), before, after }
            }
            _ => {
                text.error("this is no place for a token", INSTEAD);
                return None;
            }
        };
        if places.contains(&place) {
            text.error("this place is there twice", "name each place once");
        }
        places.push(place);
    }
    Some(places)
}

/// What stands before and after the one secret of a template; nothing where it is made of more.
fn around(template: &Template) -> (Text, Text) {
    let text = |part: &Part| match part {
        Part::Text(text) => Some(text.clone()),
        _ => None,
    };
    let parts: &[Part] = &template.parts;
    let found = match parts {
        [before, Part::Secret(_) | Part::Field(..)] => text(before).map(|before| (before, Text::default())),
        [Part::Secret(_) | Part::Field(..), after] => text(after).map(|after| (Text::default(), after)),
        [before, Part::Secret(_) | Part::Field(..), after] => text(before).zip(text(after)),
        _ => None,
    };
    found.unwrap_or_default()
}
