//! The fold against a naive count of the same random history.

use proptest::prelude::*;

use super::*;

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
            let change = Change {
                target,
                round: one.round,
                stage: one.stage,
                owner,
                firm: true,
                owner_withdrew: false,
                into: None,
            };
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
