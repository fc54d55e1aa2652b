//! Checks whether other bindings use the secrets that would be written.

use super::target::Target;
use crate::configuration::{Binding, Environment};
use crate::failure::Failure;

/// Looks for other bindings of these secrets in every environment, because an account has one store for all of them.
///
/// # Errors
/// Returns an error if there is one, because its value would change without a probe.
pub fn check_sharing(
    target: &Target,
    own: &Environment,
    environments: &[Environment],
) -> Result<(), Failure> {
    let written = || target.secrets.iter().flat_map(|secret| &secret.sources);
    let is_written = |binding: &Binding| {
        written().any(|written| written.store == binding.store && written.secret == binding.secret)
    };
    for environment in environments {
        let is_own = environment.name == own.name;
        let is_other = |binding: &&Binding| !is_own || !written().any(|written| written.name == binding.name);
        if let Some(binding) =
            environment.bindings.iter().filter(is_other).find(|binding| is_written(binding))
        {
            return Err(Failure::usage(format_args!(
                "the secret `{}` of the store {} is what `{}` ({}) reads, too, which would change without a probe; \
                 give one of them a secret of its own, or write --write-bound",
                binding.secret,
                binding.store,
                binding.name,
                environment.place()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::target::TargetSecret;
    use super::*;

    fn binding(name: &str, store: &str, secret: &str) -> Binding {
        Binding { name: name.to_owned(), store: store.parse().unwrap(), secret: secret.parse().unwrap() }
    }

    #[test]
    fn a_place_that_another_binding_reads_is_told() {
        let sources = vec![binding("KEY", "s", "live"), binding("KEY_NEXT", "s", "live-next")];
        let secrets = vec![TargetSecret { sources: sources.clone() }];
        let target =
            Target { secrets, route: None, caller: None, other_routes: Vec::new(), other_users: Vec::new() };
        let environment = |name: Option<&str>, bindings: Vec<Binding>| Environment {
            name: name.map(str::to_owned),
            bindings,
            ..Environment::default()
        };
        let own = environment(None, sources.clone());
        let told = |others: Vec<Binding>, more: Vec<Binding>| {
            let own = environment(None, [sources.clone(), more].concat());
            let environments = [own.clone(), environment(Some("staging"), others)];
            check_sharing(&target, &own, &environments).map_err(|failure| failure.to_string())
        };
        assert_eq!(
            check_sharing(&target, &own, std::slice::from_ref(&own)).map_err(|failure| failure.to_string()),
            Ok(())
        );
        assert_eq!(told(vec![binding("KEY", "s", "staged")], vec![binding("OTHER", "s", "other")]), Ok(()));
        assert_eq!(told(vec![binding("KEY", "t", "live")], vec![]), Ok(()), "another store");
        let shared = told(vec![binding("KEY", "s", "live")], vec![]).unwrap_err();
        assert!(
            shared.contains("the secret `live` of the store s is what `KEY` (env.staging) reads"),
            "{shared}"
        );
        let spare = told(vec![binding("KEY", "s", "live-next")], vec![]).unwrap_err();
        assert!(spare.contains("`live-next`"), "{spare}");
        let same = told(vec![], vec![binding("REPORTS", "s", "live")]).unwrap_err();
        assert!(same.contains("`REPORTS` (top level)"), "{same}");
    }
}
