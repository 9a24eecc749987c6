//! Each answer carries proof of its leaves.

use meldeverbund_proto::{
    merkle::consistency,
    v1::{AgencyKind, ProveConsistencyRequest, RefusalCode},
};

use crate::{
    deciding::reason,
    decisions::assess,
    harness::{Federation, accepted, batch, decided, decision_on, verify_receipt},
};

#[tokio::test(flavor = "multi_thread")]
async fn fresh_in_a_group_repeated_and_after_a_restart() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    by.open_case("1/26").await;
    // Many at once, so that they share commits; more than one full tile.
    let requests = |from: u32| -> Vec<_> {
        let links = |n: u32| (0..40).map(|m| format!("https://a.test/{n}/{m}")).collect::<Vec<_>>();
        let batch = |n| batch("1/26", &links(n).iter().map(String::as_str).collect::<Vec<_>>());
        (from..from + 6).map(batch).collect()
    };
    let (one, two) = (requests(0), requests(3));
    let (first, second) = tokio::join!(nw.submit_all(one.clone()), by.submit_all(two));
    let mut sizes = Vec::new();
    for response in first.iter().chain(&second) {
        let accepted = accepted(response.clone());
        let checkpoint = federation.proven(&accepted).await;
        assert_eq!(checkpoint.origin, "meldeverbund.test/ledger/1");
        assert!(checkpoint.size >= accepted.first_leaf_index + accepted.leaf_count);
        sizes.push(checkpoint.size);
    }
    // A batch of which nothing is recorded is proven by nothing.
    let nothing = accepted(nw.submit(batch("1/26", &["gopher://a.test/"])).await);
    assert_eq!((nothing.leaf_count, nothing.receipt), (0, None));

    // A decision, its dry run, and the decision again.
    let target = accepted(first[0].clone()).answers[0].target_id.clone();
    let mut request = decision_on(&[target], assess());
    request.dry_run = true;
    assert_eq!(decided(nw.ask(request.clone()).await).receipt, None, "a dry run leaves nothing");
    request.dry_run = false;
    let taken = decided(nw.ask(request.clone()).await);
    let again = decided(nw.ask(request).await);
    for one in [&taken, &again] {
        let leaves = federation.leaf_hashes(one.leaf_index, 1).await;
        verify_receipt(one.receipt.clone(), &leaves, &federation.vkeys());
    }

    let before = federation.whole().await;
    let federation = federation.restart().await;
    let nw = federation.connect("de-nw-lka", "main").await;
    for (request, answer) in one.into_iter().zip(first) {
        let again = accepted(nw.submit(request).await);
        assert!(again.repeated);
        let checkpoint = federation.proven(&again).await;
        assert!(checkpoint.size >= before.leaves, "under what is the newest now");
        assert_eq!(again.first_leaf_index, accepted(answer).first_leaf_index);
    }
    nw.refer("1/26", &["https://new.test/"]).await;
    let after = federation.whole().await;
    assert!(after.commands >= 15 && after.leaves > 256, "{after:?}");
    drop((nw, by));
    federation.end().await;
}

/// Every checkpoint that anybody was given is a beginning of every later one.
#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_continue_each_other_across_restarts() {
    let mut federation = Federation::start().await;
    federation.office("de-nw-lka").await.open_case("1/26").await;
    let mut given = Vec::new();
    for round in 0..3 {
        let nw = federation.connect("de-nw-lka", "main").await;
        for n in 0..4 {
            let accepted = nw.refer("1/26", &[&format!("https://a.test/{round}/{n}")]).await;
            given.push(federation.proven(&accepted).await);
        }
        drop(nw);
        federation = federation.restart().await;
    }
    let nw = federation.connect("de-nw-lka", "main").await;
    let newest = given.last().unwrap().clone();
    let from: Vec<_> = given.iter().map(|checkpoint| checkpoint.size).collect();
    let request = ProveConsistencyRequest { epoch: 1, from, to: newest.size };
    let proofs = nw.ledger().prove_consistency(request.clone()).await.unwrap().into_inner().proofs;
    assert_eq!(proofs.len(), given.len());
    for (checkpoint, proof) in given.iter().zip(proofs) {
        let hashes: Vec<_> = proof.hashes.into_iter().map(|hash| hash.try_into().unwrap()).collect();
        consistency::verify(checkpoint.size, newest.size, &checkpoint.root, &newest.root, &hashes).unwrap();
    }
    for (change, field) in [
        (ProveConsistencyRequest { to: newest.size + 100, ..request.clone() }, "to"),
        (ProveConsistencyRequest { epoch: 2, ..request.clone() }, "epoch"),
        (ProveConsistencyRequest { from: vec![], ..request.clone() }, "from"),
        (ProveConsistencyRequest { from: vec![3, 2], ..request.clone() }, "from"),
        (ProveConsistencyRequest { from: vec![newest.size + 1], ..request.clone() }, "from"),
        (ProveConsistencyRequest { from: vec![1; 101], ..request }, "from"),
    ] {
        let status = nw.ledger().prove_consistency(change).await.unwrap_err();
        assert!(status.message().starts_with(&format!("{field}: ")), "{status:?}");
    }
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn liaison_bodies_and_strangers_are_shown_nothing() {
    let federation = Federation::start().await;
    federation.register("eu-europol", AgencyKind::Liaison).await;
    let liaison = federation.connect("eu-europol", "main").await;
    let stranger = federation.connect("de-xx-lka", "main").await;
    let request = ProveConsistencyRequest { epoch: 1, from: vec![1], to: 2 };
    for (office, code) in [(&liaison, RefusalCode::NotPermitted), (&stranger, RefusalCode::AgencyUnknown)] {
        let status = office.ledger().prove_consistency(request.clone()).await.unwrap_err();
        assert!(reason(&status) == code.as_str_name(), "{status:?}");
        let status = office.ledger().witness(tokio_stream::empty()).await.unwrap_err();
        assert!(reason(&status) == code.as_str_name(), "{status:?}");
        for path in ["checkpoint", "keys", "tile/0/000.p/1", "event/0"] {
            assert_eq!(office.get(path).await.0, 403, "{path}");
        }
    }
    drop((liaison, stranger));
    federation.end().await;
}
