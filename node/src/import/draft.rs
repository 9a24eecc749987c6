//! One row's fields as they are filled in, and the draft that they make.

use std::fmt;

use meldeverbund_proto::{
    AgencyId, CanonicalLink,
    limits::{
        CASE_NUMBER_CHARS, CONTENT_HASHES, NOTE_CHARS, PLACE_CHARS, PLATFORM_CHARS, REASON_CHARS,
        REFERENCE_CHARS,
    },
    link::refang,
    text,
    v1::{HashAlgorithm, NotifiedElsewhere, Referral},
};

use super::{
    field::Field,
    moment,
    reason::Reason,
    value::{self, Value},
};

/// A referral without its salt, and the case that its row names, if the table has a column for it.
#[derive(Clone, PartialEq)]
pub struct Draft {
    case_number: Option<String>,
    referral: Referral,
}

/// A row that is being filled.
#[derive(Default)]
pub(super) struct Filling {
    case_number: Option<String>,
    referral: Referral,
    notified: NotifiedElsewhere,
}

impl Draft {
    /// The case that the row names.
    pub fn case_number(&self) -> Option<&str> {
        self.case_number.as_deref()
    }

    /// The referral; its salt is empty.
    pub fn referral(&self) -> &Referral {
        &self.referral
    }

    /// The referral without a salt, as it is handed to the node, which makes the salt.
    pub fn into_unsalted(self) -> Referral {
        self.referral
    }

    /// The referral with its salt.
    pub fn into_referral(self, salt: [u8; 32]) -> Referral {
        Referral { salt: salt.into(), ..self.referral }
    }
}

/// Without link and case number, so that no log line or panic can carry them.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(..)")
    }
}

impl Filling {
    /// Sets a field from a cell that is not blank.
    pub(super) fn set(&mut self, field: Field, value: Value<'_>) -> Result<(), Reason> {
        let to = &mut self.referral;
        match field {
            Field::Ignore => {}
            Field::Link => to.link = link(value)?,
            Field::Case => self.case_number = Some(words(value, CASE_NUMBER_CHARS)?),
            Field::Sha256 => self.add_hashes(value, Some(HashAlgorithm::Sha256))?,
            Field::Sha1 => self.add_hashes(value, Some(HashAlgorithm::Sha1))?,
            Field::Md5 => self.add_hashes(value, Some(HashAlgorithm::Md5))?,
            Field::ContentHashes => self.add_hashes(value, None)?,
            Field::OffenceClass => to.offence_class = value::offence_class(&plain(value)?)?.into(),
            Field::FoundWhere => to.found_where = words(value, PLACE_CHARS)?,
            Field::FoundAt => to.found_at_us = moment_of(value)?,
            Field::Urgency => to.urgency_reason = urgency(value)?,
            Field::AccessHint => to.access_hint = words(value, PLACE_CHARS)?,
            Field::NotifiedBy => self.notified.by = words(value, REFERENCE_CHARS)?,
            Field::NotifiedAt => self.notified.at_us = moment_of(value)?,
            Field::NotifiedReference => self.notified.reference = words(value, REFERENCE_CHARS)?,
            Field::Handling => to.handling = value::handling(&plain(value)?)?.into(),
            Field::Hidden => to.hidden_from_liaison = value::yes_no(value)?,
            Field::Grading => {
                let (source, information) = value::grading(&plain(value)?)?;
                to.source_grade = source.into();
                to.information_grade = information.into();
            }
            Field::SourceGrade => to.source_grade = value::source_grade(&plain(value)?)?.into(),
            Field::InformationGrade => {
                to.information_grade = value::information_grade(&plain(value)?)?.into();
            }
            Field::ProposedOwner => to.proposed_owner = proposed_owner(value)?,
            Field::SuspectLand => to.suspect_land = value::land(&plain(value)?)?.to_owned(),
            Field::Platform => to.platform = words(value, PLATFORM_CHARS)?,
            Field::Note => to.note = words(value, NOTE_CHARS)?,
        }
        Ok(())
    }

    /// The draft, or the field that is still wanting.
    pub(super) fn finish(self) -> Result<Draft, (Field, Reason)> {
        let Self { case_number, mut referral, notified } = self;
        if referral.link.is_empty() {
            return Err((Field::Link, Reason::Missing));
        }
        if notified != NotifiedElsewhere::default() {
            if notified.by.is_empty() {
                return Err((Field::NotifiedBy, Reason::NotifiedByNobody));
            }
            referral.notified_elsewhere = Some(notified);
        }
        Ok(Draft { case_number, referral })
    }

    /// Adds the hashes that are not there yet.
    fn add_hashes(&mut self, value: Value<'_>, of: Option<HashAlgorithm>) -> Result<(), Reason> {
        let known = &mut self.referral.content_hashes;
        for hash in value::hashes(&plain(value)?, of)? {
            if !known.contains(&hash) {
                known.push(hash);
            }
        }
        if known.len() > CONTENT_HASHES { Err(Reason::TooManyHashes) } else { Ok(()) }
    }
}

/// The link as it was found, mended where it was defanged, and checked: it has a canonical form.
fn link(value: Value<'_>) -> Result<String, Reason> {
    let text = plain(value)?;
    let link = refang(text.trim());
    if link.contains(char::is_whitespace) {
        return Err(Reason::Space);
    }
    CanonicalLink::parse(&link).map_err(Reason::Link)?;
    Ok(link.into_owned())
}

/// An agency's id, in whatever case it was typed.
fn proposed_owner(value: Value<'_>) -> Result<String, Reason> {
    let id = plain(value)?.trim().to_ascii_lowercase();
    let id: AgencyId = id.parse().map_err(|_| Reason::Agency)?;
    Ok(id.to_string())
}

/// A reason for urgency; a bare "no" is none, and a bare "yes" is not enough.
fn urgency(value: Value<'_>) -> Result<String, Reason> {
    match value::yes_no(value) {
        Ok(false) => Ok(String::new()),
        Ok(true) => Err(Reason::UrgencyWithoutReason),
        Err(_) => words(value, REASON_CHARS),
    }
}

/// A free text: line breaks and tabs of a cell become spaces, anything else must keep the contract's rules.
fn words(value: Value<'_>, most_chars: usize) -> Result<String, Reason> {
    let text = plain(value)?;
    let words = text.split(['\r', '\n', '\t']).map(str::trim).filter(|part| !part.is_empty());
    let words = words.collect::<Vec<_>>().join(" ");
    text::check(&words, most_chars).map_err(Reason::Text)?;
    Ok(words)
}

/// A cell's text. A number is text only where it cannot have lost anything: a whole one of at most 15 digits.
fn plain(value: Value<'_>) -> Result<std::borrow::Cow<'_, str>, Reason> {
    /// Sheets keep 15 digits of a number.
    const EXACT: f64 = 1e15;
    match value {
        Value::Text(text) => Ok(text.into()),
        Value::Number { number, .. } if number.fract() == 0.0 && number.abs() < EXACT => {
            Ok(format!("{number:.0}").into())
        }
        Value::Number { .. } => Err(Reason::NumberCell),
        Value::Date(_) => Err(Reason::DateCell),
        Value::Bool(yes) => Ok(if yes { "true" } else { "false" }.into()),
        Value::Error => Err(Reason::ErrorCell),
    }
}

fn moment_of(value: Value<'_>) -> Result<i64, Reason> {
    match value {
        Value::Text(text) => moment::of_text(text),
        Value::Number { serial, .. } | Value::Date(serial) => moment::of_serial(serial),
        Value::Bool(_) => Err(Reason::Time),
        Value::Error => Err(Reason::ErrorCell),
    }
}
