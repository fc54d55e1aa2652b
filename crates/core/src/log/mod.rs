//! What the log says of a request: names, outcomes and times, never a value.
//!
//! Each request has one [`Event`]. What somebody should be told of has a [`Notice`] besides, with a name of its own, so
//! that an alert needs no more than that name.

mod data_point;
mod event;
mod notice;

pub use data_point::DataPoint;
pub use event::{Event, FailoverOutcome, Level, PreflightOutcome};
pub use notice::{FoundIn, Notice, Redacted};
