//! After a restore grants wait until every agency has handed in again what was lost: an agency's node says that it has, or the
//! central office releases one that is gone.

use meldeverbund_domain::{AgencyNo, conditions::Gate, order::is_of_earlier_epoch};
use meldeverbund_proto::{
    AgencyId,
    leaf::{Kind, Salt},
    limits::{REASON_CHARS, REFERENCE_CHARS},
    statement::ReconciledStatement,
    text,
    v1::{NoticeKind, Refusal, RefusalCode, decide_request::Decision},
};

use super::{
    Command, Failure, Lane, Policies,
    admit::caller,
    once::{append_one, said},
};
use crate::store::{Connection, Head, StoreError, Tx, awaited, is_awaited};

/// When to ask again for a grant: offices hand in again within minutes, or a person has to see to one.
const RETRY_MS: u64 = 60_000;

/// An agency has handed in again what the hub lost. Saying it again changes nothing.
#[derive(Debug)]
pub struct ReportReconciled {
    /// The agency of the certificate.
    pub caller: AgencyId,
    /// The epoch that waits for it, as the agency knows it.
    pub epoch: u32,
    /// The salt of the leaf, if there is one.
    pub salt: Salt,
}

/// The central office releases an agency that hands in nothing any more.
#[derive(Debug)]
pub struct ReleaseAgency {
    agency: AgencyId,
    reason: String,
    officer: String,
    second_officer: String,
    policies: Policies,
    salt: Salt,
}

impl ReleaseAgency {
    /// Reads the request; `second_officer` may be empty where the policy asks for none.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(
        agency: AgencyId,
        reason: String,
        [officer, second_officer]: [String; 2],
        salt: Salt,
    ) -> Result<Self, Refusal> {
        said("reason", &reason, REASON_CHARS)?;
        said("officer", &officer, REFERENCE_CHARS)?;
        text::check(&second_officer, REFERENCE_CHARS).map_err(|error| error.at("second_officer"))?;
        if second_officer.trim() == officer.trim() {
            return Err(Refusal::at(RefusalCode::FourEyes, "second_officer", "is the same person"));
        }
        let policies = Policies::default();
        Ok(Self { agency, reason, officer, second_officer, policies, salt })
    }
}

impl Command for ReportReconciled {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.admit()?;
        let epoch = tx.epoch();
        if self.epoch != epoch {
            return Err(Refusal::invalid("epoch", format!("the ledger is in epoch {epoch}")).into());
        }
        if is_awaited(tx.reading(), epoch, agency.no).await? {
            let statement = ReconciledStatement {
                agency: self.caller.to_string(),
                epoch,
                officer: String::new(),
                second_officer: String::new(),
                reason: String::new(),
            };
            record(tx, agency.no, self.salt, &statement).await?;
        }
        Ok(())
    }
}

impl Command for ReleaseAgency {
    /// True if the epoch waited for it.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let agency = caller(tx, &self.agency).await?.agency.no;
        // What a lost release would have kept back may leave with the next grant.
        let policy = self.policies.current(tx.reading()).await?;
        if policy.needs_second(Gate::Released) && self.second_officer.trim().is_empty() {
            let reason = "the policy asks for a second person where something is released";
            return Err(Refusal::at(RefusalCode::FourEyes, "second_officer", reason).into());
        }
        let epoch = tx.epoch();
        if !is_awaited(tx.reading(), epoch, agency).await? {
            return Ok(false);
        }
        let statement = ReconciledStatement {
            agency: self.agency.to_string(),
            epoch,
            officer: self.officer.clone(),
            second_officer: self.second_officer.clone(),
            reason: self.reason.clone(),
        };
        record(tx, agency, self.salt, &statement).await?;
        Ok(true)
    }
}

/// The ledger's epoch, and whether it does not wait for this agency.
///
/// # Errors
/// If the database fails.
pub async fn reconciled(connection: &mut Connection, agency: AgencyNo) -> Result<(u32, bool), Failure> {
    let epoch = Head::read(connection).await?.epoch;
    Ok((epoch, !is_awaited(connection, epoch, agency).await?))
}

/// The ids of the active agencies that the ledger's epoch waits for.
///
/// # Errors
/// If the database fails.
pub async fn missing(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let epoch = Head::read(connection).await?.epoch;
    Ok(awaited(connection, epoch).await?.into_iter().map(|(_, id)| id).collect())
}

/// Refuses what could take down a link although what speaks against it is not handed in again yet.
pub(super) async fn all_reconciled(tx: &mut Tx<'_>, decision: Option<&Decision>) -> Result<(), Failure> {
    let epoch = tx.epoch();
    // Nothing was ever restored.
    if epoch == 1 || !decision.is_some_and(|decision| takes_down(decision, epoch)) {
        return Ok(());
    }
    let missing = awaited(tx.reading(), epoch).await?.len();
    if missing == 0 {
        return Ok(());
    }
    let reason =
        format!("the hub was restored, and {missing} agencies have not handed in again what was lost");
    Err(Refusal::of(RefusalCode::NotReconciled, reason).retry_after_ms(RETRY_MS).into())
}

/// A recall takes nothing down. An intent whose grants are all older than the restore waits for nothing: it is stale for ever,
/// and each of its targets is told so.
fn takes_down(decision: &Decision, epoch: u32) -> bool {
    match decision {
        Decision::RequestGrant(_) => true,
        Decision::Intend(intend) => match intend.kind() {
            NoticeKind::First => !intend.fences.iter().all(|fence| is_of_earlier_epoch(*fence, epoch)),
            NoticeKind::Reminder => true,
            NoticeKind::Recall | NoticeKind::Unspecified => false,
        },
        _ => false,
    }
}

async fn record(
    tx: &mut Tx<'_>,
    agency: AgencyNo,
    salt: Salt,
    said: &ReconciledStatement,
) -> Result<(), StoreError> {
    let mut statement = Vec::new();
    said.encode(&mut statement);
    let leaf = append_one(tx, Kind::Reconciled, agency, salt, &statement).await?;
    tx.reconcile(said.epoch, agency, leaf).await
}
