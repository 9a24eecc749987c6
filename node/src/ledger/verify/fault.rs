//! What can be wrong with an export: where, what, and what it means, in one line.

use std::fmt;

use crate::text::{Lang, say};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing; what was verified stands.
    Warning,
    /// It does not hold.
    Fault,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: file and line, leaf or place in a tile.
    pub place: String,
    /// How bad it is.
    pub level: Level,
    /// What.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The keys are the export's own.
    OwnTrust,
    /// No key of the hub is known.
    NoHubKey,
    /// A file is not there.
    Missing,
    /// A file that belongs to no tile of this tree.
    Surplus,
    /// A file or line cannot be read; says why.
    Unreadable(String),
    /// A tile has another length than its place needs.
    Length {
        /// Bytes found.
        found: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// An entry is no leaf.
    NoLeaf,
    /// A leaf of a later format or kind.
    LaterLeaf,
    /// A leaf's time is before the one before it.
    Backwards,
    /// An entry does not have the hash that the tile has.
    EntryHash,
    /// A tile's hash is not that of the tile below.
    TileHash,
    /// The tiles lead to another root than the checkpoint's.
    Root,
    /// The checkpoint or a note is not signed as it should; says why.
    Signature(String),
    /// The checkpoint names another epoch than the leaves.
    EpochOfNote {
        /// As the note says.
        note: u32,
        /// As the leaves say.
        leaves: u32,
    },
    /// A record comes twice or out of order.
    Order,
    /// A record is about a leaf that the tree does not have.
    NoSuchLeaf,
    /// An event is not what its leaf commits to.
    Event,
    /// An event that is not public, of another agency.
    Stranger,
    /// A leaf that keys or epochs depend on has no event.
    EventMissing,
    /// The statement of a key, epoch or redaction cannot be read, or does not fit.
    Statement(String),
    /// A hub key that no key before vouches for.
    KeyChain(String),
    /// A key that is not in office any more signed alone.
    OldKey,
    /// Two witnesses have one public key.
    SharedKey,
    /// None of the trusted hub keys is one of the ledger's.
    ForeignKey,
    /// An epoch does not follow from the one before.
    Epoch(String),
    /// A receipt does not prove its leaves.
    Receipt(String),
    /// The leaves that a receipt promised are not in the ledger.
    Promised,
    /// The tree of a receipt is not the beginning of this ledger.
    ReceiptTree,
    /// The tree of a checkpoint that was seen is not the beginning of this ledger.
    Seen,
    /// An epoch kept less than was witnessed, and does not say so.
    GivenUp,
    /// An envelope's signature is not one of the agency's registered key; says why.
    Envelope(String),
    /// The envelope is not about the leaves.
    EnvelopeLeaves,
    /// The key is revoked for these leaves.
    Revoked {
        /// From which leaf on.
        from: u64,
    },
    /// A receipt that this office had found wanting.
    KnownUnproven,
    /// Leaves that a later epoch did not keep.
    KnownGivenUp,
    /// A receipt whose leaves are behind the exported tree.
    Newer,
    /// Too few witnesses vouch for the checkpoint.
    NotFinal {
        /// Agencies that vouch.
        given: usize,
        /// Agencies that are asked.
        pinned: usize,
    },
}

impl Fault {
    /// How bad it is.
    pub fn level(&self) -> Level {
        match self {
            Self::OwnTrust
            | Self::LaterLeaf
            | Self::NotFinal { .. }
            | Self::Revoked { .. }
            | Self::OldKey
            | Self::KnownGivenUp
            | Self::Newer => Level::Warning,
            _ => Level::Fault,
        }
    }

    /// Its name for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OwnTrust => "own_trust",
            Self::NoHubKey => "no_hub_key",
            Self::Missing => "missing",
            Self::Surplus => "surplus",
            Self::Unreadable(_) => "unreadable",
            Self::Length { .. } => "length",
            Self::NoLeaf => "no_leaf",
            Self::LaterLeaf => "later_leaf",
            Self::Backwards => "backwards",
            Self::EntryHash => "entry_hash",
            Self::TileHash => "tile_hash",
            Self::Root => "root",
            Self::Signature(_) => "signature",
            Self::EpochOfNote { .. } => "epoch_of_note",
            Self::Order => "order",
            Self::NoSuchLeaf => "no_such_leaf",
            Self::Event => "event",
            Self::Stranger => "stranger",
            Self::EventMissing => "event_missing",
            Self::Statement(_) => "statement",
            Self::KeyChain(_) => "key_chain",
            Self::OldKey => "old_key",
            Self::SharedKey => "shared_key",
            Self::ForeignKey => "foreign_key",
            Self::Epoch(_) => "epoch",
            Self::Receipt(_) => "receipt",
            Self::Promised => "promised",
            Self::ReceiptTree => "receipt_tree",
            Self::Seen => "seen",
            Self::GivenUp => "given_up",
            Self::Envelope(_) => "envelope",
            Self::EnvelopeLeaves => "envelope_leaves",
            Self::Revoked { .. } => "revoked",
            Self::KnownUnproven => "known_unproven",
            Self::KnownGivenUp => "known_given_up",
            Self::Newer => "newer",
            Self::NotFinal { .. } => "not_final",
        }
    }

    /// What is wrong and what it means.
    pub fn text(&self, lang: Lang) -> String {
        let words = |de: &str, en: &str| say(lang, de.to_owned(), en.to_owned());
        match self {
            Self::OwnTrust => words(
                "die Schlüssel stammen aus dem Auszug selbst; wer ihn fälscht, fälscht sie mit. Besser: --hub-key, --witness",
                "the keys are the export's own; whoever forges it forges them, too. Better: --hub-key, --witness",
            ),
            Self::NoHubKey => words(
                "kein Schlüssel des Hubs bekannt: Unterschriften lassen sich nicht prüfen",
                "no key of the hub is known: signatures cannot be verified",
            ),
            Self::Missing => {
                words("fehlt: der Auszug ist unvollständig", "is missing: the export is incomplete")
            }
            Self::Surplus => words(
                "gehört nicht zu einem Baum dieser Größe: hinzugefügt",
                "does not belong to a tree of this size: added",
            ),
            Self::Unreadable(why) => say(
                lang,
                format!("nicht lesbar ({why}): verändert oder beschädigt"),
                format!("cannot be read ({why}): changed or damaged"),
            ),
            Self::Length { found, needed } => say(
                lang,
                format!("{found} statt {needed} Bytes: Blätter fehlen oder sind zu viel"),
                format!("{found} bytes instead of {needed}: leaves are missing or too many"),
            ),
            Self::NoLeaf => words("kein Blatt: verändert oder beschädigt", "is no leaf: changed or damaged"),
            Self::LaterLeaf => words(
                "eine Art, die diese Fassung nicht kennt; sein Platz im Nachweisbuch ist geprüft",
                "of a kind that this version does not know; its place in the ledger is verified",
            ),
            Self::Backwards => words(
                "früher als das Blatt davor: rückdatiert oder eingeschoben",
                "earlier than the leaf before it: backdated or slipped in",
            ),
            Self::EntryHash => words(
                "nicht das Blatt, auf das sich das Nachweisbuch festgelegt hat: verändert",
                "not the leaf that the ledger committed to: changed",
            ),
            Self::TileHash => words(
                "passt nicht zur Kachel darunter: eine von beiden ist verändert",
                "does not fit the tile below: one of them is changed",
            ),
            Self::Root => words(
                "die Kacheln führen nicht zur unterschriebenen Wurzel: dies ist nicht das unterschriebene Nachweisbuch",
                "the tiles do not lead to the signed root: this is not the ledger that was signed",
            ),
            Self::Signature(why) => say(
                lang,
                format!("Unterschrift ungültig ({why}): der Hub steht nicht dafür ein"),
                format!("not signed as it should be ({why}): the hub does not stand by it"),
            ),
            Self::EpochOfNote { note, leaves } => say(
                lang,
                format!("nennt Epoche {note}, die Blätter führen zu Epoche {leaves}"),
                format!("names epoch {note}, the leaves lead to epoch {leaves}"),
            ),
            Self::Order => words("doppelt oder nicht in der Reihenfolge", "twice, or out of order"),
            Self::NoSuchLeaf => words(
                "das Nachweisbuch hat kein solches Blatt: abgeschnitten oder erfunden",
                "the ledger has no such leaf: cut off or made up",
            ),
            Self::Event => words(
                "nicht das, worauf sich das Blatt festgelegt hat: Inhalt, Zeit oder Art ist verändert",
                "not what the leaf committed to: content, time or kind is changed",
            ),
            Self::Stranger => words(
                "die Aussage einer anderen Behörde, als eigene gezeigt",
                "another agency's statement, shown as this one's own",
            ),
            Self::EventMissing => words(
                "der Vorgang zu diesem Blatt fehlt: Schlüssel und Epochen lassen sich nicht verfolgen",
                "the event of this leaf is missing: keys and epochs cannot be followed",
            ),
            Self::Statement(why) => {
                say(lang, format!("Aussage unbrauchbar: {why}"), format!("the statement is of no use: {why}"))
            }
            Self::KeyChain(why) => say(
                lang,
                format!("Schlüsselwechsel nicht belegt ({why}): ein fremder Schlüssel"),
                format!("the change of key is not vouched for ({why}): a stranger's key"),
            ),
            Self::OldKey => words(
                "nur von einem abgelösten Schlüssel des Hubs unterschrieben: verspätet, oder der Schlüssel ist gestohlen",
                "signed by a key alone that was out of office: late, or the key was stolen",
            ),
            Self::SharedKey => words(
                "zwei Zeugen haben denselben öffentlichen Schlüssel: eine Stimme zählte doppelt",
                "two witnesses have one public key: one vote would count twice",
            ),
            Self::ForeignKey => words(
                "keiner der vertrauten Schlüssel des Hubs kommt im Nachweisbuch vor: ein anderes Nachweisbuch",
                "none of the trusted hub keys is one of the ledger's: another ledger",
            ),
            Self::Epoch(why) => {
                say(lang, format!("Epoche unstimmig: {why}"), format!("the epoch does not follow: {why}"))
            }
            Self::Receipt(why) => say(
                lang,
                format!("die Eingangsbestätigung beweist nichts ({why})"),
                format!("the receipt proves nothing ({why})"),
            ),
            Self::Promised => words(
                "zugesagte Blätter stehen nicht im Nachweisbuch: verschwiegen oder ersetzt",
                "promised leaves are not in the ledger: left out or replaced",
            ),
            Self::ReceiptTree => words(
                "das bestätigte Nachweisbuch ist nicht der Anfang dieses: die Geschichte wurde geändert",
                "the ledger that was confirmed is not the beginning of this one: history was changed",
            ),
            Self::Seen => words(
                "das früher gesehene Nachweisbuch ist nicht der Anfang dieses: die Geschichte wurde geändert",
                "the ledger that was seen before is not the beginning of this one: history was changed",
            ),
            Self::GivenUp => words(
                "eine spätere Epoche hat Bezeugtes aufgegeben, ohne es zu nennen",
                "a later epoch gave up what was witnessed without saying so",
            ),
            Self::Envelope(why) => say(
                lang,
                format!("nicht von der Behörde unterschrieben ({why})"),
                format!("not signed by the agency ({why})"),
            ),
            Self::EnvelopeLeaves => words(
                "die Unterschrift gilt anderen Aussagen als diesen Blättern",
                "the signature is over other statements than these leaves",
            ),
            Self::Revoked { from } => say(
                lang,
                format!("der Schlüssel ist ab Blatt {from} widerrufen: die Unterschrift zählt nicht"),
                format!("the key is revoked from leaf {from} on: the signature does not count"),
            ),
            Self::KnownUnproven => words(
                "diese Behörde hatte die Eingangsbestätigung schon beanstandet",
                "this office had found the receipt wanting already",
            ),
            Self::KnownGivenUp => words(
                "eine spätere Epoche hat diese Blätter nicht übernommen; sie sagt es",
                "a later epoch did not keep these leaves, and says so",
            ),
            Self::Newer => words(
                "jünger als der Prüfpunkt des Auszugs: gegen diesen Baum nicht prüfbar",
                "newer than the export's checkpoint: cannot be held against this tree",
            ),
            Self::NotFinal { given, pinned } => say(
                lang,
                format!("mitgezeichnet von {given} von {pinned}: noch nicht endgültig"),
                format!("cosigned by {given} of {pinned}: not final yet"),
            ),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.fault.text(Lang::En))
    }
}
