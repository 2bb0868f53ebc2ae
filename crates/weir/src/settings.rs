//! Every setting, declared once: its flag, its environment variable, its place in `weir.toml`, its
//! default and its help. The parser, `weir doctor` and `docs/reference/settings.md` all read this
//! table. Flags win over the environment, which wins over the file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};
use secrecy::SecretString;
use url::Url;

use crate::failure::Failure;

/// One setting.
pub(crate) struct Setting {
    /// Dotted place in `weir.toml`; also the name that messages use.
    pub(crate) key: &'static str,
    /// Long flag without dashes. Secrets have none, since an argument is visible to every process;
    /// that of a URL that may hold a password takes only one that does not.
    pub(crate) flag: Option<&'static str>,
    /// Environment variable.
    pub(crate) variable: &'static str,
    /// What stands in the flag's help for its value.
    pub(crate) value: &'static str,
    /// Used when nobody sets it.
    pub(crate) default: Option<&'static str>,
    /// One sentence.
    pub(crate) help: &'static str,
    /// Never printed.
    pub(crate) secret: bool,
    /// May stand in `weir.toml`.
    pub(crate) in_file: bool,
    /// The commands that take its flag.
    pub(crate) commands: &'static [&'static str],
}

const LOCAL: &[&str] =
    &["serve", "mcp", "sync", "search", "doctor", "token", "site", "status", "sign-in"];
const SERVE: &[&str] = &["serve"];
const SITE: &[&str] = &["serve", "mcp", "sync", "search", "doctor"];

/// The table.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: "config",
        flag: Some("config"),
        variable: "WEIR_CONFIG",
        value: "FILE",
        default: None,
        help: "Configuration file; otherwise weir.toml in the platform's configuration folder",
        secret: false,
        in_file: false,
        commands: LOCAL,
    },
    Setting {
        key: "data",
        flag: Some("data"),
        variable: "WEIR_DATA",
        value: "DIR",
        default: None,
        help: "Data folder; otherwise `weir` in the platform's data folder",
        secret: false,
        in_file: true,
        commands: LOCAL,
    },
    Setting {
        key: "database",
        flag: Some("database"),
        variable: "WEIR_DATABASE",
        value: "URL",
        default: None,
        help: "sqlite:PATH or postgres://…; otherwise SQLite in the data folder",
        secret: true,
        in_file: true,
        commands: LOCAL,
    },
    Setting {
        key: "key",
        flag: None,
        variable: "WEIR_KEY",
        value: "BASE64",
        default: None,
        help: "Key that seals secrets: 32 bytes in base64; otherwise the file `key` in the data folder",
        secret: true,
        in_file: false,
        commands: &[],
    },
    Setting {
        key: "log",
        flag: Some("log"),
        variable: "WEIR_LOG",
        value: "FILTER",
        default: Some("warn"),
        help: "What is logged to standard error: error, warn, info, debug, or a filter by module",
        secret: false,
        in_file: true,
        commands: LOCAL,
    },
    Setting {
        key: "listen",
        flag: Some("listen"),
        variable: "WEIR_LISTEN",
        value: "ADDRESS",
        default: Some("127.0.0.1:8420"),
        help: "Address and port to serve on",
        secret: false,
        in_file: true,
        commands: SERVE,
    },
    Setting {
        key: "public_url",
        flag: Some("public-url"),
        variable: "WEIR_PUBLIC_URL",
        value: "URL",
        default: None,
        help: "The URL by which others reach this server, when a proxy stands before it",
        secret: false,
        in_file: true,
        commands: SERVE,
    },
    Setting {
        key: "auth",
        flag: Some("auth"),
        variable: "WEIR_AUTH",
        value: "token|none",
        default: Some("token"),
        help: "How callers prove who they are; `none` runs as the local owner, on loopback only",
        secret: false,
        in_file: true,
        commands: SERVE,
    },
    Setting {
        key: "confluence.url",
        flag: Some("confluence-url"),
        variable: "CONFLUENCE_URL",
        value: "URL",
        default: None,
        help: "The site: https://NAME.atlassian.net/wiki, or a Data Center's base URL",
        secret: false,
        in_file: true,
        commands: SITE,
    },
    Setting {
        key: "confluence.username",
        flag: Some("confluence-username"),
        variable: "CONFLUENCE_USERNAME",
        value: "EMAIL",
        default: None,
        help: "Cloud: the e-mail address that the API token belongs to",
        secret: false,
        in_file: true,
        commands: SITE,
    },
    Setting {
        key: "confluence.api_token",
        flag: None,
        variable: "CONFLUENCE_API_TOKEN",
        value: "TOKEN",
        default: None,
        help: "Cloud: the API token",
        secret: true,
        in_file: true,
        commands: &[],
    },
    Setting {
        key: "confluence.personal_token",
        flag: None,
        variable: "CONFLUENCE_PERSONAL_TOKEN",
        value: "TOKEN",
        default: None,
        help: "Data Center: the personal access token",
        secret: true,
        in_file: true,
        commands: &[],
    },
    Setting {
        key: "confluence.visibility",
        flag: Some("visibility"),
        variable: "WEIR_VISIBILITY",
        value: "mapped|everyone",
        default: Some("mapped"),
        help: "Over HTTP: `mapped` serves a page only to whom stored rights admit; `everyone` serves all that the credential sees to every principal",
        secret: false,
        in_file: true,
        commands: SERVE,
    },
    Setting {
        key: "mirror.spaces",
        flag: Some("mirror"),
        variable: "WEIR_MIRROR_SPACES",
        value: "KEYS|all",
        default: None,
        help: "Spaces to mirror: keys with commas between, or `all`",
        secret: false,
        in_file: true,
        commands: &["serve"],
    },
    Setting {
        key: "mirror.interval",
        flag: Some("mirror-interval"),
        variable: "WEIR_MIRROR_INTERVAL",
        value: "DURATION",
        default: Some("5m"),
        help: "Time from the end of one run to the start of the next",
        secret: false,
        in_file: true,
        commands: SERVE,
    },
];

/// Adds each setting's flag to the commands that take it.
pub(crate) fn with_flags(mut command: Command) -> Command {
    for setting in SETTINGS {
        let Some(flag) = setting.flag else { continue };
        for name in setting.commands {
            command = command.mut_subcommand(name, |subcommand| {
                subcommand.arg(
                    Arg::new(setting.key)
                        .long(flag)
                        .value_name(setting.value)
                        .help(help(setting))
                        .global(true)
                        .help_heading("Settings"),
                )
            });
        }
    }
    command
}

fn help(setting: &Setting) -> String {
    let default = setting.default.map(|value| format!(", default: {value}")).unwrap_or_default();
    format!("{} [env: {}{default}]", setting.help, setting.variable)
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Variable,
    File(PathBuf),
    Default,
}

/// What is in force: each setting's value and where it came from.
#[derive(Clone)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, (String, Origin)>,
    /// The configuration file that was read, if there is one.
    pub(crate) file: Option<PathBuf>,
}

/// Secrets are not shown.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.shown().map(|(setting, value, origin)| (setting.key, (value, origin)));
        formatter.debug_map().entries(shown).finish()
    }
}

impl Settings {
    /// Joins flags, environment and file.
    ///
    /// # Errors
    /// A configuration file that was named but cannot be read, is not TOML, or holds a setting
    /// that does not exist.
    pub(crate) fn resolve(
        flags: &ArgMatches,
        variable: &dyn Fn(&str) -> Option<String>,
        default_file: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let mut values = Self::none().values;
        let named = flag(flags, "config").or_else(|| variable("WEIR_CONFIG")).map(PathBuf::from);
        let file = match named {
            Some(path) => Some(path),
            None => default_file.filter(|path| path.exists()),
        };
        if let Some(path) = &file {
            for (key, value) in read_file(path)? {
                let value = match key {
                    "data" => beside(path, &value),
                    "database" => database_beside(path, value),
                    _ => value,
                };
                values.insert(key, (value, Origin::File(path.clone())));
            }
        }
        for setting in SETTINGS {
            let set = variable(setting.variable).map(|value| value.trim().to_owned());
            if let Some(value) = set.filter(|value| !value.is_empty()) {
                values.insert(setting.key, (value, Origin::Variable));
            }
            if let Some(value) = flag(flags, setting.key) {
                if setting.secret && holds_password(&value) {
                    return Err(password_in_flag(setting));
                }
                values.insert(setting.key, (value, Origin::Flag));
            }
        }
        Ok(Self { values, file })
    }

    /// Defaults alone.
    pub(crate) fn none() -> Self {
        let defaults = SETTINGS.iter().filter_map(|setting| {
            setting.default.map(|value| (setting.key, (value.to_owned(), Origin::Default)))
        });
        Self { values: defaults.collect(), file: None }
    }

    /// The value of a setting, by its key in the table.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|(value, _)| value.as_str())
    }

    /// The value of a secret setting.
    pub(crate) fn secret(&self, key: &str) -> Option<SecretString> {
        self.get(key).map(|value| SecretString::from(value.to_owned()))
    }

    /// Each setting with its value as it may be shown, in the table's order.
    pub(crate) fn shown(
        &self,
    ) -> impl Iterator<Item = (&'static Setting, Option<&str>, Option<&Origin>)> {
        SETTINGS.iter().map(|setting| match self.values.get(setting.key) {
            Some((value, origin)) if setting.secret && !value.starts_with("sqlite:") => {
                (setting, Some("(set, not shown)"), Some(origin))
            }
            Some((value, origin)) => (setting, Some(value.as_str()), Some(origin)),
            None => (setting, None, None),
        })
    }
}

fn flag(flags: &ArgMatches, key: &str) -> Option<String> {
    flags.try_get_one::<String>(key).ok().flatten().cloned()
}

/// A path in a configuration file is one from that file's folder on, wherever a command is run.
fn beside(file: &Path, path: &str) -> String {
    let folder = file.parent().unwrap_or(Path::new(""));
    folder.join(path).to_string_lossy().into_owned()
}

/// The same of a database that is a file.
fn database_beside(file: &Path, database: String) -> String {
    match database.strip_prefix("sqlite:") {
        Some(path) if !path.starts_with([':', '/']) => format!("sqlite:{}", beside(file, path)),
        _ => database,
    }
}

/// Of a URL, in either place where database drivers look for one.
fn holds_password(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
    })
}

fn password_in_flag(setting: &Setting) -> Failure {
    Failure::configuration(
        "password_in_flag",
        format!(
            "--{} holds a password, which every process of this machine can read in a flag",
            setting.flag.unwrap_or_default()
        ),
        format!(
            "Give it in {} or in weir.toml; for PostgreSQL PGPASSWORD and a password file work too.",
            setting.variable
        ),
    )
}

fn read_file(path: &Path) -> Result<Vec<(&'static str, String)>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::configuration(
            "configuration_unreadable",
            format!("{} cannot be read: {error}", path.display()),
            "Check the path given by --config or WEIR_CONFIG, and its permissions.",
        )
    })?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // Never the parser's own words: they quote the line, which may hold a secret.
        let at = error.span().map(|span| place(&text, span.start)).unwrap_or_default();
        Failure::configuration(
            "configuration_not_toml",
            format!("{} is not valid TOML{at}", path.display()),
            "Mend it there: text stands in quotes, a list in brackets. docs/reference/settings.md names each setting.",
        )
    })?;
    let mut found = Vec::new();
    collect(path, "", &table, &mut found)?;
    Ok(found)
}

/// Line and column of a place in the text, as editors count them.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let (lines, columns) = (before.matches('\n').count() + 1, line.chars().count() + 1);
    format!(" at line {lines}, column {columns}")
}

/// Walks the file's tables. Their depth is bounded by the settings: a table that is no prefix of a
/// setting is refused before it is entered.
fn collect(
    path: &Path,
    prefix: &str,
    table: &toml::Table,
    found: &mut Vec<(&'static str, String)>,
) -> Result<(), Failure> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.in_file && setting.key == key)
        {
            found.push((setting.key, plain(path, &key, value)?));
            continue;
        }
        let is_prefix = SETTINGS.iter().any(|setting| {
            setting.in_file
                && setting.key.strip_prefix(&key).is_some_and(|rest| rest.starts_with('.'))
        });
        match value {
            toml::Value::Table(inner) if is_prefix => collect(path, &key, inner, found)?,
            _ => return Err(unknown(path, &key)),
        }
    }
    Ok(())
}

fn plain(path: &Path, key: &str, value: &toml::Value) -> Result<String, Failure> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        toml::Value::Array(items) => {
            let words: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            words.map(|words| words.join(",")).ok_or_else(|| wrong_type(path, key))
        }
        _ => Err(wrong_type(path, key)),
    }
}

fn wrong_type(path: &Path, key: &str) -> Failure {
    Failure::configuration(
        "configuration_wrong_type",
        format!("`{key}` in {} has a value of the wrong type", path.display()),
        "Give a string, or a list of strings for spaces.",
    )
}

fn unknown(path: &Path, key: &str) -> Failure {
    let known: Vec<&str> =
        SETTINGS.iter().filter(|setting| setting.in_file).map(|setting| setting.key).collect();
    Failure::configuration(
        "configuration_unknown_setting",
        format!("`{key}` in {} is not a setting", path.display()),
        format!("Remove it, or use one of: {}.", known.join(", ")),
    )
}

/// The reference page, generated from the table.
pub(crate) fn reference() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         Generated by `weir settings`; do not edit.\n\n\
         Flags win over the environment, which wins over `weir.toml`. `weir doctor` prints what is\n\
         in force and where each value came from.\n\n\
         | in `weir.toml` | flag | environment | default | what it does |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let place = if setting.in_file { format!("`{}`", setting.key) } else { "–".to_owned() };
        let flag =
            setting.flag.map_or("–".to_owned(), |flag| format!("`--{flag} {}`", setting.value));
        let default = setting.default.map_or("–".to_owned(), |value| format!("`{value}`"));
        let row = format!(
            "| {place} | {flag} | `{}` | {default} | {} |\n",
            setting.variable, setting.help
        );
        // A bar inside a cell would end it.
        page.push_str(
            &row.replace("KEYS|all", "KEYS\\|all")
                .replace("token|none", "token\\|none")
                .replace("mapped|everyone", "mapped\\|everyone"),
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(arguments: &[&str]) -> ArgMatches {
        let command = Command::new("weir").subcommand(Command::new("serve"));
        // The table names commands that this small parser lacks.
        let command = LOCAL.iter().chain(SITE).filter(|name| **name != "serve").fold(
            command,
            |command, name| {
                if command.find_subcommand(name).is_some() {
                    command
                } else {
                    command.subcommand(Command::new(*name))
                }
            },
        );
        let matches = with_flags(command).get_matches_from(arguments);
        matches.subcommand().unwrap().1.clone()
    }

    #[test]
    fn flags_win_over_the_environment_and_it_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weir.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nauth = \"none\"\nlog = \"info\"\n[confluence]\nurl = \"https://a\"").unwrap();
        let variable = |name: &str| match name {
            "WEIR_LISTEN" => Some("127.0.0.1:2".to_owned()),
            "WEIR_AUTH" => Some("token".to_owned()),
            _ => None,
        };
        let flags = flags(&["weir", "serve", "--listen", "127.0.0.1:3"]);
        let settings = Settings::resolve(&flags, &variable, Some(file.clone())).unwrap();
        assert_eq!(settings.get("listen"), Some("127.0.0.1:3"));
        assert_eq!(settings.get("auth"), Some("token"));
        assert_eq!(settings.get("log"), Some("info"));
        assert_eq!(settings.get("confluence.url"), Some("https://a"));
        assert_eq!(settings.get("mirror.interval"), Some("5m"));
    }

    #[test]
    fn a_data_folder_in_the_file_is_found_from_the_files_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weir.toml");
        let data = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let flags = flags(&["weir", "serve"]);
            let settings = Settings::resolve(&flags, &|_| None, Some(file.clone())).unwrap();
            PathBuf::from(settings.get("data").unwrap())
        };
        assert_eq!(data("data = \"state/weir\""), folder.path().join("state/weir"));
        assert_eq!(data("data = \"/srv/weir\""), Path::new("/srv/weir"));
        let database =
            |place: &str| database_beside(Path::new("/etc/weir/weir.toml"), place.into());
        assert_eq!(database("sqlite:weir.db"), "sqlite:/etc/weir/weir.db");
        for place in ["sqlite:/srv/weir.db", "sqlite::memory:", "postgres://localhost/weir"] {
            assert_eq!(database(place), place);
        }
    }

    #[test]
    fn an_unknown_setting_is_named_with_the_known_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weir.toml");
        std::fs::write(&file, "[confluence]\nurll = \"x\"").unwrap();
        let failure =
            Settings::resolve(&flags(&["weir", "serve"]), &|_| None, Some(file)).unwrap_err();
        assert_eq!(failure.code, "configuration_unknown_setting");
        assert!(failure.message.contains("confluence.urll"), "{}", failure.message);
        assert!(failure.hint.contains("confluence.url,"), "{}", failure.hint);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let variable = |name: &str| (name == "CONFLUENCE_API_TOKEN").then(|| "hush".to_owned());
        let settings = Settings::resolve(&flags(&["weir", "serve"]), &variable, None).unwrap();
        assert!(settings.shown().all(|(_, value, _)| value != Some("hush")));
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn a_file_that_is_not_toml_is_told_by_its_place_and_never_by_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weir.toml");
        for (text, place) in [
            ("[confluence]\napi_token = \"hush", "line 2, column"),
            ("[confluence]\n\napi_token = hush", "line 3, column"),
            ("api_token = \"hush\"\napi_token = \"hush\"", "line 2, column 1"),
            ("hush", "line 1, column"),
        ] {
            std::fs::write(&file, text).unwrap();
            let failure =
                Settings::resolve(&flags(&["weir", "serve"]), &|_| None, Some(file.clone()))
                    .unwrap_err();
            assert_eq!(failure.code, "configuration_not_toml");
            assert!(!failure.to_string().contains("hush"), "{failure}");
            assert!(failure.message.contains(place), "{failure}");
        }
    }

    #[test]
    fn a_flag_takes_no_password() {
        for (url, allowed) in [
            ("postgres://weir@db/weir", true),
            ("sqlite:/data/weir.db", true),
            ("postgres://weir:hush@db/weir", false),
            ("postgres://weir@db/weir?sslmode=require&password=hush", false),
        ] {
            let given = flags(&["weir", "serve", "--database", url]);
            match Settings::resolve(&given, &|_| None, None) {
                Ok(_) => assert!(allowed, "{url}"),
                Err(failure) => {
                    assert!(!allowed && failure.code == "password_in_flag", "{failure}");
                    assert!(!failure.to_string().contains("hush"), "{failure}");
                }
            }
            let variable = |name: &str| (name == "WEIR_DATABASE").then(|| url.to_owned());
            let settings = Settings::resolve(&flags(&["weir", "serve"]), &variable, None).unwrap();
            assert_eq!(settings.get("database"), Some(url));
        }
    }
}
