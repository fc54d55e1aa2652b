//! The edge: hands the runtime's requests to the core and does what it decides. No policy is here.
//!
//! `entry.js` is the Worker. It begins an [`Exchange`](exchange::Exchange) for each request and performs the
//! commands that it yields: read these bindings, send this request, answer so. The exchange is the core's
//! pipeline, resumed with what each command came to, so a request crosses between JavaScript and WebAssembly
//! once for each thing that has to be waited for, and no promise is ever seen on this side.

mod answer;
mod command;
mod configuration;
mod description;
mod desk;
mod exchange;
mod head;
mod redactor;
mod runtime;
