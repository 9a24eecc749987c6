//! `ledger show`: one leaf.

use std::{path::Path, process::ExitCode};

use meldeverbund_proto::leaf::Kind;

use crate::{
    cli::{offline, output::print},
    flow::{agency_id, shown_leaf},
    store::{AgencyRow, LeafRow},
};

pub(super) async fn run(config: &Path, json: bool, index: u64) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let mut reader = store.reader().await?;
    let rows = LeafRow::range(&mut reader, index, 1).await?;
    let agencies = AgencyRow::all(&mut reader).await?;
    drop(reader);
    store.close().await;
    let Some(row) = rows.first() else { anyhow::bail!("the ledger has no leaf {index}") };
    let agency = agency_id(&agencies, row.agency);
    let hash = hex::encode(&row.leaf_hash);
    let kind = u16::try_from(row.kind).ok().and_then(Kind::from_number);
    let kind = kind.map_or_else(|| row.kind.to_string(), |kind| format!("{kind:?}"));
    let at = jiff::Timestamp::from_microsecond(row.recorded_at_us)?;
    let by = if agency.is_empty() { "the hub" } else { agency };
    let mut text = format!("leaf {index}: {kind} of {by}, {at}\nhash {hash}\n");
    let mut value = shown_leaf(row, agency).unwrap_or_else(|| {
        serde_json::json!({
            "index": index, "kind": row.kind, "recorded_at_us": row.recorded_at_us, "agency": agency,
            "redacted": true,
        })
    });
    value["leaf_hash"] = hash.into();
    match &row.payload {
        None => text.push_str("redacted: its digests alone are left\n"),
        Some(payload) => {
            let (statement, decision) = (hex::encode(&payload.statement), hex::encode(&payload.decision));
            text.push_str(&format!("statement {statement}\ndecision {decision}\n"));
        }
    }
    print(json, &value, &text)
}
