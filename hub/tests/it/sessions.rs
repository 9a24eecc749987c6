//! People's sessions: the same at every hub of a database, ended by time, by the person and by the issuer.

use std::time::{Duration, SystemTime};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_hub::{
    flow::{
        BeginSession, Begun, EndSession, EndSessionsOfPerson, Hub, HubTasks, LogOut, Session, SessionLimits,
        TouchSession, session, sessions_of,
    },
    ledger::LedgerFiles,
    store::Store,
};
use meldeverbund_people::{
    Attempt, Issuers, LocalPath, Logout, Officer, Role, SessionId, testing::TestIssuer,
};
use tempfile::TempDir;

use crate::harness::{DOMAIN, Place};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const LIMITS: SessionLimits =
    SessionLimits { idle: Duration::from_secs(1800), total: Duration::from_secs(36_000) };

/// Two hubs on one database, and an issuer.
struct House {
    folder: TempDir,
    place: Place,
    clock: ManualClock,
    hubs: [Hub; 2],
    tasks: Vec<HubTasks>,
    issuer: TestIssuer,
    issuers: Issuers,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        let (files, place) = (LedgerFiles::in_folder(DOMAIN, folder.path()), Place::chosen());
        let (mut hubs, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let store = Store::open(place.database(folder.path())).await.unwrap();
            let (hub, task) = Hub::start(store, clock.clock(), &files).await.unwrap();
            hubs.push(hub);
            tasks.push(task);
        }
        let issuer = TestIssuer::start().await;
        let issuers = Issuers::new([issuer.settings(&"de-bka".parse().unwrap())], &Clock::system()).unwrap();
        Self { folder, place, clock, hubs: hubs.try_into().unwrap(), tasks, issuer, issuers }
    }

    async fn officer(&self, subject: &str, issuer_session: &str) -> Officer {
        let token = self.issuer.token(&[Role::DeskOfficer, Role::Supervisor], self.clock.now());
        let token = token.subject(subject).claim("sid", issuer_session).sign();
        self.issuers.verify_bearer(&token, self.clock.now()).await.unwrap()
    }

    fn attempt(&self, number: u8) -> Attempt {
        Attempt::new([number; 32], self.issuer.name(), LocalPath::root(), self.clock.now())
    }

    async fn begin(&self, hub: usize, number: u8, officer: Officer) -> Begun {
        let begin = BeginSession {
            attempt: self.attempt(number).digest(),
            digest: id(number).digest(),
            replaces: None,
            officer,
            limits: LIMITS,
        };
        self.hubs[hub].run(begin).await.unwrap()
    }

    async fn session(&self, hub: usize, number: u8) -> Option<Session> {
        let now_us = meldeverbund_hub::clock::now_us(self.hubs[hub].clock());
        let mut reader = self.hubs[hub].reader().await.unwrap();
        session(&mut reader, &id(number).digest(), &LIMITS, now_us).await.unwrap()
    }

    async fn end(self) {
        drop(self.hubs);
        for tasks in self.tasks {
            tasks.end().await;
        }
        drop((self.folder, self.place));
    }
}

fn id(number: u8) -> SessionId {
    SessionId::new([number; 32])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_the_same_at_every_hub() {
    let house = House::new().await;
    assert_eq!(house.session(1, 1).await, None);
    let erika = house.officer("erika", "s-1").await;
    assert_eq!(house.begin(0, 1, erika.clone()).await, Begun::Begun);
    let found = house.session(1, 1).await.unwrap();
    assert_eq!((found.subject.as_str(), found.agency.as_str()), ("erika", "de-bka"));
    assert_eq!(found.roles, erika.roles);
    assert_eq!(found, house.session(0, 1).await.unwrap());
    assert!(house.hubs[1].run(EndSession(id(1).digest())).await.unwrap());
    assert_eq!(house.session(0, 1).await, None);
    assert!(!house.hubs[0].run(EndSession(id(1).digest())).await.unwrap());
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_begins_one_session_at_one_hub() {
    let house = House::new().await;
    let erika = house.officer("erika", "s-1").await;
    assert_eq!(house.begin(0, 1, erika.clone()).await, Begun::Begun);
    for hub in [0, 1] {
        assert_eq!(house.begin(hub, 1, erika.clone()).await, Begun::UsedBefore);
    }
    house.clock.advance(10 * MINUTE);
    let again = BeginSession {
        attempt: Attempt::new(
            [1; 32],
            house.issuer.name(),
            LocalPath::root(),
            house.clock.now() - 10 * MINUTE,
        )
        .digest(),
        digest: id(7).digest(),
        replaces: None,
        officer: erika,
        limits: LIMITS,
    };
    assert_eq!(house.hubs[1].run(again).await.unwrap(), Begun::UsedBefore, "as long as it could be shown");
    house.end().await;
}

/// Whoever signs in gets a new id, and the one that the browser held is nobody's afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_replaces_what_the_browser_held() {
    let house = House::new().await;
    house.begin(0, 1, house.officer("mallory", "s-1").await).await;
    let begin = BeginSession {
        attempt: house.attempt(2).digest(),
        digest: id(2).digest(),
        replaces: Some(id(1).digest()),
        officer: house.officer("erika", "s-2").await,
        limits: LIMITS,
    };
    house.hubs[1].run(begin).await.unwrap();
    assert_eq!(house.session(0, 1).await, None);
    assert_eq!(house.session(0, 2).await.unwrap().subject, "erika");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_unless_it_is_used_and_at_last_all_the_same() {
    let house = House::new().await;
    house.begin(0, 1, house.officer("erika", "s-1").await).await;
    house.begin(0, 2, house.officer("erika", "s-2").await).await;
    assert!(!house.session(0, 1).await.unwrap().is_to_be_touched(micros(&house)));
    let mut passed = Duration::ZERO;
    while passed < 10 * HOUR - 25 * MINUTE {
        house.clock.advance(25 * MINUTE);
        passed += 25 * MINUTE;
        let session = house.session(1, 1).await.expect("it was used half an hour ago");
        assert!(session.is_to_be_touched(micros(&house)));
        assert!(house.hubs[1].run(TouchSession(id(1).digest())).await.unwrap());
    }
    assert_eq!(house.session(0, 2).await, None, "nobody used it");
    let person = house.session(0, 1).await.unwrap();
    let mut reader = house.hubs[0].reader().await.unwrap();
    let live = sessions_of(&mut reader, &person, &LIMITS, micros(&house)).await.unwrap();
    assert_eq!(live, [person]);
    drop(reader);
    house.clock.advance(25 * MINUTE);
    assert_eq!(house.session(1, 1).await, None, "a shift is over");
    house.end().await;
}

fn micros(house: &House) -> i64 {
    meldeverbund_hub::clock::now_us(&house.clock.clock())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_out_everywhere() {
    let house = House::new().await;
    for (number, subject) in [(1, "erika"), (2, "erika"), (3, "max")] {
        house.begin(number as usize % 2, number, house.officer(subject, "s").await).await;
    }
    let everywhere =
        EndSessionsOfPerson { issuer: house.issuer.name().to_owned(), subject: "erika".to_owned() };
    assert_eq!(house.hubs[0].run(everywhere).await.unwrap(), 2);
    assert_eq!((house.session(1, 1).await, house.session(1, 2).await), (None, None));
    assert!(house.session(1, 3).await.is_some());
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_logs_out_a_session_or_a_person() {
    let house = House::new().await;
    for (number, subject, session) in [(1, "erika", "s-1"), (2, "erika", "s-2"), (3, "max", "s-3")] {
        house.begin(0, number, house.officer(subject, session).await).await;
    }
    let logout = |subject: Option<&str>, session: Option<&str>| {
        LogOut(Logout {
            issuer: house.issuer.name().to_owned(),
            subject: subject.map(str::to_owned),
            session: session.map(str::to_owned),
            issued_at: house.clock.now(),
        })
    };
    assert_eq!(house.hubs[1].run(logout(Some("erika"), Some("s-1"))).await.unwrap(), 1);
    assert!(house.session(0, 1).await.is_none() && house.session(0, 2).await.is_some());
    let foreign = LogOut(Logout { issuer: "https://other.example".into(), ..logout(Some("max"), None).0 });
    assert_eq!(house.hubs[1].run(foreign).await.unwrap(), 0, "an issuer logs out its own people alone");
    assert_eq!(house.hubs[1].run(logout(Some("erika"), None)).await.unwrap(), 1);
    assert!(house.session(0, 2).await.is_none() && house.session(0, 3).await.is_some());
    house.end().await;
}

/// The logout comes while the browser is on its way back from the issuer.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_overtaken_by_a_logout_begins_no_session() {
    let house = House::new().await;
    let (by_session, by_person) = (house.officer("erika", "s-1").await, house.officer("max", "s-2").await);
    let other = house.officer("erika", "s-3").await;
    for (subject, session) in [(None, Some("s-1")), (Some("max"), None)] {
        let logout = Logout {
            issuer: house.issuer.name().to_owned(),
            subject: subject.map(str::to_owned),
            session: session.map(str::to_owned),
            issued_at: house.clock.now(),
        };
        house.hubs[0].run(LogOut(logout)).await.unwrap();
    }
    assert_eq!(house.begin(1, 1, by_session).await, Begun::LoggedOut);
    assert_eq!(house.begin(1, 2, by_person).await, Begun::LoggedOut);
    assert_eq!(house.begin(1, 3, other).await, Begun::Begun, "another session of the issuer");
    house.clock.advance(MINUTE);
    assert_eq!(house.begin(1, 4, house.officer("max", "s-4").await).await, Begun::Begun, "signed in again");
    house.end().await;
}
