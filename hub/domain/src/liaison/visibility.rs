//! What an agency says of a referral to liaison bodies: whether it may be told of at all, its handling and grading.

use meldeverbund_proto::v1::{HandlingCode, InformationGrade, Referral, SourceGrade};

/// What may be told of a binding. As a number (`to_number`) it stands beside the binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visibility {
    /// True: as if it did not exist.
    pub hidden: bool,
    /// What others may do with it.
    pub handling: HandlingCode,
    /// Grading of the source.
    pub source: SourceGrade,
    /// Grading of the information.
    pub information: InformationGrade,
}

const HIDDEN: i64 = 1 << 3;
const SOURCE_SHIFT: u32 = 4;
const INFORMATION_SHIFT: u32 = 7;
/// Each of the three has values up to 4.
const MASK: i64 = 7;

impl Visibility {
    /// What a referral says.
    pub fn of(referral: &Referral) -> Self {
        Self {
            hidden: referral.hidden_from_liaison,
            handling: referral.handling(),
            source: referral.source_grade(),
            information: referral.information_grade(),
        }
    }

    /// As it is stored: 3 bits each for handling, source and information, and one for hidden.
    pub fn to_number(self) -> i64 {
        let hidden = if self.hidden { HIDDEN } else { 0 };
        let (source, information) = (i64::from(self.source as i32), i64::from(self.information as i32));
        i64::from(self.handling as i32) | hidden | source << SOURCE_SHIFT | information << INFORMATION_SHIFT
    }

    /// Back from its number; none: no version has written it.
    pub fn from_number(number: i64) -> Option<Self> {
        let part = |shift: u32| i32::try_from(number >> shift & MASK).ok();
        let visibility = Self {
            hidden: number & HIDDEN != 0,
            handling: HandlingCode::try_from(part(0)?).ok()?,
            source: SourceGrade::try_from(part(SOURCE_SHIFT)?).ok()?,
            information: InformationGrade::try_from(part(INFORMATION_SHIFT)?).ok()?,
        };
        (visibility.to_number() == number).then_some(visibility)
    }

    /// What two referrals of one case say together: the stricter handling, hidden if either is, and the later grading where it
    /// grades.
    #[must_use]
    pub fn with(self, later: Self) -> Self {
        let graded = later.source != SourceGrade::Unspecified;
        let informed = later.information != InformationGrade::Unspecified;
        Self {
            hidden: self.hidden || later.hidden,
            handling: stricter(self.handling, later.handling),
            source: if graded { later.source } else { self.source },
            information: if informed { later.information } else { self.information },
        }
    }
}

/// The stricter of two codes: they grow stricter with their number.
pub(super) fn stricter(one: HandlingCode, other: HandlingCode) -> HandlingCode {
    if one as i32 >= other as i32 { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Visibility> {
        let numbers = (0..5).flat_map(|a| (0..5).flat_map(move |b| (0..5).map(move |c| (a, b, c))));
        numbers.flat_map(|(a, b, c)| {
            [false, true].map(|hidden| Visibility {
                hidden,
                handling: HandlingCode::try_from(a).unwrap(),
                source: SourceGrade::try_from(b).unwrap(),
                information: InformationGrade::try_from(c).unwrap(),
            })
        })
    }

    #[test]
    fn each_has_a_number_of_its_own() {
        let numbers: std::collections::BTreeSet<_> = all().map(Visibility::to_number).collect();
        assert_eq!(numbers.len(), 250);
        for one in all() {
            assert_eq!(Visibility::from_number(one.to_number()), Some(one));
        }
        assert_eq!(Visibility::default().to_number(), 0, "most referrals say nothing");
        for wrong in [5, 7, 5 << 4, 5 << 7, 1 << 10, -1, i64::MAX] {
            assert_eq!(Visibility::from_number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn two_of_one_case_are_as_strict_as_the_stricter() {
        for one in all() {
            for other in all() {
                let both = one.with(other);
                assert_eq!(both.hidden, one.hidden || other.hidden);
                assert_eq!(both.handling as i32, (one.handling as i32).max(other.handling as i32));
                assert_eq!(both.with(other), both, "saying it again changes nothing");
            }
        }
        let graded = Visibility { source: SourceGrade::A, ..Visibility::default() };
        assert_eq!(graded.with(Visibility::default()).source, SourceGrade::A, "silence keeps the grade");
    }
}
