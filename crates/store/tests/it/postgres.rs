//! A private PostgreSQL cluster, one for this test binary, one database a test.
//!
//! A guardian, `sh` at the other end of a pipe, makes the cluster, waits for the pipe to close,
//! stops the cluster and removes its folder. The pipe closes however this process ends. Should that
//! be before the cluster is ready, the guardian writes to nobody: hence the trap.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// ICU sorts "a" before "B" and ignores punctuation at first: what leans on the order of bytes
/// shows. Locales of the C library may be missing, ICU's are built in.
const GUARDIAN: &str = r#"
trap '' PIPE
bin=$1 folder=$2
"$bin/initdb" --pgdata="$folder/data" --username=weir --auth=trust --encoding=UTF8 --no-sync \
    --locale=C --locale-provider=icu --icu-locale=en-US </dev/null >"$folder/log" 2>&1 &&
"$bin/pg_ctl" start --wait --pgdata="$folder/data" --log="$folder/log" \
    --options="-c listen_addresses= -c unix_socket_directories='$folder' -c fsync=off -c max_connections=300" \
    </dev/null >>"$folder/log" 2>&1 &&
echo ready || { tail -n 5 "$folder/log"; echo failed; }
read -r _
"$bin/pg_ctl" stop --pgdata="$folder/data" --mode=immediate </dev/null >/dev/null 2>&1
rm -rf "$folder"
"#;

static CLUSTER: LazyLock<Result<Cluster, String>> = LazyLock::new(|| {
    let cluster = Cluster::start();
    if let Err(reason) = &cluster {
        // Straight to the stream: the test runner keeps what passing tests print to itself.
        let _ = writeln!(std::io::stderr(), "PostgreSQL tests are skipped: {reason}");
    }
    cluster
});
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database; `None` where PostgreSQL is not installed, which fails
/// when `CI` is set.
pub(crate) async fn new_database() -> Option<String> {
    let cluster = match &*CLUSTER {
        Ok(cluster) => cluster,
        Err(reason) if variable("CI").is_some() => panic!("CI runs on both engines: {reason}"),
        Err(_) => return None,
    };
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    connection.close().await.unwrap();
    Some(cluster.url(&name))
}

struct Cluster {
    folder: PathBuf,
    /// Holds the pipe.
    _guardian: Child,
}

impl Cluster {
    fn start() -> Result<Self, String> {
        let bin = binaries().ok_or("neither PATH nor /usr/lib/postgresql has initdb and pg_ctl")?;
        // `/tmp`, for the path of a socket has 107 bytes at most.
        let folder = tempfile::Builder::new().prefix("weir-pg-").tempdir_in("/tmp");
        let folder = folder.map_err(|error| error.to_string())?.keep();
        let mut guardian = Command::new("sh");
        guardian.args(["-c", GUARDIAN, "sh"]).arg(&bin).arg(&folder).current_dir(&folder);
        guardian.stdin(Stdio::piped()).stdout(Stdio::piped());
        // Out of reach of an interrupt from the keyboard.
        guardian.process_group(0);
        if std::fs::metadata(&folder).map_err(|error| error.to_string())?.uid() == 0 {
            let (uid, gid) = unprivileged_user().ok_or("no user `postgres` or `nobody`")?;
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid))
                .map_err(|error| error.to_string())?;
            guardian.uid(uid).gid(gid);
        }
        let mut guardian = guardian.spawn().map_err(|error| error.to_string())?;
        let mut lines = BufReader::new(guardian.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        loop {
            match lines.next() {
                Some(Ok(line)) if line == "ready" => {
                    return Ok(Self { folder, _guardian: guardian });
                }
                Some(Ok(line)) if line != "failed" => said.push(line),
                _ => return Err(said.join("; ")),
            }
        }
    }

    fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://weir@localhost/{database}?host={socket}")
    }
}

/// The folder that holds the programs: on `PATH`, or where Debian puts them.
fn binaries() -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(debian.map(|version| version.path().join("bin")));
    // A link on PATH may point at one program without its siblings.
    let real = |folder: PathBuf| {
        let initdb = std::fs::canonicalize(folder.join("initdb")).ok()?;
        Some(initdb.parent()?.to_owned())
    };
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file())
    };
    folders.into_iter().filter_map(real).find(complete)
}

/// The server refuses to run as root.
fn unprivileged_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    })
}

#[expect(clippy::disallowed_methods, reason = "where tests find PostgreSQL, not a setting of Weir")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
