//! Which column of a table means which field.

use std::{fmt, str::FromStr};

use super::{
    ImportError,
    draft::{Draft, Filling},
    field::{Field, UnknownField, folded},
    limits::{COLUMN_NAME_CHARS, COLUMNS},
    reason::{Reason, RowError, shown},
    value::Value,
};

/// A column as the file names it, or by its number where the name is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnName {
    /// The name in the file.
    Named(String),
    /// The column's number, from 1.
    Number(usize),
}

/// One `--map column=field`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The column's name, compared without case, spaces and punctuation; or its number.
    pub column: String,
    /// What it means.
    pub field: Field,
}

/// A text is no mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No equals sign.
    #[error("a mapping is written column=field")]
    Shape,
    /// No such field.
    #[error("{0}")]
    Field(#[from] UnknownField),
}

/// What a table's first row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRow {
    Header,
    Data,
}

/// What the columns of one table mean.
#[derive(Debug)]
pub(super) struct Columns {
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    /// None for a list without a header.
    name: Option<ColumnName>,
    meaning: Meaning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Field(Field),
    /// An empty header: nothing may stand below it.
    Nameless,
}

impl ColumnName {
    /// A name is short and no link; anything else is called by its number, so that no error repeats a value.
    pub(super) fn new(header: &str, number: usize) -> Self {
        let name = header.trim();
        let is_name = !name.is_empty()
            && name.chars().count() <= COLUMN_NAME_CHARS
            && !name.contains([':', '/'])
            && !name.chars().any(char::is_control);
        if is_name { Self::Named(name.to_owned()) } else { Self::Number(number) }
    }

    pub(super) fn german(&self) -> String {
        match self {
            Self::Named(name) => format!("\u{201e}{name}\u{201c}"),
            Self::Number(number) => format!("Nr. {number}"),
        }
    }
}

impl Columns {
    /// A list: one column, the link.
    pub(super) fn link_only() -> Self {
        Self { columns: vec![Column { name: None, meaning: Meaning::Field(Field::Link) }] }
    }

    /// Reads a table's first row: its header, or the first row of a table whose columns are named by number, or of a
    /// list.
    pub(super) fn of_first_row(
        cells: &[&str],
        mappings: &[Mapping],
    ) -> Result<(Self, FirstRow), ImportError> {
        if cells.len() > COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        let first_row = if Self::fields_named(cells.iter().copied(), mappings) > 0 {
            FirstRow::Header
        } else if !mappings.is_empty() && mappings.iter().all(|mapping| mapping.number().is_some()) {
            FirstRow::Data
        } else if cells.len() == 1 && mappings.is_empty() {
            return Ok((Self::link_only(), FirstRow::Data));
        } else {
            return Err(ImportError::NoHeader);
        };
        let headers: Vec<&str> = match first_row {
            FirstRow::Header => cells.to_vec(),
            FirstRow::Data => vec![""; cells.len()],
        };
        let mapped = apply(mappings, &headers)?;
        let columns = headers.iter().zip(mapped).enumerate().map(|(i, (header, mapped))| {
            let name = Some(ColumnName::new(header, i + 1));
            match mapped.or_else(|| Field::of_header(header)) {
                Some(field) => Ok(Column { name, meaning: Meaning::Field(field) }),
                None if first_row == FirstRow::Header && header.trim().is_empty() => {
                    Ok(Column { name, meaning: Meaning::Nameless })
                }
                None => Err(ColumnName::new(header, i + 1)),
            }
        });
        let (known, unknown): (Vec<_>, Vec<_>) = columns.partition(Result::is_ok);
        if !unknown.is_empty() {
            return Err(ImportError::UnknownColumns(unknown.into_iter().filter_map(Result::err).collect()));
        }
        let columns: Vec<Column> = known.into_iter().flatten().collect();
        check_once(&columns)?;
        if columns.iter().any(|column| column.meaning == Meaning::Field(Field::Link)) {
            Ok((Self { columns }, first_row))
        } else {
            Err(ImportError::NoLinkColumn)
        }
    }

    /// How many cells of a first row name a field; none where a link stands, because that is no header.
    pub(super) fn fields_named<'a>(
        cells: impl Iterator<Item = &'a str> + Clone,
        mappings: &[Mapping],
    ) -> usize {
        if cells.clone().any(|cell| cell.contains("://")) {
            return 0;
        }
        let mapped = |cell: &str| mappings.iter().any(|mapping| mapping.means(cell));
        cells.filter(|cell| mapped(cell) || Field::of_header(cell).is_some()).count()
    }

    /// The row's draft; none if all its cells are blank.
    pub(super) fn draft<'a>(
        &self,
        cells: impl Iterator<Item = Value<'a>> + Clone,
    ) -> Option<Result<Draft, RowError>> {
        if cells.clone().all(|cell| cell.is_blank()) {
            return None;
        }
        let filled = self.fill(cells.clone());
        Some(filled.map_err(|error| RowError { input: self.input(cells), ..error }))
    }

    fn fill<'a>(&self, cells: impl Iterator<Item = Value<'a>>) -> Result<Draft, RowError> {
        let mut filling = Filling::default();
        for (i, cell) in cells.enumerate() {
            if cell.is_blank() {
                continue;
            }
            let column = self.columns.get(i).ok_or(Reason::TooManyFields)?;
            match column.meaning {
                Meaning::Nameless => return Err(self.blame(i, Reason::NamelessColumn)),
                Meaning::Field(field) => {
                    filling.set(field, cell).map_err(|reason| self.blame(i, reason))?;
                }
            }
        }
        filling.finish().map_err(|(field, reason)| {
            let at = self.columns.iter().position(|column| column.meaning == Meaning::Field(field));
            at.map_or_else(
                || RowError { field: Some(field), ..RowError::from(reason) },
                |i| self.blame(i, reason),
            )
        })
    }

    fn blame(&self, i: usize, reason: Reason) -> RowError {
        let column = &self.columns[i];
        let field = match column.meaning {
            Meaning::Field(field) => Some(field),
            Meaning::Nameless => None,
        };
        RowError { column: column.name.clone(), field, ..RowError::from(reason) }
    }

    /// What stands where the link should.
    fn input<'a>(&self, mut cells: impl Iterator<Item = Value<'a>>) -> String {
        let link = self.columns.iter().position(|column| column.meaning == Meaning::Field(Field::Link));
        match link.and_then(|i| cells.nth(i)) {
            Some(Value::Text(text)) => shown(text),
            _ => String::new(),
        }
    }
}

/// What the mappings say of each column.
fn apply(mappings: &[Mapping], headers: &[&str]) -> Result<Vec<Option<Field>>, ImportError> {
    let mut fields = vec![None; headers.len()];
    for mapping in mappings {
        let named = headers.iter().enumerate().filter(|(_, header)| mapping.means(header)).map(|(i, _)| i);
        let mut columns: Vec<usize> = named.collect();
        if columns.is_empty() {
            columns.extend(mapping.number().map(|number| number - 1).filter(|i| *i < headers.len()));
        }
        if columns.is_empty() {
            return Err(ImportError::NoSuchColumn(ColumnName::Named(mapping.column.clone())));
        }
        for i in columns {
            fields[i].get_or_insert(mapping.field);
        }
    }
    Ok(fields)
}

/// Checks that no two columns say the same thing.
fn check_once(columns: &[Column]) -> Result<(), ImportError> {
    for (i, column) in columns.iter().enumerate() {
        for earlier in &columns[..i] {
            if let (Meaning::Field(a), Meaning::Field(b), Some(name), Some(earlier)) =
                (earlier.meaning, column.meaning, &column.name, &earlier.name)
                && a.clashes(b)
            {
                return Err(ImportError::TwiceTheSame(earlier.clone(), name.clone(), b));
            }
        }
    }
    Ok(())
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "\"{name}\""),
            Self::Number(number) => write!(f, "column {number}"),
        }
    }
}

impl Mapping {
    /// True if it speaks of this column; a name without letters, such as `#`, is compared as it stands.
    fn means(&self, header: &str) -> bool {
        let wanted = folded(&self.column);
        if wanted.is_empty() { self.column == header.trim() } else { wanted == folded(header) }
    }

    /// The column's number, from 1, where a number stands for its name.
    fn number(&self) -> Option<usize> {
        self.column.parse().ok().filter(|number| *number > 0)
    }
}

impl FromStr for Mapping {
    type Err = MappingError;

    /// Splits at the last equals sign: a field's name has none, a column's may.
    fn from_str(text: &str) -> Result<Self, MappingError> {
        let (column, field) = text.rsplit_once('=').ok_or(MappingError::Shape)?;
        if column.trim().is_empty() {
            return Err(MappingError::Shape);
        }
        Ok(Self { column: column.trim().to_owned(), field: field.trim().parse()? })
    }
}
