//! The console's one-time links and sessions. Both live in memory as hashes only: a restart signs
//! everybody out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use http::header::COOKIE;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use store::{Environment, TokenId};
use subtle::ConstantTimeEq as _;

use crate::authority::Authorities;

/// For how many minutes a link can be opened.
pub const SIGN_IN_MINUTES: i64 = 10;

/// A session ends this long after its last request,
const IDLE_HOURS: i64 = 8;
/// and this long after it began in any case.
const SESSION_DAYS: i64 = 7;

/// More links than this wait for nobody; the oldest goes.
const LINKS_WAITING: usize = 16;

type Hash = [u8; 32];

/// Mints and redeems one-time links. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct SignIn {
    environment: Environment,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    links: Vec<Link>,
    sessions: HashMap<Hash, Session>,
}

struct Session {
    minted_by: Option<TokenId>,
    began_at: Timestamp,
    seen_at: Timestamp,
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen_at) >= SignedDuration::from_hours(IDLE_HOURS)
            || now.duration_since(self.began_at) >= SignedDuration::from_hours(24 * SESSION_DAYS)
    }
}

struct Link {
    minted_by: Option<TokenId>,
    code: Hash,
    expires_at: Timestamp,
}

impl SignIn {
    /// Nobody is signed in and no link waits.
    pub fn new(environment: Environment) -> Self {
        Self { environment, state: Arc::default() }
    }

    /// Returns the path and query of a link that signs one browser in, once, within
    /// [`SIGN_IN_MINUTES`] minutes. To be appended to the server's address. `minted_by` is the token
    /// whose revocation ends the link and the session that it begins.
    pub fn mint(&self, minted_by: Option<TokenId>) -> String {
        let code = self.environment.token();
        let now = self.environment.now();
        let mut state = self.state();
        state.links.retain(|link| link.expires_at > now);
        if state.links.len() == LINKS_WAITING {
            state.links.remove(0);
        }
        let expires_at = now + SignedDuration::from_mins(SIGN_IN_MINUTES);
        state.links.push(Link { minted_by, code: hash(&code), expires_at });
        format!("/sign-in?code={code}")
    }

    /// Returns the secret of a new session, or None when the link is unknown, spent or too old.
    pub(crate) fn redeem(&self, code: &str) -> Option<String> {
        let code = hash(code);
        let now = self.environment.now();
        let mut state = self.state();
        // All are compared, so that the time taken tells nothing.
        let mut found = None;
        for (index, link) in state.links.iter().enumerate() {
            if bool::from(link.code.ct_eq(&code)) && link.expires_at > now {
                found = Some(index);
            }
        }
        let Link { minted_by, .. } = state.links.remove(found?);
        let session = self.environment.token();
        state.sessions.retain(|_, session| !session.is_over(now));
        let began = Session { minted_by, began_at: now, seen_at: now };
        state.sessions.insert(hash(&session), began);
        Some(session)
    }

    /// Whether the session goes on; a request keeps it going.
    pub(crate) fn is_signed_in(&self, session: &str) -> bool {
        let now = self.environment.now();
        let mut state = self.state();
        let Some(session) = state.sessions.get_mut(&hash(session)) else { return false };
        if session.is_over(now) {
            return false;
        }
        session.seen_at = now;
        true
    }

    /// Ends what a token that is revoked has opened.
    pub(crate) fn revoke(&self, token: &str) {
        let is_its = |minted_by: &Option<TokenId>| {
            minted_by.as_ref().is_some_and(|minted_by| minted_by.as_str() == token)
        };
        let mut state = self.state();
        state.links.retain(|link| !is_its(&link.minted_by));
        state.sessions.retain(|_, session| !is_its(&session.minted_by));
    }

    pub(crate) fn sign_out(&self, session: &str) {
        self.state().sessions.remove(&hash(session));
    }

    /// A panic elsewhere leaves the sets whole: each change is one call.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

/// The name of the session cookie. `__Host-` binds it to this host and to TLS; without TLS browsers
/// share cookies between the ports of a machine, so the port is in the name.
fn cookie_name(authorities: &Authorities) -> String {
    if authorities.is_https() {
        "__Host-weir_session".to_owned()
    } else {
        format!("weir_session_{}", authorities.port())
    }
}

/// The session that a request names, signed in or not.
pub(crate) fn session_of<'a>(headers: &'a HeaderMap, authorities: &Authorities) -> Option<&'a str> {
    let wanted = cookie_name(authorities);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))
}

/// The value of `Set-Cookie` that begins a session. `Lax`, because a link opened from a terminal in
/// the browser or from a chat arrives from another site; forms are checked by their origin.
pub(crate) fn session_cookie(session: &str, authorities: &Authorities) -> String {
    cookie(session, authorities)
}

/// The value of `Set-Cookie` that ends a session.
pub(crate) fn ended_session_cookie(authorities: &Authorities) -> String {
    cookie("", authorities) + "; Max-Age=0"
}

fn cookie(value: &str, authorities: &Authorities) -> String {
    let name = cookie_name(authorities);
    let secure = if authorities.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

    use super::*;

    /// A clock that a test moves, in seconds, and randomness that counts.
    fn environment() -> (Environment, Arc<AtomicI64>) {
        let seconds = Arc::new(AtomicI64::new(0));
        let (clock, drawn) = (Arc::clone(&seconds), AtomicU8::new(0));
        let environment = Environment {
            now: Arc::new(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap()),
            random: Arc::new(move |bytes: &mut [u8]| {
                bytes.fill(drawn.fetch_add(1, Ordering::Relaxed));
            }),
        };
        (environment, seconds)
    }

    fn code(link: &str) -> &str {
        link.strip_prefix("/sign-in?code=").unwrap()
    }

    #[test]
    fn a_link_signs_in_once() {
        let sign_in = SignIn::new(environment().0);
        let link = sign_in.mint(None);
        let session = sign_in.redeem(code(&link)).unwrap();
        assert!(sign_in.is_signed_in(&session));
        assert_eq!(sign_in.redeem(code(&link)), None);
        sign_in.sign_out(&session);
        assert!(!sign_in.is_signed_in(&session));
    }

    #[test]
    fn a_link_is_dead_after_ten_minutes() {
        let (environment, seconds) = environment();
        let sign_in = SignIn::new(environment);
        let link = sign_in.mint(None);
        seconds.store(10 * 60, Ordering::Relaxed);
        assert_eq!(sign_in.redeem(code(&link)), None);
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_after_a_week_in_any_case() {
        let (environment, seconds) = environment();
        let sign_in = SignIn::new(environment);
        let session = sign_in.redeem(code(&sign_in.mint(None))).unwrap();
        let after = |hours: i64| {
            seconds.store(hours * 60 * 60, Ordering::Relaxed);
            sign_in.is_signed_in(&session)
        };
        assert!((1..24).all(|seventh| after(seventh * 7)), "used every seven hours");
        assert!(!after(7 * 24), "a week old");

        let session = sign_in.redeem(code(&sign_in.mint(None))).unwrap();
        seconds.fetch_add(8 * 60 * 60, Ordering::Relaxed);
        assert!(!sign_in.is_signed_in(&session), "eight hours idle");
        sign_in.redeem(code(&sign_in.mint(None))).unwrap();
        assert_eq!(sign_in.state().sessions.len(), 1, "what is over is forgotten");
    }

    #[test]
    fn what_was_never_minted_signs_nobody_in() {
        let sign_in = SignIn::new(environment().0);
        sign_in.mint(None);
        assert_eq!(sign_in.redeem(""), None);
        assert!(!sign_in.is_signed_in(""));
    }

    #[test]
    fn the_oldest_of_too_many_links_goes() {
        let sign_in = SignIn::new(environment().0);
        let links: Vec<String> = (0..=LINKS_WAITING).map(|_| sign_in.mint(None)).collect();
        assert_eq!(sign_in.redeem(code(&links[0])), None);
        assert!(sign_in.redeem(code(&links[1])).is_some());
    }

    #[test]
    fn the_cookie_is_bound_to_its_host_over_tls_and_to_its_port_without() {
        let of = |public_url: Option<&str>| {
            let url = public_url.map(|url| url::Url::parse(url).unwrap());
            let authorities =
                Authorities::new("127.0.0.1:8420".parse().unwrap(), url.as_ref()).unwrap();
            session_cookie("s", &authorities)
        };
        assert_eq!(of(None), "weir_session_8420=s; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(
            of(Some("https://weir.example")),
            "__Host-weir_session=s; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
