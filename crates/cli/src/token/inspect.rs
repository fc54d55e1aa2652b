//! `ostiary token inspect`.

use std::path::PathBuf;

use clap::Args;
use futures::FutureExt as _;
use jiff::Timestamp;
use ostiary_core::authentication::jwt::{self, Value};
use ostiary_core::configuration::{CallerId, Gateway, Grantee};
use ostiary_rehearsal::Rehearsal;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::printable::Printable;
use crate::value_source::read_secret_text;

/// Show the subject, the expiry and the limits of a signed token. The token itself is never shown.
#[derive(Args)]
pub struct Inspect {
    /// The file with the token; without it, standard input, or a hidden prompt on a terminal.
    #[arg(long, value_name = "PATH")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

#[derive(Serialize)]
struct Report {
    /// Whether the gateway would accept it, as far as this can be determined offline.
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    callers: Vec<String>,
    may: Vec<Permission>,
    /// The routes to which it is limited, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    only_routes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_rules: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Permission {
    route: String,
    rules: Vec<String>,
}

impl Inspect {
    /// # Errors
    /// [`Failure::Found`] where the gateway would refuse the token.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let gateway = self.configuration.gateway()?;
        let token = read_secret_text(self.token_file.as_deref(), "Token: ")?;
        let report = Report::new(&gateway, &token)?;
        if output.is_json() {
            output.json(&report)?;
        } else {
            report.lines().into_iter().try_for_each(|line| output.line(line))?;
            output.note("The list of revoked tokens is in the store, and is not checked.");
        }
        if report.valid { Ok(()) } else { Err(Failure::Found) }
    }
}

impl Report {
    fn new(gateway: &Gateway, token: &Zeroizing<String>) -> Result<Self, Failure> {
        let claims = jwt::unverified_claims(token.trim()).map_err(|why| {
            Failure::failed(format_args!("this is not a valid signed token: {}", why.as_str()))
        })?;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far from the bound")]
        let now = Timestamp::now().as_millisecond() as f64;
        let rehearsal = Rehearsal::default().at(now);
        let callers = (0..=u16::MAX).map(CallerId).zip(gateway.callers.iter());
        let verified = jwt::verify(callers, token.trim(), false, &rehearsal).now_or_never();
        let proved = verified.map(|verified| verified.proved);
        let (ids, refused) = match proved {
            Some(Ok(proved)) => (proved.into_iter().map(|(id, _)| id).collect(), None),
            Some(Err(why)) => (Vec::new(), Some(why.as_str())),
            None => (Vec::new(), None),
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_text).map(str::to_owned);
        let name = |id: &CallerId| gateway.caller(*id).map(|caller| caller.name.to_string());
        Ok(Self {
            valid: !ids.is_empty(),
            refused,
            subject: text("sub"),
            id: text("jti"),
            issuer: text("iss"),
            issued: time(&claims, "iat"),
            expires: time(&claims, "exp"),
            callers: ids.iter().filter_map(name).collect(),
            may: ids.iter().flat_map(|id| permissions(gateway, *id)).collect(),
            only_routes: texts(&claims, "routes"),
            only_rules: texts(&claims, "rules"),
        })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |label: &str, text: &str| lines.push(format!("{label:<10}{}", Printable(text)));
        match self.refused {
            None if self.valid => line("decision", "taken"),
            why => line("decision", &format!("refused: {}", why.unwrap_or("jwt_issuer"))),
        }
        let facts = [
            ("subject", &self.subject),
            ("id", &self.id),
            ("issuer", &self.issuer),
            ("issued", &self.issued),
            ("expires", &self.expires),
        ];
        for (label, text) in facts {
            if let Some(text) = text {
                line(label, text);
            }
        }
        if !self.callers.is_empty() {
            line("caller", &self.callers.join(", "));
        }
        for Permission { route, rules } in &self.may {
            line("may", &format!("{route}: {}", rules.join("; ")));
        }
        for (label, texts) in [("of routes", &self.only_routes), ("of rules", &self.only_rules)] {
            if let Some(texts) = texts {
                line(label, &format!("only {}", texts.join("; ")));
            }
        }
        lines
    }
}

fn permissions(gateway: &Gateway, id: CallerId) -> impl Iterator<Item = Permission> {
    gateway.routes.iter().filter_map(move |route| {
        let rules: Vec<String> = route.rules(Grantee::Caller(id)).map(|rule| rule.text.to_string()).collect();
        (!rules.is_empty()).then(|| Permission { route: route.name.to_string(), rules })
    })
}

fn time(claims: &Value, name: &str) -> Option<String> {
    let Value::Number(seconds) = claims.get(name)? else { return None };
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and such a time is shown as none")]
    let time = Timestamp::from_second(*seconds as i64).ok()?;
    Some(time.to_string())
}

fn texts(claims: &Value, name: &str) -> Option<Vec<String>> {
    let elements = claims.get(name)?.elements();
    Some(elements.iter().filter_map(Value::as_text).map(str::to_owned).collect())
}
