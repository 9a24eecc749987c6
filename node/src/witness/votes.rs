//! Whether enough of the pinned witnesses vouch for a checkpoint.

use std::collections::BTreeSet;

use meldeverbund_proto::note::{Note, VerifierKey};

use crate::config::witness_agency;

/// Votes for a checkpoint, one an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Votes {
    /// Agencies that vouch for it.
    pub given: usize,
    /// Agencies whose witnesses are pinned.
    pub pinned: usize,
}

impl Votes {
    /// The votes that a note carries. A line that is not its key's counts for nothing, and a public key counts once: what
    /// it signs does not say under whose name.
    pub fn count(note: &Note, witnesses: &[VerifierKey]) -> Self {
        let vouches = |key: &&VerifierKey| note.verified(std::slice::from_ref(*key)).is_ok();
        let mut counted = BTreeSet::new();
        let first = |key: &&VerifierKey| counted.insert(*key.public_key());
        let given = agencies(witnesses.iter().filter(vouches).filter(first));
        Self { given, pinned: Self::pinned(witnesses) }
    }

    /// Agencies whose witnesses these are.
    pub fn pinned(witnesses: &[VerifierKey]) -> usize {
        agencies(witnesses)
    }

    /// More than half of the pinned agencies vouch.
    pub fn are_enough(self) -> bool {
        self.given * 2 > self.pinned
    }
}

fn agencies<'a>(keys: impl IntoIterator<Item = &'a VerifierKey>) -> usize {
    let agencies: BTreeSet<_> =
        keys.into_iter().filter_map(witness_agency).map(|agency| agency.to_string()).collect();
    agencies.len()
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::note::{Checkpoint, Origin, SigningKey};

    use super::*;

    #[test]
    fn one_vote_an_agency_and_more_than_half() {
        let origin = Origin { trust_domain: "a.example".into(), epoch: 1 };
        let text = Checkpoint::new(&origin, 1, [7; 32]).to_string();
        let hub = SigningKey::from_seed("a.example/ledger", &[1; 32]).unwrap();
        let key = |agency: &str, seed| {
            SigningKey::from_seed(&format!("a.example/witness/{agency}"), &[seed; 32]).unwrap()
        };
        let (one, one_more, two, three) = (key("a-1", 2), key("a-1", 3), key("a-2", 4), key("a-3", 5));
        let pinned: Vec<_> = [&one, &one_more, &two, &three].map(SigningKey::witness_vkey).to_vec();
        let mut note = Note::sign(text, &hub).unwrap();
        assert_eq!(Votes::count(&note, &pinned), Votes { given: 0, pinned: 3 });
        note.cosign(&one, 1).unwrap();
        note.cosign(&one_more, 1).unwrap();
        let votes = Votes::count(&note, &pinned);
        assert!(votes == Votes { given: 1, pinned: 3 } && !votes.are_enough());
        // Another checkpoint's cosignature under a pinned key's name is no vote.
        let other = Note::sign(Checkpoint::new(&origin, 2, [7; 32]).to_string(), &hub).unwrap();
        note.attach(other.cosignature(&three, 1).unwrap()).unwrap();
        assert!(!Votes::count(&note, &pinned).are_enough());
        note.cosign(&two, 1).unwrap();
        let votes = Votes::count(&note, &pinned);
        assert!(votes == Votes { given: 2, pinned: 3 } && votes.are_enough());
        assert!(!Votes::count(&note, &[]).are_enough(), "nobody pinned, nothing final");
    }

    #[test]
    fn a_public_key_under_two_names_is_one_vote() {
        let origin = Origin { trust_domain: "a.example".into(), epoch: 1 };
        let hub = SigningKey::from_seed("a.example/ledger", &[1; 32]).unwrap();
        let mut note = Note::sign(Checkpoint::new(&origin, 1, [7; 32]).to_string(), &hub).unwrap();
        let names = ["a.example/witness/a-1", "a.example/witness/a-2"];
        let twins = names.map(|name| SigningKey::from_seed(name, &[2; 32]).unwrap());
        let other = SigningKey::from_seed("a.example/witness/a-3", &[3; 32]).unwrap();
        twins.iter().for_each(|key| note.cosign(key, 1).unwrap());
        let pinned: Vec<_> = twins.iter().chain([&other]).map(SigningKey::witness_vkey).collect();
        let votes = Votes::count(&note, &pinned);
        assert!(votes == Votes { given: 1, pinned: 3 } && !votes.are_enough());
    }
}
