use serde::Deserialize;
use url::Url;

use crate::answer::Answer;
use crate::http::{Call, Traffic};
use crate::{Credential, Error, ErrorKind, Http, Product, Realm, Result};

/// A site that a grant opens, with the scopes that it opens it for.
///
/// One site may stand in the list once for each product, with the same id and other scopes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CloudSite {
    /// The cloud id.
    pub id: String,
    /// The site's own address, such as `https://example.atlassian.net`.
    #[serde(default)]
    pub url: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// What the grant may do there.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl CloudSite {
    /// Whether the grant opens this product of the site: its scopes tell.
    pub fn serves(&self, product: Product) -> bool {
        self.scopes.iter().any(|scope| of_product(scope) == Some(product))
    }
}

/// The sites that an access token opens (`GET /oauth/token/accessible-resources`).
pub async fn accessible_sites(
    http: &Http,
    realm: &Realm,
    credential: &Credential,
) -> Result<Vec<CloudSite>> {
    let address = format!("{}/oauth/token/accessible-resources", realm.api());
    let url = Url::parse(&address).map_err(|error| Error {
        kind: ErrorKind::AppMisconfigured,
        status: None,
        method: "GET",
        path: String::new(),
        detail: error.to_string(),
    })?;
    let call = Call { method: reqwest::Method::GET, url, body: None };
    http.call(credential, &Traffic::default(), &call, Answer::read).await
}

/// Why no site could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteChoiceError {
    /// None with a scope of the product, or of the address wanted.
    #[error("the grant opens no such site; consent again and choose the site")]
    None,
    /// Several, by their addresses.
    #[error("the grant opens several sites: {}; name one by its address", .0.join(", "))]
    Several(Vec<String>),
}

/// The site for a product: of those whose scopes are the product's, the one at `address`, or the
/// only one.
pub fn choose_site<'a>(
    sites: &'a [CloudSite],
    product: Product,
    address: Option<&Url>,
) -> Result<&'a CloudSite, SiteChoiceError> {
    let is_wanted = |site: &&CloudSite| {
        let origin = Url::parse(&site.url).map(|url| url.origin());
        address.is_none_or(|address| origin.is_ok_and(|origin| origin == address.origin()))
    };
    let serving = || sites.iter().filter(|site| site.serves(product)).filter(is_wanted);
    let Some(first) = serving().next() else { return Err(SiteChoiceError::None) };
    if serving().any(|site| site.id != first.id) {
        return Err(SiteChoiceError::Several(serving().map(|site| site.url.clone()).collect()));
    }
    Ok(first)
}

/// Granular scopes end in the product (`read:page:confluence`); of classic ones the middle says it
/// (`read:confluence-content.all`, `read:jira-work`).
fn of_product(scope: &str) -> Option<Product> {
    let mut words = scope.split([':', '-', '.']);
    words.find_map(|word| match word {
        "confluence" => Some(Product::Confluence),
        "jira" => Some(Product::Jira),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(id: &str, url: &str, scopes: &[&str]) -> CloudSite {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        CloudSite { id: id.into(), url: url.into(), name: id.into(), scopes }
    }

    #[test]
    fn a_site_is_chosen_by_scopes_and_never_by_its_id_alone() {
        let (a, b) = ("https://a.atlassian.net", "https://b.atlassian.net");
        let sites = [
            site("1", a, &["read:jira-work", "offline_access"]),
            site("1", a, &["read:page:confluence"]),
            site("2", b, &["search:confluence"]),
            site("3", "https://c.atlassian.net", &["read:me"]),
        ];
        let at = |address: Option<&str>, product| {
            let address = address.map(|address| Url::parse(address).unwrap());
            choose_site(&sites, product, address.as_ref())
        };
        assert_eq!(at(None, Product::Jira), Ok(&sites[0]));
        assert_eq!(at(Some("https://a.atlassian.net/wiki"), Product::Confluence), Ok(&sites[1]));
        assert_eq!(at(Some(b), Product::Confluence), Ok(&sites[2]));
        let several = SiteChoiceError::Several(vec![a.to_owned(), b.to_owned()]);
        assert_eq!(at(None, Product::Confluence), Err(several));
        assert_eq!(at(Some(b), Product::Jira), Err(SiteChoiceError::None));
        assert_eq!(at(Some("https://c.atlassian.net"), Product::Jira), Err(SiteChoiceError::None));
    }
}
