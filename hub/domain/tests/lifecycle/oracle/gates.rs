//! I8: who recorded which gate. A word is changed by the one who said it, and by nobody else.

use meldeverbund_domain::{
    AgencyNo,
    conditions::Gate,
    order::{Context, Order},
};

use super::{Oracle, Word};

impl Oracle {
    pub(crate) fn gate_taken(&mut self, order: &Order, context: &Context<'_>) {
        assert!(self.is_open, "a closed round stays as it is: {order:?}");
        let by = context.actor.no;
        match order {
            Order::Assess { finding, automatic } => {
                let mut word = word((*finding, *automatic), Gate::Assessed, context);
                if *automatic {
                    word.first_officer = None;
                }
                say(&mut self.assessments, word);
                self.one_sided[0] &= by != self.owner || *automatic;
            }
            Order::SecureEvidence => self.secure(0, Gate::Evidence, context),
            Order::SettleProviderData => self.secure(1, Gate::ProviderData, context),
            Order::Release { until_us } => {
                assert_eq!(by, self.owner, "only the owner releases");
                self.release = Some(word(*until_us, Gate::Released, context));
            }
            Order::Confirm(gate) => {
                let first = self.officer_of(*gate, by).expect("an own word is confirmed");
                let first = first.take().expect("a word that waits is confirmed");
                assert_ne!(first, context.officer, "four eyes are two people");
            }
            Order::WithdrawGate(gate) => {
                assert!(self.officer_of(*gate, by).is_some(), "an own word is withdrawn");
                match gate {
                    Gate::Assessed => self.assessments.retain(|word| word.by != by),
                    Gate::Evidence => self.secured[0].retain(|word| word.by != by),
                    Gate::ProviderData => self.secured[1].retain(|word| word.by != by),
                    Gate::Released => self.release = None,
                }
            }
            Order::AdoptGates(gates) => self.adopt(gates, context),
            _ => unreachable!("another room's"),
        }
    }

    /// Sets an agency's words aside: it is no longer bound, or overruled.
    pub(crate) fn forget(&mut self, agency: AgencyNo) {
        self.assessments.retain(|word| word.by != agency);
        self.secured.iter_mut().for_each(|words| words.retain(|word| word.by != agency));
        self.release.take_if(|word| word.by == agency);
    }

    fn secure(&mut self, n: usize, gate: Gate, context: &Context<'_>) {
        say(&mut self.secured[n], word((), gate, context));
        if context.actor.no == self.owner {
            self.to_adopt[n + 1] = false;
            self.one_sided[n + 1] = false;
        }
    }

    fn adopt(&mut self, gates: &[Gate], context: &Context<'_>) {
        assert_eq!(context.actor.no, self.owner, "only the owner adopts");
        assert!(!gates.contains(&Gate::Released), "a release is always new");
        let all = [Gate::Assessed, Gate::Evidence, Gate::ProviderData];
        let gates = if gates.is_empty() { &all } else { gates };
        let waited = |gate: &Gate| self.to_adopt[*gate as usize] || self.one_sided[*gate as usize];
        assert!(gates.iter().any(waited), "something waited");
        gates.iter().for_each(|gate| self.to_adopt[*gate as usize] = false);
        gates.iter().for_each(|gate| self.one_sided[*gate as usize] = false);
        if !gates.contains(&Gate::Assessed) {
            return;
        }
        let has_own = self.assessments.iter().any(|word| word.by == self.owner && !word.what.1);
        let counting = self.assessments.iter().find(|word| !word.what.1 && word.first_officer.is_none());
        if let (false, Some(what)) = (has_own, counting.map(|word| word.what)) {
            say(&mut self.assessments, word(what, Gate::Assessed, context));
        }
    }

    fn officer_of(&mut self, gate: Gate, by: AgencyNo) -> Option<&mut Option<String>> {
        match gate {
            Gate::Assessed => find(&mut self.assessments, by),
            Gate::Evidence => find(&mut self.secured[0], by),
            Gate::ProviderData => find(&mut self.secured[1], by),
            Gate::Released => find(self.release.as_mut_slice(), by),
        }
    }
}

fn find<T>(words: &mut [Word<T>], by: AgencyNo) -> Option<&mut Option<String>> {
    let own = words.iter_mut().filter(|word| word.by == by);
    own.max_by_key(|word| word.first_officer.is_some()).map(|word| &mut word.first_officer)
}

fn word<T>(what: T, gate: Gate, context: &Context<'_>) -> Word<T> {
    let awaits = context.policy.four_eyes.iter().any(|name| Gate::from(*name) == gate);
    Word { by: context.actor.no, what, first_officer: awaits.then(|| context.officer.to_owned()) }
}

fn say<T>(words: &mut Vec<Word<T>>, word: Word<T>) {
    words.retain(|old| old.by != word.by);
    words.push(word);
}
