//! What a turn's open questions add to the walks of their agencies: a series of links counts by the day, not by the question.

use std::collections::{BTreeMap, HashMap};

use meldeverbund_domain::{
    AgencyNo,
    liaison::{DAY_US, Numbered, Signal, Walk},
};
use meldeverbund_proto::{
    CanonicalLink,
    v1::{QueryRequest, selector::Selector},
};
use sha2::{Digest as _, Sha256};

use crate::store::{QueryRow, SignalRow, Stem, StoreError, Tx, WalkRow};

/// Rows of days that are over which one turn takes away: as many as it may add.
const FORGOTTEN: i64 = 2_000;

/// What was asked of series in one turn, by day and agency.
#[derive(Default)]
pub(super) struct Walked(BTreeMap<(i64, AgencyNo), Asked>);

/// What one agency asked of series on one day.
#[derive(Default)]
struct Asked {
    /// The numbers, by series.
    numbers: HashMap<Stem, Vec<u64>>,
    /// The newest question's leaf.
    leaf: i64,
}

impl Walked {
    /// Notes the links of a question, whatever their spelling. Of ids and contents nobody sees whether they are walked.
    pub(super) fn note(&mut self, row: &QueryRow, question: &QueryRequest) {
        let asked = self.0.entry((row.recorded_at_us.div_euclid(DAY_US), row.agency)).or_default();
        asked.leaf = row.leaf;
        for selector in &question.selectors {
            let Some(Selector::Link(link)) = &selector.selector else { continue };
            let Ok(link) = CanonicalLink::parse(link) else { continue };
            if let Some(numbered) = Numbered::of(link.as_str()) {
                asked.numbers.entry(stem(&numbered)).or_default().push(numbered.number);
            }
        }
    }

    /// Adds them to what was asked on those days, and raises what is a walk by now.
    pub(super) async fn keep(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let newest = self.0.keys().next_back().map(|(day, _)| *day);
        for ((day, agency), asked) in self.0 {
            if !SignalRow::is_raised(tx.reading(), agency, Signal::Walking, day).await? {
                asked.keep(tx, day, agency).await?;
            }
        }
        if let Some(newest) = newest {
            // Questions come in their order, and so do their days.
            tx.forget_walks(newest, FORGOTTEN).await?;
        }
        Ok(())
    }
}

impl Asked {
    async fn keep(mut self, tx: &mut Tx<'_>, day: i64, agency: AgencyNo) -> Result<(), StoreError> {
        let mut rows = WalkRow::of(tx.reading(), day, agency, self.numbers.keys().copied()).await?;
        for row in &mut rows {
            row.walk.add(self.numbers.remove(&row.stem).unwrap_or_default());
        }
        rows.extend(self.numbers.into_iter().map(|(stem, numbers)| {
            let mut walk = Walk::default();
            walk.add(numbers);
            WalkRow { day, agency, stem, walk }
        }));
        tx.put_walks(&rows).await?;
        let longest = rows.iter().map(|row| &row.walk).max_by_key(|walk| walk.steps());
        if let Some(walk) = longest.filter(|walk| walk.is_long()) {
            let (steps, leaf) = (walk.steps(), self.leaf);
            let detail = format!("{steps} links of one series count up, until the question at leaf {leaf}");
            tx.raise(agency, Signal::Walking, day, &detail).await?;
        }
        Ok(())
    }
}

/// Names a series.
fn stem(numbered: &Numbered<'_>) -> Stem {
    let mut hash = Sha256::new();
    hash.update((numbered.before.len() as u64).to_be_bytes());
    hash.update(numbered.before);
    hash.update(numbered.behind);
    hash.finalize().into()
}
