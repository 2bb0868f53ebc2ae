use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

/// What proves to Atlassian who asks. The secret shows in no `Debug` output and in no error.
///
/// OAuth grants, with a source of fresh tokens, become a third variant.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Basic: e-mail and API token on Cloud, user name and password on Data Center.
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
}

impl Credential {
    /// Adds the header; reqwest marks its value as sensitive.
    pub(crate) fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::ApiToken { username, token } => {
                request.basic_auth(username, Some(token.expose_secret()))
            }
            Self::PersonalToken { token } => request.bearer_auth(token.expose_secret()),
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
        let bearer = Credential::PersonalToken { token };
        assert!(!format!("{basic:?} {bearer:?}").contains("hidden"));
    }
}
