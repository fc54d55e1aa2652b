//! The description of a key.

/// A table of `gateway.toml` whose keys are fixed.
#[derive(Debug)]
pub struct KeyTable {
    /// How a message names the table: "a route".
    pub owner: &'static str,
    /// The keys, in the order of the documentation.
    pub keys: &'static [Key],
    /// The sets of keys of which a table has exactly one, completely; empty where keys do not depend on each other.
    pub forms: &'static [&'static [&'static str]],
}

/// A key of a [`KeyTable`].
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it does, in one or two sentences.
    pub summary: &'static str,
    /// Whether it may be omitted.
    pub presence: Presence,
    /// A line of TOML that sets it.
    pub example: &'static str,
    /// The values that it allows.
    pub shape: Shape,
}

/// Whether a key may be omitted, and its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The key is required.
    Required,
    /// The key may be omitted. The text describes the default.
    Optional(&'static str),
}

/// The values that a key allows. Rules that only the parser can check are not described.
#[derive(Debug)]
pub enum Shape {
    /// Any value that the parser accepts.
    Anything,
    /// The same as another key, whose documentation applies.
    Alike(&'static Shape),
    /// `true` or `false`.
    Boolean,
    /// An integer between two bounds, both included.
    Integer(u32, u32),
    /// A string.
    Text,
    /// A string that may have placeholders.
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
    /// A table whose keys are names that the user chooses.
    Named(&'static Shape),
}

impl KeyTable {
    /// The names of the keys, in the order of the documentation.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.iter().map(|key| key.name)
    }
}
