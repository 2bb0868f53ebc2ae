use std::io;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use tokio::time::timeout;

use crate::error::{open_failed, query_failed};
use crate::events::EventQueue;
use crate::migration::{self, Migration};
use crate::{Environment, Result, StoreError};

/// How long a statement waits for another process that holds the SQLite file.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;
/// How long a PostgreSQL that is being opened may stay silent.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(10);

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    pub(crate) events: Arc<EventQueue>,
}

#[derive(Clone)]
enum Pools {
    /// One connection writes, several read beside it. In memory both are the same pool of one.
    Sqlite {
        reader: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
}

impl Db {
    /// Opens `sqlite:PATH` (the path taken literally, the file made when missing),
    /// `sqlite::memory:` or `postgres://…`, and brings its tables to this version's.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] when a newer Weir wrote the data, else [`StoreError::Open`].
    pub async fn open(environment: &Environment, url: &str) -> Result<Self> {
        Self::open_with(environment, url, migration::ALL).await
    }

    /// Opens what is there; makes no file and changes no table. For a process that works beside the
    /// one that holds the data folder.
    ///
    /// # Errors
    /// [`StoreError::Absent`] without a database, [`StoreError::OlderSchema`] and
    /// [`StoreError::NewerSchema`] when its tables are another version's, else [`StoreError::Open`].
    pub async fn open_existing(url: &str) -> Result<Self> {
        Self::open_existing_with(url, migration::ALL).await
    }

    /// [`Db::open_existing`] with another list of migrations, as [`Db::open_with`].
    pub async fn open_existing_with(url: &str, migrations: &[Migration]) -> Result<Self> {
        if sqlite_path(url).is_some_and(|path| !Path::new(path).exists()) {
            return Err(StoreError::Absent);
        }
        let db = Self { pools: Pools::connect(url).await?, events: Arc::default() };
        migration::check(&db, migrations).await?;
        Ok(db)
    }

    /// Opens a database that lives as long as the last clone of this value.
    pub async fn in_memory(environment: &Environment) -> Result<Self> {
        Self::open(environment, "sqlite::memory:").await
    }

    /// Opens with another list of migrations than Weir's own: how a test plays the next version.
    pub async fn open_with(
        environment: &Environment,
        url: &str,
        migrations: &[Migration],
    ) -> Result<Self> {
        let pools = Pools::connect(url).await?;
        let db = Self { pools, events: Arc::default() };
        migration::run(&db, environment, migrations).await?;
        crate::identity::ensure_organization(&db, environment).await?;
        Ok(db)
    }

    /// Starts a write transaction. Dropped without [`Write::commit`] it leaves nothing.
    ///
    /// SQLite has one writer at a time and this waits for its turn. Do not read through `&Db`
    /// while you hold the `Write`: in memory there is one connection only, and you hold it.
    pub async fn write(&self) -> Result<Write<'_>> {
        let transaction = match &self.pools {
            // A deferred transaction that later wants to write fails at once with "database is
            // locked" when another got there first; the busy timeout does not apply to it.
            Pools::Sqlite { writer, .. } => WriteTransaction::Sqlite(
                writer.begin_with("BEGIN IMMEDIATE").await.map_err(query_failed)?,
            ),
            // Named, because the server's default can be set to another level.
            Pools::Postgres(pool) => WriteTransaction::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
                    .await
                    .map_err(query_failed)?,
            ),
        };
        Ok(Write { transaction, locked_sites: Vec::new(), db: PhantomData })
    }

    /// Asks the database for an answer: the readiness probe.
    pub async fn ping(&self) -> Result<()> {
        sql!(fetch_one(One<i64>), self.read().await?, "SELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }

    /// `SQLite` or `PostgreSQL`.
    pub fn engine(&self) -> &'static str {
        match self.pools {
            Pools::Sqlite { .. } => "SQLite",
            Pools::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) async fn read(&self) -> Result<Read> {
        Ok(match &self.pools {
            Pools::Sqlite { reader, .. } => {
                Read::Sqlite(reader.acquire().await.map_err(query_failed)?)
            }
            Pools::Postgres(pool) => Read::Postgres(pool.acquire().await.map_err(query_failed)?),
        })
    }

    /// The connection that writes, outside a transaction: for the pragmas around a migration.
    pub(crate) async fn writer(&self) -> Result<Read> {
        Ok(match &self.pools {
            Pools::Sqlite { writer, .. } => {
                Read::Sqlite(writer.acquire().await.map_err(query_failed)?)
            }
            Pools::Postgres(pool) => Read::Postgres(pool.acquire().await.map_err(query_failed)?),
        })
    }
}

impl Pools {
    async fn connect(url: &str) -> Result<Self> {
        if url == "sqlite::memory:" {
            return Self::in_memory().await.map_err(open_failed);
        }
        if let Some(path) = sqlite_path(url) {
            return Self::sqlite_file(path).await.map_err(open_failed);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(url).await.map_err(open_failed);
        }
        Err(StoreError::Open("the address starts with neither `sqlite:` nor `postgres://`".into()))
    }

    /// Closing the connection would be losing the data, so it has neither idle time nor lifetime.
    async fn in_memory() -> sqlx::Result<Self> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let pool = only_connection().connect_with(options).await?;
        Ok(Self::Sqlite { reader: pool.clone(), writer: pool })
    }

    async fn sqlite_file(path: &str) -> sqlx::Result<Self> {
        make_private_file(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(SQLITE_BUSY_TIMEOUT);
        let writer = only_connection().connect_with(options.clone()).await?;
        let reader = PoolOptions::new()
            .max_connections(SQLITE_READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self::Sqlite { reader, writer })
    }

    async fn postgres(url: &str) -> sqlx::Result<Self> {
        let options = url.parse::<PgConnectOptions>()?.application_name("weir");
        // A pool tries for half a minute and then says only that; one connection says what is wrong.
        let first = timeout(POSTGRES_PATIENCE, PgConnection::connect_with(&options)).await;
        let silent = || io::Error::new(io::ErrorKind::TimedOut, "the server does not answer");
        first.map_err(|_| silent())??.close().await?;
        let pool = PoolOptions::new().max_connections(POSTGRES_CONNECTIONS);
        Ok(Self::Postgres(pool.connect_with(options).await?))
    }
}

/// Of `sqlite:PATH` and `sqlite://PATH`.
fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:").filter(|path| *path != ":memory:")?;
    Some(path.strip_prefix("//").unwrap_or(path))
}

/// SQLite gives the files that it makes beside a database the permissions of the database.
fn make_private_file(path: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // One that is there is as private as its owner made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

fn only_connection() -> PoolOptions<Sqlite> {
    PoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// An open write transaction. Every function that writes takes `&mut Write`; every read takes
/// `&Db`.
pub struct Write<'a> {
    transaction: WriteTransaction,
    /// Sites whose counter row this transaction already holds; see `changes::lock_site`.
    pub(crate) locked_sites: Vec<crate::SiteId>,
    db: PhantomData<&'a Db>,
}

enum WriteTransaction {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Write<'_> {
    /// Makes everything since [`Db::write`] durable and visible, or fails and leaves nothing.
    pub async fn commit(self) -> Result<()> {
        match self.transaction {
            WriteTransaction::Sqlite(transaction) => transaction.commit().await,
            WriteTransaction::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(query_failed)
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match &mut self.transaction {
            WriteTransaction::Sqlite(transaction) => Connection::Sqlite(transaction),
            WriteTransaction::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }
}

/// A connection taken from a pool for one or more statements.
pub(crate) enum Read {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Read {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

/// What `sql!` runs on.
pub(crate) enum Connection<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// Runs one statement, written once, on whichever engine is open:
/// `sql!(execute, write, "UPDATE …", a, b)` gives the number of rows,
/// `sql!(fetch_optional(Row), db.read().await?, "SELECT …", a)` gives rows of that type, where
/// `(A, B)` is a row of two columns and `(One<A>)` of one.
/// `; each LIST` binds the values of a list after the others.
macro_rules! sql {
    (execute, $on:expr, $statement:expr $(, $value:expr)* $(; each $list:expr)? $(,)?) => {
        match $on.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                let query = sqlx::query::<sqlx::Sqlite>($statement)$(.bind($value))*;
                $(let query = $list.iter().fold(query, |query, value| query.bind(value));)?
                query.execute(connection).await.map(|done| done.rows_affected())
            }
            $crate::db::Connection::Postgres(connection) => {
                let query = sqlx::query::<sqlx::Postgres>($statement)$(.bind($value))*;
                $(let query = $list.iter().fold(query, |query, value| query.bind(value));)?
                query.execute(connection).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::error::query_failed)
    };
    ($fetch:ident($row:ty), $($rest:tt)*) => {
        $crate::db::sql!(@rows $fetch [$row] $($rest)*)
    };
    ($fetch:ident($first:ty, $($column:ty),+ $(,)?), $($rest:tt)*) => {
        $crate::db::sql!(@rows $fetch [($first, $($column),+)] $($rest)*)
    };
    (@rows $fetch:ident [$row:ty] $on:expr, $statement:expr $(, $value:expr)* $(; each $list:expr)? $(,)?) => {
        match $on.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                let query = sqlx::query_as::<sqlx::Sqlite, $row>($statement)$(.bind($value))*;
                $(let query = $list.iter().fold(query, |query, value| query.bind(value));)?
                query.$fetch(connection).await
            }
            $crate::db::Connection::Postgres(connection) => {
                let query = sqlx::query_as::<sqlx::Postgres, $row>($statement)$(.bind($value))*;
                $(let query = $list.iter().fold(query, |query, value| query.bind(value));)?
                query.$fetch(connection).await
            }
        }
        .map_err($crate::error::query_failed)
    };
}
pub(crate) use sql;

/// A row of one column.
pub(crate) type One<T> = (T,);

/// `$first, $first+1, …`: the places of a list that `; each` binds.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use sqlx::Row;

    use super::*;

    #[tokio::test]
    async fn a_sqlite_file_waits_for_the_disk_and_only_its_writer_writes() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("weir.sqlite").display());
        let db = Db::open(&environment(), &url).await.unwrap();
        let Pools::Sqlite { reader, writer } = &db.pools else { panic!("{}", db.engine()) };
        let full = "2";
        for pool in [reader, writer] {
            assert_eq!(pragma(pool, "PRAGMA journal_mode").await, "wal");
            assert_eq!(pragma(pool, "PRAGMA synchronous").await, full);
            assert_eq!(pragma(pool, "PRAGMA foreign_keys").await, "1");
            assert_eq!(pragma(pool, "PRAGMA busy_timeout").await, "10000");
        }
        assert_eq!(pragma(writer, "PRAGMA query_only").await, "0");
        assert_eq!(pragma(reader, "PRAGMA query_only").await, "1");
        assert_eq!(writer.options().get_max_connections(), 1);
    }

    #[tokio::test]
    async fn memory_is_one_connection_that_never_ends() {
        let (one, other) = (
            Db::in_memory(&environment()).await.unwrap(),
            Db::in_memory(&environment()).await.unwrap(),
        );
        let Pools::Sqlite { reader, writer } = &one.pools else { panic!("{}", one.engine()) };
        for options in [reader.options(), writer.options()] {
            assert_eq!(options.get_max_connections(), 1);
            assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (None, None));
        }
        assert_eq!(pragma(writer, "PRAGMA foreign_keys").await, "1");
        let mut write = one.write().await.unwrap();
        sql!(execute, write, "CREATE TABLE of_one (id TEXT)").unwrap();
        write.commit().await.unwrap();
        sql!(fetch_all(One<String>), one.read().await.unwrap(), "SELECT id FROM of_one").unwrap();
        let elsewhere =
            sql!(fetch_all(One<String>), other.read().await.unwrap(), "SELECT id FROM of_one");
        assert!(elsewhere.is_err());
    }

    async fn pragma(pool: &SqlitePool, statement: &'static str) -> String {
        let row = sqlx::query(statement).fetch_one(pool).await.unwrap();
        row.try_get_unchecked::<String, _>(0).unwrap()
    }

    fn environment() -> Environment {
        Environment {
            now: Arc::new(|| Timestamp::UNIX_EPOCH),
            random: Arc::new(|bytes| bytes.fill(7)),
        }
    }
}
