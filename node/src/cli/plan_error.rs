//! Which setting or option is to blame when a notice does not say what it must.

use crate::{
    notice::PlanError,
    text::{Lang, say},
};

/// The setting's name in `node.toml`, or the option; none: nothing that anybody sets.
pub(super) fn setting(error: PlanError, legal_basis: &str) -> Option<String> {
    let PlanError::Text { field, .. } = error else {
        return matches!(error, PlanError::Email).then(|| "notices.email".to_owned());
    };
    Some(match field {
        "agency.name" => "notices.agency".to_owned(),
        "agency.contact" => "notices.contact".to_owned(),
        "agency.address" => "notices.address".to_owned(),
        "unit" | "complaints" | "user_notice" => format!("notices.{field}"),
        "legal_basis.text" => format!("notices.legal_bases.{legal_basis}.text"),
        "decision.text" => format!("notices.legal_bases.{legal_basis}.decision"),
        "effect" | "scope" | "remedies" => format!("notices.legal_bases.{legal_basis}.{field}"),
        "provider.name" | "provider.address" => "providers".to_owned(),
        "legal_basis.code" => "--legal-basis".to_owned(),
        "file_reference" => "--file-reference".to_owned(),
        "decision.authority" => "--decided-by".to_owned(),
        "decision.reference" => "--decision".to_owned(),
        "on_behalf_of" => "--on-behalf-of".to_owned(),
        "recall.reason" => "--reason".to_owned(),
        _ => match field.strip_prefix("reasons.") {
            Some(class) => format!("notices.reasons.{class}"),
            None => return None,
        },
    })
}

/// The plan's error, with the setting that cures it.
pub(super) fn text(lang: Lang, error: PlanError, setting: Option<&str>) -> String {
    let text = say(lang, error.german(), error.to_string());
    match (setting, error) {
        (Some(setting), _) => {
            let place = if setting.starts_with("--") { "" } else { "node.toml: " };
            format!("{text}\n  → {place}{setting}")
        }
        (None, PlanError::NotAssessed { .. }) => format!("{text}\n  → --offence"),
        (None, PlanError::DecisionAfterDate) => format!("{text}\n  → --decided-on"),
        (None, _) => text,
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::text::TextError;

    use super::*;

    #[test]
    fn what_is_missing_is_named_as_it_is_set() {
        let missing = |field| PlanError::Text { field, error: TextError::Empty };
        for (field, is) in [
            ("agency.name", "notices.agency"),
            ("legal_basis.text", "notices.legal_bases.dsa-16.text"),
            ("remedies", "notices.legal_bases.dsa-16.remedies"),
            ("reasons.stgb_184b", "notices.reasons.stgb_184b"),
            ("file_reference", "--file-reference"),
            ("decision.reference", "--decision"),
            ("decision.text", "notices.legal_bases.dsa-16.decision"),
        ] {
            assert_eq!(setting(missing(field), "dsa-16").as_deref(), Some(is), "{field}");
        }
        assert_eq!(setting(PlanError::Email, "").as_deref(), Some("notices.email"));
        let told = super::text(Lang::De, missing("complaints"), Some("notices.complaints"));
        assert_eq!(told, "complaints fehlt\n  → node.toml: notices.complaints");
    }
}
