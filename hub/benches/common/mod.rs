//! What the benchmarks share: the same links, handed in the same way, large databases, and what it all costs.

pub(crate) mod fill;
pub(crate) mod gauge;
pub(crate) mod workload;
