//! Who asks.

use jiff::Timestamp;
use store::{
    ClientId, Db, Environment, OpenSpaces, OrganizationId, Principal, PrincipalId, PrincipalKind,
    StoreError, TokenId, TokenKind,
};

use crate::{Gateway, GatewayError};

/// The issuer of the identities that the operator of this installation gives.
pub(crate) const LOCAL_ISSUER: &str = "weir:local";

/// The subject of the one who runs this installation, under the issuer `weir:local`. A token issued
/// for this principal acts as that owner.
pub const LOCAL_OWNER: &str = "owner";

/// Who asks, by what token, over what. Built only at the edge: web, stdio, command line.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose data.
    pub organization: OrganizationId,
    /// Who asks.
    pub principal: PrincipalId,
    /// The registered client that asks in the principal's name.
    pub client: Option<ClientId>,
    /// The token that was shown.
    pub token: Option<TokenId>,
    /// Its kind.
    pub token_kind: Option<TokenKind>,
    /// The spaces that the caller may be served from at all.
    pub opens: OpenSpaces,
    /// When they were opened; `None` is as of now.
    pub opened_at: Option<Timestamp>,
    /// The interface.
    pub transport: Transport,
    /// The request's id, as the log says it.
    pub request: String,
}

/// The interface that a call came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// MCP over stdin and stdout.
    Stdio,
    /// MCP or JSON over HTTP.
    Http,
    /// The web console.
    Console,
    /// A command of the program.
    CommandLine,
}

impl Transport {
    /// As events say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
            Self::Console => "console",
            Self::CommandLine => "command_line",
        }
    }
}

impl Gateway {
    /// Authenticates an MCP or API token; `None` for anything but a live token of `kind`.
    pub async fn caller_for_token(
        &self,
        secret: &str,
        kind: TokenKind,
        transport: Transport,
    ) -> Result<Option<Caller>, GatewayError> {
        let token = store::token_by_secret(self.db(), self.environment(), secret).await?;
        Ok(token.filter(|token| token.kind == kind).map(|token| Caller {
            organization: token.organization,
            principal: token.principal,
            client: token.client,
            token: Some(token.id),
            token_kind: Some(token.kind),
            opens: token.opens,
            opened_at: Some(token.created_at),
            transport,
            request: self.environment().uuid().to_string(),
        }))
    }

    /// The local owner (stdio, `--auth none`, command line): the principal `weir:local`/`owner`,
    /// for whom all spaces are open.
    #[expect(clippy::unused_async, reason = "callers await it beside caller_for_token")]
    pub async fn local_owner(&self, transport: Transport) -> Result<Caller, GatewayError> {
        Ok(Caller {
            organization: self.inner.organization.id.clone(),
            principal: self.inner.local_owner.clone(),
            client: None,
            token: None,
            token_kind: None,
            opens: OpenSpaces::All,
            opened_at: None,
            transport,
            request: self.environment().uuid().to_string(),
        })
    }
}

pub(crate) async fn ensure_local_owner(
    environment: &Environment,
    db: &Db,
    organization: &OrganizationId,
) -> Result<PrincipalId, StoreError> {
    ensure_principal(environment, db, organization, LOCAL_OWNER, PrincipalKind::User).await
}

/// The principal of this local name, made when absent.
pub(crate) async fn ensure_principal(
    environment: &Environment,
    db: &Db,
    organization: &OrganizationId,
    name: &str,
    kind: PrincipalKind,
) -> Result<PrincipalId, StoreError> {
    let find = || store::principal_by_identity(db, organization, LOCAL_ISSUER, name);
    if let Some(principal) = find().await? {
        return Ok(principal.id);
    }
    let principal = Principal {
        id: PrincipalId::new(environment),
        organization: organization.clone(),
        kind,
        name: name.to_owned(),
    };
    let made = async {
        let mut write = db.write().await?;
        store::put_principal(&mut write, &principal, LOCAL_ISSUER, name).await?;
        write.commit().await
    };
    match made.await {
        Ok(()) => Ok(principal.id),
        // Another node may have made it in between.
        Err(error) => find().await?.map(|principal| principal.id).ok_or(error),
    }
}
