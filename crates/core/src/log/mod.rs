//! The log of a request: names, outcomes and times, never a value of a secret.
//!
//! Each request has one [`Event`]. For what an operator should know there is a [`Notice`] besides. Each kind of notice
//! has its own name, so that an alert only needs that name.

mod data_point;
mod event;
mod notice;

pub use data_point::DataPoint;
pub use event::{Event, FailoverOutcome, Level, PreflightOutcome};
pub use notice::{FoundIn, Notice, Redacted};
