//! The hub: its addresses, the proxy, both certificates, what it thinks of this agency, and its clock.

use futures::future::join_all;
use http::Uri;
use meldeverbund_proto::{
    node::v1::HubLineCause,
    v1::{RefusalCode, WhoAmIRequest, WhoAmIResponse, agency_service_client::AgencyServiceClient},
};
use tokio_util::sync::CancellationToken;

use super::{Findings, Level};
use crate::{
    clock::Clock,
    config::Config,
    line::Trouble,
    sync::{Dial as _, TlsDial, trouble_of},
    text::{self, say},
};

/// A difference that makes times doubtful.
const CLOCK_NOTICE_US: i64 = 5_000_000;

/// A difference at which fresh certificates are refused.
const CLOCK_FAULT_US: i64 = 300_000_000;

pub(super) async fn check(config: &Config, clock: &Clock, findings: &mut Findings) {
    let stop = CancellationToken::new();
    let _ended = stop.clone().drop_guard();
    let dial = TlsDial::new(config.clone(), clock.clone(), stop);
    let addresses = config.hub.addresses();
    let answers = join_all(addresses.iter().map(|address| ask(&dial, address, clock))).await;
    let one_answers = answers.iter().any(Result::is_ok);
    let mut clock_told = false;
    for (address, answer) in addresses.iter().zip(&answers) {
        match answer {
            Ok((who, ahead_us)) => {
                known(config, address, who, findings);
                // One clock, one finding, unless a hub's own is wrong.
                if !std::mem::replace(&mut clock_told, true) || ahead_us.abs() >= CLOCK_NOTICE_US {
                    clocks(*ahead_us, findings);
                }
            }
            // The line is up as long as one of them answers.
            Err(trouble) => {
                let level = if one_answers { Level::Warning } else { Level::Fault };
                let address = (addresses.len() > 1).then_some(address);
                failed(trouble, address, level, findings);
            }
        }
    }
}

/// Asks at one address who we are: the answer, and how far this clock is ahead of the hub's.
async fn ask(dial: &TlsDial, address: &Uri, clock: &Clock) -> Result<(WhoAmIResponse, i64), Trouble> {
    let channel = dial.dial(address).await?;
    let before_us = clock.now_us();
    let answer = AgencyServiceClient::new(channel).who_am_i(WhoAmIRequest {}).await;
    let after_us = clock.now_us();
    let who = answer.map_err(|status| trouble_of(&status))?.into_inner();
    let ahead_us = before_us + (after_us - before_us) / 2 - who.hub_time_us;
    Ok((who, ahead_us))
}

fn known(config: &Config, address: &Uri, who: &WhoAmIResponse, findings: &mut Findings) {
    let lang = findings.lang;
    let card = who.agency.clone().unwrap_or_default();
    if card.agency_id == config.agency.as_str() {
        let version = &who.hub_version;
        let text = say(
            lang,
            format!("{address} (Stand {version}) kennt diesen Knoten als {}, {}", card.agency_id, card.name),
            format!("{address} (version {version}) knows this node as {}, {}", card.agency_id, card.name),
        );
        findings.ok("hub", text);
    } else {
        let text = say(
            lang,
            format!(
                "der Hub kennt diesen Knoten als {}, die Konfiguration nennt {}",
                card.agency_id, config.agency
            ),
            format!(
                "the hub knows this node as {}, the configuration names {}",
                card.agency_id, config.agency
            ),
        );
        findings.fault("hub", "wrong_agency", text);
    }
}

fn clocks(ahead_us: i64, findings: &mut Findings) {
    let lang = findings.lang;
    let by = text::duration(lang, ahead_us);
    let text = match (ahead_us.abs() < CLOCK_NOTICE_US, ahead_us > 0) {
        (true, _) => say(lang, "geht wie die des Hubs".to_owned(), "agrees with the hub's".to_owned()),
        (false, true) => {
            say(lang, format!("geht {by} vor der des Hubs"), format!("is {by} ahead of the hub's"))
        }
        (false, false) => {
            say(lang, format!("geht {by} hinter der des Hubs"), format!("is {by} behind the hub's"))
        }
    };
    match ahead_us.abs() {
        CLOCK_FAULT_US.. => findings.fault("clock", "clock_skew", text),
        CLOCK_NOTICE_US.. => findings.warning("clock", "clock_skew", text),
        _ => findings.ok("clock", text),
    }
}

fn failed(trouble: &Trouble, address: Option<&Uri>, level: Level, findings: &mut Findings) {
    let lang = findings.lang;
    let mut text = address.map_or_else(String::new, |address| format!("{address}: "));
    text.push_str(text::line_cause(lang, trouble.cause));
    let more = match &trouble.refusal {
        Some(refusal) => text::refusal(lang, refusal),
        None => trouble.detail.clone(),
    };
    if !more.is_empty() {
        text.push_str(&format!(" ({more})"));
    }
    findings.add("hub", level, cause(trouble), text);
}

/// The cause for programs.
fn cause(trouble: &Trouble) -> &'static str {
    match trouble.refusal.as_ref().map(|refusal| refusal.code()) {
        Some(RefusalCode::AgencyUnknown) => return "agency_unknown",
        Some(RefusalCode::AgencySuspended) => return "agency_suspended",
        Some(_) => return "refused",
        None => {}
    }
    match trouble.cause {
        HubLineCause::Unreachable => "unreachable",
        HubLineCause::Name => "name_unknown",
        HubLineCause::Proxy => "proxy",
        HubLineCause::OwnExpired => "expired",
        HubLineCause::OwnNotYetValid => "not_yet_valid",
        HubLineCause::OwnRevoked => "revoked",
        HubLineCause::OwnUnknownAuthority => "unknown_authority",
        HubLineCause::OwnWrongName => "wrong_name",
        HubLineCause::OwnRefused => "certificate_refused",
        HubLineCause::OwnFiles => "file_unusable",
        HubLineCause::OwnRevocations => "revocations_overdue",
        HubLineCause::HubValidity => "hub_validity",
        HubLineCause::HubRevoked => "hub_revoked",
        HubLineCause::HubUnknownAuthority => "hub_unknown_authority",
        HubLineCause::HubIdentity => "hub_identity",
        HubLineCause::NotAHub => "not_a_hub",
        HubLineCause::TooManyConnections => "too_many_connections",
        HubLineCause::HubBusy => "hub_busy",
        HubLineCause::HubBehind => "hub_behind",
        HubLineCause::BrokenOff => "broken_off",
        HubLineCause::Unspecified
        | HubLineCause::Refusal
        | HubLineCause::Contract
        | HubLineCause::OwnStore => "contract",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    /// What doctor says of a clock that is this far ahead of the hub's.
    fn said(ahead_us: i64) -> (Level, String) {
        let mut findings = Findings { lang: Lang::En, found: Vec::new() };
        clocks(ahead_us, &mut findings);
        let found = findings.found.pop().unwrap();
        (found.level, found.text)
    }

    #[test]
    fn a_clock_may_differ_a_little_and_not_by_minutes() {
        for ahead_us in [0, CLOCK_NOTICE_US - 1, 1 - CLOCK_NOTICE_US] {
            assert_eq!(said(ahead_us), (Level::Ok, "agrees with the hub's".into()));
        }
        for ahead_us in [CLOCK_NOTICE_US, CLOCK_FAULT_US - 1] {
            let (level, text) = said(ahead_us);
            assert!(level == Level::Warning && text.ends_with("ahead of the hub's"), "{text}");
            let (level, text) = said(-ahead_us);
            assert!(level == Level::Warning && text.ends_with("behind the hub's"), "{text}");
        }
        for ahead_us in [CLOCK_FAULT_US, i64::MAX, -CLOCK_FAULT_US, i64::MIN + 1] {
            assert_eq!(said(ahead_us).0, Level::Fault);
        }
    }
}
