//! Walking a TOML document with the positions of all that stands in it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Report;

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Node<'d, 'r> {
    value: &'d DeValue<'d>,
    place: Place,
    report: &'r Report<'d>,
}

/// A range of bytes, small enough to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    start: usize,
    end: usize,
}

impl Place {
    pub(super) const fn span(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A text of the document.
#[derive(Clone, Copy)]
pub(super) struct TextNode<'d, 'r> {
    pub(super) text: &'d str,
    place: Place,
    report: &'r Report<'d>,
}

/// A table of the document, its entries in the order of the file.
pub(super) struct Table<'d, 'r> {
    entries: Vec<Entry<'d, 'r>>,
    place: Place,
    report: &'r Report<'d>,
}

/// A key and its value.
#[derive(Clone, Copy)]
pub(super) struct Entry<'d, 'r> {
    pub(super) key: TextNode<'d, 'r>,
    pub(super) value: Node<'d, 'r>,
}

impl<'d, 'r> Node<'d, 'r> {
    fn new(value: &'d Spanned<DeValue<'d>>, report: &'r Report<'d>) -> Self {
        Self { value: value.get_ref(), place: value.span().into(), report }
    }

    pub(super) fn error(&self, message: impl Into<String>, instead: impl Into<String>) {
        self.report.error(&self.place.span(), message, instead);
    }

    /// The table, or an error that says what to write.
    pub(super) fn table(&self, instead: &str) -> Option<Table<'d, 'r>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(table, self.place, self.report)),
            _ => self.other("a table", instead),
        }
    }

    /// The text, or an error that says what to write.
    pub(super) fn text(&self, instead: &str) -> Option<TextNode<'d, 'r>> {
        match self.value {
            DeValue::String(text) => Some(TextNode { text, place: self.place, report: self.report }),
            _ => self.other("a string", instead),
        }
    }

    /// The members of the array, one at least, or an error that says what to write.
    pub(super) fn array(&self, instead: &str) -> Option<Vec<Node<'d, 'r>>> {
        match self.members() {
            Some(members) if !members.is_empty() => Some(members),
            Some(_) => self.other("an array that is not empty", instead),
            None => self.other("an array", instead),
        }
    }

    /// The members of an array, none included; `None` where this is no array.
    pub(super) fn members(&self) -> Option<Vec<Node<'d, 'r>>> {
        match self.value {
            DeValue::Array(array) => {
                Some(array.iter().map(|member| Node::new(member, self.report)).collect())
            }
            _ => None,
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(value) => Some(*value),
            _ => self.other("a boolean", "write `true` or `false`"),
        }
    }

    /// The digits of an integer as they are written.
    pub(super) fn integer(&self) -> Option<&'d str> {
        match self.value {
            DeValue::Integer(integer) => Some(integer.as_str()),
            _ => None,
        }
    }

    fn other<T>(&self, wanted: &str, instead: &str) -> Option<T> {
        self.error(format!("this must be {wanted}"), instead);
        None
    }
}

impl TextNode<'_, '_> {
    pub(super) fn error(&self, message: impl Into<String>, instead: impl Into<String>) {
        self.report.error(&self.place.span(), message, instead);
    }

    pub(super) fn warning(&self, message: impl Into<String>, instead: impl Into<String>) {
        self.report.warning(&self.place.span(), message, instead);
    }

    /// An error about a piece of the text, at the piece itself where no escape moves it.
    pub(super) fn error_within(
        &self,
        piece: Range<usize>,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let inside = self.place.start + 1..self.place.end.saturating_sub(1);
        let verbatim = self.report.text().get(inside.clone()) == Some(self.text);
        let span =
            if verbatim { inside.start + piece.start..inside.start + piece.end } else { self.place.span() };
        self.report.error(&span, message, instead);
    }
}

impl<'d, 'r> Table<'d, 'r> {
    pub(super) fn new(table: &'d DeTable<'d>, place: Place, report: &'r Report<'d>) -> Self {
        let entry =
            |(key, value): (&'d Spanned<std::borrow::Cow<'d, str>>, &'d Spanned<DeValue<'d>>)| Entry {
                key: TextNode { text: key.get_ref(), place: key.span().into(), report },
                value: Node::new(value, report),
            };
        let mut entries: Vec<Entry<'d, 'r>> = table.iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.key.place.start);
        Self { entries, place, report }
    }

    /// All entries.
    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'d, 'r>> + '_ {
        self.entries.iter().copied()
    }

    pub(super) fn error(&self, message: impl Into<String>, instead: impl Into<String>) {
        self.report.error(&self.place.span(), message, instead);
    }

    pub(super) fn get(&self, key: &str) -> Option<Node<'d, 'r>> {
        self.entries.iter().find(|entry| entry.key.text == key).map(|entry| entry.value)
    }

    /// The value under this key, or an error at `owner` that says what to write.
    pub(super) fn required(
        &self,
        key: &str,
        owner: &TextNode<'d, 'r>,
        instead: &str,
    ) -> Option<Node<'d, 'r>> {
        let found = self.get(key);
        if found.is_none() {
            owner.error(format!("`{}` has no `{key}`", owner.text), instead);
        }
        found
    }

    /// Reports every key that is not known, and every one that belongs to what is not there yet.
    pub(super) fn only(&self, known: &[&str], later: &[&str]) {
        for entry in &self.entries {
            let key = entry.key.text;
            if later.contains(&key) {
                let message = format!("`{key}` does not work yet");
                entry.key.error(message, "remove it: no option does nothing");
            } else if !known.contains(&key) {
                let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                entry.key.error(format!("the key `{key}` is unknown here"), format!("write one of {names}"));
            }
        }
    }
}

impl<'d> TextNode<'d, '_> {
    /// A piece of the text in the place of the whole.
    pub(super) const fn part(self, text: &'d str) -> Self {
        Self { text, ..self }
    }
}
