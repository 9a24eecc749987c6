//! An epoch's set as it is fetched: the filter's pieces in their order, then the increments.

use meldeverbund_proto::v1::Refusal;

use super::evaluate::evaluated;
use crate::{
    clock::now_us,
    flow::{Failure, Hub},
    store::{BlindEpochRow, blind_increment, blind_piece},
};

/// A piece of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Of the filter.
    Filter(Vec<u8>),
    /// An increment: its number, and its tags.
    Increment(u32, Vec<u8>),
}

/// Walks through a set.
#[derive(Debug, Clone)]
pub struct Set {
    epoch: u32,
    /// The next piece of the filter; none: it is not wanted any more.
    position: Option<i64>,
    /// The increment before the next.
    number: u32,
    newest: u32,
}

impl Set {
    /// The set of an epoch that can be asked: with or without its filter, and its increments behind this one.
    ///
    /// # Errors
    /// If the epoch cannot be asked, or the database fails.
    pub async fn of(hub: &Hub, epoch: u32, with_filter: bool, after: u32) -> Result<Self, Failure> {
        let live = BlindEpochRow::live(&mut *hub.reader().await?).await?;
        let row = evaluated(&live, epoch, now_us(hub.clock()))?;
        if after > row.newest_increment {
            return Err(Refusal::invalid("after_increment", "is an increment that there is not yet").into());
        }
        let position = with_filter.then_some(0);
        Ok(Self { epoch, position, number: after, newest: row.newest_increment })
    }

    /// An epoch's filter alone.
    pub(super) fn new(epoch: u32) -> Self {
        Self { epoch, position: Some(0), number: 0, newest: 0 }
    }

    /// The filter, all of it.
    pub(super) async fn filter(mut self, hub: &Hub) -> Result<Vec<u8>, Failure> {
        let mut filter = Vec::new();
        while let Some(Piece::Filter(piece)) = self.next(hub).await? {
            filter.extend(piece);
        }
        Ok(filter)
    }

    /// The next piece; none behind the last.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next(&mut self, hub: &Hub) -> Result<Option<Piece>, Failure> {
        let mut reader = hub.reader().await?;
        if let Some(position) = self.position {
            let piece = blind_piece(&mut reader, self.epoch, position).await?;
            self.position = piece.is_some().then_some(position + 1);
            if let Some(piece) = piece {
                return Ok(Some(Piece::Filter(piece)));
            }
        }
        if self.number >= self.newest {
            return Ok(None);
        }
        self.number += 1;
        let tags = blind_increment(&mut reader, self.epoch, self.number).await?;
        Ok(tags.map(|tags| Piece::Increment(self.number, tags)))
    }
}
