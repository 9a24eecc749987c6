//! The real binaries, killed for real: 30 times `kill -9` of hub or node, spread over one hand-in of 48,000 lines by two
//! nodes. In the end every accepted referral is there once, every target has one owner, and answers repeat identically.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "../processes/mod.rs"]
#[expect(dead_code, reason = "shared with others, who ask for memory or wrap programs")]
mod processes;
#[expect(dead_code, reason = "shared with the benchmark, which asks for memory")]
mod scene;

use std::{
    collections::{BTreeMap, HashSet},
    thread,
    time::Duration,
};

use meldeverbund_node::sample::SampleList;
use meldeverbund_proto::CanonicalLink;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use scene::{OFFICES, Scene};

/// Lines of the hand-in, all offices together.
const LINES: u64 = 48_000;

/// How often somebody is killed.
const KILLS: u64 = 30;

/// Of a hundred lines, so many are on both lists.
const OVERLAP_PERCENT: u32 = 50;

/// Change it to have the kills elsewhere; the same seed kills the same victims at about the same places.
const SEED: u64 = 20_261_121;

#[test]
fn thirty_kills_over_one_hand_in() {
    println!("seed {SEED}");
    let mut random = StdRng::seed_from_u64(SEED);
    // Both offices have whole lists of which much is common: together about 48,000 lines are handed in.
    let list = SampleList::new(SEED, LINES * 100 / (100 + u64::from(OVERLAP_PERCENT)));
    let lists: Vec<Vec<String>> = list
        .shares(OFFICES.len(), OVERLAP_PERCENT)
        .iter()
        .map(|share| share.iter().map(|line| line.text).collect())
        .collect();
    let handed_in: u64 = lists.iter().map(|lines| lines.len() as u64).sum();
    assert!(handed_in > LINES * 9 / 10, "{handed_in} lines are no hand-in of {LINES}");

    let mut scene = Scene::set(&lists);
    let base = scene.leaves();
    let officers: Vec<_> = OFFICES.iter().map(|office| scene.officer(office)).collect();
    let officers: Vec<_> =
        officers.into_iter().map(|officer| thread::spawn(move || officer.hand_in())).collect();
    let mut victims = BTreeMap::new();
    for kill in 1..=KILLS {
        // The next kill comes when the hub has its share of the lines, and a random moment later.
        scene.wait_for(base + handed_in * (kill - 1) / KILLS);
        thread::sleep(Duration::from_millis(random.random_range(0..60)));
        let victim = random.random_range(0..=OFFICES.len());
        *victims.entry(scene.kill_and_restart(victim)).or_insert(0) += 1;
    }
    println!("killed: {victims:?}");
    assert!(scene.leaves() - base < handed_in, "the kills were spread over the hand-in, not after it");
    let retries: usize = officers.into_iter().map(|officer| officer.join().unwrap()).sum();
    println!("the officers had to repeat their command {retries} times");

    let first = scene.verdicts();
    check(&scene, &lists, base, handed_in, &first);

    // Answers repeat identically: the nodes forget them all, send every submission again, and are told the same.
    scene.forget_answers();
    let again = scene.verdicts();
    assert_eq!(first, again);
    check(&scene, &lists, base, handed_in, &again);
    scene.end();
}

/// What each office was told: line, target, verdict.
type Told = Vec<Vec<(u64, String, String)>>;

fn check(scene: &Scene, lists: &[Vec<String>], base: u64, handed_in: u64, told: &Told) {
    let links = |lines: &Vec<String>| -> HashSet<_> {
        lines.iter().map(|line| CanonicalLink::parse(line).unwrap().id()).collect()
    };
    let links: Vec<HashSet<_>> = lists.iter().map(links).collect();
    let different: HashSet<_> = links.iter().flatten().collect();
    let counts = scene.counts();
    assert_eq!(scene.leaves() - base, handed_in, "every accepted referral is in the ledger, once");
    assert_eq!(counts.targets, different.len() as i64);
    assert_eq!(counts.ownerless, 0);
    assert_eq!(counts.bindings, links.iter().map(|links| links.len() as i64).sum::<i64>());

    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for (told, lines) in told.iter().zip(lists) {
        let numbers: Vec<u64> = told.iter().map(|(line, ..)| *line).collect();
        assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>(), "each line is answered, once");
        for (_, target, verdict) in told {
            *owners.entry(target).or_default() += usize::from(verdict == "new");
        }
    }
    assert!(owners.values().all(|new| *new == 1), "one office was told `new` of each target");
    assert_eq!(owners.len(), different.len());
}
