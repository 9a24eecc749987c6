//! The race that today's systems lose: everybody hands in the same links at once.

use std::collections::HashMap;

use meldeverbund_proto::v1::{Role, Verdict};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use crate::harness::{Federation, Office, Place, accepted, batch};

const OFFICES: [&str; 8] =
    ["de-bw-lka", "de-by-lka", "de-be-lka", "de-hh-lka", "de-he-lka", "de-ni-lka", "de-nw-lka", "de-sn-lka"];
const LINKS: usize = 5_000;
const BATCH: usize = 250;
const TIMES: u64 = 10;

/// What one office was told of one target.
type Told = (Verdict, Role, String);

#[tokio::test(flavor = "multi_thread")]
async fn eight_offices_and_the_same_5000_links_10_times() {
    for seed in 0..Place::times(TIMES) {
        let federation = Federation::start().await;
        let mut offices = Vec::new();
        for agency in OFFICES {
            let office = federation.office(agency).await;
            office.open_case("1/26").await;
            offices.push(office);
        }
        let racing = (0..).zip(offices).map(|(n, office)| tokio::spawn(hand_in(office, seed * 100 + n)));
        let told = futures::future::join_all(racing.collect::<Vec<_>>()).await;
        let told: Vec<_> = told.into_iter().map(Result::unwrap).collect();

        let mut owners: HashMap<&str, &str> = HashMap::new();
        for (agency, targets) in &told {
            assert_eq!(targets.len(), LINKS);
            for (target, (verdict, role, owner)) in targets {
                assert_eq!(*owners.entry(target).or_insert(owner), owner, "one owner, whoever asks");
                let first = *agency == owner.as_str();
                assert_eq!(*verdict, if first { Verdict::New } else { Verdict::Joined });
                assert_eq!(*role, if first { Role::Owner } else { Role::CoInterested });
            }
        }
        assert_eq!(owners.len(), LINKS);
        let counts = federation.counts().await;
        assert_eq!((counts.targets, counts.bindings, counts.ownerless), (5_000, 40_000, 0), "seed {seed}");
        federation.end().await;
    }
}

/// Hands in all links in an order of its own, and gives what it was told of each target.
async fn hand_in(office: Office, seed: u64) -> (String, HashMap<String, Told>) {
    let mut numbers: Vec<_> = (0..LINKS).collect();
    numbers.shuffle(&mut StdRng::seed_from_u64(seed));
    let links: Vec<_> = numbers.iter().map(|n| format!("https://host-{}.example/file/{n}", n % 37)).collect();
    let requests =
        links.chunks(BATCH).map(|links| batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>()));
    let answers = office.submit_all(requests.collect()).await;
    let answers = answers.into_iter().flat_map(|answer| accepted(answer).answers);
    let told = answers.map(|a| (a.target_id.clone(), (a.verdict(), a.role(), a.owner_agency_id)));
    (office.agency.to_string(), told.collect())
}
