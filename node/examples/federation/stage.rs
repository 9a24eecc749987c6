//! The stage: an authority, the hub and three nodes, started through the code of their binaries.

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU32, path::Path, time::SystemTime};

use anyhow::Context as _;
use meldeverbund_certs::{
    AcceptLimits, Clock, Identity, TrustDomain,
    authority::{Authority, Curve, Host, NewAuthority, Order},
};
use meldeverbund_domain::blind;
use meldeverbund_hub::{
    flow::{AddAgency, AddStatementKey, AddWitnessKey, Failure},
    serve::{
        Config, Server,
        config::{LedgerSettings, Limits, Log},
    },
    store::Counts,
};
use meldeverbund_node::config::Role;
use meldeverbund_people::testing::TestIssuer;
use meldeverbund_proto::{
    leaf::Salt,
    v1::{AgencyCard, AgencyKind},
};
use rand::RngExt as _;

use crate::office::{Office, Prepared};

/// The offices of the example.
pub(crate) const AGENCIES: [&str; 3] = ["de-by-lka", "de-nw-lka", "de-sn-lka"];

/// The federation's name.
const DOMAIN: &str = "meldeverbund.example";

/// The central office.
pub(crate) const CENTRAL: &str = "de-bka";

/// The liaison body.
pub(crate) const BODY: &str = "eu-europol";

/// What blind questions rest on here.
const LEGAL_BASIS: &str = "an example, no legal basis";

/// How often what was referred comes to the set of blind questions, seconds.
const INCREMENTS_S: NonZeroU32 = NonZeroU32::MIN;

/// Hub and nodes, running.
pub(crate) struct Stage {
    server: Server,
    pub(crate) offices: Vec<Office>,
    /// The central office's own node: it decides disputes, and refers nothing.
    pub(crate) central: Office,
    /// The liaison body's node: it asks.
    pub(crate) body: Office,
    clock: Clock,
}

impl Stage {
    /// Makes and starts everything.
    pub(crate) async fn set(folder: &Path, issuer: &TestIssuer) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let domain: TrustDomain = DOMAIN.parse()?;
        let authority = Authority::init(&folder.join("ca"), &NewAuthority::new(domain.clone()), clock.now())?;
        let order = Order::hub(identity(CENTRAL)?, vec![Host::Address([127, 0, 0, 1].into())]);
        let tls = authority.issue_into(&folder.join("hub"), &order, Curve::P256, clock.now())?;
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            agency: CENTRAL.parse()?,
            trust_domain: domain,
            database: folder.join("hub").join("hub.sqlite").into(),
            tls,
            ledger: LedgerSettings::in_folder(&folder.join("hub")),
            retention: Default::default(),
            console: None,
            tls_reload_ms: 1_000,
            connections: AcceptLimits::default(),
            limits: Limits::default(),
            metrics_listen: None,
            issuers: vec![issuer.settings(&BODY.parse()?)],
            persons: Vec::new(),
            liaison: Default::default(),
            blind: blind::Settings {
                legal_basis: LEGAL_BASIS.into(),
                increments_s: INCREMENTS_S,
                ..blind::Settings::default()
            },
            figures: Default::default(),
            log: Log::default(),
            drain_ms: 10_000,
        };
        let server = Server::start(&config, clock.clone(), None).await.context("the hub")?;
        let address = format!("https://{}", server.address());
        let mut prepared = Vec::new();
        for agency in [CENTRAL].into_iter().chain(AGENCIES) {
            let central = agency == CENTRAL;
            let kind = if central { AgencyKind::CentralOffice } else { AgencyKind::StateOffice };
            register(&server, agency, kind).await?;
            let order = Order::node(Identity { node: "desk".parse()?, ..identity(agency)? });
            let tls = authority.issue_into(&folder.join(agency), &order, Curve::P256, clock.now())?;
            let node =
                Prepared::new(&folder.join(agency), agency, Role::Office, CENTRAL, &address, tls).await;
            let node = node.with_context(|| format!("the node of {agency}"))?;
            register_keys(&server, agency, &node.keys()).await?;
            prepared.push(node);
        }
        // Each office pins the hub's key and every office's witness: what it needs to believe nobody.
        let hub_keys: Vec<String> = server.hub().ledger().vkeys().iter().map(ToString::to_string).collect();
        let witnesses: Vec<String> = prepared.iter().map(|node| node.keys()[1].clone()).collect();
        let mut offices = Vec::new();
        for node in prepared {
            let agency = node.agency().to_owned();
            let office = node.start(&hub_keys, &witnesses).await;
            offices.push(office.with_context(|| format!("the node of {agency}"))?);
        }
        let central = offices.remove(0);
        for office in &offices {
            office.open_case().await?;
        }
        register(&server, BODY, AgencyKind::Liaison).await?;
        let order = Order::node(Identity { node: "desk".parse()?, ..identity(BODY)? });
        let tls = authority.issue_into(&folder.join(BODY), &order, Curve::P256, clock.now())?;
        let body = Prepared::new(&folder.join(BODY), BODY, Role::Liaison, CENTRAL, &address, tls).await?;
        let body = body.start_body().await.with_context(|| format!("the node of {BODY}"))?;
        Ok(Self { server, offices, central, body, clock })
    }

    /// The time, for tokens.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Where the hub listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What the hub holds.
    pub(crate) async fn counts(&self) -> anyhow::Result<Counts> {
        let mut reader = self.server.hub().reader().await?;
        Ok(Counts::read(&mut reader).await?)
    }

    /// How many targets each agency owns.
    pub(crate) async fn owned(&self) -> anyhow::Result<BTreeMap<String, i64>> {
        let mut reader = self.server.hub().reader().await?;
        Ok(Counts::targets_by_owner(&mut reader).await?.into_iter().collect())
    }

    /// Ends everything in order.
    pub(crate) async fn strike(self) -> anyhow::Result<()> {
        for office in self.offices.into_iter().chain([self.central, self.body]) {
            office.close().await?;
        }
        Ok(self.server.end().await?)
    }
}

async fn register(server: &Server, agency: &str, kind: AgencyKind) -> anyhow::Result<()> {
    let (name, contact) = (format!("Office {agency}"), format!("duty@{agency}.example"));
    let card = AgencyCard { agency_id: agency.into(), name, contact, kind: kind.into() };
    let command = AddAgency::parse(card, Salt::from_random(rand::rng().random()));
    let command = command.map_err(Failure::Refused)?;
    server.hub().run(command).await?;
    Ok(())
}

/// What the central office's operator types after an office has said what its `keys` prints.
async fn register_keys(
    server: &Server,
    agency: &str,
    [statement, witness]: &[String; 2],
) -> anyhow::Result<()> {
    let (hub, domain): (_, TrustDomain) = (server.hub(), DOMAIN.parse()?);
    let salt = || Salt::from_random(rand::rng().random());
    let add = AddStatementKey::parse(agency.parse()?, statement, &domain, String::new(), salt());
    hub.run(add.map_err(Failure::Refused)?).await?;
    let add = AddWitnessKey::parse(agency.parse()?, witness, DOMAIN, String::new(), salt());
    hub.run(add.map_err(Failure::Refused)?).await?;
    Ok(())
}

fn identity(agency: &str) -> anyhow::Result<Identity> {
    Ok(Identity { agency: agency.parse()?, node: "main".parse()? })
}
