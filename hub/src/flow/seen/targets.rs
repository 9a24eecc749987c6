//! Which targets a text names.

use meldeverbund_proto::TargetId;

use super::super::Hub;
use crate::store::TargetIds;

/// How an id is written: `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
const ID_CHARS: usize = 36;

/// The targets whose ids stand in a text, each once, in the order of their ids. Nothing else reads as such an id: one that was
/// made up stands for no number.
pub fn targets_in(hub: &Hub, text: &[u8]) -> Vec<TargetId> {
    targets(hub.store().target_ids(), text)
}

fn targets(ids: &TargetIds, text: &[u8]) -> Vec<TargetId> {
    let written = text.windows(ID_CHARS).filter(|window| window[8] == b'-' && window[13] == b'-');
    let read = written.filter_map(|window| std::str::from_utf8(window).ok()?.parse::<TargetId>().ok());
    let mut found: Vec<_> = read.filter(|id| ids.number(*id).is_some()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use meldeverbund_domain::TargetNo;

    use super::*;

    #[test]
    fn ids_of_targets_are_found_wherever_they_stand() {
        let ids = TargetIds::new([3; 32]);
        let [one, two, three] = [1, 2, 3].map(|number| ids.id(TargetNo(number)));
        let foreign = TargetIds::new([4; 32]).id(TargetNo(1));
        let text = format!(
            "<a href=\"/targets/{one}#x\">{one}</a> <tr id=\"row-{two}\"> ü{three}ü {foreign} \
             018f0000-0000-7000-8000-000000000000"
        );
        let mut expected = vec![one, two, three];
        expected.sort_unstable();
        assert_eq!(targets(&ids, text.as_bytes()), expected);
        assert_eq!(targets(&ids, &one.to_string().as_bytes()[1..]), []);
        assert_eq!(targets(&ids, b""), []);
    }
}
