//! `ostiary quota`.

use clap::Args;

use crate::api::AccountArguments;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;

/// Show the number of the account's secrets, and its limit.
#[derive(Args)]
#[command(after_help = "Examples:\n  ostiary quota\n  ostiary quota --json")]
pub struct Quota {
    #[command(flatten)]
    account: AccountArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

impl Quota {
    /// # Errors
    /// The API does not return it.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let api = self.account.open_for(&self.configuration)?;
        let quota = api.send(&api.account.quota())?;
        if output.is_json() {
            return output.json(&quota);
        }
        output.line(format!("{} of {} secrets", quota.secrets.usage, quota.secrets.quota))
    }
}
