//! Wiring: from settings to a gateway. Time, randomness and the environment enter the program
//! here and nowhere else.

use std::path::PathBuf;
use std::sync::Arc;

use atlassian::{
    Credential, Deployment, DeploymentKind, ErrorKind, Http, HttpOptions, Session, User,
};
use etcetera::BaseStrategy;
use gateway::{Gateway, GatewayOptions, NewSite, Transport};
use rand::RngExt;
use serde_json::{Value, json};
use store::{Db, Environment, Keyring, Scope, Site, Source, SourceId, StoreError, Visibility};

use crate::failure::Failure;
use crate::folder::{DataFolder, FolderLock};
use crate::settings::Settings;

/// The name that this program gives itself to servers.
pub(crate) const USER_AGENT: &str = concat!("weir/", env!("CARGO_PKG_VERSION"));

/// Version and commit.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("WEIR_COMMIT"), ")");

/// The real clock and the system's randomness.
#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
pub(crate) fn environment() -> Environment {
    Environment {
        now: Arc::new(jiff::Timestamp::now),
        random: Arc::new(|bytes| rand::rng().fill(bytes)),
    }
}

/// One environment variable, if it is set and is text.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `weir.toml` in the platform's configuration folder.
pub(crate) fn default_configuration_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("weir").join("weir.toml"))
}

/// `weir` in the platform's data folder.
pub(crate) fn default_data_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("weir"))
}

/// Connections to sites, with the program's limits.
///
/// # Errors
/// The platform's trust store cannot be read.
pub(crate) fn http() -> Result<Http, Failure> {
    let mut options = HttpOptions::new(Arc::new(|| rand::rng().random::<f64>()));
    USER_AGENT.clone_into(&mut options.user_agent);
    Http::new(options).map_err(|error| {
        Failure::configuration(
            "http_unusable",
            error.to_string(),
            "Check the operating system's trust store.",
        )
    })
}

/// The site and credential that the settings name; none when they name no site.
///
/// # Errors
/// A URL that is none, or a credential that is incomplete.
pub(crate) fn configured_site(
    settings: &Settings,
) -> Result<Option<(Deployment, Credential)>, Failure> {
    let Some(url) = settings.get("confluence.url") else { return Ok(None) };
    // Data Center may lie under any path, this one too; of both credentials the address decides.
    let is_like_cloud = url.trim().trim_end_matches('/').ends_with("/wiki");
    let credential = configured_credential(settings, is_like_cloud || is_cloud(url))?;
    let kind = match &credential {
        Credential::PersonalToken { .. } => Some(DeploymentKind::DataCenter),
        Credential::ApiToken { .. } if is_like_cloud => Some(DeploymentKind::Cloud),
        Credential::ApiToken { .. }
        | Credential::AccessToken { .. }
        | Credential::Grant(_)
        | Credential::Certificate => None,
    };
    let deployment = Deployment::from_url(url, kind).map_err(|error| {
        Failure::configuration(
            "site_url_invalid",
            format!("CONFLUENCE_URL: {error}"),
            "Give https://NAME.atlassian.net/wiki for Cloud, or the base URL of your Data Center.",
        )
    })?;
    Ok(Some((deployment, credential)))
}

/// By its host alone.
fn is_cloud(url: &str) -> bool {
    Deployment::from_url(url, None).is_ok_and(|place| place.kind() == DeploymentKind::Cloud)
}

/// A personal token goes before an API token, as in other programs that read these variables, but
/// not to a site whose address is Cloud's, which knows none.
fn configured_credential(settings: &Settings, on_cloud: bool) -> Result<Credential, Failure> {
    let api_token = (settings.get("confluence.username"), settings.secret("confluence.api_token"));
    if let Some(token) = settings.secret("confluence.personal_token")
        && !(on_cloud && matches!(api_token, (Some(_), Some(_))))
    {
        return Ok(Credential::PersonalToken { token });
    }
    match api_token {
        (Some(username), Some(token)) => {
            Ok(Credential::ApiToken { username: username.to_owned(), token })
        }
        (None, Some(_)) => Err(Failure::configuration(
            "credential_incomplete",
            "There is an API token but no user name",
            "Set CONFLUENCE_USERNAME to the e-mail address that the token belongs to; for Data Center set CONFLUENCE_PERSONAL_TOKEN instead.",
        )),
        _ => Err(Failure::configuration(
            "credential_missing",
            "There is a site URL but no credential",
            "Cloud: set CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN. Data Center: set CONFLUENCE_PERSONAL_TOKEN.",
        )),
    }
}

/// Asks the site who the credential is, before anything of both is stored: a slip must not replace a
/// credential that works, nor leave a site that is none.
///
/// # Errors
/// The site's answer; `atlassian_not_confluence` when it knows no such question.
pub(crate) async fn verify(session: &Session) -> Result<User, atlassian::Error> {
    session.current_user().await.map_err(|error| match error.kind {
        // Every Confluence knows who asks; behind another path of its host is something else.
        ErrorKind::NotVisible => atlassian::Error { kind: ErrorKind::NotConfluence, ..error },
        _ => error,
    })
}

/// No setting names a site.
pub(crate) fn site_missing() -> Failure {
    Failure::configuration(
        "site_missing",
        "No site is configured",
        "Set CONFLUENCE_URL with CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN (Cloud), or with CONFLUENCE_PERSONAL_TOKEN (Data Center).",
    )
}

fn options(
    environment: Environment,
    db: Db,
    keyring: Keyring,
    indexes: Option<PathBuf>,
) -> Result<GatewayOptions, Failure> {
    Ok(GatewayOptions { environment, db, keyring, http: http()?, indexes })
}

/// A gateway over a data folder, or over memory.
pub(crate) struct Runtime {
    pub(crate) environment: Environment,
    pub(crate) db: Db,
    pub(crate) gateway: Gateway,
}

impl Runtime {
    /// Opens the store of the folder that this process holds, its key and a gateway on them; makes
    /// what is missing and brings the tables up to date.
    pub(crate) async fn on_folder(
        settings: &Settings,
        folder: &DataFolder,
        _lock: &FolderLock,
    ) -> Result<Self, Failure> {
        let environment = environment();
        let db = Db::open(&environment, &folder.database(settings)).await?;
        let keyring = folder.keyring(&environment, settings, &db).await?;
        let options = options(environment, db, keyring, Some(folder.indexes()))?;
        Ok(Self::of(Gateway::new(options).await?))
    }

    /// Opens the store of a folder that another process may hold. Calls leave their events in it;
    /// nothing else is made or changed. `None` where there is no store yet.
    pub(crate) async fn beside(
        settings: &Settings,
        folder: &DataFolder,
    ) -> Result<Option<Self>, Failure> {
        let db = match Db::open_existing(&folder.database(settings)).await {
            Err(StoreError::Absent) => return Ok(None),
            opened => opened?,
        };
        let Some(keyring) = folder.existing_keyring(settings, &db).await? else { return Ok(None) };
        let options = options(environment(), db, keyring, Some(folder.indexes()))?;
        Ok(Some(Self::of(Gateway::beside(options).await?)))
    }

    /// Everything in memory, sealed with a key that dies with the process.
    pub(crate) async fn in_memory(environment: Environment) -> Result<Self, Failure> {
        let db = Db::in_memory(&environment).await?;
        let mut key = [0_u8; 32];
        (environment.random)(&mut key);
        let options = options(environment, db, Keyring::from_bytes(key), None)?;
        Ok(Self::of(Gateway::new(options).await?))
    }

    fn of(gateway: Gateway) -> Self {
        Self { environment: gateway.environment().clone(), db: gateway.db().clone(), gateway }
    }

    /// For calls of the local owner with the configured credential, which serves this process alone:
    /// beside the folder's holder where the folder has a store that holds the configured site, else
    /// in memory. A folder that nobody holds is brought up to date first.
    ///
    /// # Errors
    /// Neither a folder with a store nor a site is given; what opening the folder refuses.
    pub(crate) async fn for_owner(
        settings: &Settings,
        folder: Option<&DataFolder>,
    ) -> Result<Self, Failure> {
        let site = configured_site(settings)?;
        if let Some(folder) = folder
            && folder.holds_store(settings).await?
        {
            if let Some(lock) = folder.try_lock()? {
                let holding = Self::on_folder(settings, folder, &lock).await?;
                holding.gateway.catch_up_indexes().await?;
            }
            let beside = Self::beside(settings, folder).await?;
            match (beside, &site) {
                (Some(runtime), None) => return Ok(runtime),
                (Some(runtime), Some((deployment, credential)))
                    if runtime.gateway.act_with(deployment, credential).await? =>
                {
                    return Ok(runtime);
                }
                _ => tracing::info!("the data folder does not hold the site; nothing is mirrored"),
            }
        }
        let (deployment, credential) = site.ok_or_else(site_missing)?;
        let runtime = Self::in_memory(environment()).await?;
        runtime.connect(deployment, credential, Visibility::Own).await?;
        Ok(runtime)
    }

    /// Whether the store has this site.
    pub(crate) async fn knows(&self, deployment: &Deployment) -> Result<bool, Failure> {
        let organization = store::organization(&self.db).await?.id;
        let base_url = deployment.base().as_str().trim_end_matches('/');
        Ok(store::site_by_url(&self.db, &organization, base_url).await?.is_some())
    }

    /// The one site of the store, for a command whose settings name none.
    ///
    /// # Errors
    /// `site_missing` without any, `site_ambiguous` with several.
    pub(crate) async fn only_site(&self) -> Result<Site, Failure> {
        let organization = store::organization(&self.db).await?.id;
        let mut sites = store::sites(&self.db, &organization).await?;
        let Some(site) = sites.pop() else { return Err(site_missing()) };
        if sites.is_empty() {
            return Ok(site);
        }
        Err(Failure::configuration(
            "site_ambiguous",
            "The data folder holds several sites",
            "Set CONFLUENCE_URL and its credential to those of the site that is meant.",
        ))
    }

    /// Makes the configured site known. `own`: the credential serves the local owner alone.
    pub(crate) async fn connect(
        &self,
        deployment: Deployment,
        credential: Credential,
        visibility: Visibility,
    ) -> Result<Site, Failure> {
        let address = deployment.base().as_str().trim_end_matches('/');
        self.administered(
            "sites/connect",
            format!("site:{address}"),
            json!({"visibility": visibility}),
        )
        .await?;
        let owner = match visibility {
            Visibility::Own => {
                Some(self.gateway.local_owner(Transport::CommandLine).await?.principal)
            }
            Visibility::Mapped | Visibility::Everyone => None,
        };
        let name = deployment.base().host_str().unwrap_or("confluence").to_owned();
        Ok(self
            .gateway
            .connect_site(NewSite { name, deployment, credential, visibility, owner })
            .await?)
    }

    /// The source of `site` with this scope; its scope follows the settings.
    pub(crate) async fn source(&self, site: &Site, scope: Scope) -> Result<Source, Failure> {
        let known = store::sources(&self.db, &site.id).await?.into_iter().next();
        if known.as_ref().is_none_or(|known| known.scope != scope) {
            self.administered("sites/scope", format!("site:{}", site.id), json!(scope)).await?;
        }
        let id = known.map_or_else(|| SourceId::new(&self.environment), |source| source.id);
        let source = Source { id, site: site.id.clone(), name: site.name.clone(), scope };
        let mut write = self.db.write().await?;
        store::put_source(&mut write, &source).await?;
        write.commit().await?;
        Ok(source)
    }

    /// Leaves the event of what the operator does by a command, before it is done.
    pub(crate) async fn administered(
        &self,
        action: &str,
        object: String,
        detail: Value,
    ) -> Result<(), Failure> {
        let caller = self.gateway.local_owner(Transport::CommandLine).await?;
        Ok(self.gateway.administered(&caller, action, object, detail).await?)
    }

    /// One run of a source, then the index.
    pub(crate) async fn mirror(
        &self,
        site: &Site,
        source: &Source,
        progress: &(dyn Fn(mirror::Progress) + Send + Sync),
    ) -> Result<store::Run, Failure> {
        let session = self.gateway.session_for_mirror(&site.id).await?;
        let run =
            mirror::run(&self.environment, &self.db, site, source, &session, progress).await?;
        self.gateway.catch_up_indexes().await?;
        Ok(run)
    }
}

/// `all`, or keys with commas between.
///
/// # Errors
/// No key at all: an empty scope is never meant.
pub(crate) fn parse_scope(text: &str) -> Result<Scope, Failure> {
    if text.trim().eq_ignore_ascii_case("all") {
        return Ok(Scope::AllSpaces);
    }
    let keys: std::collections::BTreeSet<String> = text
        .split([',', ' '])
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect();
    if keys.is_empty() {
        return Err(Failure::usage(
            "scope_empty",
            "The scope names no space",
            "Give space keys with commas between (ENG,OPS), or `all`.",
        ));
    }
    Ok(Scope::Spaces(keys))
}
