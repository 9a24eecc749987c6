//! Bytes as lower-case hexadecimal in JSON.

use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

/// Writes bytes.
pub(crate) fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// Reads bytes; of what has a fixed length exactly as many.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    // One spelling: a reader elsewhere may compare texts.
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(D::Error::custom("not lower-case hexadecimal"));
    }
    let bytes = hex::decode(text).map_err(|_| D::Error::custom("not hexadecimal"))?;
    T::try_from(bytes).map_err(|_| D::Error::custom("another number of bytes"))
}
