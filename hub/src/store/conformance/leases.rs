//! Leases: one row a job, ended by its holder alone.

use super::{Fixture, on_both};
use crate::store::{Engine, LeaseRow};

fn lease(name: &str, holder: u8, fence: i64, until_us: i64) -> LeaseRow {
    LeaseRow { name: name.into(), holder: vec![holder; 16], fence, renewals: 0, until_us }
}

async fn a_job_has_one_holder_that_may_end_it(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(tx.lease("sweep").await.unwrap(), None);
    tx.put_lease(&lease("sweep", 1, 1, 5_000)).await.unwrap();
    tx.put_lease(&lease("publish", 1, 1, 5_000)).await.unwrap();
    tx.put_lease(&lease("sweep", 2, 2, 6_000)).await.unwrap();
    assert_eq!(tx.lease("sweep").await.unwrap(), Some(lease("sweep", 2, 2, 6_000)));

    assert!(!tx.end_lease("sweep", &[1; 16]).await.unwrap(), "it passed on");
    assert!(tx.end_lease("sweep", &[2; 16]).await.unwrap());
    assert!(!tx.end_lease("sweep", &[2; 16]).await.unwrap(), "it has ended");
    tx.commit().await.unwrap();

    let rows = LeaseRow::all(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    let ended = LeaseRow { renewals: 1, ..lease("sweep", 2, 2, 1_000) };
    assert_eq!(rows, [lease("publish", 1, 1, 5_000), ended]);
}

on_both!(a_job_has_one_holder_that_may_end_it,);
