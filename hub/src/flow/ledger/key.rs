//! The hub's key takes office: the first, or the next one.

use std::sync::Arc;

use meldeverbund_proto::{
    leaf::{Kind, Salt},
    statement::LedgerKeyStatement,
    v1::{Refusal, RefusalCode},
};

use crate::{
    flow::{Command, Failure, Lane, decide::HUB, once::append_one},
    ledger::{Ledger, key::Signer},
    store::{LedgerKeyRow, Tx},
};

/// Puts the key that signs in office. One that is in office already stays so.
#[derive(Debug)]
pub struct PutLedgerKey {
    signer: Arc<Signer>,
    salt: Salt,
}

impl PutLedgerKey {
    /// The key of this ledger; the salt of its leaf from these random bytes.
    pub fn new(ledger: &Ledger, salt: [u8; 32]) -> Self {
        Self { signer: ledger.signer(), salt: Salt::from_random(salt) }
    }
}

impl Command for PutLedgerKey {
    /// True if it was not in office before.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let (new, before) = (self.signer.current(), self.signer.before());
        let vkey = new.vkey().to_string();
        let known = LedgerKeyRow::all(tx.reading()).await?;
        let newest = known.last().map(|row| row.vkey.as_str());
        if newest == Some(&vkey) {
            return Ok(false);
        }
        if known.iter().any(|row| row.vkey == vkey) {
            let reason = "was in office before; a key comes back under no circumstances";
            return Err(Refusal::at(RefusalCode::FieldInvalid, "key", reason).into());
        }
        let before = before.filter(|before| newest == Some(&before.vkey().to_string()));
        if before.is_none() && newest.is_some() {
            let reason = "only the key in office hands over to another";
            return Err(Refusal::at(RefusalCode::NotPermitted, "key", reason).into());
        }
        let mut statement = Vec::new();
        LedgerKeyStatement::sign(new, before).encode(&mut statement);
        let since_leaf = append_one(tx, Kind::LedgerKey, HUB, self.salt, &statement).await?;
        tx.put_ledger_key(&LedgerKeyRow { vkey, since_leaf }).await?;
        Ok(true)
    }
}
