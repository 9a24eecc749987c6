//! Offences in the words of XARF.

use meldeverbund_proto::v1::OffenceClass;

/// How XARF names an offence: the type, and the one member beside it that the type requires.
pub(super) struct Naming {
    pub(super) kind: &'static str,
    pub(super) classification: Option<&'static str>,
    pub(super) exploitation_type: Option<&'static str>,
    pub(super) detection_method: &'static str,
    pub(super) offence_class: &'static str,
}

/// None for an offence that XARF cannot name: calling it something else would accuse somebody of what nobody found.
pub(super) fn naming(class: OffenceClass) -> Option<Naming> {
    let csam = |offence_class| Naming {
        kind: "csam",
        // Required by the schema; the only value that says no more than that the content is illegal.
        classification: Some("baseline"),
        exploitation_type: None,
        detection_method: "manual_review",
        offence_class,
    };
    match class {
        OffenceClass::Stgb184b => Some(csam("184b")),
        OffenceClass::Stgb184c => Some(csam("184c")),
        OffenceClass::Stgb176e => Some(Naming {
            kind: "csem",
            classification: None,
            exploitation_type: Some("distribution"),
            detection_method: "law_enforcement_referral",
            offence_class: "176e",
        }),
        OffenceClass::Other | OffenceClass::Unspecified => None,
    }
}
