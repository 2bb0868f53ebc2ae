//! Bringing the tables of a database to this version's.
//!
//! A migration is a list of steps that run on both engines, written in `migrations/`. All missing
//! ones run in one transaction: a database is at the old version or at the new one.

use std::cmp::Ordering;
use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use crate::columns::Time;
use crate::db::{Connection, Db, One, Read, Write, sql};
use crate::error::{open_failed, query_failed};
use crate::{Environment, Result, StoreError};

/// One version's change of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts up from 1 without a gap.
    pub version: i64,
    /// What runs, in order.
    pub steps: &'static [Step],
}

/// One step of a [`Migration`].
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Statements that both engines understand.
    Sql(&'static str),
    /// A table made anew under its name: how a column or constraint is altered, which the two
    /// engines do not say alike.
    Rebuild {
        /// The table's name.
        table: &'static str,
        /// What stands between the parentheses of its new `CREATE TABLE`.
        definition: &'static str,
        /// The new table's columns and, for each, the expression over the old row that fills it.
        columns: &'static [(&'static str, &'static str)],
        /// `CREATE INDEX` statements; the old table's indexes go with it.
        indexes: &'static str,
    },
}

/// Every migration of this version of Weir. A released one is never edited.
pub const ALL: &[Migration] = &[
    Migration { version: 1, steps: &[Step::Sql(include_str!("../migrations/0001_first.sql"))] },
    Migration { version: 2, steps: &[Step::Sql(include_str!("../migrations/0002_held.sql"))] },
    Migration { version: 3, steps: &[Step::Sql(include_str!("../migrations/0003_rights_at.sql"))] },
];

/// "weir" in ASCII: two nodes that start at once take turns.
const POSTGRES_LOCK: i64 = 0x7765_6972;

pub(crate) async fn run(
    db: &Db,
    environment: &Environment,
    migrations: &[Migration],
) -> Result<()> {
    // A rebuild drops a table that others refer to. The switch does nothing inside a transaction.
    set_sqlite_foreign_keys(db, false).await?;
    let done = run_in_transaction(db, environment, migrations).await;
    set_sqlite_foreign_keys(db, true).await?;
    done.map_err(|error| match error {
        StoreError::Query(source) => StoreError::Open(source),
        other => other,
    })
}

/// Whether the tables are exactly those of the last migration. Changes nothing.
pub(crate) async fn check(db: &Db, migrations: &[Migration]) -> Result<()> {
    if !has_migrations(&mut db.read().await?).await? {
        return Err(StoreError::Absent);
    }
    let (applied,) = sql!(
        fetch_one(One<i64>),
        db.read().await?,
        "SELECT COALESCE(MAX(version), 0) FROM migration"
    )?;
    match applied.cmp(&newest(migrations)) {
        Ordering::Equal => Ok(()),
        Ordering::Less => Err(StoreError::OlderSchema),
        Ordering::Greater => Err(StoreError::NewerSchema),
    }
}

async fn has_migrations(read: &mut Read) -> Result<bool> {
    let count: (i64,) = match read.connection() {
        Connection::Sqlite(connection) => {
            sqlx::query_as("SELECT COUNT(*) FROM sqlite_master WHERE name = 'migration'")
                .fetch_one(connection)
                .await
        }
        Connection::Postgres(connection) => {
            sqlx::query_as("SELECT COUNT(to_regclass('migration'))").fetch_one(connection).await
        }
    }
    .map_err(query_failed)?;
    Ok(count.0 > 0)
}

fn newest(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, |migration| migration.version)
}

async fn run_in_transaction(
    db: &Db,
    environment: &Environment,
    migrations: &[Migration],
) -> Result<()> {
    let mut write = db.write().await?;
    take_turns(&mut write).await?;
    sql!(
        execute,
        write,
        "CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)"
    )?;
    let (applied,) =
        sql!(fetch_one(One<i64>), write, "SELECT COALESCE(MAX(version), 0) FROM migration")?;
    if applied > newest(migrations) {
        return Err(StoreError::NewerSchema);
    }
    for migration in migrations.iter().filter(|migration| migration.version > applied) {
        for step in migration.steps {
            run_step(&mut write, step).await?;
        }
        sql!(
            execute,
            write,
            "INSERT INTO migration (version, applied_at) VALUES ($1, $2)",
            migration.version,
            Time(environment.now())
        )?;
    }
    check_sqlite_foreign_keys(&mut write).await?;
    write.commit().await
}

async fn run_step(write: &mut Write<'_>, step: &Step) -> Result<()> {
    match *step {
        Step::Sql(statements) => run_statements(write, statements.to_owned()).await,
        Step::Rebuild { table, definition, columns, indexes } => {
            let references = drop_postgres_references(write, table).await?;
            run_statements(write, rebuild_statements(table, definition, columns)).await?;
            run_statements(write, indexes.to_owned()).await?;
            // PostgreSQL checks every row against a constraint that is added.
            run_statements(write, references).await
        }
    }
}

/// The order that SQLite's manual gives (ALTER TABLE, section 7): the new table is made beside
/// the old one and takes its name last, so that references of other tables stay by name.
fn rebuild_statements(table: &str, definition: &str, columns: &[(&str, &str)]) -> String {
    let (names, values): (Vec<_>, Vec<_>) = columns.iter().copied().unzip();
    let (names, values) = (names.join(", "), values.join(", "));
    format!(
        "CREATE TABLE rebuilt_{table} ({definition});
         INSERT INTO rebuilt_{table} ({names}) SELECT {values} FROM {table};
         DROP TABLE {table};
         ALTER TABLE rebuilt_{table} RENAME TO {table};"
    )
}

/// Drops the foreign keys that point at a table and returns the statements that add them again.
async fn drop_postgres_references(write: &mut Write<'_>, table: &str) -> Result<String> {
    let Connection::Postgres(connection) = write.connection() else {
        return Ok(String::new());
    };
    let references: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT CAST(conrelid AS regclass)::text, quote_ident(conname), pg_get_constraintdef(oid)
         FROM pg_constraint
         WHERE contype = 'f' AND confrelid = CAST($1 AS regclass) AND conrelid <> confrelid
         ORDER BY conname",
    )
    .bind(table)
    .fetch_all(connection)
    .await
    .map_err(query_failed)?;
    let mut restore = String::new();
    for (referrer, name, definition) in references {
        run_statements(write, format!("ALTER TABLE {referrer} DROP CONSTRAINT {name}")).await?;
        writeln!(restore, "ALTER TABLE {referrer} ADD CONSTRAINT {name} {definition};")
            .map_err(|error| StoreError::Query(error.into()))?;
    }
    Ok(restore)
}

/// `statements` come from the source of this program alone.
async fn run_statements(write: &mut Write<'_>, statements: String) -> Result<()> {
    let statements = sqlx::raw_sql(AssertSqlSafe(statements));
    match write.connection() {
        Connection::Sqlite(connection) => statements.execute(connection).await.map(drop),
        Connection::Postgres(connection) => statements.execute(connection).await.map(drop),
    }
    .map_err(query_failed)
}

/// On SQLite the write transaction itself is the lock.
async fn take_turns(write: &mut Write<'_>) -> Result<()> {
    if let Connection::Postgres(connection) = write.connection() {
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(POSTGRES_LOCK)
            .execute(connection)
            .await
            .map_err(query_failed)?;
    }
    Ok(())
}

async fn set_sqlite_foreign_keys(db: &Db, on: bool) -> Result<()> {
    if let Read::Sqlite(mut connection) = db.writer().await? {
        let pragma = if on { "PRAGMA foreign_keys = ON" } else { "PRAGMA foreign_keys = OFF" };
        sqlx::query(pragma).execute(&mut *connection).await.map_err(open_failed)?;
    }
    Ok(())
}

async fn check_sqlite_foreign_keys(write: &mut Write<'_>) -> Result<()> {
    if let Connection::Sqlite(connection) = write.connection() {
        let broken: Vec<(String, Option<i64>, String, i64)> =
            sqlx::query_as("PRAGMA foreign_key_check")
                .fetch_all(connection)
                .await
                .map_err(query_failed)?;
        if let Some((table, _, parent, _)) = broken.first() {
            return Err(StoreError::Open(
                format!("a row of `{table}` would refer to no row of `{parent}`").into(),
            ));
        }
    }
    Ok(())
}
