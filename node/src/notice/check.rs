//! What a notice must say before it may be written: what DSA Art. 9 and 16 ask for, and the rules of free text.

use jiff::{Timestamp, civil::Date};
use meldeverbund_proto::{
    CanonicalLink,
    limits::{CARD_CHARS, PLACE_CHARS, REASON_CHARS, REFERENCE_CHARS, UNIT_CHARS},
    text::{self, TextError},
    v1::OffenceClass,
};

use super::{
    Decision, Force, Item, Kind, PlanError, Provider, Sender, email,
    limits::{ADDRESS_LINES, LEGAL_TEXT_CHARS},
};

/// Checks everything but the links.
pub(super) fn sender(sender: &Sender) -> Result<(), PlanError> {
    let Sender {
        agency,
        unit,
        officer,
        on_behalf_of,
        legal_basis,
        reasons: _,
        force,
        kind,
        file_reference,
        recipient,
        at_us,
        date,
        reply_by,
        preserve_data: _,
        user_notice,
        complaints,
    } = sender;
    required("agency.name", &agency.name, CARD_CHARS)?;
    required("agency.contact", &agency.contact, CARD_CHARS)?;
    email::domain(&agency.email).ok_or(PlanError::Email)?;
    address("agency.address", &agency.address)?;
    optional("unit", unit, UNIT_CHARS)?;
    optional("officer", officer, REFERENCE_CHARS)?;
    optional("on_behalf_of", on_behalf_of, REFERENCE_CHARS)?;
    required("legal_basis.code", &legal_basis.code, REFERENCE_CHARS)?;
    page("legal_basis.text", &legal_basis.text)?;
    // A recall explains nothing anew: it names the decision that it takes back, and why it does.
    let recall = kind.is_recall();
    match force {
        Force::Request { effect: _ } if recall => {}
        Force::Request { effect } => page("effect", effect)?,
        Force::Order { decision, scope, remedies } => {
            self::decision(decision, *date)?;
            if !recall {
                page("scope", scope)?;
                page("remedies", remedies)?;
            }
        }
    }
    if let Kind::Recall { first_on: _, reason } = kind {
        required("recall.reason", reason, REASON_CHARS)?;
    }
    required("file_reference", file_reference, REFERENCE_CHARS)?;
    optional("recipient", recipient, CARD_CHARS)?;
    optional_page("user_notice", user_notice)?;
    page("complaints", complaints)?;
    Timestamp::from_microsecond(*at_us).map_err(|_| PlanError::Time)?;
    if reply_by < date { Err(PlanError::ReplyBeforeDate) } else { Ok(()) }
}

fn decision(decision: &Decision, letter: Date) -> Result<(), PlanError> {
    let Decision { authority, on, reference, text } = decision;
    required("decision.authority", authority, CARD_CHARS)?;
    required("decision.reference", reference, REFERENCE_CHARS)?;
    optional_page("decision.text", text)?;
    if *on > letter { Err(PlanError::DecisionAfterDate) } else { Ok(()) }
}

/// Checks a provider of the list.
pub(super) fn provider(provider: &Provider) -> Result<(), PlanError> {
    required("provider.name", &provider.name, CARD_CHARS)?;
    address("provider.address", &provider.address)
}

/// Checks a link; gives its canonical form.
pub(super) fn item(item: &Item, sender: &Sender) -> Result<CanonicalLink, PlanError> {
    let target = item.target;
    let field = match item.offence_class {
        _ if sender.kind.is_recall() => None,
        OffenceClass::Unspecified => return Err(PlanError::NotAssessed { target }),
        OffenceClass::Stgb184b => Some("reasons.stgb_184b"),
        OffenceClass::Stgb184c => Some("reasons.stgb_184c"),
        OffenceClass::Stgb176e => Some("reasons.stgb_176e"),
        OffenceClass::Other => Some("reasons.other"),
    };
    field.map_or(Ok(()), |field| page(field, sender.reasons.of(item.offence_class)))?;
    text::check(&item.access_hint, PLACE_CHARS).map_err(|error| PlanError::AccessHint { target, error })?;
    CanonicalLink::parse(&item.link).map_err(|error| PlanError::Link { target, error })
}

fn address(field: &'static str, lines: &[String]) -> Result<(), PlanError> {
    if lines.len() > ADDRESS_LINES {
        return Err(PlanError::Text { field, error: TextError::TooLong(ADDRESS_LINES * CARD_CHARS) });
    }
    lines.iter().try_for_each(|line| optional(field, line, CARD_CHARS))
}

fn required(field: &'static str, text: &str, most_chars: usize) -> Result<(), PlanError> {
    if text.trim().is_empty() {
        return Err(PlanError::Text { field, error: TextError::Empty });
    }
    optional(field, text, most_chars)
}

fn optional(field: &'static str, text: &str, most_chars: usize) -> Result<(), PlanError> {
    text::check(text, most_chars).map_err(|error| PlanError::Text { field, error })
}

/// A required text that may have paragraphs.
fn page(field: &'static str, text: &str) -> Result<(), PlanError> {
    if text.trim().is_empty() {
        return Err(PlanError::Text { field, error: TextError::Empty });
    }
    optional_page(field, text)
}

fn optional_page(field: &'static str, text: &str) -> Result<(), PlanError> {
    if text.chars().count() > LEGAL_TEXT_CHARS {
        return Err(PlanError::Text { field, error: TextError::TooLong(LEGAL_TEXT_CHARS) });
    }
    text.lines().try_for_each(|line| optional(field, line, LEGAL_TEXT_CHARS))
}
