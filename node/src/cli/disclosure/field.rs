//! Fields of a disclosure as words of the command line.

use meldeverbund_proto::v1::{DisclosedValue, DisclosureField};

/// What an owner may release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FieldName {
    CaseNumber,
    ProsecutorReference,
    Officer,
    OffenceClass,
    FoundWhere,
    FoundAt,
    ContentHashes,
    Notices,
    Uploader,
    Note,
}

impl FieldName {
    /// The contract's number.
    pub(super) fn number(self) -> i32 {
        let field = match self {
            Self::CaseNumber => DisclosureField::CaseNumber,
            Self::ProsecutorReference => DisclosureField::ProsecutorReference,
            Self::Officer => DisclosureField::Officer,
            Self::OffenceClass => DisclosureField::OffenceClass,
            Self::FoundWhere => DisclosureField::FoundWhere,
            Self::FoundAt => DisclosureField::FoundAt,
            Self::ContentHashes => DisclosureField::ContentHashes,
            Self::Notices => DisclosureField::Notices,
            Self::Uploader => DisclosureField::Uploader,
            Self::Note => DisclosureField::Note,
        };
        field.into()
    }
}

/// `field=text`, as often as needed.
pub(super) fn released(text: &str) -> Result<DisclosedValue, String> {
    use clap::ValueEnum as _;
    let (name, text) = text.split_once('=').ok_or("must be FIELD=TEXT")?;
    let field = FieldName::from_str(name.trim(), true).map_err(|_| {
        let known: Vec<String> = FieldName::value_variants()
            .iter()
            .filter_map(|field| Some(field.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("{name} is none of {}", known.join(", "))
    })?;
    Ok(DisclosedValue { field: field.number(), text: text.trim().to_owned(), restricted: false })
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_field_has_its_word() {
        let numbers: Vec<i32> = FieldName::value_variants().iter().map(|field| field.number()).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
        assert!(DisclosureField::try_from(11).is_err());
    }

    #[test]
    fn a_value_names_its_field() {
        let value = released("case-number = ST/1=2").unwrap();
        assert_eq!((value.field(), value.text.as_str()), (DisclosureField::CaseNumber, "ST/1=2"));
        assert!(released("case-number").is_err());
        assert!(released("colour=red").unwrap_err().contains("found-where"));
    }
}
