//! A line from a node to a hub, or from a hub to its database: a TCP relay that can be cut, held up in one direction, or made
//! slow.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Duration,
};

/// What is relayed at once; small enough that slowness is spread over a message.
const CHUNK_BYTES: usize = 4 * 1024;

/// A chunk on a slow line takes so long: about 80 kB/s.
const SLOW_CHUNK: Duration = Duration::from_millis(50);

/// How a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    Good,
    /// Connections are broken, and new ones too.
    Cut,
    /// What the caller says goes nowhere for the time being; nobody is told.
    StalledThere,
    /// What is answered goes nowhere for the time being; nobody is told.
    StalledBack,
    Slow,
}

/// All but the good one.
pub(crate) const FAILING: [Quality; 4] =
    [Quality::Cut, Quality::StalledThere, Quality::StalledBack, Quality::Slow];

/// Where a line leads.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// To a port of this machine.
    Port(u16),
    /// To a socket in a folder.
    Socket(PathBuf),
}

/// One end of a relayed connection.
#[derive(Debug)]
enum End {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A relay on a port of its own; it lives as long as the test's process.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    quality: Quality,
    open: Vec<End>,
}

impl Proxy {
    /// Relays to this place.
    pub(crate) fn to(place: Place) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Mutex::new(State { quality: Quality::Good, open: Vec::new() });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&accepting);
                // Who is away refuses, and so does the line: the caller's end is dropped.
                let Ok(called) = place.call() else { continue };
                shared.relay(&End::Tcp(caller), &called);
            }
        });
        Self { port, shared }
    }

    /// Where the caller connects.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes the line from now on.
    pub(crate) fn set(&self, quality: Quality) {
        let mut state = self.shared.lock();
        state.quality = quality;
        if quality == Quality::Cut {
            state.open.drain(..).for_each(|end| end.close());
        }
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn relay(self: Arc<Self>, caller: &End, called: &End) {
        let mut state = self.lock();
        if state.quality == Quality::Cut {
            return;
        }
        state.open.extend([caller, called].map(End::again));
        drop(state);
        for (from, to, stall) in
            [(caller, called, Quality::StalledThere), (called, caller, Quality::StalledBack)]
        {
            let (from, to, shared) = (from.again(), to.again(), Arc::clone(&self));
            thread::spawn(move || shared.copy(from, to, stall));
        }
    }

    /// Copies one direction until one of the ends is gone; then the other goes as well.
    fn copy(&self, mut from: End, mut to: End, stall: Quality) {
        let mut chunk = [0; CHUNK_BYTES];
        while let Ok(length @ 1..) = from.read(&mut chunk) {
            let stalled = |state: &mut State| state.quality == stall;
            let state = self.changed.wait_while(self.lock(), stalled).unwrap();
            let is_slow = state.quality == Quality::Slow;
            drop(state);
            if is_slow {
                thread::sleep(SLOW_CHUNK);
            }
            if to.write_all(&chunk[..length]).is_err() {
                break;
            }
        }
        from.close();
        to.close();
    }
}

impl Place {
    fn call(&self) -> io::Result<End> {
        Ok(match self {
            Self::Port(port) => End::Tcp(TcpStream::connect(("127.0.0.1", *port))?),
            Self::Socket(path) => End::Unix(UnixStream::connect(path)?),
        })
    }
}

impl End {
    /// The same end once more, for another thread.
    fn again(&self) -> Self {
        match self {
            Self::Tcp(stream) => {
                let _ = stream.set_nodelay(true);
                Self::Tcp(stream.try_clone().unwrap())
            }
            Self::Unix(stream) => Self::Unix(stream.try_clone().unwrap()),
        }
    }

    fn close(&self) {
        // It may be closed already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for End {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(into),
            Self::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for End {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(from),
            Self::Unix(stream) => stream.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
