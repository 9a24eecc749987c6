//! Keys of the hub that no configuration names: the one taken at first use, and those that followed.

use meldeverbund_proto::note::VerifierKey;

use super::{StoreError, Tx, signed, unsigned};

/// A key of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubKey {
    /// The key.
    pub key: VerifierKey,
    /// The key that vouched for it; none: it was taken at first use.
    pub previous: Option<VerifierKey>,
    /// The leaf that put it in office.
    pub since_leaf: u64,
    /// When this node learnt of it.
    pub learned_us: i64,
}

impl Tx {
    /// The keys that this node has learnt, in that order.
    pub async fn hub_keys(&mut self) -> Result<Vec<HubKey>, StoreError> {
        let rows: Vec<(String, Option<String>, i64, i64)> = sqlx::query_as(
            "/* hub_keys */ SELECT vkey, previous, since_leaf, learned_us FROM hub_key
             ORDER BY learned_us, since_leaf",
        )
        .fetch_all(self.conn())
        .await?;
        let key = |text: &str| text.parse().map_err(|_| StoreError::Damaged("hub_key.vkey"));
        let read = |(vkey, previous, since, learned_us): (String, Option<String>, i64, i64)| {
            let previous = previous.as_deref().map(key).transpose()?;
            Ok(HubKey { key: key(&vkey)?, previous, since_leaf: unsigned(since), learned_us })
        };
        rows.into_iter().map(read).collect()
    }

    /// Keeps a key; one that is known stays as it is.
    pub async fn keep_hub_key(&mut self, new: &HubKey) -> Result<(), StoreError> {
        sqlx::query(
            "/* keep_hub_key */ INSERT INTO hub_key (vkey, previous, since_leaf, learned_us) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(new.key.to_string())
        .bind(new.previous.as_ref().map(ToString::to_string))
        .bind(signed(new.since_leaf))
        .bind(new.learned_us)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
