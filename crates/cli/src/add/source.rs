//! `ostiary add source`.

use clap::Args;

use super::report::Report;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::scaffold::{Change, Changes, CopiedSecret, GatewayFile, LOCAL_STORE, WranglerFile};
use crate::shell::GivenOptions;

/// Add a second source to a secret, so that it can be rotated: a binding in every environment, beside that of the
/// first.
#[derive(Args)]
pub struct AddSource {
    /// The secret's name in `[secrets]` of gateway.toml.
    secret: String,
    /// Show the changes, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

impl AddSource {
    /// # Errors
    /// Returns an error if a file cannot be read or written, or the secret has no source in Secrets Store, or the build
    /// would refuse the result.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let files = self.configuration.files()?;
        let mut gateway = GatewayFile::parse(&files.gateway.text, &files.gateway.name())?;
        let mut wrangler = WranglerFile::parse(&files.wrangler.text, &files.wrangler.name())?;
        let second = gateway.add_second_source(&self.secret)?;
        let copied = wrangler.add_beside(&second.first, &second.binding, &second.suffix)?;
        let changes = Changes::checked(
            Change::new(&files.gateway.path, Some(files.gateway.text), gateway.text()),
            Change::new(&files.wrangler.path, Some(files.wrangler.text), wrangler.text()),
        )?;
        if !self.dry_run {
            changes.write()?;
        }
        let next =
            if changes.is_empty() { Vec::new() } else { next_steps(&copied, &self.configuration.given()) };
        if output.is_json() {
            let is_written = !changes.is_empty() && !self.dry_run;
            return output.json(&Report { changed: is_written, changes: changes.shown(), next });
        }
        let secret = &self.secret;
        if changes.is_empty() {
            return output
                .line(format!("The secret `{secret}` has two sources already. Nothing is changed."));
        }
        if self.dry_run {
            changes.print(output)?;
            output.note("Nothing is written.");
            return Ok(());
        }
        let paths = changes.paths().join(" and ");
        output.line(format!("Added the source `{}` of `{secret}` to {paths}.", second.binding))?;
        output.line("\nNext:")?;
        next.into_iter().try_for_each(|step| output.line(step))
    }
}

/// The steps after the change. The second source begins with the value of the first, so that no binding lacks its
/// secret.
fn next_steps(copied: &[CopiedSecret], given: &GivenOptions) -> Vec<String> {
    let mut distinct: Vec<&CopiedSecret> = Vec::new();
    for secret in copied {
        if !distinct.contains(&secret) {
            distinct.push(secret);
        }
    }
    let commands = |words: &str, is_meant: fn(&CopiedSecret) -> bool| {
        let meant = distinct.iter().filter(|secret| is_meant(secret));
        let copy = |secret: &&CopiedSecret| {
            let command = given.command(words).option("--store", &secret.store);
            format!("    {}", command.operands(&[&secret.from, &secret.name]))
        };
        meant.map(copy).collect::<Vec<_>>()
    };
    let mut steps = Vec::new();
    let in_account = commands("secrets duplicate", |secret| secret.store != LOCAL_STORE);
    if !in_account.is_empty() {
        steps.push("  Before you deploy, copy the value in the account's store:".to_owned());
        steps.extend(in_account);
    }
    let local = commands("secrets duplicate --local", |_| true);
    if !local.is_empty() {
        steps.push("  On this machine, if the first source has a value there:".to_owned());
        steps.extend(local);
    }
    steps.push("  Check the configuration:".to_owned());
    steps.push(format!("    {}", given.command("check")));
    steps
}
