//! What one hub tells the others on the same server: whose feeds have grown. It only wakes; what there is to see is read, and who
//! was not woken looks by itself again and again.

use meldeverbund_domain::AgencyNo;

use super::{
    StoreError,
    engine::{Connection, Engine, query},
};

#[cfg(feature = "postgres")]
pub use listener::Listener;

/// The channel. A server keeps those of its databases apart; hubs that only have different schemas in one share it.
const CHANNEL: &str = "meldeverbund-bells";

/// Nobody: no database of this program has other hubs that say anything.
#[cfg(not(feature = "postgres"))]
#[derive(Debug)]
pub enum Listener {}

#[cfg(not(feature = "postgres"))]
impl Listener {
    /// Never called.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "as on a server")]
    pub async fn next(&mut self) -> Result<Heard, StoreError> {
        match *self {}
    }
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// This agency's feed has grown.
    Grown(AgencyNo),
    /// The line was cut, and stands again: what was said in between is lost.
    Cut,
}

/// Tells the other hubs, when this transaction commits and not before, whose feeds it has made grow, each once. A file's other
/// processes look by themselves.
pub(super) async fn tell(connection: &mut Connection, agencies: &[AgencyNo]) -> Result<(), StoreError> {
    const SQL: &str =
        "/* bells::tell */ SELECT pg_notify($1, current_schema() || ' ' || j.value) FROM {integers $2}";
    if agencies.is_empty() || connection.engine() == Engine::Sqlite {
        return Ok(());
    }
    let agencies = agencies.iter().map(|agency| agency.0);
    query(SQL).bind(CHANNEL).bind_all(agencies).fetch_all(connection).await?;
    Ok(())
}

#[cfg(feature = "postgres")]
mod listener {
    use meldeverbund_domain::AgencyNo;
    use sqlx::postgres::PgListener;

    use super::{CHANNEL, Heard};
    use crate::store::StoreError;

    /// Hears what the hubs of this database tell each other.
    #[derive(Debug)]
    pub struct Listener {
        on: PgListener,
        schema: String,
    }

    impl Listener {
        pub(in crate::store) async fn new(mut listener: PgListener) -> Result<Self, StoreError> {
            const SQL: &str = "/* bells::schema */ SELECT current_schema()::TEXT";
            listener.listen(CHANNEL).await?;
            let schema = sqlx::query_scalar(SQL).fetch_one(&mut listener).await?;
            Ok(Self { on: listener, schema })
        }

        /// What is heard next.
        ///
        /// # Errors
        /// If the server cannot be reached any more; the listener is of no use then.
        pub async fn next(&mut self) -> Result<Heard, StoreError> {
            loop {
                let Some(heard) = self.on.try_recv().await? else { return Ok(Heard::Cut) };
                // Others' news, or what another version says, wakes nobody.
                let (schema, agency) = heard.payload().rsplit_once(' ').unwrap_or_default();
                if schema == self.schema
                    && let Ok(agency) = agency.parse()
                {
                    return Ok(Heard::Grown(AgencyNo(agency)));
                }
            }
        }
    }
}
