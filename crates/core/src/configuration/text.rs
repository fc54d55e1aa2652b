//! Texts and lists that a `static` can hold and the command can make.

use std::borrow::Cow;

/// A text of the configuration.
pub type Text = Cow<'static, str>;

/// A list of the configuration.
pub type List<T> = Cow<'static, [T]>;
