//! Consent, tokens and the gateway, without the client that they are made for.

use reqwest::{Method, StatusCode};
use sandbox::Content;
use serde_json::{Value, json};

use crate::support::{Bed, json_of, outcome};

const BACK: &str = "http://localhost:8080/callback";

impl Bed {
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.access().oauth.origin)
    }

    fn authorize(&self, redirect_uri: &str) -> String {
        let oauth = &self.sandbox.access().oauth;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("audience", &oauth.audience)
            .append_pair("client_id", &oauth.cloud.client_id)
            .append_pair("scope", "read:space:confluence offline_access")
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", "st<ate")
            .append_pair("response_type", "code")
            .finish();
        self.address(&format!("/authorize?{query}"))
    }

    /// Consents as the service account and answers the code.
    async fn code(&self) -> String {
        let page = self.bare(&self.authorize(BACK)).send().await.unwrap().text().await.unwrap();
        let request = page.split("name=\"request\" value=\"").nth(1).unwrap();
        let request = request.split('"').next().unwrap();
        let form = [("request", request), ("account", "service"), ("decision", "accept")];
        let request = self.request(Method::POST, &self.address("/authorize"));
        let answer = request.form(&form).send().await.unwrap();
        let back = answer.headers()["location"].to_str().unwrap().to_owned();
        let back = url::Url::parse(&back).unwrap();
        assert!(back.as_str().starts_with(BACK));
        let value = |wanted: &str| {
            back.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned()
        };
        assert_eq!(value("state"), "st<ate");
        value("code")
    }

    async fn token(&self, fields: Value) -> (u16, Value) {
        let client = &self.sandbox.access().oauth.cloud;
        let mut body =
            json!({"client_id": client.client_id, "client_secret": client.client_secret});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let request = self.request(Method::POST, &self.address("/oauth/token"));
        outcome(request.json(&body)).await
    }

    async fn first_tokens(&self) -> Value {
        let code = self.code().await;
        let fields =
            json!({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK});
        let (status, tokens) = self.token(fields.clone()).await;
        assert_eq!(status, 200, "{tokens}");
        let (status, again) = self.token(fields).await;
        assert_eq!((status, &again["error"]), (403, &json!("invalid_grant")), "a code works once");
        tokens
    }

    async fn refresh(&self, token: &Value) -> (u16, Value) {
        self.token(json!({"grant_type": "refresh_token", "refresh_token": token})).await
    }

    async fn spaces(&self, base: &str, token: &Value) -> (u16, Value) {
        let request = self.bare(&format!("{base}/api/v2/spaces"));
        outcome(request.bearer_auth(token.as_str().unwrap())).await
    }

    fn gateway(&self) -> String {
        let oauth = &self.sandbox.access().oauth;
        format!("{}/ex/confluence/{}/wiki", oauth.origin, oauth.cloud_id)
    }
}

#[tokio::test]
async fn an_access_token_opens_the_gateway_for_an_hour_and_the_site_never() {
    let bed = Bed::start(Content::empty().page("ENG", None, "Home", "<p/>")).await;
    let tokens = bed.first_tokens().await;
    assert_eq!(tokens["scope"], "offline_access read:space:confluence");
    let token = &tokens["access_token"];
    let (status, spaces) = bed.spaces(&bed.gateway(), token).await;
    assert_eq!((status, &spaces["results"][0]["key"]), (200, &json!("ENG")));
    assert_eq!(spaces["_links"]["base"], bed.sandbox.access().cloud.url.as_str());
    assert_eq!(bed.spaces(&bed.sandbox.access().cloud.url, token).await.0, 401);

    let pages = bed.bare(&format!("{}/api/v2/pages", bed.gateway()));
    let refused = outcome(pages.bearer_auth(token.as_str().unwrap())).await;
    let body = json!({"code": 401, "message": "Unauthorized; scope does not match"});
    assert_eq!(refused, (401, body));
    let other = bed.gateway().replace("/ex/confluence/", "/ex/confluence/0");
    assert_eq!(bed.spaces(&other, token).await.0, 404);

    bed.pass(3_601);
    assert_eq!(bed.spaces(&bed.gateway(), token).await.0, 401);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_ten_minutes_more() {
    let bed = Bed::start(Content::empty()).await;
    let first = bed.first_tokens().await["refresh_token"].clone();
    let (status, second) = bed.refresh(&first).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first);
    bed.pass(600);
    assert_eq!(bed.refresh(&first).await.0, 200);
    bed.pass(1);
    let spent =
        json!({"error": "unauthorized_client", "error_description": "refresh_token is invalid"});
    assert_eq!(bed.refresh(&first).await, (403, spent.clone()));
    // And with it the whole family.
    assert_eq!(bed.refresh(&second["refresh_token"]).await, (403, spent));
    assert_eq!(bed.spaces(&bed.gateway(), &second["access_token"]).await.0, 401);
}

#[tokio::test]
async fn a_wrong_secret_is_denied_and_spends_nothing() {
    let bed = Bed::start(Content::empty()).await;
    let refresh = bed.first_tokens().await["refresh_token"].clone();
    let fields = json!({"grant_type": "refresh_token", "refresh_token": refresh,
        "client_secret": "wrong"});
    let denied = json!({"error": "access_denied", "error_description": "Unauthorized"});
    assert_eq!(bed.token(fields).await, (401, denied));
    assert_eq!(bed.refresh(&refresh).await.0, 200);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let bed = Bed::start(Content::empty()).await;
    for address in ["https://evil.example/callback", "http://localhost.evil.example/", "x"] {
        let answer = bed.bare(&bed.authorize(address)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{address}");
        assert!(!answer.headers().contains_key("location"));
    }
}

#[tokio::test]
async fn tokens_with_scopes_open_the_gateway_alone() {
    let bed = Bed::start(Content::empty().page("ENG", None, "Home", "<p/>")).await;
    let account = bed.account("service").clone();
    let ask = |base: &str, token: &str| {
        let request = bed.bare(&format!("{base}/api/v2/spaces"));
        outcome(request.basic_auth(&account.email, Some(token)))
    };
    let (site, gateway) = (bed.sandbox.access().cloud.url.clone(), bed.gateway());
    assert_eq!(ask(&site, &account.scoped_api_token).await.0, 401);
    assert_eq!(ask(&gateway, &account.scoped_api_token).await.0, 200);
    assert_eq!(ask(&gateway, &account.api_token).await.0, 401);
    let tenant = site.replace("/wiki", "/_edge/tenant_info");
    let tenant = json_of(bed.bare(&tenant).send().await.unwrap()).await;
    assert_eq!(tenant["cloudId"], bed.sandbox.access().oauth.cloud_id.as_str());
}
