use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::columns::{Json, Time, stored_as_text};
use crate::db::sql;
use crate::digest::sha256;
use crate::{ClientId, Db, Environment, OrganizationId, PrincipalId, Result, TokenId, Write};

/// How often the time of last use is written, at most.
const LAST_USE_PRECISION: SignedDuration = SignedDuration::from_mins(1);
/// How much of a secret is kept readable, beyond its kind, to tell two tokens apart.
const SHOWN_CHARACTERS: usize = 4;

/// Which door a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// The MCP endpoint. Never `/api/v1`.
    Mcp,
    /// The JSON API.
    Api,
}
stored_as_text!(TokenKind { Mcp = "mcp", Api = "api" });

impl TokenKind {
    /// What the secrets of this kind begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Mcp => "weir_mcp_",
            Self::Api => "weir_api_",
        }
    }
}

/// Which spaces a token opens: the operator's act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenSpaces {
    /// No space.
    None,
    /// The spaces with these keys.
    Keys(BTreeSet<String>),
    /// Every space, those of tomorrow too.
    All,
}

impl OpenSpaces {
    /// Whether the space with this key is open.
    pub fn contains(&self, space_key: &str) -> bool {
        match self {
            Self::None => false,
            Self::Keys(keys) => keys.contains(space_key),
            Self::All => true,
        }
    }
}

/// A token as it is stored: its secret is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// For whom it speaks.
    pub principal: PrincipalId,
    /// The client that got it.
    pub client: Option<ClientId>,
    /// Which door it opens.
    pub kind: TokenKind,
    /// A name for people.
    pub name: String,
    /// The first characters of the secret, enough to recognise it by.
    pub prefix: String,
    /// Which spaces it opens.
    pub opens: OpenSpaces,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it will be.
    pub organization: OrganizationId,
    /// For whom it will speak.
    pub principal: PrincipalId,
    /// The client that gets it.
    pub client: Option<ClientId>,
    /// Which door it opens.
    pub kind: TokenKind,
    /// A name for people.
    pub name: String,
    /// Which spaces it opens.
    pub opens: OpenSpaces,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token of 256 random bits. The secret is returned here and exists nowhere else.
pub async fn create_token(
    write: &mut Write<'_>,
    environment: &Environment,
    new: NewToken,
) -> Result<(Token, SecretString)> {
    let secret = format!("{}{}", new.kind.prefix(), environment.token());
    let token = Token {
        id: TokenId::new(environment),
        organization: new.organization,
        principal: new.principal,
        client: new.client,
        kind: new.kind,
        name: new.name,
        prefix: secret.chars().take(new.kind.prefix().len() + SHOWN_CHARACTERS).collect(),
        opens: new.opens,
        created_at: environment.now(),
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    sql!(
        execute,
        write,
        "INSERT INTO token (id, organization_id, principal_id, client_id, kind, name, prefix,
             digest, opens, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &token.id,
        &token.organization,
        &token.principal,
        token.client.as_ref(),
        token.kind,
        &token.name,
        &token.prefix,
        sha256(&secret),
        Json(&token.opens),
        Time(token.created_at),
        token.expires_at.map(Time)
    )?;
    Ok((token, secret.into()))
}

/// The token with this secret; `None` for unknown, expired and revoked alike. Notes the use.
pub async fn token_by_secret(
    db: &Db,
    environment: &Environment,
    secret: &str,
) -> Result<Option<Token>> {
    let now = environment.now();
    let row = sql!(
        fetch_optional(TokenRow),
        db.read().await?,
        "SELECT id, organization_id, principal_id, client_id, kind, name, prefix, opens,
             created_at, expires_at, last_used_at, revoked_at
         FROM token
         WHERE digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
        sha256(secret),
        Time(now)
    )?;
    let Some(mut token) = row.map(Token::from) else {
        return Ok(None);
    };
    let stale =
        token.last_used_at.is_none_or(|last| now.duration_since(last) >= LAST_USE_PRECISION);
    if stale {
        let mut write = db.write().await?;
        sql!(
            execute,
            write,
            "UPDATE token SET last_used_at = $2 WHERE id = $1",
            &token.id,
            Time(now)
        )?;
        write.commit().await?;
        token.last_used_at = Some(now);
    }
    Ok(Some(token))
}

/// All tokens of an organization, oldest first, revoked and expired ones too.
pub async fn tokens(db: &Db, organization: &OrganizationId) -> Result<Vec<Token>> {
    let rows = sql!(
        fetch_all(TokenRow),
        db.read().await?,
        "SELECT id, organization_id, principal_id, client_id, kind, name, prefix, opens,
             created_at, expires_at, last_used_at, revoked_at
         FROM token WHERE organization_id = $1 ORDER BY id",
        organization
    )?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// Revokes a token. False when it was unknown or revoked already.
pub async fn revoke_token(
    write: &mut Write<'_>,
    environment: &Environment,
    id: &TokenId,
) -> Result<bool> {
    let rows = sql!(
        execute,
        write,
        "UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        id,
        Time(environment.now())
    )?;
    Ok(rows > 0)
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: TokenId,
    organization_id: OrganizationId,
    principal_id: PrincipalId,
    client_id: Option<ClientId>,
    kind: TokenKind,
    name: String,
    prefix: String,
    opens: Json<OpenSpaces>,
    created_at: Time,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
    revoked_at: Option<Time>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            organization: row.organization_id,
            principal: row.principal_id,
            client: row.client_id,
            kind: row.kind,
            name: row.name,
            prefix: row.prefix,
            opens: row.opens.0,
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|time| time.0),
            last_used_at: row.last_used_at.map(|time| time.0),
            revoked_at: row.revoked_at.map(|time| time.0),
        }
    }
}
