//! Lists referrals, page by page.

use meldeverbund_proto::{
    node::v1::{LinkState, ListLinksRequest, ListLinksResponse},
    v1::{Stage, Verdict},
};

use super::{
    DeskError,
    link_row::{cards, link_row, state_number},
};
use crate::{
    node::Node,
    store::{LinkFilter, LinkPlace},
};

/// Rows of a page if the caller does not say.
const PAGE: u32 = 100;

/// Rows of the largest page: a few megabytes at most.
const LARGEST_PAGE: u32 = 1_000;

pub(super) async fn list_links(
    node: &Node,
    request: ListLinksRequest,
) -> Result<ListLinksResponse, DeskError> {
    let filter = filter(&request)?;
    if request.state() == LinkState::Rejected {
        return Err(DeskError::Protocol("rejected rows are listed by reports alone"));
    }
    let after = match request.page_token.as_str() {
        "" => LinkPlace::default(),
        token => LinkPlace::parse(token).ok_or(DeskError::Protocol("`page_token` is not one"))?,
    };
    let size = match request.page_size {
        0 => PAGE,
        size => size.min(LARGEST_PAGE),
    };
    let mut tx = node.store.read().await?;
    let mut links = tx.links(&filter, after, size + 1).await?;
    let more = links.len() > size as usize;
    links.truncate(size as usize);
    let next_page_token =
        links.last().filter(|_| more).map_or_else(String::new, |link| link.place.to_string());
    let rows: Vec<_> = links.iter().map(link_row).collect();
    let agencies = cards(&mut tx, &rows).await?;
    Ok(ListLinksResponse { rows, agencies, next_page_token })
}

fn filter(request: &ListLinksRequest) -> Result<LinkFilter, DeskError> {
    let text = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    Ok(LinkFilter {
        case_number: text(&request.case_number),
        hand_in: (request.hand_in != 0)
            .then(|| i64::try_from(request.hand_in).map_err(|_| DeskError::HandInUnknown))
            .transpose()?,
        owner: text(&request.owner_agency_id),
        stage: Some(request.stage).filter(|stage| *stage != i32::from(Stage::Unspecified)),
        verdict: Some(request.verdict).filter(|verdict| *verdict != i32::from(Verdict::Unspecified)),
        state: state_number(request.state()),
    })
}
