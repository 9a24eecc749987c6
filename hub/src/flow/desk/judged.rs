//! Decisions as the ledger has them: those on duplicates with all their pairs, others in one line.

use meldeverbund_proto::{
    AgencyId, CommandId, TargetId,
    leaf::Kind,
    statement::{Act, DuplicatesStatement},
};

use super::centre;
use crate::{
    flow::{Failure, Judged, PairAnswer, Views, explain::said_at, since::newest_leaf, states::Members},
    store::{CommandRow, Connection, EventRow, StoreError, newest_on_duplicates},
};

/// A decision on duplicates.
pub(crate) struct JudgedRecord {
    /// Its leaf.
    pub(crate) leaf: i64,
    /// Its id.
    pub(crate) command: CommandId,
    /// When, microseconds since 1970 UTC.
    pub(crate) recorded_at_us: i64,
    /// Who decided.
    pub(crate) officer: String,
    /// What.
    pub(crate) act: Act,
    /// Why.
    pub(crate) reason: String,
    /// The pairs as they were named; of an undo none.
    pub(crate) pairs: Vec<(TargetId, TargetId)>,
    /// What became of each; none: that went when its retention ended.
    pub(crate) answers: Vec<PairAnswer>,
    /// The leaf of the decision that it undoes.
    pub(crate) undone: Option<i64>,
}

/// Something that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happened {
    /// Its leaf.
    pub(crate) leaf: i64,
    /// When, microseconds since 1970 UTC.
    pub(crate) recorded_at_us: i64,
    /// Who; empty: a deadline had passed.
    pub(crate) agency: String,
    /// What, as the timeline has it.
    pub(crate) what: String,
    /// In whose words, and which; the central office's own alone.
    pub(crate) detail: String,
}

/// The decision on duplicates at this leaf; none: there is none, or it is redacted.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn judged_at(
    connection: &mut Connection,
    caller: &AgencyId,
    leaf: i64,
) -> Result<Option<JudgedRecord>, Failure> {
    let agency = centre(connection, caller).await?.agency.no;
    let unreadable = |_| StoreError::Value { column: "event.statement" };
    let event = EventRow::range(connection, leaf, 1).await?.pop();
    let Some(event) = event.filter(|event| event.kind == Kind::Duplicates) else { return Ok(None) };
    let said = DuplicatesStatement::decode(&event.statement).map_err(unreadable)?;
    let known = CommandRow::by_id(connection, agency, said.command).await?;
    let answers = match known.filter(|known| !known.verdict.is_empty()) {
        Some(known) => Judged::stored(&known.verdict)?.answers,
        None => Vec::new(),
    };
    let undone = match said.undone {
        Some(id) => CommandRow::by_id(connection, agency, id).await?.map(|known| known.first_leaf),
        None => None,
    };
    Ok(Some(JudgedRecord {
        leaf,
        command: said.command,
        recorded_at_us: event.recorded_at_us,
        officer: said.officer,
        act: said.act,
        reason: said.reason,
        pairs: said.pairs,
        answers,
        undone,
    }))
}

/// The newest decisions on duplicates, at most so many.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn newest_judged(
    connection: &mut Connection,
    caller: &AgencyId,
    most: i64,
) -> Result<Vec<JudgedRecord>, Failure> {
    let mut records = Vec::new();
    for leaf in newest_on_duplicates(connection, i64::MAX, most).await? {
        records.extend(judged_at(connection, caller, leaf).await?);
    }
    Ok(records)
}

/// What was decided at this leaf; none: it is redacted.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn happened(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    leaf: i64,
) -> Result<Option<Happened>, Failure> {
    let viewer = centre(connection, caller).await?.agency.no;
    let members = Members::read(connection, &views.policies).await?;
    let Some(event) = EventRow::range(connection, leaf, 1).await?.pop() else { return Ok(None) };
    let (what, detail) = match event.kind {
        Kind::Decision | Kind::Deadline | Kind::Duplicates => said_at(connection, &members, viewer, &event)?,
        // A referral whose case was withdrawn since.
        _ => ("referral".to_owned(), String::new()),
    };
    let (agency, recorded_at_us) = (members.id(event.agency), event.recorded_at_us);
    Ok(Some(Happened { leaf, recorded_at_us, agency, what, detail }))
}

/// What was decided last on a target; none: nothing was, or it is redacted.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn happened_last(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    target: TargetId,
) -> Result<Option<Happened>, Failure> {
    let Some(number) = views.target_ids.number(target) else { return Ok(None) };
    match newest_leaf(connection, number).await? {
        0 => Ok(None),
        leaf => happened(connection, views, caller, leaf).await,
    }
}
