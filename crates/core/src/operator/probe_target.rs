//! The request that a probe sends.

use crate::authentication::proved::ProvedTokens;
use crate::configuration::{Grantee, Route, Rule};
use crate::http::host::Host;
use crate::http::method::Method;
use crate::http::path::CanonicalPath;
use crate::refusal::Code;
use crate::request::named_method;
use crate::request::target::path_and_query;
use crate::request_id::RequestId;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::no_head::NoHead;
use crate::runtime::plan::USER_AGENT;
use crate::runtime::{Bindings, Clock, Network, RequestHead, UpstreamResponse};
use crate::secret_value::SecretValue;
use crate::secrets::base_url::base_url;
use crate::secrets::credential::Credential;
use crate::upstream::attempt_signing::sign_attempt;
use crate::upstream::planning::Forward;
use crate::upstream::rejection::probe_rejects_credential;

/// A request that the probe may send.
pub(super) struct ProbeTarget<'o, 'g> {
    method: Method,
    path: CanonicalPath<'o>,
    query: Option<&'o str>,
    pub(super) rule: &'g Rule,
}

impl<'o, 'g> ProbeTarget<'o, 'g> {
    /// Checks the target like that of a caller's request, without a mount, because a probe names its route. A rule of
    /// this caller admits it, or of any one.
    pub(super) fn admitted(
        route: &'g Route,
        of: Option<Grantee>,
        method: Option<&str>,
        target: &'o str,
    ) -> Result<Self, Code> {
        let method = method.map_or(Some(Method::Get), Method::parse).ok_or(Code::OperationInvalid)?;
        if !matches!(method, Method::Get | Method::Head) {
            return Err(Code::OperationInvalid);
        }
        let (path, query) = path_and_query(target)?;
        if path.has_encoded_slash() && !route.encoded_slash {
            return Err(Code::PathAmbiguous);
        }
        let below = path.below(&[]).ok_or(Code::PathAmbiguous)?;
        let grants = route.allow.iter().filter(|grant| of.is_none_or(|of| grant.to == of));
        let mut rules = grants.flat_map(|grant| grant.rules.iter());
        let rule = rules.find(|rule| rule.admits(method, below));
        let rule = rule.ok_or(Code::NotAllowed)?;
        if named_method::admitted(route, method, query, |_| false).is_none() {
            return Err(Code::NotAllowed);
        }
        Ok(Self { method, path, query, rule })
    }

    /// Sends the request. Returns the status of the upstream's response, and whether it refuses the credential, unless
    /// that depends on a part of the body that could not be read.
    pub(super) async fn send<'r, R: Bindings + Network + Clock + AuthRuntime>(
        &self,
        route: &'r Route,
        credential: &Credential<'r>,
        head: &impl RequestHead,
        host: &Host,
        runtime: &R,
        request_id: &RequestId,
    ) -> Result<(u16, Option<bool>), Code> {
        let upstream = base_url(&route.upstream, runtime)?;
        let forward = Forward {
            head: &NoHead,
            host,
            method: self.method,
            path: self.path.below(&[]).ok_or(Code::PathAmbiguous)?,
            query: self.query,
            has_body: false,
            length: None,
            is_upgrade: false,
            route,
            upstream: &upstream,
            tokens: &ProvedTokens::default(),
            destination: None,
            redacts: false,
        };
        let mut plan = forward.plan(credential);
        // The plan changes the operator's own request, of which no header may be forwarded.
        plan.remove = head.header_names().map(str::to_owned).collect();
        for (name, value) in [("user-agent", USER_AGENT), ("accept", "*/*")] {
            if !plan.set.iter().any(|(set, _)| set == name) {
                plan.set.push((name.to_owned(), SecretValue::new(value.to_owned())));
            }
        }
        sign_attempt(&mut plan, &NoHead, credential, runtime, request_id, 1).await?;
        let response = runtime.send(&plan).await?;
        let rejected =
            probe_rejects_credential(route.failover.as_ref(), self.method, &response, runtime).await;
        Ok((response.status(), rejected))
    }
}
