//! A store, a gateway that reads it and an upstream behind that: one struct, served on loopback by one thread. It
//! records the command's requests in their order.
//!
//! The file is longer than others, because it has every server that the command uses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ostiary_grammar::{File as ConfigurationFile, environments, read};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};
use sha2::Sha256;

const ACCOUNT: &str = "985e105f4ecef8ad9ca31a8372d0c353";

/// The secrets and the bindings of their sources, each with its store and its name there, as in `gateway.toml` and
/// `wrangler.toml`.
const SOURCES: &[(&str, &[(&str, &str)])] = &[
    ("stripe", &[("STRIPE_KEY", "1/stripe"), ("STRIPE_KEY_PREVIOUS", "1/stripe-previous")]),
    ("single", &[("SINGLE_KEY", "1/single")]),
    ("far", &[("FAR_KEY", "1/far"), ("FAR_KEY_PREVIOUS", "2/far-previous")]),
    ("id", &[("PAIR_ID", "1/pair-id"), ("PAIR_ID_PREVIOUS", "1/pair-id-previous")]),
    ("key", &[("PAIR_KEY", "1/pair-key"), ("PAIR_KEY_PREVIOUS", "1/pair-key-previous")]),
    ("triple", &[("TRIPLE_1", "1/triple-1"), ("TRIPLE_2", "1/triple-2"), ("TRIPLE_3", "1/triple-3")]),
    ("token", &[("TOKEN", "1/token"), ("TOKEN_NEXT", "1/token-next")]),
    ("shop", &[("SHOP_TOKEN", "1/shop")]),
];

/// The result of a read of a source.
#[derive(Clone, Copy, PartialEq)]
pub enum Glimpse {
    /// The value in the store.
    Current,
    /// The values from before the last write.
    Stale,
    /// No value.
    Nothing,
    /// The store fails.
    Fault,
}

/// The response to the next request, if it does not depend on the credential.
#[derive(Clone, Copy)]
pub enum Said {
    Status(u16),
    Failure(&'static str),
    /// The value is not valid in its place, so nothing is sent.
    Unfit,
    /// The token endpoint refuses, with this status and code.
    Exchange(u16, &'static str),
    Nothing,
}

/// The state of the servers, and the recorded requests.
#[derive(Default)]
pub struct State {
    /// The value of each secret, by its store and its name.
    pub values: BTreeMap<String, String>,
    /// The credentials that the upstream accepts; those of a pair are joined by a space.
    pub accepted: BTreeSet<String>,
    /// The results of the next reads of a source; after these, the value in the store.
    pub glimpses: VecDeque<Glimpse>,
    /// The secrets of the store 1 whose reads fail, with the number of reads before that and the number of failures.
    pub failing: BTreeMap<&'static str, (u32, u32)>,
    /// The minutes after which the store says that a secret was changed, where that is not the order of the writes.
    pub changed: BTreeMap<&'static str, u32>,
    /// The scopes of secrets, where these are not those of a Worker.
    pub scopes: BTreeMap<&'static str, &'static [&'static str]>,
    /// The next responses of the upstream; after these, it checks the credential.
    pub said: VecDeque<Said>,
    /// How many times the status of a written secret is `pending`.
    pub pending: u32,
    /// The binding in the gateway's answers, if it runs another configuration.
    pub other_binding: Option<&'static str>,
    /// After this number of sent requests, an instance with another configuration answers, with this binding.
    pub probing: Option<(u32, &'static str)>,
    /// The response to the control; 401 by default.
    pub control: Option<Said>,
    /// The first responses to it.
    pub controls: VecDeque<Said>,
    /// Members of the gateway's `health` that differ from this configuration.
    pub health: Option<Value>,
    /// A status with which the response refuses a key, according to the route's `failover`.
    pub refusing: Option<u16>,
    /// The names that the store lists, if not all.
    pub listed: Option<Vec<String>>,
    /// The names that the store also lists, as being deleted.
    pub deleted: Vec<&'static str>,
    /// Calls that the store refuses.
    pub refused: BTreeSet<&'static str>,
    /// Whether the API answers every write with 429 and asks for a wait of a day.
    pub is_exhausted: bool,
    /// A text in the message of each refusal.
    pub quoted: &'static str,
    /// Each call, in its order.
    pub calls: Vec<String>,
    stale: BTreeMap<String, String>,
    /// The number of the last write of each secret.
    writes: BTreeMap<String, usize>,
}

pub struct World {
    state: Arc<Mutex<State>>,
    port: u16,
}

/// The result of the command.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    /// A world with these secrets, which the upstream accepts. They are in the store 1, unless the name has another
    /// one.
    pub fn new(values: &[(&str, &str)]) -> Self {
        let place = |name: &str| if name.contains('/') { name.to_owned() } else { format!("1/{name}") };
        let values: BTreeMap<String, String> =
            values.iter().map(|(name, value)| (place(name), (*value).to_owned())).collect();
        let accepted = values.values().cloned().collect();
        let state = Arc::new(Mutex::new(State { values, accepted, ..State::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &mut served.lock().unwrap());
            }
        });
        Self { state, port }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Makes the upstream accept only these.
    pub fn knows(self, credentials: &[&str]) -> Self {
        self.state().accepted = credentials.iter().map(|text| (*text).to_owned()).collect();
        self
    }

    /// Returns every call so far, and forgets them.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Runs the command with these arguments, and with this value on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Ran {
        self.run_in(&own_folder(), arguments, input)
    }

    /// The same in this folder.
    pub fn run_in(&self, folder: &Path, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.start(folder, arguments, input);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        Self::end(child, out, input)
    }

    /// Runs the command, and closes its standard output after this number of lines.
    pub fn run_unread(&self, arguments: &[&str], input: &str, lines: usize) -> Ran {
        let mut child = self.start(&own_folder(), arguments, input);
        let output = BufReader::new(child.stdout.take().unwrap());
        let read: Vec<String> = output.lines().take(lines).map(Result::unwrap).collect();
        Self::end(child, read.join("\n"), input)
    }

    /// Runs the command with standard input and standard error at a terminal, where the user answers a question with
    /// this line. The result's `err` is what the terminal shows.
    pub fn run_at_terminal(&self, arguments: &[&str], answer: &str) -> Ran {
        self.run_at_used_terminal("", arguments, answer)
    }

    /// The same, where this was typed before the command began.
    pub fn run_at_used_terminal(&self, typed: &str, arguments: &[&str], answer: &str) -> Ran {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let end = File::options().read(true).write(true).open(path).unwrap();
        let mut user = File::from(terminal);
        user.write_all(typed.as_bytes()).unwrap();
        let child = self
            .command(&own_folder(), arguments)
            .stdin(end.try_clone().unwrap())
            .stderr(end)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut shown, mut byte) = (Vec::new(), [0]);
        // The end of a terminal that no process has open is an error.
        while user.read_exact(&mut byte).is_ok() {
            shown.extend(byte);
            if shown.ends_with(b"[y/N] ") {
                user.write_all(format!("{answer}\n").as_bytes()).unwrap();
            }
        }
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(shown).unwrap();
        Ran { code: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err }
    }

    /// Runs the command with this environment variable.
    pub fn run_with(&self, variable: (&str, &str), arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(&own_folder(), arguments);
        command.env(variable.0, variable.1);
        let mut child = Self::start_command(command, input);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        Self::end(child, out, input)
    }

    /// Runs the command with standard input at a terminal, and standard error in a pipe.
    pub fn run_with_terminal_input(&self, arguments: &[&str]) -> Ran {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let end = File::options().read(true).write(true).open(path).unwrap();
        let output = self.command(&own_folder(), arguments).stdin(end).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn start(&self, folder: &Path, arguments: &[&str], input: &str) -> Child {
        Self::start_command(self.command(folder, arguments), input)
    }

    fn start_command(mut command: Command, input: &str) -> Child {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command with invalid arguments ends before it reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let waits = arguments.first() == Some(&"rotate") && !arguments.contains(&"--pause");
        let pause: &[&str] = if waits { &["--pause", "0s"] } else { &[] };
        let mut command = Command::new(env!("CARGO_BIN_EXE_ostiary"));
        command
            .args(arguments)
            .args(pause)
            .current_dir(folder)
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
            .env("CLOUDFLARE_API_TOKEN", "api-token")
            .env("CLOUDFLARE_API_BASE_URL", format!("http://127.0.0.1:{}/client/v4", self.port))
            .env("OSTIARY_GATEWAY_URL", format!("http://127.0.0.1:{}/operator", self.port))
            .env("OSTIARY_OPERATOR_TOKEN", "ops-token");
        command
    }

    fn end(child: Child, out: String, input: &str) -> Ran {
        let output = child.wait_with_output().unwrap();
        let ran = Ran { code: output.status.code(), out, err: String::from_utf8(output.stderr).unwrap() };
        assert!(!input.is_empty() && !format!("{}{}", ran.out, ran.err).contains(input), "a value is shown");
        ran
    }
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store")
}

/// The value of each secret; secrets of the store 1 have no prefix.
pub fn held(world: &World) -> Vec<String> {
    let state = world.state();
    let place = |name: &String| name.strip_prefix("1/").unwrap_or(name).to_owned();
    state.values.iter().map(|(name, value)| format!("{}={value}", place(name))).collect()
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    /// Each event's kind and source.
    pub fn events(&self) -> Vec<String> {
        let events = self.json()["events"].as_array().unwrap().clone();
        events
            .iter()
            .map(|event| format!("{} {}", event["event"].as_str().unwrap(), event["source"]))
            .collect()
    }
}

/// One request on one connection.
fn serve(stream: TcpStream, state: &mut State) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let (method, target) = line.split_once(' ').unwrap();
    let (method, target) = (method.to_owned(), target.split(' ').next().unwrap().to_owned());
    let mut length = 0;
    loop {
        let mut field = String::new();
        reader.read_line(&mut field).unwrap();
        let Some((name, value)) = field.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, answer) = if target == "/operator/probe" {
        (200, state.probe(&body))
    } else if target == "/operator/health" {
        (200, state.health.clone().unwrap_or_else(health))
    } else {
        let path = target.split('?').next().unwrap();
        let path =
            path.strip_prefix(&format!("/client/v4/accounts/{ACCOUNT}/secrets_store/stores/")).unwrap();
        match state.store(&method, &path.split('/').collect::<Vec<_>>(), &body) {
            Ok(result) => (200, json!({ "success": true, "errors": [], "messages": [], "result": result })),
            Err(call) => {
                let errors = json!([{ "code": 1001, "message": format!("refused: {call}{}", state.quoted) }]);
                let status = if state.is_exhausted { 429 } else { 400 };
                (status, json!({ "success": false, "errors": errors, "messages": [], "result": null }))
            }
        }
    };
    let text = answer.to_string();
    let wait = if status == 429 { "retry-after: 86400\r\n" } else { "" };
    let fields = format!("content-type: application/json\r\nconnection: close\r\n{wait}content-length");
    let head = format!("HTTP/1.1 {status} Scripted\r\n{fields}: {}\r\n\r\n", text.len());
    reader.get_mut().write_all(format!("{head}{text}").as_bytes()).unwrap();
}

/// The `health` of a gateway that was built with the files in this folder.
pub fn health() -> Value {
    let gateway = ConfigurationFile { path: "gateway.toml", text: include_str!("gateway.toml") };
    let wrangler = ConfigurationFile { path: "wrangler.toml", text: include_str!("wrangler.toml") };
    let bindings = environments(wrangler).unwrap().remove(0).digest;
    let Ok(checked) = read(gateway, wrangler) else { panic!("the configuration has errors") };
    let configuration = checked.gateway.digest;
    json!({ "version": "0.1.0", "configuration": configuration, "environment": null, "bindings": bindings })
}

impl State {
    /// The Secrets Store API, below the stores. The id of a secret is its name.
    fn store(&mut self, method: &str, path: &[&str], body: &Value) -> Result<Value, String> {
        let writes = self.writes.clone();
        let (changed, scopes) = (self.changed.clone(), self.scopes.clone());
        let described = |name: &str, status: &str| {
            let minute = changed.get(name).copied().unwrap_or_default();
            let scopes = scopes.get(name).copied().unwrap_or(&["workers"]);
            let write = writes.get(&format!("{}/{name}", path[0])).copied().unwrap_or_default();
            json!({
                "id": name, "name": name, "store_id": path[0], "status": status, "scopes": scopes,
                "created": "2026-11-23T10:00:00Z", "modified": format!("2026-11-23T10:{minute:02}:{write:02}Z"),
            })
        };
        match (method, path) {
            ("GET", [store, "secrets"]) => {
                let names = self.values.keys().filter_map(|name| name.strip_prefix(&format!("{store}/")));
                let is_listed = |name: &&str| {
                    self.listed.as_ref().is_none_or(|listed| listed.iter().any(|known| known == name))
                };
                let kept = names.filter(is_listed).map(|name| described(name, "active"));
                Ok(kept.chain(self.deleted.iter().map(|name| described(name, "deleted"))).collect())
            }
            ("GET", [store, "secrets", name]) => {
                let call = format!("look {store}/{name}");
                self.calls.push(call.clone());
                if self.refused.contains(call.as_str()) {
                    return Err(call);
                }
                self.pending = self.pending.saturating_sub(1);
                Ok(described(name, if self.pending == 0 { "active" } else { "pending" }))
            }
            ("POST", [store, "secrets"]) => {
                let name = body[0]["name"].as_str().unwrap();
                let call = format!("create {store}/{name} {}", body[0]["scopes"]);
                self.write(call, &format!("{store}/{name}"), body[0]["value"].as_str())?;
                Ok(json!([described(name, "active")]))
            }
            ("PATCH", [store, "secrets", name]) => {
                assert_eq!(body.as_object().unwrap().len(), 1, "nothing but the value is changed");
                let place = format!("{store}/{name}");
                self.write(format!("update {place}"), &place, body["value"].as_str())?;
                Ok(described(name, if self.pending == 0 { "active" } else { "pending" }))
            }
            ("DELETE", [store]) => {
                self.calls.push(format!("delete {store}"));
                self.values.retain(|name, _| !name.starts_with(&format!("{store}/")));
                Ok(Value::Null)
            }
            ("DELETE", [store, "secrets", name]) => {
                let place = format!("{store}/{name}");
                self.write(format!("delete {place}"), &place, None)?;
                Ok(Value::Null)
            }
            _ => panic!("{method} {path:?}"),
        }
    }

    /// Writes the value, or deletes the secret. The error is the call, if it is refused.
    fn write(&mut self, call: String, place: &str, value: Option<&str>) -> Result<(), String> {
        let is_refused = self.is_exhausted || self.refused.contains(call.as_str());
        self.calls.push(call.clone());
        if is_refused {
            return Err(call);
        }
        self.stale.clone_from(&self.values);
        let number = self.writes.values().max().copied().unwrap_or_default() + 1;
        self.writes.insert(place.to_owned(), number);
        match value {
            Some(value) => self.values.insert(place.to_owned(), value.to_owned()),
            None => self.values.remove(place),
        };
        Ok(())
    }

    /// The gateway's operator endpoint.
    fn probe(&mut self, order: &Value) -> Value {
        let source = usize::try_from(order["source"].as_u64().unwrap()).unwrap();
        let nonce = URL_SAFE_NO_PAD.decode(order["nonce"].as_str().unwrap()).unwrap();
        let wrong: Vec<&str> =
            order["control"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let names = match (order["secret"].as_str(), order["route"].as_str()) {
            (Some(name), None) => {
                self.calls.push(format!("read {name} {source}"));
                vec![name]
            }
            (None, Some(route)) => {
                let [method, path] = ["method", "path"].map(|key| order[key].as_str().unwrap());
                if let Some((after, _)) = &mut self.probing {
                    *after = after.saturating_sub(1);
                }
                if wrong.is_empty() {
                    self.calls.push(format!("send {route} {source} {method} {path}"));
                } else {
                    self.calls.push(format!("control {} {source} {method} {path}", wrong.join(" ")));
                }
                if route == "pair" { vec!["id", "key"] } else { vec![route] }
            }
            _ => panic!("{order}"),
        };
        let (proved, credential) = self.proved(&names, source, &nonce, order);
        let is_whole = credential.len() == names.len();
        let report = json!({ "source": source, "secrets": proved, "secrets_ms": 1 });
        if !order["route"].is_string() {
            return report;
        }
        if !wrong.is_empty() {
            let said = self.controls.pop_front().or(self.control).unwrap_or(Said::Status(401));
            return self.answered(report, said);
        }
        let is_known = self.accepted.contains(&credential.join(" "));
        let said = self.said.pop_front().unwrap_or(match (is_whole, is_known) {
            (false, _) => Said::Failure("secret_unavailable"),
            (true, true) => Said::Status(200),
            (true, false) => Said::Status(401),
        });
        self.answered(report, said)
    }

    /// The result of a read of these secrets' source, and the values.
    fn proved(
        &mut self,
        names: &[&str],
        source: usize,
        nonce: &[u8],
        order: &Value,
    ) -> (Vec<Value>, Vec<String>) {
        let seen = if order["control"].is_array() { None } else { self.glimpses.pop_front() };
        let glimpse = seen.unwrap_or(Glimpse::Current);
        let read = |binding: &str| match glimpse {
            Glimpse::Current => self.values.get(binding),
            Glimpse::Stale => self.stale.get(binding),
            Glimpse::Nothing | Glimpse::Fault => None,
        };
        let mut proved = Vec::new();
        let mut credential = Vec::new();
        for name in names {
            let (_, sources) = SOURCES.iter().find(|(known, _)| known == name).unwrap();
            let (binding, secret) = sources[source - 1];
            let probing = self.probing.filter(|(after, _)| *after == 0 && order["route"].is_string());
            let binding = probing.map(|(_, binding)| binding).or(self.other_binding).unwrap_or(binding);
            let is_failing = secret.strip_prefix("1/").and_then(|name| self.failing.get_mut(name));
            let is_failing = is_failing.is_some_and(|(before, failures)| {
                let fails = *before == 0 && *failures > 0;
                let left = if *before == 0 { failures } else { before };
                *left = left.saturating_sub(1);
                fails
            });
            let value = read(secret).filter(|_| !is_failing);
            let hmac = value.map(|value| {
                let code = Hmac::<Sha256>::new_from_slice(value.as_bytes()).unwrap().chain_update(nonce);
                URL_SAFE_NO_PAD.encode(code.finalize().into_bytes())
            });
            let outcome = match value {
                Some(_) => "ok",
                None if is_failing || glimpse == Glimpse::Fault => "timeout",
                None => "missing",
            };
            proved.push(json!({ "name": name, "binding": binding, "outcome": outcome, "hmac": hmac }));
            credential.extend(value.cloned());
        }
        (proved, credential)
    }

    /// The same, with the response of the upstream.
    fn answered(&self, mut report: Value, said: Said) -> Value {
        match said {
            Said::Status(status) => {
                report["status"] = json!(status);
                report["refused"] = json!(self.refusing == Some(status));
            }
            Said::Failure(code) => report["failure"] = json!(code),
            Said::Unfit => {
                report["failure"] = json!("secret_unavailable");
                report["secrets"][0]["outcome"] = json!("invalid");
            }
            Said::Exchange(status, error) => {
                report["failure"] = json!("secret_unavailable");
                report["secrets"][0]["outcome"] = json!("exchange");
                report["exchange"] = json!({ "status": status, "error": error });
            }
            Said::Nothing => {}
        }
        report
    }
}
