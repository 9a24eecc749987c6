//! Lines that are no links, as lists have them.

use super::rng::Rng;

/// A line that no importer takes for a link.
pub(super) fn line(rng: &mut Rng) -> String {
    let junk = rng.pick(&[
        "siehe Anlage 3",
        "https://",
        "filehost-00.example/d/1",
        "gopher://filehost-00.example/1",
        "javascript:void(0)",
        "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion/",
        "https://filehost-00.example:99999/d/1",
        "https://filehost-00.example/d/1 und https://filehost-00.example/d/2",
        "Seite 2 von 7",
    ]);
    (*junk).to_owned()
}
