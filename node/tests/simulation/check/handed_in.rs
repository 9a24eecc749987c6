//! Nothing that was handed in is lost or doubled, and what is sent again is answered as before.

use meldeverbund_proto::{
    node::v1::LinkState,
    v1::{
        ReferralAnswer, RefusalCode, Role, TargetAnswer, Verdict, decide_response,
        decision_service_client::DecisionServiceClient, referral_service_client::ReferralServiceClient,
        submit_response,
    },
};
use tokio_stream::iter;
use tonic::transport::Channel;

use super::{
    ledger::Ledger,
    stores::{Batch, Store},
};
use crate::world::World;

/// Each row has one verdict, and each verdict is one leaf.
pub(super) async fn answered_once(world: &World, ledger: &Ledger, stores: &[Store]) {
    let mut rows = 0;
    for (node, hand_in, count) in &world.handed_in {
        let report = world.offices[*node].report(*hand_in).await;
        assert_eq!(report.len(), *count, "rows of hand-in {hand_in}");
        for row in &report {
            assert_eq!(row.state(), LinkState::Answered);
            assert!(!matches!(row.verdict(), Verdict::Unspecified | Verdict::Refused), "{row:?}");
        }
        rows += count;
    }
    let stored = stores.iter().flat_map(|store| &store.submissions).map(|one| one.answers.len());
    assert_eq!(stored.sum::<usize>(), rows, "referrals on the nodes' disks");
    assert_eq!(ledger.referrals.len(), rows, "referrals in the ledger");
}

/// Every submission is sent again, and its verdicts are the ones that the node has. Of what an agency has withdrawn it is not
/// told that it became another's name; the id under which the link itself stands is the same for ever.
pub(super) async fn same_verdicts_again(store: &Store, channel: Channel) {
    let requests: Vec<_> = store.submissions.iter().map(|submission| submission.request.clone()).collect();
    let answers = ReferralServiceClient::new(channel).submit(iter(requests)).await;
    let mut answers = answers.unwrap().into_inner();
    for submission in &store.submissions {
        let answer = answers.message().await.unwrap().expect("an answer to each submission");
        let Some(submit_response::Result::Accepted(accepted)) = answer.result else {
            panic!("not accepted again: {answer:?}")
        };
        assert!(accepted.repeated && answer.submission_id == submission.request.submission_id);
        let again: Vec<_> =
            accepted.answers.iter().map(|answer| (answer.verdict(), own_id(answer))).collect();
        let before: Vec<_> =
            submission.answers.iter().map(|answer| (answer.verdict, &*answer.own_id)).collect();
        assert_eq!(again, before, "other verdicts than before");
        for (again, before) in accepted.answers.iter().zip(&submission.answers) {
            let has_part = again.role() != Role::Unspecified;
            assert!(!has_part || again.target_id == before.target_id, "{again:?} is {before:?} at the node");
        }
    }
}

/// The id under which the link itself stands.
fn own_id(answer: &ReferralAnswer) -> &str {
    if answer.name_id.is_empty() { &answer.target_id } else { &answer.name_id }
}

/// Every decision that was answered is sent again, and takes effect or not as before.
pub(super) async fn same_answers_again(store: &Store, channel: Channel) {
    let answered: Vec<&Batch> = store.batches.iter().filter(|batch| batch.decided.is_some()).collect();
    let requests: Vec<_> = answered.iter().map(|batch| batch.request.clone()).collect();
    let answers = DecisionServiceClient::new(channel).decide(iter(requests)).await;
    let mut answers = answers.unwrap().into_inner();
    for batch in answered {
        let answer = answers.message().await.unwrap().expect("an answer to each decision");
        let Some(decide_response::Result::Decided(again)) = answer.result else {
            panic!("not decided again: {answer:?}")
        };
        let before = batch.decided.as_ref().unwrap();
        assert!(again.repeated && answer.command_id == batch.request.command_id);
        assert_eq!((again.leaf_index, again.recorded_at_us), (before.leaf_index, before.recorded_at_us));
        let said = |answer: &TargetAnswer| (refusal(answer), answer.fence, answer.under_way_since_us);
        assert!(
            again.answers.iter().map(said).eq(before.answers.iter().map(said)),
            "other answers than before"
        );
    }
}

fn refusal(answer: &TargetAnswer) -> RefusalCode {
    answer.refusal.as_ref().map_or(RefusalCode::Unspecified, |refusal| refusal.code())
}
