//! The central office decides which targets are one: merge, split, reject, undo, each on a list of pairs, with one leaf.
//!
//! A pair is decided and written before the next one is looked at, so that it meets what the one before it did. A dry run does
//! the same and takes it back, so that it says what would come of the list as a whole.

mod answer;
mod changes;
mod merge;
mod seen;
mod split;
mod suggested;
mod undo;

use meldeverbund_domain::{
    Agency, TargetNo,
    order::{Context, unknown},
};
use meldeverbund_proto::{
    AgencyId, CommandId, TargetId,
    leaf::{Digest, Kind, Salt, statement_digest},
    limits::{REFERENCE_CHARS, TARGETS_PER_DECISION},
    statement::{Act, BatchStatement, DuplicatesStatement},
    v1::{Refusal, RefusalCode, StatementSignature},
};
use prost::Message as _;

use self::changes::Told;
pub use self::{
    answer::{Judged, PairAnswer},
    seen::{Seen, SeenError},
};
use super::{
    Command, Failure, Lane, Policies, StatementKeys,
    admit::caller,
    once::{replay, said},
    person::{self, Person},
    signed::Signed,
    since::changed_since,
    states::Members,
};
use crate::store::{NewCommand, NewEvent, StoreError, TargetIds, Tx};

/// Pairs that a person waits for; a larger list is worked through behind whoever waits.
const INTERACTIVE_PAIRS: usize = 10;

/// What the central office decides.
#[derive(Debug, Clone)]
pub struct DuplicatesRequest {
    /// The decision's id: the same one again is answered as it was.
    pub command: CommandId,
    /// The salt of its leaf.
    pub salt: Salt,
    /// The person who decides.
    pub officer: String,
    /// What.
    pub act: Act,
    /// Why.
    pub reason: String,
    /// Merge and reject: two targets. Split: the one that leaves, and the one that it leaves. Undo: none.
    pub pairs: Vec<(TargetId, TargetId)>,
    /// Undo: which decision.
    pub undone: Option<CommandId>,
    /// What whoever decides saw of each pair, in their order; empty: that is not asked. A pair that was decided on since is
    /// refused; where all were, the whole decision is, and nothing is written.
    pub seen: Vec<Seen>,
    /// True: answer as if, change nothing.
    pub dry_run: bool,
    /// The central office's signature, once it has registered a statement key.
    pub signature: Option<StatementSignature>,
}

/// One decision over some pairs, ready to be taken.
#[derive(Debug)]
pub struct Duplicates {
    statement: DuplicatesStatement,
    bytes: Vec<u8>,
    digest: Digest,
    salt: Salt,
    seen: Vec<Seen>,
    dry_run: bool,
    signed: Signed,
    target_ids: TargetIds,
    policies: Policies,
    person: Person,
}

impl DuplicatesRequest {
    /// What is recorded of it.
    fn statement(&self, agency: AgencyId) -> DuplicatesStatement {
        DuplicatesStatement {
            agency,
            command: self.command,
            officer: self.officer.clone(),
            act: self.act,
            reason: self.reason.clone(),
            pairs: self.pairs.clone(),
            undone: self.undone,
        }
    }

    /// What the central office signs of it.
    pub fn batch(&self, agency: AgencyId) -> BatchStatement {
        let mut bytes = Vec::new();
        self.statement(agency.clone()).encode(&mut bytes);
        let digests = vec![statement_digest(&self.salt, &bytes)];
        BatchStatement { agency, command: self.command, digests }
    }
}

impl Duplicates {
    /// Reads a request. `keys` verify its signature.
    ///
    /// # Errors
    /// The field for which the whole decision is refused.
    pub fn parse(
        caller: AgencyId,
        request: DuplicatesRequest,
        keys: &StatementKeys,
        target_ids: TargetIds,
        policies: Policies,
    ) -> Result<Self, Refusal> {
        let statement = request.statement(caller);
        let DuplicatesRequest { salt, officer, act, reason, pairs, undone, seen, dry_run, signature, .. } =
            request;
        for (field, words) in [("officer", &officer), ("reason", &reason)] {
            said(field, words, REFERENCE_CHARS)?;
        }
        if (act == Act::Undo) != undone.is_some() || (act == Act::Undo) != pairs.is_empty() {
            let reason = "an undo names a decision and no pairs, everything else pairs and no decision";
            return Err(Refusal::invalid("pairs", reason));
        }
        if pairs.len() > TARGETS_PER_DECISION {
            let reason = format!("has more than {TARGETS_PER_DECISION} entries");
            return Err(Refusal::at(RefusalCode::TooLarge, "pairs", reason));
        }
        if !seen.is_empty() && seen.len() != pairs.len() {
            return Err(Refusal::invalid("seen", "must have an entry for each pair, or none"));
        }
        let command = statement.command;
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        let digest = statement_digest(&salt, &bytes);
        let batch = BatchStatement { agency: statement.agency.clone(), command, digests: vec![digest] };
        let signed = Signed::read(batch, signature.as_ref(), keys)?;
        let person = Person::none();
        Ok(Self { statement, bytes, digest, salt, seen, dry_run, signed, target_ids, policies, person })
    }

    /// The person behind it, beside the office.
    #[must_use]
    pub fn by(self, person: Person) -> Self {
        Self { person, ..self }
    }
}

/// What one pair asks for, in numbers.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Merge(TargetNo, TargetNo),
    Split(TargetNo, TargetNo),
    Reject(TargetNo, TargetNo),
    /// A rejection is taken back: the pair may be suggested again.
    Suggest(TargetNo, TargetNo),
    /// An id stands for no target, or a pair cannot be undone.
    Refuse(&'static str),
    /// Somebody decided on it since.
    Changed,
    Unknown,
}

/// What one decision has in common.
struct Deciding<'a> {
    members: &'a Members,
    context: Context<'a>,
    target_ids: &'a TargetIds,
}

impl Command for Duplicates {
    type Verdict = Judged;

    fn lane(&self) -> Lane {
        if self.statement.pairs.len() <= INTERACTIVE_PAIRS { Lane::Interactive } else { Lane::Bulk }
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Judged, Failure> {
        let actor = caller(tx, &self.statement.agency).await?.agency;
        actor.admit()?;
        if !actor.is_central() {
            return Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may do this").into());
        }
        if let Some(known) = replay(tx, actor.no, self.statement.command, &self.digest).await? {
            return Ok(Judged::stored(&known.verdict)?);
        }
        self.person.stand()?;
        let members = Members::in_force(tx, &self.policies).await?;
        let mut asks = self.asks(tx, &actor).await?;
        self.compare_with_seen(tx, &mut asks).await?;
        if self.dry_run {
            tx.save_point().await?;
            let (answers, _) = self.decide(tx, &members, &actor, &asks).await?;
            tx.back_to_save_point().await?;
            return Ok(Judged { answers, ..Judged::default() });
        }
        let judged = self.signed.judge(tx).await?;
        let (answers, told) = self.decide(tx, &members, &actor, &asks).await?;
        let event = NewEvent {
            kind: Kind::Duplicates,
            agency: actor.no,
            salt: self.salt,
            statement: &self.bytes,
            statement_digest: self.digest,
            decision: told.record().encode_to_vec(),
        };
        let leaf = tx.append(&[event]).await?;
        judged.keep(tx, actor.no, leaf, 1).await?;
        self.person.note(tx, actor.no, leaf, person::Act::on_duplicates(self.statement.act)).await?;
        told.tell(tx, actor.no, leaf).await?;
        let recorded_at_us = tx.now_us();
        let verdict = Judged { answers, leaf_index: leaf, recorded_at_us, repeated: false };
        tx.remember(NewCommand {
            agency: actor.no,
            id: self.statement.command,
            digest: self.digest,
            first_leaf: leaf,
            leaf_count: 1,
            verdict: verdict.encode_to_vec(),
        })
        .await?;
        Ok(verdict)
    }
}

impl Duplicates {
    /// What is asked of each pair.
    async fn asks(&self, tx: &mut Tx<'_>, actor: &Agency) -> Result<Vec<Ask>, Failure> {
        if let Some(undone) = self.statement.undone {
            return undo::asks(tx, &self.target_ids, actor.no, undone).await;
        }
        let act = self.statement.act;
        let asks = self.statement.pairs.iter().map(|(one, other)| {
            let numbers = self.target_ids.number(*one).zip(self.target_ids.number(*other));
            match (act, numbers) {
                (_, None) => Ask::Unknown,
                (Act::Merge, Some((one, other))) => Ask::Merge(one, other),
                (Act::Split, Some((one, other))) => Ask::Split(one, other),
                (Act::Reject | Act::Undo, Some((one, other))) => Ask::Reject(one, other),
            }
        });
        Ok(asks.collect())
    }

    /// Sets aside the pairs on which somebody decided since they were looked at.
    async fn compare_with_seen(&self, tx: &mut Tx<'_>, asks: &mut [Ask]) -> Result<(), Failure> {
        let mut changed = 0;
        for ((ask, seen), (one, other)) in asks.iter_mut().zip(&self.seen).zip(&self.statement.pairs) {
            let Some((one, other)) = self.target_ids.number(*one).zip(self.target_ids.number(*other)) else {
                continue;
            };
            if Seen::of(tx.reading(), one, other).await? != *seen {
                (*ask, changed) = (Ask::Changed, changed + 1);
            }
        }
        if changed > 0 && changed == asks.len() && !self.dry_run {
            return Err(changed_since("pairs").into());
        }
        Ok(())
    }

    async fn decide(
        &self,
        tx: &mut Tx<'_>,
        members: &Members,
        actor: &Agency,
        asks: &[Ask],
    ) -> Result<(Vec<PairAnswer>, Told), StoreError> {
        let context = Context {
            officer: &self.statement.officer,
            command: self.statement.command.as_u128(),
            leaf: tx.next_leaf(),
            epoch: tx.epoch(),
            ..members.looking(actor, tx.now_us())
        };
        let deciding = Deciding { members, context, target_ids: &self.target_ids };
        let (mut answers, mut told) = (Vec::new(), Told::default());
        for ask in asks {
            let answer = match *ask {
                Ask::Merge(one, other) => deciding.merge(tx, one, other, &mut told).await?,
                Ask::Split(one, other) => deciding.split(tx, one, other, &mut told).await?,
                Ask::Reject(one, other) => deciding.reject(tx, one, other).await?,
                Ask::Suggest(one, other) => deciding.suggest_again(tx, one, other).await?,
                Ask::Refuse(reason) => PairAnswer::refused(Refusal::of(RefusalCode::NothingToDo, reason)),
                Ask::Changed => PairAnswer::refused(changed_since("pairs")),
                Ask::Unknown => PairAnswer::refused(unknown()),
            };
            answers.push(answer);
        }
        Ok((answers, told))
    }
}
