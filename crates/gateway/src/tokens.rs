//! Tokens, as the operator gives them out.

use std::collections::BTreeSet;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, NewToken, OpenSpaces, OrganizationId, PrincipalId, PrincipalKind, Site, Token,
    TokenKind,
};

use crate::caller::{LOCAL_OWNER, ensure_principal};
use crate::{AdministrationError, Caller, Gateway, GatewayError};

/// What the operator asks for.
#[derive(Clone, Debug)]
pub struct IssueToken {
    /// What the operator calls the token.
    pub name: String,
    /// The local name of whom it is for; made when absent.
    pub principal: String,
    /// What the token opens: MCP or the JSON API.
    pub kind: TokenKind,
    /// The Atlassian account of the principal, by the operator's word, on the sites that are
    /// connected by then: an account of one site says nothing about the next.
    pub atlassian_account: Option<String>,
    /// The spaces that it opens.
    pub opens: OpenSpaces,
    /// When it ends; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// A new token.
pub struct IssuedToken {
    /// What the store knows of it.
    pub token: Token,
    /// Shown once; it exists nowhere else.
    pub secret: SecretString,
    /// The spaces that it opens and that no site mirrors yet: a slip, or too early.
    pub unmirrored: Vec<String>,
    /// The Atlassian accounts that its principal is, site by site, each once.
    pub accounts: BTreeSet<String>,
}

impl IssueToken {
    /// Whom a token is for: who is named, else one named like the token.
    ///
    /// # Errors
    /// [`AdministrationError::OwnerUnsaid`] when that would be the local owner unsaid.
    pub fn principal(named: Option<String>, token: &str) -> Result<String, GatewayError> {
        match named {
            Some(principal) => Ok(principal),
            None if token == LOCAL_OWNER => Err(AdministrationError::OwnerUnsaid.into()),
            None => Ok(token.to_owned()),
        }
    }

    fn check(&self) -> Result<(), AdministrationError> {
        let is_empty = |text: &str| text.trim().is_empty();
        if is_empty(&self.name) {
            return Err(AdministrationError::Empty("the token's name"));
        }
        if is_empty(&self.principal) {
            return Err(AdministrationError::Empty("the principal's name"));
        }
        if self.atlassian_account.as_deref().is_some_and(is_empty) {
            return Err(AdministrationError::Empty("the Atlassian account"));
        }
        match &self.opens {
            OpenSpaces::Keys(keys) if keys.iter().any(|key| is_empty(key)) => {
                Err(AdministrationError::Empty("a space key"))
            }
            _ => Ok(()),
        }
    }
}

/// A token as the JSON API and `weir token` show it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenView {
    /// Its id.
    pub id: String,
    /// What the operator calls it.
    pub name: String,
    /// What it opens.
    pub kind: TokenKind,
    /// The beginning of the secret, to tell tokens apart.
    pub prefix: String,
    /// The id of whom it is for.
    pub principal: String,
    /// The spaces that it opens.
    pub opens: OpenSpaces,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was last shown, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

impl TokenView {
    /// What may be shown of a token.
    pub fn of(token: &Token) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.clone(),
            kind: token.kind,
            prefix: token.prefix.clone(),
            principal: token.principal.to_string(),
            opens: token.opens.clone(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl Gateway {
    /// Makes a token for the principal of that local name and links the Atlassian account on every
    /// site of the organization, by the operator's proof. Only the local owner may.
    ///
    /// # Errors
    /// [`GatewayError::AccountWithoutSite`] when an account is named before there is a site; nothing
    /// is made.
    pub async fn issue_token(
        &self,
        caller: &Caller,
        new: IssueToken,
    ) -> Result<IssuedToken, GatewayError> {
        self.administers(caller)?;
        new.check()?;
        let (environment, organization) = (self.environment(), &caller.organization);
        if new.expires_at.is_some_and(|end| end <= environment.now()) {
            return Err(AdministrationError::Ended.into());
        }
        let sites = store::sites(self.db(), organization).await?;
        if sites.is_empty() && new.atlassian_account.is_some() {
            return Err(GatewayError::AccountWithoutSite);
        }
        let (opens, unmirrored) = self.as_mirrored(&sites, new.opens).await?;
        let kind = PrincipalKind::User;
        let principal =
            ensure_principal(environment, self.db(), organization, &new.principal, kind).await?;
        let has_live_tokens = self.has_live_tokens(organization, &principal).await?;
        if let Some(account) = &new.atlassian_account
            && has_live_tokens
            && self.is_another_account(&sites, &principal, account).await?
        {
            return Err(AdministrationError::AccountDiffers(new.principal).into());
        }
        let mut write = self.db().write().await?;
        if !has_live_tokens {
            // The word was given for tokens that have ended.
            store::delete_operators_account_links(&mut write, &principal).await?;
        }
        for (site, account) in sites.iter().zip(std::iter::repeat(&new.atlassian_account)) {
            let Some(account) = account else { break };
            let write = &mut write;
            store::put_account_link(write, environment, &principal, &site.id, account, "operator")
                .await?;
        }
        let new_token = NewToken {
            organization: organization.clone(),
            principal,
            client: None,
            kind: new.kind,
            name: new.name,
            opens,
            expires_at: new.expires_at,
        };
        let (token, secret) = store::create_token(&mut write, environment, new_token).await?;
        write.commit().await?;
        let detail = json!({
            "principal": token.principal.as_str(),
            "kind": token.kind,
            "opens": token.opens,
            "account": new.atlassian_account,
        });
        // After the act, which makes the id. Without its event nobody gets the secret.
        self.administered(caller, "tokens/issue", format!("token:{}", token.id), detail).await?;
        let mut accounts = BTreeSet::new();
        for site in &sites {
            accounts.extend(store::account_link(self.db(), &token.principal, &site.id).await?);
        }
        Ok(IssuedToken { token, secret, unmirrored, accounts })
    }

    /// The tokens of the organization, without their secrets. Only the local owner may.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<Token>, GatewayError> {
        self.administers(caller)?;
        Ok(store::tokens(self.db(), &caller.organization).await?)
    }

    /// Ends a token; false when there is none of that id. Only the local owner may.
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<bool, GatewayError> {
        let tokens = self.list_tokens(caller).await?;
        let Some(token) = tokens.into_iter().find(|token| token.id.as_str() == id) else {
            return Ok(false);
        };
        self.administered(caller, "tokens/revoke", format!("token:{}", token.id), Value::Null)
            .await?;
        let mut write = self.db().write().await?;
        let revoked = store::revoke_token(&mut write, self.environment(), &token.id).await?;
        write.commit().await?;
        Ok(revoked)
    }

    /// The keys as the mirrored spaces are spelled, and those that none of them has.
    async fn as_mirrored(
        &self,
        sites: &[Site],
        opens: OpenSpaces,
    ) -> Result<(OpenSpaces, Vec<String>), GatewayError> {
        let OpenSpaces::Keys(asked) = opens else { return Ok((opens, Vec::new())) };
        let mut mirrored = Vec::new();
        for site in sites {
            mirrored.extend(store::spaces(self.db(), &site.id).await?);
        }
        let mut keys = BTreeSet::new();
        let mut unmirrored = Vec::new();
        for key in asked {
            let meant: Vec<_> =
                mirrored.iter().filter(|space| space.key.eq_ignore_ascii_case(&key)).collect();
            keys.extend(meant.iter().map(|space| space.key.clone()));
            if meant.is_empty() {
                keys.insert(key.clone());
                unmirrored.push(key);
            }
        }
        Ok((OpenSpaces::Keys(keys), unmirrored))
    }

    async fn has_live_tokens(
        &self,
        organization: &OrganizationId,
        principal: &PrincipalId,
    ) -> Result<bool, GatewayError> {
        let now = self.environment().now();
        let is_live = |token: &Token| {
            token.principal == *principal
                && token.revoked_at.is_none()
                && token.expires_at.is_none_or(|end| end > now)
        };
        Ok(store::tokens(self.db(), organization).await?.iter().any(is_live))
    }

    /// A new link holds for every token of the principal, so it must not turn those that are out
    /// there into another account's.
    async fn is_another_account(
        &self,
        sites: &[Site],
        principal: &PrincipalId,
        account: &str,
    ) -> Result<bool, GatewayError> {
        for site in sites {
            let linked = store::account_link(self.db(), principal, &site.id).await?;
            if linked.is_some_and(|linked| linked != account) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the caller may administer this installation.
    ///
    /// # Errors
    /// [`AdministrationError::OwnerOnly`]: the caller is not the local owner, or asks by a token that
    /// opens a part of the spaces only.
    pub fn administers(&self, caller: &Caller) -> Result<(), GatewayError> {
        if self.is_local_owner(caller) && caller.opens == OpenSpaces::All {
            return Ok(());
        }
        Err(AdministrationError::OwnerOnly.into())
    }

    /// Leaves the event of an act of administration, before it is done: of the gateway's own, and of
    /// those that the program carries out beside it.
    ///
    /// # Errors
    /// [`AdministrationError::OwnerOnly`]; the event cannot be written: then the act must not be done.
    pub async fn administered(
        &self,
        caller: &Caller,
        action: &str,
        object: String,
        detail: Value,
    ) -> Result<(), GatewayError> {
        self.administers(caller)?;
        let event = NewEvent {
            organization: caller.organization.clone(),
            at: self.environment().now(),
            principal: Some(caller.principal.clone()),
            client: caller.client.clone(),
            token: caller.token.clone(),
            transport: caller.transport.as_str().to_owned(),
            request: caller.request.clone(),
            action: action.to_owned(),
            tool: None,
            site: None,
            object: Some(object),
            decision: "allow".to_owned(),
            code: "ok".to_owned(),
            detail,
        };
        store::append_event(self.db(), self.environment(), event).await?;
        Ok(())
    }
}
