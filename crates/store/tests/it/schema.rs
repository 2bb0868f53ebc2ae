use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use store::migration::{self, Step};

use crate::harness::Store;

const TYPES: [&str; 4] = ["TEXT", "BIGINT", "BOOLEAN", "BYTEA"];
/// Words that one engine understands alone, or differently.
const FOREIGN_WORDS: [&str; 11] = [
    "AUTOINCREMENT",
    "BIGSERIAL",
    "BLOB",
    "CASCADE",
    "COLLATE",
    "GENERATED",
    "INTEGER",
    "NOW",
    "SERIAL",
    "STRICT",
    "TIMESTAMP",
];

#[test]
fn migrations_use_only_what_both_engines_understand() {
    for statement in migration::ALL.iter().flat_map(|migration| migration.steps).flat_map(texts) {
        let code = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
        for word in code.flat_map(|line| line.split(|letter: char| !letter.is_alphanumeric())) {
            assert!(!FOREIGN_WORDS.contains(&word.to_uppercase().as_str()), "{word}");
        }
        assert!(!statement.to_uppercase().contains("ALTER COLUMN"));
    }
}

#[test]
fn versions_count_up_from_one() {
    assert!(migration::ALL.iter().map(|migration| migration.version).eq(1..=last_version()));
}

#[tokio::test]
async fn columns_have_portable_types() {
    for (table, column, kind) in columns().await {
        assert!(TYPES.contains(&kind.as_str()), "{table}.{column} is {kind}");
    }
}

#[tokio::test]
async fn every_table_hangs_on_one_organization() {
    let store = Store::in_file().await;
    let mut connection = connect(&store).await;
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, _, _) in columns().await {
        let list = format!("SELECT \"table\" FROM pragma_foreign_key_list('{table}')");
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(list)).fetch_all(&mut connection).await.unwrap();
        parents.insert(table, rows.into_iter().map(|(parent,)| parent).collect());
    }
    let mut hanging = BTreeSet::from(["organization".to_owned()]);
    while let Some(table) = parents.iter().find_map(|(table, parents)| {
        (!hanging.contains(table) && !parents.is_disjoint(&hanging)).then(|| table.clone())
    }) {
        hanging.insert(table);
    }
    let loose: Vec<_> = parents.keys().filter(|table| !hanging.contains(*table)).collect();
    assert_eq!(loose, ["migration"]);
}

async fn columns() -> Vec<(String, String, String)> {
    let store = Store::in_file().await;
    let list = "SELECT sqlite_schema.name, column_.name, column_.type
                FROM sqlite_schema JOIN pragma_table_info(sqlite_schema.name) AS column_
                WHERE sqlite_schema.type = 'table'";
    let columns: Vec<(String, String, String)> =
        sqlx::query_as(list).fetch_all(&mut connect(&store).await).await.unwrap();
    assert!(columns.len() > 80);
    columns
}

async fn connect(store: &Store) -> SqliteConnection {
    let path = store.url.strip_prefix("sqlite:").unwrap();
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap()
}

fn texts(step: &Step) -> Vec<&'static str> {
    match *step {
        Step::Sql(statements) => vec![statements],
        Step::Rebuild { definition, columns, indexes, .. } => {
            let values = columns.iter().map(|(_, value)| *value);
            values.chain([definition, indexes]).collect()
        }
    }
}

fn last_version() -> i64 {
    migration::ALL.last().unwrap().version
}
