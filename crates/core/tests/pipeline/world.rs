//! A gateway, the deployment around it and an upstream, all of them plain structs.

use std::cell::RefCell;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use futures::executor::block_on;
use ostiary_core::answer::{ANSWER_HEADERS_READ, Edits};
use ostiary_core::configuration::grammar::{File, read};
use ostiary_core::configuration::{Gateway, Source};
use ostiary_core::headers::headers_read;
use ostiary_core::pipeline::{Outcome, handle};
use ostiary_core::plan::Plan;
use ostiary_core::redaction::{Coding, Redaction};
use ostiary_core::refusal::RequestId;
use ostiary_core::runtime::{Answer, Bindings, Clock, Head, Network, SendError};
use ostiary_core::secrets::Reading;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Every secret value in these tests holds this, and nothing that a caller or the log sees may.
pub const CANARY: &str = "canary";

const WRANGLER: &str = include_str!("wrangler.toml");
const GATEWAY: &str = include_str!("gateway.toml");

/// What a binding does when it is read.
#[derive(Clone, Copy)]
pub enum Binding {
    Value(&'static str),
    Missing,
    Throws,
    Hangs,
}

/// A caller's request.
#[derive(Clone)]
pub struct Ask {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    known: Vec<String>,
}

/// The deployment and the upstream.
pub struct World {
    pub gateway: Gateway,
    pub bindings: BTreeMap<&'static str, Binding>,
    pub variables: BTreeMap<&'static str, &'static str>,
    pub answer: Result<FakeAnswer, SendError>,
    reads: RefCell<Vec<String>>,
    sent: RefCell<Vec<Sent>>,
    /// The headers of the request that is being handled.
    asked: RefCell<Vec<(String, String)>>,
}

/// What the upstream got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub method: String,
    pub url: String,
    /// The caller's that are left, then those that were set.
    pub headers: Vec<(String, String)>,
}

/// What came of a request.
#[derive(Debug)]
pub struct Exchange {
    pub status: u16,
    pub code: Option<String>,
    pub headers: Vec<(String, String)>,
    /// What the caller gets of the upstream's body, piece by piece, and how that is coded where it is redacted.
    pub body: String,
    pub coding: Option<Coding>,
    pub log: serde_json::Value,
    pub reads: Vec<String>,
    pub sent: Vec<Sent>,
}

#[derive(Clone, Debug)]
pub struct FakeAnswer {
    pub status: u16,
    pub web_socket: bool,
    pub headers: Vec<(&'static str, &'static str)>,
    /// The values of all headers were asked for.
    all_read: bool,
    pub body: &'static str,
}

impl Ask {
    /// A request to `gw.example.com` with the checkout caller's token.
    pub fn new(method: &'static str, path: &str) -> Self {
        Self::bare(method, &format!("https://gw.example.com{path}"))
            .header("host", "gw.example.com")
            .header("authorization", "Bearer canary-checkout-token")
    }

    /// A request with this URL and no header.
    pub fn bare(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), headers: Vec::new(), known: Vec::new() }
    }

    /// With one more line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Without this header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// As a runtime would have it: lines of one name joined, names once and sorted.
    fn joined(&self) -> BTreeMap<&str, String> {
        let mut joined: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &self.headers {
            let entry = joined.entry(name).or_default();
            if !entry.is_empty() {
                entry.push_str(", ");
            }
            entry.push_str(value);
        }
        joined
    }
}

struct AskedHead<'a> {
    ask: &'a Ask,
    joined: BTreeMap<&'a str, String>,
}

impl Head for AskedHead<'_> {
    fn method(&self) -> &str {
        self.ask.method
    }

    fn url(&self) -> &str {
        &self.ask.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        assert!(self.ask.known.iter().any(|known| known == name), "{name} is not among the headers read");
        self.joined.get(name).map(String::as_str)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.joined.keys().copied()
    }
}

impl FakeAnswer {
    pub fn new(status: u16, headers: &[(&'static str, &'static str)]) -> Self {
        Self { status, web_socket: false, headers: headers.to_vec(), all_read: false, body: "" }
    }
}

impl Answer for FakeAnswer {
    fn status(&self) -> u16 {
        self.status
    }

    fn is_web_socket(&self) -> bool {
        self.web_socket
    }

    fn header(&self, name: &str) -> Option<&str> {
        assert!(self.all_read || ANSWER_HEADERS_READ.contains(&name), "{name} is not among the headers read");
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| *name)
    }

    fn set_cookies(&self) -> Vec<String> {
        self.headers
            .iter()
            .filter(|(name, _)| *name == "set-cookie")
            .map(|(_, value)| (*value).to_owned())
            .collect()
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        url::Url::parse(base).ok()?.join(reference).ok().map(String::from)
    }
}

impl World {
    /// Everything as `gateway.toml` beside this file has it; every binding yields `canary-` and its name.
    pub fn new() -> Self {
        Self::of(GATEWAY)
    }

    /// Another `gateway.toml`, with the same `wrangler.toml`.
    pub fn of(text: &str) -> Self {
        let read = read(File { path: "gateway.toml", text }, File { path: "wrangler.toml", text: WRANGLER });
        let gateway = read.unwrap_or_else(|errors| panic!("{}", errors[0])).gateway;
        let sources = gateway.secrets.iter().flat_map(|secret| secret.sources.iter());
        let bindings = sources.map(|source| {
            let name: &'static str = source.binding.clone().into_owned().leak();
            let value: &'static str =
                format!("canary-{}", name.to_ascii_lowercase().replace('_', "-")).leak();
            (name, Binding::Value(value))
        });
        let account = ("ACCOUNT_JSON", Binding::Value(r#"{"id":"canary-id","key":"canary-key"}"#));
        Self {
            bindings: bindings.chain([account]).collect(),
            gateway,
            variables: BTreeMap::from([("ACCOUNT", "acct-1")]),
            answer: Ok(FakeAnswer::new(200, &[])),
            reads: RefCell::default(),
            sent: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// With another behaviour of this binding.
    pub fn with(mut self, name: &'static str, binding: Binding) -> Self {
        self.bindings.insert(name, binding);
        self
    }

    /// With this answer from the upstream.
    pub fn answering(mut self, status: u16, headers: &[(&'static str, &'static str)]) -> Self {
        self.answer = Ok(FakeAnswer::new(status, headers));
        self
    }

    /// With this body of its answer.
    pub fn with_body(mut self, body: &'static str) -> Self {
        self.answer = self.answer.map(|answer| FakeAnswer { body, ..answer });
        self
    }

    /// Handles one request, and looks for the canary in all that the gateway itself says.
    pub fn ask(&self, ask: &Ask) -> Exchange {
        let mut ask = ask.clone();
        ask.known = headers_read(&self.gateway).into_iter().map(str::to_owned).collect();
        let head = AskedHead { joined: ask.joined(), ask: &ask };
        *self.asked.borrow_mut() =
            head.joined.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let handled = block_on(handle(&self.gateway, &head, self, RequestId::new(7)));
        let log = handled.record.line();
        assert_no_canary(&log);
        assert!(!log.contains('\n'));
        let (mut body, mut coding) = (String::new(), None);
        let (status, code, headers) = match handled.outcome {
            Outcome::Refused(refusal) => {
                assert_no_canary(&refusal.body());
                let headers =
                    refusal.headers().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
                (refusal.status(), Some(refusal.code.to_string()), headers.collect())
            }
            Outcome::Answered(answer, edits, redaction) => {
                (body, coding) = scanned(answer.body, redaction);
                (answer.status, None, edited(&answer, &edits))
            }
        };
        for (_, value) in &headers {
            assert_no_canary(value);
        }
        Exchange {
            status,
            code,
            headers,
            body,
            coding,
            log: serde_json::from_str(&log).unwrap(),
            reads: self.reads.take(),
            sent: self.sent.take(),
        }
    }
}

impl Exchange {
    /// What the upstream got, where it got exactly one request.
    pub fn sent(&self) -> &Sent {
        assert_eq!(self.sent.len(), 1, "{self:?}");
        &self.sent[0]
    }

    /// The answer's lines with this name.
    pub fn header(&self, name: &str) -> Vec<&str> {
        lines(&self.headers, name)
    }

    /// Asserts that this is a refusal for which nothing was dialled.
    #[track_caller]
    pub fn refused(&self, code: &str) {
        assert_eq!(self.code.as_deref(), Some(code), "{self:?}");
        assert_eq!(self.header("ostiary-refusal"), [code]);
        assert_eq!(self.log["code"], code);
        assert_eq!(self.sent, [], "{code}");
    }
}

impl Sent {
    /// The lines with this name.
    pub fn header(&self, name: &str) -> Vec<&str> {
        lines(&self.headers, name)
    }
}

impl Bindings for World {
    async fn read(&self, source: &Source, _within: u32) -> Reading {
        self.reads.borrow_mut().push(source.binding.to_string());
        match self.bindings.get(source.binding.as_ref()) {
            Some(Binding::Value(value)) => Reading::of(Some((*value).to_owned())),
            Some(Binding::Missing) => Reading::of(None),
            Some(Binding::Hangs) => Reading::Timeout,
            Some(Binding::Throws) | None => Reading::Error,
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }
}

impl Network for World {
    type Answer = FakeAnswer;

    async fn send(&self, plan: &Plan) -> Result<FakeAnswer, SendError> {
        assert_no_canary(&format!("{plan:?}"));
        // As the edge does it: removed first, set afterwards.
        let mut headers = self.asked.take();
        headers.retain(|(name, _)| !plan.remove.contains(name));
        for (name, value) in &plan.set {
            headers.retain(|(known, _)| known != name);
            headers.push((name.clone(), value.expose().to_owned()));
        }
        self.sent.borrow_mut().push(Sent {
            method: plan.method.as_str().to_owned(),
            url: plan.url.expose().to_owned(),
            headers,
        });
        let answer = self.answer.clone();
        answer.map(|answer| FakeAnswer { all_read: plan.reads_all_headers, ..answer })
    }
}

impl Clock for World {
    fn now(&self) -> f64 {
        0.0
    }
}

fn edited(answer: &FakeAnswer, edits: &Edits) -> Vec<(String, String)> {
    let kept = answer.headers.iter().filter(|(name, _)| !edits.remove.iter().any(|removed| removed == name));
    let kept = kept.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(edits.add.iter().map(|(name, value)| (name.to_string(), value.clone()))).collect()
}

/// As the edge does it: whatever is released goes, in the piece's place or as it is.
fn scanned(body: &str, redaction: Redaction) -> (String, Option<Coding>) {
    let Redaction::Body(mut redactor, coding) = redaction else { return (body.to_owned(), None) };
    let (mut out, mut rest) = (Vec::new(), body.as_bytes());
    let mut pieces = body.as_bytes().chunks(3);
    loop {
        let piece = pieces.next();
        let released = match piece {
            Some(piece) => redactor.push(piece),
            None => redactor.finish(),
        };
        let (gone, left) = rest.split_at(released.length);
        out.extend(released.replaced.unwrap_or_else(|| gone.to_vec()));
        rest = left;
        if piece.is_none() {
            return (String::from_utf8(out).unwrap(), Some(coding));
        }
    }
}

fn lines<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

/// No form of any secret value stands in the text.
#[track_caller]
fn assert_no_canary(text: &str) {
    // All three alignments of Base64 that a longer text could have given it.
    let encoded = ["", "x", "xx"].map(|before| {
        let text = STANDARD.encode(format!("{before}{CANARY}"));
        text[if before.is_empty() { 0 } else { 4 }..text.len() - 4].to_owned()
    });
    let percent = utf8_percent_encode(CANARY, NON_ALPHANUMERIC).to_string();
    let url_safe = URL_SAFE.encode(CANARY);
    for form in encoded.iter().map(String::as_str).chain([CANARY, &percent, &url_safe]) {
        assert!(form.is_empty() || !text.contains(form), "case 45: {form} in {text}");
    }
}
