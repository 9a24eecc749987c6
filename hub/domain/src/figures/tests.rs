//! The fold against what it must say: examples that people can follow, and random histories against a naive count.

use meldeverbund_proto::v1::{Stage, Verdict};
use proptest::prelude::*;

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
    Change { target, round, stage: stage.into(), owner: LANDS[0].into(), firm: true, into: None }
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

/// What happens in a random history; what cannot happen in the target's state is left out.
#[derive(Debug, Clone)]
enum Op {
    Refer(usize, i64),
    Step(i64),
    Hold(i64, u128),
    Lift(i64),
    Hand(i64, usize),
    Gone(i64),
    Refused(i64),
    Days(i64),
}

fn op() -> impl Strategy<Value = Op> {
    let target = 1..7_i64;
    prop_oneof![
        4 => (0..3_usize, target.clone()).prop_map(|(land, target)| Op::Refer(land, target)),
        6 => target.clone().prop_map(Op::Step),
        2 => (target.clone(), 1..4_u128).prop_map(|(target, id)| Op::Hold(target, id)),
        2 => target.clone().prop_map(Op::Lift),
        1 => (target.clone(), 0..3_usize).prop_map(|(target, land)| Op::Hand(target, land)),
        3 => target.clone().prop_map(Op::Gone),
        1 => target.prop_map(Op::Refused),
        3 => (1..20_i64).prop_map(Op::Days),
    ]
}

/// A target as the naive count keeps it: everything that happened to it, to be counted at the end.
#[derive(Debug, Clone, Default)]
struct Naive {
    owner: usize,
    stage: i32,
    round: u32,
    bound: Vec<usize>,
    holds: usize,
    sent: Option<(i64, usize)>,
    gone_before: bool,
}

/// What the naive count found: figure, Land and month, once for each.
#[derive(Debug, Default)]
struct Found(Vec<(Figure, usize, Month)>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_fold_counts_what_a_naive_count_counts(ops in proptest::collection::vec(op(), 1..120)) {
        let mut ledger = Ledger::new();
        let (mut targets, mut found) = (vec![Naive::default(); 8], Found::default());
        for op in &ops {
            naive_step(op, &mut ledger, &mut targets, &mut found);
        }
        let counts = ledger.fold.counts();
        let months = (Month::at(start_us()), Month::at(ledger.now_us));
        for (n, land) in LANDS.iter().enumerate() {
            for figure in Figure::all().filter(|figure| figure.place() == Place::Flow) {
                let mut month = months.0;
                while month <= months.1 {
                    let naive = found.0.iter().filter(|one| **one == (figure, n, month)).count();
                    let folded = counts.value(Grouping::Land, land, figure, (month, month));
                    prop_assert_eq!(folded, naive as i64, "{:?} of {} in {}", figure, land, month);
                    month = month.next();
                }
            }
            for wait in Wait::ALL {
                let naive = targets.iter().filter(|one| one.owner == n && naive_wait(one) == Some(wait)).count();
                let folded = counts.value(Grouping::Land, land, Figure::Waiting(wait), months);
                prop_assert_eq!(folded, naive as i64, "{:?} of {}", wait, land);
            }
        }
        // Each grouping adds up to the whole.
        for figure in Figure::all() {
            let whole = counts.value(Grouping::All, "", figure, months);
            for grouping in [Grouping::Land, Grouping::Host, Grouping::Class] {
                let names = counts.names(grouping);
                let sum: i64 = names.iter().map(|name| counts.value(grouping, name, figure, months)).sum();
                prop_assert_eq!(sum, whole);
            }
        }
    }
}

fn naive_wait(target: &Naive) -> Option<Wait> {
    let open = target.round > 0 && target.stage != i32::from(Stage::Closed);
    if !open {
        return None;
    }
    Some(match target.stage {
        _ if target.holds > 0 => Wait::Held,
        2 => Wait::Grant,
        3 => Wait::Dispatch,
        4 => Wait::Provider,
        _ => Wait::Conditions,
    })
}

fn naive_step(op: &Op, ledger: &mut Ledger, targets: &mut [Naive], found: &mut Found) {
    let now = Month::at(ledger.now_us);
    let at = |target: i64| usize::try_from(target).unwrap();
    match *op {
        Op::Days(days) => {
            ledger.later(days);
        }
        Op::Refer(land, target) => {
            let one = &mut targets[at(target)];
            let closed = one.stage == i32::from(Stage::Closed);
            let (verdict, figure) = match one.round {
                0 => (Verdict::New, Figure::Opened),
                _ if closed => (Verdict::Reopened, Figure::Reopened),
                _ if one.bound.contains(&land) => (Verdict::AlreadyYours, Figure::Repeated),
                _ => (Verdict::Joined, Figure::Joined),
            };
            match verdict {
                Verdict::New => *one = Naive { owner: land, stage: 1, round: 1, ..Naive::default() },
                Verdict::Reopened => {
                    if one.gone_before {
                        found.0.push((Figure::Reappeared, one.owner, now));
                    }
                    *one = Naive {
                        stage: 1,
                        round: one.round + 1,
                        sent: None,
                        gone_before: false,
                        ..one.clone()
                    };
                }
                Verdict::Joined if one.stage == 2 && one.owner != land => one.stage = 1,
                _ => {}
            }
            one.bound.push(land);
            found.0.push((figure, land, now));
            let host = HOSTS[at(target) % 3];
            let what = What::Referred {
                target,
                verdict: verdict.into(),
                round: one.round,
                owner: LANDS[one.owner].into(),
                first_seised: true,
                host: format!("www.{host}"),
                domain: host.into(),
                class: 1,
                elsewhere: false,
            };
            ledger.take(LANDS[land], what);
        }
        Op::Step(target)
        | Op::Hold(target, _)
        | Op::Lift(target)
        | Op::Hand(target, _)
        | Op::Gone(target)
        | Op::Refused(target) => {
            let one = &mut targets[at(target)];
            if one.round == 0 || one.stage == i32::from(Stage::Closed) {
                return;
            }
            let Some(act) = naive_act(op, one, found, ledger.now_us) else { return };
            let owner = LANDS[one.owner].to_owned();
            let change = Change { target, round: one.round, stage: one.stage, owner, firm: true, into: None };
            ledger.take(LANDS[0], What::Changed { act, changes: vec![change] });
        }
    }
}

/// What the op does to an open target; none: it cannot happen now.
fn naive_act(op: &Op, one: &mut Naive, found: &mut Found, now_us: i64) -> Option<Act> {
    let now = Month::at(now_us);
    let seats =
        |target: i64| [Seat::Domestic, Seat::Abroad, Seat::Unknown][usize::try_from(target).unwrap() % 3];
    match *op {
        Op::Step(target) => {
            one.stage = (one.stage + 1).min(4);
            if one.stage < 4 {
                return Some(Act::Other);
            }
            if one.sent.is_none() {
                one.sent = Some((now_us, one.owner));
                found.0.push((Figure::Notified(seats(target)), one.owner, now));
            }
            Some(Act::Sent(now_us))
        }
        Op::Hold(_, id) => {
            one.holds += 1;
            Some(Act::PlaceHold(id))
        }
        Op::Lift(_) => {
            one.holds = 0;
            Some(Act::LiftHold(None))
        }
        Op::Hand(_, land) => {
            one.owner = land;
            Some(Act::Other)
        }
        Op::Gone(target) => {
            let how = if one.sent.is_some() { Ended::Gone } else { Ended::GoneBefore };
            if let Some((sent_us, owner)) = one.sent {
                let spell = match (now_us - sent_us) / DAY_US {
                    0..=2 => Spell::TwoDays,
                    3..=7 => Spell::Week,
                    8..=28 => Spell::FourWeeks,
                    _ => Spell::Later,
                };
                found.0.push((Figure::Gone(seats(target), spell), owner, Month::at(sent_us)));
            }
            (one.stage, one.gone_before) = (Stage::Closed.into(), true);
            found.0.push((Figure::Ended(how), one.owner, now));
            Some(Act::Close(how))
        }
        Op::Refused(_) => {
            (one.stage, one.gone_before) = (Stage::Closed.into(), false);
            found.0.push((Figure::Ended(Ended::Refused), one.owner, now));
            Some(Act::Close(Ended::Refused))
        }
        Op::Refer(..) | Op::Days(_) => None,
    }
}
