//! Why the edge lets a request in no further.

use http::StatusCode;

/// What is missing, or what must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    HostNotServed,
    OriginNotServed,
    NotSignedIn,
    SignInLinkSpent,
    SignInLinkPrefetched,
    ForeignForm,
    NoToken,
    InvalidToken,
    NotLocal,
    Forwarded,
}

impl Denial {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::SignInLinkSpent | Self::NoToken | Self::InvalidToken => {
                StatusCode::UNAUTHORIZED
            }
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// `WWW-Authenticate`. RFC 6750 section 3: an error is named only when a token was sent.
    pub(crate) fn challenge(self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some("Bearer"),
            Self::InvalidToken => Some("Bearer error=\"invalid_token\""),
            _ => None,
        }
    }

    /// Code, message, next step.
    pub(crate) fn said(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::HostNotServed => (
                "host_not_served",
                "Weir does not answer to this name.",
                "Use the address that Weir printed when it started, or start it with \
                 `--public-url`.",
            ),
            Self::OriginNotServed => (
                "origin_not_served",
                "This request was made by a page of another site.",
                "Open Weir directly. If people reach it at another address, start it with \
                 `--public-url`.",
            ),
            Self::NotSignedIn => (
                "not_signed_in",
                "You are not signed in.",
                "Weir printed a link in the terminal in which it was started. For a new one, run \
                 `weir sign-in` on that machine.",
            ),
            Self::SignInLinkSpent => (
                "sign_in_link_spent",
                "This link has been used, or is older than ten minutes.",
                "For a new one, run `weir sign-in` on the machine that Weir runs on.",
            ),
            Self::SignInLinkPrefetched => (
                "sign_in_link_prefetched",
                "This link waits for you.",
                "Something looked at it ahead of you. Open it in your browser.",
            ),
            Self::ForeignForm => (
                "foreign_form",
                "This form was not sent by a page of this console.",
                "Go to the first page and try again from there.",
            ),
            Self::NoToken => (
                "unauthenticated",
                "This address needs a token.",
                "Send the header `Authorization: Bearer TOKEN`. `weir token create NAME` makes one.",
            ),
            Self::InvalidToken => (
                "invalid_token",
                "This token opens nothing here: it is unknown, expired, revoked, or of the other \
                 kind.",
                "Tokens of agents (`weir_mcp_…`) open /mcp, tokens of programs (`weir_api_…`) open \
                 /api/v1. `weir token create NAME` makes one.",
            ),
            Self::NotLocal => (
                "auth_none_not_local",
                "With `--auth none` Weir serves this machine only.",
                "Start it with `--auth token` to serve others.",
            ),
            Self::Forwarded => (
                "auth_none_forwarded",
                "This request came through a proxy, and with `--auth none` Weir serves this \
                 machine only.",
                "Start it with `--auth token` to serve others.",
            ),
        }
    }
}
