//! Searches the head of a response.

use super::marks::{Marks, Match};
use super::needle::End;
use super::needles::Needles;
use super::scanner::Scanner;

impl Needles {
    /// The text with its needles covered; `None` if it has no needle.
    #[must_use]
    pub fn redact(&self, text: &str) -> Option<String> {
        let text = text.as_bytes();
        let mut marks = Marks::default();
        let mut scanner = Scanner::default();
        scanner.scan(self, text, true, &mut marks);
        if !self.short.is_empty() {
            for start in 0..text.len() {
                for needle in &self.short {
                    for end in needle.ends(text, start).into_iter().flatten() {
                        if let End::At(end) = needle.end_of_all(text, end, true) {
                            marks.add(Match { start, end, name: needle.name });
                        }
                    }
                }
            }
        }
        if marks.is_empty() {
            return None;
        }
        let mut redacted = text.to_vec();
        marks.write(self, text, 0, &mut redacted);
        Some(String::from_utf8_lossy(&redacted).into_owned())
    }

    /// Whether the name of a header contains a needle, in any case: `name` is in lower case, but the runtime may return
    /// it as the upstream wrote it.
    #[must_use]
    pub fn occur_in_name(&self, name: &str) -> bool {
        let found = self.all.iter().chain(&self.short).find(|needle| needle.occurs_in_name(name));
        if let Some(needle) = found {
            self.note(needle.name);
        }
        found.is_some() || self.redact(name).is_some()
    }
}
