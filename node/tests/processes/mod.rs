//! What tests and benchmarks with processes of the real binaries share: how programs are started and ended, and how a
//! hub and its offices are set up on one folder.

pub(crate) mod houses;
pub(crate) mod process;
