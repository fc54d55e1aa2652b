//! Empty: worker-build names this crate as a dependency and uses nothing of it.
