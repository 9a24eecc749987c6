//! Each write of the commit path fails once, persisted or not: nothing is lost, nothing doubled, the ledger stays whole.

use meldeverbund_proto::{
    leaf::Salt,
    v1::{
        AgencyCard, AgencyKind, Case, CaseKind, OpenCaseRequest, Referral, SubmissionAccepted, SubmitRequest,
    },
};
use tempfile::TempDir;

use super::{LedgerFiles, Standing, verify::verify};
use crate::{
    clock::Clock,
    flow::{AddAgency, Failure, Hub, HubTasks, OpenCase, Policies, StatementKeys, Submit, publish},
    store::{
        Counts, Store,
        faults::{How, Point, arm, is_armed},
    },
};

/// Enough for a full tile in each submission.
const REFERRALS: usize = 300;

struct Bench {
    folder: TempDir,
    hub: Hub,
    tasks: HubTasks,
    made: u128,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (hub, tasks) = start(&folder).await;
        let mut bench = Self { folder, hub, tasks, made: 0 };
        let (name, contact, kind) = ("LKA".into(), "duty".into(), AgencyKind::StateOffice.into());
        let card = AgencyCard { agency_id: "de-nw-lka".into(), name, contact, kind };
        bench.hub.run(AddAgency::parse(card, salt(1)).unwrap()).await.unwrap();
        let case = Case { number: "1/26".into(), kind: CaseKind::Proceedings.into(), ..Case::default() };
        let (command_id, salt) = (bench.id(), salt(2).as_bytes().to_vec());
        let open = OpenCaseRequest { command_id, salt, case: Some(case) };
        bench.hub.run(OpenCase::parse("de-nw-lka".parse().unwrap(), open).unwrap()).await.unwrap();
        bench
    }

    /// A fresh UUIDv7.
    fn id(&mut self) -> String {
        self.made += 1;
        let random = self.made.to_be_bytes()[6..].try_into().unwrap();
        uuid::Builder::from_unix_timestamp_millis(1_800_000_000_000, &random).into_uuid().to_string()
    }

    fn request(&mut self) -> SubmitRequest {
        let submission_id = self.id();
        let referral = |n: usize| Referral {
            link: format!("https://a.test/{submission_id}/{n}"),
            salt: salt(3).as_bytes().to_vec(),
            ..Referral::default()
        };
        SubmitRequest {
            referrals: (0..REFERRALS).map(referral).collect(),
            submission_id,
            instance_id: "11111111-1111-4111-8111-111111111111".into(),
            case_number: "1/26".into(),
            signature: None,
        }
    }

    async fn submit(&self, request: &SubmitRequest) -> Result<SubmissionAccepted, Failure> {
        let (ids, policies) = (self.hub.store().target_ids().clone(), Policies::default());
        let keys = StatementKeys::default();
        let command = Submit::parse("de-nw-lka".parse().unwrap(), request, &keys, ids, policies);
        self.hub.run(command.unwrap()).await
    }

    async fn whole(&self) -> u64 {
        let files = LedgerFiles::in_folder("mv.test", self.folder.path());
        let mut faults = Vec::new();
        let verified = verify(self.hub.store(), &files, &mut |fault| faults.push(fault)).await.unwrap();
        assert_eq!(faults, []);
        verified.leaves
    }

    async fn restart(self) -> Self {
        drop(self.hub);
        self.tasks.end().await;
        let (hub, tasks) = start(&self.folder).await;
        Self { folder: self.folder, hub, tasks, made: self.made }
    }
}

async fn start(folder: &TempDir) -> (Hub, HubTasks) {
    let store = Store::open(&folder.path().join("hub.sqlite")).await.unwrap();
    let files = LedgerFiles::in_folder("mv.test", folder.path());
    Hub::start(store, Clock::system(), &files).await.unwrap()
}

fn salt(n: u8) -> Salt {
    Salt::from_random([n; 32])
}

#[tokio::test]
async fn whatever_fails_the_same_command_again_is_answered_once() {
    let mut bench = Bench::new().await;
    for point in [Point::Subtrees, Point::Head, Point::Commit, Point::Mark] {
        for how in [How::NotPersisted, How::Persisted] {
            for restart in [false, true] {
                let before = bench.whole().await;
                let request = bench.request();
                arm(point, how);
                let first = bench.submit(&request).await;
                assert!(!is_armed(), "{point:?} was passed");
                match (&first, point) {
                    // A transaction that fails is run again, by itself.
                    (Ok(accepted), Point::Subtrees | Point::Head | Point::Commit) => {
                        assert_eq!(accepted.repeated, (point, how) == (Point::Commit, How::Persisted));
                    }
                    (Err(failure), Point::Mark) => assert!(failure.is_passing(), "{failure:?}"),
                    _ => panic!("{point:?} {how:?}: {first:?}"),
                }
                if restart {
                    bench = bench.restart().await;
                    assert_eq!(bench.hub.ledger().standing(), Standing::Sound);
                }
                let again = bench.submit(&request).await.unwrap();
                assert!(again.repeated && again.receipt.is_some());
                if let Ok(first) = first {
                    assert_eq!(
                        (first.answers, first.first_leaf_index),
                        (again.answers, again.first_leaf_index)
                    );
                }
                assert_eq!(bench.whole().await, before + REFERRALS as u64, "{point:?} {how:?}: once");
            }
        }
    }
    drop(bench.hub);
    bench.tasks.end().await;
}

#[tokio::test]
async fn a_checkpoint_that_was_not_published_is_published_next_time() {
    let mut bench = Bench::new().await;
    for (point, how) in [
        (Point::Publish, How::NotPersisted),
        (Point::Publish, How::Persisted),
        (Point::Commit, How::NotPersisted),
        (Point::Commit, How::Persisted),
    ] {
        let request = bench.request();
        bench.submit(&request).await.unwrap();
        arm(point, how);
        // It is run again by itself; what was persisted and undone is published then, what stands stays.
        let new = publish(&bench.hub).await.unwrap();
        assert!(!is_armed());
        assert_eq!(new, (point, how) != (Point::Commit, How::Persisted), "{point:?} {how:?}");
        assert!(!publish(&bench.hub).await.unwrap());
        bench.whole().await;
    }
    let counts = Counts::read(&mut bench.hub.reader().await.unwrap()).await.unwrap();
    assert_eq!(counts.leaves, 3 + 4 * REFERRALS as i64);
    drop(bench.hub);
    bench.tasks.end().await;
}
