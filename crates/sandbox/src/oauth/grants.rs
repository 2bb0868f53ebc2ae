//! Who may act for whom, and for how long.
//!
//! The numbers are those that Atlassian's staff gave for Cloud (community.developer.atlassian.com
//! topics 54172 and 60806): a refresh token works once and for ten minutes more, ends after 90 days
//! without use and 365 days after the consent; another use of a spent one ends all its successors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::credentials::{api_token, letters};
use crate::site::Person;

const ACCESS_LIFE: SignedDuration = SignedDuration::from_hours(1);
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
const LEEWAY: SignedDuration = SignedDuration::from_mins(10);
const IDLE: SignedDuration = SignedDuration::from_hours(90 * 24);
const ABSOLUTE: SignedDuration = SignedDuration::from_hours(365 * 24);

type Random<'a> = &'a (dyn Fn(&mut [u8]) + Send + Sync);

/// Who gave a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Issuer {
    Cloud,
    DataCenter,
}

/// An application by its id and secret.
#[derive(Clone)]
pub(crate) struct Client {
    pub id: String,
    pub secret: String,
    pub issuer: Issuer,
    /// Acts for itself (client credentials) and not for people.
    pub service: bool,
}

/// A consent that somebody is about to give.
#[derive(Clone)]
pub(crate) struct Wish {
    pub issuer: Issuer,
    pub redirect_uri: String,
    pub state: String,
    pub scopes: BTreeSet<String>,
    /// `code_challenge` of S256.
    pub challenge: Option<String>,
}

struct Code {
    wish: Wish,
    person: Person,
    until: Timestamp,
}

struct Access {
    holder: Holder,
    until: Timestamp,
}

#[derive(Clone, Copy)]
enum Holder {
    Family(usize),
    Service(Issuer, Person),
}

struct Refresh {
    family: usize,
    since: Timestamp,
    spent: Option<Timestamp>,
}

/// All tokens that one consent led to.
struct Family {
    issuer: Issuer,
    person: Person,
    redirect_uri: String,
    since: Timestamp,
    dead: bool,
}

/// Whom a token stands for, and what it may do.
pub(crate) struct Opened {
    pub person: Person,
    pub scopes: BTreeSet<String>,
}

/// What the token endpoint gives.
pub(crate) struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub scopes: BTreeSet<String>,
}

/// Why it gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The application's id or secret.
    Client,
    /// A refresh token that is unknown, or was spent too long ago.
    Spent,
    /// A refresh token that grew too old.
    Old,
    /// A code that is unknown, spent or too old, or belongs to another request.
    Code,
}

pub(crate) struct Grants {
    clients: Vec<Client>,
    wishes: BTreeMap<String, Wish>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    families: Vec<Family>,
    /// What each person consented to last: a new consent replaces the scopes of the old one.
    consents: BTreeMap<(Issuer, Person), BTreeSet<String>>,
    service: Person,
    service_scopes: BTreeSet<String>,
    /// API tokens with scopes.
    scoped: BTreeMap<String, (Person, BTreeSet<String>)>,
}

impl Grants {
    pub(crate) fn new(
        random: Random<'_>,
        service: Person,
        service_scopes: BTreeSet<String>,
    ) -> Self {
        let client = |issuer, service| Client {
            id: letters(random, 32),
            secret: format!("ATOA{}", letters(random, 60)),
            issuer,
            service,
        };
        Self {
            clients: vec![
                client(Issuer::Cloud, false),
                client(Issuer::Cloud, true),
                client(Issuer::DataCenter, false),
            ],
            wishes: BTreeMap::new(),
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            families: Vec::new(),
            consents: BTreeMap::new(),
            service,
            service_scopes,
            scoped: BTreeMap::new(),
        }
    }

    /// The application that people consent to, or the one that acts for itself.
    pub(crate) fn client(&self, issuer: Issuer, service: bool) -> Option<&Client> {
        let is_it = |client: &&Client| client.issuer == issuer && client.service == service;
        self.clients.iter().find(is_it)
    }

    /// Makes an API token with scopes.
    pub(crate) fn add_scoped(
        &mut self,
        random: Random<'_>,
        person: Person,
        scopes: BTreeSet<String>,
    ) -> String {
        let token = api_token(random);
        self.scoped.insert(token.clone(), (person, scopes));
        token
    }

    /// Whom an API token with scopes stands for.
    pub(crate) fn scoped(&self, token: &str) -> Option<Opened> {
        let (person, scopes) = self.scoped.get(token)?;
        Some(Opened { person: *person, scopes: scopes.clone() })
    }

    /// Whom an access token stands for, while it lives.
    pub(crate) fn opened(&self, issuer: Issuer, token: &str, now: Timestamp) -> Option<Opened> {
        let access = self.access.get(token).filter(|access| access.until > now)?;
        match access.holder {
            Holder::Family(number) => {
                let family = self.families.get(number)?;
                let lives = !family.dead && family.issuer == issuer;
                lives.then(|| Opened { person: family.person, scopes: self.consented(family) })
            }
            Holder::Service(by, person) => {
                (by == issuer).then(|| Opened { person, scopes: self.service_scopes.clone() })
            }
        }
    }

    /// Notes a wish and names it.
    pub(crate) fn wish(&mut self, random: Random<'_>, wish: Wish) -> String {
        let name = letters(random, 20);
        self.wishes.insert(name.clone(), wish);
        name
    }

    /// The wish of that name, once.
    pub(crate) fn take_wish(&mut self, name: &str) -> Option<Wish> {
        self.wishes.remove(name)
    }

    /// The person consents: the code for the token endpoint.
    pub(crate) fn consent(
        &mut self,
        random: Random<'_>,
        wish: Wish,
        person: Person,
        now: Timestamp,
    ) -> String {
        self.consents.insert((wish.issuer, person), wish.scopes.clone());
        let code = letters(random, 40);
        self.codes.insert(code.clone(), Code { wish, person, until: now + CODE_LIFE });
        code
    }

    pub(crate) fn known(
        &self,
        issuer: Issuer,
        service: bool,
        id: &str,
        secret: &str,
    ) -> Result<(), Denied> {
        let client = self.client(issuer, service);
        let known = client.is_some_and(|client| client.id == id && client.secret == secret);
        if known { Ok(()) } else { Err(Denied::Client) }
    }

    /// The first tokens of a consent. `proof` is the S256 challenge of the verifier that was sent.
    pub(crate) fn redeem(
        &mut self,
        random: Random<'_>,
        issuer: Issuer,
        code: &str,
        redirect_uri: &str,
        proof: Option<&str>,
        now: Timestamp,
    ) -> Result<Tokens, Denied> {
        let code = self.codes.remove(code).ok_or(Denied::Code)?;
        let fits = code.wish.issuer == issuer
            && code.until > now
            && code.wish.redirect_uri == redirect_uri
            && code.wish.challenge.as_deref() == proof;
        if !fits {
            return Err(Denied::Code);
        }
        self.families.push(Family {
            issuer,
            person: code.person,
            redirect_uri: redirect_uri.to_owned(),
            since: now,
            dead: false,
        });
        Ok(self.issue(random, self.families.len() - 1, now))
    }

    /// The next tokens of a family. `redirect_uri` is compared on Data Center alone.
    pub(crate) fn rotate(
        &mut self,
        random: Random<'_>,
        issuer: Issuer,
        token: &str,
        redirect_uri: Option<&str>,
        now: Timestamp,
    ) -> Result<Tokens, Denied> {
        let refresh = self.refresh.get_mut(token).ok_or(Denied::Spent)?;
        let number = refresh.family;
        let family = self.families.get_mut(number).ok_or(Denied::Spent)?;
        if family.issuer != issuer || family.dead {
            return Err(Denied::Spent);
        }
        if issuer == Issuer::DataCenter && redirect_uri != Some(family.redirect_uri.as_str()) {
            return Err(Denied::Code);
        }
        let too_old =
            now.duration_since(family.since) > ABSOLUTE || now.duration_since(refresh.since) > IDLE;
        if too_old {
            return Err(Denied::Old);
        }
        match refresh.spent {
            Some(spent) if now.duration_since(spent) > LEEWAY => {
                family.dead = true;
                return Err(Denied::Spent);
            }
            Some(_) => {}
            None => refresh.spent = Some(now),
        }
        Ok(self.issue(random, number, now))
    }

    /// A token of the application itself.
    pub(crate) fn serve(&mut self, random: Random<'_>, issuer: Issuer, now: Timestamp) -> Tokens {
        let holder = Holder::Service(issuer, self.service);
        let access = self.access_token(random, holder, now);
        Tokens { access, refresh: None, scopes: self.service_scopes.clone() }
    }

    pub(crate) fn set_service_scopes(&mut self, scopes: BTreeSet<String>) {
        self.service_scopes = scopes;
    }

    /// Ends all grants, as a change of password does.
    pub(crate) fn revoke_all(&mut self) {
        for family in &mut self.families {
            family.dead = true;
        }
    }

    fn issue(&mut self, random: Random<'_>, number: usize, now: Timestamp) -> Tokens {
        let access = self.access_token(random, Holder::Family(number), now);
        let scopes = self.families.get(number).map(|family| self.consented(family));
        let (scopes, issuer) = (scopes.unwrap_or_default(), self.families[number].issuer);
        let lasting = issuer == Issuer::DataCenter || scopes.contains("offline_access");
        let refresh = lasting.then(|| letters(random, 64));
        if let Some(token) = &refresh {
            let refresh = Refresh { family: number, since: now, spent: None };
            self.refresh.insert(token.clone(), refresh);
        }
        Tokens { access, refresh, scopes }
    }

    fn access_token(&mut self, random: Random<'_>, holder: Holder, now: Timestamp) -> String {
        let token =
            format!("eyJ{}.{}.{}", letters(random, 20), letters(random, 60), letters(random, 40));
        self.access.insert(token.clone(), Access { holder, until: now + ACCESS_LIFE });
        token
    }

    fn consented(&self, family: &Family) -> BTreeSet<String> {
        self.consents.get(&(family.issuer, family.person)).cloned().unwrap_or_default()
    }
}
