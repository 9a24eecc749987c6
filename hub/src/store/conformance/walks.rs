//! What agencies have asked of series of links, by the day.

use meldeverbund_domain::{
    AgencyNo,
    liaison::{DAY_US, Walk},
};

use super::{Fixture, on_both};
use crate::store::{Engine, WalkRow};

const US: AgencyNo = AgencyNo(1);

async fn walks_are_kept_by_the_day_and_forgotten(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let row = |day, agency, stem: u8, numbers: &[u64]| {
        let mut walk = Walk::default();
        walk.add(numbers.iter().copied());
        WalkRow { day, agency, stem: [stem; 32], walk }
    };
    let mut tx = fixture.begin().await;
    tx.put_walks(&[]).await.unwrap();
    let first =
        [row(7, US, 1, &[1, 2]), row(7, US, 2, &[5]), row(7, AgencyNo(2), 1, &[9]), row(8, US, 1, &[3])];
    tx.put_walks(&first).await.unwrap();
    let more = row(7, US, 1, &[1, 2, 3]);
    tx.put_walks(std::slice::from_ref(&more)).await.unwrap();
    let mut found = WalkRow::of(tx.reading(), 7, US, [[1; 32], [2; 32], [3; 32]]).await.unwrap();
    found.sort_by_key(|row| row.stem);
    assert_eq!(found, [more, first[1].clone()]);
    assert_eq!(WalkRow::of(tx.reading(), 8, AgencyNo(2), [[1; 32]]).await.unwrap(), []);
    assert_eq!(tx.forget_walks(8, 2).await.unwrap(), 2, "in slices");
    assert_eq!(tx.forget_walks(8, 2).await.unwrap(), 1);
    assert_eq!(tx.forget_walks(8, 2).await.unwrap(), 0);
    assert_eq!(WalkRow::of(tx.reading(), 8, US, [[1; 32]]).await.unwrap(), first[3..]);
    assert_eq!(tx.erase_liaison(9 * DAY_US, 9).await.unwrap(), 1, "also where nobody asks any more");
    tx.commit().await.unwrap();
}

on_both!(walks_are_kept_by_the_day_and_forgotten);
