//! From an error of the line to its cause.

use std::error::Error;

use meldeverbund_certs::{ConnectFailure, explain};
use meldeverbund_proto::{
    node::v1::HubLineCause,
    v1::{Refusal, RefusalCode},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{line::Trouble, node::Node, store::StoreError, witness::Left};

/// Domain of the hub's reasons (google.rpc.ErrorInfo).
const HUB_DOMAIN: &str = "meldeverbund";

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The hub or the line said so.
    #[error("the line to the hub failed")]
    Line(#[source] Box<Status>),
    /// The hub ended a stream.
    #[error("the hub ended the stream")]
    Ended,
    /// The hub broke the contract.
    #[error("the hub broke the contract: {0}")]
    Contract(&'static str),
    /// The hub was restored and has begun an epoch.
    #[error("the hub was restored and has begun an epoch")]
    EpochBegan,
    /// The hub takes this node for another agency's than the store belongs to.
    #[error("the hub knows this node's certificate under another agency")]
    OtherAgency,
    /// The hub has registered this agency in another role than the configuration says.
    #[error(
        "the hub has registered this agency in another role: set `role` in the configuration as it is registered"
    )]
    OtherRole,
    /// The hub is there and of little use, and there is another address that may do.
    #[error("another of the hub's addresses is tried: {}", .0.detail)]
    Elsewhere(Box<Trouble>),
    /// The node's own store failed.
    #[error("the node's store failed")]
    Store(#[from] StoreError),
}

impl From<Left> for Broken {
    fn from(left: Left) -> Self {
        match left {
            Left::Behind(trouble) => Self::Elsewhere(Box::new(trouble)),
            Left::Store(error) => Self::Store(error),
        }
    }
}

impl From<Status> for Broken {
    fn from(status: Status) -> Self {
        Self::Line(Box::new(status))
    }
}

impl Broken {
    /// As status and `doctor` show it.
    pub(super) fn trouble(&self) -> Trouble {
        let plain = |cause| Trouble { cause, detail: chain(self), refusal: None };
        match self {
            Self::Line(status) => trouble_of(status),
            Self::Elsewhere(trouble) => (**trouble).clone(),
            Self::Ended | Self::EpochBegan => plain(HubLineCause::HubBusy),
            Self::OtherAgency | Self::OtherRole => plain(HubLineCause::OwnWrongName),
            Self::Contract(_) => plain(HubLineCause::Contract),
            Self::Store(_) => plain(HubLineCause::OwnStore),
        }
    }

    /// The refusal in the hub's status, if there is one.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Line(status) => refusal_of(status),
            _ => None,
        }
    }
}

/// Whether the hub's refusal to write is a reason to go to another of its addresses. A rate limit is none: it is about
/// this agency, wherever it sends.
///
/// # Errors
/// [`Broken::Elsewhere`], if there is one that may do.
pub(super) fn cannot_write(node: &Node, refusal: &Refusal) -> Result<(), Broken> {
    if refusal.code() != RefusalCode::Unavailable {
        return Ok(());
    }
    let trouble = Trouble { cause: HubLineCause::HubBusy, detail: refusal.reason.clone(), refusal: None };
    if node.hub_is_unfit(&trouble, refusal.retry_after_ms) {
        return Err(Broken::Elsewhere(Box::new(trouble)));
    }
    Ok(())
}

/// What a status of the hub, or of the line to it, says.
pub(crate) fn trouble_of(status: &Status) -> Trouble {
    if let Some(refusal) = refusal_of(status) {
        let passing = matches!(
            refusal.code(),
            RefusalCode::Unavailable | RefusalCode::RateLimited | RefusalCode::Internal
        );
        let cause = if passing { HubLineCause::HubBusy } else { HubLineCause::Refusal };
        return Trouble { cause, detail: refusal.reason.clone(), refusal: (!passing).then_some(refusal) };
    }
    let cause = match (status.code(), explain(status)) {
        (_, failure) if failure != ConnectFailure::Other => cause_of(failure),
        (Code::Unimplemented | Code::InvalidArgument | Code::OutOfRange, _) => HubLineCause::Contract,
        (Code::ResourceExhausted, _) => HubLineCause::HubBusy,
        _ => HubLineCause::BrokenOff,
    };
    Trouble { cause, detail: chain(status), refusal: None }
}

/// The refusal in a status' details.
pub(crate) fn refusal_of(status: &Status) -> Option<Refusal> {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == HUB_DOMAIN)?;
    let code = RefusalCode::from_str_name(&info.reason)?;
    let field = details.bad_request().and_then(|bad| bad.field_violations.first());
    let retry = details.retry_info().and_then(|retry| retry.retry_delay);
    let retry_after_ms = retry.map_or(0, |delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    let refusal = match field {
        Some(violation) => Refusal::at(code, violation.field.clone(), violation.description.clone()),
        None => Refusal::of(code, status.message()),
    };
    Some(refusal.retry_after_ms(retry_after_ms))
}

/// The desk's word for a failed connection.
pub(crate) fn cause_of(failure: ConnectFailure) -> HubLineCause {
    match failure {
        ConnectFailure::HostUnknown => HubLineCause::Name,
        ConnectFailure::Unreachable | ConnectFailure::TimedOut | ConnectFailure::Other => {
            HubLineCause::Unreachable
        }
        ConnectFailure::ProxyUnreachable
        | ConnectFailure::ProxyRefused
        | ConnectFailure::ProxyUnauthorized => HubLineCause::Proxy,
        ConnectFailure::Revoked => HubLineCause::OwnRevoked,
        ConnectFailure::Expired => HubLineCause::OwnExpired,
        ConnectFailure::UnknownAuthority => HubLineCause::OwnUnknownAuthority,
        ConnectFailure::WrongName => HubLineCause::OwnWrongName,
        ConnectFailure::Unusable => HubLineCause::OwnRefused,
        ConnectFailure::TooManyConnections => HubLineCause::TooManyConnections,
        ConnectFailure::HubExpired | ConnectFailure::HubNotYetValid => HubLineCause::HubValidity,
        ConnectFailure::HubRevoked => HubLineCause::HubRevoked,
        ConnectFailure::HubUnknownAuthority => HubLineCause::HubUnknownAuthority,
        ConnectFailure::HubWrongName => HubLineCause::HubIdentity,
        ConnectFailure::HubUnusable | ConnectFailure::NotAHub => HubLineCause::NotAHub,
        ConnectFailure::RevocationUnknown => HubLineCause::OwnRevocations,
        ConnectFailure::Broken => HubLineCause::BrokenOff,
    }
}

/// An error with its sources, once each.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = source.source();
    }
    text
}
