//! Targets' ids: random to everybody else, free for the hub.
//!
//! An id is the AES-256 encryption of the target's number under a key made with the database. It needs no column and
//! no index, says nothing about order or count, and a made-up id does not decrypt to a number (64 bits of padding).

use aes::{
    Aes256,
    cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _},
};
use meldeverbund_domain::TargetNo;
use meldeverbund_proto::TargetId;
use std::fmt;

use super::{
    StoreError,
    engine::{Connection, query, query_scalar},
};

/// The key between numbers and ids.
#[derive(Clone)]
pub struct TargetIds(Aes256);

impl TargetIds {
    /// Ids under this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Aes256::new(&key.into()))
    }

    /// The target's id.
    pub fn id(&self, target: TargetNo) -> TargetId {
        let mut block = [0; 16];
        block[8..].copy_from_slice(&target.0.to_be_bytes());
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        TargetId::from_bytes(block.into())
    }

    /// The target that has this id; none if the id was never given.
    pub fn number(&self, id: TargetId) -> Option<TargetNo> {
        let mut block = (*id.as_bytes()).into();
        self.0.decrypt_block(&mut block);
        let block: [u8; 16] = block.into();
        let (padding, number) = block.split_first_chunk::<8>()?;
        let number = i64::from_be_bytes(number.try_into().ok()?);
        (*padding == [0; 8] && number > 0).then_some(TargetNo(number))
    }

    /// The database's key; the fresh one becomes it on the first start.
    pub(super) async fn load(connection: &mut Connection, fresh: [u8; 32]) -> Result<Self, StoreError> {
        const KEEP: &str = "/* target_ids::keep */ INSERT INTO meta (name, value) VALUES ('target_key', $1) \
                            ON CONFLICT (name) DO NOTHING";
        const READ: &str = "/* target_ids::read */ SELECT value FROM meta WHERE name = 'target_key'";
        let read = || query_scalar(READ);
        // Only the first start writes: whoever opens a database that is in use does not wait for its writer.
        let key: Vec<u8> = match read().fetch_optional(&mut *connection).await? {
            Some(key) => key,
            None => {
                query(KEEP).bind(&fresh[..]).execute(&mut *connection).await?;
                read().fetch_one(connection).await?
            }
        };
        let key = key.try_into().map_err(|_| StoreError::Value { column: "meta.value" })?;
        Ok(Self::new(key))
    }
}

impl fmt::Debug for TargetIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TargetIds(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_and_others_do_not() {
        let ids = TargetIds::new([3; 32]);
        for number in [1, 2, 1_000_000, i64::MAX] {
            assert_eq!(ids.number(ids.id(TargetNo(number))), Some(TargetNo(number)));
        }
        assert_ne!(ids.id(TargetNo(1)), TargetIds::new([4; 32]).id(TargetNo(1)));
        assert_eq!(ids.number(TargetId::from_bytes([5; 16])), None);
        assert_eq!(ids.number(ids.id(TargetNo(0))), None, "no target has the number 0");
    }
}
