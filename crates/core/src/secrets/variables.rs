//! Texts with variables, and without secrets.

use std::borrow::Cow;

use crate::configuration::{Part, Template};
use crate::runtime::Bindings;

/// The text with the variables of the deployment; `None` where one is not bound, or where the whole is empty.
#[must_use]
pub fn text_of<'t>(template: &'t Template, bindings: &impl Bindings) -> Option<Cow<'t, str>> {
    let text = match template.parts.as_ref() {
        [Part::Text(text)] => Cow::Borrowed(text.as_ref()),
        parts => {
            let mut joined = String::new();
            for part in parts {
                match part {
                    Part::Text(text) => joined.push_str(text),
                    Part::Variable(name) => joined.push_str(&bindings.variable(name)?),
                    // The grammar admits none of them here.
                    Part::Secret(_) | Part::Field(..) | Part::Caller(_) | Part::Request(_) => return None,
                }
            }
            Cow::Owned(joined)
        }
    };
    (!text.is_empty()).then_some(text)
}
