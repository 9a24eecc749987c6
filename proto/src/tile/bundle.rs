//! Entry bundles: the leaves of a tile, each behind its length.

/// Bytes are not an entry bundle, or entries do not fit into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry's length has 16 bits.
    #[error("an entry is longer than 65535 bytes")]
    TooLong,
    /// The bytes end inside an entry.
    #[error("the bundle ends inside an entry")]
    Truncated,
}

/// The bundle with these entries: length (2 bytes, big-endian) ‖ entry, one after the other.
///
/// # Errors
/// If an entry is longer than its length can say.
pub fn encode_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong)?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle.
///
/// # Errors
/// If the bytes end inside an entry.
pub fn decode_entries(mut bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk().ok_or(BundleError::Truncated)?;
        let length = u16::from_be_bytes(*length).into();
        let (entry, rest) = rest.split_at_checked(length).ok_or(BundleError::Truncated)?;
        entries.push(entry);
        bundle = rest;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let entries: [&[u8]; 3] = [b"ab", b"", b"c"];
        let bundle = encode_entries(entries).unwrap();
        assert_eq!(bundle, b"\0\x02ab\0\0\0\x01c");
        assert_eq!(decode_entries(&bundle), Ok(entries.to_vec()));
        assert_eq!(decode_entries(&[]), Ok(vec![]));
        let longest = vec![7; 65_535];
        let bundle = encode_entries([&longest[..]]).unwrap();
        assert_eq!(decode_entries(&bundle), Ok(vec![&longest[..]]));
    }

    #[test]
    fn what_is_cut_or_too_long_is_refused() {
        let bundle = b"\0\x02ab\0\x01c";
        for cut in [1, 2, 3, 5, 6] {
            assert_eq!(decode_entries(&bundle[..cut]), Err(BundleError::Truncated), "{cut}");
        }
        assert_eq!(encode_entries([&[0; 65_536][..]]), Err(BundleError::TooLong));
    }
}
