//! Races for grants: everybody asks for the same ones at once, and the hub dies in the middle.

use std::collections::HashMap;

use meldeverbund_certs::Clock;
use meldeverbund_proto::v1::{
    Consent, DecideRequest, RefusalCode, ReturnGrant, ShowTargetsRequest, Stage, TargetAnswer,
    decide_request::Decision,
};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use rustix::process::Signal;

use crate::{
    decisions::{code, gates, request_grant},
    harness::{Federation, Office, Place, connect_to, decided, decision_on},
    process::{Process, Site},
};

const AGENCIES: [&str; 4] = ["de-nw-lka", "de-by-lka", "de-sn-lka", "de-he-lka"];
const TARGETS: usize = 1_000;
const SHARE: usize = TARGETS / AGENCIES.len();
const BATCH: usize = 50;
const TIMES: u64 = 20;

/// Targets by their owner's place among the agencies.
type Owned = Vec<Vec<String>>;

/// What one asker was told of one target.
type Told = HashMap<String, Vec<TargetAnswer>>;

/// Each agency opens its share, all others join and consent, each owner sets its gates.
async fn prepare(offices: &[Office]) -> Owned {
    let links: Vec<_> = (0..TARGETS).map(|n| format!("https://host-{}.example/{n}", n % 7)).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let mut owned = Owned::new();
    for (office, share) in offices.iter().zip(links.chunks(SHARE)) {
        office.open_case("1/26").await;
        let answers = office.refer("1/26", share).await.answers;
        owned.push(answers.into_iter().map(|answer| answer.target_id).collect());
    }
    for (n, office) in offices.iter().enumerate() {
        office.refer("1/26", &links).await;
        let others: Vec<_> =
            owned.iter().enumerate().filter(|(m, _)| *m != n).flat_map(|(_, o)| o.clone()).collect();
        office.decided(&others, Decision::Consent(Consent::default())).await;
        for gate in gates() {
            office.decided(&owned[n], gate).await;
        }
    }
    owned
}

/// All targets in an order of its own, in batches, each asking for grants.
fn requests(owned: &Owned, seed: u64) -> Vec<DecideRequest> {
    let mut all: Vec<_> = owned.iter().flatten().cloned().collect();
    all.shuffle(&mut StdRng::seed_from_u64(seed));
    all.chunks(BATCH).map(|targets| decision_on(targets, request_grant())).collect()
}

async fn ask(office: Office, requests: Vec<DecideRequest>) -> Told {
    let mut answers =
        office.decisions().decide(tokio_stream::iter(requests.clone())).await.unwrap().into_inner();
    let mut told = Told::new();
    for request in requests {
        let decided = decided(answers.message().await.unwrap().unwrap());
        for (target, answer) in request.target_ids.into_iter().zip(decided.answers) {
            told.entry(target).or_default().push(answer);
        }
    }
    told
}

/// Each target was granted once, to its owner, under a fence above its last one.
fn check(owned: &Owned, told: &[(usize, Told)], fences: &mut HashMap<String, u64>) {
    for (owner, target) in
        owned.iter().enumerate().flat_map(|(n, targets)| targets.iter().map(move |t| (n, t)))
    {
        let mut granted = Vec::new();
        for (asker, answers) in told {
            for answer in &answers[target] {
                match code(answer) {
                    None => granted.push((*asker, answer.fence)),
                    Some(RefusalCode::GrantLive) => assert_eq!(*asker, owner),
                    Some(RefusalCode::NotOwner) => assert_ne!(*asker, owner),
                    other => panic!("{other:?}"),
                }
            }
        }
        let [(asker, fence)] = granted[..] else { panic!("{} grants of one target", granted.len()) };
        assert_eq!(asker, owner);
        let before = fences.insert(target.clone(), fence).unwrap_or(0);
        assert!(fence > before, "{fence} after {before}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_connections_ask_for_the_same_1000_grants_20_times() {
    let federation = Federation::start().await;
    let mut offices = Vec::new();
    for agency in AGENCIES {
        offices.push(federation.office(agency).await);
    }
    let owned = prepare(&offices).await;
    let mut connections: Vec<_> = offices.iter().cloned().enumerate().collect();
    for (n, agency) in AGENCIES.into_iter().enumerate() {
        connections.push((n, federation.connect(agency, "second").await));
    }
    let mut fences = HashMap::new();
    for round in 0..Place::times(TIMES) {
        let racing: Vec<_> = (0..)
            .zip(connections.clone())
            .map(|(n, (asker, office))| {
                let requests = requests(&owned, round * 100 + n);
                tokio::spawn(async move { (asker, ask(office, requests).await) })
            })
            .collect();
        let mut told = Vec::new();
        for task in racing {
            told.push(task.await.unwrap());
        }
        check(&owned, &told, &mut fences);
        for (office, targets) in offices.iter().zip(&owned) {
            office.decided(targets, Decision::ReturnGrant(ReturnGrant::default())).await;
        }
    }
    drop((offices, connections));
    federation.end().await;
}

/// The hub is killed while everybody asks; everybody asks again under the same ids, and is answered once.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_killed_in_the_middle_grants_nothing_twice() {
    let site = Site::new();
    let hub = site.serve().await;
    let mut offices = Vec::new();
    for agency in AGENCIES {
        offices.push(site.office(agency, &hub).await);
    }
    let owned = prepare(&offices).await;
    let asked: Vec<Vec<DecideRequest>> = (0..8).map(|n| requests(&owned, n)).collect();
    let asking: Vec<_> = asked
        .iter()
        .enumerate()
        .map(|(n, requests)| {
            let (mut decisions, requests) = (offices[n % 4].decisions(), requests.clone());
            tokio::spawn(async move {
                let mut seen = 0;
                if let Ok(answers) = decisions.decide(tokio_stream::iter(requests)).await {
                    let mut answers = answers.into_inner();
                    while let Ok(Some(_)) = answers.message().await {
                        seen += 1;
                    }
                }
                seen
            })
        })
        .collect();
    // Dead as soon as anything has been granted.
    while offices[0].see(&owned[0][0]).await.stage() != Stage::Granted {
        tokio::task::yield_now().await;
    }
    hub.signal(Signal::KILL);
    drop(hub);
    let mut seen = 0;
    for task in asking {
        seen += task.await.unwrap();
    }
    assert!(seen < asked.iter().map(Vec::len).sum::<usize>(), "the hub died after everything was answered");

    let hub = site.serve().await;
    let offices = reconnect(&site, &hub).await;
    let mut told = Vec::new();
    for (n, requests) in asked.into_iter().enumerate() {
        told.push((n % 4, ask(offices[n % 4].clone(), requests).await));
    }
    check(&owned, &told, &mut HashMap::new());
    for (office, targets) in offices.iter().zip(&owned) {
        let request = ShowTargetsRequest { target_ids: targets.clone() };
        let shown = office.targets().show_targets(request).await.unwrap().into_inner().targets;
        assert!(shown.iter().all(|view| view.stage() == Stage::Granted && view.fence > 0));
        assert_eq!(shown.len(), SHARE);
    }
}

async fn reconnect(site: &Site, hub: &Process) -> Vec<Office> {
    let mut offices = Vec::new();
    for agency in AGENCIES {
        let channel = connect_to(hub.address, &site.credentials(agency), Clock::system()).await.unwrap();
        offices.push(Office { agency: agency.parse().unwrap(), channel });
    }
    offices
}
