use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use crate::{ErrorKind, Result, TokenSource};

/// What proves to Atlassian who asks. The secret shows in no `Debug` output and in no error.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Basic: e-mail and API token on Cloud, user name and password on Data Center. A token with
    /// scopes works through the gateway alone.
    ApiToken {
        /// The e-mail of the account on Cloud, the user name on Data Center.
        username: String,
        /// The API token or password.
        token: SecretString,
    },
    /// Bearer: a personal access token of Data Center.
    PersonalToken {
        /// The token.
        token: SecretString,
    },
    /// Bearer: an access token that is made and renewed elsewhere, or the API token of a service
    /// account. On Cloud it works through the gateway alone.
    AccessToken {
        /// The token.
        token: SecretString,
    },
    /// Bearer: an OAuth grant, renewed here. On Cloud it works through the gateway alone.
    Grant(TokenSource),
    /// No header of its own: the client certificate or the custom headers of
    /// [`HttpOptions`](crate::HttpOptions) prove it.
    Certificate,
}

/// The header of one request.
pub(crate) enum Authorization<'a> {
    Basic { username: &'a str, password: &'a SecretString },
    Bearer(SecretString),
    Absent,
}

impl Credential {
    /// Whether Cloud accepts it through the gateway alone.
    pub(crate) fn needs_gateway(&self) -> bool {
        match self {
            Self::AccessToken { .. } | Self::Grant(_) => true,
            Self::ApiToken { .. } | Self::PersonalToken { .. } | Self::Certificate => false,
        }
    }

    /// The OAuth application that rate limits are counted for.
    pub(crate) fn application(&self) -> Option<&str> {
        match self {
            Self::Grant(source) => Some(source.client_id()),
            Self::ApiToken { .. }
            | Self::PersonalToken { .. }
            | Self::AccessToken { .. }
            | Self::Certificate => None,
        }
    }

    /// What a request is to show; of a grant a token with at least a minute to live.
    pub(crate) async fn authorization(&self) -> Result<Authorization<'_>> {
        Ok(match self {
            Self::ApiToken { username, token } => {
                Authorization::Basic { username, password: token }
            }
            Self::PersonalToken { token } | Self::AccessToken { token } => {
                Authorization::Bearer(token.clone())
            }
            Self::Grant(source) => Authorization::Bearer(source.access_token().await?),
            Self::Certificate => Authorization::Absent,
        })
    }

    /// What to show instead of what was refused with `kind`, if there may be something. A missing
    /// scope is no reason: a new token would lack it too, and the old one would be spent.
    pub(crate) async fn instead_of(
        &self,
        refused: &Authorization<'_>,
        kind: &ErrorKind,
    ) -> Result<Option<Authorization<'_>>> {
        match (self, refused, kind) {
            (Self::Grant(source), Authorization::Bearer(token), ErrorKind::Unauthorized) => {
                Ok(Some(Authorization::Bearer(source.instead_of(token).await?)))
            }
            _ => Ok(None),
        }
    }

    /// The kind of a refusal as the holder of this credential has to understand it.
    pub(crate) fn understood(&self, kind: ErrorKind) -> ErrorKind {
        match (self, kind) {
            (Self::AccessToken { .. }, ErrorKind::Unauthorized) => ErrorKind::TokenExpired,
            (_, kind) => kind,
        }
    }
}

impl Authorization<'_> {
    /// Adds the header; reqwest marks its value as sensitive.
    pub(crate) fn apply(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Basic { username, password } => {
                request.basic_auth(username, Some(password.expose_secret()))
            }
            Self::Bearer(token) => request.bearer_auth(token.expose_secret()),
            Self::Absent => request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_secret() {
        let token = SecretString::from("ATATT3x-hidden");
        let basic = Credential::ApiToken { username: "a@b.c".into(), token: token.clone() };
        let personal = Credential::PersonalToken { token: token.clone() };
        let access = Credential::AccessToken { token };
        assert!(!format!("{basic:?} {personal:?} {access:?}").contains("hidden"));
    }
}
