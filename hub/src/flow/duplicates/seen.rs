//! What somebody saw of a pair before deciding.

use std::{fmt, str::FromStr};

use meldeverbund_domain::TargetNo;

use crate::store::{Connection, StoreError, newest_leaves, rejected, roots};

/// How far a pair had come: the newest leaves that decided on either target, and the one that rejected the pair; 0: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Of the first.
    pub one: i64,
    /// Of the second.
    pub other: i64,
    /// Of the pair.
    pub rejected: i64,
}

impl Seen {
    /// How far the pair has come.
    pub(in crate::flow) async fn of(
        connection: &mut Connection,
        one: TargetNo,
        other: TargetNo,
    ) -> Result<Self, StoreError> {
        // What is decided on a target is decided on its names: both count.
        let names = roots(connection, [one, other]).await?;
        let root = |number: TargetNo| names.get(&number).copied().unwrap_or(number);
        let leaves = newest_leaves(connection, [one, other, root(one), root(other)]).await?;
        let newest = |number: TargetNo| {
            let leaf = |number| leaves.get(&number).copied().unwrap_or(0);
            leaf(number).max(leaf(root(number)))
        };
        let rejected = rejected(connection, one, other).await?.unwrap_or(0);
        Ok(Self { one: newest(one), other: newest(other), rejected })
    }

    /// The newest leaf of them: what was decided last.
    pub fn newest(&self) -> i64 {
        self.one.max(self.other).max(self.rejected)
    }
}

impl fmt::Display for Seen {
    /// As a form carries it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.one, self.other, self.rejected)
    }
}

/// A text that says nothing of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("three numbers that are not below zero, with hyphens between them")]
pub struct SeenError;

impl FromStr for Seen {
    type Err = SeenError;

    fn from_str(text: &str) -> Result<Self, SeenError> {
        let mut parts = text.split('-').map(|part| part.parse::<i64>().map_err(|_| SeenError));
        let mut next = || parts.next().unwrap_or(Err(SeenError));
        let seen = Self { one: next()?, other: next()?, rejected: next()? };
        if parts.next().is_none() { Ok(seen) } else { Err(SeenError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_carries_it_there_and_back() {
        let seen = Seen { one: 3, other: 0, rejected: 12 };
        assert_eq!(seen.to_string().parse(), Ok(seen));
        assert_eq!(seen.newest(), 12);
        for text in ["", "1-2", "1-2-3-4", "1--2-3", "a-b-c", "1-2-"] {
            assert_eq!(text.parse::<Seen>(), Err(SeenError), "{text}");
        }
    }
}
