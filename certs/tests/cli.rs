//! The command line from end to end, by running the binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use futures::StreamExt as _;
use meldeverbund_certs::{
    AcceptLimits, ClientTls, Clock, ExpectedHub, RegisteredKeys, ServerTls, TlsFiles, incoming,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

/// A folder to run commands in.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with an authority in `ca`.
    fn with_authority() -> Self {
        let desk = Self::new();
        desk.ok("init --trust-domain meldeverbund.example");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_meldeverbund-certs"))
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    /// The command's text.
    fn ok(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments}: {errors}");
        assert_eq!(errors, "", "{arguments}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The command's JSON object.
    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("--json {arguments}"))).unwrap()
    }

    /// The text of a failure.
    fn fails(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {output:?}");
        assert_eq!(output.stdout, b"", "{arguments}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn show(&self, file: &str) -> Value {
        self.json(&format!("show {file}"))["items"][0].clone()
    }

    fn files(&self, folder: &str) -> TlsFiles {
        TlsFiles {
            certificate: self.path(folder).join("certificate.pem"),
            key: self.path(folder).join("key.pem"),
            trust_anchors: self.path(folder).join("trust_anchors.pem"),
            revocations: Some(self.path("ca/revocations.pem")),
            overdue_revocations: Default::default(),
        }
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The files do what they are for: hub and node find each other with them.
async fn connects(hub: &TlsFiles, node: &TlsFiles) -> Result<String, String> {
    let domain = || "meldeverbund.example".parse().unwrap();
    let tls = ServerTls::load(hub, domain(), RegisteredKeys::default(), Clock::system())
        .map_err(|e| e.to_string())?;
    let expected = ExpectedHub {
        domain: domain(),
        agency: "de-bka".parse().unwrap(),
        registered: RegisteredKeys::default(),
    };
    let client = ClientTls::load(node, expected, Clock::system()).map_err(|e| e.to_string())?;
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let listener = futures::stream::iter([Ok(theirs)]);
    let mut peers = incoming(listener, tls, AcceptLimits::default(), &Default::default());
    let served = tokio::spawn(async move {
        let mut io = peers.next().await?.ok()?;
        io.write_all(b"hello").await.ok()?;
        io.flush().await.ok()?;
        Some(io.peer().identity().to_string())
    });
    client.handshake(ours, "localhost", Default::default()).await.map_err(|e| e.to_string())?;
    Ok(served.await.unwrap().unwrap())
}

#[test]
fn init_makes_an_authority_once() {
    let desk = Desk::new();
    let made = desk.json("init --trust-domain meldeverbund.example --ca my/ca --days 100 --list-days 7");
    assert_eq!(made["trust_domain"], "meldeverbund.example");
    assert_eq!(made["trust_anchor"], "my/ca/ca.pem");
    #[cfg(unix)]
    assert_eq!(mode(&desk.path("my/ca/ca.key")), 0o600);
    let ca = desk.show("my/ca/ca.pem");
    assert_eq!((&ca["authority"], &ca["key"]), (&Value::Bool(true), &"ECDSA P-384".into()));
    assert_eq!((&ca["serial"], &ca["status"]), (&made["serial"], &"valid".into()));
    let list = desk.show("my/ca/revocations.pem");
    assert_eq!((&list["number"], &list["status"]), (&"1".into(), &"current".into()));
    assert_eq!(list["revoked"], Value::Array(Vec::new()));

    let key = fs::read(desk.path("my/ca/ca.key")).unwrap();
    let error = desk.fails("init --trust-domain other.example --ca my/ca");
    assert!(error.contains("ca.key") && error.contains("exists already"), "{error}");
    assert_eq!(fs::read(desk.path("my/ca/ca.key")).unwrap(), key);
}

#[tokio::test]
async fn a_hub_and_a_node_with_keys_made_by_the_authority() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-bka --node hub --hub --host localhost --host 127.0.0.1 --host ::1 --out hub");
    let issued = desk.json("issue --agency de-nw-lka --node main --days 30");
    assert_eq!((&issued["agency"], &issued["node"]), (&"de-nw-lka".into(), &"main".into()));
    #[cfg(unix)]
    assert_eq!((mode(&desk.path("hub/key.pem")), mode(&desk.path("de-nw-lka-main/key.pem"))), (0o600, 0o600));

    let hub = desk.show("hub/certificate.pem");
    assert_eq!(hub["hosts"], serde_json::json!(["localhost", "127.0.0.1", "::1"]));
    assert_eq!((&hub["purposes"][0], &hub["key"]), (&"server".into(), &"ECDSA P-256".into()));
    let node = desk.show("de-nw-lka-main/certificate.pem");
    assert_eq!(node["uris"][0], "spiffe://meldeverbund.example/agency/de-nw-lka/node/main");
    let name =
        serde_json::json!({"agency": "de-nw-lka", "node": "main", "trust_domain": "meldeverbund.example"});
    assert_eq!((&node["name"], &node["purposes"][0]), (&name, &"client".into()));
    assert_eq!((&node["serial"], &node["not_after"]), (&issued["serial"], &issued["not_after"]));

    let peer = connects(&desk.files("hub"), &desk.files("de-nw-lka-main")).await.unwrap();
    assert_eq!(peer, "de-nw-lka/main");
}

#[test]
fn nothing_is_overwritten_unless_told() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-nw-lka --node main");
    let files = || {
        [desk.path("de-nw-lka-main/key.pem"), desk.path("de-nw-lka-main/certificate.pem")]
            .map(|p| fs::read(p).unwrap())
    };
    let before = files();
    let error = desk.fails("issue --agency de-nw-lka --node main");
    assert!(error.contains("--force"), "{error}");
    assert_eq!(files(), before);
    assert_eq!(desk.json("list")["certificates"].as_array().unwrap().len(), 1, "nothing was issued in vain");
    desk.ok("issue --agency de-nw-lka --node main --force");
    assert_ne!(files(), before);
    desk.ok("request --trust-domain meldeverbund.example --agency de-by-lka --node main --out r");
    let key = fs::read(desk.path("r/key.pem")).unwrap();
    desk.fails("request --trust-domain meldeverbund.example --agency de-by-lka --node main --out r");
    assert_eq!(fs::read(desk.path("r/key.pem")).unwrap(), key);
}

#[tokio::test]
async fn a_request_keeps_the_key_at_home() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-bka --node hub --hub --out hub");
    let request = desk.json(
        "request --trust-domain meldeverbund.example --agency de-by-lka --node main --curve p384 --out by",
    );
    #[cfg(unix)]
    assert_eq!(mode(&desk.path("by/key.pem")), 0o600);
    let shown = desk.show("by/request.pem");
    assert_eq!((&shown["kind"], &shown["uris"][0]), (&"request".into(), &request["uri"]));
    assert_eq!(shown["public_key"], request["public_key"]);

    let issued = desk.json("issue --csr by/request.pem --out by");
    assert_eq!((&issued["agency"], &issued["node"]), (&"de-by-lka".into(), &"main".into()));
    assert_eq!(desk.show("by/certificate.pem")["key"], "ECDSA P-384");
    let check = desk.json(
        "show by/certificate.pem --check --key by/key.pem --trust ca/ca.pem --revocations ca/revocations.pem",
    );
    assert_eq!(
        (&check["fits"], &check["role"], &check["name"]),
        (&true.into(), &"node".into(), &"de-by-lka/main".into())
    );
    assert_eq!(check["warnings"], Value::Array(Vec::new()));
    connects(&desk.files("hub"), &desk.files("by")).await.unwrap();

    // The same key again, for instance for next year.
    let again = "request --trust-domain meldeverbund.example --agency de-by-lka --node main --key by/key.pem --out again";
    assert_eq!(desk.json(again)["public_key"], request["public_key"]);
    assert!(!desk.path("again/key.pem").exists());
}

#[test]
fn a_request_cannot_take_another_name() {
    let desk = Desk::with_authority();
    desk.ok("request --trust-domain meldeverbund.example --agency de-by-lka --node main --out by");
    let error = desk.fails("issue --csr by/request.pem --agency de-bka --node main --out x");
    assert!(error.contains("de-by-lka/main") && error.contains("de-bka/main"), "{error}");
    desk.ok("request --trust-domain other.example --agency de-by-lka --node main --out other");
    let error = desk.fails("issue --csr other/request.pem --out x");
    assert!(error.contains("another trust domain"), "{error}");
    // A request with a signature that is not its key's.
    let pem = fs::read_to_string(desk.path("by/request.pem")).unwrap();
    let middle = pem.len() / 2;
    let spoiled = format!(
        "{}{}{}",
        &pem[..middle],
        if &pem[middle..=middle] == "A" { "B" } else { "A" },
        &pem[middle + 1..]
    );
    fs::write(desk.path("spoiled.pem"), spoiled).unwrap();
    let error = desk.fails("issue --csr spoiled.pem --agency de-by-lka --node main --out x");
    assert!(error.contains("request"), "{error}");
    assert!(!desk.path("x").exists());
    assert_eq!(desk.json("list")["certificates"], Value::Array(Vec::new()));
}

#[test]
fn a_request_for_the_hub_gets_only_the_hosts_of_the_order() {
    let desk = Desk::with_authority();
    desk.ok("request --trust-domain meldeverbund.example --agency de-bka --node hub --hub --host hub.example --out hub");
    desk.ok("issue --csr hub/request.pem --hub --host other.example --out hub");
    let shown = desk.show("hub/certificate.pem");
    assert_eq!(
        (&shown["hosts"], &shown["purposes"]),
        (&serde_json::json!(["other.example"]), &serde_json::json!(["server"]))
    );
}

#[tokio::test]
async fn revocation_by_number_file_agency_and_node() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-bka --node hub --hub --out hub");
    for (agency, node) in
        [("de-nw-lka", "a"), ("de-nw-lka", "b"), ("de-nw-lka", "c"), ("de-by-lka", "a"), ("de-he-lka", "a")]
    {
        desk.ok(&format!("issue --agency {agency} --node {node}"));
    }
    let by_serial = desk.show("de-nw-lka-a/certificate.pem")["serial"].as_str().unwrap().to_owned();
    let revoked = desk.json(&format!("revoke --serial {by_serial} --reason key-compromise"));
    assert_eq!(revoked["revoked"][0]["revoked"]["reason"], "key-compromise");
    desk.ok("revoke --certificate de-by-lka-a/certificate.pem");
    let one = desk.json("revoke --agency de-nw-lka --node b --reason cessation-of-operation");
    assert_eq!(one["revoked"].as_array().unwrap().len(), 1);
    let rest = desk.json("revoke --agency de-nw-lka");
    assert_eq!(rest["revoked"][0]["node"], "c");
    assert_eq!(rest["revoked"].as_array().unwrap().len(), 1);

    let list = desk.show("ca/revocations.pem");
    assert_eq!(list["number"], "5");
    let entries = list["revoked"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    assert_eq!(
        (&entries[0]["serial"], entries[0]["reason"].as_str().unwrap()),
        (&by_serial.as_str().into(), "KeyCompromise")
    );
    let statuses: Vec<_> =
        desk.json("list")["certificates"].as_array().unwrap().iter().map(|c| c["status"].clone()).collect();
    assert_eq!(statuses, ["in force", "revoked", "revoked", "revoked", "revoked", "in force"]);

    let hub = desk.files("hub");
    assert!(connects(&hub, &desk.files("de-nw-lka-a")).await.unwrap_err().contains("CertificateRevoked"));
    connects(&hub, &desk.files("de-he-lka-a")).await.unwrap();
    // Again: nothing changes but the list's number.
    desk.ok(&format!("revoke --serial {by_serial} --reason superseded"));
    let again = desk.show("ca/revocations.pem");
    assert_eq!((&again["revoked"], &again["number"]), (&list["revoked"], &"6".into()));
    let check = desk.run("show de-nw-lka-a/certificate.pem --check --key de-nw-lka-a/key.pem --trust ca/ca.pem --revocations ca/revocations.pem");
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8(check.stdout).unwrap().contains("revoked"));
}

#[test]
fn revocation_of_what_is_not_there() {
    let desk = Desk::with_authority();
    assert!(desk.fails("revoke --serial 1234").contains("was not issued"));
    assert!(desk.fails("revoke --agency de-nw-lka").contains("no certificate of de-nw-lka"));
    for usage in [
        "revoke",
        "revoke --serial 12 --agency de-bka",
        "revoke --serial xyz",
        "revoke --serial 12 --reason x",
    ] {
        assert_eq!(desk.run(usage).status.code(), Some(2), "{usage}");
    }
}

#[test]
fn the_list_is_signed_anew() {
    let desk = Desk::with_authority();
    let before = desk.show("ca/revocations.pem");
    let after = desk.json("crl --days 90")["items"][0].clone();
    assert_eq!((&before["number"], &after["number"]), (&"1".into(), &"2".into()));
    assert!(after["next_update"].as_str() > before["next_update"].as_str());
}

#[tokio::test]
async fn renewal_keeps_the_name_and_by_default_the_key() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-bka --node hub --hub --host localhost --out hub");
    desk.ok("issue --agency de-nw-lka --node main --days 30 --out nw");
    for (folder, field) in [("hub", "hosts"), ("nw", "uris")] {
        let file = format!("{folder}/certificate.pem");
        let before = desk.show(&file);
        desk.ok(&format!("renew --certificate {file} --days 60"));
        let after = desk.show(&file);
        assert_ne!(before["serial"], after["serial"]);
        for same in ["name", "public_key", "purposes", field] {
            assert_eq!(before[same], after[same], "{same}");
        }
        assert!(after["not_after"].as_str() < before["not_after"].as_str() || folder == "nw");
    }
    connects(&desk.files("hub"), &desk.files("nw")).await.unwrap();

    let before = desk.show("nw/certificate.pem");
    desk.ok("renew --certificate nw/certificate.pem --new-key nw/key.pem --curve p384");
    let after = desk.show("nw/certificate.pem");
    assert_eq!((&after["name"], &after["key"]), (&before["name"], &"ECDSA P-384".into()));
    #[cfg(unix)]
    assert_eq!(mode(&desk.path("nw/key.pem")), 0o600);
    connects(&desk.files("hub"), &desk.files("nw")).await.unwrap();
    // Into another file: the old one stays.
    let old = fs::read(desk.path("nw/certificate.pem")).unwrap();
    desk.ok("renew --certificate nw/certificate.pem --out nw/next.pem");
    assert_eq!(fs::read(desk.path("nw/certificate.pem")).unwrap(), old);
    assert_eq!(desk.show("nw/next.pem")["public_key"], after["public_key"]);
}

#[test]
fn what_cannot_be_renewed() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-nw-lka --node main --out nw");
    desk.ok("revoke --certificate nw/certificate.pem");
    assert!(desk.fails("renew --certificate nw/certificate.pem").contains("revoked"));
    desk.ok("init --trust-domain meldeverbund.example --ca other");
    desk.ok("issue --ca other --agency de-nw-lka --node main --out foreign");
    assert!(
        desk.fails("renew --certificate foreign/certificate.pem").contains("not issued by this authority")
    );
    assert!(desk.fails("renew --certificate nw/key.pem").contains("holds no certificate"));
}

/// An authority elsewhere: it takes the request and decides by itself what stands in the certificate.
#[tokio::test]
async fn an_external_authority() {
    let desk = Desk::new();
    let authority_key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "Administration CA");
    let authority = params.self_signed(&authority_key).unwrap();
    fs::write(desk.path("anchor.pem"), authority.pem()).unwrap();
    let issuer = rcgen::Issuer::new(params, authority_key);
    for (folder, arguments) in [
        ("hub", "--agency de-bka --node hub --hub --host localhost"),
        ("nw", "--agency de-nw-lka --node main"),
    ] {
        desk.ok(&format!("request --trust-domain meldeverbund.example {arguments} --out {folder}"));
        let csr = fs::read_to_string(desk.path(folder).join("request.pem")).unwrap();
        let certificate =
            rcgen::CertificateSigningRequestParams::from_pem(&csr).unwrap().signed_by(&issuer).unwrap();
        fs::write(desk.path(folder).join("certificate.pem"), certificate.pem()).unwrap();
        let check =
            format!("show {folder}/certificate.pem --check --key {folder}/key.pem --trust anchor.pem");
        let checked = desk.json(&check);
        assert_eq!(checked["fits"], true);
        assert_eq!(checked["warnings"], serde_json::json!(["no revocation lists are configured"]));
    }
    let files = |folder: &str| TlsFiles {
        trust_anchors: desk.path("anchor.pem"),
        revocations: None,
        ..desk.files(folder)
    };
    connects(&files("hub"), &files("nw")).await.unwrap();

    // What does not fit is said with the file and the reason.
    let check =
        |certificate: &str, key: &str| format!("show {certificate} --check --key {key} --trust anchor.pem");
    let error = desk.fails(&check("nw/certificate.pem", "hub/key.pem"));
    assert!(error.contains("hub/key.pem") && error.contains("does not belong"), "{error}");
    let error =
        desk.fails(&format!("{} --trust-domain other.example", check("nw/certificate.pem", "nw/key.pem")));
    assert!(error.contains("another trust domain"), "{error}");
    desk.ok("init --trust-domain meldeverbund.example");
    let error = desk.fails("show nw/certificate.pem --check --key nw/key.pem --trust ca/ca.pem");
    assert!(error.contains("ca/ca.pem") && error.contains("UnknownIssuer"), "{error}");
}

#[test]
fn show_shows_everything_but_secrets() {
    let desk = Desk::with_authority();
    desk.ok("issue --agency de-nw-lka --node main --out nw");
    let key = fs::read_to_string(desk.path("nw/key.pem")).unwrap();
    let text = desk.ok("show nw/key.pem nw/certificate.pem nw/revocations.pem");
    let secret = key.lines().nth(1).unwrap();
    assert!(!text.contains(&secret[..16]), "{text}");
    let (key, certificate) = (desk.show("nw/key.pem"), desk.show("nw/certificate.pem"));
    assert_eq!((&key["kind"], &key["public_key"]), (&"private key".into(), &certificate["public_key"]));
    for expected in [
        "private key in nw/key.pem",
        "de-nw-lka/main in meldeverbund.example",
        "status        valid",
        certificate["public_key"].as_str().unwrap(),
        "revocation list in nw/revocations.pem",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    // A chain is shown whole, and a DER certificate as well.
    let both = fs::read_to_string(desk.path("nw/certificate.pem")).unwrap()
        + &fs::read_to_string(desk.path("ca/ca.pem")).unwrap();
    fs::write(desk.path("chain.pem"), both).unwrap();
    assert_eq!(desk.json("show chain.pem")["items"].as_array().unwrap().len(), 2);
    let der: rustls::pki_types::CertificateDer<'_> =
        rustls::pki_types::pem::PemObject::from_pem_file(desk.path("nw/certificate.pem")).unwrap();
    fs::write(desk.path("certificate.der"), der.as_ref()).unwrap();
    assert_eq!(desk.show("certificate.der")["serial"], certificate["serial"]);
    fs::write(desk.path("nothing.pem"), "nothing").unwrap();
    assert!(desk.fails("show nothing.pem").contains("nothing.pem"));
}

#[test]
fn two_commands_at_once_take_turns() {
    let desk = Desk::with_authority();
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let desk = &desk;
            scope.spawn(move || {
                desk.ok(&format!("issue --agency de-nw-lka --node n{worker}"));
                desk.ok(&format!("revoke --agency de-nw-lka --node n{worker}"));
            });
        }
    });
    assert_eq!(desk.json("list")["certificates"].as_array().unwrap().len(), 8);
    let list = desk.show("ca/revocations.pem");
    assert_eq!((&list["number"], list["revoked"].as_array().unwrap().len()), (&"9".into(), 8));
}

#[test]
fn errors_are_json_where_asked_for() {
    let desk = Desk::new();
    let output = desk.run("--json list");
    assert_eq!(output.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(error["error"].as_str().unwrap().contains("ca.pem"));
    for usage in [
        "",
        "issue --agency DE",
        "init --trust-domain Upper",
        "init --trust-domain a --days 0",
        "issue --host x",
    ] {
        assert_eq!(desk.run(usage).status.code(), Some(2), "{usage}");
    }
    desk.ok("init --trust-domain a");
    assert!(desk.fails("issue").contains("--agency"));
    assert!(desk.fails("issue --agency de-bka").contains("belong together"));
}
