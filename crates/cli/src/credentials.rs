//! The variables of the environment that have credentials. A program that this one starts gets only those that it
//! needs.

/// An API token of the account.
pub const API_TOKEN: &str = "CLOUDFLARE_API_TOKEN";
/// The user of [`API_KEY`].
pub const API_EMAIL: &str = "CLOUDFLARE_EMAIL";
/// A key of the user.
pub const API_KEY: &str = "CLOUDFLARE_API_KEY";
/// The operator's token for the gateway.
pub const OPERATOR_TOKEN: &str = "OSTIARY_OPERATOR_TOKEN";

/// All of them.
pub const ALL: [&str; 4] = [API_TOKEN, API_EMAIL, API_KEY, OPERATOR_TOKEN];
