//! What is counted: figures without overlap, from which every number that is shown is a sum.

/// A figure. Each stands for itself: what is shown as one number (referred, owned, gone within a week) is a sum of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// Referrals that opened a target.
    Opened,
    /// Referrals of a target whose last round was over: they opened the next one.
    Reopened,
    /// Referrals of a target that another agency's case was bound to already.
    Joined,
    /// Referrals of a target that the agency's own case was bound to already.
    Repeated,
    /// Targets that the central office found to be another one.
    Merged,
    /// Targets that turned out to be two.
    Parted,
    /// Targets whose round is open, by what they wait for; comings and goings.
    Waiting(Wait),
    /// Rounds whose first notice left, by where the provider has its seat.
    Notified(Seat),
    /// Of those, rounds that ended because it was gone, by how long that took; counted in the month of the notice.
    Gone(Seat, Spell),
    /// Rounds that ended.
    Ended(Ended),
    /// Rounds that began because what had been gone was seen again.
    Reappeared,
    /// Complaints.
    Complaints,
    /// Complaints that were upheld.
    Upheld,
}

/// What a target with an open round waits for; the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// A hold stands, in force or lapsed.
    Held,
    /// The ownership is proposed, offered or disputed.
    Owner,
    /// Gates are not set, or somebody may still object.
    Conditions,
    /// Everything is there: the owner has to ask for the grant.
    Grant,
    /// The grant is there: the notice has to leave, or is under way.
    Dispatch,
    /// The provider was notified.
    Provider,
}

/// Where the provider of a host has its seat, by the host rules in force, at the time of the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Seat {
    /// In Germany.
    #[serde(rename = "d")]
    Domestic,
    /// In another country.
    #[serde(rename = "a")]
    Abroad,
    /// The rules do not say.
    #[serde(rename = "u")]
    Unknown,
}

/// How long after the first notice it was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spell {
    /// Within 2 days.
    TwoDays,
    /// Later, within 7 days.
    Week,
    /// Later, within 28 days.
    FourWeeks,
    /// Later than that.
    Later,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Ended {
    /// Gone after a notice.
    Gone,
    /// Gone before any notice.
    GoneBefore,
    /// The provider refused.
    Refused,
    /// Nobody could be notified.
    NotForwardable,
    /// It was not unlawful.
    NotUnlawful,
    /// Nobody's case was bound to it any more.
    Withdrawn,
    /// Given up.
    Unresolved,
    /// A complaint was upheld.
    Contested,
}

/// When a contribution counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In its month.
    Flow,
    /// From its month on.
    Stock,
}

impl Seat {
    /// All.
    pub const ALL: [Self; 3] = [Self::Domestic, Self::Abroad, Self::Unknown];
}

impl Spell {
    /// All, the shortest first.
    pub const ALL: [Self; 4] = [Self::TwoDays, Self::Week, Self::FourWeeks, Self::Later];

    /// The spell of so many microseconds.
    pub fn of(us: i64) -> Self {
        /// Microseconds of a day.
        const DAY_US: i64 = 24 * 3_600_000_000;
        match us {
            us if us <= 2 * DAY_US => Self::TwoDays,
            us if us <= 7 * DAY_US => Self::Week,
            us if us <= 28 * DAY_US => Self::FourWeeks,
            _ => Self::Later,
        }
    }
}

impl Wait {
    /// All, in the order in which they are asked.
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Owner, Self::Conditions, Self::Grant, Self::Dispatch, Self::Provider];
}

impl Ended {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Gone,
        Self::GoneBefore,
        Self::Refused,
        Self::NotForwardable,
        Self::NotUnlawful,
        Self::Withdrawn,
        Self::Unresolved,
        Self::Contested,
    ];
}

impl Figure {
    /// All, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..).map_while(Self::from_number)
    }

    /// Its number in the database. Numbers are never reused.
    pub fn number(self) -> i64 {
        let place = Self::all().position(|figure| figure == self).expect("every figure is in the list");
        i64::try_from(place).expect("a short list") + 1
    }

    /// The figure with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Some(match index {
            0 => Self::Opened,
            1 => Self::Reopened,
            2 => Self::Joined,
            3 => Self::Repeated,
            4 => Self::Merged,
            5 => Self::Parted,
            6..12 => Self::Waiting(Wait::ALL[index - 6]),
            12..15 => Self::Notified(Seat::ALL[index - 12]),
            15..27 => Self::Gone(Seat::ALL[(index - 15) / 4], Spell::ALL[(index - 15) % 4]),
            27..35 => Self::Ended(Ended::ALL[index - 27]),
            35 => Self::Reappeared,
            36 => Self::Complaints,
            37 => Self::Upheld,
            _ => return None,
        })
    }

    /// When it counts.
    pub fn place(self) -> Place {
        if let Self::Waiting(_) = self { Place::Stock } else { Place::Flow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_and_do_not_change() {
        let all: Vec<_> = Figure::all().collect();
        assert_eq!(all.len(), 38);
        for figure in &all {
            assert_eq!(Figure::from_number(figure.number()), Some(*figure));
        }
        assert_eq!((Figure::Opened.number(), Figure::Upheld.number()), (1, 38));
        assert_eq!(Figure::Waiting(Wait::Held).number(), 7);
        assert_eq!(Figure::Gone(Seat::Abroad, Spell::TwoDays).number(), 20);
        assert_eq!(Figure::Ended(Ended::Gone).number(), 28);
        assert_eq!(
            (Figure::from_number(0), Figure::from_number(39), Figure::from_number(-1)),
            (None, None, None)
        );
    }

    #[test]
    fn a_spell_ends_with_its_last_microsecond() {
        const DAY_US: i64 = 86_400_000_000;
        for (days, within, after) in [
            (2, Spell::TwoDays, Spell::Week),
            (7, Spell::Week, Spell::FourWeeks),
            (28, Spell::FourWeeks, Spell::Later),
        ] {
            assert_eq!((Spell::of(days * DAY_US), Spell::of(days * DAY_US + 1)), (within, after));
        }
        assert_eq!(Spell::of(0), Spell::TwoDays);
    }
}
