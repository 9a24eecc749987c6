//! Signatures that do not count any more because their key was revoked from an earlier leaf on are told by name.

use crate::{
    harness::{CENTRAL, accepted, batch},
    process::Site,
    signatures::{key, sign},
};

#[tokio::test(flavor = "multi_thread")]
async fn batches_behind_a_later_set_bound_are_told_and_are_no_fault() {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let stolen = key("de-nw-lka", 1);
    let verb = |arguments: &[&str]| {
        let output = site.run(&[&["agency", "statement-key"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
    };
    verb(&["add", "de-nw-lka", &stolen.vkey().to_string()]);
    let mut first = Vec::new();
    for n in 0..3 {
        let (one, other) = (format!("https://a.test/{n}/1"), format!("https://a.test/{n}/2"));
        let mut request = batch("1/26", &[&one, &other]);
        sign(&stolen, &office.agency, &mut request);
        first.push(accepted(office.submit(request).await).first_leaf_index);
    }
    let told = || {
        let verified = site.json(&["ledger", "verify"]);
        assert_eq!((&verified["whole"], &verified["faults"]), (&true.into(), &serde_json::json!([])));
        let notices = verified["notices"].as_array().unwrap().clone();
        assert!(notices.iter().all(|notice| notice["what"] == "revoked"), "{notices:?}");
        notices.iter().map(|notice| notice["index"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(told(), Vec::<u64>::new());
    let id = format!("{:08x}", stolen.vkey().key_id());
    // In the middle of the second batch: one signature covers both leaves, so that it counts for neither.
    let bound = (first[1] + 1).to_string();
    verb(&["revoke", "de-nw-lka", &id, "--from-leaf", &bound, "--reason", "the key file was copied"]);
    assert_eq!(told(), first[1..]);
    let said = String::from_utf8(site.run(&["ledger", "verify"]).stdout).unwrap();
    let line = format!(
        "Revoked {}: was signed with a key that is revoked from leaf {bound} on: the signature does not count",
        first[1]
    );
    assert!(said.contains(&line) && said.ends_with("The ledger is whole.\n"), "{said}");
    // Set back, it counts for less.
    verb(&[
        "revoke",
        "de-nw-lka",
        &id,
        "--from-leaf",
        &first[0].to_string(),
        "--reason",
        "earlier than thought",
    ]);
    assert_eq!(told(), first);
    drop(office);
    hub.terminate();
    hub.ended().await;
}
