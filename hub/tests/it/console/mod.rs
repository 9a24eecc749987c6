//! The central office's pages, as a browser sees them over TLS.

mod acts;
mod agencies;
mod attacks;
mod audit;
mod browser;
mod deciding;
mod duplicates;
mod figures;
mod four_eyes;
mod ledger;
mod live;
mod notices;
mod pages;
mod proceedings;
mod releasing;
mod search;
mod signing_in;
mod views;

use std::path::PathBuf;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_hub::{flow::Compare, serve::ConsoleSettings};
use meldeverbund_people::{Role, testing::TestIssuer};

use self::browser::Browser;
use crate::harness::{CENTRAL, Federation, Office};

/// How browsers know the hub.
const ORIGIN: &str = "https://hub.example";

/// A hub with a console, and the central office's issuer.
struct Centre {
    federation: Federation,
    issuer: TestIssuer,
    clock: ManualClock,
}

impl Centre {
    async fn new() -> Self {
        Self::with_key(None).await
    }

    /// A console that signs with the statement key in this file.
    async fn with_key(statement_key: Option<PathBuf>) -> Self {
        let issuer = TestIssuer::start().await;
        let clock = ManualClock::new(Clock::system().now());
        issuer.set_clock(clock.clock());
        let settings = issuer.settings(&CENTRAL.parse().unwrap());
        let federation = Federation::start_with(clock.clock(), |config| {
            config.issuers = vec![settings];
            config.console = Some(ConsoleSettings {
                listen: ([127, 0, 0, 1], 0).into(),
                public_url: ORIGIN.to_owned(),
                idle_s: 1800,
                total_s: 36_000,
                statement_key,
                keep_views_days: 730,
            });
        })
        .await;
        Self { federation, issuer, clock }
    }

    fn browser(&self) -> Browser {
        let address = self.federation.server.console_address().unwrap();
        Browser::new(address, &self.federation.authority.certificate_file())
    }

    /// A browser in which this person has signed in.
    async fn signed_in(&self, subject: &str, roles: &[Role]) -> Browser {
        let mut browser = self.browser();
        self.issuer.person(subject, roles);
        let query = self.approved(&mut browser, "/").await;
        let back = browser.get(&format!("/sign-in/return?{query}")).await;
        assert_eq!((back.status, back.location()), (303, Some("/")));
        browser
    }

    /// Begins a sign-in and lets the issuer approve it; the query with which the browser comes back.
    async fn approved(&self, browser: &mut Browser, to: &str) -> String {
        let issuer = self.issuer.name();
        let begun = browser.get(&format!("/sign-in/begin?issuer={issuer}&to={to}")).await;
        assert_eq!(begun.status, 303);
        self.issuer.approve(begun.location().unwrap())
    }

    /// A state office with a case.
    async fn office(&self, agency: &str) -> Office {
        let office = self.federation.office(agency).await;
        office.open_case("1/26").await;
        office
    }

    /// Compares all links that there are.
    async fn compare(&self) {
        let hub = self.federation.server.hub();
        while hub.run(Compare { policies: hub.policies().clone() }).await.unwrap() {}
    }

    async fn end(self) {
        self.federation.end().await;
    }
}
