//! The export: a folder with which anybody can verify the ledger as far as this office may see it, without hub, store,
//! network or configuration.
//!
//! ```text
//! checkpoint                     the newest published checkpoint: a C2SP signed note with its cosignatures
//! tile/<L>/<N>[.p/<W>]           hash tiles of the tree of that checkpoint's size (C2SP tlog-tiles, height 8)
//! tile/entries/<N>[.p/<W>]       entry bundles of the same tree; an entry is a leaf, 75 bytes
//! keys.json                      whom this office trusts
//! events/<NNNNNN>.jsonl          what leaves commit to: the own ones and the public ones
//! envelopes.jsonl                what this office signed
//! receipts.jsonl                 what the hub promised this office
//! seen.jsonl                     older checkpoints that this office has verified
//! ```
//!
//! Every `.jsonl` file has one JSON object a line, each line ended by `\n`, and may be empty; `events/` has no empty files.
//! Field names and meanings do not change within the format; fields may be added, and a reader ignores those it does not
//! know. Bytes are lower-case hexadecimal. Numbers are JSON integers. Times are microseconds since 1970-01-01T00:00:00Z.
//! Leaf indices count from 0. Every folder and file but `keys.json` and `checkpoint` is absent if it would be empty; an
//! absent `.jsonl` file reads as an empty one.
//!
//! # `checkpoint`, `tile/`
//!
//! The bytes that the hub serves as `/ledger/checkpoint` and `/ledger/tile/…`. All tiles of the tree are there, partial ones
//! only as wide as the checkpoint's size needs: level 0 has ⌊size / 256⌋ full tiles and, if size mod 256 > 0, one partial of
//! that width; level L+1 has one hash per full tile of level L; the highest level is the last that has a hash. 255 leaves have
//! level 0 alone, 256 a full tile of level 0 and one hash of level 1. An entry bundle is for each entry its length (2 bytes,
//! big-endian, always 75) and the entry.
//!
//! # `keys.json`
//!
//! ```text
//! {
//!   "format": "meldeverbund ledger export v1",
//!   "trust_domain": "meldeverbund.example",
//!   "agency": "de-nw-lka",                        whose export it is
//!   "exported_at_us": 1800000000000000,
//!   "hub_keys": ["<vkey>", …],                    keys of the hub that this office trusts
//!   "hub_keys_pinned": true,                      false: taken from the hub at first use
//!   "witnesses": ["<vkey>", …]                    witness keys pinned at this office; one vote an agency
//! }
//! ```
//!
//! A verifier takes keys from its own arguments where it is given any; trusting the ones in the file is worth a warning. Keys
//! that agencies registered, and later keys of the hub, are not in this file: they stand in the ledger's own leaves, whose
//! events are all in `events/` (kinds 12 to 15, 17, 18).
//!
//! # `events/<NNNNNN>.jsonl`
//!
//! File `NNNNNN` (six digits or more, decimal) has events of the leaves `[NNNNNN · 65536, (NNNNNN + 1) · 65536)`, ascending
//! by index, each index once. Own events are this office's referrals and decisions as far as their retention has not ended;
//! public ones are those of the kinds 4 to 8 and 11 to 19. The form is that of `/ledger/event/<index>`:
//!
//! ```text
//! {
//!   "index": 17,
//!   "kind": 1,
//!   "recorded_at_us": 1800000000000000,
//!   "agency": "de-nw-lka",                        who stated it
//!   "salt": "<32 bytes>",
//!   "statement": "<bytes>",                       the canonical statement
//!   "decision": "<bytes>"                         the canonical decision; may be empty
//! }
//! ```
//!
//! The leaf at `index` has this kind and time, statement digest SHA-256("meldeverbund statement v1\0" ‖ salt ‖ statement) and
//! decision digest SHA-256("meldeverbund decision v1\0" ‖ salt ‖ decision).
//!
//! # `envelopes.jsonl`
//!
//! Ascending by first leaf; one for each own submission or decision that was signed and has leaves:
//!
//! ```text
//! {
//!   "first_leaf": 17,
//!   "leaf_count": 3,
//!   "envelope": { "payload": "<base64>", "payloadType": "application/vnd.meldeverbund.batch.v1",
//!                 "signatures": [ { "keyid": "<vkey>", "sig": "<base64>" } ] }
//! }
//! ```
//!
//! The envelope is DSSE with one signature, its payload a batch statement (tags: 1 agency, 2 command, 3 statement digests). The statement
//! digests of the leaves `[first_leaf, first_leaf + leaf_count)` stand among the payload's digests in the same order; a digest
//! without a leaf is a referral that the hub refused. The key is a statement key that a leaf of kind 12 before `first_leaf`
//! registered for the agency and that no leaf of kind 13 revoked for it.
//!
//! # `receipts.jsonl`
//!
//! Ascending by first leaf; one for each own submission, decision or step of a disclosure that the hub has answered with a receipt:
//!
//! ```text
//! {
//!   "command": "<UUID>",                          the submission's or the command's id
//!   "kind": 1,                                    of all its leaves: 1 referral, 9 decision
//!   "recorded_at_us": 1800000000000000,           time of all its leaves
//!   "first_leaf": 17,
//!   "statement_digests": ["<32 bytes>", …],       one per leaf, from this office's own statements
//!   "decision_digests": ["<32 bytes>", …],        one per leaf, as the hub named them
//!   "note": "<signed note>",                      the checkpoint that the hub answered with
//!   "before": ["<32 bytes>", …],                  compact range [0, first_leaf)
//!   "after": ["<32 bytes>", …],                   compact range [first_leaf + leaves, size of the note)
//!   "state": "proven"                             what this office found: "proven", "unproven", "unchecked" or "given_up"
//! }
//! ```
//!
//! The leaf hashes are SHA-256(0x00 ‖ 0x01 ‖ kind (2) ‖ recorded_at_us (8) ‖ statement digest ‖ decision digest). `before`,
//! they and `after`, put together as the hashes of perfect subtrees from left to right, lead to the root that the note signs.
//! The note's epoch is in its origin; its tree is a prefix of the exported one unless a later epoch kept fewer leaves.
//!
//! # `seen.jsonl`
//!
//! Ascending by epoch, then size:
//!
//! ```text
//! { "epoch": 1, "size": 1234, "note": "<signed note with the cosignatures known then>", "seen_at_us": 1800000000000000 }
//! ```
//!
//! In its own epoch each is a prefix of the exported tree. One of an earlier epoch is, too, unless it is larger than what the
//! next epoch kept; then that epoch's first leaf must name a checkpoint at least as large.

mod make;
mod writer;

use meldeverbund_proto::node::v1::ExportLedgerResponse;
use tokio::sync::mpsc;
use tonic::{Status, transport::Channel};

use self::writer::Writer;
use crate::{
    node::Node,
    store::StoreError,
    witness::files::{FileError, Files},
};

/// An export cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No checkpoint was verified yet.
    #[error("no checkpoint of the ledger was verified yet")]
    NothingSeen,
    /// Whoever asked has gone.
    #[error("nobody takes the export any more")]
    Gone,
    /// A file cannot be had.
    #[error(transparent)]
    File(#[from] FileError),
    /// A bundle of entries is none.
    #[error("{0} is no bundle of entries")]
    Tile(String),
    /// An envelope is none.
    #[error("the envelope of leaf {0} is none")]
    Envelope(u64),
    /// What was kept cannot be read.
    #[error("what this node kept of the ledger cannot be read")]
    Store,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Makes the export, part by part.
///
/// # Errors
/// See [`ExportError`]; what was handed over by then is of no use.
pub(crate) async fn export(
    node: &Node,
    channel: &Channel,
    parts: mpsc::Sender<Result<ExportLedgerResponse, Status>>,
) -> Result<(), ExportError> {
    make::make(node, &Files::new(channel), &mut Writer::new(parts)).await
}
