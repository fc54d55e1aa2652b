//! The secrets that a rotation has written, for the error message after a failure.

use ostiary_secrets_store::SecretName;

use super::target::Target;
use crate::api::ApiFailure;
use crate::configuration::Binding;
use crate::failure::Failure;

/// The secrets that one run has written.
#[derive(Default)]
pub struct Written {
    /// The stores' secrets that have the new value.
    done: Vec<WrittenSecret>,
    /// The secret of the last write, if its response may have been lost.
    open: Option<WrittenSecret>,
}

/// A secret that was written.
#[derive(Clone)]
struct WrittenSecret {
    /// The position of its source, from 0.
    source: usize,
    /// Its name in the store.
    name: SecretName,
}

impl Written {
    /// The bindings of this source whose secrets have, or may have, the new value.
    pub fn of_source<'t>(&self, source: usize, target: &'t Target) -> Vec<&'t Binding> {
        let is_written = |binding: &&Binding| {
            let mut all = self.done.iter().chain(&self.open);
            all.any(|written| written.source == source && written.name == binding.secret)
        };
        target.secrets.iter().filter_map(|secret| secret.sources.get(source)).filter(is_written).collect()
    }

    /// Whether some secrets of this source have the new value, and others do not, or it is not known whether they do.
    pub fn is_partial(&self, source: usize, target: &Target) -> bool {
        let done = self.done.iter().filter(|written| written.source == source).count();
        let is_begun = !self.of_source(source, target).is_empty();
        is_begun && target.secrets.len() > 1 && done < target.secrets.len()
    }

    /// Writes the secret of this source, and records it.
    ///
    /// # Errors
    /// Returns an error if the secret may not have been written.
    pub fn put<T>(
        &mut self,
        source: usize,
        binding: &Binding,
        write: impl FnOnce() -> Result<T, ApiFailure>,
    ) -> Result<T, Failure> {
        let secret = WrittenSecret { source, name: binding.secret.clone() };
        self.open = Some(secret.clone());
        let result = write();
        if !result.as_ref().is_err_and(ApiFailure::may_be_written) {
            self.open = None;
        }
        let result = result?;
        self.done.push(secret);
        Ok(result)
    }

    /// Adds the secrets that are written to the message of the failure, and `risk`, which says what that means for
    /// requests.
    pub fn explain(&self, failure: Failure, risk: &str) -> Failure {
        let Failure::Failed(reason) = failure else { return failure };
        let names: Vec<String> = self.done.iter().map(|secret| format!("`{}`", secret.name)).collect();
        let open = self.open.as_ref().map(|secret| format!("`{}`", secret.name));
        let told = match (names.as_slice(), &open) {
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
        assert!(written.put::<()>(0, &binding("a"), || Err(unsent())).is_err());
        assert_eq!(told(&written), "why; nothing was written");
        assert!(written.put::<()>(0, &binding("a"), || Err(lost())).is_err());
        assert!(told(&written).starts_with("why; whether `a` is written is not known: run the same again"));
        assert!(written.put(0, &binding("a"), || Ok(())).is_ok());
        assert!(written.put(0, &binding("b"), || Ok(())).is_ok());
        assert!(
            told(&written).starts_with("why; `a`, `b` is written: run the same again"),
            "{}",
            told(&written)
        );
        assert!(written.put::<()>(1, &binding("c"), || Err(lost())).is_err());
        assert!(told(&written).contains("`a`, `b` is written, and whether `c` is, is not known"));
        // An error in the command line is not a failure of the rotation.
        assert_eq!(written.explain(Failure::usage("how"), "").to_string(), "how");
    }
}
