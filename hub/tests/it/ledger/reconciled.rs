//! After a restore nothing leaves anybody's house before every office has handed in again what was lost.

use meldeverbund_domain::AgencyState;
use meldeverbund_hub::{
    flow::{Failure, PutPolicy, ReleaseAgency, SetAgencyState, missing},
    store::EventRow,
};
use meldeverbund_proto::{
    leaf::Kind,
    statement::{EpochStatement, ReconciledStatement},
    v1::{
        AgencyKind, DecideResponse, NoticeKind, Refusal, RefusalCode, ReportReconciledRequest, WhoAmIRequest,
        agency_service_client::AgencyServiceClient, decide_request::Decision, decide_response,
    },
};
use tonic::Status;

use super::epochs::copy;
use crate::{
    deciding::reason,
    decisions::{gates, hold, intend, request_grant},
    harness::{CENTRAL, Federation, Office, decision_on, salt},
};

impl Office {
    fn agencies(&self) -> AgencyServiceClient<tonic::transport::Channel> {
        AgencyServiceClient::new(self.channel.clone())
    }

    async fn report_reconciled(&self, epoch: u32) -> Result<(), Status> {
        self.agencies().report_reconciled(ReportReconciledRequest { epoch }).await.map(drop)
    }

    /// The ledger's epoch, and whether it does not wait for this office.
    async fn standing(&self) -> (u32, bool) {
        let me = self.agencies().who_am_i(WhoAmIRequest {}).await.unwrap().into_inner();
        (me.epoch, me.reconciled)
    }
}

impl Federation {
    /// Says that the office and the centre have handed in again.
    pub(super) async fn reconciled(&self, office: &Office) {
        let (epoch, _) = office.standing().await;
        office.report_reconciled(epoch).await.unwrap();
        assert!(self.release(CENTRAL, ["KHKin Beispiel", ""]).await.unwrap());
    }

    async fn release(&self, agency: &str, officers: [&str; 2]) -> Result<bool, Failure> {
        let officers = officers.map(str::to_owned);
        let command =
            ReleaseAgency::parse(agency.parse().unwrap(), "no node any more".into(), officers, salt());
        self.server.hub().run(command?).await
    }

    async fn missing(&self) -> Vec<String> {
        missing(&mut self.server.hub().reader().await.unwrap()).await.unwrap()
    }

    /// What an epoch began with.
    pub(super) async fn epoch_statement(&self, leaf: u64) -> EpochStatement {
        let mut reader = self.server.hub().reader().await.unwrap();
        let rows = EventRow::range(&mut reader, leaf.cast_signed(), 1).await.unwrap();
        EpochStatement::decode(&rows[0].statement).unwrap()
    }

    /// What the newest leaf says of a reconciled agency.
    async fn newest_reconciled(&self) -> ReconciledStatement {
        let last = self.counts().await.leaves - 1;
        let mut reader = self.server.hub().reader().await.unwrap();
        let rows = EventRow::range(&mut reader, last, 1).await.unwrap();
        assert_eq!(rows[0].kind, Kind::Reconciled);
        ReconciledStatement::decode(&rows[0].statement).unwrap()
    }
}

fn refused(response: DecideResponse) -> Refusal {
    match response.result.unwrap() {
        decide_response::Result::Refused(refusal) => refusal,
        decide_response::Result::Decided(decided) => panic!("{decided:?}"),
    }
}

/// A target with a live grant, in a ledger that was restored to that point: its fence.
async fn restored() -> (Federation, Vec<String>, u64) {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    federation.register("de-by-lka", AgencyKind::StateOffice).await;
    federation.register("eu-europol", AgencyKind::Liaison).await;
    nw.open_case("1/26").await;
    let targets = vec![nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id];
    for gate in gates() {
        nw.decided(&targets, gate).await;
    }
    let fence = nw.decided(&targets, request_grant()).await[0].fence;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    nw.refer("1/26", &["https://a.test/2"]).await;
    drop(nw);
    let federation = federation.restore(&backup).await;
    federation.new_epoch(None).await;
    (federation, targets, fence)
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_wait_until_every_office_has_handed_in_again() {
    let (federation, targets, stale) = restored().await;
    let nw = federation.connect("de-nw-lka", "main").await;
    let by = federation.connect("de-by-lka", "main").await;
    assert_eq!(federation.missing().await, [CENTRAL, "de-nw-lka", "de-by-lka"], "liaison hands in nothing");
    assert_eq!((nw.standing().await, by.standing().await), ((2, false), (2, false)));

    let before = federation.counts().await.leaves;
    let asked = decision_on(&targets, request_grant());
    let refusal = refused(nw.ask(asked.clone()).await);
    assert_eq!((refusal.code(), refusal.retry_after_ms), (RefusalCode::NotReconciled, 60_000));
    assert!(refusal.reason.contains("3 agencies"), "{refusal:?}");
    let dry = refused(nw.ask(meldeverbund_proto::v1::DecideRequest { dry_run: true, ..asked.clone() }).await);
    assert_eq!(dry.code(), RefusalCode::NotReconciled);
    let fresh = intend(NoticeKind::First, vec![(1 << 40) + 1]);
    assert_eq!(refused(nw.ask(decision_on(&targets, fresh)).await).code(), RefusalCode::NotReconciled);
    let reminder = intend(NoticeKind::Reminder, vec![stale]);
    assert_eq!(refused(nw.ask(decision_on(&targets, reminder)).await).code(), RefusalCode::NotReconciled);
    assert_eq!(federation.counts().await.leaves, before, "nothing is recorded, and the ids are free");
    // Under a fence of before nothing is ever sent, and that is said at once.
    let old = intend(NoticeKind::First, vec![stale]);
    let answer = nw.decide(&targets, old.clone()).await.remove(0);
    assert_eq!(answer.refusal.unwrap().code(), RefusalCode::FenceStale);
    // Everything else goes on; a hold comes first.
    nw.decided(&targets, hold()).await;
    let lifted = lift(&nw, &targets).await;
    nw.decided(&targets, lifted).await;

    assert_eq!(reason(&nw.report_reconciled(1).await.unwrap_err()), "REFUSAL_CODE_FIELD_INVALID");
    nw.report_reconciled(2).await.unwrap();
    let said = federation.newest_reconciled().await;
    assert_eq!((said.agency.as_str(), said.epoch, said.officer.as_str()), ("de-nw-lka", 2, ""));
    let leaves = federation.counts().await.leaves;
    nw.report_reconciled(2).await.unwrap();
    assert_eq!(federation.counts().await.leaves, leaves, "once");
    assert_eq!((nw.standing().await, by.standing().await), ((2, true), (2, false)));
    by.report_reconciled(2).await.unwrap();
    assert_eq!(
        refused(nw.ask(asked.clone()).await).code(),
        RefusalCode::NotReconciled,
        "the centre is missing"
    );
    assert!(federation.release(CENTRAL, ["KHKin Beispiel", ""]).await.unwrap());
    let said = federation.newest_reconciled().await;
    assert_eq!((said.agency.as_str(), said.officer.as_str()), (CENTRAL, "KHKin Beispiel"));

    let decided = crate::harness::decided(nw.ask(asked).await);
    let fence = decided.answers[0].fence;
    assert!(fence > 1 << 40, "the grant of before does not stand in the way");
    let answer = nw.decide(&targets, old).await.remove(0);
    assert_eq!(answer.refusal.unwrap().code(), RefusalCode::FenceStale);
    nw.decided(&targets, intend(NoticeKind::First, vec![fence])).await;
    federation.whole().await;
    drop((nw, by));
    federation.end().await;
}

/// The decision that lifts the office's hold.
async fn lift(office: &Office, targets: &[String]) -> Decision {
    let hold = office.see(&targets[0]).await.holds.pop().unwrap();
    Decision::LiftHold(meldeverbund_proto::v1::LiftHold { hold_id: hold.hold_id, reason: "done".into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_is_released_and_who_comes_back_is_waited_for() {
    let (federation, targets, _) = restored().await;
    let nw = federation.connect("de-nw-lka", "main").await;
    let set =
        |agency: &str, state| SetAgencyState::parse(agency.parse().unwrap(), state, String::new(), salt());
    let hub = federation.server.hub();
    // A suspended one can hand in nothing, and is waited for when it is let in again.
    hub.run(set("de-by-lka", AgencyState::Suspended).unwrap()).await.unwrap();
    assert_eq!(federation.missing().await, [CENTRAL, "de-nw-lka"]);
    // One whose registration was lost too, or that is new: nobody can tell now.
    federation.register("de-sn-lka", AgencyKind::StateOffice).await;
    federation.register("eu-eurojust", AgencyKind::Liaison).await;
    assert_eq!(federation.missing().await, [CENTRAL, "de-nw-lka", "de-sn-lka"]);
    federation.reconciled(&nw).await;
    assert_eq!(
        refused(nw.ask(decision_on(&targets, request_grant())).await).code(),
        RefusalCode::NotReconciled
    );

    let policy = "four_eyes = [\"released\"]\n".to_owned();
    hub.run(PutPolicy::parse(policy, "KHK Muster".into(), salt()).unwrap()).await.unwrap();
    for officers in [["KHKin Beispiel", ""], ["KHKin Beispiel", " KHKin Beispiel"]] {
        let refused = federation.release("de-sn-lka", officers).await;
        let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
        assert_eq!((refusal.code(), refusal.field.as_str()), (RefusalCode::FourEyes, "second_officer"));
    }
    assert!(federation.release("de-sn-lka", ["KHKin Beispiel", "KHK Muster"]).await.unwrap());
    assert_eq!(federation.newest_reconciled().await.second_officer, "KHK Muster");
    assert!(!federation.release("de-sn-lka", ["KHKin Beispiel", "KHK Muster"]).await.unwrap(), "once");
    assert_eq!(federation.missing().await, [] as [&str; 0]);
    // From here on a new member is a new member.
    federation.register("de-he-lka", AgencyKind::StateOffice).await;
    assert_eq!(federation.missing().await, [] as [&str; 0]);
    nw.decided(&targets, request_grant()).await;
    hub.run(set("de-by-lka", AgencyState::Active).unwrap()).await.unwrap();
    assert_eq!(federation.missing().await, ["de-by-lka"]);
    federation.whole().await;
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_lost_is_given_to_no_other_link() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    let lost = nw.refer("1/26", &["https://a.test/lost"]).await.answers.remove(0).target_id;
    drop(nw);
    let federation = federation.restore(&backup).await;
    federation.new_epoch(None).await;
    let nw = federation.connect("de-nw-lka", "main").await;
    let other = nw.refer("1/26", &["https://a.test/other"]).await.answers.remove(0).target_id;
    assert_ne!(other, lost, "offices may still hold the lost one's id");
}
