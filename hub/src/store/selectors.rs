//! What open questions answer as a hit, as selectors: what a set of blind questions is made of.
//!
//! It says in SQL what `meldeverbund_domain::liaison::reportable` says of bindings; a test holds the two together. Of the number beside a
//! binding, 8 says that it is hidden, and 1024 that it was said of another of the target's links.

use meldeverbund_domain::{TargetNo, liaison::HashKey};
use meldeverbund_proto::LinkId;

use super::{
    StoreError,
    engine::{Connection, Row, query, query_as},
};

/// Links of targets behind this one that have a binding that is visible to liaison, at most so many, in the order of targets.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn visible_links(
    connection: &mut Connection,
    after: TargetNo,
    most: i64,
) -> Result<Vec<(TargetNo, LinkId)>, StoreError> {
    const SQL: &str = "/* selectors::links */ SELECT t.target_no, t.link_id FROM target t WHERE t.target_no > $1 \
         AND EXISTS (SELECT 1 FROM binding b WHERE b.target_no = t.target_no AND (b.visible & 1032) = 0) \
         ORDER BY t.target_no LIMIT $2";
    let rows: Vec<(i64, Vec<u8>)> = query_as(SQL).bind(after.0).bind(most).fetch_all(connection).await?;
    rows.into_iter().map(|(target, link)| Ok((TargetNo(target), link_id(&link)?))).collect()
}

/// Content hashes behind this one that a visible binding states, at most so many, in the order of their bytes.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn visible_hashes(
    connection: &mut Connection,
    after: HashKey,
    most: i64,
) -> Result<Vec<HashKey>, StoreError> {
    const SQL: &str = "/* selectors::hashes */ SELECT h.digest, h.algorithm FROM content_hash h \
         WHERE (h.digest, h.algorithm) > ($1, $2) AND EXISTS (SELECT 1 FROM binding b WHERE b.target_no = h.target_no \
         AND b.agency_no = h.agency_no AND b.case_no = h.case_no AND b.since_leaf <= h.leaf_index AND (b.visible & 8) = 0) \
         GROUP BY h.digest, h.algorithm ORDER BY h.digest, h.algorithm LIMIT $3";
    let query = query(SQL).bind(&after.digest[..]).bind(i64::from(after.algorithm)).bind(most);
    query.fetch_all(connection).await?.iter().map(hash_key).collect()
}

/// Those of these links whose targets have a visible binding.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn visible_of_links(
    connection: &mut Connection,
    links: impl IntoIterator<Item = LinkId>,
) -> Result<Vec<LinkId>, StoreError> {
    const SQL: &str = "/* selectors::of_links */ SELECT t.link_id FROM {byte_strings $1} {join} target t \
         ON t.link_id = {bytes j.value} \
         WHERE EXISTS (SELECT 1 FROM binding b WHERE b.target_no = t.target_no AND (b.visible & 1032) = 0)";
    let links = links.into_iter().map(|link| *link.as_bytes());
    let rows = query(SQL).bind_all(links).fetch_all(connection).await?;
    rows.iter().map(|row| link_id(row.try_get("link_id")?)).collect()
}

/// Those hashes with these digests that a visible binding states.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn visible_of_hashes(
    connection: &mut Connection,
    digests: impl IntoIterator<Item = [u8; 32]>,
) -> Result<Vec<HashKey>, StoreError> {
    const SQL: &str = "/* selectors::of_hashes */ SELECT h.digest, h.algorithm FROM {byte_strings $1} \
         {join} content_hash h ON h.digest = {bytes j.value} \
         {join} binding b ON b.target_no = h.target_no AND b.agency_no = h.agency_no AND b.case_no = h.case_no \
         WHERE b.since_leaf <= h.leaf_index AND (b.visible & 8) = 0 GROUP BY h.digest, h.algorithm";
    query(SQL).bind_all(digests).fetch_all(connection).await?.iter().map(hash_key).collect()
}

fn link_id(bytes: &[u8]) -> Result<LinkId, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Value { column: "target.link_id" })?;
    Ok(LinkId::from_bytes(bytes))
}

fn hash_key(row: &Row) -> Result<HashKey, StoreError> {
    let digest: &[u8] = row.try_get("digest")?;
    let digest = digest.try_into().map_err(|_| StoreError::Value { column: "content_hash.digest" })?;
    Ok(HashKey { algorithm: row.try_get("algorithm")?, digest })
}
