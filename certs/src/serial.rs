//! Serial numbers of certificates.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::provider;

/// RFC 5280 4.1.2.2: at most 20 octets.
const SERIAL_BYTES: usize = 20;

/// A certificate's serial number: its issuer's name for it; written as lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial(Vec<u8>);

/// The text is no serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a serial number is 1 to 20 bytes as hexadecimal digits, with or without colons")]
pub struct SerialError;

impl Serial {
    /// The number with these big-endian bytes; leading zeros do not count.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|b| **b == 0).count().min(bytes.len().saturating_sub(1));
        Self(bytes[zeros..].to_vec())
    }

    /// A number for a new certificate, from 16 random bytes.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        // Positive and of full length whatever was drawn; 126 random bits remain.
        bytes[0] = bytes[0] & 0x3f | 0x40;
        Self(bytes.to_vec())
    }

    /// A number for a new certificate, from the provider's random source.
    pub fn generate() -> Self {
        let mut bytes = [0; 16];
        provider::fill_random(&mut bytes);
        Self::from_random(bytes)
    }

    /// The number's big-endian bytes, without leading zeros.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Serial {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, SerialError> {
        let bytes = hex::decode(text.replace(':', "")).map_err(|_| SerialError)?;
        if bytes.is_empty() {
            return Err(SerialError);
        }
        let serial = Self::from_bytes(&bytes);
        if serial.0.len() > SERIAL_BYTES { Err(SerialError) } else { Ok(serial) }
    }
}

impl TryFrom<String> for Serial {
    type Error = SerialError;

    fn try_from(text: String) -> Result<Self, SerialError> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.to_string()
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_value_however_it_is_written() {
        let serial: Serial = "00:AB:cd".parse().unwrap();
        assert_eq!(serial.to_string(), "abcd");
        assert_eq!(Serial::from_bytes(&[0, 0xab, 0xcd]), serial);
        assert_eq!(Serial::from_bytes(&[0]).to_string(), "00");
        for bad in ["", "a", "xy", &"11".repeat(21)] {
            assert_eq!(bad.parse::<Serial>(), Err(SerialError), "{bad}");
        }
    }

    #[test]
    fn new_numbers_are_positive_and_of_full_length() {
        for byte in [0, 0x7f, 0x80, 0xff] {
            let serial = Serial::from_random([byte; 16]);
            assert_eq!(serial.as_bytes().len(), 16);
            assert!(serial.as_bytes()[0] & 0x80 == 0);
        }
        assert_ne!(Serial::generate(), Serial::generate());
    }
}
