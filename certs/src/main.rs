//! Command line of the certificate authority; under construction.
fn main() {}
