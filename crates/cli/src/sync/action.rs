//! The action of a sync for one name.

use super::comparison::{Difference, Line};
use crate::bound::Bound;

/// The action of a sync for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create the secret.
    Create,
    /// Set the file's value.
    Update,
    /// Delete the secret.
    Delete,
    /// Change nothing.
    Keep,
    /// Do not update the secret, because the gateway could not read it, with this outcome.
    Defer(String),
    /// Do not delete the secret, because these bindings use it.
    Protect(String),
}

/// The options of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Whether existing secrets are changed.
    pub update: bool,
    /// Whether secrets that are not in the file are deleted.
    pub delete: bool,
}

impl Action {
    /// The action for this line.
    pub fn new(line: &Line, wanted: Wanted, bound: &Bound) -> Self {
        match line.difference {
            Difference::Missing => Self::Create,
            Difference::Differs | Difference::Present if wanted.update => Self::Update,
            Difference::Unread if wanted.update => Self::Defer(line.reason.clone().unwrap_or_default()),
            Difference::Extra if wanted.delete => match bound.places(&line.name) {
                Some(places) => Self::Protect(places),
                None => Self::Delete,
            },
            Difference::Same
            | Difference::Differs
            | Difference::Present
            | Difference::Unread
            | Difference::Extra => Self::Keep,
        }
    }

    /// Whether the action writes to the store.
    pub fn writes(&self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::Binding;
    use crate::configuration::Environment;

    fn line(name: &str, difference: Difference) -> Line {
        let reason = (difference == Difference::Unread).then(|| "timeout".to_owned());
        Line { name: name.to_owned(), difference, entry: None, id: None, reason }
    }

    fn environment(name: Option<&str>, store: &str, secret: &str) -> Environment {
        let binding = Binding {
            name: "KEY".to_owned(),
            store: store.parse().unwrap(),
            secret: secret.parse().unwrap(),
        };
        Environment { name: name.map(str::to_owned), bindings: vec![binding], ..Environment::default() }
    }

    #[test]
    fn what_any_environment_binds_in_the_store_is_not_deleted() {
        let environments = [
            environment(None, "s", "live"),
            environment(Some("staging"), "s", "staged"),
            environment(Some("preview"), "s", "staged"),
            environment(Some("other"), "t", "elsewhere"),
        ];
        let bound = Bound::new(&environments, &"s".parse().unwrap());
        let wanted = Wanted { update: false, delete: true };
        let action = |name| Action::new(&line(name, Difference::Extra), wanted, &bound);
        assert_eq!(action("live"), Action::Protect("`KEY` (top level)".to_owned()));
        assert_eq!(action("staged"), Action::Protect("`KEY` (env.staging), `KEY` (env.preview)".to_owned()));
        assert_eq!(action("elsewhere"), Action::Delete);
        assert_eq!(action("LIVE"), Action::Delete, "another name");
    }

    #[test]
    fn what_is_there_is_changed_and_deleted_only_where_that_is_asked_for() {
        use Difference::{Differs, Extra, Missing, Present, Same, Unread};
        let [neither, update, delete] =
            [(false, false), (true, false), (false, true)].map(|(update, delete)| Wanted { update, delete });
        for (difference, wanted, expected) in [
            (Missing, neither, Action::Create),
            (Same, update, Action::Keep),
            (Differs, neither, Action::Keep),
            (Differs, update, Action::Update),
            (Present, delete, Action::Keep),
            (Present, update, Action::Update),
            (Unread, neither, Action::Keep),
            (Unread, update, Action::Defer("timeout".to_owned())),
            (Extra, update, Action::Keep),
            (Extra, delete, Action::Delete),
        ] {
            let action = Action::new(&line("a", difference), wanted, &Bound::default());
            assert_eq!(action, expected, "{difference:?} {wanted:?}");
        }
    }
}
