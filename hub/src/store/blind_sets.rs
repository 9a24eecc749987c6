//! The sets of blind questions: filters in pieces, and what came to them since. Both are only ever appended.

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_scalar},
    rows::{NewRow, insert},
};

struct NewPiece<'a> {
    epoch: u32,
    position: i64,
    piece: &'a [u8],
}

impl NewRow for NewPiece<'_> {
    const INTO: &'static str = "blind_piece (epoch, position, piece)";
    const COLUMNS: usize = 3;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(i64::from(self.epoch)).add(self.position).add(self.piece);
    }
}

struct NewIncrement<'a> {
    epoch: u32,
    number: i64,
    tags: &'a [u8],
}

impl NewRow for NewIncrement<'_> {
    const INTO: &'static str = "blind_increment (epoch, number, tags)";
    const COLUMNS: usize = 3;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(i64::from(self.epoch)).add(self.number).add(self.tags);
    }
}

/// One piece of a filter; none behind the last.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn blind_piece(
    connection: &mut Connection,
    epoch: u32,
    position: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str =
        "/* blind_sets::piece */ SELECT piece FROM blind_piece WHERE epoch = $1 AND position = $2";
    query_scalar(SQL).bind(i64::from(epoch)).bind(position).fetch_optional(connection).await
}

/// One increment; none behind the newest.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn blind_increment(
    connection: &mut Connection,
    epoch: u32,
    number: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str =
        "/* blind_sets::increment */ SELECT tags FROM blind_increment WHERE epoch = $1 AND number = $2";
    query_scalar(SQL).bind(i64::from(epoch)).bind(i64::from(number)).fetch_optional(connection).await
}

impl Tx<'_> {
    /// Adds pieces of a filter, the first at this position.
    ///
    /// # Errors
    /// If the engine fails, or one is there already.
    pub async fn add_blind_pieces<'a>(
        &mut self,
        epoch: u32,
        first: i64,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> =
            (first..).zip(pieces).map(|(position, piece)| NewPiece { epoch, position, piece }).collect();
        insert(self.writing(), &rows).await
    }

    /// Adds increments, each of sorted tags, the first with this number.
    ///
    /// # Errors
    /// If the engine fails, or one is there already.
    pub async fn add_blind_increments<'a>(
        &mut self,
        epoch: u32,
        first: u32,
        increments: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), StoreError> {
        let numbered = (i64::from(first)..).zip(increments);
        let rows: Vec<_> = numbered.map(|(number, tags)| NewIncrement { epoch, number, tags }).collect();
        insert(self.writing(), &rows).await
    }

    /// Drops the pieces of an epoch that was given up, or is over; some at a time, how many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn drop_blind_pieces(&mut self, epoch: u32, most: i64) -> Result<u64, StoreError> {
        const SQL: &str = "/* blind_sets::drop_pieces */ DELETE FROM blind_piece WHERE epoch = $1 AND position IN \
             (SELECT p.position FROM blind_piece p WHERE p.epoch = $1 ORDER BY p.position LIMIT $2)";
        query(SQL).bind(i64::from(epoch)).bind(most).execute(self.writing()).await
    }

    /// Drops the increments of an epoch that is over; some at a time, how many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn drop_blind_increments(&mut self, epoch: u32, most: i64) -> Result<u64, StoreError> {
        const SQL: &str = "/* blind_sets::drop_increments */ DELETE FROM blind_increment WHERE epoch = $1 AND number IN \
             (SELECT p.number FROM blind_increment p WHERE p.epoch = $1 ORDER BY p.number LIMIT $2)";
        query(SQL).bind(i64::from(epoch)).bind(most).execute(self.writing()).await
    }
}
