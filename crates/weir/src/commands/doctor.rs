//! `weir doctor`: is this installation well, and if not, what to do.

use atlassian::ErrorKind;
use clap::Args;
use futures_util::StreamExt;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;
use std::pin::pin;
use store::{Db, StoreError};

use crate::commands::serve::ServeOptions;
use crate::failure::{Exit, Failure};
use crate::folder::DataFolder;
use crate::runtime;
use crate::settings::{Origin, Settings};
use crate::terminal;

/// Checks configuration, data folder, database, key, events, disk, site, credential and clock.
/// Changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    state: State,
    /// What was seen.
    detail: String,
    /// What to do, where something is refused.
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Works,
    /// It works, but something is on the way to be refused.
    Warned,
    Refused,
    /// Nothing is configured that could be checked.
    Absent,
}

impl Check {
    fn works(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Works, detail: detail.into(), hint: String::new(), code: None }
    }

    fn absent(name: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, state: State::Absent, detail: detail.into(), hint: hint.into(), code: None }
    }

    fn warned(name: &'static str, failure: Failure) -> Self {
        Self { state: State::Warned, ..Self::refused(name, failure) }
    }

    fn refused(name: &'static str, failure: Failure) -> Self {
        Self {
            name,
            state: State::Refused,
            detail: failure.message,
            hint: failure.hint,
            code: Some(failure.code),
        }
    }
}

pub(crate) async fn run(arguments: &Doctor, settings: &Settings) -> Result<(), Failure> {
    let mut checks = vec![configuration(settings)];
    checks.extend(open_file(settings));
    checks.extend(storage(settings).await);
    checks.extend(site(settings).await);
    let refused = checks.iter().filter(|check| check.state == State::Refused).count();
    let report =
        json!({"version": runtime::VERSION, "checks": checks, "settings": in_force(settings)});
    if !arguments.json {
        show(settings, &checks);
    }
    if refused > 0 {
        let failure = Failure::new(
            Exit::Failed,
            "checks_refused",
            format!("{refused} of {} checks are refused", checks.len()),
            "Each says above, or under `checks`, what to do.",
        );
        return Err(Failure { report: Some(Box::new(report)), ..failure });
    }
    if arguments.json {
        terminal::json(&report);
    }
    Ok(())
}

fn configuration(settings: &Settings) -> Check {
    if let Err(failure) = ServeOptions::of(settings) {
        return Check::refused("configuration", failure);
    }
    match &settings.file {
        Some(path) => Check::works("configuration", format!("{} is read", path.display())),
        None => {
            let place = runtime::default_configuration_file()
                .map_or_else(String::new, |path| format!(" ({})", path.display()));
            Check::works(
                "configuration",
                format!("there is no weir.toml{place}: flags, environment and defaults"),
            )
        }
    }
}

/// A configuration file that holds a secret and that others can read.
#[cfg(unix)]
fn open_file(settings: &Settings) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = settings.file.as_ref()?;
    let in_file = |origin: Option<&Origin>| matches!(origin, Some(Origin::File(_)));
    let holds_secret = settings.shown().any(|(setting, _, from)| setting.secret && in_file(from));
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (holds_secret && mode & 0o077 != 0).then(|| {
        let failure = Failure::configuration(
            "configuration_open",
            format!(
                "{} holds a secret, and other users of this machine can read it",
                path.display()
            ),
            format!("Close it with `chmod 600 {}`.", path.display()),
        );
        Check::warned("configuration file", failure)
    })
}

#[cfg(not(unix))]
fn open_file(_: &Settings) -> Option<Check> {
    None
}

/// What makes the folder and what is in it.
const MAKERS: &str = "`weir sync` or `weir serve` makes it.";

/// Looks only: no folder, file or table is made or changed.
async fn storage(settings: &Settings) -> Vec<Check> {
    let folder = match DataFolder::existing(settings, runtime::default_data_folder()) {
        Ok(Some(folder)) => folder,
        Ok(None) => return vec![Check::absent("data folder", "there is none yet", MAKERS)],
        Err(failure) => return vec![Check::refused("data folder", failure)],
    };
    let holder = match folder.is_held() {
        Ok(false) => "free".to_owned(),
        Ok(true) => folder.running_server().map_or_else(
            || "held by another weir".to_owned(),
            |server| format!("held by {}", server.url),
        ),
        Err(failure) => return vec![Check::refused("data folder", failure)],
    };
    let mut checks =
        vec![Check::works("data folder", format!("{} ({holder})", folder.path().display()))];
    checks.push(disk(&folder));
    match Db::open_existing(&folder.database(settings)).await {
        Ok(db) => {
            checks.push(Check::works("database", db.engine()));
            checks.push(match folder.existing_keyring(settings, &db).await {
                Ok(Some(_)) => Check::works("key", "opens what is sealed"),
                Ok(None) => Check::absent("key", "there is none, and nothing is sealed", MAKERS),
                Err(failure) => Check::refused("key", failure),
            });
            checks.push(events(&db).await);
        }
        Err(StoreError::Absent) => {
            checks.push(Check::absent("database", "there is none yet", MAKERS));
        }
        Err(error) => checks.push(Check::refused("database", error.into())),
    }
    checks
}

/// Each event carries the digest of the one before it.
async fn events(db: &Db) -> Check {
    let verified = async {
        let organization = store::organization(db).await?;
        store::verify_events(db, &organization.id).await
    };
    match verified.await {
        Ok(Ok(count)) => {
            Check::works("events", format!("{}, in one chain", terminal::counted(count, "event")))
        }
        Ok(Err(number)) => Check::refused(
            "events",
            Failure::new(
                Exit::Failed,
                "events_altered",
                format!("event {number} was altered or removed"),
                "Somebody wrote to the database past Weir: compare it with a backup.",
            ),
        ),
        Err(error) => Check::refused("events", error.into()),
    }
}

/// Less than this and a run of a middling site may not fit.
#[cfg(unix)]
const LITTLE_SPACE: u64 = 512 * 1024 * 1024;

#[cfg(unix)]
fn disk(folder: &DataFolder) -> Check {
    match rustix::fs::statvfs(folder.path()) {
        Ok(found) => enough_disk(found.f_bavail.saturating_mul(found.f_frsize)),
        Err(error) => Check::refused(
            "disk",
            Failure::configuration(
                "disk_unreadable",
                error.to_string(),
                "Check the data folder's file system.",
            ),
        ),
    }
}

/// By the bytes that are free to this user.
#[cfg(unix)]
fn enough_disk(free: u64) -> Check {
    let detail = format!("{} MiB free", free / (1024 * 1024));
    if free >= LITTLE_SPACE {
        return Check::works("disk", detail);
    }
    Check::refused(
        "disk",
        Failure::configuration(
            "disk_full",
            detail,
            "Free space, or name a folder on another disk with --data.",
        ),
    )
}

#[cfg(not(unix))]
fn disk(_: &DataFolder) -> Check {
    Check::absent("disk", "free space is not read on this platform", "")
}

async fn site(settings: &Settings) -> Vec<Check> {
    let (deployment, credential) = match runtime::configured_site(settings) {
        Ok(Some(configured)) => configured,
        Ok(None) => {
            return vec![Check::absent(
                "site",
                "no site is configured",
                "Set CONFLUENCE_URL and its credential, or write them to weir.toml.",
            )];
        }
        Err(failure) => return vec![Check::refused("site", failure)],
    };
    let kind = match deployment.kind() {
        atlassian::DeploymentKind::Cloud => "Cloud",
        atlassian::DeploymentKind::DataCenter => "Data Center",
    };
    let address = format!("{} ({kind})", deployment.base());
    let session = match runtime::http() {
        Ok(http) => atlassian::Session::new(http, deployment, credential),
        Err(failure) => return vec![Check::refused("site", failure)],
    };
    let mut checks = match runtime::verify(&session).await {
        Ok(user) => vec![
            Check::works("site", address),
            Check::works(
                "credential",
                format!("signed in as {} ({})", terminal::clean(&user.display_name), user.account),
            ),
        ],
        Err(error) => {
            let check = if is_of_the_site(&error.kind) {
                vec![Check::refused("site", error.into())]
            } else {
                vec![Check::works("site", address), Check::refused("credential", error.into())]
            };
            return check.into_iter().chain(clock(&session)).collect();
        }
    };
    checks.extend(clock(&session));
    checks.push(spaces(&session).await);
    checks
}

/// Whether no other credential would help.
fn is_of_the_site(error: &ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::NotConfluence
            | ErrorKind::Unreachable { .. }
            | ErrorKind::TimedOut
            | ErrorKind::Transient
            | ErrorKind::Redirected { .. }
            | ErrorKind::Unreadable
    )
}

/// Tokens expire, freshness is judged and events are dated by this machine's clock.
const CLOCK_NEAR: SignedDuration = SignedDuration::from_secs(60);
const CLOCK_FAR: SignedDuration = SignedDuration::from_mins(5);

/// Against the site's last answer; nothing when it did not say the time.
fn clock(session: &atlassian::Session) -> Option<Check> {
    let here = (runtime::environment().now)();
    Some(near_clock(here.duration_since(session.site_time()?)))
}

/// By how far this machine's clock is ahead of the site's.
fn near_clock(ahead: SignedDuration) -> Check {
    let seconds = ahead.as_secs().abs();
    let apart = ahead.abs();
    let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
    if apart <= CLOCK_NEAR {
        return Check::works("clock", format!("{seconds} s {direction} the site's"));
    }
    let failure = Failure::configuration(
        "clock_wrong",
        format!("this machine's clock is {seconds} s {direction} the site's"),
        "Let the operating system set the clock by NTP: tokens would expire, and pages count as fresh, at the wrong time.",
    );
    if apart <= CLOCK_FAR {
        Check::warned("clock", failure)
    } else {
        Check::refused("clock", failure)
    }
}

/// How many keys are named before "and more".
const NAMED: usize = 10;

async fn spaces(session: &atlassian::Session) -> Check {
    let mut stream = pin!(session.spaces());
    let mut keys = Vec::new();
    while let Some(space) = stream.next().await {
        match space {
            Ok(space) => keys.push(terminal::clean(&space.key)),
            Err(error) => return Check::refused("spaces", error.into()),
        }
    }
    if keys.is_empty() {
        return Check::absent(
            "spaces",
            "this credential sees no space",
            "Give its account the permission to view a space.",
        );
    }
    let more = if keys.len() > NAMED { " and more" } else { "" };
    Check::works(
        "spaces",
        format!("sees {}: {}{more}", keys.len(), keys[..keys.len().min(NAMED)].join(", ")),
    )
}

fn in_force(settings: &Settings) -> serde_json::Value {
    settings
        .shown()
        .map(|(setting, value, origin)| json!({"setting": setting.key, "value": value, "from": origin.map(origin_text)}))
        .collect()
}

fn origin_text(origin: &Origin) -> String {
    match origin {
        Origin::Flag => "flag".to_owned(),
        Origin::Variable => "environment".to_owned(),
        Origin::File(path) => path.display().to_string(),
        Origin::Default => "default".to_owned(),
    }
}

fn show(settings: &Settings, checks: &[Check]) {
    terminal::line(&terminal::bold("In force"));
    for (setting, value, origin) in settings.shown() {
        if let (Some(value), Some(origin)) = (value, origin) {
            terminal::line(&format!("  {} = {value}  ({})", setting.key, origin_text(origin)));
        }
    }
    terminal::line(&terminal::bold("Checks"));
    for check in checks {
        let mark = match check.state {
            State::Works => "works  ",
            State::Warned => "warned ",
            State::Refused => "refused",
            State::Absent => "absent ",
        };
        let code = check.code.as_deref().map_or_else(String::new, |code| format!(" ({code})"));
        terminal::line(&format!("  {mark}  {}: {}{code}", check.name, check.detail));
        if !check.hint.is_empty() {
            terminal::line(&format!("           {}", check.hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_warned_of_beyond_a_minute_and_refused_beyond_five() {
        for (seconds, state) in [
            (0, State::Works),
            (60, State::Works),
            (-60, State::Works),
            (61, State::Warned),
            (-300, State::Warned),
            (301, State::Refused),
            (-86_400, State::Refused),
        ] {
            let check = near_clock(SignedDuration::from_secs(seconds));
            assert_eq!(check.state, state, "{seconds}");
            assert_eq!(check.code.is_some(), state != State::Works, "{seconds}");
        }
        let behind = near_clock(SignedDuration::from_secs(-400));
        assert!(behind.detail.contains("400 s behind the site's"), "{}", behind.detail);
    }

    #[cfg(unix)]
    #[test]
    fn a_disk_that_is_nearly_full_is_refused() {
        assert_eq!(enough_disk(LITTLE_SPACE).state, State::Works);
        let full = enough_disk(LITTLE_SPACE - 1);
        assert_eq!(full.state, State::Refused);
        assert_eq!(full.code.as_deref(), Some("disk_full"));
        assert!(full.detail.contains("511 MiB"), "{}", full.detail);
    }
}
