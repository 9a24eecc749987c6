//! Events: each is what its leaf committed to.

use meldeverbund_proto::{canon::Reader, leaf::Leaf};

use super::{
    Fault, Verifier,
    files::{LEAVES_PER_FILE, event_file},
};
use crate::witness::{files::Event, leaf_of};

impl Verifier<'_> {
    /// Verifies all events and learns from them of keys and epochs.
    pub(super) fn events(&mut self) {
        let files = match self.folder.event_files() {
            Ok(files) => files,
            Err(error) => {
                self.fault("events", Fault::Unreadable(error.to_string()));
                Vec::new()
            }
        };
        let mut free = 0;
        for number in files {
            let name = event_file(number);
            let mut lines = match self.folder.lines(&name) {
                Ok(lines) => lines,
                Err(error) => {
                    self.fault(name, Fault::Unreadable(error.kind().to_string()));
                    continue;
                }
            };
            while let Some((line, event)) = lines.next::<Event>() {
                let place = format!("{name}:{line}");
                match event {
                    Ok(event) if event.index < free || event.index / LEAVES_PER_FILE != number => {
                        self.fault(place, Fault::Order);
                    }
                    Ok(event) => {
                        free = event.index + 1;
                        self.event(place, &event);
                    }
                    Err(why) => self.fault(place, Fault::Unreadable(why)),
                }
            }
        }
        for index in self.registry.missing().to_vec() {
            self.fault(format!("leaf {index}"), Fault::EventMissing);
        }
        self.epochs();
        if !self.registry.trusted.is_empty() && !self.registry.is_own_chain() {
            self.fault("keys.json", Fault::ForeignKey);
        }
    }

    /// What an epoch's first leaf names and it kept is the beginning of this tree.
    fn epochs(&mut self) {
        // A key that signed before a restore may have come into office again behind the epoch's first leaf.
        for (first, fault) in self.registry.name_checkpoints() {
            self.fault(format!("leaf {first}"), fault);
        }
        for epoch in self.registry.epochs.clone() {
            let Some((named_epoch, size, root)) = epoch.named else { continue };
            let place = format!("leaf {}", epoch.first);
            if named_epoch >= epoch.number {
                self.fault(
                    place,
                    Fault::Epoch("it names a checkpoint of an epoch that is not before it".into()),
                );
            } else if size <= self.registry.kept(named_epoch).unwrap_or(u64::MAX).min(self.tiles.size())
                && self.tiles.root(size).is_ok_and(|found| found != root)
            {
                self.fault(place, Fault::Epoch("the checkpoint that it names is another tree's".into()));
            }
        }
    }

    /// Whether this office stated it, and the statement says so: what others stated is not its to show.
    fn is_own(&self, event: &Event) -> bool {
        let stated = Reader::new(&event.statement).text(1);
        event.agency == self.registry.agency && stated.is_ok_and(|stated| stated == event.agency)
    }

    fn event(&mut self, place: String, event: &Event) {
        if event.index >= self.tiles.size() {
            return self.fault(place, Fault::NoSuchLeaf);
        }
        // A bundle that cannot be read was told with the tree.
        let Ok(bytes) = self.tiles.leaf(event.index) else { return };
        let leaf = leaf_of(event).filter(|leaf| leaf.to_bytes()[..] == bytes[..]);
        let Some(Leaf { kind, .. }) = leaf else {
            return self.fault(format!("{place} (leaf {})", event.index), Fault::Event);
        };
        if !kind.is_public() && !self.is_own(event) {
            return self.fault(format!("{place} (leaf {})", event.index), Fault::Stranger);
        }
        self.summary.events += 1;
        if let Err(fault) = self.registry.read(event, kind) {
            self.fault(format!("{place} (leaf {})", event.index), fault);
        }
    }
}
