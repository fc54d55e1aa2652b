//! The head of a message, as `entry.js` describes it in one text.

use std::ops::Range;

use ostiary_core::secret_value::SecretValue;

/// Lines: first some that their place tells apart; then one for each header: its name, and for a wanted one `=` and
/// its value, which no name holds. Split once, since each header is asked for by name.
pub(crate) struct Description {
    text: SecretValue,
    lines: Vec<Range<usize>>,
    headers: Vec<(Range<usize>, Option<Range<usize>>)>,
}

impl Description {
    /// Headers come after `first` lines of other kinds.
    pub(crate) fn of(text: SecretValue, first: usize) -> Self {
        let (mut lines, mut headers) = (Vec::with_capacity(first), Vec::with_capacity(24));
        let (mut start, mut value) = (0, None);
        let bytes = text.expose().bytes().chain([b'\n']);
        for (at, byte) in bytes.enumerate() {
            match byte {
                b'=' if value.is_none() => value = Some(at + 1),
                b'\n' => {
                    if lines.len() < first {
                        lines.push(start..at);
                    } else if start < at {
                        headers
                            .push((start..value.map_or(at, |value| value - 1), value.map(|value| value..at)));
                    }
                    (start, value) = (at + 1, None);
                }
                _ => {}
            }
        }
        Self { text, lines, headers }
    }

    /// One of the first lines.
    pub(crate) fn line(&self, number: usize) -> &str {
        self.lines.get(number).map_or("", |range| self.at(range))
    }

    /// The value of a wanted header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| self.at(known) == name)?;
        value.as_ref().map(|range| self.at(range))
    }

    /// The names of all headers.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| self.at(name))
    }

    fn at(&self, range: &Range<usize>) -> &str {
        self.text.expose().get(range.clone()).unwrap_or_default()
    }
}
