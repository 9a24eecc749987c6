//! Made-up lists of links from a seed: for tests, benchmarks and the example.
//!
//! A list looks like what a caseworker brings: a few hundred file hosts of which the first have most of the links
//! (Zipf), objects named in the path, the query or the fragment, repeats, and many spellings of the same link. Host
//! names are reserved ones, onion addresses belong to made-up keys. The same seed gives the same list for ever; a test
//! holds its hash. Line for line it takes no memory that grows with the list, and what a list contains is known by
//! construction: [`SampleList::distinct`] counts its links without canonicalising one.

mod hosts;
mod junk;
mod rng;
mod share;
mod spelling;
mod table;
mod target;

pub use share::Share;

use hosts::Hosts;
use rng::{Rng, Stream};

/// Lines of a thousand that repeat an earlier one, byte for byte.
const REPEATED_PER_MILLE: u64 = 40;

/// Lines of a thousand that spell an earlier link in another way.
const RESPELLED_PER_MILLE: u64 = 120;

/// A list: its seed and its length, and what it has beside ordinary links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleList {
    /// Where all its choices come from.
    pub seed: u64,
    /// How many lines it has.
    pub lines: u64,
    /// Lines of a thousand that are no links.
    pub junk_per_mille: u32,
    /// Lines of a thousand that are defanged (`hxxps://`, `[.]`).
    pub defanged_per_mille: u32,
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleLine {
    /// Its number, from 0.
    pub number: u64,
    /// The line.
    pub text: String,
    /// Which of the list's links it is, counted by first appearance from 0; none if it is junk.
    pub target: Option<u64>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Junk,
    /// As the link was found first, for the first time or again.
    Found(u64),
    Respelled(u64),
}

impl SampleList {
    /// A list without junk and defanged lines.
    pub fn new(seed: u64, lines: u64) -> Self {
        Self { seed, lines, junk_per_mille: 0, defanged_per_mille: 0 }
    }

    /// The lines, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = SampleLine> + Send + use<> {
        let writer = Writer { list: *self, hosts: Hosts::new(self.seed) };
        self.kinds().map(move |(number, kind)| writer.line(number, kind))
    }

    /// How many different links it has, that is, how many targets a hub finds in it.
    pub fn distinct(&self) -> u64 {
        self.kinds().filter_map(|(_, kind)| kind.target()).max().map_or(0, |last| last + 1)
    }

    /// How many of its lines are links.
    pub fn links(&self) -> u64 {
        self.kinds().filter(|(_, kind)| kind.target().is_some()).count() as u64
    }

    /// What each line is; cheap, because no text is made.
    fn kinds(&self) -> impl Iterator<Item = (u64, Kind)> + Send + use<> {
        let list = *self;
        (0..list.lines).scan(0, move |targets, number| {
            let kind = list.kind(number, *targets);
            *targets += u64::from(kind == Kind::Found(*targets));
            Some((number, kind))
        })
    }

    /// What a line is when so many links came before it.
    fn kind(&self, number: u64, targets: u64) -> Kind {
        let mut rng = Rng::of(self.seed, Stream::Line, number);
        if rng.per_mille(self.junk_per_mille) {
            return Kind::Junk;
        }
        let ticket = rng.below(1000);
        if targets == 0 || ticket >= REPEATED_PER_MILLE + RESPELLED_PER_MILLE {
            return Kind::Found(targets);
        }
        // Half of the repeats are of a few links that everybody posts.
        let popular = rng.per_mille(500);
        let target = rng.below(if popular { targets / 100 + 1 } else { targets });
        if ticket < REPEATED_PER_MILLE { Kind::Found(target) } else { Kind::Respelled(target) }
    }
}

impl Kind {
    fn target(self) -> Option<u64> {
        match self {
            Self::Junk => None,
            Self::Found(target) | Self::Respelled(target) => Some(target),
        }
    }
}

/// Makes the text of lines.
struct Writer {
    list: SampleList,
    hosts: Hosts,
}

impl Writer {
    fn line(&self, number: u64, kind: Kind) -> SampleLine {
        let seed = self.list.seed;
        let mut text = match kind {
            Kind::Junk => junk::line(&mut Rng::of(seed, Stream::Junk, number)),
            Kind::Found(target) => self.found(target),
            Kind::Respelled(target) => {
                let parts = target::found(seed, &self.hosts, target);
                spelling::another(&parts, &self.found(target), &mut Rng::of(seed, Stream::Respelled, number))
            }
        };
        let defanged = Rng::of(seed, Stream::Defanged, number).per_mille(self.list.defanged_per_mille);
        if defanged && kind != Kind::Junk {
            text = spelling::defanged(&text);
        }
        SampleLine { number, text, target: kind.target() }
    }

    fn found(&self, target: u64) -> String {
        let parts = target::found(self.list.seed, &self.hosts, target);
        spelling::found(&parts, &mut Rng::of(self.list.seed, Stream::Found, target))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use meldeverbund_proto::{CanonicalLink, link::refang};
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn canonical(line: &SampleLine) -> CanonicalLink {
        CanonicalLink::parse(&refang(&line.text)).unwrap()
    }

    /// A change here changes every list that anybody has named by its seed.
    #[test]
    fn the_same_seed_gives_the_same_list_for_ever() {
        let digest = |list: SampleList| {
            let mut text = Vec::new();
            list.write_text(&mut text).unwrap();
            hex::encode(Sha256::digest(text))
        };
        let plain = SampleList::new(7, 10_000);
        assert_eq!(digest(plain), "4ed7c190ce8b6021f8d3df465295890f21eb7ccf4d41844b9de9e92cc457d40c");
        let mixed = SampleList { junk_per_mille: 20, defanged_per_mille: 50, ..SampleList::new(8, 10_000) };
        assert_eq!(digest(mixed), "be184a4a3d482c2aa2626d769752dd1114b288df70c9fe499d0479abfbc91456");
    }

    #[test]
    fn distinct_is_what_the_canonical_form_finds() {
        for (seed, defanged_per_mille) in [(1, 0), (2, 100)] {
            let list = SampleList { junk_per_mille: 30, defanged_per_mille, ..SampleList::new(seed, 20_000) };
            let mut links: BTreeMap<u64, CanonicalLink> = BTreeMap::new();
            for line in list.iter() {
                let Some(target) = line.target else {
                    assert!(CanonicalLink::parse(&line.text).is_err() || line.text.contains(' '));
                    continue;
                };
                let link = canonical(&line);
                assert_eq!(links.entry(target).or_insert_with(|| link.clone()), &link);
            }
            let different: BTreeSet<&CanonicalLink> = links.values().collect();
            assert_eq!(different.len() as u64, list.distinct());
            assert_eq!(links.len() as u64, list.distinct());
        }
    }

    #[test]
    fn a_list_has_the_repeats_and_spellings_that_it_promises() {
        let list = SampleList { junk_per_mille: 10, ..SampleList::new(3, 50_000) };
        let mut seen = BTreeSet::new();
        let repeated = list.iter().filter(|line| !seen.insert(line.text.clone())).count() as f64 / 50_000.0;
        let again = (list.links() - list.distinct()) as f64 / 50_000.0;
        let junk = (50_000 - list.links()) as f64 / 50_000.0;
        assert!((0.03..0.06).contains(&repeated), "{repeated}");
        assert!((0.14..0.18).contains(&again), "{again}");
        assert!((0.007..0.013).contains(&junk), "{junk}");
        for part in ["ftp://", ".onion/", "://www.", "#!", "%C3%BC", "tauschbörse", "@", ":443/", "/x/../"] {
            assert!(list.iter().any(|line| line.text.contains(part)), "{part}");
        }
    }

    #[test]
    fn a_longer_list_begins_like_a_shorter_one() {
        let long = SampleList::new(4, 300).iter().take(100);
        assert!(long.eq(SampleList::new(4, 100).iter()));
        assert_ne!(SampleList::new(5, 1).iter().next(), SampleList::new(4, 1).iter().next());
    }

    #[test]
    fn shares_cover_the_list_and_overlap() {
        let list = SampleList { junk_per_mille: 10, ..SampleList::new(6, 10_000) };
        let shares = list.shares(3, 25);
        let mut numbers = BTreeSet::new();
        for share in &shares {
            let lines: Vec<SampleLine> = share.iter().collect();
            let targets: BTreeSet<u64> = lines.iter().filter_map(|line| line.target).collect();
            assert_eq!((lines.len() as u64, targets.len() as u64), (share.lines(), share.distinct()));
            // A third, and a quarter of the rest.
            assert!((4_700..5_300).contains(&lines.len()), "{}", lines.len());
            numbers.extend(lines.iter().map(|line| line.number));
        }
        assert_eq!(numbers.len(), 10_000, "every line is in a share");
        assert!(shares[0].common(&shares[1]) > 1_500);
        assert_eq!(shares[0].common(&shares[0]), shares[0].distinct());
        let all: u64 = list.shares(2, 0).iter().map(Share::lines).sum();
        assert_eq!(all, 10_000, "without overlap the shares are apart");
        assert_eq!(list.shares(2, 100)[1].distinct(), list.distinct());
    }
}
