//! Canonical links: golden vectors, properties, and the truth of `docs/links.md`.

mod classes;
mod docs;
mod escape;
mod generators;
mod golden;
mod meaning;
mod properties;
