//! Which of the hub's addresses the line goes to: one at a time, and what was learnt of each.
//!
//! The node stays where the hub answers. An address that fails waits longer each time, and those that failed least come
//! first, in any order: so each is tried once before one is tried again, and the nodes of a hub that died spread over
//! the others.

use std::time::Duration;

use http::Uri;
use meldeverbund_proto::node::v1::{HubAddress, HubLineCause, HubLineState};
use tokio::time::Instant;

use super::backoff::Backoff;
use crate::{clock::Random, line::Trouble};

/// What is known of each address.
#[derive(Debug)]
pub(crate) struct Hubs {
    places: Vec<Place>,
    current: Option<usize>,
    pause_min_ms: u64,
}

/// One address.
#[derive(Debug)]
struct Place {
    address: Uri,
    state: HubLineState,
    since_us: i64,
    trouble: Option<Trouble>,
    failures: u32,
    pauses: Backoff,
    /// It is not dialled before.
    free_at: Option<Instant>,
    /// It answers, but others come first until then: it cannot write, or it is behind.
    unfit_until: Option<Instant>,
    unfit_pauses: Backoff,
    not_before_us: i64,
}

/// The next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Next {
    /// The address' place.
    pub(super) at: usize,
    /// When.
    pub(super) after: Duration,
}

/// Now, for pauses and for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    pub(crate) us: i64,
}

impl Hubs {
    /// Nothing is known yet.
    pub(crate) fn new(addresses: &[Uri], pause_min_ms: u64, pause_max_ms: u64, now_us: i64) -> Self {
        let pauses = Backoff::new(pause_min_ms, pause_max_ms);
        let place = |address: &Uri| Place {
            address: address.clone(),
            state: HubLineState::Connecting,
            since_us: now_us,
            trouble: None,
            failures: 0,
            pauses: pauses.clone(),
            free_at: None,
            unfit_until: None,
            unfit_pauses: pauses.clone(),
            not_before_us: 0,
        };
        Self { places: addresses.iter().map(place).collect(), current: None, pause_min_ms }
    }

    /// Where to go next.
    pub(super) fn next(&self, now: Instant, random: &Random) -> Next {
        let first = self.current.is_none();
        let free = self.places.iter().enumerate().filter(|(_, place)| place.is_free(now));
        let rank = |at: usize, place: &Place| {
            let leaves = Some(at) != self.current;
            (place.is_unfit(now), place.failures, leaves, random.below(u64::MAX))
        };
        if let Some((at, _)) = free.min_by_key(|(at, place)| rank(*at, place)) {
            // Not all at once: the nodes that a hub leaves behind come to the others one after another.
            let goes_over = !first && Some(at) != self.current;
            let spread_ms = if goes_over { random.below(self.pause_min_ms) } else { 0 };
            return Next { at, after: Duration::from_millis(spread_ms) };
        }
        let waits = |place: &Place| place.free_at.map_or(Duration::ZERO, |free| free - now);
        let waiting = self.places.iter().map(waits).enumerate().min_by_key(|(_, wait)| *wait);
        let (at, after) = waiting.expect("a configuration has an address");
        Next { at, after }
    }

    /// It is dialled: its address.
    pub(super) fn dials(&mut self, at: usize) -> Uri {
        self.current = Some(at);
        self.places[at].address.clone()
    }

    /// The hub answers there.
    pub(super) fn connected(&mut self, now: Now) {
        let Some(place) = self.here() else { return };
        place.failures = 0;
        place.pauses.reset();
        (place.free_at, place.not_before_us) = (None, 0);
        if place.unfit_until.is_none_or(|until| until <= now.instant) {
            place.trouble = None;
        }
        place.enter(HubLineState::Connected, now.us);
    }

    /// It did not, or does not any more; it is not tried again before a pause that the hub may ask for.
    pub(super) fn failed(&mut self, trouble: &Trouble, hint_ms: u64, now: Now, random: &Random) {
        // What is wrong here is wrong on the way to each of them.
        let own = matches!(trouble.cause, HubLineCause::OwnFiles | HubLineCause::OwnStore);
        let current = self.current;
        let concerned = self.places.iter_mut().enumerate().filter(|(at, _)| own || Some(*at) == current);
        for (_, place) in concerned {
            let pause = place.pauses.pause(hint_ms, random);
            place.failures = place.failures.saturating_add(1);
            place.free_at = Some(now.instant + pause);
            place.not_before_us = later_us(now.us, pause);
            place.trouble = Some(trouble.clone());
            let state = if trouble.refusal.is_some() { HubLineState::Refused } else { HubLineState::Down };
            place.enter(state, now.us);
        }
    }

    /// It answers and is of little use: it cannot write, or it is behind. True if there is another that may do.
    pub(crate) fn unfit(&mut self, trouble: &Trouble, hint_ms: u64, now: Now, random: &Random) -> bool {
        let Some(place) = self.here() else { return false };
        if !place.is_unfit(now.instant) {
            let pause = place.unfit_pauses.pause(hint_ms, random);
            place.unfit_until = Some(now.instant + pause);
            place.not_before_us = later_us(now.us, pause);
            place.trouble = Some(trouble.clone());
        }
        let goes = self.has_another(now);
        if let (true, Some(place)) = (goes, self.here()) {
            place.enter(HubLineState::Down, now.us);
        }
        goes
    }

    /// Whether there is another that may do.
    pub(super) fn has_another(&self, now: Now) -> bool {
        let may_do = |(at, place): (usize, &Place)| {
            Some(at) != self.current && place.is_free(now.instant) && !place.is_unfit(now.instant)
        };
        self.places.iter().enumerate().any(may_do)
    }

    /// The hub has written there what it was sent.
    pub(crate) fn wrote(&mut self) {
        let Some(place) = self.here() else { return };
        place.unfit_pauses.reset();
        place.unfit_until = None;
        if place.state == HubLineState::Connected {
            (place.trouble, place.not_before_us) = (None, 0);
        }
    }

    /// The address in use, or tried last; before the first try the first one.
    pub(crate) fn current(&self) -> String {
        self.places.get(self.current.unwrap_or(0)).map_or_else(String::new, |place| place.address.to_string())
    }

    /// Whether there is more than one.
    pub(crate) fn are_several(&self) -> bool {
        self.places.len() > 1
    }

    /// For people.
    pub(crate) fn view(&self) -> Vec<HubAddress> {
        self.places.iter().map(Place::view).collect()
    }

    fn here(&mut self) -> Option<&mut Place> {
        self.current.and_then(|at| self.places.get_mut(at))
    }
}

impl Place {
    fn is_free(&self, now: Instant) -> bool {
        self.free_at.is_none_or(|free| free <= now)
    }

    fn is_unfit(&self, now: Instant) -> bool {
        self.unfit_until.is_some_and(|until| until > now)
    }

    fn enter(&mut self, state: HubLineState, now_us: i64) {
        if self.state != state {
            self.state = state;
            self.since_us = now_us;
        }
    }

    fn view(&self) -> HubAddress {
        let trouble = self.trouble.as_ref();
        HubAddress {
            address: self.address.to_string(),
            state: self.state.into(),
            since_us: self.since_us,
            cause: trouble.map_or(HubLineCause::Unspecified, |trouble| trouble.cause).into(),
            detail: trouble.map_or_else(String::new, |trouble| trouble.detail.clone()),
            failures: self.failures,
            not_before_us: self.not_before_us,
        }
    }
}

fn later_us(now_us: i64, pause: Duration) -> i64 {
    now_us.saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const MIN_MS: u64 = 100;

    fn hubs(count: usize) -> Hubs {
        let address = |n: usize| format!("https://hub{n}.example:7443").parse().unwrap();
        Hubs::new(&(0..count).map(address).collect::<Vec<_>>(), MIN_MS, 1_000, 0)
    }

    fn trouble(cause: HubLineCause) -> Trouble {
        Trouble { cause, detail: String::new(), refusal: None }
    }

    fn now() -> Now {
        Now { instant: Instant::now(), us: 1 }
    }

    #[test]
    fn nodes_begin_anywhere_and_stay_where_the_hub_answers() {
        let now = now();
        let begun = |seed| hubs(3).next(now.instant, &Random::seeded(seed)).at;
        assert_eq!((0..40).map(begun).collect::<HashSet<_>>().len(), 3);
        let (mut hubs, random) = (hubs(3), Random::seeded(1));
        hubs.dials(1);
        hubs.connected(now);
        for _ in 0..20 {
            assert_eq!(hubs.next(now.instant, &random), Next { at: 1, after: Duration::ZERO });
        }
    }

    #[test]
    fn each_address_is_tried_once_before_one_is_tried_again() {
        for seed in 0..20 {
            let (mut hubs, random, now) = (hubs(4), Random::seeded(seed), now());
            let mut tried = HashSet::new();
            for _ in 0..4 {
                let Next { at, after } = hubs.next(now.instant, &random);
                assert!(after <= Duration::from_millis(MIN_MS), "going over takes one short pause at most");
                hubs.dials(at);
                hubs.failed(&trouble(HubLineCause::Unreachable), 0, now, &random);
                tried.insert(at);
            }
            assert_eq!(tried.len(), 4);
            let Next { after, .. } = hubs.next(now.instant, &random);
            assert!(after >= Duration::from_millis(MIN_MS / 2), "then there is a pause: {after:?}");
            // All are free again: the pauses of those that fail grow, and the one that works once begins anew.
            let later = Now { instant: now.instant + Duration::from_secs(2), us: 2 };
            let Next { at, .. } = hubs.next(later.instant, &random);
            hubs.dials(at);
            hubs.connected(later);
            assert_eq!((hubs.view()[at].failures, hubs.view()[at].not_before_us), (0, 0));
            assert_eq!(hubs.next(later.instant, &random).at, at);
        }
    }

    #[test]
    fn those_that_failed_least_come_first() {
        for seed in 0..20 {
            let (mut hubs, random, now) = (hubs(3), Random::seeded(seed), now());
            hubs.dials(0);
            hubs.failed(&trouble(HubLineCause::Unreachable), 0, now, &random);
            let later = now.instant + Duration::from_secs(2);
            assert_ne!(hubs.next(later, &random).at, 0, "the others were never tried");
        }
    }

    #[test]
    fn a_single_address_pauses_as_ever() {
        let (mut hubs, random, now) = (hubs(1), Random::seeded(1), now());
        for (least, most) in [(50, 100), (100, 200), (200, 400)] {
            hubs.dials(0);
            hubs.failed(&trouble(HubLineCause::Unreachable), 0, now, &random);
            let after = hubs.next(now.instant, &random).after.as_millis();
            assert!((least..=most).contains(&after), "{after}");
        }
        hubs.failed(&trouble(HubLineCause::HubBusy), 5_000, now, &random);
        assert_eq!(hubs.next(now.instant, &random).after, Duration::from_secs(5), "the hub's hint counts");
        assert!(!hubs.unfit(&trouble(HubLineCause::HubBusy), 0, now, &random), "there is no other");
    }

    #[test]
    fn one_that_cannot_write_is_left_for_another_and_not_left_for_one_that_cannot_either() {
        let (mut hubs, random, now) = (hubs(2), Random::seeded(1), now());
        let busy = trouble(HubLineCause::HubBusy);
        hubs.dials(0);
        hubs.connected(now);
        assert!(hubs.unfit(&busy, 500, now, &random));
        assert_eq!(hubs.next(now.instant, &random).at, 1);
        hubs.dials(1);
        hubs.connected(now);
        assert!(!hubs.unfit(&busy, 500, now, &random), "the first is known to be no better");
        assert_eq!(hubs.view()[1].cause(), HubLineCause::HubBusy);
        assert_eq!(hubs.view()[1].state(), HubLineState::Connected);
        hubs.wrote();
        assert_eq!(hubs.view()[1].cause(), HubLineCause::Unspecified);
    }

    #[test]
    fn what_is_wrong_here_is_wrong_with_all() {
        let (mut hubs, random, now) = (hubs(3), Random::seeded(1), now());
        hubs.dials(2);
        hubs.failed(&trouble(HubLineCause::OwnFiles), 0, now, &random);
        assert!(hubs.view().iter().all(|place| place.failures == 1));
        assert!(hubs.next(now.instant, &random).after > Duration::ZERO);
    }
}
