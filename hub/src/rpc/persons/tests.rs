use meldeverbund_proto::v1::{Assess, Confirm, PlaceHold, RefusalCode, Release, WithdrawGate};

use super::*;
use crate::flow::Officer;

const AGENCY: &str = "de-by-lka";

fn verified(role: Role) -> Verified {
    let officer = Officer { issuer: "https://id.example".into(), subject: "u-7".into() };
    Verified { officer, agency: AGENCY.parse().unwrap(), roles: BTreeSet::from([role]), until_us: 100 }
}

fn settings(agency: &str, acts: &[&str]) -> PersonSettings {
    let acts = acts.iter().map(|act| Act::try_from((*act).to_owned()).unwrap()).collect();
    PersonSettings { agency: agency.parse().unwrap(), acts }
}

fn decision(decision: Decision) -> Option<Doing> {
    Doing::decision(&DecideRequest { decision: Some(decision), ..DecideRequest::default() })
}

fn gate(gate: GateKind) -> [Option<Doing>; 2] {
    let gate = gate.into();
    [
        decision(Decision::Confirm(Confirm { gate })),
        decision(Decision::WithdrawGate(WithdrawGate { gate, reason: String::new() })),
    ]
}

/// Whether it may be done, and by whom.
fn stands(
    persons: &Persons,
    doing: Option<Doing>,
    verified: Option<&Verified>,
    now_us: i64,
) -> Result<bool, String> {
    let person = persons.behind(&AGENCY.parse().unwrap(), doing, verified, now_us);
    match person.shown() {
        Ok(officer) => Ok(officer.is_some()),
        Err(refusal) => {
            assert_eq!(refusal.code(), RefusalCode::OfficerUnknown);
            assert!(!refusal.reason.contains("u-7") && !refusal.reason.contains("id.example"), "{refusal:?}");
            Err(refusal.reason.clone())
        }
    }
}

#[test]
fn every_role_and_every_kind_of_act() {
    let all: Vec<String> = Act::all().map(|act| act.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let persons = Persons::new(&[settings(AGENCY, &all)]);
    let [confirm, withdraw] = gate(GateKind::Evidence);
    let [confirm_release, withdraw_release] = gate(GateKind::Released);
    let assess = decision(Decision::Assess(Assess::default()));
    let release = decision(Decision::Release(Release::default()));
    let columns = [
        [assess, confirm, withdraw],
        [release, confirm_release, withdraw_release],
        [Some(Doing::ANSWER_DISCLOSURE), Some(Doing::RESTRICT_DISCLOSURE), Some(Doing::ANSWER_DISCLOSURE)],
    ];
    let table = [
        (Role::DeskOfficer, [true, false, true]),
        (Role::Supervisor, [true, true, true]),
        (Role::Prosecutor, [false, true, true]),
        (Role::Auditor, [false, false, false]),
        (Role::DataProtectionOfficer, [false, false, false]),
        (Role::Operator, [false, false, false]),
        (Role::LiaisonOfficer, [false, false, false]),
        (Role::Requester, [false, false, false]),
    ];
    assert_eq!(table.map(|(role, _)| role), Role::ALL);
    for (role, row) in table {
        for (column, may) in columns.iter().zip(row) {
            for doing in column {
                let found = stands(&persons, *doing, Some(&verified(role)), 0);
                assert_eq!(found.is_ok(), may, "{role} {doing:?}");
            }
        }
    }
    for doing in columns.as_flattened() {
        let said = stands(&persons, *doing, None, 0).unwrap_err();
        assert!(said.contains("is a person's to decide at your agency"), "{said}");
    }
}

#[test]
fn what_is_not_listed_takes_nobody_but_a_token_counts_or_is_refused() {
    let persons = Persons::new(&[settings(AGENCY, &["release"]), settings("de-nw-lka", &["place-hold"])]);
    let hold = decision(Decision::PlaceHold(PlaceHold::default()));
    let release = Decision::Release(Release::default());
    assert_eq!(stands(&persons, hold, None, 0), Ok(false), "another agency's list");
    assert_eq!(stands(&persons, hold, Some(&verified(Role::Operator)), 0), Ok(true), "who it was is kept");
    let over = "the token has run out; sign in again".to_owned();
    assert_eq!(stands(&persons, hold, Some(&verified(Role::Operator)), 100), Err(over.clone()));
    assert_eq!(
        stands(&persons, decision(release.clone()), Some(&verified(Role::Supervisor)), 100),
        Err(over)
    );
    let preview = DecideRequest { decision: Some(release), dry_run: true, ..DecideRequest::default() };
    assert_eq!(stands(&persons, Doing::decision(&preview), None, 0), Ok(false), "a preview decides nothing");
    let operator = stands(&Persons::default(), Some(Doing::ANSWER_DISCLOSURE), None, 0);
    assert_eq!(operator, Ok(false), "nothing configured: as ever");
}

#[test]
fn what_nobody_could_do_is_refused() {
    let issuer = |agency: &str, role: &str| -> IssuerSettings {
        toml::from_str(&format!(
            "issuer = 'https://id.example'\nagency = '{agency}'\nclient_id = 'x'\nroles = {{ g = '{role}' }}"
        ))
        .unwrap()
    };
    let (agency, desk) = (AGENCY.parse::<AgencyId>().unwrap(), [issuer(AGENCY, "desk-officer")]);
    let check =
        |settings: &[PersonSettings], issuers: &[IssuerSettings]| PersonSettings::check(settings, issuers);
    let answer = [settings(AGENCY, &["disclosure-answer"])];
    assert_eq!(check(&answer, &desk), Ok(()));
    assert_eq!(check(&answer, &[]), Err(PersonsError::NoIssuer(agency.clone())));
    let elsewhere = issuer("de-nw-lka", "desk-officer");
    assert_eq!(check(&answer, &[elsewhere]), Err(PersonsError::NoIssuer(agency.clone())));
    let [answer] = answer;
    let twice = [answer, settings(AGENCY, &["release"])];
    assert_eq!(check(&twice, &desk), Err(PersonsError::Twice(agency.clone())));
    assert_eq!(check(&[settings(AGENCY, &[])], &desk), Err(PersonsError::NoActs(agency)));
    let said = check(&twice[1..], &desk).unwrap_err().to_string();
    assert_eq!(
        said,
        "persons: no issuer of de-by-lka gives the role of a supervisor or prosecutor, which release needs"
    );
    assert_eq!(
        check(&twice[1..], &[desk, [issuer(AGENCY, "prosecutor")]].concat()),
        Ok(()),
        "any of its issuers"
    );
}
