//! Style sheets and script, in the binary. Served from a folder that is named by their content, so
//! that a browser asks for each version once.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest as _, Sha256};

use crate::failure::{Failure, Surface};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";

const ASSETS: [Asset; 3] = [
    // Pico CSS 2.1.1, MIT, unchanged: licence beside it.
    Asset {
        name: "pico.min.css",
        content_type: CSS,
        bytes: include_bytes!("../assets/pico.min.css"),
    },
    Asset { name: "weir.css", content_type: CSS, bytes: include_bytes!("../assets/weir.css") },
    Asset {
        name: "weir.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/weir.js"),
    },
];

static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for asset in &ASSETS {
        hasher.update(asset.name);
        hasher.update(asset.bytes);
    }
    hasher.finalize().iter().take(8).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
});

static FOLDER: LazyLock<String> = LazyLock::new(|| format!("/assets/{}", *DIGEST));

/// The path of the folder, without a slash at its end.
pub(crate) fn folder() -> &'static str {
    &FOLDER
}

/// Open to all: these are the same bytes for everybody, and the sign-in page needs them.
pub(crate) async fn asset(Path((digest, name)): Path<(String, String)>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) if digest == *DIGEST => (
            [
                (CONTENT_TYPE, asset.content_type),
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.bytes,
        )
            .into_response(),
        _ => Failure::UnknownPage.respond(Surface::Console),
    }
}
