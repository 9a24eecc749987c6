//! What is true of a target that was made of others, taken from its state.

use meldeverbund_domain::life::{NoticeKind, Record, Responsibility, Second, State, Takedown, Window};
use meldeverbund_proto::v1::OwnerBasis;

use super::{Bound, Firm, Oracle, Word};

impl Oracle {
    /// The target as it is; `like` has what no state says: seat and lead case.
    pub(crate) fn of(state: &State, mut fences: Vec<u64>, like: &Self) -> Self {
        let life = &state.life;
        assert!(life.taken_over && life.intent().is_none());
        if life.fence > 0 && fences.last() != Some(&life.fence) {
            assert!(fences.iter().all(|given| *given < life.fence), "fences only grow");
            fences.push(life.fence);
        }
        let firsts = life.thread.iter().filter(|notice| notice.kind == NoticeKind::First).count();
        let firsts = u32::try_from(firsts).unwrap();
        let window = |window| match window {
            Window::NotBegun => None,
            Window::Until(end_us) => Some(end_us),
        };
        let bound = state.interests.iter().map(|one| Bound {
            agency: one.agency,
            opened: false,
            window: window(one.window),
        });
        let gates = &life.gates;
        Self {
            owner: state.owner(),
            by_fallback: state.target.ownership.basis == OwnerBasis::Fallback,
            firm: match life.responsibility {
                Responsibility::Confirmed => Firm::Accepted,
                Responsibility::Proposed { accept_by_us } => Firm::Proposed(accept_by_us),
                Responsibility::Offered { to, answer_by_us } => Firm::Offered(to, answer_by_us),
                Responsibility::Disputed { by, proposed, decide_by_us, escalated, .. } => {
                    Firm::Disputed { by, was_accepted: !proposed, until_us: decide_by_us, escalated }
                }
            },
            bound: bound.collect(),
            declined: life.declined.clone(),
            assessments: words(&gates.assessments, |what| (what.finding, what.automatic)),
            secured: [words(&gates.evidence, |_| ()), words(&gates.provider_data, |_| ())],
            release: words(gates.release.as_slice(), |what| what.until_us).pop(),
            to_adopt: gates.unadopted,
            one_sided: gates.one_sided,
            holds: life.holds.iter().map(|hold| (hold.id.0, hold.by, hold.until_us)).collect(),
            consented: life.consented.clone(),
            fences,
            live: match &life.takedown {
                Takedown::Granted(grant) => Some((grant.fence, grant.until_us)),
                _ => None,
            },
            sending: None,
            firsts,
            brought: firsts,
            left: life.thread.len(),
            elsewhere: life.elsewhere,
            incidents: life.incidents,
            round: state.target.round,
            is_open: state.target.is_open(),
            complaint: life.complaint,
            ..like.clone()
        }
    }
}

fn words<T, U>(records: &[Record<T>], what: impl Fn(&T) -> U) -> Vec<Word<U>> {
    let first = |second: &Second| match second {
        Second::Settled => None,
        Second::Awaited { first } => Some(first.clone()),
    };
    let word = |record: &Record<T>| Word {
        by: record.by,
        what: what(&record.what),
        first_officer: first(&record.second),
    };
    records.iter().map(word).collect()
}
