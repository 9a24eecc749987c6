//! A path with places in it: `/f/{id}`, `/f/{id}.html`, `/f/{id}/*`.

use serde::Deserialize;

/// A path that names an object. A place is within one segment, `*` as the last segment stands for whatever follows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
    open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Place { before: String, name: String, after: String },
}

/// A path is none that a rule can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("a path begins with a slash")]
    Start,
    /// A segment has more than one place, or brackets that do not match.
    #[error("a segment of a path has one place at the most: {{name}}")]
    Place,
    /// Nothing in it differs from object to object.
    #[error("a path has a place, or `*` alone would make all links of a host one")]
    NoPlace,
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        let rest = text.strip_prefix('/').ok_or(PatternError::Start)?;
        let (rest, open) = match rest.strip_suffix("/*") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let segments: Vec<_> = rest.split('/').map(segment).collect::<Result<_, _>>()?;
        let has_place = segments.iter().any(|segment| matches!(segment, Segment::Place { .. }));
        if has_place { Ok(Self { text, segments, open }) } else { Err(PatternError::NoPlace) }
    }
}

fn segment(text: &str) -> Result<Segment, PatternError> {
    let Some((before, rest)) = text.split_once('{') else {
        let fixed = !text.contains(['}', '*']);
        return if fixed { Ok(Segment::Fixed(text.to_owned())) } else { Err(PatternError::Place) };
    };
    let (name, after) = rest.split_once('}').ok_or(PatternError::Place)?;
    let good = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !good || [before, after].iter().any(|part| part.contains(['{', '}', '*'])) {
        return Err(PatternError::Place);
    }
    Ok(Segment::Place { before: before.to_owned(), name: name.to_owned(), after: after.to_owned() })
}

impl Pattern {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands in its places; none: the path is another.
    pub(super) fn captures<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut segments = path.strip_prefix('/')?.split('/');
        let mut found = Vec::new();
        for segment in &self.segments {
            let part = segments.next()?;
            match segment {
                Segment::Fixed(fixed) if fixed == part => {}
                Segment::Fixed(_) => return None,
                Segment::Place { before, name, after } => {
                    let value = part.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    found.push((name.as_str(), value));
                }
            }
        }
        (self.open || segments.next().is_none()).then_some(found)
    }
}
