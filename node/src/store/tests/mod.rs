//! Every query of the store on a real file, its life after a kill, and how SQLite goes about the frequent ones.

mod cases;
mod decisions;
mod files;
mod names;
mod plans;
mod questions;
mod referrals;

use meldeverbund_proto::{
    AgencyId, CanonicalLink, TargetId,
    v1::{AgencyCard, Case, CaseKind, OwnerBasis, Referral, Refusal, RefusalCode, Role, Stage, Verdict},
};
use prost::Message as _;
use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, Random};

/// A store in a folder of its own.
struct Fixture {
    folder: TempDir,
    store: Store,
    random: Random,
}

fn agency() -> AgencyId {
    "de-nw-lka".parse().unwrap()
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let random = Random::seeded(1);
    let store = Store::open(&folder.path().join("node.sqlite"), &agency(), &clock(), &random).await.unwrap();
    Fixture { folder, store, random }
}

fn clock() -> Clock {
    Clock::new(|| 1_000)
}

fn case(number: &str) -> Case {
    Case { number: number.into(), kind: CaseKind::Proceedings.into(), ..Case::default() }
}

fn card(id: &str) -> AgencyCard {
    AgencyCard { agency_id: id.into(), name: format!("Office {id}"), contact: "+49 30 0".into(), kind: 1 }
}

fn refusal() -> Refusal {
    Refusal::at(RefusalCode::CaseClosed, "case_number", "is closed")
}

fn referral(row: u64, link: &str) -> NewReferral {
    let message = Referral { link: link.into(), salt: vec![1; 32], ..Referral::default() }.encode_to_vec();
    let link = CanonicalLink::parse(link).unwrap();
    NewReferral { row, line: row, link_key: LinkKey::of(link.id()), host: link.host().to_owned(), message }
}

fn accepted(verdict: Verdict, target: u8, owner: i64) -> NewAnswer {
    let target = Target {
        target_id: TargetId::from_bytes([target; 16]),
        owner,
        basis: OwnerBasis::FirstSeised,
        stage: Stage::Referred,
        round: 1,
        role: Role::Owner,
    };
    NewAnswer { verdict, target: Some(target), name: None, refusal: None }
}

impl Fixture {
    /// A case that the hub has open, and a hand-in under it.
    async fn hand_in(&self, tx: &mut Tx, number: &str) -> (i64, i64) {
        let case_file = tx.put_case(&case(number), AtHub::Open, 1, "Erika Muster").await.unwrap();
        let new = NewHandIn {
            digest: vec![7; 32],
            case_file,
            source_name: "list.txt".into(),
            officer: "Erika Muster".into(),
            annotation: String::new(),
            begun_us: 5,
        };
        (case_file, tx.begin_hand_in(&new).await.unwrap())
    }

    /// A submission of these links, and its id.
    async fn submit(
        &self,
        tx: &mut Tx,
        (case_file, hand_in): (i64, i64),
        urgent: bool,
        links: &[&str],
    ) -> (i64, meldeverbund_proto::CommandId) {
        let referrals: Vec<NewReferral> = (1..).zip(links).map(|(row, link)| referral(row, link)).collect();
        let submission_id = self.random.command_id(1_000_000);
        let new = NewSubmission {
            submission_id,
            case_file,
            hand_in: Some(hand_in),
            composed_us: 10,
            urgent,
            referrals: &referrals,
        };
        (tx.put_submission(&new).await.unwrap(), submission_id)
    }
}
