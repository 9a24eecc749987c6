//! The certified OpenID provider, in its own process: whoever comes is one person in every role that has pages.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use meldeverbund_people::{IssuerSettings, Role};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::process::Process;

/// How browsers know the hub.
pub(crate) const ORIGIN: &str = "https://hub.example";

/// The person's roles: together they see every page.
const ROLES: [Role; 6] = [
    Role::DeskOfficer,
    Role::Supervisor,
    Role::Prosecutor,
    Role::Auditor,
    Role::DataProtectionOfficer,
    Role::Operator,
];

/// Node.js on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Issuer {
    name: String,
    secret: TempDir,
    _process: Process,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/oidc");
        assert!(folder.join("node_modules").is_dir(), "the provider is not installed: run .ci/oidc");
        let groups = ROLES.map(|role| role.to_string()).join(",");
        // Nobody listens for its logouts: they are tested without a browser.
        let logout = "http://127.0.0.1:9/";
        let mut command = Command::new("node");
        command
            .arg("provider.mjs")
            .args([&format!("{ORIGIN}/sign-in/return"), &format!("{ORIGIN}/sign-in"), logout, &groups])
            .current_dir(&folder)
            .stderr(Stdio::null());
        let mut process = Process::start(&mut command);
        let name = timeout(PATIENCE, process.line()).await.unwrap().expect("it says its name");
        let secret = tempfile::tempdir().unwrap();
        std::fs::write(secret.path().join("secret"), "correct horse\n").unwrap();
        Self { name, secret, _process: process }
    }

    /// The settings under which it speaks for this agency.
    pub(crate) fn settings(&self, agency: &str) -> IssuerSettings {
        IssuerSettings {
            issuer: self.name.clone(),
            agency: agency.parse().unwrap(),
            client_id: "meldeverbund".to_owned(),
            client_secret_file: Some(self.secret.path().join("secret")),
            scopes: Vec::new(),
            audience: None,
            authorized_parties: Vec::new(),
            trust_anchors: None,
            proxy: None,
            roles_claim: "/groups".to_owned(),
            proceedings_claim: Some("/proceedings".to_owned()),
            roles: ROLES.map(|role| (role.to_string(), role)).into(),
            acr: Vec::new(),
            amr: Vec::new(),
            max_age_s: None,
            insecure_loopback: true,
        }
    }
}
