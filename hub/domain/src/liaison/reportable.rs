//! What a liaison body may be told of a target: what follows from the bindings that are visible to liaison, and nothing of the
//! others.

use std::collections::BTreeSet;

use meldeverbund_proto::v1::{HandlingCode, InformationGrade, SourceGrade};

use super::{Visibility, visibility::stricter};
use crate::AgencyNo;

/// A live binding, as far as liaison is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Whose case.
    pub agency: AgencyNo,
    /// What may be told of it; none: not known, and so nothing.
    pub visibility: Option<Visibility>,
    /// The leaf that bound it.
    pub since_leaf: i64,
    /// When that was recorded, microseconds since 1970 UTC; 0: not known.
    pub since_us: i64,
    /// True: it was said of another of the target's links, and of this one nothing.
    pub of_another_link: bool,
}

impl Bound {
    /// What may be told of it; none: it answers like none.
    fn visible(&self) -> Option<Visibility> {
        self.visibility.filter(|visibility| !visibility.hidden)
    }
}

/// What may be told of a target, before its handling takes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reportable {
    /// The strictest handling of the visible bindings.
    pub handling: HandlingCode,
    /// Whom to ask: the owner; where all that the owner has said of it is hidden, whose visible binding came first.
    pub contact: AgencyNo,
    /// When the first visible referral was recorded, microseconds since 1970 UTC.
    pub first_us: i64,
    /// When the newest was.
    pub last_us: i64,
    /// The contact's grading of the source.
    pub source: SourceGrade,
    /// The contact's grading of the information.
    pub information: InformationGrade,
}

/// What may be told of a target; none: it answers exactly like none.
pub fn reportable(owner: AgencyNo, bound: &[Bound]) -> Option<Reportable> {
    let visible = || bound.iter().filter_map(|one| Some((one, one.visible()?)));
    let (first, _) = visible().min_by_key(|(one, _)| one.since_leaf)?;
    // A hidden referral is as if it were not there: its agency is not named for it.
    let owner_is_hidden =
        bound.iter().any(|one| one.agency == owner) && visible().all(|(one, _)| one.agency != owner);
    let contact = if owner_is_hidden { first.agency } else { owner };
    let graded = visible().filter(|(one, _)| one.agency == contact);
    let graded = graded.max_by_key(|(one, _)| one.since_leaf).map(|(_, visibility)| visibility);
    let Visibility { source, information, .. } = graded.unwrap_or_default();
    Some(Reportable {
        handling: visible().map(|(_, one)| one.handling).fold(HandlingCode::Unspecified, stricter),
        contact,
        first_us: visible().map(|(one, _)| one.since_us).min()?,
        last_us: visible().map(|(one, _)| one.since_us).max()?,
        source,
        information,
    })
}

/// Who is told that a liaison body asked about a target: of a hit the owner and every bound agency that has not declined to be;
/// of what is hidden only those whose own referrals are. An owner is told in any case.
pub fn concerned(
    owner: AgencyNo,
    bound: &[Bound],
    declines: impl Fn(AgencyNo) -> bool,
) -> BTreeSet<AgencyNo> {
    let wishes = |agency: &AgencyNo| *agency == owner || !declines(*agency);
    let mut concerned: BTreeSet<_> = bound.iter().map(|one| one.agency).filter(wishes).collect();
    if reportable(owner, bound).is_some() {
        concerned.insert(owner);
    }
    concerned
}

#[cfg(test)]
mod tests {
    use super::*;

    const NW: AgencyNo = AgencyNo(1);
    const BY: AgencyNo = AgencyNo(2);
    const HH: AgencyNo = AgencyNo(3);

    fn bound(agency: AgencyNo, leaf: i64, visibility: Visibility) -> Bound {
        let (visibility, since_us) = (Some(visibility), leaf * 10);
        Bound { agency, visibility, since_leaf: leaf, since_us, of_another_link: false }
    }

    fn open(handling: HandlingCode) -> Visibility {
        Visibility { handling, ..Visibility::default() }
    }

    fn hidden() -> Visibility {
        Visibility { hidden: true, handling: HandlingCode::H3, ..Visibility::default() }
    }

    #[test]
    fn a_target_all_of_whose_bindings_are_hidden_is_like_none() {
        assert_eq!(reportable(NW, &[]), None);
        assert_eq!(reportable(NW, &[bound(NW, 1, hidden()), bound(BY, 2, hidden())]), None);
        let unknown = Bound { visibility: None, ..bound(NW, 1, open(HandlingCode::H0)) };
        assert_eq!(reportable(NW, &[unknown]), None, "what is not known is not told");
    }

    #[test]
    fn a_hidden_binding_changes_nothing_of_what_the_others_say() {
        let others = [
            bound(NW, 3, open(HandlingCode::H0)),
            bound(BY, 5, Visibility { source: SourceGrade::B, ..open(HandlingCode::H2) }),
        ];
        let alone = reportable(NW, &others).unwrap();
        assert_eq!((alone.handling, alone.contact), (HandlingCode::H2, NW), "the strictest counts");
        assert_eq!((alone.first_us, alone.last_us), (30, 50));
        assert_eq!(alone.source, SourceGrade::Unspecified, "the grading is the contact's");
        for leaf in [1, 4, 9] {
            let with = [others[0], bound(HH, leaf, hidden()), others[1]];
            assert_eq!(reportable(NW, &with), Some(alone));
        }
    }

    #[test]
    fn who_is_the_owner_by_a_hidden_referral_alone_is_not_named() {
        let others = [bound(BY, 5, open(HandlingCode::H1)), bound(HH, 4, open(HandlingCode::H0))];
        let seen = reportable(NW, &[others[0], others[1], bound(NW, 1, hidden())]).unwrap();
        assert_eq!((seen.contact, seen.first_us), (HH, 40));
        let by_rule = reportable(NW, &others).unwrap();
        assert_eq!(by_rule.contact, NW, "an owner that the rules name has referred nothing");
    }

    #[test]
    fn who_is_told() {
        let silent = |no: AgencyNo| no == BY;
        let all = [bound(NW, 1, open(HandlingCode::H0)), bound(BY, 2, hidden()), bound(HH, 3, hidden())];
        assert_eq!(concerned(NW, &all, |_| false), BTreeSet::from([NW, BY, HH]));
        assert_eq!(concerned(NW, &all, silent), BTreeSet::from([NW, HH]));
        assert_eq!(
            concerned(BY, &all, silent),
            BTreeSet::from([NW, BY, HH]),
            "an owner is always told of a hit"
        );
        let hidden = &all[1..];
        assert_eq!(concerned(NW, hidden, |_| false), BTreeSet::from([BY, HH]), "nobody of what others hide");
        assert_eq!(concerned(BY, hidden, silent), BTreeSet::from([BY, HH]));
    }
}
