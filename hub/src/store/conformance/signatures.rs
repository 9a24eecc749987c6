//! Statement keys, and what was signed with them.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId, CommandId,
    note::{SigningKey, VerifierKey},
    statement::BatchStatement,
};

use super::{Fixture, card, fails, on_both};
use crate::store::{Engine, EnvelopeRow, NewEnvelope, StatementKeyRow, StoreError};

fn vkey(agency: &str, seed: u8) -> VerifierKey {
    SigningKey::from_seed(&format!("mv.test/statement/{agency}"), &[seed; 32]).unwrap().vkey()
}

async fn statement_keys(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for agency in ["de-nw-lka", "de-by-lka"] {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    let (nw, by): (AgencyId, AgencyId) = ("de-nw-lka".parse().unwrap(), "de-by-lka".parse().unwrap());
    let keys = [vkey("de-nw-lka", 1), vkey("de-nw-lka", 2), vkey("de-by-lka", 3)];
    tx.add_statement_key(AgencyNo(1), &keys[1], 9).await.unwrap();
    tx.add_statement_key(AgencyNo(1), &keys[0], 5).await.unwrap();
    tx.add_statement_key(AgencyNo(2), &keys[2], 7).await.unwrap();
    assert!(fails!(tx, tx.add_statement_key(AgencyNo(2), &keys[0], 8)), "a key is registered once");
    tx.revoke_statement_key(AgencyNo(1), keys[0].key_id(), 12).await.unwrap();
    tx.revoke_statement_key(AgencyNo(1), keys[0].key_id(), 11).await.unwrap();
    let other = tx.revoke_statement_key(AgencyNo(2), keys[0].key_id(), 3).await;
    assert!(matches!(other, Err(StoreError::Rows { rows: 0, .. })), "never another agency's");
    tx.commit().await.unwrap();

    let row = |agency: &AgencyId, key: usize, since_leaf, revoked_leaf| {
        let vkey = keys[key].clone();
        StatementKeyRow { agency: agency.clone(), vkey, since_leaf, revoked_leaf }
    };
    let (first, second, theirs) = (row(&nw, 0, 5, Some(11)), row(&nw, 1, 9, None), row(&by, 2, 7, None));
    let mut reader = fixture.store.reader().await.unwrap();
    assert_eq!(StatementKeyRow::of(&mut reader, &nw).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(StatementKeyRow::of(&mut reader, &"de-th-lka".parse().unwrap()).await.unwrap(), []);
    let all = StatementKeyRow::all(&mut reader).await.unwrap();
    assert_eq!(all, [first.clone(), theirs, second.clone()], "in the order in which they were registered");
    let counts = |key: &StatementKeyRow| [5, 6, 10, 11, 12].map(|leaf| key.counts_at(leaf));
    assert_eq!(counts(&first), [false, true, true, false, false], "bounded on both sides");
    assert_eq!(counts(&second), [false, false, true, true, true]);
}

async fn envelopes(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let (digests, signature) = ([[1; 32], [2; 32], [3; 32]], [7; 64]);
    let envelope = NewEnvelope {
        first_leaf: 40,
        leaf_count: 2,
        agency: AgencyNo(1),
        command: CommandId::from_bytes([9; 16]),
        key_id: "00ff0a12",
        signature: &signature,
        digests: &digests,
    };
    tx.keep_envelope(&envelope).await.unwrap();
    assert!(fails!(tx, tx.keep_envelope(&envelope)), "one a batch");
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let batch = BatchStatement {
        agency: "de-nw-lka".parse().unwrap(),
        command: CommandId::from_bytes([9; 16]),
        digests: digests.to_vec(),
    };
    let row = EnvelopeRow { first_leaf: 40, leaf_count: 2, batch, key_id: "00ff0a12".into(), signature };
    assert_eq!(EnvelopeRow::by_first_leaf(&mut reader, 40).await.unwrap(), Some(row));
    assert_eq!(EnvelopeRow::by_first_leaf(&mut reader, 41).await.unwrap(), None);
}

on_both!(statement_keys, envelopes,);
