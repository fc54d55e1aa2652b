//! The name of a Worker, as wrangler accepts it.

use crate::failure::Failure;

/// The name if the folder's name has no letter or digit.
const USUAL: &str = "ostiary";
/// The longest derived name. It leaves room for `-ENVIRONMENT` in a label of a host name, which has 63 characters.
const LONGEST: usize = 40;

/// Parses a name: lower-case letters, digits, `_` and `-`, and no `-` at the start.
///
/// # Errors
/// wrangler would refuse the name.
pub fn parse(text: &str) -> Result<String, Failure> {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_word) {
        return Ok(text.to_owned());
    }
    Err(Failure::usage("write lower-case letters, digits, `_` and `-`, and no `-` at the start"))
}

/// The name of a Worker whose configuration is in a folder with this name.
pub fn of_folder(folder: &str) -> String {
    let words = folder.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    let name: String = joined.chars().take(LONGEST).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { USUAL.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_becomes_a_name_that_wrangler_accepts() {
        for (folder, name) in [
            ("my-gateway", "my-gateway"),
            ("My Gateway (2)", "my-gateway-2"),
            (".hidden_one", "hidden-one"),
            ("---", "ostiary"),
            ("", "ostiary"),
            ("schlüssel", "schl-ssel"),
        ] {
            assert_eq!(of_folder(folder), name);
            assert_eq!(parse(name).ok().as_deref(), Some(name));
        }
        let long = of_folder(&"gate ".repeat(40));
        assert_eq!(long.len(), 39, "{long}");
        assert!(parse(&long).is_ok() && !long.ends_with('-'));
    }

    #[test]
    fn a_name_that_wrangler_refuses_is_refused() {
        for name in ["", "-x", "Shop", "my shop", "ä", "a.b", "a/b", "a\n"] {
            assert!(parse(name).is_err(), "{name:?}");
        }
        for name in ["_x", "a", "0", "a-", "my_shop-2"] {
            assert!(parse(name).is_ok(), "{name:?}");
        }
    }
}
