use std::time::Duration;

use serde_json::Value;

use crate::answer::shorten;

/// The result of every operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
///
/// `kind` decides what to do. `Display` is for people and holds neither a secret nor anything of
/// an answer's body. `detail` is for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// What went wrong, decided on status, body and headers together.
    pub kind: ErrorKind,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The HTTP method of the request.
    pub method: &'static str,
    /// The path of the request; never its query, which may hold words of pages.
    pub path: String,
    /// For logs: what the server or the connection said, shortened.
    pub detail: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// 401, an anonymous answer to a request with a credential, or a failed log-in header.
    #[error("Atlassian did not accept the credential")]
    Unauthorized,
    /// 401 with `scope does not match`: a new token of the same scopes would not help.
    #[error("the token lacks {}", .scope.map_or_else(|| "a scope that this call needs".to_owned(), |scope| format!("the scope {scope}")))]
    ScopeMissing {
        /// The scope that names the object of the call, where it is known. Others may lack too.
        scope: Option<&'static str>,
    },
    /// 401 to an access token that is made elsewhere and not renewed here.
    #[error("the access token has expired or was revoked")]
    TokenExpired,
    /// The refresh token is spent, revoked or too old: only a person's consent makes another.
    #[error("the authorization has ended")]
    ReauthRequired,
    /// The authorization server refuses the application itself: its id, secret, redirect address
    /// or scopes. A new consent would not help.
    #[error("Atlassian refuses the OAuth application")]
    AppMisconfigured,
    /// The store of the caller could not read, lock or keep the tokens of a grant.
    #[error("the tokens of the grant could not be kept")]
    TokensUnsaved,
    /// No Cloud site answers at the address, so that it has no id on the gateway.
    #[error("no Cloud site answers at this address")]
    NotCloud,
    /// 404 of a named object, unless it is an HTML page. Says nothing about whether the object exists.
    #[error("not found, or not visible to this credential")]
    NotVisible,
    /// 403.
    #[error("not allowed")]
    Forbidden,
    /// 403 with `XSRF check failed`, although this crate sends the header that answers it.
    #[error("the site took the request for a forged one")]
    XsrfCheckFailed,
    /// 409. Both numbers are parsed from the answer's text, when it names them.
    #[error("the page moved on")]
    Conflict {
        /// The version that the page has.
        current: Option<i64>,
        /// The version that the request would have made.
        provided: Option<i64>,
    },
    /// 410.
    #[error("this endpoint was removed by Atlassian")]
    Gone,
    /// The product has the operation, this kind of deployment has not. No request was made.
    #[error("this kind of site does not offer the operation")]
    NotOffered,
    /// 429.
    #[error("rate limited")]
    RateLimited {
        /// The value of `RateLimit-Reason`: an open set, such as `confluence-burst-based`.
        reason: Option<String>,
        /// How long the server asks to wait, if it says so.
        retry_after: Option<Duration>,
    },
    /// An HTML page with a success status, or a redirect to a login page.
    #[error("the server answered with a login page")]
    HtmlLogin,
    /// A redirect to anywhere else. Redirects are never followed: a credential stays on its host.
    #[error("the server redirects to another address")]
    Redirected {
        /// Where to, without query.
        to: String,
    },
    /// 404 as an HTML page, or of a search or the list of spaces: whatever answers there is not the
    /// REST interface of Confluence or Jira.
    #[error("neither Confluence nor Jira answers at this address")]
    NotConfluence,
    /// 400, 413, 415, 422 and every other refusal of the request itself.
    #[error("the request was refused")]
    BadRequest {
        /// What the server said: its words, to be treated as data.
        message: String,
        /// What Jira says of single fields.
        fields: Vec<FieldError>,
    },
    /// The answer is larger than [`HttpOptions::max_body`](crate::HttpOptions::max_body).
    #[error("the answer is too large")]
    TooLarge,
    /// No connection, or one that broke off.
    #[error("the server could not be reached: {reason}")]
    Unreachable {
        /// The last cause: name resolution, refused connection, certificate, broken connection.
        reason: String,
    },
    /// No answer within the time limit.
    #[error("the server took too long")]
    TimedOut,
    /// 5xx.
    #[error("the server failed")]
    Transient,
    /// A success without the JSON that it should hold.
    #[error("the answer could not be understood")]
    Unreadable,
    /// A link to the next page of a listing that leads away from the site or its interface.
    #[error("a link in the answer leads to another host")]
    ForeignLink,
}

/// What is wrong with one field of a request to Jira.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's id: `summary`, `customfield_10030`; an open set.
    pub field: String,
    /// What the server said: its words, to be treated as data.
    pub message: String,
}

impl FieldError {
    /// Reads `errors` of an answer of Jira's: an object of texts.
    pub(crate) fn all(errors: Option<&Value>) -> Vec<Self> {
        let errors = errors.and_then(Value::as_object).into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        errors
            .map(|(field, message)| Self { field: field.clone(), message: shorten(&text(message)) })
            .collect()
    }
}

impl ErrorKind {
    /// A refusal that names no field.
    pub(crate) fn bad_request(message: &str) -> Self {
        Self::BadRequest { message: message.to_owned(), fields: Vec::new() }
    }

    /// A stable name for programs, such as `atlassian_unauthorized`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "atlassian_unauthorized",
            Self::ScopeMissing { .. } => "atlassian_scope_missing",
            Self::TokenExpired => "atlassian_token_expired",
            Self::ReauthRequired => "atlassian_reauth_required",
            Self::AppMisconfigured => "atlassian_app_misconfigured",
            Self::TokensUnsaved => "atlassian_tokens_unsaved",
            Self::NotCloud => "atlassian_not_cloud",
            Self::NotVisible => "atlassian_not_visible",
            Self::Forbidden => "atlassian_forbidden",
            Self::XsrfCheckFailed => "atlassian_xsrf_check_failed",
            Self::Conflict { .. } => "atlassian_conflict",
            Self::Gone => "atlassian_gone",
            Self::NotOffered => "atlassian_not_offered",
            Self::RateLimited { .. } => "atlassian_rate_limited",
            Self::HtmlLogin => "atlassian_html_login",
            Self::Redirected { .. } => "atlassian_redirected",
            Self::NotConfluence => "atlassian_not_confluence",
            Self::BadRequest { .. } => "atlassian_bad_request",
            Self::TooLarge => "atlassian_too_large",
            Self::Unreachable { .. } => "atlassian_unreachable",
            Self::TimedOut => "atlassian_timed_out",
            Self::Transient => "atlassian_transient",
            Self::Unreadable => "atlassian_unreadable",
            Self::ForeignLink => "atlassian_foreign_link",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unauthorized => {
                "Check the user name and token, and that the token has not expired or been revoked."
            }
            Self::ScopeMissing { .. } => {
                "Add it: an API token's scopes cannot be changed, so make a new token at id.atlassian.com under Security; for an OAuth app add it under Permissions in the developer console and consent again."
            }
            Self::TokenExpired => {
                "Get a new access token where this one was made; it is not renewed here."
            }
            Self::ReauthRequired => "Connect the account again.",
            Self::AppMisconfigured => {
                "Compare client id, secret, callback URL and scopes with the app in Atlassian's developer console; connecting again would not help."
            }
            Self::TokensUnsaved => {
                "Check that the data folder or database can be written; nothing is lost when it is asked again within ten minutes."
            }
            Self::NotCloud => {
                "Check the address; a custom domain of Cloud answers at /_edge/tenant_info, and a Data Center takes a personal access token."
            }
            Self::NotVisible => {
                "Check the id or key, and that the account of the credential may view it."
            }
            Self::Forbidden => "Ask a space administrator for the permission that is missing.",
            Self::XsrfCheckFailed => {
                "Check that no proxy removes X-Atlassian-Token and that the address is the base URL that the site is configured with."
            }
            Self::Conflict { .. } => "Read the page again and repeat the edit on its new version.",
            Self::Gone => "Update this program: it uses an endpoint that no longer exists.",
            Self::NotOffered => {
                "Do it in the browser: the REST interface of this kind of site has no such operation."
            }
            Self::RateLimited { .. } => "Wait as long as asked, then try again with fewer calls.",
            Self::HtmlLogin => {
                "Check the token, and that single sign-on lets REST calls with a token pass."
            }
            Self::Redirected { .. } => "Use the address that the server redirects to.",
            Self::NotConfluence => {
                "Check the site's address: a Data Center needs its context path, such as /confluence."
            }
            Self::BadRequest { .. } => "Correct the request as the message says.",
            Self::TooLarge => "Raise the size limit, or ask for less.",
            Self::Unreachable { .. } => {
                "Check the address, the network, the proxy and the certificate."
            }
            Self::TimedOut => "Try again; if it persists, raise the time limit or ask for less.",
            Self::Transient => "Try again in a few minutes.",
            Self::Unreadable => {
                "Check that no proxy changes the answers; if it persists, report it with the log's detail."
            }
            Self::ForeignLink => {
                "Check that the site's address is the one that Confluence is configured with."
            }
        }
    }
}
