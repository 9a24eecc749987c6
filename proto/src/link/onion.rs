//! Onion addresses v3 (Tor rend-spec-v3, section 6): base32 of key, checksum and version.

use data_encoding::BASE32_NOPAD_NOCASE;
use sha3::{Digest as _, Sha3_256};

use super::LinkError;

/// Base32 letters of an address.
const ADDRESS_CHARS: usize = 56;
/// Bytes that they carry: 32 of the key, 2 of the checksum, 1 of the version.
const ADDRESS_BYTES: usize = 35;
/// The only version that Tor still serves; version 2 (16 letters) ended in 2021.
const VERSION: u8 = 3;

/// Whether a name belongs to Tor (RFC 7686).
pub(super) fn is_onion(name: &str) -> bool {
    name == "onion" || name.ends_with(".onion")
}

/// Whether the label before `.onion` is an address whose checksum is right; labels before it are the service's own.
pub(super) fn check(name: &str) -> Result<(), LinkError> {
    let label =
        name.rsplit('.').nth(1).filter(|label| label.len() == ADDRESS_CHARS).ok_or(LinkError::Onion)?;
    let mut address = [0; ADDRESS_BYTES];
    BASE32_NOPAD_NOCASE.decode_mut(label.as_bytes(), &mut address).map_err(|_| LinkError::Onion)?;
    let [key @ .., check_0, check_1, version] = &address;
    let digest =
        Sha3_256::new_with_prefix(b".onion checksum").chain_update(key).chain_update([*version]).finalize();
    if [*check_0, *check_1] != digest[..2] {
        return Err(LinkError::OnionChecksum);
    }
    if *version == VERSION { Ok(()) } else { Err(LinkError::Onion) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address made as the specification says, from any 32 bytes.
    fn address(key: [u8; 32], version: u8) -> String {
        let digest = Sha3_256::new_with_prefix(b".onion checksum")
            .chain_update(key)
            .chain_update([version])
            .finalize();
        let bytes: Vec<u8> = key.into_iter().chain([digest[0], digest[1], version]).collect();
        data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase() + ".onion"
    }

    #[test]
    fn an_address_has_the_right_checksum_and_version() {
        let good = address([7; 32], 3);
        assert_eq!(check(&good), Ok(()));
        assert_eq!(check(&format!("www.{good}")), Ok(()));
        assert_eq!(check(&address([7; 32], 2)), Err(LinkError::Onion));
        let first_letter_wrong = format!("b{}", &good[1..]);
        assert_ne!(first_letter_wrong, good);
        assert_eq!(check(&first_letter_wrong), Err(LinkError::OnionChecksum));
    }

    #[test]
    fn other_lengths_are_no_addresses() {
        let good = address([7; 32], 3);
        for bad in [
            "onion",
            "h.onion",
            "aaaaaaaaaaaaaaaa.onion",
            &good[1..],
            &format!("a{good}"),
            &good.replace('.', "1."),
        ] {
            assert_eq!(check(bad), Err(LinkError::Onion), "{bad}");
        }
    }
}
