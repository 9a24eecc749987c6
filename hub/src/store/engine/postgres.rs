//! PostgreSQL: a server that several hubs share. Every wait has an end, here and there.

use std::{future::Future, time::Duration};

use sqlx::{
    ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

use super::{
    Connection,
    deadline::{STATEMENT_TIMEOUT, WRITER_STATEMENT_TIMEOUT},
};

/// Readers of one hub beside its writer and its listener: as many as on the other engine. A server takes 100 connections
/// unless it is told otherwise.
const READERS: u32 = 8;

/// How long a connection may take to be made, TLS and password included: a server on the same network answers in
/// milliseconds, and one that does not is told to the caller while he still waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a reader waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a transaction waits for the head, or for any other lock. Whoever holds it does so for tens of milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a hub may hold the head without a word, before the server takes it away: it hangs, or its line is cut.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);

/// After how many seconds without a sign of life the server asks whether a hub is still there, and how often. A hub that
/// is gone without a word is noticed in half a minute.
const KEEPALIVE: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "4")];

/// Statements that a connection keeps prepared: the store has about a hundred.
const STATEMENTS: usize = 256;

/// A server's database.
#[derive(Debug, Clone)]
pub(in crate::store) struct Postgres(Box<PgConnectOptions>);

impl Postgres {
    /// The database that these options name.
    pub(in crate::store) fn at(options: &PgConnectOptions) -> Self {
        let ms = |limit: Duration| limit.as_millis().to_string();
        let limits = [
            ("statement_timeout", ms(STATEMENT_TIMEOUT)),
            ("lock_timeout", ms(LOCK_TIMEOUT)),
            ("idle_in_transaction_session_timeout", ms(IDLE_IN_TRANSACTION_TIMEOUT)),
            ("default_transaction_isolation", "read committed".to_owned()),
            // Statements are short; compiling them takes longer than running them.
            ("jit", "off".to_owned()),
        ];
        let options = options
            .clone()
            .application_name("meldeverbund-hub")
            .statement_cache_capacity(STATEMENTS)
            .options(limits)
            .options(KEEPALIVE)
            .disable_statement_logging();
        Self(Box::new(options))
    }

    /// A connection that writes.
    pub(in crate::store) async fn writer(&self) -> Result<Connection, sqlx::Error> {
        let mut connection = connect(&self.0).await?;
        durable(&mut connection).await?;
        Ok(connection.into())
    }

    /// The committer's: behind its statements everybody waits.
    pub(in crate::store) async fn committer(&self) -> Result<Connection, sqlx::Error> {
        let limit = WRITER_STATEMENT_TIMEOUT.as_millis().to_string();
        let options = PgConnectOptions::clone(&self.0).options([("statement_timeout", limit)]);
        Self(Box::new(options)).writer().await
    }

    /// A connection of its own that reads.
    pub(in crate::store) async fn reader(&self) -> Result<Connection, sqlx::Error> {
        Ok(connect(&self.reading()).await?.into())
    }

    /// Connections that read.
    pub(in crate::store) async fn readers(&self) -> Result<PgPool, sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE_TIMEOUT);
        pool.connect_with(self.reading()).await
    }

    /// Hears what others say on this server. It connects again by itself.
    pub(in crate::store) async fn listener(&self) -> Result<PgListener, sqlx::Error> {
        let one = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
        // It says nothing for days.
        let one = one.max_lifetime(None).idle_timeout(None).connect_with(self.reading()).await?;
        PgListener::connect_with(&one).await
    }

    fn reading(&self) -> PgConnectOptions {
        PgConnectOptions::clone(&self.0).options([("default_transaction_read_only", "on")])
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    soon(options.connect()).await
}

/// An acknowledged write is on the disk, whatever the server was told. What asks for more, a standby that has it too,
/// stays as it is.
async fn durable(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const SQL: &str = "/* postgres::durable */ SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') = 'off'";
    soon(connection.execute(SQL)).await?;
    Ok(())
}

async fn soon<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(CONNECT_TIMEOUT, answer).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}
