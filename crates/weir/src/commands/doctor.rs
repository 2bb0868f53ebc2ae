//! `weir doctor`: is this installation well, and if not, what to do.

use clap::Args;
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::json;
use std::pin::pin;
use store::Db;

use crate::failure::{Exit, Failure};
use crate::folder::DataFolder;
use crate::runtime;
use crate::settings::{Origin, Settings};
use crate::terminal;

/// Checks configuration, data folder, key, database, disk, site and credential.
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
    checks.extend(storage(settings).await);
    checks.extend(site(settings).await);
    if arguments.json {
        terminal::json(
            &json!({"version": runtime::VERSION, "checks": checks, "settings": in_force(settings)}),
        );
    } else {
        show(settings, &checks);
    }
    let refused = checks.iter().filter(|check| check.state == State::Refused).count();
    if refused == 0 {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        "checks_refused",
        format!("{refused} of {} checks are refused", checks.len()),
        "Each says above what to do.",
    ))
}

fn configuration(settings: &Settings) -> Check {
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

async fn storage(settings: &Settings) -> Vec<Check> {
    let folder = match DataFolder::of(settings, runtime::default_data_folder()) {
        Ok(folder) => folder,
        Err(failure) => return vec![Check::refused("data folder", failure)],
    };
    let holder = match folder.try_lock() {
        Ok(Some(_)) => "free".to_owned(),
        Ok(None) => folder.running_server().map_or_else(
            || "held by another weir".to_owned(),
            |server| format!("held by {}", server.url),
        ),
        Err(failure) => return vec![Check::refused("data folder", failure)],
    };
    let mut checks =
        vec![Check::works("data folder", format!("{} ({holder})", folder.path().display()))];
    checks.push(disk(&folder));
    let environment = runtime::environment();
    let url = settings.get("database").map_or_else(|| folder.database(), str::to_owned);
    match Db::open(&environment, &url).await {
        Ok(db) => {
            checks.push(Check::works("database", db.engine()));
            checks.push(match folder.keyring(&environment, settings, &db).await {
                Ok(_) => Check::works("key", "opens what is sealed"),
                Err(failure) => Check::refused("key", failure),
            });
        }
        Err(error) => checks.push(Check::refused("database", error.into())),
    }
    checks
}

/// Less than this and a run of a middling site may not fit.
const LITTLE_SPACE: u64 = 512 * 1024 * 1024;

#[cfg(unix)]
fn disk(folder: &DataFolder) -> Check {
    match rustix::fs::statvfs(folder.path()) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
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
    let kind = match &deployment {
        atlassian::Deployment::CloudSite { .. } => "Cloud",
        atlassian::Deployment::DataCenter { .. } => "Data Center",
    };
    let mut checks = vec![Check::works("site", format!("{} ({kind})", deployment.base()))];
    let session = match runtime::http() {
        Ok(http) => atlassian::Session::new(http, deployment, credential),
        Err(failure) => return vec![Check::refused("site", failure)],
    };
    match session.current_user().await {
        Ok(user) => checks.push(Check::works(
            "credential",
            format!("signed in as {} ({})", terminal::clean(&user.display_name), user.account),
        )),
        Err(error) => {
            checks.push(Check::refused("credential", error.into()));
            return checks;
        }
    }
    checks.push(spaces(&session).await);
    checks
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
