//! What a person sees when a command fails: what happened, what to do next, a stable code, and
//! the exit status that scripts test.

use std::fmt;

use gateway::AdministrationError;

/// Exit statuses, documented in `docs/reference/exit-codes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command ran and what it was asked for did not come out.
    Failed = 1,
    /// The arguments are wrong; clap's own status.
    Usage = 2,
    /// Configuration, data folder or key.
    Configuration = 3,
    /// The site could not be reached, or refused.
    Site = 4,
    /// Another process holds the data folder.
    Busy = 5,
    /// The caller may not, or the object does not exist for the caller.
    Refused = 6,
}

impl Exit {
    /// Of a call that the gateway refused.
    pub(crate) fn of_refusal(code: &str) -> Self {
        match code {
            "invalid_arguments" => Self::Usage,
            "internal" => Self::Failed,
            code if code.starts_with("atlassian_") => Self::Site,
            _ => Self::Refused,
        }
    }
}

/// An error for people.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Stable, `snake_case`.
    pub(crate) code: String,
    /// What happened.
    pub(crate) message: String,
    /// The next step; may be empty.
    pub(crate) hint: String,
    /// For scripts.
    pub(crate) exit: Exit,
    /// What a merge could not decide.
    pub(crate) conflicts: Vec<document::Conflict>,
    /// What the command has to say for all that, with `--json`: one object, to which the error is
    /// added.
    pub(crate) report: Option<Box<serde_json::Value>>,
}

impl Failure {
    pub(crate) fn new(
        exit: Exit,
        code: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint: hint.into(),
            exit,
            conflicts: Vec::new(),
            report: None,
        }
    }

    pub(crate) fn configuration(
        code: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::new(Exit::Configuration, code, message, hint)
    }

    pub(crate) fn usage(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, message, hint)
    }

    /// One JSON object, for `--json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut error =
            serde_json::json!({"code": self.code, "message": self.message, "hint": self.hint});
        if !self.conflicts.is_empty() {
            error["conflicts"] = serde_json::json!(self.conflicts);
        }
        let mut said = self.report.as_deref().cloned().unwrap_or_else(|| serde_json::json!({}));
        said["error"] = error;
        said
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.message, self.code)?;
        if self.hint.is_empty() { Ok(()) } else { write!(formatter, "\n  {}", self.hint) }
    }
}

impl std::error::Error for Failure {}

impl From<atlassian::Error> for Failure {
    fn from(error: atlassian::Error) -> Self {
        tracing::info!(detail = %error.detail, status = ?error.status, path = %error.path, "the site refused");
        Self::new(
            Exit::Site,
            error.kind.code(),
            capitalised(&error.kind.to_string()),
            error.kind.hint(),
        )
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        let hint = match error {
            store::StoreError::NewerSchema => {
                "Run the newer Weir that wrote it, or name another folder with --data. Nothing was changed."
            }
            store::StoreError::Open(_) => {
                "Check the database's address, that its server runs, and that its user may write there."
            }
            store::StoreError::Damaged(_) => {
                "Put database and key back from your backup, or begin anew with another --data folder: the mirror fills it again. Nothing was changed."
            }
            store::StoreError::OlderSchema => {
                "The process that holds the data folder brings it up to date: restart it with this version of Weir. Nothing was changed."
            }
            store::StoreError::WrongKey => {
                "Give the key that sealed it, in WEIR_KEY or as the file `key` of the data folder. Nothing was changed."
            }
            _ => {
                "Try again; if it persists, `--log debug` says more, and `weir doctor` looks at the rest."
            }
        };
        Self::configuration(error.code(), chain(&error), hint)
    }
}

impl From<gateway::GatewayError> for Failure {
    fn from(error: gateway::GatewayError) -> Self {
        match error {
            gateway::GatewayError::Store(error) => error.into(),
            gateway::GatewayError::Atlassian(error) => error.into(),
            error @ gateway::GatewayError::AccountWithoutSite => Self::usage(
                "account_without_site",
                capitalised(&error.to_string()),
                "Connect the site first (`weir sync SPACE`, or start `weir serve` once), then make the token.",
            ),
            gateway::GatewayError::Administration(error) => {
                let exit = match error {
                    AdministrationError::OwnerOnly
                    | AdministrationError::AccountDiffers(_)
                    | AdministrationError::SiteUnknown(_)
                    | AdministrationError::SiteNameTaken(_) => Exit::Refused,
                    AdministrationError::OwnerUnsaid
                    | AdministrationError::Empty(_)
                    | AdministrationError::Ended => Exit::Usage,
                };
                Self::new(exit, error.code(), capitalised(&error.to_string()), error.hint())
            }
            other => Self::new(Exit::Failed, "gateway_failed", chain(&other), "Run `weir doctor`."),
        }
    }
}

impl From<mirror::MirrorError> for Failure {
    fn from(error: mirror::MirrorError) -> Self {
        match error {
            mirror::MirrorError::Atlassian(error) => error.into(),
            mirror::MirrorError::Store(error) => error.into(),
            other @ mirror::MirrorError::UnknownSpace { .. } => Self::new(
                Exit::Site,
                other.code(),
                capitalised(&other.to_string()),
                "Check the key: it is the short name in the space's URL. `weir doctor` lists what the credential sees.",
            ),
        }
    }
}

impl From<search::SearchError> for Failure {
    fn from(error: search::SearchError) -> Self {
        Self::new(
            Exit::Failed,
            "index_failed",
            chain(&error),
            "Delete the folder `index` of the data folder; it is rebuilt from the store.",
        )
    }
}

impl From<gateway::Refusal> for Failure {
    fn from(refusal: gateway::Refusal) -> Self {
        let hint = refusal.hint.unwrap_or_default();
        Self::new(Exit::of_refusal(refusal.code), refusal.code, refusal.message, hint)
    }
}

/// The error and its sources, one after the other.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = capitalised(&error.to_string());
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        // Some libraries repeat their cause.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = inner.source();
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
