//! `ostiary add caller`.

use clap::Args;
use serde::Serialize;

use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::scaffold::{Change, Changes, GatewayFile, ShownChange};
use crate::shell::GivenOptions;
use crate::token::{CallerToken, ShownToken};

/// Add a caller with a new token, which is shown once; gateway.toml gets its digest.
#[derive(Args)]
pub struct AddCaller {
    /// The name of the caller.
    name: String,
    /// Show the change, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

#[derive(Serialize)]
struct Report<'r> {
    changed: bool,
    changes: Vec<ShownChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<ShownToken<'r>>,
}

impl AddCaller {
    /// # Errors
    /// Returns an error if a file cannot be read or written, or the build would refuse the result.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let files = self.configuration.files()?;
        let mut gateway = GatewayFile::parse(&files.gateway.text, &files.gateway.name())?;
        if gateway.has_caller(&self.name) {
            if output.is_json() {
                return output.json(&Report { changed: false, changes: Vec::new(), token: None });
            }
            output.line(format!("The caller `{}` exists already. Nothing is changed.", self.name))?;
            let new = GivenOptions::default().command("token new").operands(&[&self.name]);
            return output.line(format!("Another token for it: `{new}`."));
        }
        let token = CallerToken::new(&self.name)?;
        gateway.add_caller(&self.name, token.digest())?;
        let wrangler = files.wrangler.text.clone();
        let changes = Changes::checked(
            Change::new(&files.gateway.path, Some(files.gateway.text), gateway.text()),
            Change::new(&files.wrangler.path, Some(files.wrangler.text), wrangler),
        )?;
        if !self.dry_run {
            changes.write()?;
        }
        if output.is_json() {
            let token = (!self.dry_run).then(|| token.shown(&self.name));
            return output.json(&Report { changed: !self.dry_run, changes: changes.shown(), token });
        }
        if self.dry_run {
            changes.print(output)?;
            output.note("Nothing is written. The token of this digest is not kept.");
            return Ok(());
        }
        output.line(format!("Added the caller `{}` to {}.\n", self.name, changes.paths().join(" and ")))?;
        token.print(&self.name, output)?;
        output.line("\nNext: give it rules, in the `allow` of a route:")?;
        output.line(format!("  {} = [\"GET /**\"]", toml_edit::Key::new(&self.name).display_repr()))
    }
}
