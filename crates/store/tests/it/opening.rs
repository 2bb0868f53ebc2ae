use store::migration::{self, Migration, Step};
use store::{Db, StoreError};

use crate::harness::{Clock, Store, environment, on_each_engine};

on_each_engine! {
    an_open_store_answers_and_has_one_organization;
    shared
    opening_again_finds_everything_in_place,
    openings_at_the_same_time_agree,
    data_of_a_newer_version_is_refused_and_left_alone,
    a_process_beside_opens_the_tables_of_its_own_version_alone,
    a_process_beside_makes_no_database,
    a_migration_that_fails_leaves_the_old_version,
    a_rebuilt_table_keeps_its_rows_and_what_refers_to_them,
    a_rebuild_that_breaks_a_reference_is_refused_whole,
}

const NEXT: &[Step] = &[Step::Sql("CREATE TABLE later (id TEXT PRIMARY KEY)")];

const FAILING: &[Step] = &[
    Step::Sql("CREATE TABLE later (id TEXT PRIMARY KEY)"),
    Step::Sql("INSERT INTO later (nonsense) VALUES (1)"),
];

/// `principal` is referred to by four tables.
const PRINCIPAL: &str = "id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group', 'service')),
    name TEXT,
    shouted TEXT NOT NULL,
    UNIQUE (organization_id, id)";

const REBUILDING: &[Step] = &[Step::Rebuild {
    table: "principal",
    definition: PRINCIPAL,
    columns: &[
        ("id", "id"),
        ("organization_id", "organization_id"),
        ("kind", "kind"),
        ("name", "name"),
        ("shouted", "upper(name)"),
    ],
    indexes: "CREATE INDEX principal_by_shout ON principal (shouted)",
}];

const BREAKING: &[Step] = &[Step::Rebuild {
    table: "principal",
    definition: PRINCIPAL,
    columns: &[
        ("id", "'not-' || id"),
        ("organization_id", "organization_id"),
        ("kind", "kind"),
        ("name", "name"),
        ("shouted", "name"),
    ],
    indexes: "",
}];

async fn an_open_store_answers_and_has_one_organization(store: Store) {
    store.db.ping().await.unwrap();
    assert_eq!(store::organization(&store.db).await.unwrap().name, "default");
    let expected = if store.url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" };
    assert_eq!(store.db.engine(), expected);
}

async fn opening_again_finds_everything_in_place(store: Store) {
    let ana = store.principal("ana").await;
    let again = store.open_again().await.unwrap();
    assert_eq!(store::organization(&again).await.unwrap().id, store.organization);
    assert_eq!(store::principal(&again, &ana).await.unwrap().unwrap().name, "ana");
}

async fn openings_at_the_same_time_agree(store: Store) {
    store.tamper("DELETE FROM organization").await;
    let (one, two, three) =
        tokio::join!(store.open_again(), store.open_again(), store.open_again());
    let one = store::organization(&one.unwrap()).await.unwrap();
    assert_eq!(store::organization(&two.unwrap()).await.unwrap(), one);
    assert_eq!(store::organization(&three.unwrap()).await.unwrap(), one);
}

async fn data_of_a_newer_version_is_refused_and_left_alone(store: Store) {
    upgrade(&store, NEXT).await.unwrap();
    let refused = store.open_again().await.map(drop);
    assert!(matches!(refused, Err(StoreError::NewerSchema)), "{refused:?}");
    upgrade(&store, NEXT).await.unwrap();
}

async fn a_process_beside_opens_the_tables_of_its_own_version_alone(store: Store) {
    let beside = Db::open_existing(&store.url).await.unwrap();
    assert_eq!(store::organization(&beside).await.unwrap().id, store.organization);
    let later = [migration::ALL, &[Migration { version: 99, steps: NEXT }]].concat();
    let waits = Db::open_existing_with(&store.url, &later).await.map(drop);
    assert!(matches!(waits, Err(StoreError::OlderSchema)), "{waits:?}");
    Db::open_with(&store.environment, &store.url, &later).await.unwrap();
    Db::open_existing_with(&store.url, &later).await.unwrap();
    let refused = Db::open_existing(&store.url).await.map(drop);
    assert!(matches!(refused, Err(StoreError::NewerSchema)), "{refused:?}");
}

async fn a_process_beside_makes_no_database(store: Store) {
    store.tamper("DROP TABLE migration").await;
    let empty = Db::open_existing(&store.url).await.map(drop);
    assert!(matches!(empty, Err(StoreError::Absent)), "{empty:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weir.db");
    let absent = Db::open_existing(&format!("sqlite:{}", path.display())).await.map(drop);
    assert!(matches!(absent, Err(StoreError::Absent)), "{absent:?}");
    assert!(!path.exists());
}

async fn a_migration_that_fails_leaves_the_old_version(store: Store) {
    let failed = upgrade(&store, FAILING).await.map(drop);
    assert!(matches!(failed, Err(StoreError::Open(_))), "{failed:?}");
    store.open_again().await.unwrap();
    upgrade(&store, NEXT).await.unwrap();
}

async fn a_rebuilt_table_keeps_its_rows_and_what_refers_to_them(store: Store) {
    let ana = store.principal("ana").await;
    let db = upgrade(&store, REBUILDING).await.unwrap();
    assert_eq!(store::principal(&db, &ana).await.unwrap().unwrap().name, "ana");
    let found =
        store::principal_by_identity(&db, &store.organization, "weir:local", "ana").await.unwrap();
    assert_eq!(found.unwrap().id, ana);
    // The references are back in force: on the new columns, and from the other tables.
    let mut write = db.write().await.unwrap();
    let site = store::SiteId::new(&store.environment);
    let stranger = store::Principal {
        id: ana.clone(),
        organization: store.organization.clone(),
        kind: store::PrincipalKind::User,
        name: "bob".to_owned(),
    };
    let refused = store::put_principal(&mut write, &stranger, "weir:local", "bob").await;
    assert!(matches!(refused, Err(StoreError::Query(_))), "`shouted` has no value: {refused:?}");
    drop(write);
    let mut write = db.write().await.unwrap();
    let linked =
        store::put_account_link(&mut write, &store.environment, &ana, &site, "5b", "").await;
    assert!(matches!(linked, Err(StoreError::NotFound)));
    let token = store::NewToken {
        organization: store.organization.clone(),
        principal: store::PrincipalId::new(&store.environment),
        client: None,
        kind: store::TokenKind::Mcp,
        name: "of nobody".to_owned(),
        opens: store::OpenSpaces::None,
        expires_at: None,
    };
    let refused = store::create_token(&mut write, &store.environment, token).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
}

async fn a_rebuild_that_breaks_a_reference_is_refused_whole(store: Store) {
    let ana = store.principal("ana").await;
    let refused = upgrade(&store, BREAKING).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Open(_))), "{refused:?}");
    let again = store.open_again().await.unwrap();
    assert_eq!(store::principal(&again, &ana).await.unwrap().unwrap().name, "ana");
}

/// To the version after this one.
async fn upgrade(store: &Store, steps: &'static [Step]) -> store::Result<Db> {
    let version = migration::ALL.last().unwrap().version + 1;
    let migrations = [migration::ALL, &[Migration { version, steps }]].concat();
    Db::open_with(&store.environment, &store.url, &migrations).await
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_an_error_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}", folder.path().join("no/such/folder/db").display());
    let not_a_database = folder.path().join("text");
    std::fs::write(&not_a_database, "x".repeat(5000)).unwrap();
    let text = format!("sqlite:{}", not_a_database.display());
    let unreachable = "postgres://weir@localhost/x?host=%2Fno%2Fsuch%2Fsocket";
    for url in ["", "mysql://localhost/x", missing.as_str(), &text, unreachable] {
        let refused = Db::open(&environment(&Clock::new()), url).await.map(drop);
        let Err(error @ (StoreError::Open(_) | StoreError::Damaged(_))) = refused else {
            panic!("{url}: {refused:?}")
        };
        assert_eq!(matches!(error, StoreError::Damaged(_)), url == text, "{url}");
        assert!(std::error::Error::source(&error).is_some());
    }
    assert_eq!(std::fs::read_to_string(not_a_database).unwrap().len(), 5000);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_the_reason_and_not_by_a_wait_for_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://weir@{}/weir", listener.local_addr().unwrap());
    drop(listener);
    let refused = Db::open(&environment(&Clock::new()), &url).await.map(drop);
    let Err(StoreError::Open(cause)) = refused else { panic!("{refused:?}") };
    let text = cause.to_string();
    assert!(!text.contains("pool"), "{text}");
    assert!(text.contains("refused"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_sqlite_file_and_what_stands_beside_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let environment = environment(&Clock::new());
    let url = format!("sqlite:{}", folder.path().join("weir.db").display());
    let _open = Db::open(&environment, &url).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(files.len() > 1, "{files:?}");
    for file in files {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}
