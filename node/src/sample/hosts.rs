//! Made-up hosts under reserved names (RFC 2606, RFC 6761), and onion addresses of made-up keys.

use data_encoding::BASE32_NOPAD;
use sha3::{Digest as _, Sha3_256};

use super::rng::{Rng, Stream};

/// Hosts that a list draws from; real lists of one forum have a few hundred.
const HOSTS: usize = 400;

/// Onion services; one in a hundred links leads to one.
const ONIONS: usize = 24;

/// Hosts with FTP.
const FTP_HOSTS: u64 = 6;

/// Labels with umlauts, and the same as DNS has them.
const UMLAUTS: [(&str, &str); 3] = [
    ("tauschbörse", "xn--tauschbrse-kcb"),
    ("bücherregal", "xn--bcherregal-9db"),
    ("müllkippe", "xn--mllkippe-65a"),
];

/// A host, with its other spelling if it has umlauts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// In ASCII.
    pub(super) name: String,
    /// With umlauts.
    pub(super) umlauts: Option<String>,
    pub(super) is_onion: bool,
}

/// The hosts of one list; the first ones have most of the links.
#[derive(Debug)]
pub(super) struct Hosts {
    hosts: Vec<Host>,
    /// Sums of the weights up to each host.
    sums: Vec<u64>,
    onions: Vec<Host>,
}

impl Hosts {
    pub(super) fn new(seed: u64) -> Self {
        let hosts = (0..HOSTS).map(host).collect();
        // Zipf's law with exponent 1, in whole numbers: floating point could differ between machines.
        let weights = (1..=HOSTS as u64).map(|rank| (1 << 32) / rank);
        let sums = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        let onions = (0..ONIONS as u64).map(|i| onion(&mut Rng::of(seed, Stream::Onion, i)));
        Self { hosts, sums: sums.collect(), onions: onions.collect() }
    }

    /// A host by its weight.
    pub(super) fn pick(&self, rng: &mut Rng) -> &Host {
        let total = self.sums.last().copied().unwrap_or(1);
        let ticket = rng.below(total);
        &self.hosts[self.sums.partition_point(|sum| *sum <= ticket)]
    }

    pub(super) fn pick_onion(&self, rng: &mut Rng) -> &Host {
        rng.pick(&self.onions)
    }
}

/// A host with FTP.
pub(super) fn ftp(rng: &mut Rng) -> Host {
    plain(format!("ftp.archiv-{}.test", rng.below(FTP_HOSTS)))
}

fn host(rank: usize) -> Host {
    match rank % 10 {
        0 | 2 | 4 | 6 | 8 => plain(format!("filehost-{rank:02}.example")),
        1 | 7 => plain(format!("bilder-{rank}.test")),
        3 => plain(format!("cloud.hoster{rank}.invalid")),
        5 => plain(format!("s{rank}.speicher.example")),
        _ => {
            let (umlauts, ascii) = UMLAUTS[rank / 10 % UMLAUTS.len()];
            Host {
                umlauts: Some(format!("n{rank}.{umlauts}.example")),
                ..plain(format!("n{rank}.{ascii}.example"))
            }
        }
    }
}

fn plain(name: String) -> Host {
    Host { name, umlauts: None, is_onion: false }
}

/// An onion address, version 3 (rend-spec-v3, 6): key, checksum, version in base32.
fn onion(rng: &mut Rng) -> Host {
    const VERSION: u8 = 3;
    let mut address = Vec::with_capacity(35);
    for _ in 0..4 {
        address.extend_from_slice(&rng.next().to_be_bytes());
    }
    let checksum = Sha3_256::new()
        .chain_update(b".onion checksum")
        .chain_update(&address)
        .chain_update([VERSION])
        .finalize();
    address.extend_from_slice(&checksum[..2]);
    address.push(VERSION);
    let name = format!("{}.onion", BASE32_NOPAD.encode(&address).to_ascii_lowercase());
    Host { is_onion: true, ..plain(name) }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::CanonicalLink;

    use super::*;

    #[test]
    fn every_host_is_one_under_a_reserved_name() {
        let hosts = Hosts::new(7);
        for host in &hosts.hosts {
            let reserved = [".example", ".test", ".invalid"];
            assert!(reserved.iter().any(|end| host.name.ends_with(end)), "{}", host.name);
            let link = |name: &str| CanonicalLink::parse(&format!("https://{name}/")).unwrap();
            if let Some(umlauts) = &host.umlauts {
                assert_eq!(link(umlauts), link(&host.name));
            }
        }
        assert!(
            hosts.onions.iter().all(|onion| CanonicalLink::parse(&format!("http://{}/", onion.name)).is_ok())
        );
    }

    #[test]
    fn the_first_hosts_have_most_links() {
        let hosts = Hosts::new(7);
        let mut rng = Rng::of(7, Stream::Line, 0);
        let first = (0..10_000).filter(|_| hosts.pick(&mut rng) == &hosts.hosts[0]).count();
        // 1 / (1 + 1/2 + … + 1/400) is 15 %.
        assert!((1_300..1_750).contains(&first), "{first}");
    }
}
