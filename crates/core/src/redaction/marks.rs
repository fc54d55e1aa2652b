//! The marks that replace what was found.

use std::cmp::{Reverse, min_by_key};

use super::needles::Needles;

/// A needle that was found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    /// A position in the list of names.
    pub(super) name: usize,
}

/// The covered places of a text.
///
/// The bytes of every match are covered, and no others. Matches that overlap share one mark; its name is that of the
/// longest match that begins where the mark does. So the mark at a place depends only on what is found around it, and a
/// part of a text that is read with its surroundings has the same marks as in the whole text.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// In order, and without overlaps.
    covers: Vec<Cover>,
    /// The number of covers that have been released.
    gone: usize,
    /// The end of the last released cover.
    last_end: usize,
}

/// Matches that overlap one another.
#[derive(Clone, Copy, Debug)]
struct Cover {
    start: usize,
    end: usize,
    /// The number of its bytes that have been written and released.
    written: usize,
    /// The length and the name of the longest match that begins where the cover does.
    length: usize,
    name: usize,
    /// The beginning of its mark. It is decided once, when the bytes before the mark are final.
    completion: Option<&'static [u8]>,
}

impl Marks {
    pub(super) const fn is_empty(&self) -> bool {
        self.covers.is_empty()
    }

    /// Covers a match.
    #[inline]
    pub(super) fn add(&mut self, found: Match) {
        // The fast path for a run of overlapping matches: each one only extends the last cover.
        if let Some(last) = self.covers.get_mut(self.gone..).and_then(<[Cover]>::last_mut)
            && last.start < found.start
            && found.start < last.end
        {
            last.end = last.end.max(found.end);
            return;
        }
        self.insert(found);
    }

    fn insert(&mut self, found: Match) {
        let from = self.covers.partition_point(|cover| cover.end <= found.start).max(self.gone);
        let rest = self.covers.get(from..).unwrap_or_default();
        if rest.first().is_some_and(|cover| cover.contains(found)) {
            return;
        }
        let count = rest.iter().take_while(|cover| cover.start < found.end).count();
        let Match { start, end, name } = found;
        let mut cover = Cover { start, end, written: 0, length: end - start, name, completion: None };
        for known in rest.iter().take(count) {
            let end = cover.end.max(known.end);
            cover = Cover { end, ..min_by_key(cover, *known, Cover::rank) };
        }
        self.covers.splice(from..from + count, [cover]);
    }

    /// Writes the marks into `out`, which is the copy of `text` from `from` on.
    pub(super) fn write(&mut self, needles: &Needles, text: &[u8], from: usize, out: &mut [u8]) {
        let until = from + out.len();
        let mut before = self.last_end;
        for cover in self.covers.iter_mut().skip(self.gone) {
            if cover.start >= until {
                break;
            }
            let first = before.max(cover.start.saturating_sub(LONGEST_INCOMPLETE));
            let before_it = text.get(first..cover.start).unwrap_or_default();
            let completion = *cover.completion.get_or_insert_with(|| completion(before_it));
            needles.note(cover.name);
            let name = needles.mark(cover.name);
            let fits = completion.len() + name.len() <= cover.length;
            let name = if fits { name.as_str() } else { "" };
            let place = |at: usize| at.saturating_sub(from).min(out.len());
            let places = place(cover.start)..place(cover.end);
            let covered = out.get_mut(places).unwrap_or_default();
            covered.fill(b'*');
            let mark = completion.iter().copied().chain(name.bytes()).skip(cover.written);
            for (place, byte) in covered.iter_mut().zip(mark) {
                *place = byte;
            }
            before = cover.end;
        }
    }

    /// Whether a place before this one is covered.
    pub(super) fn any_before(&self, until: usize) -> bool {
        self.covers.get(self.gone).is_some_and(|cover| cover.start < until)
    }

    /// Forgets what is covered before this place.
    pub(super) fn release(&mut self, until: usize) {
        while let Some(cover) = self.covers.get_mut(self.gone)
            && cover.start < until
        {
            if cover.end > until {
                cover.written += until - cover.start;
                cover.start = until;
                return;
            }
            self.last_end = cover.end;
            self.gone += 1;
        }
    }

    /// Adjusts the places after `gone` bytes, all of them released, have been removed from the beginning of the text.
    pub(super) fn rebase(&mut self, gone: usize) {
        self.last_end = self.last_end.saturating_sub(gone);
        self.covers.drain(..std::mem::take(&mut self.gone));
        for cover in &mut self.covers {
            cover.start -= gone;
            cover.end -= gone;
        }
    }
}

impl Cover {
    /// Whether adding the match would change nothing.
    const fn contains(&self, found: Match) -> bool {
        self.start < found.start && found.end <= self.end
    }

    /// Of covers that overlap, the one with the lowest rank gives the mark its beginning and its name.
    const fn rank(&self) -> (bool, usize, Reverse<usize>, usize) {
        // A cover that has been written in part began before everything that is found now.
        (self.written == 0, self.start, Reverse(self.length), self.name)
    }
}

/// The length of the longest unfinished escape that [`completion`] completes, in bytes.
const LONGEST_INCOMPLETE: usize = 5;

/// The beginning of a mark that follows an unfinished escape.
///
/// A value that begins with `/` or with a digit can begin within its own escape: `\/` is a backslash and a `/`, and
/// `\u0031` ends with a `1`. The mark covers only the value, because the caller may have placed the bytes before it in
/// order to learn how the value begins. The bytes that are written here complete the escape, so that the text stays
/// well-formed and tells nothing about the value.
fn completion(before: &[u8]) -> &'static [u8] {
    let digits = before.iter().rev().take(3).take_while(|byte| byte.is_ascii_hexdigit()).count();
    for count in 0..=digits {
        match before.get(..before.len() - count) {
            Some([.., b'\\', b'u']) => return b"0021".get(count..).unwrap_or_default(),
            Some([.., b'\\', b'x']) => return b"21".get(count..).unwrap_or_default(),
            Some([.., b'%']) if count == 1 => return b"1",
            Some([.., b'\\']) if count == 0 => return b"/",
            _ => {}
        }
    }
    b""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::InjectedSecrets;
    use crate::request_id::RequestId;

    fn needles() -> Needles {
        let mut injected = InjectedSecrets::default();
        injected.add("one", "0123456789");
        injected.add("two", "abcdefghij");
        injected.needles(&RequestId::new(1))
    }

    /// What a text of dots becomes between the two places, which are then released.
    fn released(marks: &mut Marks, from: usize, until: usize) -> String {
        let text = [b'.'; 50];
        let mut out = text[from..until].to_vec();
        marks.write(&needles(), &text, from, &mut out);
        marks.release(until);
        String::from_utf8(out).unwrap()
    }

    /// The scanner finds no such match. If it did, the rest of the match must be covered.
    #[test]
    fn a_match_that_begins_in_released_text_is_covered_after_it() {
        let mut marks = Marks::default();
        marks.add(Match { start: 0, end: 20, name: 0 });
        assert_eq!(released(&mut marks, 0, 20), "[redacted:one]******");
        marks.add(Match { start: 15, end: 40, name: 1 });
        assert_eq!(released(&mut marks, 20, 41), "[redacted:two]******.");
    }

    #[test]
    fn a_mark_that_has_begun_goes_on_whatever_is_found_behind_it() {
        for start in [5, 10, 12] {
            let mut marks = Marks::default();
            marks.add(Match { start: 2, end: 20, name: 1 });
            assert_eq!(released(&mut marks, 0, 10), "..[redacte");
            marks.add(Match { start: start.max(10), end: 40, name: 0 });
            assert_eq!(released(&mut marks, 10, 41), "d:two]************************.", "{start}");
        }
    }

    #[test]
    fn matches_that_touch_have_a_mark_each() {
        let one = Match { start: 0, end: 20, name: 0 };
        let two = Match { start: 20, end: 40, name: 1 };
        for matches in [[one, two], [two, one]] {
            let mut marks = Marks::default();
            for found in matches {
                marks.add(found);
            }
            assert_eq!(released(&mut marks, 0, 40), "[redacted:one]******[redacted:two]******");
        }
    }

    #[test]
    fn an_unfinished_escape_is_completed() {
        for (before, expected) in [
            (r"\", "/"),
            (r"\u", "0021"),
            (r"\u0", "021"),
            (r"\u0f", "21"),
            (r"\u0F2", "1"),
            (r"\x", "21"),
            (r"\x2", "1"),
            ("%2", "1"),
            ("%", ""),
            ("%41", ""),
            (r"\x41", ""),
            (r"\u0041", ""),
            (r"\ug", ""),
            (r"\1", ""),
            (r"\12", ""),
            ("2", ""),
            ("", ""),
        ] {
            assert_eq!(completion(before.as_bytes()), expected.as_bytes(), "{before}");
        }
    }

    #[test]
    fn the_first_of_what_overlaps_gives_its_name_in_whatever_order_it_is_found() {
        let all = [
            Match { start: 1, end: 20, name: 1 },
            Match { start: 18, end: 40, name: 0 },
            Match { start: 22, end: 30, name: 0 },
            Match { start: 1, end: 19, name: 0 },
        ];
        for turn in 0..all.len() {
            let mut matches = all;
            matches.rotate_left(turn);
            for matches in [matches, {
                matches.reverse();
                matches
            }] {
                let mut marks = Marks::default();
                for found in matches {
                    marks.add(found);
                }
                assert_eq!(
                    released(&mut marks, 0, 41),
                    format!(".{:*<39}.", "[redacted:two]"),
                    "{matches:?}"
                );
            }
        }
    }
}
