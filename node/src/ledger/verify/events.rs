//! Events: each is what its leaf committed to.

use meldeverbund_proto::leaf::Leaf;

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
        if !self.registry.trusted.is_empty() && !self.registry.is_own_chain() {
            self.fault("keys.json", Fault::ForeignKey);
        }
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
        self.summary.events += 1;
        if let Err(fault) = self.registry.read(event, kind) {
            self.fault(format!("{place} (leaf {})", event.index), fault);
        }
    }
}
