//! Who is a member: agencies, their certificates and keys, and how far their nodes have followed.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use meldeverbund_proto::v1::AgencyKind;
use meldeverbund_web::{Instant, Texts};

use super::{Console, access::Area, caller::Caller};
use crate::{
    clock::now_us,
    flow::{Certificate, Member, causes, members},
};

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// A certificate that ends within this time is renewed now: two offices have to do with it.
const SOON_US: i64 = 30 * DAY_US;

/// How long one that has ended still stands here: whoever looks for the reason of a silence finds it.
const ENDED_US: i64 = 90 * DAY_US;

#[derive(Template)]
#[template(path = "agencies.html")]
struct Agencies<'p> {
    t: Texts<'p>,
    now_us: i64,
    members: Vec<Member>,
}

impl Agencies<'_> {
    fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }

    fn kind(&self, member: &Member) -> String {
        self.t.say(match member.agency.agency.kind {
            AgencyKind::StateOffice => "agency-kind-state-office",
            AgencyKind::CentralOffice => "agency-kind-central-office",
            AgencyKind::Liaison => "agency-kind-liaison",
            AgencyKind::Unspecified => "agency-kind-unknown",
        })
    }

    /// How many feed events the slowest of its nodes has still to apply.
    fn behind(&self, member: &Member) -> Option<i64> {
        member.instances.iter().map(|one| one.feed_sequence - one.acknowledged).max()
    }

    fn at_leaf(&self, key: &str, leaf: &i64) -> String {
        self.t.count(key, *leaf)
    }

    /// The certificates that stand here, each with how it is, and whether nobody has to do anything.
    fn certificates(&self) -> Vec<(&Member, &Certificate, &'static str, bool)> {
        let mut shown = Vec::new();
        for member in &self.members {
            let lately = |one: &&Certificate| one.not_after_us > self.now_us - ENDED_US;
            for one in member.certificates.iter().filter(lately) {
                let validity = self.validity(member, one.not_after_us);
                shown.push((member, one, validity, validity == "certificate-valid"));
            }
        }
        shown
    }

    fn validity(&self, member: &Member, not_after_us: i64) -> &'static str {
        if not_after_us <= self.now_us {
            "certificate-ended"
        } else if member.agency.suspended_at_us.is_some() {
            "certificate-suspended"
        } else if not_after_us <= self.now_us + SOON_US {
            "certificate-soon"
        } else {
            "certificate-valid"
        }
    }
}

/// The page.
pub(super) async fn page(State(console): State<Console>, caller: Caller) -> Response {
    if !caller.may(Area::Agencies) {
        return console.no_page(&caller);
    }
    let hub = &console.0.hub;
    let read = async { members(&mut hub.still().await?, &caller.session.agency).await };
    match read.await {
        Ok(members) => {
            let t = console.texts(caller.language);
            let content = Agencies { t, now_us: now_us(hub.clock()), members };
            console.page(&caller, Area::Agencies, &t.say("agencies"), &content)
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "the agencies could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}
