//! Texts and lists that can be in a `static` or be created at run time.

use std::borrow::Cow;

/// A text of the configuration.
pub type Text = Cow<'static, str>;

/// A list of the configuration.
pub type List<T> = Cow<'static, [T]>;
