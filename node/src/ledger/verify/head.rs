//! Whom to believe, and the checkpoint that all else is held against.

use std::collections::HashSet;

use meldeverbund_proto::note::{Checkpoint, Note, VerifierKey};

use super::{Fault, Origin, Verifier, files::FORMAT};
use crate::witness::Votes;

impl Verifier<'_> {
    /// Takes from the export whom the caller did not name.
    pub(super) fn keys(&mut self) {
        const NAME: &str = "keys.json";
        let text = match self.folder.text(NAME) {
            Ok(Some(text)) => text,
            Ok(None) => return self.fault(NAME, Fault::Missing),
            Err(error) => return self.fault(NAME, Fault::Unreadable(error.kind().to_string())),
        };
        let origin: Origin = match serde_json::from_str(&text) {
            Ok(origin) => origin,
            Err(error) => {
                let why = format!("line {}, column {}", error.line(), error.column());
                return self.fault(NAME, Fault::Unreadable(why));
            }
        };
        if origin.format != FORMAT {
            return self.fault(NAME, Fault::Unreadable("another format".into()));
        }
        let pins = if self.trust.witnesses.is_empty() { NAME } else { "--witness" };
        let own = self.trust.hub_keys.is_empty() || self.trust.witnesses.is_empty();
        if self.trust.hub_keys.is_empty() {
            self.trust.hub_keys = origin.hub_keys;
        }
        if self.trust.witnesses.is_empty() {
            self.trust.witnesses = origin.witnesses;
        }
        if own {
            self.fault(NAME, Fault::OwnTrust);
        }
        if self.trust.hub_keys.is_empty() {
            self.fault(NAME, Fault::NoHubKey);
        }
        // A cosignature does not say under which name it was made.
        let public: HashSet<_> = self.trust.witnesses.iter().map(VerifierKey::public_key).collect();
        let names: HashSet<_> = self.trust.witnesses.iter().map(ToString::to_string).collect();
        if public.len() < names.len() {
            self.fault(pins, Fault::SharedKey);
        }
        self.registry.trust_domain = origin.trust_domain;
        self.registry.agency = origin.agency;
        self.registry.trusted = self.trust.hub_keys.clone();
    }

    /// The checkpoint, whoever signed it.
    pub(super) fn head(&mut self) -> Option<Checkpoint> {
        let checkpoint = self.head_note().and_then(|note| note.text().parse::<Checkpoint>().ok());
        let Some(checkpoint) = checkpoint.filter(|checkpoint| checkpoint.ledger().is_ok()) else {
            let fault = match self.folder.text("checkpoint") {
                Ok(None) => Fault::Missing,
                Ok(Some(_)) => Fault::Unreadable("no checkpoint of a ledger".into()),
                Err(error) => Fault::Unreadable(error.kind().to_string()),
            };
            self.fault("checkpoint", fault);
            return None;
        };
        self.summary.size = checkpoint.size;
        Some(checkpoint)
    }

    /// The checkpoint's signatures, by keys that are known once the events are read.
    pub(super) fn signed(&mut self, head: &Checkpoint) {
        let Some(note) = self.head_note() else { return };
        if let Err(fault) = self.verified("checkpoint", &note.to_string()) {
            self.fault("checkpoint", fault);
        }
        let votes = Votes::count(&note, &self.trust.witnesses);
        (self.summary.votes, self.summary.witnesses) = (votes.given, votes.pinned);
        if !votes.are_enough() {
            let Votes { given, pinned } = votes;
            self.fault("checkpoint", Fault::NotFinal { given, pinned });
        }
        if let Ok(origin) = head.ledger() {
            self.summary.epoch = origin.epoch;
            let leaves = self.registry.epoch_of(head.size);
            if origin.epoch != leaves {
                self.fault("checkpoint", Fault::EpochOfNote { note: origin.epoch, leaves });
            }
            if origin.trust_domain != self.registry.trust_domain {
                let why = format!("it is a ledger of {}", origin.trust_domain);
                self.fault("checkpoint", Fault::Signature(why));
            }
        }
    }

    /// The checkpoint for which a note vouches, with all its known signatures.
    pub(super) fn verified(&mut self, place: &str, note: &str) -> Result<Checkpoint, Fault> {
        let note: Note = note.parse().map_err(|_| Fault::Signature("the note is none".into()))?;
        let witnesses = self.trust.witnesses.iter().chain(self.registry.registered_witnesses()).cloned();
        let keys: Vec<VerifierKey> = self.registry.hub_keys().into_iter().chain(witnesses).collect();
        let verified = Checkpoint::verified(&note, &keys);
        let (checkpoint, signed) = verified.map_err(|error| Fault::Signature(error.to_string()))?;
        let office = self.registry.key_in_office(checkpoint.size);
        if office.is_some_and(|office| !signed.iter().any(|key| **key == office)) {
            self.fault(place, Fault::OldKey);
        }
        Ok(checkpoint)
    }

    fn head_note(&self) -> Option<Note> {
        self.folder.text("checkpoint").ok().flatten()?.parse().ok()
    }
}
