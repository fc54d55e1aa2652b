//! What `ostiary add` prints with `--json`.

use serde::Serialize;

use crate::scaffold::ShownChange;

/// An added route or source.
#[derive(Serialize)]
pub struct Report {
    pub changed: bool,
    pub changes: Vec<ShownChange>,
    pub next: Vec<String>,
}
