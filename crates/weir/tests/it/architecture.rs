//! The arrows between crates. What is not drawn here fails.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate and the crates of ours that it may use. The program wires, so it may use every one.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "weir",
        &[
            "web",
            "mcp",
            "gateway",
            "tools",
            "mirror",
            "search",
            "store",
            "atlassian",
            "document",
            "sandbox",
        ],
    ),
    ("bench", &["atlassian", "document", "gateway", "mirror", "sandbox", "store"]),
    ("web", &["mcp", "gateway", "store"]),
    ("mcp", &["gateway"]),
    ("gateway", &["tools", "search", "store", "atlassian"]),
    ("tools", &["atlassian", "search", "store", "document"]),
    ("mirror", &["atlassian", "store"]),
    ("search", &["store", "document"]),
    ("sandbox", &["document"]),
    ("store", &[]),
    ("atlassian", &[]),
    ("document", &[]),
];

/// Outside crates that only one of ours may name, so that a heavy or fast-moving dependency stays
/// behind its wall.
const WALLS: &[(&str, &str)] = &[
    ("sqlx", "store"),
    ("tantivy", "search"),
    ("rmcp", "mcp"),
    ("askama", "web"),
    ("clap_complete", "weir"),
];

#[test]
fn no_arrow_is_drawn_that_no_manifest_has() {
    let metadata = workspace();
    for (name, below) in ARROWS.iter().filter(|(name, _)| *name != "weir") {
        let package =
            metadata.workspace_packages().into_iter().find(|package| package.name == *name);
        let package = package.unwrap_or_else(|| panic!("there is no crate {name}"));
        for arrow in *below {
            let has = package.dependencies.iter().any(|dependency| {
                dependency.name == *arrow && dependency.kind != DependencyKind::Development
            });
            assert!(has, "{name} does not depend on {arrow}");
        }
    }
}

fn workspace() -> cargo_metadata::Metadata {
    MetadataCommand::new().no_deps().exec().unwrap()
}

#[test]
fn crates_depend_downwards_only() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let metadata = workspace();
    for package in metadata.workspace_packages() {
        let below = allowed
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{} has no place in the architecture", package.name));
        for dependency in &package.dependencies {
            let ours = allowed.contains_key(dependency.name.as_str());
            // Tests may stand on anything: the sandbox above all.
            if ours && dependency.kind != DependencyKind::Development {
                assert!(
                    below.contains(dependency.name.as_str()),
                    "{} may not depend on {}",
                    package.name,
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn heavy_dependencies_stay_behind_their_wall() {
    for package in workspace().workspace_packages() {
        for dependency in &package.dependencies {
            let owner = WALLS.iter().find(|(name, _)| *name == dependency.name);
            if let Some((name, owner)) = owner
                && dependency.kind != DependencyKind::Development
            {
                assert_eq!(package.name.as_str(), *owner, "only {owner} may name {name}");
            }
        }
    }
}

#[test]
fn each_manifest_says_what_it_is_and_under_which_licence() {
    for package in workspace().workspace_packages() {
        assert_eq!(package.license.as_deref(), Some("Apache-2.0"), "{}", package.name);
        assert!(package.rust_version.is_some(), "{} has no rust-version", package.name);
        let described = package.description.as_deref().is_some_and(|text| text.len() > 20);
        assert!(described, "{} has no description", package.name);
    }
}

#[test]
fn each_crate_has_one_integration_binary() {
    for package in workspace().workspace_packages() {
        let tests: Vec<_> = package.targets.iter().filter(|target| target.is_test()).collect();
        assert!(tests.len() <= 1, "{} has {} integration binaries", package.name, tests.len());
        assert!(tests.iter().all(|target| target.name == "it"), "{}", package.name);
    }
}
