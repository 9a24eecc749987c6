//! The stage: an authority, the hub and three nodes, started through the code of their binaries.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use meldeverbund_certs::{
    AcceptLimits, Clock, Identity, TrustDomain,
    authority::{Authority, Curve, Host, NewAuthority, Order},
};
use meldeverbund_hub::{
    flow::{AddAgency, Failure},
    serve::{
        Config, Server,
        config::{Limits, Log},
    },
    store::Counts,
};
use meldeverbund_proto::{
    leaf::Salt,
    v1::{AgencyCard, AgencyKind},
};
use rand::RngExt as _;

use crate::office::Office;

/// The offices of the example.
pub(crate) const AGENCIES: [&str; 3] = ["de-by-lka", "de-nw-lka", "de-sn-lka"];

/// The central office.
const CENTRAL: &str = "de-bka";

/// Hub and nodes, running.
pub(crate) struct Stage {
    server: Server,
    pub(crate) offices: Vec<Office>,
}

impl Stage {
    /// Makes and starts everything.
    pub(crate) async fn set(folder: &Path) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let domain: TrustDomain = "meldeverbund.example".parse()?;
        let authority = Authority::init(&folder.join("ca"), &NewAuthority::new(domain.clone()), clock.now())?;
        let order = Order::hub(identity(CENTRAL)?, vec![Host::Address([127, 0, 0, 1].into())]);
        let tls = authority.issue_into(&folder.join("hub"), &order, Curve::P256, clock.now())?;
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            agency: CENTRAL.parse()?,
            trust_domain: domain,
            database: folder.join("hub").join("hub.sqlite"),
            tls,
            tls_reload_ms: 1_000,
            connections: AcceptLimits::default(),
            limits: Limits::default(),
            metrics_listen: None,
            log: Log::default(),
            drain_ms: 10_000,
        };
        let server = Server::start(&config, clock.clone(), None).await.context("the hub")?;
        let mut offices = Vec::new();
        for agency in AGENCIES {
            register(&server, agency, AgencyKind::StateOffice).await?;
            let order = Order::node(identity(agency)?);
            let tls = authority.issue_into(&folder.join(agency), &order, Curve::P256, clock.now())?;
            let address = format!("https://{}", server.address());
            let office = Office::open(&folder.join(agency), agency, CENTRAL, &address, tls).await;
            offices.push(office.with_context(|| format!("the node of {agency}"))?);
        }
        register(&server, CENTRAL, AgencyKind::CentralOffice).await?;
        Ok(Self { server, offices })
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

    /// Prints what can be tried while everything runs.
    pub(crate) fn print_commands(&self, folder: &Path) {
        let first = AGENCIES[0];
        let config = folder.join(first).join("node.toml");
        println!("\nThe hub listens on {}. Everything lies in {}.", self.server.address(), folder.display());
        println!("To try as an officer of {first} (Ctrl-C here ends it all and removes the folder):\n");
        println!("  export MELDEVERBUND_NODE_CONFIG={}", config.display());
        for verb in ["status", "links", "case list", "watch", "show https://filehost-01.example/", "doctor"] {
            println!("  cargo run --release --bin meldeverbund-node -- {verb}");
        }
    }

    /// Ends everything in order.
    pub(crate) async fn strike(self) -> anyhow::Result<()> {
        for office in self.offices {
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

fn identity(agency: &str) -> anyhow::Result<Identity> {
    Ok(Identity { agency: agency.parse()?, node: "main".parse()? })
}
