//! Which keys of the hub this office believes: those that are pinned, or else the first it saw, and those that followed.

use meldeverbund_proto::note::VerifierKey;

use crate::store::HubKey;

/// The keys, the newest last. A learnt key counts only through a chain that begins where the configuration says: a pin put
/// in later throws out what was taken at first use.
pub(crate) fn known_keys(pinned: &[VerifierKey], learned: &[HubKey]) -> Vec<VerifierKey> {
    let mut known = pinned.to_vec();
    if known.is_empty() {
        known.extend(learned.iter().filter(|key| key.previous.is_none()).map(|key| key.key.clone()));
    }
    loop {
        let follows = |key: &&HubKey| {
            key.previous.as_ref().is_some_and(|previous| known.contains(previous))
                && !known.contains(&key.key)
        };
        match learned.iter().find(follows) {
            Some(next) => known.push(next.key.clone()),
            None => return known,
        }
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::note::SigningKey;

    use super::*;

    fn key(seed: u8) -> VerifierKey {
        SigningKey::from_seed("a.example/ledger", &[seed; 32]).unwrap().vkey()
    }

    fn learned(seed: u8, previous: Option<u8>) -> HubKey {
        HubKey { key: key(seed), previous: previous.map(key), since_leaf: 0, learned_us: 0 }
    }

    #[test]
    fn keys_count_through_the_chain_from_what_is_pinned() {
        let chain = [learned(3, Some(2)), learned(1, None), learned(2, Some(1)), learned(9, Some(8))];
        assert_eq!(known_keys(&[], &chain), [key(1), key(2), key(3)]);
        assert_eq!(known_keys(&[key(2)], &chain), [key(2), key(3)], "a pin throws out the first use");
        assert_eq!(known_keys(&[key(8)], &chain), [key(8), key(9)]);
        assert_eq!(known_keys(&[], &[learned(2, Some(1))]), []);
    }
}
