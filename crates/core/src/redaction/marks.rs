//! What stands in the place of what was found.

use super::needles::Needles;

/// A text that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    /// A position in the list of names.
    pub(super) name: usize,
}

/// The places of a text that are covered.
///
/// What stands at a place depends on what is found around it and on nothing farther away, so a part of a text, read
/// with its surroundings, has the marks that it has in the whole: the bytes of every match are covered, and no others;
/// the longest of those that begin where nothing else covers them gives its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// In order, none overlapping another.
    covers: Vec<Cover>,
    /// How many of them have been released.
    gone: usize,
    /// Where the cover before these ended.
    last_end: usize,
}

/// Matches that overlap one another.
#[derive(Clone, Copy, Debug)]
struct Cover {
    start: usize,
    end: usize,
    /// How many bytes of it have been written and forgotten.
    written: usize,
    /// The length and the name of the longest match that begins where the cover does.
    length: usize,
    name: usize,
    /// What its mark begins with, once the byte before it is known for good.
    completion: Option<&'static [u8]>,
}

impl Marks {
    pub(super) const fn is_empty(&self) -> bool {
        self.covers.is_empty()
    }

    /// Covers a match.
    #[inline]
    pub(super) fn add(&mut self, found: Match) {
        // Where one byte after another ends a match, all but the first only make the last cover longer.
        let is_released = self.covers.len() == self.gone;
        if let Some(last) = self.covers.last_mut()
            && !is_released
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
            if known.gives_name_before(&cover) {
                cover = *known;
            }
            cover.end = end;
        }
        self.covers.splice(from..from + count, [cover]);
    }

    /// Writes what stands in the covered places of `out`, which are those of `text` from `from` on.
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

    /// As many bytes of the text are gone, all of them released.
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
    /// Whether the match changes nothing about it.
    const fn contains(&self, found: Match) -> bool {
        self.start < found.start && found.end <= self.end
    }

    fn gives_name_before(&self, other: &Self) -> bool {
        // What has been written in part began before all that is found now.
        let order = |cover: &Self| (cover.written == 0, cover.start, usize::MAX - cover.length, cover.name);
        order(self) < order(other)
    }
}

/// In bytes: of an escape that [`completion`] completes.
const LONGEST_INCOMPLETE: usize = 5;

/// What a mark begins with after an escape that lacks its end.
///
/// A value that begins with `/` or with a digit can begin within its own escape: `\/` is a `/` after a backslash, and in
/// `\u0031` there is a `1` after `\u003`. The mark begins there all the same, since a caller could have put what stands
/// before it there, to learn from what is covered how the value begins. So whatever comes after it, the text must not be
/// broken, nor tell anything.
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
