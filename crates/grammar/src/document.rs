//! Reads a TOML or JSON document. Every key and value has its position in the file.
//!
//! The file is longer than others, because it has the code that TOML and JSON share.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Findings;
use super::file::Span;
use super::jsonc;
use super::keys::KeyTable;
use super::nearest::nearest;
use super::notation::Notation;

/// The most entries of a table or an array: a position among them is a `u16`.
const MOST: usize = u16::MAX as usize;

/// A key or a string, unescaped, and its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'t> {
    pub(crate) text: &'t str,
    pub(crate) span: Span,
    /// Where the text starts in the file; `None` if it has escapes, which shift positions.
    start: Option<usize>,
}

/// A value, and its key.
#[derive(Clone, Copy)]
pub(crate) struct Value<'t> {
    name: &'t str,
    file: &'t str,
    item: &'t Spanned<DeValue<'t>>,
}

/// A key and its value.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Located<'t>,
    pub(crate) value: Value<'t>,
}

/// A table, its entries in the order of the file.
pub(crate) struct Table<'t> {
    pub(crate) span: Span,
    entries: Vec<Entry<'t>>,
}

/// Parses a file; `None` if it is not valid. A key that occurs twice is reported and read once.
pub(crate) fn parse<'t>(file: &'t str, findings: &mut Findings<'_>) -> Option<Spanned<DeTable<'t>>> {
    match findings.file().notation() {
        Notation::Toml => parse_toml(file, findings),
        Notation::Json => jsonc::parse(file, findings),
    }
}

fn parse_toml<'t>(file: &'t str, findings: &mut Findings<'_>) -> Option<Spanned<DeTable<'t>>> {
    let (document, mut errors) = DeTable::parse_recoverable(file);
    let start = |error: &toml::de::Error| error.span().map_or(file.len(), |span| span.start);
    errors.sort_by_key(start);
    for error in errors {
        let span = error.span().map_or(Span { start: file.len(), end: file.len() }, Span::from);
        if error.message() == "duplicate key" {
            findings.error(span, "the key is written twice in one table", "keep one of the two");
            continue;
        }
        findings.error(span, &format!("this is not TOML: {}", error.message()), "write valid TOML");
        // Later errors of the parser are mostly consequences of the first one.
        return None;
    }
    Some(document)
}

impl<'t> Table<'t> {
    pub(crate) fn root(document: &'t Spanned<DeTable<'t>>, file: &'t str) -> Self {
        let end = Span { start: file.len(), end: file.len() };
        Self { span: end, entries: entries(document.get_ref(), file) }
    }

    pub(crate) fn entries(&self) -> &[Entry<'t>] {
        &self.entries
    }

    pub(crate) fn get(&self, key: &str) -> Option<Entry<'t>> {
        self.entries.iter().find(|entry| entry.key.text == key).copied()
    }

    pub(crate) fn value(&self, key: &str) -> Option<Value<'t>> {
        self.get(key).map(|entry| entry.value)
    }

    /// The value of a required key of `owner`, whose name is at `at`. Reports a missing key.
    pub(crate) fn required(
        &self,
        key: &str,
        owner: &str,
        at: Span,
        example: &str,
        findings: &mut Findings<'_>,
    ) -> Option<Value<'t>> {
        let value = self.value(key);
        if value.is_none() {
            findings.error(at, &format!("{owner} has no `{key}`"), &format!("add `{example}`"));
        }
        value
    }

    /// Reports every key that the table does not have, and returns whether there was none. Planned keys get their own
    /// message, so that no option silently does nothing.
    pub(crate) fn reject_unknown_keys(
        &self,
        table: &KeyTable,
        later: &[&str],
        findings: &mut Findings<'_>,
    ) -> bool {
        let owner = table.owner;
        let is_known = |key: &Located<'_>| table.names().any(|known| known == key.text);
        let unknown = self.entries.iter().map(|entry| entry.key).filter(|key| !is_known(key));
        let mut all_known = true;
        for key in unknown {
            all_known = false;
            if later.contains(&key.text) {
                findings.error(key.span, &format!("`{}` does not work yet", key.text), "remove it");
                continue;
            }
            let listed = table.names().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let instead = match (nearest(key.text, table.names()), table.keys) {
                (_, [only]) => format!("write `{}`", only.name),
                (Some(near), _) => format!("write `{near}`; the known keys are {listed}"),
                (None, _) => format!("write one of the known keys {listed}"),
            };
            findings.error(key.span, &format!("{owner} has no key `{}`", key.text), &instead);
        }
        all_known
    }
}

impl<'t> Value<'t> {
    pub(crate) fn span(self) -> Span {
        self.item.span().into()
    }

    pub(crate) fn is_array(self) -> bool {
        self.item.get_ref().is_array()
    }

    pub(crate) fn is_string(self) -> bool {
        self.item.get_ref().is_str()
    }

    pub(crate) fn is_boolean(self) -> bool {
        self.item.get_ref().is_bool()
    }

    pub(crate) fn is_table(self) -> bool {
        self.item.get_ref().is_table()
    }

    pub(crate) fn as_str(self) -> Option<&'t str> {
        self.item.get_ref().as_str()
    }

    /// The value as a table. `example` is the whole `key = value`, here and below.
    pub(crate) fn table(self, example: &str, findings: &mut Findings<'_>) -> Option<Table<'t>> {
        let Some(table) = self.item.get_ref().as_table() else {
            self.wants("a table", example, findings);
            return None;
        };
        self.bound(table.len(), findings)?;
        Some(Table { span: self.span(), entries: entries(table, self.file) })
    }

    /// The same as [`Value::table`], but does not report a value that is not a table.
    pub(crate) fn quiet_table(self) -> Option<Table<'t>> {
        let table = self.item.get_ref().as_table()?;
        Some(Table { span: self.span(), entries: entries(table, self.file) })
    }

    /// The elements of an array; none if the value is not an array.
    pub(crate) fn quiet_array(self) -> Vec<Value<'t>> {
        let array = self.item.get_ref().as_array();
        array.into_iter().flat_map(|array| array.iter()).map(|item| Value { item, ..self }).collect()
    }

    /// `None` if the value is not a boolean.
    pub(crate) fn quiet_boolean(self) -> Option<bool> {
        self.item.get_ref().as_bool()
    }

    /// The digits of an integer; `None` if the value is not an integer.
    pub(crate) fn quiet_integer(self) -> Option<&'t str> {
        self.item.get_ref().as_integer().map(toml::de::DeInteger::as_str)
    }

    /// The elements of an array.
    pub(crate) fn array(self, example: &str, findings: &mut Findings<'_>) -> Option<Vec<Value<'t>>> {
        let Some(array) = self.item.get_ref().as_array() else {
            self.wants("an array", example, findings);
            return None;
        };
        self.bound(array.len(), findings)?;
        Some(array.iter().map(|item| Value { item, ..self }).collect())
    }

    /// The elements of an array that is not empty.
    pub(crate) fn filled_array(self, example: &str, findings: &mut Findings<'_>) -> Option<Vec<Value<'t>>> {
        let elements = self.array(example, findings)?;
        if elements.is_empty() {
            let message = format!("`{}` is empty", self.name);
            findings.error(self.span(), &message, &format!("write `{example}`"));
            return None;
        }
        Some(elements)
    }

    /// The strings of an array. Duplicates are reported.
    pub(crate) fn strings(self, example: &str, findings: &mut Findings<'_>) -> Vec<Located<'t>> {
        let elements = self.array(example, findings).unwrap_or_default();
        Self::distinct(elements, example, findings)
    }

    /// These values as strings. Duplicates are reported.
    pub(crate) fn distinct(
        elements: Vec<Value<'t>>,
        example: &str,
        findings: &mut Findings<'_>,
    ) -> Vec<Located<'t>> {
        let mut seen = BTreeSet::new();
        let mut strings = Vec::with_capacity(elements.len());
        for element in elements {
            let Some(string) = element.string(example, findings) else { continue };
            if seen.insert(string.text) {
                strings.push(string);
            } else {
                findings.error(string.span, &format!("`{}` is listed twice", string.text), "remove one");
            }
        }
        strings
    }

    /// A string that cannot have placeholders.
    pub(crate) fn string(self, example: &str, findings: &mut Findings<'_>) -> Option<Located<'t>> {
        let string = self.template(example, findings)?;
        if let Some(start) = string.text.find("${") {
            let message = format!("`{}` cannot contain a placeholder", self.name);
            let instead = "write it out; placeholders are allowed in `upstream`, in the values of `auth` and in a \
                           caller's `bearer`";
            findings.error(string.part(start, string.text.len()), &message, instead);
            return None;
        }
        Some(string)
    }

    /// A string that may have placeholders.
    pub(crate) fn template(self, example: &str, findings: &mut Findings<'_>) -> Option<Located<'t>> {
        let Some(text) = self.item.get_ref().as_str() else {
            self.wants("a string", example, findings);
            return None;
        };
        Some(Located::new(text, self.span(), self.file))
    }

    pub(crate) fn boolean(self, findings: &mut Findings<'_>) -> Option<bool> {
        let boolean = self.item.get_ref().as_bool();
        if boolean.is_none() {
            self.wants("`true` or `false`", &format!("{} = true", self.name), findings);
        }
        boolean
    }

    /// The digits of an integer.
    pub(crate) fn integer(self, example: &str, findings: &mut Findings<'_>) -> Option<&'t str> {
        let integer = self.item.get_ref().as_integer();
        if integer.is_none() {
            self.wants("an integer", example, findings);
        }
        integer.map(toml::de::DeInteger::as_str)
    }

    /// Reports that the value has the wrong type.
    pub(crate) fn wants(self, wanted: &str, example: &str, findings: &mut Findings<'_>) {
        let notation = findings.file().notation();
        let of_type = |name: &str| {
            let name = notation.type_name(name);
            format!("{} {name}", if name.starts_with(['a', 'i', 'o']) { "an" } else { "a" })
        };
        let found = of_type(self.item.get_ref().type_str());
        let wanted = wanted.split_once(' ').map_or(wanted.to_owned(), |(article, name)| match article {
            "a" | "an" => of_type(name),
            _ => wanted.to_owned(),
        });
        let message = format!("`{}` takes {wanted}, not {found}", self.name);
        findings.error(self.span(), &message, &format!("write `{example}`"));
    }

    fn bound(self, count: usize, findings: &mut Findings<'_>) -> Option<()> {
        if count <= MOST {
            return Some(());
        }
        let message = format!("`{}` has {count} entries", self.name);
        findings.error(self.span(), &message, &format!("write at most {MOST}"));
        None
    }
}

impl<'t> Located<'t> {
    fn new(text: &'t str, span: Span, file: &str) -> Self {
        let written = file.get(span.start..span.end).unwrap_or_default();
        let start = ["", "\"", "'", "\"\"\"", "'''"].into_iter().find_map(|quote| {
            let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
            (inner == text).then_some(span.start + quote.len())
        });
        Self { text, span, start }
    }

    /// The position of `text[start..end]`; that of the whole text where escapes shift positions.
    pub(crate) fn part(&self, start: usize, end: usize) -> Span {
        self.start.map_or(self.span, |first| Span { start: first + start, end: first + end })
    }

    /// The position of a piece of the text.
    pub(crate) fn piece(&self, piece: &str) -> Span {
        let offset = piece.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        match offset.checked_add(piece.len()) {
            Some(end) if end <= self.text.len() => self.part(offset, end),
            _ => self.span,
        }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

fn entries<'t>(table: &'t DeTable<'t>, file: &'t str) -> Vec<Entry<'t>> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, item)| {
            let name: &str = key.get_ref();
            Entry { key: Located::new(name, key.span().into(), file), value: Value { name, file, item } }
        })
        .collect();
    entries.sort_by_key(|entry| entry.key.span.start);
    entries
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};
    use super::*;

    #[test]
    fn tells_of_types_duplicates_unknown_keys_and_keys_that_do_not_work_yet() {
        assert_diagnostics(include_str!("diagnostics/document.txt"));
    }

    #[test]
    fn reads_tables_and_arrays_in_the_order_of_the_file() {
        let checked = accepted(
            "checkout = [\"CHECKOUT_TOKEN\"]",
            "checkout = [\"CHECKOUT_TOKEN\"]\na = [{ worker_secret = \"LEGACY_KEY\" }]",
        );
        let names: Vec<_> = checked.gateway.secrets.iter().map(|secret| secret.name.as_ref()).collect();
        assert_eq!(names, ["stripe", "checkout", "a"]);
    }

    #[test]
    fn a_position_among_the_entries_fits_sixteen_bits() {
        let names =
            |count: usize| (0..count).map(|index| format!("\"{index}\"")).collect::<Vec<_>>().join(",");
        let with = |count| {
            let option = format!("mount = \"/stripe\"\nstrip_query = [{}]", names(count));
            outcome(&replaced(GATEWAY, "mount = \"/stripe\"", &option), WRANGLER)
        };
        assert!(with(MOST).is_ok());
        let errors = with(MOST + 1).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0]
                .starts_with("gateway.toml:15:15: error: `strip_query` has 65536 entries; found `[\"0\",")
        );
        assert!(errors[0].ends_with("…`; write at most 65535"));
    }

    #[test]
    fn points_into_a_string_unless_escapes_hide_the_place() {
        for (file, text, part) in [
            ("\"abc\"", "abc", Span { start: 2, end: 3 }),
            ("'abc'", "abc", Span { start: 2, end: 3 }),
            ("\"\"\"abc\"\"\"", "abc", Span { start: 4, end: 5 }),
            ("abc", "abc", Span { start: 1, end: 2 }),
            ("\"a\\u0062c\"", "abc", Span { start: 0, end: 10 }),
        ] {
            let located = Located::new(text, Span { start: 0, end: file.len() }, file);
            assert_eq!(located.part(1, 2), part, "{file}");
            assert_eq!(located.piece(text.get(1..2).unwrap()), part, "{file}");
            assert_eq!(located.piece("another text"), located.span, "{file}");
        }
    }
}
