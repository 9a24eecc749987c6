//! Compares the whole database with the model.

use std::collections::BTreeMap;

use meldeverbund_domain::{
    AgencyNo, Ownership,
    figures::{Figure, Grouping, Month},
    life::Life,
    order::Apart,
};
use meldeverbund_hub::{
    flow::{Policies, Views, read_feed},
    store::{Connection, query_as},
};
use meldeverbund_proto::{
    leaf::{Leaf, decision_digest, statement_digest},
    v1::{FollowResponse, TargetView, TargetsChanged, Verdict, follow_response::Event},
};
use prost::Message as _;

use super::{
    books::Target,
    expected::{FIRST_LEAF, Item, case_number},
    ops::AGENCIES,
    world::World,
};
use crate::harness::INSTANCE;

/// A store that handed in nothing, so that it is told everything.
const ELSEWHERE: &str = "99999999-9999-4999-8999-999999999999";

type TargetRow = (i64, Vec<u8>, i64, i64, i64, i64, i64);
type LeafRow = (i64, i64, i64, i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

impl World {
    pub(super) async fn check(&mut self) {
        let mut reader = self.store.reader().await.unwrap();
        self.check_head(&mut reader).await;
        self.check_cases(&mut reader).await;
        self.check_targets(&mut reader).await;
        self.check_lives(&mut reader).await;
        self.check_leaves(&mut reader).await;
        self.check_feeds(&mut reader).await;
    }

    /// Everything once more, not only what is new: nothing that was told or recorded before has changed.
    pub(super) async fn check_from_the_start(&mut self) {
        self.leaves_seen = FIRST_LEAF;
        self.feeds_seen = Default::default();
        self.check().await;
    }

    /// What was referred, by whom and with which answer, is counted as the model has it; counted again it is the same.
    pub(super) async fn check_figures(&self) {
        let counts = crate::figures::agreed(&self.hub).await;
        let mut expected: BTreeMap<(usize, i32), i64> = BTreeMap::new();
        for submission in &self.model.submissions {
            for item in &submission.items {
                if let Item::Taken(verdict, _) = item {
                    *expected.entry((submission.agency, i32::from(*verdict))).or_default() += 1;
                }
            }
        }
        let all = (Month::from_number(0), Month::LAST);
        for (agency, name) in AGENCIES.into_iter().enumerate() {
            for (verdict, figure) in [
                (Verdict::New, Figure::Opened),
                (Verdict::Joined, Figure::Joined),
                (Verdict::AlreadyYours, Figure::Repeated),
                (Verdict::Reopened, Figure::Reopened),
            ] {
                let expected = expected.get(&(agency, verdict.into())).copied().unwrap_or(0);
                assert_eq!(counts.value(Grouping::Land, name, figure, all), expected, "{figure:?} of {name}");
            }
        }
    }

    async fn check_head(&self, reader: &mut Connection) {
        const SQL: &str = "SELECT next_leaf, next_target, next_case, last_time_us, \
                           (SELECT count(*) FROM command), (SELECT count(*) FROM agency) FROM head";
        let found: (i64, i64, i64, i64, i64, i64) = query_as(SQL).fetch_one(reader).await.unwrap();
        let model = &self.model;
        let commands =
            model.submissions.len() + model.case_commands.len() + model.decisions + model.judgements.len();
        let expected = (
            model.leaves.len() as i64,
            model.books.targets.len() as i64 + 1,
            model.cases + 1,
            model.time_us,
            commands as i64,
            AGENCIES.len() as i64,
        );
        assert_eq!(found, expected, "next leaf, target and case; time, commands, agencies");
    }

    async fn check_cases(&self, reader: &mut Connection) {
        const SQL: &str = "SELECT case_no, agency_no, number, closed FROM case_file ORDER BY case_no";
        let found: Vec<(i64, i64, String, bool)> = query_as(SQL).fetch_all(reader).await.unwrap();
        let mut expected = Vec::new();
        for (agency, known) in (1..).zip(&self.model.agencies) {
            expected.extend(
                known.cases.iter().map(|(number, case)| (case.no, agency, number.clone(), case.closed)),
            );
        }
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    /// Every target once, with its one owner (I1), and exactly its bindings (I4).
    async fn check_targets(&self, reader: &mut Connection) {
        const TARGETS: &str = "SELECT target_no, link_id, stage, round, owner_no, owner_basis, opened_leaf \
                               FROM target ORDER BY target_no";
        const BINDINGS: &str =
            "SELECT target_no, agency_no, case_no, since_leaf FROM binding ORDER BY 1, 2, 3";
        let found: Vec<TargetRow> = query_as(TARGETS).fetch_all(&mut *reader).await.unwrap();
        let by_number = self.by_number();
        let expected: Vec<TargetRow> = by_number
            .iter()
            .map(|(no, known)| {
                let row = known.state.target;
                let Ownership { owner, basis } = row.ownership;
                let (link, round) = (known.link.id().as_bytes().to_vec(), row.round.into());
                (*no, link, row.stage as i64, round, owner.0, basis as i64, known.opened_leaf)
            })
            .collect();
        assert_eq!(found, expected);

        let found: Vec<(i64, i64, i64, i64)> = query_as(BINDINGS).fetch_all(reader).await.unwrap();
        let bindings = by_number.iter().flat_map(|(no, target)| {
            let bound = target.bindings.iter();
            bound.map(|((agency, case), bound)| (*no, agency.0, *case, bound.since_leaf))
        });
        assert_eq!(found, bindings.collect::<Vec<_>>());
    }

    /// What was decided on each target (I2, I3), who is interested since when, and which target is a name of which, and how both were.
    async fn check_lives(&self, reader: &mut Connection) {
        const LIVES: &str = "SELECT target_no, held, body FROM life ORDER BY target_no";
        const INTERESTS: &str = "SELECT target_no, agency_no, joined_leaf, coalesce(seised_leaf, joined_leaf) \
                                 FROM interest ORDER BY 1, 4";
        const NAMES: &str =
            "SELECT target_no, into_no, root_no, since_leaf, body FROM alias ORDER BY target_no";
        let by_number = self.by_number();
        let found: Vec<(i64, bool, String)> = query_as(LIVES).fetch_all(&mut *reader).await.unwrap();
        let mut found: BTreeMap<i64, (bool, Life)> = found
            .into_iter()
            .map(|(no, held, body)| (no, (held, serde_json::from_str(&body).unwrap())))
            .collect();
        for (no, target) in &by_number {
            let life = &target.state.life;
            let (held, found) = found.remove(no).unwrap_or_default();
            assert_eq!((held, &found), (!life.holds.is_empty(), life), "life of target {no}");
        }
        assert!(found.is_empty(), "lives of no targets: {found:?}");

        let found: Vec<(i64, i64, i64, i64)> = query_as(INTERESTS).fetch_all(&mut *reader).await.unwrap();
        let interests = by_number.iter().flat_map(|(no, target)| {
            let all = target.state.interests.iter();
            all.map(|one| (*no, one.agency.0, one.joined_leaf, one.seised_leaf))
        });
        assert_eq!(found, interests.collect::<Vec<_>>(), "interests");

        let found: Vec<(i64, i64, i64, i64, String)> = query_as(NAMES).fetch_all(reader).await.unwrap();
        let found = found.into_iter().map(|(name, into, root, leaf, body)| {
            (name, into, root, leaf, serde_json::from_str::<Apart>(&body).unwrap())
        });
        let books = &self.model.books;
        let mut expected: Vec<_> = books
            .names
            .iter()
            .map(|one| {
                let [name, into, root] = [one.name, one.into, books.root(one.name)].map(|at| books.no(at));
                (name, into, root, one.apart.leaf, one.apart.clone())
            })
            .collect();
        expected.sort_by_key(|row| row.0);
        assert_eq!(found.collect::<Vec<_>>(), expected, "names");
    }

    fn by_number(&self) -> BTreeMap<i64, &Target> {
        self.model.books.targets.values().map(|target| (target.state.target.no.0, target)).collect()
    }

    /// Every event once, in one gapless order, committed to as the contract says (I6).
    async fn check_leaves(&mut self, reader: &mut Connection) {
        const SQL: &str = "SELECT leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt, statement, decision \
                           FROM event WHERE leaf_index >= $1 ORDER BY leaf_index";
        let first = self.leaves_seen;
        let found: Vec<LeafRow> = query_as(SQL).bind(first as i64).fetch_all(reader).await.unwrap();
        let expected = &self.model.leaves[first..];
        assert_eq!(found.len(), expected.len());
        for ((index, row), leaf) in (first..).zip(found).zip(expected) {
            let committed = Leaf {
                kind: leaf.kind,
                time_us: leaf.time_us.cast_unsigned(),
                statement: statement_digest(&leaf.salt, &leaf.statement),
                decision: decision_digest(&leaf.salt, &leaf.decision),
            };
            let expected: LeafRow = (
                index as i64,
                i64::from(leaf.kind as u16),
                leaf.time_us,
                leaf.agency as i64 + 1,
                committed.hash().to_vec(),
                leaf.salt.as_bytes().to_vec(),
                leaf.statement.clone(),
                leaf.decision.clone(),
            );
            assert_eq!(row, expected, "leaf {index}");
        }
        self.leaves_seen = self.model.leaves.len();
    }

    /// Each agency is told what concerns it, once, in a sequence without a gap, and nothing else (I7).
    async fn check_feeds(&mut self, reader: &mut Connection) {
        for (agency, name) in AGENCIES.into_iter().enumerate() {
            let seen = self.feeds_seen[agency];
            let ids = self.store.target_ids();
            let expected = self.model.feed(agency, seen, ids);
            let found = self.follow(reader, agency, ELSEWHERE, seen).await;
            assert_eq!(found, expected, "feed of {name}");
            found.iter().for_each(|event| no_other_s_case_number(agency, event));

            let own: Vec<_> = expected.into_iter().map(without_own_referrals).collect();
            assert_eq!(self.follow(reader, agency, INSTANCE, seen).await, own);
            self.feeds_seen[agency] += found.len();
        }
    }

    async fn follow(
        &self,
        reader: &mut Connection,
        agency: usize,
        instance: &str,
        after: usize,
    ) -> Vec<FollowResponse> {
        let (number, instance) = (AgencyNo(agency as i64 + 1), instance.parse().unwrap());
        let mut events: Vec<FollowResponse> = Vec::new();
        loop {
            let after = (after + events.len()) as i64;
            let views = Views::new(self.store.target_ids().clone(), Policies::default(), 0);
            let page = read_feed(reader, &views, number, instance, after).await.unwrap();
            if page.is_empty() {
                return events;
            }
            events.extend(page.into_iter().map(without_views));
        }
    }
}

/// What the store that handed the referrals in is told: it has them.
fn without_own_referrals(mut event: FollowResponse) -> FollowResponse {
    if let Some(Event::ReferralsRecorded(recorded)) = &mut event.event {
        recorded.referrals.clear();
    }
    event
}

/// Who is told of which targets; what is seen of them is tested elsewhere.
fn without_views(mut event: FollowResponse) -> FollowResponse {
    if let Some(Event::TargetsChanged(changed)) = &mut event.event {
        let TargetsChanged { what, agency_id, targets, gone_target_ids, merged, .. } =
            std::mem::take(changed);
        let targets =
            targets.into_iter().map(|view| TargetView { target_id: view.target_id, ..TargetView::default() });
        // What else was decided, and by whom, is told with need to know.
        let open = ["merge", "split"].contains(&what.as_str());
        let (what, agency_id) = if open { (what, agency_id) } else { Default::default() };
        let targets = targets.collect();
        *changed =
            TargetsChanged { what, agency_id, targets, gone_target_ids, merged, ..TargetsChanged::default() };
    }
    event
}

fn no_other_s_case_number(agency: usize, event: &FollowResponse) {
    let bytes = event.encode_to_vec();
    for other in (0..AGENCIES.len()).filter(|other| *other != agency) {
        // Number 0 is the same text everywhere and shows nothing.
        for number in (1..4).map(|case| case_number(other, case)) {
            let found = bytes.windows(number.len()).any(|window| window == number.as_bytes());
            assert!(!found, "{} was told a case number of {}", AGENCIES[agency], AGENCIES[other]);
        }
    }
}
