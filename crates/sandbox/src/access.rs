//! Where a running sandbox is and how to sign in.

use serde::Serialize;

/// What `weir sandbox` prints as one JSON line.
#[derive(Clone, Debug, Serialize)]
pub struct Access {
    /// Confluence Cloud, as the service account.
    pub cloud: CloudAccess,
    /// Confluence Data Center, as the service account.
    pub data_center: DataCenterAccess,
    /// Jira on the same two sites; the credentials are those above.
    pub jira: JiraAccess,
    /// OAuth, on both.
    pub oauth: OAuthAccess,
    /// All four accounts: service, reader, outsider, administrator.
    pub accounts: Vec<AccountAccess>,
}

/// Address and credential of the Cloud site.
#[derive(Clone, Debug, Serialize)]
pub struct CloudAccess {
    /// Ends in `/wiki`.
    pub url: String,
    /// The e-mail address for Basic authentication.
    pub username: String,
    /// Its password.
    pub api_token: String,
}

/// Address and credential of the Data Center site.
#[derive(Clone, Debug, Serialize)]
pub struct DataCenterAccess {
    /// Ends in the context path `/confluence`.
    pub url: String,
    /// For `Authorization: Bearer`; with Basic it is the password of the username.
    pub personal_token: String,
}

/// Addresses of Jira, which takes the credentials of the site that it is on.
#[derive(Clone, Debug, Serialize)]
pub struct JiraAccess {
    /// Jira Cloud: the site's own address, without a path.
    pub cloud_url: String,
    /// Jira Data Center: ends in the context path `/jira`.
    pub data_center_url: String,
}

/// Where tokens are made, and by which applications. A callback may lie anywhere on this machine.
#[derive(Clone, Debug, Serialize)]
pub struct OAuthAccess {
    /// Origin of the Cloud's authorization server and of its gateway, which are one here.
    pub origin: String,
    /// Whom a grant is for.
    pub audience: String,
    /// The id of the Cloud site on the gateway.
    pub cloud_id: String,
    /// The application that people of Cloud consent to.
    pub cloud: OAuthClient,
    /// The credential of the service account on Cloud, for client credentials.
    pub service: OAuthClient,
    /// The application that people of Data Center consent to.
    pub data_center: OAuthClient,
}

/// An application.
#[derive(Clone, Debug, Serialize)]
pub struct OAuthClient {
    /// What the authorization server calls it.
    pub client_id: String,
    /// Its proof.
    pub client_secret: String,
}

/// One account on both products.
#[derive(Clone, Debug, Serialize)]
pub struct AccountAccess {
    /// `service`, `reader`, `outsider` (sees no space) or `administrator` (sees everything).
    pub role: String,
    /// How Cloud names the account.
    pub account_id: String,
    /// How Data Center names the account.
    pub user_key: String,
    /// The name to sign in with on Data Center.
    pub username: String,
    /// The name for people.
    pub display_name: String,
    /// The name to sign in with on Cloud.
    pub email: String,
    /// For Cloud.
    pub api_token: String,
    /// For Cloud through the gateway: a token with all scopes that reading Confluence needs.
    pub scoped_api_token: String,
    /// For Data Center.
    pub personal_token: String,
}
