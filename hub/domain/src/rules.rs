//! Who owns a target: the rules of the policy in their order. The first that fits names the owner and the basis.

use meldeverbund_proto::{AgencyId, v1::OwnerBasis};
use serde::{Deserialize, Serialize};

use crate::{Agency, AgencyNo, Policy, life::Origin, moment, target::Ownership as Owned};

/// The rules of ownership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ownership {
    /// The rules, in their order.
    pub rules: Vec<Rule>,
    /// Lead cases (Federführung).
    pub lead_cases: Vec<LeadCase>,
    /// Where providers have their seat.
    pub providers: Vec<Provider>,
    /// Agreements between agencies.
    pub agreements: Vec<Agreement>,
    /// Who owns what no rule gives to anybody; none: the central office.
    pub fallback: Option<AgencyId>,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Whom the referral proposes (*not ours, proposed: X*).
    Proposed,
    /// The lead case for this host, provider or platform.
    LeadCase,
    /// The Land in which the suspect is.
    SuspectSeat,
    /// The Land in which the provider has its seat.
    ProviderSeat,
    /// An agreement between agencies for this host or platform.
    Agreement,
    /// First seised (GVG § 143(1)).
    FirstSeised,
}

/// What a lead case or an agreement is about. An empty field says nothing; at least one says something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matter {
    /// A host, or a registrable domain with all its hosts.
    pub host: String,
    /// A provider's name in the policy.
    pub provider: String,
    /// A platform's tag.
    pub platform: String,
}

/// A lead case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadCase {
    /// Who leads.
    pub agency: AgencyId,
    /// About what.
    pub matter: Matter,
    /// The first instant, microseconds since 1970 UTC; a policy writes `from`, a day or an instant.
    #[serde(default = "always", rename(deserialize = "from"), deserialize_with = "moment::read")]
    pub from_us: i64,
    /// The first instant after it, microseconds since 1970 UTC; a policy writes `until`.
    #[serde(default = "for_ever", rename(deserialize = "until"), deserialize_with = "moment::read")]
    pub until_us: i64,
}

/// An agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Who is responsible.
    pub agency: AgencyId,
    /// For what.
    pub matter: Matter,
    /// The agreement's reference.
    pub reference: String,
}

/// A provider and its hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its hosts or registrable domains.
    pub hosts: Vec<String>,
    /// The Land of its seat (`DE-NW`); empty: abroad or not known.
    #[serde(default)]
    pub land: String,
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its name.
    pub rule: &'static str,
    /// Whom it named, if it fitted.
    pub named: Option<AgencyNo>,
    /// Why, or why not.
    pub reason: String,
}

/// What a choice looks at.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The first referral.
    pub origin: &'a Origin,
    /// The bound agencies in the order in which they came.
    pub bound: &'a [AgencyNo],
    /// Who may not be named.
    pub declined: &'a [AgencyNo],
    /// The registry.
    pub agencies: &'a [Agency],
    /// When, microseconds since 1970 UTC.
    pub now_us: i64,
}

impl Default for Ownership {
    fn default() -> Self {
        Self {
            rules: vec![
                Rule::Proposed,
                Rule::LeadCase,
                Rule::SuspectSeat,
                Rule::ProviderSeat,
                Rule::Agreement,
                Rule::FirstSeised,
            ],
            lead_cases: Vec::new(),
            providers: Vec::new(),
            agreements: Vec::new(),
            fallback: None,
        }
    }
}

/// Names the owner: the first rule that fits, or the fallback. Says of each rule it asked what it said.
pub fn choose(policy: &Policy, question: &Question<'_>) -> (Owned, Vec<Trace>) {
    let mut traces = Vec::new();
    for rule in &policy.ownership.rules {
        let said =
            rule.ask(policy, question).and_then(|(wanted, reason)| Ok((question.may_own(&wanted)?, reason)));
        let (named, reason) = match said {
            Ok((agency, reason)) => (Some(agency), reason),
            Err(reason) => (None, reason),
        };
        traces.push(Trace { rule: rule.name(), named, reason });
        if let Some(owner) = named {
            return (Owned { owner, basis: rule.basis() }, traces);
        }
    }
    let owner = fallback(policy, question.agencies, question.bound);
    traces.push(Trace { rule: "fallback", named: Some(owner), reason: "no rule names an owner".into() });
    (Owned { owner, basis: OwnerBasis::Fallback }, traces)
}

/// The fallback; it cannot decline. Where it is not registered, suspended or a liaison body: the central office, whatever
/// its state.
pub(crate) fn fallback(policy: &Policy, agencies: &[Agency], bound: &[AgencyNo]) -> AgencyNo {
    let named = policy.fallback().and_then(|id| agencies.iter().find(|agency| agency.id == *id));
    let named = named.filter(|agency| agency.may_own().is_ok());
    let central = || agencies.iter().find(|agency| agency.is_central());
    let any = || bound.first().copied().unwrap_or(AgencyNo(1));
    named.or_else(central).map_or_else(any, |agency| agency.no)
}

type Said<T> = Result<(T, String), String>;

impl Rule {
    /// Its name in the policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::LeadCase => "lead-case",
            Self::SuspectSeat => "suspect-seat",
            Self::ProviderSeat => "provider-seat",
            Self::Agreement => "agreement",
            Self::FirstSeised => "first-seised",
        }
    }

    fn basis(self) -> OwnerBasis {
        match self {
            Self::LeadCase => OwnerBasis::LeadCase,
            Self::SuspectSeat | Self::ProviderSeat => OwnerBasis::Seat,
            Self::Proposed | Self::Agreement => OwnerBasis::Agreement,
            Self::FirstSeised => OwnerBasis::FirstSeised,
        }
    }

    fn ask(self, policy: &Policy, question: &Question<'_>) -> Said<Wanted> {
        let (rules, origin) = (&policy.ownership, question.origin);
        match self {
            Self::Proposed => {
                let proposed = origin.proposed_owner.clone().ok_or("the referral proposes nobody")?;
                Ok((Wanted::Id(proposed), "the referral proposes it".into()))
            }
            Self::LeadCase => {
                let valid = |lead: &&LeadCase| (lead.from_us..lead.until_us).contains(&question.now_us);
                let mut leads = rules.lead_cases.iter().filter(valid);
                let lead = leads.find(|lead| rules.is_about(&lead.matter, origin));
                let lead = lead.ok_or("no lead case in force is about this host, provider or platform")?;
                Ok((Wanted::Id(lead.agency.clone()), "it leads the case for this matter".into()))
            }
            Self::SuspectSeat => seat(&origin.suspect_land, "the suspect's Land is not known"),
            Self::ProviderSeat => {
                let provider = rules.providers.iter().find(|provider| provider.has(origin));
                let provider = provider.ok_or("the host's provider is not known")?;
                seat(&provider.land, "the provider has no seat in a Land")
            }
            Self::Agreement => {
                let agreement = rules.agreements.iter().find(|one| rules.is_about(&one.matter, origin));
                let agreement = agreement.ok_or("no agreement is about this host, provider or platform")?;
                Ok((Wanted::Id(agreement.agency.clone()), format!("agreement {}", agreement.reference)))
            }
            Self::FirstSeised => {
                let fits = |agency: &&AgencyNo| question.may_own(&Wanted::No(**agency)).is_ok();
                let first = question.bound.iter().find(fits);
                let first = first.ok_or("no bound agency is left that has not declined and may own it")?;
                Ok((Wanted::No(*first), "it was first seised with it".into()))
            }
        }
    }
}

enum Wanted {
    Id(AgencyId),
    No(AgencyNo),
}

fn seat(land: &str, unknown: &str) -> Said<Wanted> {
    let short = land.strip_prefix("DE-").ok_or(unknown)?;
    let id = format!("de-{}-lka", short.to_ascii_lowercase()).parse().map_err(|_| unknown)?;
    Ok((Wanted::Id(id), format!("the seat is in {land}")))
}

impl Question<'_> {
    fn may_own(&self, wanted: &Wanted) -> Result<AgencyNo, String> {
        let mut agencies = self.agencies.iter();
        let agency = match wanted {
            Wanted::Id(id) => agencies.find(|agency| agency.id == *id).ok_or("it is not registered")?,
            Wanted::No(no) => agencies.find(|agency| agency.no == *no).ok_or("it is not registered")?,
        };
        if agency.may_own().is_err() {
            return Err("it is suspended, or a liaison body".into());
        }
        if self.declined.contains(&agency.no) {
            return Err("it has declined".into());
        }
        Ok(agency.no)
    }
}

impl Ownership {
    fn is_about(&self, matter: &Matter, origin: &Origin) -> bool {
        let Matter { host, provider, platform } = matter;
        let by_provider = || self.providers.iter().any(|one| one.name == *provider && one.has(origin));
        let parts =
            [(host, origin.is_at(host)), (provider, by_provider()), (platform, origin.platform == *platform)];
        let mut said = parts.iter().filter(|(part, _)| !part.is_empty()).peekable();
        said.peek().is_some() && said.all(|(_, holds)| *holds)
    }
}

impl Provider {
    fn has(&self, origin: &Origin) -> bool {
        self.hosts.iter().any(|host| origin.is_at(host))
    }
}

impl Origin {
    fn is_at(&self, host: &str) -> bool {
        !host.is_empty() && (self.host == host || self.domain == host)
    }
}

fn always() -> i64 {
    i64::MIN
}

fn for_ever() -> i64 {
    i64::MAX
}

#[cfg(test)]
mod tests;
