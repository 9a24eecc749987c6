//! `copy-to` killed with -9 at instants that a line to the server picks out: before anything is there, in the middle, right
//! before COMMIT, and between COMMIT and its answer. Whatever is left, never can two hubs go on with one history, and the same
//! command brings it to its end.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use meldeverbund_pgtest::TestDatabase;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use crate::{
    cli::{err, out},
    process::Site,
};

/// A copy of nothing takes a second.
const SOON: Duration = Duration::from_secs(60);

/// The server's word that a transaction is committed (protocol 3, CommandComplete).
const COMMITTED: &[u8] = b"COMMIT\0";

/// Where the command is killed.
struct Instant {
    /// When it says this,
    said: &'static [u8],
    /// or when the server answers this afterwards; what was said last does not arrive.
    answered: Option<&'static [u8]>,
    /// Whether the file is marked by then.
    is_marked: bool,
    /// Whether the copy is there.
    is_there: bool,
}

const INSTANTS: [Instant; 5] = [
    // In the middle of making the tables.
    Instant { said: b"CREATE TABLE announcement", answered: None, is_marked: false, is_there: false },
    Instant { said: b"/* copying::lock */", answered: None, is_marked: false, is_there: false },
    Instant { said: b"INSERT INTO event", answered: None, is_marked: true, is_there: false },
    Instant { said: b"/* copying::commit */", answered: None, is_marked: true, is_there: false },
    Instant { said: b"/* copying::commit */", answered: Some(COMMITTED), is_marked: true, is_there: true },
];

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_is_killed_one_database_is_whole_and_never_are_two_served() {
    for Instant { said, answered, is_marked, is_there } in INSTANTS {
        println!("{}, {}", String::from_utf8_lossy(said), answered.is_some());
        let site = Site::on_a_file();
        for agency in ["de-nw-lka", "de-by-lka"] {
            site.register(agency, "state-office");
        }
        let before = site.json(&["status"])["counts"].clone();
        let place = TestDatabase::new();
        let line = Line::to(&place, said, answered);
        let url = line.url.clone();
        let copy = ["copy-to", "--database", &url];
        let mut command = site.command();
        let mut copying = command.args(copy).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let reached = line.reached.recv_timeout(SOON);
        copying.kill().unwrap();
        let ended = copying.wait_with_output().unwrap();
        assert!(reached.is_ok(), "it never came so far: {}", err(&ended));

        let at_file = site.run(&["status"]);
        assert_eq!(at_file.status.success(), !is_marked, "{at_file:?}");
        assert!(!is_marked || err(&at_file).contains("run `copy-to` again"), "{at_file:?}");
        assert_eq!(agencies_at(&place).await, if is_there { 2 } else { 0 });

        let again = site.run(&copy);
        assert!(out(&again).contains("was moved to"), "{again:?}");
        let refused = site.run(&["status"]);
        assert!(err(&refused).contains("was moved to"), "{refused:?}");
        site.configure(&format!("database = \"{}\"", place.url()));
        assert_eq!(site.json(&["status"])["counts"], before);
        assert_whole(&site.run(&["ledger", "verify"]));
    }
}

fn assert_whole(verified: &Output) {
    assert!(verified.status.success(), "{verified:?}");
}

/// How many agencies are committed there; where there is no such table, none.
async fn agencies_at(place: &TestDatabase) -> i64 {
    let options: PgConnectOptions = place.url().parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let exists = sqlx::query_scalar("SELECT to_regclass('agency') IS NOT NULL");
    let exists: bool = exists.fetch_one(&mut connection).await.unwrap();
    if !exists {
        return 0;
    }
    sqlx::query_scalar("SELECT count(*) FROM agency").fetch_one(&mut connection).await.unwrap()
}

/// A line to a server that once stands still for good, at a word; connections that are made later are as any other.
struct Line {
    url: String,
    reached: Receiver<()>,
}

/// What the line waits for.
struct Word {
    said: &'static [u8],
    answered: Option<&'static [u8]>,
    was_said: AtomicBool,
    was_reached: AtomicBool,
    tell: Sender<()>,
}

impl Line {
    fn to(place: &TestDatabase, said: &'static [u8], answered: Option<&'static [u8]>) -> Self {
        let options: PgConnectOptions = place.url().parse().unwrap();
        let socket: PathBuf = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (user, port) = (options.get_username(), listener.local_addr().unwrap().port());
        let name = options.get_database().unwrap();
        let url = format!("postgres://{user}@127.0.0.1:{port}/{name}?sslmode=disable");
        let (tell, reached) = channel();
        let (was_said, was_reached) = (AtomicBool::new(false), AtomicBool::new(false));
        let word = Arc::new(Word { said, answered, was_said, was_reached, tell });
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                relay(&caller, &UnixStream::connect(&socket).unwrap(), &word);
            }
        });
        Self { url, reached }
    }
}

fn relay(caller: &TcpStream, server: &UnixStream, word: &Arc<Word>) {
    let (from, to, heard) = (caller.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(word));
    let ends = (caller.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        copy(from, to, |text| heard.is_said(text));
        // The caller is gone, and so is its line.
        let _ = (ends.0.shutdown(Shutdown::Both), ends.1.shutdown(Shutdown::Both));
    });
    let (from, to, heard) = (server.try_clone().unwrap(), caller.try_clone().unwrap(), Arc::clone(word));
    thread::spawn(move || copy(from, to, |text| heard.is_answered(text)));
}

/// Copies until the word has come; from then on nothing more arrives, until the end.
fn copy(mut from: impl Read, mut to: impl Write, mut stops: impl FnMut(&[u8]) -> bool) {
    let (mut chunk, mut text, mut is_open) = ([0; 4_096], Vec::new(), true);
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        // A word may come in two pieces.
        text.drain(..text.len().saturating_sub(LONGEST_WORD));
        text.extend_from_slice(&chunk[..length]);
        is_open = is_open && !stops(&text) && to.write_all(&chunk[..length]).is_ok();
    }
}

/// Longer than any word that is waited for.
const LONGEST_WORD: usize = 64;

impl Word {
    fn is_said(&self, text: &[u8]) -> bool {
        if !has(text, self.said) || self.was_reached.load(Ordering::SeqCst) {
            return false;
        }
        self.was_said.store(true, Ordering::SeqCst);
        self.answered.is_none() && self.is_reached()
    }

    fn is_answered(&self, text: &[u8]) -> bool {
        let is_answer = self.answered.is_some_and(|answer| has(text, answer));
        is_answer && self.was_said.load(Ordering::SeqCst) && self.is_reached()
    }

    /// The first time is the one that counts.
    fn is_reached(&self) -> bool {
        let is_first = !self.was_reached.swap(true, Ordering::SeqCst);
        if is_first {
            self.tell.send(()).unwrap();
        }
        is_first
    }
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}
