//! `ostiary rotate`: changes the value of a secret without a failed request.
//!
//! [`plan`] decides the next step from the current state; [`execution`] executes it.

mod control;
mod execution;
mod found;
mod inspection;
mod judgement;
mod other_users;
mod plan;
mod probe_body;
mod probe_path;
mod repair;
mod report;
mod sharing;
mod target;
mod trial;
mod written;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::age::Age;
use crate::api::AccountArguments;
use crate::batch;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::operator::OperatorArguments;
use crate::other_callers::check_other_callers;
use crate::output::{Output, Text, Tone};
use crate::value_check::check_named;
use crate::value_source::ValueSource;
use execution::Execution;
use inspection::Inspection;
use judgement::ProbeRequest;
use plan::Purpose;
use probe_body::check_body;
use probe_path::check_mount;
use report::Report;
use sharing::check_sharing;
use target::{NewValue, Target};
use trial::Trial;

/// Give a secret a new value without a failed request.
///
/// The request of --probe shows whether a key works: before anything is written, it is sent once with a wrong value.
/// Then the source that is not in use gets the new value. When the store says that it is active, the gateway proves
/// that it reads it, and the upstream accepts it, the other source is written too. After an interruption, run it again
/// with the same value, and it continues.
///
/// For a caller's token, it stops half way, and both tokens are accepted: --finish ends the old one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Rotate {
    /// The secret's name in gateway.toml; several if they belong to one route's auth (a key id and its key).
    #[arg(required = true, value_name = "SECRET")]
    secrets: Vec<String>,
    /// A request that shows whether a key works: GET or HEAD, and a path below the mount.
    #[arg(long, value_name = "METHOD PATH", value_parser = probe_path::parse)]
    probe: Option<(String, String)>,
    /// The status of the response to a valid key.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..600), value_name = "STATUS")]
    expect: u16,
    /// The statuses of responses to a wrong key, in addition to the route's `failover`. One of these counts only if a
    /// value that is certainly wrong gets it too.
    #[arg(long, default_value = "401,403", value_delimiter = ',', value_name = "STATUSES")]
    refused: Vec<u16>,
    /// The route to probe, if several use the secret.
    #[arg(long)]
    route: Option<String>,
    /// End the old token of a caller, once the caller uses the new one.
    #[arg(long)]
    finish: bool,
    #[command(flatten)]
    waivers: Waivers,
    /// Print the steps, with requests to the gateway and the upstream; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// The time limit until the gateway reads a written value.
    #[arg(long, default_value = "5m", value_name = "TIME", value_parser = patience)]
    wait: Duration,
    /// The time between two reads or probes that must have the same result.
    #[arg(long, default_value = "1s", value_name = "TIME", value_parser = patience)]
    pause: Duration,
    /// Read the values from this JSON or dotenv file, by the secrets' names; `-` is standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "value_file")]
    from: Option<PathBuf>,
    #[command(flatten)]
    value: ValueSource,
    /// The environment of wrangler's configuration; without it, the top level.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    operator: OperatorArguments,
    #[command(flatten)]
    account: AccountArguments,
}

const EXAMPLES: &str = "\
Examples:
  ostiary rotate stripe --probe \"GET /v1/balance\"          asks for the value
  printf %s \"$NEW\" | ostiary rotate stripe --probe \"GET /v1/balance\" --expect 200
  ostiary rotate aws_id aws_key --from pair.json --probe \"GET /\"
  ostiary rotate checkout && ostiary rotate checkout --finish";

/// The checks that can be skipped.
#[derive(Args)]
struct Waivers {
    /// Do not probe the upstream with a wrong value: for providers that lock accounts. Then nothing shows that the
    /// probe checks keys at all, and a key without permission for the probe counts as a dead one.
    #[arg(long)]
    no_control: bool,
    /// Every key of the secret is dead: write the new value although the upstream accepts no source.
    #[arg(long)]
    all_dead: bool,
    /// Nobody needs what these sources hold, so they may be written first. The primary is 1.
    #[arg(long, value_name = "SOURCES", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..))]
    overwrite: Vec<u8>,
    /// Write a secret that another environment of wrangler's configuration, or another binding, uses too.
    #[arg(long)]
    write_bound: bool,
}

impl Rotate {
    /// # Errors
    /// Returns an error if the new value is not in use at the end.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let gateway = self.configuration.gateway()?;
        let environment = self.configuration.environment(self.env.as_deref())?;
        let target = Target::find(&gateway, &environment, &self.secrets, self.route.as_deref())?;
        if !self.waivers.write_bound {
            check_sharing(&target, &environment, &self.configuration.environments()?)?;
        }
        let (probe, purpose) = self.purpose(&target)?;
        let overwrite = self.waivers.overwritten(&target)?;
        if let Some(probe) = &probe {
            check_body(&gateway, &probe.route)?;
            if let Some(warning) = check_mount(&gateway, &probe.route, &probe.method, &probe.path)? {
                output.note(Text::default().toned(Tone::Odd, "warning:").plain(format!(" {warning}")));
            }
        }
        let (api, operator) = (self.account.open_for(&self.configuration)?, self.operator.open()?);
        operator.confirm(&environment, &api, Some(&gateway.digest))?;
        let values = values(&self.secrets, self.from, &self.value)?;
        values.iter().try_for_each(|new| check_named(&gateway, &new.secret, &new.value))?;
        if probe.is_none() {
            for new in &values {
                check_other_callers(&gateway, &operator, &new.secret, &new.value, |_| false)?;
            }
        }

        let (target, values) = (&target, values.as_slice());
        let (api, operator, patience, pause) = (&api, &operator, self.wait, self.pause);
        let is_controlled = probe.is_some() && !self.waivers.no_control;
        let execution = Execution {
            inspection: Inspection { target, values, api, operator },
            trial: Trial { target, values, operator, probe, patience, pause },
            purpose,
            is_controlled,
            overwrite,
            patience,
            pause,
            is_rehearsal: self.dry_run,
        };
        let (mut found, mut report) = (Vec::new(), Report::new(target, api.given().clone(), output));
        match execution.run(&mut found, &mut report) {
            Ok(step) => report.end(step, &found, self.dry_run),
            Err(failure) => Err(report.fail(failure)),
        }
    }

    fn purpose(&self, target: &Target) -> Result<(Option<ProbeRequest>, Purpose), Failure> {
        match (&target.route, &self.probe) {
            (None, None) => Ok((None, Purpose::Proof { finish: self.finish })),
            (None, Some(_)) => {
                Err(Failure::usage("the secret is a caller's token, so there is no upstream to --probe"))
            }
            (Some(_), _) if self.finish => Err(Failure::usage(
                "--finish is for a caller's token; the gateway adds this secret to requests",
            )),
            (Some(_), None) => Err(Failure::usage("a probe is needed: --probe \"GET /path\"")),
            (Some(route), Some((method, path))) => {
                let request = ProbeRequest {
                    route: route.clone(),
                    caller: target.caller.clone(),
                    method: method.clone(),
                    path: path.clone(),
                    expected: self.expect,
                    refused: self.refused.clone(),
                };
                Ok((Some(request), Purpose::Injected { all_dead: self.waivers.all_dead }))
            }
        }
    }
}

impl Waivers {
    /// The sources that may be overwritten, from 0.
    fn overwritten(&self, target: &Target) -> Result<Vec<usize>, Failure> {
        let sources = self.overwrite.iter().map(|source| usize::from(source.saturating_sub(1)));
        let sources: Vec<usize> = sources.collect();
        if sources.iter().any(|source| *source >= target.sources()) {
            return Err(Failure::usage(format_args!(
                "--overwrite is a position of a source, and the secret has {}",
                target.sources()
            )));
        }
        Ok(sources)
    }
}

/// The new values, in the order of the names.
fn values(names: &[String], from: Option<PathBuf>, source: &ValueSource) -> Result<Vec<NewValue>, Failure> {
    let Some(path) = from else {
        if names.len() > 1 && (source.is_file() || !io::stdin().is_terminal()) {
            return Err(Failure::usage(
                "several secrets have several values: write them into a file for --from",
            ));
        }
        let read = |name: &String| Ok(NewValue { secret: name.clone(), value: source.read(name)? });
        return names.iter().map(read).collect();
    };
    let mut entries = batch::read(&path)?;
    let take = |name: &String| {
        let position = entries.iter().position(|entry| entry.name.as_str() == name);
        let position =
            position.ok_or_else(|| Failure::usage(format_args!("{} has no `{name}`", path.display())))?;
        Ok(NewValue { secret: name.clone(), value: entries.swap_remove(position).value })
    };
    names.iter().map(take).collect()
}

/// A time to wait, with an upper limit.
fn patience(text: &str) -> Result<Duration, String> {
    const LONGEST: &str = "7d";
    let (asked, longest) = (text.parse::<Age>(), LONGEST.parse::<Age>());
    match (asked, longest) {
        (Ok(asked), Ok(longest)) if asked > longest => Err(format!("write at most {LONGEST}")),
        (Ok(asked), _) => Ok(asked.duration()),
        (Err(error), _) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_wait_has_a_limit() {
        assert_eq!(patience("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(patience("7d"), Ok(Duration::from_hours(7 * 24)));
        assert_eq!(patience("8d"), Err("write at most 7d".to_owned()));
        assert!(patience("soon").is_err());
    }
}
