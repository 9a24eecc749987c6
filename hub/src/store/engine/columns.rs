//! Many rows as PostgreSQL takes them: each column as one array, or as the one value that all rows have.

use sqlx::{Arguments as _, postgres::PgArguments};

use super::bulk::Cell;

/// Rows, column by column.
pub(in crate::store) struct Columns<'r> {
    columns: Vec<Column<'r>>,
    next: usize,
    width: usize,
}

enum Column<'r> {
    Integers(Vec<Option<i64>>),
    Texts(Vec<&'r str>),
    Bytes(Vec<&'r [u8]>),
}

impl<'r> Columns<'r> {
    /// None yet; rows will have so many.
    pub(super) fn new(width: usize) -> Self {
        Self { columns: Vec::with_capacity(width), next: 0, width }
    }

    /// Adds the next value to its column.
    pub(super) fn add(&mut self, cell: Cell<'r>) {
        match self.columns.get_mut(self.next) {
            Some(column) => column.push(cell),
            None => self.columns.push(Column::beginning_with(cell)),
        }
        self.next = (self.next + 1) % self.width;
    }

    /// What a statement selects, and its parameters. Arrays are of one length, each taken apart by itself: row by row, where
    /// one `unnest` of them all would be stored first.
    pub(super) fn selected(self) -> (String, PgArguments) {
        let mut arguments = PgArguments::default();
        let mut selected = Vec::with_capacity(self.width);
        let mut rows_said = false;
        let last = self.columns.len();
        for (n, column) in (1..).zip(self.columns) {
            match column.alike() {
                // One array at least says how many rows there are.
                Some(value) if rows_said || n < last => {
                    selected.push(format!("${n}"));
                    arguments.add(value).expect("a number always encodes");
                }
                _ => {
                    rows_said = true;
                    selected.push(format!("unnest(${n})"));
                    column.bind(&mut arguments);
                }
            }
        }
        (selected.join(","), arguments)
    }
}

impl<'r> Column<'r> {
    fn beginning_with(cell: Cell<'r>) -> Self {
        match cell {
            Cell::Integer(value) => Self::Integers(vec![value]),
            Cell::Text(value) => Self::Texts(vec![value]),
            Cell::Bytes(value) => Self::Bytes(vec![value]),
        }
    }

    fn push(&mut self, cell: Cell<'r>) {
        match (self, cell) {
            (Self::Integers(values), Cell::Integer(value)) => values.push(value),
            (Self::Texts(values), Cell::Text(value)) => values.push(value),
            (Self::Bytes(values), Cell::Bytes(value)) => values.push(value),
            _ => unreachable!("each row binds the same kinds in the same order"),
        }
    }

    /// The number that all rows have. Of texts and bytes nobody looks: it takes longer than it saves.
    fn alike(&self) -> Option<Option<i64>> {
        let Self::Integers(values) = self else { return None };
        values.iter().all(|value| *value == values[0]).then_some(values[0])
    }

    fn bind(self, arguments: &mut PgArguments) {
        let bound = match self {
            Self::Integers(values) => arguments.add(values),
            Self::Texts(values) => arguments.add(values),
            Self::Bytes(values) => arguments.add(values),
        };
        bound.expect("a chunk of rows is far below the gigabyte that a value may have");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(rows: &[[Cell<'static>; 2]]) -> String {
        let mut columns = Columns::new(2);
        rows.iter().flatten().for_each(|cell| columns.add(*cell));
        columns.selected().0
    }

    #[test]
    fn what_all_rows_have_is_sent_once_and_one_array_says_how_many_there_are() {
        let number = |value| Cell::Integer(Some(value));
        assert_eq!(selected(&[[number(1), number(7)], [number(2), number(7)]]), "unnest($1),$2");
        assert_eq!(selected(&[[number(7), number(1)], [number(7), number(2)]]), "$1,unnest($2)");
        assert_eq!(selected(&[[number(7), number(8)], [number(7), number(8)]]), "$1,unnest($2)");
        assert_eq!(selected(&[[number(7), Cell::Integer(None)], [number(7), number(0)]]), "$1,unnest($2)");
        assert_eq!(
            selected(&[[Cell::Bytes(b"a"), number(7)], [Cell::Bytes(b"a"), number(7)]]),
            "unnest($1),$2"
        );
        assert_eq!(selected(&[[number(7), Cell::Text("a")]]), "$1,unnest($2)", "of one row, too");
    }
}
