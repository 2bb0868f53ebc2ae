//! `weir token`: who may ask, and for which spaces.

use clap::{Args, Subcommand};
use gateway::{IssueToken, Transport};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::{OpenSpaces, TokenKind};

use crate::failure::{Exit, Failure};
use crate::folder::DataFolder;
use crate::local_client::Holder;
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::terminal;

/// Makes, lists and revokes the tokens by which agents sign in.
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    action: Action,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a token and prints its secret, once.
    Create(Create),
    /// Lists tokens: never their secrets.
    List,
    /// Ends a token at once.
    Revoke {
        /// The token's id, from `weir token list`.
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// What the token is for, e.g. `claude-code`.
    name: String,
    /// The person or service that it acts as; otherwise one named like the token.
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// The principal's account on the sites that are connected by now: account id (Cloud) or user
    /// key (Data Center). Pages whose view is restricted are served only when every restriction
    /// names it. For a site that is connected later, make a token anew.
    #[arg(long, value_name = "ID")]
    atlassian_account: Option<String>,
    /// Spaces that the token opens, with commas between; may be repeated.
    #[arg(
        long = "space",
        value_name = "KEY",
        value_delimiter = ',',
        conflicts_with = "all_spaces"
    )]
    spaces: Vec<String>,
    /// Opens every mirrored space.
    #[arg(long)]
    all_spaces: bool,
    /// Time until it expires, e.g. 12h or 90d; otherwise 90 days.
    #[arg(long, value_name = "DURATION", default_value = "90d")]
    expires: String,
    /// A token for the JSON API instead of MCP.
    #[arg(long)]
    api: bool,
}

pub(crate) async fn run(token: &Token, settings: &Settings) -> Result<(), Failure> {
    let folder = DataFolder::of(settings, runtime::default_data_folder())?;
    let holder = Holder::of(&folder)?;
    match &token.action {
        Action::Create(create) => {
            show_created(&create_token(create, settings, &folder, &holder).await?, token.json);
        }
        Action::List => show_list(&list(settings, &folder, &holder).await?, token.json),
        Action::Revoke { id } => revoke(id, settings, &folder, &holder).await?,
    }
    Ok(())
}

async fn create_token(
    create: &Create,
    settings: &Settings,
    folder: &DataFolder,
    holder: &Holder,
) -> Result<Value, Failure> {
    let opens = opens(create)?;
    let lifetime = parse_duration(&create.expires)?;
    let expires_at = (runtime::environment().now() + lifetime).round(jiff::Unit::Second).ok();
    let kind = if create.api { TokenKind::Api } else { TokenKind::Mcp };
    let principal = IssueToken::principal(create.principal.clone(), &create.name)?;
    match holder {
        Holder::Server(server) => {
            let body = json!({
                "name": create.name, "principal": principal, "kind": kind,
                "atlassian_account": create.atlassian_account, "opens": opens, "expires_at": expires_at,
            });
            server.post("/api/v1/tokens", &body).await
        }
        Holder::This(lock) => {
            let runtime = Runtime::on_folder(settings, folder, lock).await?;
            let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
            let new = IssueToken {
                name: create.name.clone(),
                principal,
                kind,
                atlassian_account: create.atlassian_account.clone(),
                opens,
                expires_at,
            };
            let issued = runtime.gateway.issue_token(&caller, new).await?;
            Ok(
                json!({"token": gateway::TokenView::of(&issued.token), "secret": issued.secret.expose_secret(), "unmirrored": issued.unmirrored, "accounts": issued.accounts}),
            )
        }
    }
}

fn opens(create: &Create) -> Result<OpenSpaces, Failure> {
    match (create.all_spaces, create.spaces.as_slice()) {
        (true, _) => Ok(OpenSpaces::All),
        (false, []) => Err(Failure::usage(
            "token_opens_nothing",
            "The token would open no space",
            "Name spaces with --space KEY, or open all with --all-spaces.",
        )),
        (false, keys) => Ok(OpenSpaces::Keys(keys.iter().cloned().collect())),
    }
}

/// `90d`, `12h`, `30m`: jiff's friendly spans, whose days are 24 hours here.
pub(crate) fn parse_duration(text: &str) -> Result<jiff::SignedDuration, Failure> {
    let span = text.parse::<jiff::Span>().ok();
    let duration =
        span.and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok());
    duration.filter(jiff::SignedDuration::is_positive).ok_or_else(|| {
        Failure::usage(
            "duration_invalid",
            format!("`{text}` is not a duration"),
            "Write 30m, 12h or 90d.",
        )
    })
}

async fn list(settings: &Settings, folder: &DataFolder, holder: &Holder) -> Result<Value, Failure> {
    let lock = match holder {
        Holder::Server(server) => return server.get("/api/v1/tokens").await,
        Holder::This(lock) => lock,
    };
    let runtime = Runtime::on_folder(settings, folder, lock).await?;
    let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
    let tokens = runtime.gateway.list_tokens(&caller).await?;
    let views: Vec<_> = tokens.iter().map(gateway::TokenView::of).collect();
    Ok(json!({"tokens": views}))
}

async fn revoke(
    id: &str,
    settings: &Settings,
    folder: &DataFolder,
    holder: &Holder,
) -> Result<(), Failure> {
    let revoked = match holder {
        Holder::Server(server) => {
            // An id of another shape names no token; sent on, it would name another route.
            let plain = id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
            plain
                && server
                    .delete(&format!("/api/v1/tokens/{id}"))
                    .await
                    .map(|_| true)
                    .or_else(unknown)?
        }
        Holder::This(lock) => {
            let runtime = Runtime::on_folder(settings, folder, lock).await?;
            let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
            runtime.gateway.revoke_token(&caller, id).await?
        }
    };
    if revoked {
        terminal::note("Revoked. Calls that carry the token are refused from now on.");
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        "token_unknown",
        format!("No live token has the id {}", terminal::clean(id)),
        "`weir token list` shows the ids.",
    ))
}

fn unknown(failure: Failure) -> Result<bool, Failure> {
    if failure.code == "not_found" { Ok(false) } else { Err(failure) }
}

fn show_created(created: &Value, json: bool) {
    if json {
        terminal::json(created);
        return;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    terminal::line(&text(&created["secret"]));
    terminal::note(&format!(
        "This is the only time that the secret is shown. Token {} lasts until {}.",
        text(&created["token"]["name"]),
        text(&created["token"]["expires_at"]),
    ));
    for account in created["accounts"].as_array().map_or(&[][..], Vec::as_slice) {
        terminal::note(&format!(
            "Its principal is the Atlassian account {}.",
            terminal::clean(&text(account))
        ));
    }
    for key in created["unmirrored"].as_array().map_or(&[][..], Vec::as_slice) {
        terminal::note(&format!(
            "Space {} is not mirrored, so the token opens nothing there yet. `weir status` shows what is.",
            terminal::clean(&text(key))
        ));
    }
}

fn show_list(list: &Value, json: bool) {
    if json {
        terminal::json(list);
        return;
    }
    let tokens = list["tokens"].as_array().map_or(&[][..], Vec::as_slice);
    if tokens.is_empty() {
        terminal::note(
            "There is no token yet. Make one: weir token create claude-code --all-spaces",
        );
    }
    for token in tokens {
        let text = |field: &str| terminal::clean(token[field].as_str().unwrap_or("–"));
        terminal::line(&format!(
            "{}  {}  {}  opens {}  {}  last used {}",
            text("id"),
            text("kind"),
            text("name"),
            opened(&token["opens"]),
            ending(token),
            text("last_used_at"),
        ));
    }
}

fn ending(token: &Value) -> String {
    match (token["revoked_at"].as_str(), token["expires_at"].as_str()) {
        (Some(at), _) => format!("revoked {}", terminal::clean(at)),
        (None, Some(at)) => format!("expires {}", terminal::clean(at)),
        (None, None) => "never expires".to_owned(),
    }
}

fn opened(opens: &Value) -> String {
    match opens["keys"].as_array() {
        Some(keys) => keys.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        None => opens.as_str().unwrap_or("none").to_owned(),
    }
}
