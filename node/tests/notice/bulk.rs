//! A large notice.

use std::fs;

use meldeverbund_node::notice::{Item, Options, Package, write};
use meldeverbund_proto::TargetId;

use crate::{item, sender};

/// Links over providers, as a seizure has them, in no order.
fn items(links: u32, providers: u32) -> Vec<Item> {
    let one = |number: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let target = TargetId::from_bytes(id);
        let host = number.wrapping_mul(2_654_435_761) % providers;
        Item { target, ..item(0, &format!("https://files-{host}.example/d/{number}")) }
    };
    (0..links).map(one).collect()
}

#[test]
fn every_link_is_in_exactly_one_place() {
    let (links, providers) = (6_000, 40);
    let disk = tempfile::tempdir().unwrap();
    let dir = disk.path().join("notices");
    let packages = Package::plan(items(links, providers), &sender(), &Options::default()).unwrap();
    let written = write(&packages, &dir).unwrap();
    assert_eq!(written.len(), providers as usize);
    assert_eq!(written.iter().map(|one| one.links).sum::<usize>(), links as usize);
    let mut seen = vec![0_u32; links as usize];
    for one in &written {
        let list = fs::read_to_string(one.folder.join("links.csv")).unwrap();
        let mut rows = csv::Reader::from_reader(list.as_bytes());
        for (position, row) in (1..).zip(rows.records().map(Result::unwrap)) {
            let number: usize = row[1].rsplit('/').next().unwrap().parse().unwrap();
            assert_eq!(row[0], u64::to_string(&position));
            assert!(row[1].contains(&format!("//{}/", one.provider)));
            seen[number] += 1;
        }
    }
    assert!(seen.iter().all(|times| *times == 1));
}
