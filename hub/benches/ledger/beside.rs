//! Intake over one mTLS connection, and beside it in the same round: signed batches, and an engine that does not overwrite
//! what is deleted.

use meldeverbund_hub::{
    flow::{AddStatementKey, Command, Failure, Lane},
    store::Tx,
};

use crate::{
    Size,
    common::{
        gauge::median,
        workload::{BATCH, CASE, Intake, links, requests, sign, statement_key},
    },
    harness::{DOMAIN, Federation, salt},
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    Plain,
    Signed,
    /// `secure_delete` off.
    NotOverwritten,
}

const VARIANTS: [(Variant, &str); 3] = [
    (Variant::Plain, "unsigned"),
    (Variant::Signed, "signed"),
    (Variant::NotOverwritten, "without secure_delete"),
];

pub(crate) async fn run(size: &Size) {
    println!(
        "{} batches of {BATCH} new links; links per second, processor time of hub and client in µs a link, and the ratios to \
         unsigned ones",
        size.batches
    );
    let mut ratios = [const { (Vec::new(), Vec::new()) }; VARIANTS.len()];
    for round in 0..size.rounds {
        let mut taken = [Intake::default(); VARIANTS.len()];
        // Each is first in turn: what a round does to the machine weighs on all alike.
        for turn in 0..VARIANTS.len() {
            let which = (turn + round as usize) % VARIANTS.len();
            taken[which] = measure(VARIANTS[which].0, links(round, which as u64, size.batches)).await;
        }
        print!("round {round}:");
        for (which, (_, name)) in VARIANTS.iter().enumerate() {
            let Intake { rate, processor_us } = taken[which];
            let ratio = (rate / taken[0].rate, processor_us / taken[0].processor_us);
            print!("  {name} {rate:.0} ({:.2}), {processor_us:.2} ({:.2})", ratio.0, ratio.1);
            ratios[which].0.push(ratio.0);
            ratios[which].1.push(ratio.1);
        }
        println!();
    }
    for ((_, name), (rates, processor)) in VARIANTS.iter().zip(ratios).skip(1) {
        println!("median ratios, {name}: {:.2}, processor time {:.2}", median(rates), median(processor));
    }
}

async fn measure(variant: Variant, links: Vec<Vec<String>>) -> Intake {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    let mut requests: Vec<_> = requests(&links).collect();
    match variant {
        Variant::Plain => {}
        Variant::Signed => {
            let key = statement_key(&office.agency);
            let (vkey, domain) = (key.vkey().to_string(), DOMAIN.parse().unwrap());
            let add = AddStatementKey::parse(office.agency.clone(), &vkey, &domain, String::new(), salt());
            assert!(federation.server.hub().run(add.unwrap()).await.unwrap());
            requests.iter_mut().for_each(|request| sign(&key, &office.agency, request));
        }
        Variant::NotOverwritten => {
            assert_eq!(federation.server.hub().run(DoNotOverwrite).await.unwrap(), (1, 0));
        }
    }
    let intake = Intake::of(&office, requests).await;
    drop(office);
    federation.end().await;
    intake
}

/// Tells the writer's connection not to overwrite what it deletes; what it did before, and what it does now.
#[derive(Debug)]
struct DoNotOverwrite;

impl Command for DoNotOverwrite {
    type Verdict = (u32, u64);

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(u32, u64), Failure> {
        let mut said = async |sql| {
            meldeverbund_hub::store::query_scalar::<i64>(sql).fetch_one(tx.reading()).await.unwrap()
        };
        let before = said("PRAGMA secure_delete").await;
        let now = said("PRAGMA secure_delete = 0").await;
        Ok((u32::try_from(before).unwrap(), now.cast_unsigned()))
    }
}
