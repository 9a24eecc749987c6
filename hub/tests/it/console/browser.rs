//! A browser as far as a test needs one: TLS, cookies, forms. It does not follow redirects by itself.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::ORIGIN;

pub(super) struct Browser {
    address: SocketAddr,
    tls: TlsConnector,
    pub(super) cookies: BTreeMap<String, String>,
    /// Header lines beside the usual ones.
    pub(super) says: Vec<String>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.header("location").next()
    }

    /// The token that the page's forms carry.
    pub(super) fn form_token(&self) -> &str {
        let (_, rest) = self.body.split_once("name=\"form_token\" value=\"").expect("a form");
        rest.split('"').next().unwrap()
    }
}

impl Answer {
    /// The values of fields with this name, in their order.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let begins = format!("name=\"{name}\" value=\"");
        let fields = self.body.split(&begins).skip(1);
        fields.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }

    /// What is hidden in the page's forms that act, and these fields: a form as the page would send it.
    pub(super) fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for hidden in ["form_token", "stamp", "seen"] {
            // The first form of a page that has a stamp; that of the sign-out has none.
            form.extend_pairs(self.values(hidden).first().map(|value| (hidden, value)));
        }
        form.extend_pairs(fields).finish()
    }
}

/// A stream of events as the hub sends it.
pub(super) struct Events(BufReader<TlsStream<TcpStream>>);

impl Events {
    /// The id of the next event that a page is told; none: the stream has ended.
    pub(super) async fn changed(&mut self) -> Option<String> {
        let mut is_told = false;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.unwrap() == 0 {
                return None;
            }
            is_told |= line.trim_end() == "event: changed";
            if let (true, Some(id)) = (is_told, line.trim_end().strip_prefix("id: ")) {
                return Some(id.to_owned());
            }
        }
    }
}

impl Browser {
    pub(super) fn new(address: SocketAddr, authority: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(meldeverbund_certs::provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Self { address, tls, cookies: BTreeMap::new(), says: Vec::new() }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "", &[]).await
    }

    /// Sends a form as a page of the service does.
    pub(super) async fn post(&mut self, path: &str, form: &str) -> Answer {
        let own = [format!("Origin: {ORIGIN}"), "Sec-Fetch-Site: same-origin".to_owned()];
        self.ask("POST", path, form, &own).await
    }

    pub(super) async fn ask(&mut self, method: &str, path: &str, form: &str, says: &[String]) -> Answer {
        let mut tls = self.send(method, path, form, says).await;
        let mut answer = Vec::new();
        tls.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let answer = Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        self.keep(&answer);
        answer
    }

    /// Opens a stream of events.
    pub(super) async fn follow(&mut self, path: &str) -> Events {
        Events(BufReader::new(self.send("GET", path, "", &[]).await))
    }

    async fn send(&mut self, method: &str, path: &str, form: &str, says: &[String]) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::IpAddress(self.address.ip().into());
        let mut tls = self.tls.connect(name, tcp).await.unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: hub.example\r\nConnection: close\r\n");
        if !cookies.is_empty() {
            request += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for line in self.says.iter().chain(says) {
            request += &format!("{line}\r\n");
        }
        if method == "POST" {
            request += "Content-Type: application/x-www-form-urlencoded\r\n";
            request += &format!("Content-Length: {}\r\n", form.len());
        }
        tls.write_all(format!("{request}\r\n{form}").as_bytes()).await.unwrap();
        tls
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.header("set-cookie") {
            assert!(
                cookie.starts_with("__Host-") && cookie.contains("; Secure; HttpOnly; SameSite=Lax"),
                "{cookie}"
            );
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}
