//! Made-up lists of links from a seed, for tests, benchmarks and the example.
