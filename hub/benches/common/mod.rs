//! What the benchmarks share: the same links, handed in the same way, and what they cost.

pub(crate) mod gauge;
pub(crate) mod workload;
