//! Changes to gateway.toml and to wrangler's configuration, made in place: comments and order are kept.

mod beside;
mod change;
mod credential;
mod gateway_file;
mod known_api;
mod new_route;
mod second_source;
mod wrangler_file;

pub use beside::CopiedSecret;
pub use change::{Change, Changes, Shown as ShownChange};
pub use credential::Credential;
pub use gateway_file::GatewayFile;
pub use known_api::{find as find_known_api, names as known_api_names};
pub use new_route::NewRoute;
pub use wrangler_file::{BoundSecret, LOCAL_STORE, NewBinding, WranglerFile};
