//! A browser as far as sign-in needs one: follows redirects on the loopback, keeps cookies, sends forms.

use std::collections::BTreeMap;

use openidconnect::url::Url;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// More redirects than any honest sign-in has.
const REDIRECTS: usize = 10;

#[derive(Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

/// Where a walk ended.
#[derive(Debug)]
pub(crate) enum End {
    /// At an address outside the loopback.
    Left(Url),
    /// On a page.
    Page(String),
}

impl Browser {
    /// Opens an address and follows where it leads.
    pub(crate) async fn open(&mut self, address: &str) -> End {
        self.walk(Url::parse(address).unwrap(), None).await
    }

    /// Sends a form and follows where that leads.
    pub(crate) async fn send(&mut self, address: &str, form: &str) -> End {
        self.walk(Url::parse(address).unwrap(), Some(form.to_owned())).await
    }

    async fn walk(&mut self, mut url: Url, mut form: Option<String>) -> End {
        for _ in 0..REDIRECTS {
            if url.host_str() != Some("127.0.0.1") {
                return End::Left(url);
            }
            let (head, body) = self.ask(&url, form.take()).await;
            match field(&head, "location").next() {
                Some(next) => url = url.join(next).unwrap(),
                None => return End::Page(body),
            }
        }
        panic!("more than {REDIRECTS} redirects, the last to {url}");
    }

    async fn ask(&mut self, url: &Url, form: Option<String>) -> (String, String) {
        let mut tcp = TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let path = &url[openidconnect::url::Position::BeforePath..openidconnect::url::Position::AfterQuery];
        let method = if form.is_some() { "POST" } else { "GET" };
        let body = form.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            url.port().unwrap(),
            cookies.join("; "),
            body.len(),
        );
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tcp.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for cookie in field(head, "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        (head.to_owned(), body.to_owned())
    }
}

fn field<'h>(head: &'h str, name: &'h str) -> impl Iterator<Item = &'h str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
