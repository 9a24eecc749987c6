use super::*;
use crate::{
    AgencyState,
    testing::{BE, BKA, BY, NW, SN, agencies},
};

/// Everything fits, each rule with another agency.
fn policy() -> Policy {
    let matter = |host: &str, provider: &str, platform: &str| Matter {
        host: host.into(),
        provider: provider.into(),
        platform: platform.into(),
    };
    let lead = |agency: &str, matter| LeadCase {
        agency: agency.parse().unwrap(),
        matter,
        from_us: 100,
        until_us: 200,
    };
    let mut policy = Policy::default();
    policy.ownership.lead_cases = vec![
        lead("de-be-lka", matter("", "Hoster", "")),
        lead("de-by-lka", matter("", "", "forum")),
        lead("de-nw-lka", Matter::default()),
    ];
    policy.ownership.providers =
        vec![Provider { name: "Hoster".into(), hosts: vec!["hoster.example".into()], land: "DE-SN".into() }];
    policy.ownership.agreements = vec![Agreement {
        agency: "de-by-lka".parse().unwrap(),
        matter: matter("files.test", "", ""),
        reference: "GA 1/26".into(),
    }];
    policy
}

fn origin() -> Origin {
    Origin { host: "a.files.test".into(), domain: "files.test".into(), ..Origin::default() }
}

struct Asked {
    policy: Policy,
    origin: Origin,
    bound: Vec<AgencyNo>,
    declined: Vec<AgencyNo>,
    agencies: Vec<Agency>,
    now_us: i64,
}

impl Asked {
    fn of(origin: Origin) -> Self {
        let (bound, declined) = (vec![NW, BE], Vec::new());
        Self { policy: policy(), origin, bound, declined, agencies: agencies(), now_us: 150 }
    }

    fn ask(&self) -> (Owned, Vec<Trace>) {
        let question = Question {
            origin: &self.origin,
            bound: &self.bound,
            declined: &self.declined,
            agencies: &self.agencies,
            now_us: self.now_us,
        };
        choose(&self.policy, &question)
    }

    fn named(&self) -> (AgencyNo, OwnerBasis, &'static str) {
        let (owned, traces) = self.ask();
        let last = traces.last().unwrap();
        assert_eq!(last.named, Some(owned.owner), "the last rule that was asked names the owner");
        assert!(traces[..traces.len() - 1].iter().all(|trace| trace.named.is_none()));
        assert!(traces.iter().all(|trace| !trace.reason.is_empty()));
        (owned.owner, owned.basis, last.rule)
    }

    fn suspend(&mut self, no: AgencyNo) {
        self.agencies.iter_mut().find(|one| one.no == no).unwrap().state = AgencyState::Suspended;
    }
}

#[test]
fn each_rule_has_its_basis_and_they_are_asked_in_their_order() {
    let mut asked = Asked::of(Origin {
        host: "x.hoster.example".into(),
        domain: "hoster.example".into(),
        platform: String::new(),
        suspect_land: "DE-NW".into(),
        proposed_owner: Some("de-sn-lka".parse().unwrap()),
    });
    assert_eq!(asked.named(), (SN, OwnerBasis::Agreement, "proposed"));
    asked.origin.proposed_owner = None;
    assert_eq!(asked.named(), (BE, OwnerBasis::LeadCase, "lead-case"));
    asked.policy.ownership.lead_cases.clear();
    assert_eq!(asked.named(), (NW, OwnerBasis::Seat, "suspect-seat"));
    asked.origin.suspect_land.clear();
    assert_eq!(asked.named(), (SN, OwnerBasis::Seat, "provider-seat"));
    asked.policy.ownership.providers[0].land.clear();
    assert_eq!(asked.named(), (NW, OwnerBasis::FirstSeised, "first-seised"));
    asked.origin = origin();
    assert_eq!(asked.named(), (BY, OwnerBasis::Agreement, "agreement"));
    asked.policy.ownership.rules = vec![Rule::FirstSeised, Rule::Agreement];
    assert_eq!(asked.named(), (NW, OwnerBasis::FirstSeised, "first-seised"), "the order is the policy's");
    asked.policy.ownership.rules.clear();
    assert_eq!(asked.named(), (BKA, OwnerBasis::Fallback, "fallback"));
}

#[test]
fn a_lead_case_counts_while_it_is_valid() {
    let mut asked = Asked::of(Origin { platform: "forum".into(), ..Origin::default() });
    for (now_us, leads) in [(99, false), (100, true), (199, true), (200, false)] {
        asked.now_us = now_us;
        assert_eq!(asked.named().1 == OwnerBasis::LeadCase, leads, "at {now_us}");
    }
}

#[test]
fn a_lead_case_that_names_no_day_counts_always() {
    let valid = |days: &str| {
        let text = format!("agency = 'de-by-lka'\nmatter.platform = 'forum'\n{days}");
        let LeadCase { from_us, until_us, .. } = toml::from_str(&text).unwrap();
        (from_us, until_us)
    };
    assert_eq!(valid(""), (i64::MIN, i64::MAX));
    let from_us = moment::parse_us("2026-01-01").unwrap();
    assert_eq!(valid("from = 2026-01-01"), (from_us, i64::MAX));
    assert_eq!(valid("until = 2026-01-01"), (i64::MIN, from_us));
}

#[test]
fn a_matter_says_something_and_all_it_says_must_fit() {
    let mut ownership = policy().ownership;
    let at = |host: &str, domain: &str| Origin {
        host: host.into(),
        domain: domain.into(),
        platform: "forum".into(),
        ..Origin::default()
    };
    let origin = at("a.hoster.example", "hoster.example");
    let about = |ownership: &Ownership, host: &str, provider: &str, platform: &str| {
        let matter = Matter { host: host.into(), provider: provider.into(), platform: platform.into() };
        ownership.is_about(&matter, &origin)
    };
    assert!(!about(&ownership, "", "", ""), "a matter that says nothing is about nothing");
    assert!(about(&ownership, "hoster.example", "", ""), "a domain has all its hosts");
    assert!(about(&ownership, "a.hoster.example", "Hoster", "forum"));
    assert!(!about(&ownership, "b.hoster.example", "", "forum"), "another host");
    assert!(!about(&ownership, "", "Hoster", "board"), "another platform");
    assert!(!about(&ownership, "", "Nobody", ""), "another provider");
    ownership.providers.clear();
    assert!(!about(&ownership, "", "Hoster", ""), "a provider without hosts");
}

#[test]
fn who_declined_or_is_suspended_is_passed_over() {
    let mut asked = Asked::of(Origin { platform: "forum".into(), ..Origin::default() });
    asked.declined = vec![BY];
    assert_eq!(asked.named().0, NW, "the lead declined: first seised");
    assert_eq!(asked.ask().1[1].reason, "it has declined");
    asked.declined = vec![BY, NW];
    assert_eq!(asked.named().0, BE, "the next that was seised");
    asked.suspend(BE);
    assert_eq!(asked.named(), (BKA, OwnerBasis::Fallback, "fallback"));
    asked.declined = vec![];
    asked.suspend(BY);
    assert_eq!(asked.named().0, NW, "the lead is suspended");
    asked.suspend(NW);
    asked.bound = vec![NW, BE, SN];
    assert_eq!(asked.named().0, SN, "the first that may own it");
}

#[test]
fn nobody_unknown_and_no_liaison_body_is_named() {
    for proposed in ["de-hh-lka", "eu-europol"] {
        let proposed_owner = Some(proposed.parse().unwrap());
        let asked = Asked::of(Origin { proposed_owner, ..Origin::default() });
        assert_eq!(asked.named(), (NW, OwnerBasis::FirstSeised, "first-seised"), "{proposed}");
    }
    for land in ["DE-XX", "FR-75", "DE-", "NW"] {
        let asked = Asked::of(Origin { suspect_land: land.into(), ..Origin::default() });
        assert_eq!(asked.named().1, OwnerBasis::FirstSeised, "{land}");
    }
}

#[test]
fn the_fallback_is_the_agreements_then_the_central_office() {
    let mut asked = Asked::of(Origin::default());
    asked.declined = vec![NW, BE];
    assert_eq!(asked.named(), (BKA, OwnerBasis::Fallback, "fallback"));
    asked.policy.ownership.fallback = Some("de-sn-lka".parse().unwrap());
    assert_eq!(asked.named().0, SN);
    asked.declined.push(SN);
    assert_eq!(asked.named().0, SN, "it does not decline");
    asked.suspend(SN);
    assert_eq!(asked.named().0, BKA);
    asked.policy.ownership.fallback = Some("eu-europol".parse().unwrap());
    assert_eq!(asked.named().0, BKA, "a liaison body owns nothing");
    asked.suspend(BKA);
    assert_eq!(asked.named().0, BKA, "whatever its state");
    asked.agencies.clear();
    assert_eq!(asked.named().0, NW, "never nobody");
    asked.bound.clear();
    assert_eq!(asked.named().0, AgencyNo(1), "never nobody");
}
