//! The way to the upstreams.

use ostiary_core::plan::Plan;
use ostiary_core::runtime::{Clock, Network, SendError};
use ostiary_core::secret_value::SecretValue;
use wasm_bindgen::JsCast;
use web_sys::{Request, Response};
use worker::Env;

use crate::answer::UpstreamAnswer;
use crate::glue;

/// The runtime, for one request.
pub(crate) struct Runtime<'a> {
    pub(crate) env: &'a Env,
    pub(crate) request: &'a Request,
}

impl Network for Runtime<'_> {
    type Answer = UpstreamAnswer;

    async fn send(&self, plan: &Plan) -> Result<UpstreamAnswer, SendError> {
        let edits = lines(plan);
        let sent =
            glue::send(self.request, plan.method.as_str(), edits.expose(), plan.has_body, plan.timeout);
        // What an exception says may hold the URL, so it is not looked at.
        match sent.await.map(JsCast::dyn_into::<Response>) {
            Ok(Ok(response)) => Ok(UpstreamAnswer::of(response)),
            // `null`: the deadline has passed.
            Ok(Err(_)) => Err(SendError::TimedOut),
            Err(_) => Err(SendError::Unreachable),
        }
    }
}

impl Clock for Runtime<'_> {
    fn now(&self) -> f64 {
        glue::now()
    }
}

/// Lines: URL, names to remove, then a name and a value in turn. No URL and no header value holds a line end.
fn lines(plan: &Plan) -> SecretValue {
    let removed = plan.remove.join(",");
    let mut pieces = vec![plan.url.expose(), "\n", &removed];
    for (name, value) in &plan.set {
        pieces.extend(["\n", name, "\n", value.expose()]);
    }
    SecretValue::new(pieces.concat())
}
