//! Pairs of targets, as forms name them.

use std::collections::BTreeSet;

use meldeverbund_proto::TargetId;

use crate::flow::Seen;

/// A pair that somebody chose, and how far it had come then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) one: TargetId,
    pub(super) other: TargetId,
    pub(super) seen: Seen,
}

/// The pairs that a form's check boxes name, each once.
pub(super) fn choices<'s>(boxes: impl Iterator<Item = &'s str>) -> Vec<Choice> {
    let mut once = BTreeSet::new();
    let read = boxes.filter_map(|text| {
        let mut parts = text.splitn(3, '.');
        let mut id = || parts.next()?.parse::<TargetId>().ok();
        let (one, other) = (id()?, id()?);
        Some(Choice { one, other, seen: parts.next()?.parse().ok()? })
    });
    read.filter(|choice| once.insert((*choice.one.as_bytes(), *choice.other.as_bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_box_names_a_pair_and_what_was_seen_of_it() {
        let [one, other] = ["018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002"];
        let text = format!("{one}.{other}.3-0-7");
        let read = choices([&*text, &*text, "x.y.1-2-3", "", &format!("{one}.{other}")].into_iter());
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].one.to_string(), read[0].seen),
            (one.to_owned(), Seen { one: 3, other: 0, rejected: 7 })
        );
    }
}
