//! The secrets that a rotation has written, for the error message after a failure.

use crate::api::ApiFailure;
use crate::configuration::Binding;
use crate::failure::Failure;

/// The secrets that one run has written.
#[derive(Default)]
pub struct Written {
    /// The stores' secrets that have the new value.
    done: Vec<String>,
    /// The secret of the last write, if its response may have been lost.
    open: Option<String>,
}

impl Written {
    /// Whether nothing is written for certain.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty() && self.open.is_none()
    }

    /// Writes the secret, and records it.
    ///
    /// # Errors
    /// Returns an error if the secret may not have been written.
    pub fn put<T>(
        &mut self,
        binding: &Binding,
        write: impl FnOnce() -> Result<T, ApiFailure>,
    ) -> Result<T, Failure> {
        let name = format!("`{}`", binding.secret);
        self.open = Some(name.clone());
        let result = write();
        if !result.as_ref().is_err_and(ApiFailure::may_be_written) {
            self.open = None;
        }
        let result = result?;
        self.done.push(name);
        Ok(result)
    }

    /// Adds the secrets that are written to the message of the failure, and `risk`, which says what that means for
    /// requests.
    pub fn explain(&self, failure: Failure, risk: &str) -> Failure {
        let Failure::Failed(reason) = failure else { return failure };
        let told = match (self.done.as_slice(), &self.open) {
            ([], None) => return Failure::failed(format_args!("{reason}; nothing was written")),
            ([], Some(open)) => format!("whether {open} is written is not known"),
            (done, None) => format!("{} is written", done.join(", ")),
            (done, Some(open)) => {
                format!("{} is written, and whether {open} is, is not known", done.join(", "))
            }
        };
        Failure::failed(format_args!(
            "{reason}; {told}: run the same again with the same value, to continue{risk}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::Unreached;

    #[test]
    fn it_is_told_what_is_written_and_what_may_be() {
        let binding = |name: &str| Binding {
            name: name.to_uppercase(),
            store: "s".parse().unwrap(),
            secret: name.parse().unwrap(),
        };
        let mut written = Written::default();
        let told = |written: &Written| written.explain(Failure::failed("why"), "").to_string();
        let lost = || ApiFailure::Unreached {
            is_read: false,
            url: "https://api.invalid".to_owned(),
            reason: Unreached::Failed("lost".to_owned()),
        };
        let unsent = || ApiFailure::Unreached {
            is_read: false,
            url: "https://api.invalid".to_owned(),
            reason: Unreached::Unsent("refused".to_owned()),
        };
        assert_eq!(told(&written), "why; nothing was written");
        assert!(written.put::<()>(&binding("a"), || Err(unsent())).is_err());
        assert_eq!(told(&written), "why; nothing was written");
        assert!(written.put::<()>(&binding("a"), || Err(lost())).is_err());
        assert!(told(&written).starts_with("why; whether `a` is written is not known: run the same again"));
        assert!(written.put(&binding("a"), || Ok(())).is_ok());
        assert!(written.put(&binding("b"), || Ok(())).is_ok());
        assert!(
            told(&written).starts_with("why; `a`, `b` is written: run the same again"),
            "{}",
            told(&written)
        );
        assert!(written.put::<()>(&binding("c"), || Err(lost())).is_err());
        assert!(told(&written).contains("`a`, `b` is written, and whether `c` is, is not known"));
        // An error in the command line is not a failure of the rotation.
        assert_eq!(written.explain(Failure::usage("how"), "").to_string(), "how");
    }
}
