//! The fold against what it must say: examples that people can follow, and random histories against a naive count.

mod naive;

use meldeverbund_proto::v1::{Stage, Verdict};

use super::*;
use crate::{
    TargetNo,
    hosts::{HostRules, Provider},
};

const DAY_US: i64 = 86_400_000_000;
const LANDS: [&str; 3] = ["de-nw-lka", "de-by-lka", "de-sn-lka"];
const HOSTS: [&str; 3] = ["home.example", "abroad.example", "nobody.example"];

/// 2026-01-10, noon in UTC.
fn start_us() -> i64 {
    crate::moment::parse_us("2026-01-10T12:00:00Z").unwrap()
}

fn rules() -> HostRules {
    let provider = |host: &str, country: &str| Provider {
        name: host.into(),
        hosts: vec![format!("*.{host}")],
        seat: String::new(),
        land: String::new(),
        country: country.into(),
        contact: String::new(),
        from_us: i64::MIN,
        until_us: i64::MAX,
    };
    let mut rules = HostRules::default();
    rules.providers = vec![provider(HOSTS[0], "DE"), provider(HOSTS[1], "NL")];
    rules
}

/// A ledger that is written by hand.
struct Ledger {
    fold: Fold,
    leaf: i64,
    now_us: i64,
}

impl Ledger {
    fn new() -> Self {
        let mut fold = Fold::default();
        fold.put_rules(rules());
        Self { fold, leaf: 0, now_us: start_us() }
    }

    fn take(&mut self, by: &str, what: What) -> &mut Self {
        self.leaf += 1;
        self.fold.take(&Fact { leaf: self.leaf, at_us: self.now_us, by: by.into(), what });
        self
    }

    fn refer(&mut self, by: &str, target: i64, verdict: Verdict, round: u32) -> &mut Self {
        let what = What::Referred {
            target,
            verdict: verdict.into(),
            round,
            owner: LANDS[0].into(),
            first_seised: true,
            host: format!("www.{}", HOSTS[usize::try_from(target).unwrap() % 3]),
            domain: HOSTS[usize::try_from(target).unwrap() % 3].into(),
            class: 1,
            elsewhere: false,
        };
        self.take(by, what)
    }

    fn act(&mut self, target: i64, act: Act, stage: Stage) -> &mut Self {
        let change = change(target, stage, 1);
        self.take(LANDS[0], What::Changed { act, changes: vec![change] })
    }

    fn later(&mut self, days: i64) -> &mut Self {
        self.now_us += days * DAY_US;
        self
    }

    /// A figure of the Land that owns everything, of all months.
    fn all(&self, figure: Figure) -> i64 {
        let months = (Month::at(start_us()), Month::at(self.now_us));
        self.fold.counts().value(Grouping::Land, LANDS[0], figure, months)
    }

    fn waiting(&self) -> Vec<Wait> {
        Wait::ALL.into_iter().filter(|wait| self.all(Figure::Waiting(*wait)) == 1).collect()
    }
}

fn change(target: i64, stage: Stage, round: u32) -> Change {
    Change {
        target,
        round,
        stage: stage.into(),
        owner: LANDS[0].into(),
        firm: true,
        owner_withdrew: false,
        into: None,
    }
}

#[test]
fn a_takedown_is_counted_from_referral_to_outcome_and_what_comes_back() {
    let mut ledger = Ledger::new();
    ledger.refer(LANDS[0], 3, Verdict::New, 1);
    assert_eq!(ledger.waiting(), [Wait::Conditions]);
    ledger.refer(LANDS[1], 3, Verdict::Joined, 1).refer(LANDS[1], 3, Verdict::AlreadyYours, 1);
    ledger.act(3, Act::PlaceHold(7), Stage::Referred);
    assert_eq!(ledger.waiting(), [Wait::Held]);
    ledger.act(3, Act::LiftHold(Some(8)), Stage::Referred);
    assert_eq!(ledger.waiting(), [Wait::Held], "another hold was lifted");
    ledger.act(3, Act::LiftHold(None), Stage::Cleared);
    assert_eq!(ledger.waiting(), [Wait::Grant]);
    ledger.act(3, Act::Other, Stage::Granted).act(3, Act::Intend, Stage::Granted);
    assert_eq!(ledger.waiting(), [Wait::Dispatch]);
    let sent_us = ledger.now_us;
    ledger.act(3, Act::Sent(sent_us), Stage::Notified).act(3, Act::Sent(sent_us), Stage::Notified);
    assert_eq!((ledger.waiting(), ledger.all(Figure::Notified(Seat::Domestic))), (vec![Wait::Provider], 1));
    let seen_us = sent_us + 2 * DAY_US;
    ledger.later(9).act(3, Act::Check(true, seen_us), Stage::Notified);
    ledger.act(3, Act::Close(Ended::Gone), Stage::Closed);
    assert_eq!(ledger.waiting(), []);
    assert_eq!(
        ledger.all(Figure::Gone(Seat::Domestic, Spell::TwoDays)),
        1,
        "when it was seen, not when it was said"
    );
    ledger.refer(LANDS[1], 3, Verdict::Reopened, 2);
    assert_eq!((ledger.all(Figure::Reappeared), ledger.waiting()), (1, vec![Wait::Conditions]));
    let by = |land| {
        let months = (Month::at(start_us()), Month::at(ledger.now_us));
        [Figure::Opened, Figure::Joined, Figure::Repeated, Figure::Reopened]
            .map(|figure| ledger.fold.counts().value(Grouping::Land, land, figure, months))
    };
    assert_eq!((by(LANDS[0]), by(LANDS[1])), ([1, 0, 0, 0], [0, 1, 1, 1]), "referrals are whose they are");
}

#[test]
fn who_joins_takes_back_what_was_ready_and_a_notice_elsewhere_an_unused_grant() {
    let mut ledger = Ledger::new();
    ledger.refer(LANDS[0], 3, Verdict::New, 1).act(3, Act::Other, Stage::Cleared);
    ledger.refer(LANDS[0], 3, Verdict::Joined, 1);
    assert_eq!(ledger.waiting(), [Wait::Grant], "the owner objects to nothing");
    ledger.refer(LANDS[1], 3, Verdict::Joined, 1);
    assert_eq!(ledger.waiting(), [Wait::Conditions]);
    let elsewhere = |ledger: &mut Ledger| {
        let mut what = What::Changed { act: Act::Other, changes: Vec::new() };
        ledger.refer(LANDS[1], 99, Verdict::New, 1);
        if let Some(state) = ledger.fold.target(TargetNo(3)).cloned() {
            what = What::Referred {
                target: 3,
                verdict: Verdict::AlreadyYours.into(),
                round: 1,
                owner: state.owner,
                first_seised: true,
                host: state.host,
                domain: state.domain,
                class: 1,
                elsewhere: true,
            };
        }
        ledger.take(LANDS[1], what);
    };
    ledger.act(3, Act::Other, Stage::Granted).act(3, Act::Intend, Stage::Granted);
    elsewhere(&mut ledger);
    assert_eq!(
        ledger.fold.target(TargetNo(3)).unwrap().wait(),
        Some(Wait::Dispatch),
        "it is leaving the house"
    );
    ledger.act(3, Act::NotSent, Stage::Cleared).act(3, Act::Other, Stage::Granted);
    elsewhere(&mut ledger);
    assert_eq!(ledger.fold.target(TargetNo(3)).unwrap().wait(), Some(Wait::Conditions));
}

#[test]
fn a_merge_takes_holds_and_notices_along_and_a_split_gives_them_back() {
    let mut ledger = Ledger::new();
    for target in [3, 6, 9] {
        ledger.refer(LANDS[0], target, Verdict::New, 1);
    }
    ledger.act(6, Act::PlaceHold(1), Stage::Referred);
    let sent_us = ledger.now_us;
    ledger.act(9, Act::Sent(sent_us), Stage::Notified);
    let name = |target, into| Change { into: Some(into), ..change(target, Stage::Closed, 1) };
    let merge = |changes| What::Changed { act: Act::Duplicates(Vec::new()), changes };
    ledger.take("de-bka", merge(vec![change(3, Stage::Notified, 1), name(6, 3), name(9, 6)]));
    assert_eq!((ledger.waiting(), ledger.all(Figure::Merged)), (vec![Wait::Held], 2));
    assert_eq!(ledger.fold.target(TargetNo(3)).unwrap().pending.len(), 1);
    ledger.act(3, Act::PlaceHold(2), Stage::Notified);
    // What was merged into the one that leaves goes with it.
    let split = What::Changed {
        act: Act::Duplicates(vec![(6, 3)]),
        changes: vec![change(3, Stage::Notified, 1), change(6, Stage::Referred, 1)],
    };
    ledger.take("de-bka", split);
    let holds = |target: i64| {
        ledger.fold.target(TargetNo(target)).unwrap().holds.iter().map(|hold| hold.id).collect::<Vec<_>>()
    };
    assert_eq!((holds(3), holds(6)), (vec![2], vec![1, 2]), "later ones protect both");
    assert_eq!((ledger.all(Figure::Waiting(Wait::Held)), ledger.all(Figure::Parted)), (2, 1));
    let six = ledger.fold.target(TargetNo(6)).unwrap();
    assert_eq!((six.names.len(), six.pending.len()), (1, 1));
    ledger.later(10).act(6, Act::Close(Ended::Gone), Stage::Closed);
    assert_eq!(ledger.all(Figure::Gone(Seat::Domestic, Spell::FourWeeks)), 1);
}

/// All pairs of a list are in one leaf: the fold takes them in an order of its own, and what a name brought stays with it.
#[test]
fn a_list_of_merges_is_taken_apart_in_any_order() {
    let hold = |targets: &[i64]| What::Changed {
        act: Act::PlaceHold(1),
        changes: targets.iter().map(|target| change(*target, Stage::Referred, 1)).collect(),
    };
    let name = |target, into| Change { into: Some(into), ..change(target, Stage::Closed, 1) };
    let merge = |changes| What::Changed { act: Act::Duplicates(Vec::new()), changes };
    let split = |pairs: &[(i64, i64)]| {
        // A record names its targets in the order of their numbers.
        let concerned =
            [3, 6, 9].into_iter().filter(|one| pairs.iter().any(|pair| pair.0 == *one || *one == 3));
        let changes = concerned.map(|target| change(target, Stage::Referred, 1)).collect();
        What::Changed { act: Act::Duplicates(pairs.to_vec()), changes }
    };
    let merged = |held: &[i64], changes: Vec<Change>| {
        let mut ledger = Ledger::new();
        for target in [3, 6, 9] {
            ledger.refer(LANDS[0], target, Verdict::New, 1);
        }
        ledger.take(LANDS[0], hold(held));
        ledger.take("de-bka", merge(changes));
        ledger
    };
    let held = |ledger: &Ledger| {
        [3, 6, 9].map(|target| !ledger.fold.target(TargetNo(target)).unwrap().holds.is_empty())
    };

    // One hold on two of three: whichever leaves, it stands on both sides.
    for leaver in [6, 9] {
        let mut ledger = merged(&[6, 9], vec![change(3, Stage::Referred, 1), name(6, 3), name(9, 3)]);
        ledger.take("de-bka", split(&[(leaver, 3)]));
        let at = |target: i64| ledger.fold.target(TargetNo(target)).unwrap().holds.len();
        assert_eq!((at(3), at(leaver)), (1, 1), "{leaver} leaves");
    }

    // The name of a name leaves first: what it brought stands on that name, too, which leaves next.
    let mut ledger = merged(&[9], vec![change(3, Stage::Referred, 1), name(6, 3), name(9, 6)]);
    ledger.take("de-bka", split(&[(9, 6), (6, 3)]));
    assert_eq!(held(&ledger), [false, true, true]);
}

#[test]
fn facts_and_targets_are_read_back_from_their_text() {
    let what = What::Changed { act: Act::PlaceHold(u128::MAX), changes: vec![change(3, Stage::Referred, 1)] };
    let text = serde_json::to_string(&what).unwrap();
    assert_eq!(serde_json::from_str::<What>(&text).unwrap(), what);
    let mut ledger = Ledger::new();
    ledger.refer(LANDS[0], 3, Verdict::New, 1).act(3, Act::PlaceHold(u128::MAX), Stage::Referred);
    let state = ledger.fold.target(TargetNo(3)).unwrap();
    let text = serde_json::to_string(state).unwrap();
    assert_eq!(serde_json::from_str::<TargetState>(&text).unwrap(), *state);
}
