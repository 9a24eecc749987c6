//! What credential files may look like.

use std::{fs, path::PathBuf};

use meldeverbund_certs::{ClientTls, OverdueRevocations, TlsError, TlsFiles, TlsWarning};
use rcgen::{
    BasicConstraints, CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint,
    CrlScope, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};

use crate::{
    harness::{DAY, Federation, Hub, is_alive, start},
    stranger::{signed_with, usual},
};

const NODE: &str = "spiffe://meldeverbund.example/agency/de-nw-lka/node/main";

#[test]
fn a_table_in_a_configuration() {
    let parse = |extra: &str| {
        let text = format!("{{\"certificate\":\"c\",\"key\":\"k\",\"trust_anchors\":\"t\"{extra}}}");
        serde_json::from_str::<TlsFiles>(&text)
    };
    let files = parse("").unwrap();
    assert_eq!((files.revocations, files.overdue_revocations), (None, OverdueRevocations::Accept));
    let files = parse(",\"revocations\":\"r\",\"overdue_revocations\":\"refuse\"").unwrap();
    assert_eq!(
        (files.revocations, files.overdue_revocations),
        (Some(PathBuf::from("r")), OverdueRevocations::Refuse)
    );
    parse(",\"revocation\":\"r\"").expect_err("a typing error must not turn revocation off");
}

#[tokio::test]
async fn certificate_and_key_in_one_file() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let files = federation.node_files("de-nw-lka");
    // One file is replaced in one step: nobody ever sees a pair that does not fit.
    let both = fs::read_to_string(&files.key).unwrap() + &fs::read_to_string(&files.certificate).unwrap();
    fs::write(&files.certificate, both).unwrap();
    fs::remove_file(&files.key).unwrap();
    let files = TlsFiles { key: files.certificate.clone(), ..files };
    hub.connect(&federation.client(&files)).await.unwrap();
}

#[cfg(unix)]
#[test]
fn a_key_that_everyone_can_read_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let federation = Federation::new();
    let files = federation.node_files("de-nw-lka");
    for (mode, exposed) in [(0o600, false), (0o640, false), (0o644, true)] {
        fs::set_permissions(&files.key, fs::Permissions::from_mode(mode)).unwrap();
        let warnings = federation.client(&files).state().warnings(start());
        assert_eq!(warnings.contains(&TlsWarning::KeyIsExposed), exposed, "{mode:o}");
    }
}

#[test]
fn keys_of_other_kinds() {
    let federation = Federation::new();
    let files = federation.node_files("de-nw-lka");
    for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P521_SHA512, &rcgen::PKCS_RSA_SHA256] {
        let own = signed_with(&federation.authority, &usual(&[NODE]), algorithm);
        let files = own.write(&federation.folder.path().join("other"), &files);
        let loaded = ClientTls::load(&files, federation.expected(), federation.clock());
        assert!(matches!(loaded, Err(TlsError::Algorithm { .. })), "{loaded:?}");
    }
}

/// An administration's PKI: a root, an issuing authority below it, and a list of each.
struct Pki {
    federation: Federation,
    root: Issuer<'static, KeyPair>,
    issuing: Issuer<'static, KeyPair>,
    lists: PathBuf,
}

const ISSUING_SERIAL: u64 = 7;

impl Pki {
    fn new() -> Self {
        let mut federation = Federation::new();
        let folder = federation.folder.path().to_owned();
        let authority = |name: &str, serial: u64| {
            let mut params = usual(&[]);
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params.extended_key_usages.clear();
            params.serial_number = Some(SerialNumber::from(serial));
            params
        };
        let (root, root_key) = (authority("Root", 1), KeyPair::generate().unwrap());
        let root_certificate = root.self_signed(&root_key).unwrap();
        let root = Issuer::new(root, root_key);
        let (issuing, issuing_key) = (authority("Issuing", ISSUING_SERIAL), KeyPair::generate().unwrap());
        let issuing_certificate = issuing.signed_by(&issuing_key, &root).unwrap();
        let issuing = Issuer::new(issuing, issuing_key);
        fs::write(folder.join("root.pem"), root_certificate.pem()).unwrap();
        for (name, purpose, uri) in [
            (
                "hub",
                rcgen::ExtendedKeyUsagePurpose::ServerAuth,
                "spiffe://meldeverbund.example/agency/de-bka/node/hub",
            ),
            ("node", rcgen::ExtendedKeyUsagePurpose::ClientAuth, NODE),
        ] {
            let mut params = usual(&[uri]);
            params.extended_key_usages = vec![purpose];
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &issuing).unwrap();
            fs::write(folder.join(format!("{name}.pem")), certificate.pem() + &issuing_certificate.pem())
                .unwrap();
            fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        let lists = folder.join("lists.pem");
        federation.hub_files = TlsFiles {
            certificate: folder.join("hub.pem"),
            key: folder.join("hub.key"),
            trust_anchors: folder.join("root.pem"),
            revocations: Some(lists.clone()),
            overdue_revocations: OverdueRevocations::Accept,
        };
        let pki = Self { federation, root, issuing, lists };
        pki.publish(&[&pki.list(&pki.root, 1, &[]), &pki.list(&pki.issuing, 1, &[])]);
        pki
    }

    fn list(&self, issuer: &Issuer<'static, KeyPair>, number: u64, revoked: &[&[u8]]) -> String {
        self.list_params(number, revoked).signed_by(issuer).unwrap().pem().unwrap()
    }

    fn list_params(&self, number: u64, revoked: &[&[u8]]) -> CertificateRevocationListParams {
        let entry = |serial: &&[u8]| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: start().into(),
            reason_code: None,
            invalidity_date: None,
        };
        CertificateRevocationListParams {
            this_update: start().into(),
            next_update: (start() + DAY * 7).into(),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        }
    }

    fn publish(&self, lists: &[&str]) {
        fs::write(&self.lists, lists.concat()).unwrap();
    }

    fn client(&self) -> ClientTls {
        let folder = self.federation.folder.path();
        let files = TlsFiles {
            certificate: folder.join("node.pem"),
            key: folder.join("node.key"),
            ..self.federation.hub_files.clone()
        };
        self.federation.client(&TlsFiles { revocations: None, ..files })
    }

    async fn hub(&self) -> Hub {
        self.federation.hub().await
    }
}

#[tokio::test]
async fn an_authority_below_the_trust_anchor() {
    let pki = Pki::new();
    let mut hub = pki.hub().await;
    let mut io = hub.connect(&pki.client()).await.unwrap();
    assert!(is_alive(&mut io).await);

    // Revoked is the issuing authority, and with it everything below; the hub's own certificate too.
    pki.publish(&[&pki.list(&pki.root, 2, &[&[7]]), &pki.list(&pki.issuing, 2, &[])]);
    assert!(hub.tls.reload().unwrap());
    let (_, error) = hub.ended().await;
    assert!(error.to_string().contains("revoked"), "{error}");
    hub.connect(&pki.client()).await.expect_err("revoked");
    let warnings = hub.tls.state().warnings(start());
    assert!(warnings.contains(&TlsWarning::Revoked), "{warnings:?}");
}

#[tokio::test]
async fn each_authority_of_the_path_needs_its_list() {
    let pki = Pki::new();
    let hub = pki.hub().await;
    // The issuing authority's list is missing: whether the node is revoked cannot be known.
    pki.publish(&[&pki.list(&pki.root, 2, &[])]);
    match hub.tls.reload() {
        Err(TlsError::ListMissing { issuer, .. }) => assert!(issuer.contains("Issuing"), "{issuer}"),
        other => panic!("{other:?}"),
    }
    hub.connect(&pki.client()).await.unwrap();
}

#[tokio::test]
async fn a_list_by_the_issuing_authority_must_be_signed_by_it() {
    let pki = Pki::new();
    let hub = pki.hub().await;
    let impostor = Pki::new();
    pki.publish(&[&pki.list(&pki.root, 2, &[]), &impostor.list(&impostor.issuing, 2, &[])]);
    assert!(matches!(hub.tls.reload(), Err(TlsError::ListSignature { .. })));
    hub.connect(&pki.client()).await.unwrap();
}

/// A list for authorities' certificates only: webpki would find no list for nodes and refuse them all.
#[tokio::test]
async fn a_list_with_another_scope_is_not_taken_up() {
    let pki = Pki::new();
    let hub = pki.hub().await;
    let mut params = pki.list_params(2, &[]);
    params.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
        distribution_point: CrlDistributionPoint { uris: vec!["http://pki.example/crl".to_owned()] },
        scope: Some(CrlScope::CaCertsOnly),
    });
    let scoped = params.signed_by(&pki.issuing).unwrap().pem().unwrap();
    pki.publish(&[&pki.list(&pki.root, 2, &[]), &scoped]);
    assert!(matches!(hub.tls.reload(), Err(TlsError::Undecided { .. })));
    hub.connect(&pki.client()).await.unwrap();
}

#[tokio::test]
async fn a_node_revoked_by_the_issuing_authority() {
    let pki = Pki::new();
    let hub = pki.hub().await;
    let client = pki.client();
    hub.connect(&client).await.unwrap();
    let serial = client.state().certificate.serial;
    pki.publish(&[&pki.list(&pki.root, 2, &[]), &pki.list(&pki.issuing, 2, &[serial.as_bytes()])]);
    assert!(hub.tls.reload().unwrap());
    hub.connect(&client).await.expect_err("revoked");
}
