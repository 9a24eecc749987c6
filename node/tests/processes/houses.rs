//! The folders of a hub and of its offices: certificates, configurations, and how their programs are called.

use std::{
    fs,
    net::TcpListener,
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use meldeverbund_certs::{
    Clock, Identity,
    authority::{Authority, Curve, Host, NewAuthority, Order},
};

use rand::RngExt as _;

use super::process::{built, node_program};

/// The federation's name.
const DOMAIN: &str = "meldeverbund.test";

/// The folder of the hub, or of the first of several.
pub(crate) const HUB: &str = "hub";

/// The agency that runs the hub.
pub(crate) const CENTRE: &str = "de-bka";

/// An authority, and the folders of a hub and of offices that it has certified.
pub(crate) struct Houses {
    root: PathBuf,
    authority: Authority,
    hub_program: PathBuf,
    database: Option<String>,
}

impl Houses {
    /// Makes the authority and the hub's folder; the hub listens on this port. `hub_settings` are added to its
    /// configuration.
    pub(crate) fn found(root: &Path, hub_port: u16, hub_settings: &str) -> Self {
        Self::found_on(None, root, hub_port, hub_settings)
    }

    /// The same on a server's database; none: a file in the hub's folder.
    pub(crate) fn found_on(database: Option<String>, root: &Path, hub_port: u16, hub_settings: &str) -> Self {
        let now = issued();
        let domain = DOMAIN.parse().unwrap();
        let authority = Authority::init(&root.join("ca"), &NewAuthority::new(domain), now).unwrap();
        let hub_program = built("meldeverbund-hub");
        let houses = Self { root: root.to_owned(), authority, hub_program, database };
        houses.build_hub(HUB, hub_port, hub_settings);
        houses
    }

    /// Makes a hub's folder; it listens on this port.
    pub(crate) fn build_hub(&self, folder: &str, port: u16, settings: &str) {
        let home = self.root.join(folder);
        let order = Order::hub(identity(CENTRE, folder), vec![Host::Address([127, 0, 0, 1].into())]);
        self.authority.issue_into(&home, &order, Curve::P256, issued()).unwrap();
        fs::write(home.join("hub.toml"), hub_toml(port) + settings).unwrap();
    }

    /// Registers an agency at the hub.
    pub(crate) fn register(&self, agency: &str, kind: &str) {
        let arguments = ["agency", "add", agency, "--name", agency, "--kind", kind, "--contact", "110"];
        succeed(self.hub_command().args(arguments));
    }

    /// Makes an office's folder; its node finds hubs on these ports. `settings` are added to its configuration.
    pub(crate) fn settle(&self, folder: &str, agency: &str, node: &str, ports: &[u16], settings: &str) {
        let home = self.root.join(folder);
        let order = Order::node(identity(agency, node));
        self.authority.issue_into(&home, &order, Curve::P256, issued()).unwrap();
        succeed(node_command(&home).args(init_arguments(agency, &address(ports[0]))));
        let config = home.join("node.toml");
        let addresses: Vec<String> = ports.iter().map(|port| address(*port)).collect();
        let text = fs::read_to_string(&config).unwrap();
        let line = text.lines().find(|line| line.starts_with("address = ")).unwrap();
        fs::write(config, text.replace(line, &format!("addresses = {addresses:?}")) + settings).unwrap();
    }

    /// The hub's program in its folder.
    pub(crate) fn hub_command(&self) -> Command {
        self.at_hub(&self.root.join(HUB), &self.hub_program)
    }

    /// Another program in a hub's folder.
    pub(crate) fn at_hub(&self, folder: &Path, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear();
        command.envs(self.database.iter().map(|database| ("MELDEVERBUND_HUB_DATABASE", database)));
        command
    }

    /// Where the hub's program is.
    pub(crate) fn hub_program(&self) -> &Path {
        &self.hub_program
    }
}

/// Below what machines give to whoever asks for any port: nobody else gets one of them meanwhile.
const PORTS: Range<u16> = 10_000..32_000;

/// A port that is free: a program that is started again needs the same one.
pub(crate) fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| rand::rng().random_range(PORTS)).find(free).expect("without end")
}

/// The node's program in an office's folder.
pub(crate) fn node_command(folder: &Path) -> Command {
    let mut command = Command::new(node_program());
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

/// Runs a command that must succeed.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = || [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    assert!(output.status.success(), "{command:?}: {}", said());
    output
}

/// Certificates are a day old, so that a clock may go back.
fn issued() -> SystemTime {
    Clock::system().now() - Duration::from_secs(24 * 3_600)
}

fn identity(agency: &str, node: &str) -> Identity {
    Identity { agency: agency.parse().unwrap(), node: node.parse().unwrap() }
}

fn hub_toml(port: u16) -> String {
    format!(
        "listen = \"127.0.0.1:{port}\"\nagency = \"{CENTRE}\"\ntrust_domain = \"{DOMAIN}\"\n[tls]\n\
         certificate = \"certificate.pem\"\nkey = \"key.pem\"\n\
         trust_anchors = \"../ca/ca.pem\"\nrevocations = \"../ca/revocations.pem\"\n"
    )
}

fn address(port: u16) -> String {
    format!("https://127.0.0.1:{port}")
}

fn init_arguments(agency: &str, hub: &str) -> Vec<String> {
    let pairs = [
        ("--agency", agency),
        ("--hub", hub),
        ("--hub-agency", CENTRE),
        ("--trust-domain", DOMAIN),
        ("--certificate", "certificate.pem"),
        ("--key", "key.pem"),
        ("--trust-anchors", "../ca/ca.pem"),
        ("--revocations", "../ca/revocations.pem"),
    ];
    let pairs = pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]);
    std::iter::once("init".to_owned()).chain(pairs).collect()
}
