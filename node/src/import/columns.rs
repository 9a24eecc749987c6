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
    /// The column's name, compared without case, spaces and punctuation.
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

    /// Reads a table's first row as its header; none if no cell of it names a field.
    pub(super) fn of_header(cells: &[&str], mappings: &[Mapping]) -> Result<Option<Self>, ImportError> {
        if Self::fields_named(cells.iter().copied(), mappings) == 0 {
            return Ok(None);
        }
        if cells.len() > COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        check_mappings(cells, mappings)?;
        let mut columns: Vec<Column> = Vec::with_capacity(cells.len());
        let mut unknown = Vec::new();
        for (i, cell) in cells.iter().enumerate() {
            let name = ColumnName::new(cell, i + 1);
            let meaning = match mapped(cell, mappings).or_else(|| Field::of_header(cell)) {
                Some(field) => Meaning::Field(field),
                None if cell.trim().is_empty() => Meaning::Nameless,
                None => {
                    unknown.push(name);
                    continue;
                }
            };
            columns.push(Column { name: Some(name), meaning });
        }
        if !unknown.is_empty() {
            return Err(ImportError::UnknownColumns(unknown));
        }
        check_once(&columns)?;
        if columns.iter().any(|column| column.meaning == Meaning::Field(Field::Link)) {
            Ok(Some(Self { columns }))
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
        cells.filter(|cell| mapped(cell, mappings).is_some() || Field::of_header(cell).is_some()).count()
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

fn mapped(cell: &str, mappings: &[Mapping]) -> Option<Field> {
    mappings.iter().find(|mapping| mapping.means(cell)).map(|mapping| mapping.field)
}

fn check_mappings(cells: &[&str], mappings: &[Mapping]) -> Result<(), ImportError> {
    for mapping in mappings {
        if !cells.iter().any(|cell| mapping.means(cell)) {
            return Err(ImportError::NoSuchColumn(ColumnName::Named(mapping.column.clone())));
        }
    }
    Ok(())
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
