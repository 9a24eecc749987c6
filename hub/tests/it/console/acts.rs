//! Who decides at the console stands in the access log, by issuer and subject: each decision once.

use meldeverbund_hub::flow::{LogReader, SoughtActs, read_acts};
use meldeverbund_people::Role;

use super::{Centre, ORIGIN};

impl Centre {
    /// Who decided what, by the word of the office's issuer, in the ledger's order.
    pub(super) async fn acts(&self) -> Vec<(String, String)> {
        let reader = LogReader { name: "DSB".into(), reason: "complaint".into() };
        let sought = SoughtActs { most: 100, ..SoughtActs::default() };
        let found = read_acts(self.federation.server.hub(), &reader, &sought).await.unwrap();
        assert!(found.iter().all(|one| one.issuer == self.issuer.name() && one.issuer != ORIGIN));
        found.into_iter().map(|one| (one.officer, one.act)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_at_the_console_is_noted_once() {
    let centre = Centre::new().await;
    let nw = centre.office("de-nw-lka").await;
    let links = ["https://files.example/0", "https://www.files.example/0"];
    let ids: Vec<_> = nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    centre.compare().await;
    let mut erika = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let mut max = centre.signed_in("max", &[Role::Supervisor]).await;

    // Refused, sent twice, and only asked: none of that is an act of its own.
    let decide = format!("/targets/{}/decide", ids[0]);
    let page = erika.get(&decide).await;
    let hold = |authority| [("decision", "hold"), ("reason", "victim"), ("authority", authority)];
    assert_eq!(erika.post(&decide, &page.form(&hold(""))).await.status, 422);
    assert_eq!(centre.acts().await, []);
    let placed = page.form(&hold("Dezernat 42"));
    for _ in 0..2 {
        assert_eq!(erika.post(&decide, &placed).await.status, 303);
    }
    let list = max.get("/duplicates").await;
    let judge = |step, pair: &str| list.form(&[("pair", pair), ("reason", "one file"), ("step", step)]);
    let pair = list.values("pair").remove(0);
    assert_eq!(max.post("/duplicates", &judge("preview-merge", &pair)).await.status, 200);
    let merge = judge("merge", &pair);
    let merged = max.post("/duplicates", &merge).await;
    assert_eq!((merged.status, max.post("/duplicates", &merge).await.status), (303, 303), "{}", merged.body);
    let told = erika.get(merged.location().unwrap()).await;
    let undone = erika.post(merged.location().unwrap(), &told.form(&[("reason", "two files")])).await;
    assert_eq!(undone.status, 303, "{}", undone.body);

    let expected = [("erika", "place-hold"), ("max", "duplicates-merge"), ("erika", "duplicates-undo")];
    assert_eq!(centre.acts().await, expected.map(|(who, what)| (who.to_owned(), what.to_owned())));
    drop(nw);
    centre.end().await;
}
