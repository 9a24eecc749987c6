//! Referrals with what became of them: lists, reports, one link.

use meldeverbund_proto::{
    CanonicalLink, LinkId, TargetId,
    v1::{Referral, Refusal},
};
use prost::Message as _;
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{LinkKey, StoreError, Tx, case_file::refusal, unsigned};

/// Which referrals; what is none does not matter.
#[derive(Debug, Clone, Default)]
pub struct LinkFilter {
    /// The case's number.
    pub case_number: Option<String>,
    /// The hand-in.
    pub hand_in: Option<i64>,
    /// The owner's agency id.
    pub owner: Option<String>,
    /// The contract's number of the stage.
    pub stage: Option<i32>,
    /// The contract's number of the verdict.
    pub verdict: Option<i32>,
    /// 1 waiting, 2 answered, 3 refused as a whole.
    pub state: Option<i64>,
}

/// After which referral a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkPlace {
    /// The submission's row.
    pub submission: i64,
    /// The referral's number.
    pub referral: i64,
}

/// A referral and what became of it.
#[derive(Debug, Clone)]
pub struct StoredLink {
    /// Where it stands in the order of all.
    pub place: LinkPlace,
    /// Its place among the hand-in's rows.
    pub row: u64,
    /// Its place in the input.
    pub line: u64,
    /// What was handed in, salt included.
    pub referral: Referral,
    /// The case's number.
    pub case_number: String,
    /// The hand-in; none: another node of the agency.
    pub hand_in: Option<i64>,
    /// 1 waiting, 2 answered, 3 refused as a whole.
    pub state: i64,
    /// When it was handed in.
    pub composed_us: i64,
    /// When the hub recorded or refused it.
    pub answered_us: Option<i64>,
    /// The contract's number of the verdict.
    pub verdict: Option<i32>,
    /// The target.
    pub target_id: Option<TargetId>,
    /// Who is responsible.
    pub owner: Option<String>,
    /// The contract's number of the basis.
    pub basis: i32,
    /// The contract's number of the stage.
    pub stage: i32,
    /// The open round.
    pub round: u32,
    /// The contract's number of the role.
    pub role: i32,
    /// Why it, or its whole submission, was refused.
    pub refusal: Option<Refusal>,
}

const COLUMNS: &str = "s.id AS submission, r.id AS referral, r.row_no, r.line, r.message, c.number, s.hand_in, s.state, \
     s.composed_us, s.answered_us, a.verdict, t.target_id, o.agency_id AS owner, coalesce(t.basis, 0) AS basis, \
     coalesce(t.stage, 0) AS stage, coalesce(t.round, 0) AS round, coalesce(t.role, 0) AS role, \
     coalesce(a.code, s.refusal_code) AS refusal_code, coalesce(a.field, s.refusal_field) AS refusal_field, \
     coalesce(a.reason, s.refusal_reason) AS refusal_reason";

const OUTCOME: &str = "JOIN case_file c ON c.id = s.case_file LEFT JOIN answer a ON a.referral = r.id \
                       LEFT JOIN target t ON t.id = a.target LEFT JOIN agency o ON o.id = t.owner";

impl Tx {
    /// Referrals after `after`, in the order in which they were handed in.
    pub async fn links(
        &mut self,
        filter: &LinkFilter,
        after: LinkPlace,
        limit: u32,
    ) -> Result<Vec<StoredLink>, StoreError> {
        // CROSS JOIN keeps SQLite from starting at the referrals: a submission knows its own range of them.
        let sql = format!(
            "/* links */ SELECT {COLUMNS} FROM submission s CROSS JOIN referral r
               ON r.id BETWEEN s.first_referral AND s.first_referral + s.referral_count - 1 {OUTCOME}
             WHERE s.id >= ? AND r.id > ?
               {} {} {} {} {} {} ORDER BY s.id, r.id LIMIT ?",
            when(
                filter.case_number.is_some(),
                "AND s.case_file = (SELECT id FROM case_file WHERE number = ?)"
            ),
            when(filter.hand_in.is_some(), "AND s.hand_in = ?"),
            when(filter.owner.is_some(), "AND o.agency_id = ?"),
            when(filter.stage.is_some(), "AND t.stage = ?"),
            when(filter.verdict.is_some(), "AND a.verdict = ?"),
            when(filter.state.is_some(), "AND s.state = ?"),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(after.submission).bind(after.referral);
        if let Some(case_number) = &filter.case_number {
            query = query.bind(case_number);
        }
        if let Some(hand_in) = filter.hand_in {
            query = query.bind(hand_in);
        }
        if let Some(owner) = &filter.owner {
            query = query.bind(owner);
        }
        for number in [filter.stage, filter.verdict].into_iter().flatten() {
            query = query.bind(number);
        }
        if let Some(state) = filter.state {
            query = query.bind(state);
        }
        let rows = query.bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(stored_link).collect()
    }

    /// Referrals of one canonical link, oldest first.
    pub async fn links_by_id(&mut self, id: LinkId, limit: u32) -> Result<Vec<StoredLink>, StoreError> {
        let sql = format!(
            "/* links_by_id */ SELECT {COLUMNS} FROM referral r JOIN submission s ON s.id = r.submission {OUTCOME}
             WHERE r.link_key = ? ORDER BY r.id LIMIT ?"
        );
        let key = LinkKey::of(id).number();
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(key).bind(limit).fetch_all(self.conn()).await?;
        let links = rows.iter().map(stored_link).collect::<Result<Vec<_>, _>>()?;
        let same =
            |link: &StoredLink| CanonicalLink::parse(&link.referral.link).is_ok_and(|link| link.id() == id);
        Ok(links.into_iter().filter(same).collect())
    }

    /// Referrals that lead to one target, oldest first; `target` is its row.
    pub async fn links_by_target(&mut self, target: i64, limit: u32) -> Result<Vec<StoredLink>, StoreError> {
        let sql = format!(
            "/* links_by_target */ SELECT {COLUMNS} FROM referral r JOIN submission s ON s.id = r.submission {OUTCOME}
             WHERE r.id IN (SELECT referral FROM answer WHERE target = ?) ORDER BY r.id LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(target).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(stored_link).collect()
    }

    /// This agency's own referrals of some targets, oldest first of each.
    pub async fn referrals_of(
        &mut self,
        targets: &[TargetId],
    ) -> Result<Vec<(TargetId, Referral)>, StoreError> {
        let list: Vec<String> = targets.iter().map(|id| hex::encode(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "/* referrals_of */ SELECT t.target_id, r.message FROM json_each(?) j
               CROSS JOIN target t ON t.target_id = unhex(j.value) CROSS JOIN answer n ON n.target = t.id
               CROSS JOIN referral r ON r.id = n.referral ORDER BY t.id, r.id",
        )
        .bind(serde_json::Value::from(list).to_string())
        .fetch_all(self.conn())
        .await?;
        let decode = |(id, message): (Vec<u8>, Vec<u8>)| {
            let id = id.try_into().map_err(|_| StoreError::Damaged("target_id"))?;
            let referral =
                Referral::decode(&message[..]).map_err(|_| StoreError::Damaged("referral.message"))?;
            Ok((TargetId::from_bytes(id), referral))
        };
        rows.into_iter().map(decode).collect()
    }

    /// How many referrals there are of one canonical link and of its target.
    pub async fn count_links(&mut self, id: Option<LinkId>, target: Option<i64>) -> Result<u64, StoreError> {
        let count: i64 = match target {
            Some(target) => {
                sqlx::query_scalar("/* count_links */ SELECT count(*) FROM answer WHERE target = ?")
                    .bind(target)
            }
            None => sqlx::query_scalar("/* count_links */ SELECT count(*) FROM referral WHERE link_key = ?")
                .bind(id.map(|id| LinkKey::of(id).number())),
        }
        .fetch_one(self.conn())
        .await?;
        Ok(unsigned(count))
    }

    /// Who handed in, from what: the input's name and the officer.
    pub async fn source_of(&mut self, hand_in: i64) -> Result<(String, String), StoreError> {
        let found = sqlx::query_as("/* source_of */ SELECT source_name, officer FROM hand_in WHERE id = ?")
            .bind(hand_in)
            .fetch_optional(self.conn())
            .await?;
        Ok(found.unwrap_or_default())
    }
}

fn when(condition: bool, sql: &'static str) -> &'static str {
    if condition { sql } else { "" }
}

fn stored_link(row: &SqliteRow) -> Result<StoredLink, StoreError> {
    let message: Vec<u8> = row.try_get("message")?;
    let target_id: Option<Vec<u8>> = row.try_get("target_id")?;
    let target_id = target_id
        .map(|id| id.try_into().map(TargetId::from_bytes).map_err(|_| StoreError::Damaged("target_id")))
        .transpose()?;
    Ok(StoredLink {
        place: LinkPlace { submission: row.try_get("submission")?, referral: row.try_get("referral")? },
        row: unsigned(row.try_get("row_no")?),
        line: unsigned(row.try_get("line")?),
        referral: Referral::decode(&message[..]).map_err(|_| StoreError::Damaged("referral.message"))?,
        case_number: row.try_get("number")?,
        hand_in: row.try_get("hand_in")?,
        state: row.try_get("state")?,
        composed_us: row.try_get("composed_us")?,
        answered_us: row.try_get("answered_us")?,
        verdict: row.try_get("verdict")?,
        target_id,
        owner: row.try_get("owner")?,
        basis: row.try_get("basis")?,
        stage: row.try_get("stage")?,
        round: u32::try_from(unsigned(row.try_get("round")?)).unwrap_or(u32::MAX),
        role: row.try_get("role")?,
        refusal: refusal(row)?,
    })
}

/// The page token's text.
impl std::fmt::Display for LinkPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.submission, self.referral)
    }
}

impl LinkPlace {
    /// Reads a page token; none: it is not one.
    pub fn parse(token: &str) -> Option<Self> {
        let (submission, referral) = token.split_once('.')?;
        Some(Self { submission: submission.parse().ok()?, referral: referral.parse().ok()? })
    }
}
