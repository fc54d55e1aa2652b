//! A key, and what may be said of it.

/// A table of `gateway.toml` whose keys are fixed.
#[derive(Debug)]
pub struct KeyTable {
    /// How a message names the table: "a route".
    pub owner: &'static str,
    /// The keys, in the order of the documentation.
    pub keys: &'static [Key],
    /// The sets of keys of which a table has exactly one, each set whole; empty where the keys do not depend on each
    /// other.
    pub forms: &'static [&'static [&'static str]],
}

/// A key of a [`KeyTable`].
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it does, in one or two sentences.
    pub summary: &'static str,
    /// Whether it may be left out.
    pub presence: Presence,
    /// A line of TOML that sets it.
    pub example: &'static str,
    /// What values it takes.
    pub shape: Shape,
}

/// Whether a key may be left out, and what holds then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The key is required.
    Required,
    /// The key may be left out. The text says what holds then.
    Optional(&'static str),
}

/// The values that a key takes. What only the parser can prove is not described here.
#[derive(Debug)]
pub enum Shape {
    /// Whatever the parser takes.
    Anything,
    /// As another key, whose documentation holds for this one.
    Alike(&'static Shape),
    /// `true` or `false`.
    Boolean,
    /// An integer between two bounds, both included.
    Integer(u32, u32),
    /// A string.
    Text,
    /// A string in which placeholders may be.
    Template,
    /// A string that matches this regular expression as a whole.
    Pattern(&'static str),
    /// One of these strings.
    Word(&'static [&'static str]),
    /// An array. The number is the fewest elements that it may have.
    Array(usize, &'static Shape),
    /// A value of any of these shapes.
    AnyOf(&'static [Shape]),
    /// A table whose keys are fixed.
    Table(&'static KeyTable),
    /// A table whose keys are names of the user's choice.
    Named(&'static Shape),
}

impl KeyTable {
    /// The names of the keys, in the order of the documentation.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.iter().map(|key| key.name)
    }
}
