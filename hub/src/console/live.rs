//! Says to an open page that something has changed; what, the page reads as anybody would.

use std::{
    collections::{BTreeSet, HashMap},
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, Sse},
    },
};
use futures::stream;
use meldeverbund_people::{Role, SessionDigest};
use meldeverbund_proto::TargetId;
use serde::Deserialize;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Console, access::Area};
use crate::flow::{Beat, Failure, causes, is_target_changed};

/// Pages that one session can have open and up to date. A browser has six lines to one host (HTTP/1.1), and pages
/// themselves need some; our script gives up its line while its page is not seen.
const STREAMS_OF_SESSION: usize = 4;
/// Half of the browsers' connections; the others are for what people do.
const STREAMS: usize = 256;
/// How often an idle stream says that it is there, and looks whether its session still is.
const PING: Duration = Duration::from_secs(10);
/// A page is told no oftener, however much is written.
const REST: Duration = Duration::from_secs(2);
/// A stream ends before its connection is cut for its age; the browser comes again by itself.
const AGE: Duration = Duration::from_secs(10 * 60);

/// What our script says with a request that no person made: it keeps no session awake.
pub(super) const BY_ITSELF: &str = "meldeverbund-refresh";

/// What the streams share.
#[derive(Default)]
pub(super) struct Live {
    pulse: watch::Sender<Beat>,
    open: Arc<Mutex<HashMap<[u8; 32], usize>>>,
    stop: CancellationToken,
}

impl Live {
    /// Where the ledger is put as it grows.
    pub(super) fn pulse(&self) -> watch::Sender<Beat> {
        self.pulse.clone()
    }

    /// Where the ledger ended at the latest when whatever is read from now on is read.
    pub(super) fn now(&self) -> Beat {
        *self.pulse.borrow()
    }

    /// Ends all streams.
    pub(super) fn end(&self) {
        self.stop.cancel();
    }

    fn enter(&self, session: [u8; 32]) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(&session).copied().unwrap_or_default();
        if own >= STREAMS_OF_SESSION || open.values().sum::<usize>() >= STREAMS {
            return None;
        }
        open.insert(session, own + 1);
        Some(Place { open: Arc::clone(&self.open), session })
    }
}

/// A stream's place; given back when the stream ends, however it does.
struct Place {
    open: Arc<Mutex<HashMap<[u8; 32], usize>>>,
    session: [u8; 32],
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.session) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.session)),
        }
    }
}

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    /// Whatever is decided.
    Everything,
    /// One target.
    Target(TargetId),
}

impl Topic {
    /// What the page at this path is about; none where these roles may not see it.
    fn of(path: &str, roles: &BTreeSet<Role>) -> Option<Self> {
        let id = path.strip_prefix("/targets/").and_then(|rest| rest.split('/').next());
        match id.and_then(|id| id.parse().ok()) {
            Some(target) => Area::Target.is_open_to(roles).then_some(Self::Target(target)),
            None => Some(Self::Everything),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The page's path.
    page: String,
    /// Where the ledger ended when the page was made.
    seen: String,
}

/// The stream of a page.
pub(super) async fn follow(
    State(console): State<Console>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    // A browser that is told so does not come again by itself (WHATWG HTML, server-sent events).
    let nothing = StatusCode::NO_CONTENT.into_response();
    let session = match console.session(&headers).await {
        Ok(Some((id, session))) => (id.digest(), session),
        Ok(None) => return nothing,
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "a session could not be read");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    // What the stream before this one said last, where the line broke.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = last.and_then(|last| last.parse().ok()).or_else(|| asked.seen.parse().ok());
    let topic = Topic::of(&asked.page, &session.1.roles);
    let place = console.0.live.enter(session.1.digest);
    let (Some(seen), Some(topic), Some(place)) = (seen, topic, place) else { return nothing };
    let now = Instant::now();
    let follower = Follower {
        pulse: console.0.live.pulse.subscribe(),
        stop: console.0.live.stop.clone(),
        session: session.0,
        topic,
        seen,
        not_before: now,
        ping: now + PING,
        ends: now + AGE,
        is_over: false,
        console,
        _place: place,
    };
    let events = stream::unfold(follower, |mut follower: Follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let mut answer = Sse::new(events).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

struct Follower {
    console: Console,
    pulse: watch::Receiver<Beat>,
    stop: CancellationToken,
    session: SessionDigest,
    topic: Topic,
    /// Up to where the page knows that nothing, or something, has changed.
    seen: Beat,
    not_before: Instant,
    ping: Instant,
    ends: Instant,
    is_over: bool,
    _place: Place,
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        while !self.is_over {
            let (seen, not_before) = (self.seen, self.not_before);
            let news = async {
                sleep_until(not_before).await;
                // Another hub, whose page this is, may have seen more of the ledger than this one has yet.
                self.pulse.wait_for(|beat| *beat > seen).await.map(|beat| *beat)
            };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = sleep_until(self.ends) => return None,
                () = sleep_until(self.ping) => return Some(self.ping().await),
                // The pulse lives as long as the console does, which this holds.
                beat = news => if let Some(event) = self.told(beat.ok()?).await { return Some(event) },
            }
        }
        None
    }

    /// What the page is told of a ledger that has grown.
    async fn told(&mut self, beat: Beat) -> Option<Event> {
        self.not_before = Instant::now() + REST;
        let is_news = match self.topic {
            Topic::Everything => Ok(true),
            Topic::Target(target) => self.is_changed(target).await,
        };
        match is_news {
            Ok(is_news) => {
                self.seen = beat;
                is_news.then(|| Event::default().event("changed").id(beat.to_string()).data("changed"))
            }
            Err(failure) => {
                // Asked again after the rest.
                tracing::debug!(cause = %causes(&failure), "a target could not be looked at");
                None
            }
        }
    }

    async fn is_changed(&self, target: TargetId) -> Result<bool, Failure> {
        let hub = &self.console.0.hub;
        let mut still = hub.still().await?;
        is_target_changed(&mut still, hub.store().target_ids(), target, self.seen).await
    }

    async fn ping(&mut self) -> Event {
        self.ping = Instant::now() + PING;
        match self.console.session_of(&self.session).await {
            Ok(None) => {
                self.is_over = true;
                Event::default().event("ended").data("ended")
            }
            // An id alone tells the page nothing, and where to go on after the line broke.
            Ok(Some(_)) | Err(_) => Event::default().id(self.seen.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_streams_and_all_of_them_so_many() {
        let live = Live::default();
        let mut own: Vec<_> = (0..STREAMS_OF_SESSION).map(|_| live.enter([1; 32]).unwrap()).collect();
        assert!(live.enter([1; 32]).is_none());
        own.pop();
        own.push(live.enter([1; 32]).unwrap());
        let session = |n: usize| [u8::try_from(n / STREAMS_OF_SESSION).unwrap() + 2; 32];
        let others: Vec<_> = (0..STREAMS).map_while(|n| live.enter(session(n))).collect();
        assert_eq!(others.len() + own.len(), STREAMS);
        assert!(live.enter([0; 32]).is_none());
        drop((own, others));
        assert!(live.open.lock().unwrap().is_empty(), "who has gone takes no room");
    }

    #[test]
    fn a_page_is_told_of_what_its_person_may_see() {
        let id = "018f0000-0000-7000-8000-000000000000";
        let path = format!("/targets/{id}");
        let of = |path: &str, role| Topic::of(path, &BTreeSet::from([role]));
        assert_eq!(of(&path, Role::Auditor), Some(Topic::Target(id.parse().unwrap())));
        let below = format!("{path}/decide");
        assert_eq!(of(&below, Role::Auditor), Some(Topic::Target(id.parse().unwrap())));
        assert_eq!((of(&path, Role::Operator), of(&below, Role::Operator)), (None, None));
        assert_eq!(of("/", Role::Operator), Some(Topic::Everything));
        assert_eq!(of("/targets/x", Role::Operator), Some(Topic::Everything), "there is no such target");
    }
}
