//! `ostiary doctor`.

mod examination;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::age::Age;
use crate::api::AccountArguments;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;
use examination::{Severity, Symptom, examine};

/// Check that the store has what wrangler's configuration needs.
///
/// This checks every binding of every environment. A secret that is missing, not active, without the scope `workers`,
/// or too old is an error. A secret that no binding uses, and a quota that is used up, are warnings.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// Report secrets that have not changed for this time as errors: 90d, 12h.
    #[arg(long, value_name = "AGE")]
    max_age: Option<Age>,
    /// Warnings count as errors.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    account: AccountArguments,
}

const EXAMPLES: &str = "\
Examples:
  ostiary doctor
  ostiary doctor --max-age 90d --strict --json";

/// A symptom, for JSON.
#[derive(Serialize)]
struct Finding<'a> {
    severity: Severity,
    #[serde(rename = "finding")]
    word: &'static str,
    #[serde(flatten)]
    symptom: &'a Symptom,
    instead: String,
}

impl Doctor {
    /// # Errors
    /// [`Failure::Found`] if there are errors.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let environments = self.configuration.environments()?;
        let api = self.account.open_for(&self.configuration)?;
        let symptoms = examine(&api, &environments, self.max_age)?;
        let quota = api.send(&api.account.quota())?.secrets;
        let is_full = quota.usage >= quota.quota;

        let bad = |severity: Severity| severity == Severity::Error || self.strict;
        let findings: Vec<Finding<'_>> = symptoms
            .iter()
            .map(|symptom| Finding {
                severity: symptom.severity(),
                word: symptom.word(),
                symptom,
                instead: symptom.instead(api.given()),
            })
            .collect();
        if output.is_json() {
            output.json(&json!({ "findings": findings, "quota": quota }))?;
        } else {
            show(&findings, output)?;
            output.line(format!("{} of {} secrets are used.", quota.usage, quota.quota))?;
        }
        let found = findings.iter().any(|finding| bad(finding.severity)) || (is_full && self.strict);
        if found { Err(Failure::Found) } else { Ok(()) }
    }
}

fn show(findings: &[Finding<'_>], output: &mut Output) -> Result<(), Failure> {
    if findings.is_empty() {
        return output.line("Every binding has its secret.");
    }
    let row = |finding: &Finding<'_>| {
        vec![
            finding.severity.to_string(),
            finding.symptom.place.clone().unwrap_or_default(),
            finding.symptom.binding.clone().unwrap_or_default(),
            finding.symptom.secret.clone(),
            finding.word.to_owned(),
            finding.instead.clone(),
        ]
    };
    let header = ["SEVERITY", "WHERE", "BINDING", "SECRET", "FINDING", "WHAT TO DO"];
    output.table(&header, &findings.iter().map(row).collect::<Vec<_>>())
}
