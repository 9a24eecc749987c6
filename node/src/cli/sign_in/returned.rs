//! The browser's return: one request on the loopback, read by hand, and a page that says that it is over.

use std::time::Duration;

use meldeverbund_people::{Attempt, Callback, Issuers, ReturnAddress, SignInRefusal, SignedIn};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::now;
use crate::text::{Lang, say};

/// A request of a browser with a code in its address; the people's checks cap the query below that.
const REQUEST_BYTES: usize = 16 * 1024;

/// A browser on the same machine has sent its request by then.
const REQUEST: Duration = Duration::from_secs(5);

/// Waits for the browser.
pub(super) struct Returned {
    listener: TcpListener,
    path: &'static str,
    lang: Lang,
}

impl Returned {
    pub(super) fn new(listener: TcpListener, path: &'static str, lang: Lang) -> Self {
        Self { listener, path, lang }
    }

    /// Waits until the browser comes back with this attempt's answer. Whatever else knocks is sent away: any program of this machine
    /// can, and must not be able to end the attempt.
    pub(super) async fn sign_in(
        self,
        issuers: &Issuers,
        attempt: &Attempt,
        return_to: &ReturnAddress,
    ) -> Result<SignedIn, SignInRefusal> {
        let waited = timeout(Attempt::term(), async {
            loop {
                let Ok((mut stream, _)) = self.listener.accept().await else { continue };
                let Ok(Some(query)) = timeout(REQUEST, self.query(&mut stream)).await else {
                    answer(&mut stream, "404 Not Found", "").await;
                    continue;
                };
                let Ok(callback) = Callback::parse(&query) else {
                    answer(&mut stream, "400 Bad Request", "").await;
                    continue;
                };
                let done = issuers.finish_sign_in_with_token(attempt, return_to, callback, now()).await;
                match &done {
                    Err(SignInRefusal::State) => answer(&mut stream, "400 Bad Request", "").await,
                    Err(_) => answer(&mut stream, "403 Forbidden", &self.page(false)).await,
                    Ok(_) => answer(&mut stream, "200 OK", &self.page(true)).await,
                }
                if !matches!(done, Err(SignInRefusal::State)) {
                    return done;
                }
            }
        });
        waited.await.unwrap_or(Err(SignInRefusal::TooLate))
    }

    /// The query of a request for the return address; none: it is another request.
    async fn query(&self, stream: &mut TcpStream) -> Option<String> {
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if head.len() > REQUEST_BYTES || stream.read_buf(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let head = String::from_utf8(head).ok()?;
        let mut words = head.lines().next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let query = target.strip_prefix(self.path)?.strip_prefix('?')?;
        (method == "GET").then(|| query.to_owned())
    }

    fn page(&self, is_in: bool) -> String {
        let text = if is_in {
            say(self.lang, "Angemeldet. Dieses Fenster kann zu.", "Signed in. You can close this window.")
        } else {
            say(self.lang, "Die Anmeldung ist gescheitert.", "You are not signed in.")
        };
        let lang = say(self.lang, "de", "en");
        format!(
            "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><title>Meldeverbund</title><h1>{text}</h1>"
        )
    }
}

/// Best effort: the person may have closed the window.
async fn answer(stream: &mut TcpStream, status: &str, page: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.shutdown().await;
}
