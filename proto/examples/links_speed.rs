//! How many links a core brings into canonical form and hashes in a second.
//!
//! `cargo run --release -p meldeverbund-proto --example links_speed [FILE]`, one link a line; without a file, made-up
//! links of the usual shapes.

use std::{env, error::Error, fs, hint::black_box, time::Instant};

use meldeverbund_proto::CanonicalLink;

/// Enough links that the clock's grain does not show.
const LINKS: usize = 1_000_000;

#[expect(clippy::disallowed_methods, reason = "a stopwatch, and nothing else runs here")]
fn main() -> Result<(), Box<dyn Error>> {
    let text = match env::args_os().nth(1) {
        Some(file) => fs::read_to_string(file)?,
        None => made_up(),
    };
    let links: Vec<&str> = text.lines().cycle().take(LINKS).collect();

    let start = Instant::now();
    let refused = links.iter().filter(|link| black_box(CanonicalLink::parse(link)).is_err()).count();
    report("canonical form", start);

    let start = Instant::now();
    for link in links.iter().filter_map(|link| CanonicalLink::parse(link).ok()) {
        black_box(link.id());
    }
    report("canonical form and id", start);
    println!("{refused} of {LINKS} refused");
    Ok(())
}

fn report(what: &str, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {:.0} links/s on one core", LINKS as f64 / seconds);
}

/// Nine in ten as a browser shows them, the tenth spelt in another way.
fn made_up() -> String {
    let line = |n: usize| match n % 10 {
        9 => format!("HTTP://Host{}.Example:80/%7efile/../a%20b/{n:08x}?view=1#top\n", n % 97),
        _ => format!("https://www.host{}.example/file/{n:08x}/name-{n}.html?view=1\n", n % 97),
    };
    (0..10_000).map(line).collect()
}
