//! What became of each row of a hand-in, in the order of its rows: referrals and rejected rows merged.

use std::{collections::VecDeque, sync::Arc};

use meldeverbund_proto::node::v1::{LinkRow, ReportHandInResponse};
use tokio::sync::mpsc;
use tonic::Status;

use super::{
    Caller, DeskError,
    link_row::{cards, link_row, rejected_row},
};
use crate::{
    node::Node,
    store::{LinkFilter, LinkPlace, Rejected, StoreError, StoredLink},
};

/// Rows of one message, and of one look at the store: a report of any length takes the same memory.
const PAGE: u32 = 500;

pub(super) type Responses = mpsc::Sender<Result<ReportHandInResponse, Status>>;

/// Reports to the end, or until the caller goes away.
pub(super) async fn report_hand_in(node: Arc<Node>, caller: Caller, hand_in: u64, responses: Responses) {
    if let Err(error) = report(&node, hand_in, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn report(node: &Node, hand_in: u64, responses: &Responses) -> Result<(), DeskError> {
    let id = i64::try_from(hand_in).map_err(|_| DeskError::HandInUnknown)?;
    let found = node.store.read().await?.hand_in(id).await?.ok_or(DeskError::HandInUnknown)?;
    let mut merge = Merge::new(id);
    loop {
        let mut rows = Vec::with_capacity(PAGE as usize);
        while rows.len() < PAGE as usize {
            match merge.next(node).await? {
                Some(Row::Referral(link)) => rows.push(link_row(&link)),
                Some(Row::Rejected(row)) => rows.push(rejected_row(row, hand_in, &found.case_number)),
                None => break,
            }
        }
        if rows.is_empty() || !send(node, rows, responses).await? {
            return Ok(());
        }
    }
}

async fn send(node: &Node, rows: Vec<LinkRow>, responses: &Responses) -> Result<bool, StoreError> {
    let agencies = cards(&mut node.store.read().await?, &rows).await?;
    Ok(responses.send(Ok(ReportHandInResponse { rows, agencies })).await.is_ok())
}

enum Row {
    Referral(Box<StoredLink>),
    Rejected(Rejected),
}

/// Both kinds of rows, each read page by page.
struct Merge {
    hand_in: i64,
    links: VecDeque<StoredLink>,
    after_link: Option<LinkPlace>,
    rejected: VecDeque<Rejected>,
    after_rejected: Option<u64>,
}

impl Merge {
    fn new(hand_in: i64) -> Self {
        Self {
            hand_in,
            links: VecDeque::new(),
            after_link: Some(LinkPlace::default()),
            rejected: VecDeque::new(),
            after_rejected: Some(0),
        }
    }

    async fn next(&mut self, node: &Node) -> Result<Option<Row>, StoreError> {
        self.fill(node).await?;
        let link_first = match (self.links.front(), self.rejected.front()) {
            (Some(link), Some(rejected)) => link.row < rejected.row,
            (link, _) => link.is_some(),
        };
        Ok(if link_first {
            self.links.pop_front().map(|link| Row::Referral(Box::new(link)))
        } else {
            self.rejected.pop_front().map(Row::Rejected)
        })
    }

    async fn fill(&mut self, node: &Node) -> Result<(), StoreError> {
        if let (true, Some(after)) = (self.links.is_empty(), self.after_link) {
            let filter = LinkFilter { hand_in: Some(self.hand_in), ..LinkFilter::default() };
            self.links = node.store.read().await?.links(&filter, after, PAGE).await?.into();
            self.after_link = self.links.back().map(|link| link.place);
        }
        if let (true, Some(after)) = (self.rejected.is_empty(), self.after_rejected) {
            self.rejected = node.store.read().await?.rejected_rows(self.hand_in, after, PAGE).await?.into();
            self.after_rejected = self.rejected.back().map(|row| row.row);
        }
        Ok(())
    }
}
