//! A central office on a busy morning.

use meldeverbund_certs::Clock;
use meldeverbund_hub::{
    flow::{Compare, PutPolicy, count_figures},
    serve::ConsoleSettings,
};
use meldeverbund_proto::v1::{
    AgencyKind, Assess, Case, DisputeOwnership, Finding, HoldReason, OffenceClass, OpenCaseRequest,
    PlaceHold, Release, ReleaseForm, ReleaseScope, ReportIncident, decide_request::Decision,
};

use crate::{
    harness::{CENTRAL, Federation, Office, accepted, batch, open_case, salt},
    issuer::{Issuer, ORIGIN},
};

const CASE: &str = "1/26";
/// Links of one hand-in, and how many hand-ins there are.
const BATCH: usize = 1_000;
const BATCHES: usize = 3;
/// Links of a proceeding: more than one page has.
const OWN_LINKS: usize = 55;
/// Targets of each kind of trouble.
const TROUBLE: usize = 4;

pub(crate) struct World {
    pub(crate) federation: Federation,
    pub(crate) targets: Vec<String>,
    nw: Office,
    by: Office,
    _issuer: Issuer,
}

impl World {
    pub(crate) async fn new() -> Self {
        let issuer = Issuer::start().await;
        let settings = issuer.settings(CENTRAL);
        let federation = Federation::start_with(Clock::system(), |config| {
            config.issuers = vec![settings];
            config.console = Some(console());
        })
        .await;
        let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
        federation.register("eu-europol", AgencyKind::Liaison).await;
        for office in [&nw, &by] {
            office.open_case(CASE).await;
        }
        let mut targets = Vec::new();
        for n in 0..BATCHES {
            let links: Vec<_> = (0..BATCH).map(|m| link(n * BATCH + m)).collect();
            let links: Vec<_> = links.iter().map(String::as_str).collect();
            let answers = accepted(nw.submit(batch(CASE, &links)).await).answers;
            targets.extend(answers.into_iter().map(|answer| answer.target_id));
            by.refer(CASE, &links[..20]).await;
        }
        let world = Self { federation, targets, nw, by, _issuer: issuer };
        world.trouble().await;
        world.proceedings().await;
        world.settle().await;
        world
    }

    /// What the central office has to see to, and what makes a history.
    async fn trouble(&self) {
        let (disputed, incidents) = (&self.targets[..TROUBLE], &self.targets[BATCH..BATCH + TROUBLE]);
        let dispute = DisputeOwnership { agency_id: "de-by-lka".into(), reason: "seat in Bavaria".into() };
        self.by.decided(disputed, Decision::DisputeOwnership(dispute)).await;
        self.nw.decided(incidents, incident()).await;
        self.nw.decided(&self.targets[..300], assess()).await;
        self.by.decided(&self.targets[..2], hold()).await;
    }

    /// What a prosecutor finds: more than a page of links, some of them released.
    async fn proceedings(&self) {
        let bka = self.federation.connect(CENTRAL, "desk").await;
        for number in ["77/26", "78/26"] {
            let request = open_case(number);
            let case = request.case.clone().map(|case| Case {
                unit: "SO 43".into(),
                review_on: "2028-01-01".into(),
                delete_on: "2029-01-01".into(),
                prosecutor_reference: format!("60 UJs {number}"),
                ..case
            });
            bka.cases().open_case(OpenCaseRequest { case, ..request }).await.unwrap();
        }
        let links: Vec<_> = (0..OWN_LINKS).map(|n| format!("https://own-{}.example/{n}", n % 7)).collect();
        let links: Vec<_> = links.iter().map(String::as_str).collect();
        let answers = bka.refer("77/26", &links).await.answers;
        let ids: Vec<_> = answers.into_iter().map(|answer| answer.target_id).collect();
        bka.decided(&ids[1..4], release()).await;
        // Some were given while a release took two people, and wait for the second.
        self.policy("four_eyes = [\"released\"]\n").await;
        bka.decided(&ids[4..6], release()).await;
        self.policy("\n").await;
    }

    async fn policy(&self, text: &str) {
        let policy = PutPolicy::parse(text.to_owned(), "KD".into(), salt()).unwrap();
        self.federation.server.hub().run(policy).await.unwrap();
    }

    /// What the hub does behind its intake: all of it, as by the morning.
    async fn settle(&self) {
        let hub = self.federation.server.hub();
        while hub.run(Compare { policies: hub.policies().clone() }).await.unwrap() {}
        while count_figures(hub).await.unwrap() {}
    }

    /// Something happens while a page is open.
    pub(crate) async fn happens(&self, what: &str, target: usize) {
        let target = &self.targets[target..=target];
        match what {
            "refer" => {
                let link = format!("https://late.example/{}", crate::harness::uuid());
                self.nw.refer(CASE, &[&link]).await;
            }
            "hold" => drop(self.by.decided(target, hold()).await),
            "incident" => drop(self.nw.decided(target, incident()).await),
            other => panic!("the world cannot {other}"),
        }
    }

    pub(crate) async fn end(self) {
        drop((self.nw, self.by));
        self.federation.end().await;
    }
}

/// Made-up links: most on hosts of their own, some that look like each other.
fn link(n: usize) -> String {
    match n % 50 {
        0 => format!("https://www.files.example/{}/film", n / 50),
        1 => format!("https://files.example/{}/film", n / 50),
        _ => format!("https://host-{}.example/gallery/{n}", n % 97),
    }
}

fn assess() -> Decision {
    Decision::Assess(Assess {
        finding: Finding::Unlawful.into(),
        offence_class: OffenceClass::Stgb184b.into(),
        means_of_collection: "open forum".into(),
        ..Assess::default()
    })
}

fn hold() -> Decision {
    Decision::PlaceHold(PlaceHold {
        reason: HoldReason::Investigation.into(),
        authority: "Dezernat 42".into(),
        ..PlaceHold::default()
    })
}

fn release() -> Decision {
    Decision::Release(Release {
        authority: "StA Beispielstadt".into(),
        person: "OStAin Beispiel".into(),
        prosecutor_reference: "60 UJs 77/26".into(),
        form: ReleaseForm::Written.into(),
        scope: ReleaseScope::Links.into(),
        conditions: "Beweise sind gesichert".into(),
        ..Release::default()
    })
}

fn incident() -> Decision {
    Decision::ReportIncident(ReportIncident {
        sent_at_us: 5,
        recipient: "abuse@host.example".into(),
        reference: String::new(),
        reason: "sent by mistake".into(),
    })
}

/// Pages on a free port, with the defaults of a configuration file.
fn console() -> ConsoleSettings {
    toml::from_str(&format!("listen = '127.0.0.1:0'\npublic_url = '{ORIGIN}'")).unwrap()
}
