//! A node's line to a hub: a TCP relay that can be cut, held up in one direction, or made slow.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
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
    /// What the node says goes nowhere for the time being; nobody is told.
    StalledToHub,
    /// What the hub says goes nowhere for the time being; nobody is told.
    StalledToNode,
    Slow,
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
    open: Vec<TcpStream>,
}

impl Proxy {
    /// Relays to this port.
    pub(crate) fn to(hub_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Mutex::new(State { quality: Quality::Good, open: Vec::new() });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for node in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&accepting);
                // A hub that is away refuses, and so does its line: the node's end is dropped.
                let Ok(hub) = TcpStream::connect(("127.0.0.1", hub_port)) else { continue };
                shared.relay(&node, &hub);
            }
        });
        Self { port, shared }
    }

    /// Where the node connects.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes the line from now on.
    pub(crate) fn set(&self, quality: Quality) {
        let mut state = self.shared.lock();
        state.quality = quality;
        if quality == Quality::Cut {
            state.open.drain(..).for_each(|end| drop(end.shutdown(Shutdown::Both)));
        }
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn relay(self: Arc<Self>, node: &TcpStream, hub: &TcpStream) {
        let ends = [node, hub].map(|end| {
            let _ = end.set_nodelay(true);
            end.try_clone().unwrap()
        });
        let mut state = self.lock();
        if state.quality == Quality::Cut {
            return;
        }
        state.open.extend(ends);
        drop(state);
        for (from, to, stall) in [(node, hub, Quality::StalledToHub), (hub, node, Quality::StalledToNode)] {
            let (from, to, shared) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&self));
            thread::spawn(move || shared.copy(from, to, stall));
        }
    }

    /// Copies one direction until one of the ends is gone; then the other goes as well.
    fn copy(&self, mut from: TcpStream, mut to: TcpStream, stall: Quality) {
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
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
