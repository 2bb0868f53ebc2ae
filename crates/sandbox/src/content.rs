//! What a sandbox starts with.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::demo;
use crate::error::SandboxError;
use crate::jira::Jira;
use crate::people::{ADMINISTRATOR, USERS};
use crate::site::{Detail, Kind, NewItem, Refusal, Site, Status, Subjects};

/// Built before start: the demo site, a folder of `*.xhtml`, or pages given one by one.
///
/// Spaces come into being with their first content and may be viewed and edited by the group
/// `confluence-users` (service, reader, administrator; the outsider is not in it).
#[derive(Default)]
pub struct Content {
    pub(crate) demo: bool,
    spaces: HashMap<String, String>,
    planned: Vec<Planned>,
}

struct Planned {
    kind: Kind,
    space: String,
    parent: Option<String>,
    title: String,
    storage: Arc<str>,
}

impl Content {
    /// The demo site that is built into the program.
    pub fn demo() -> Self {
        Self { demo: true, ..Self::default() }
    }

    /// No spaces and no pages.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every `*.xhtml` below `directory` as a page. Files directly in it form one space named
    /// after it, each of its sub-folders another one; the key of a space is its name in capitals
    /// without anything but letters and digits. The title is the file name without `.xhtml`; a
    /// title that is used already in the space gets its folder in front.
    ///
    /// # Errors
    /// When the folder cannot be read, a file is not UTF-8, or there is no such file at all.
    pub fn load(directory: &Path) -> Result<Self, SandboxError> {
        let mut files = Vec::new();
        find_files(directory, &mut files)?;
        files.sort();
        if files.is_empty() {
            return Err(SandboxError::Load(format!(
                "no *.xhtml file below {}",
                directory.display()
            )));
        }
        let root = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        let root_name = name_of(&root).unwrap_or_else(|| "Space".to_owned());
        let mut loaded = Self::empty();
        let mut titles = HashSet::new();
        for file in files {
            let relative = file.strip_prefix(directory).unwrap_or(&file);
            let mut parts: Vec<String> =
                relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            parts.pop();
            let space = parts.first().cloned().unwrap_or_else(|| root_name.clone());
            let key = loaded.key_for(&space);
            let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let mut title = stem.unwrap_or_default();
            if !titles.insert((key.clone(), title.to_lowercase())) {
                title = format!("{}/{title}", parts.join("/"));
                titles.insert((key.clone(), title.to_lowercase()));
            }
            let storage = fs::read_to_string(&file)
                .map_err(|error| SandboxError::Load(format!("{}: {error}", file.display())))?;
            loaded = loaded.page(&key, None, &title, &storage);
        }
        Ok(loaded)
    }

    /// A page in the space with this key; `parent` is the title of a page or folder that was
    /// added to the same space before.
    #[must_use]
    pub fn page(self, space: &str, parent: Option<&str>, title: &str, storage: &str) -> Self {
        self.plan(Kind::Page, space, parent, title, storage)
    }

    /// A blog post; it has no parent.
    #[must_use]
    pub fn blog_post(self, space: &str, title: &str, storage: &str) -> Self {
        self.plan(Kind::BlogPost, space, None, title, storage)
    }

    /// A folder. Data Center does not show it: what lies in it belongs to the page above.
    #[must_use]
    pub fn folder(self, space: &str, parent: Option<&str>, title: &str) -> Self {
        self.plan(Kind::Folder, space, parent, title, "")
    }

    fn plan(
        mut self,
        kind: Kind,
        space: &str,
        parent: Option<&str>,
        title: &str,
        storage: &str,
    ) -> Self {
        self.spaces.entry(space.to_owned()).or_insert_with(|| space.to_owned());
        self.planned.push(Planned {
            kind,
            space: space.to_owned(),
            parent: parent.map(str::to_owned),
            title: title.to_owned(),
            storage: Arc::from(storage),
        });
        self
    }

    /// The key for a space of this name, made when it is new.
    fn key_for(&mut self, name: &str) -> String {
        if let Some((key, _)) = self.spaces.iter().find(|(_, known)| *known == name) {
            return key.clone();
        }
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let stem = if letters.is_empty() { "SPACE".to_owned() } else { letters.to_uppercase() };
        let mut key = stem.clone();
        let mut number = 2;
        while self.spaces.contains_key(&key) {
            key = format!("{stem}{number}");
            number += 1;
        }
        self.spaces.insert(key.clone(), name.to_owned());
        key
    }

    /// Puts everything on the site, all written at `at` by the administrator, and makes the Jira
    /// beside it: empty but for the demo organization's.
    pub(crate) fn place(self, site: &mut Site, at: Timestamp) -> Result<Jira, SandboxError> {
        let jira = if self.demo { demo::place(site, at)? } else { Jira::default() };
        for planned in self.planned {
            let space = space_for(site, &planned.space, &self.spaces, at);
            let parent = match &planned.parent {
                None => None,
                Some(title) => Some(find_parent(site, space, title, &planned)?),
            };
            let what = format!("{} in {}", planned.title, planned.space);
            let new = NewItem {
                kind: planned.kind,
                space,
                parent,
                title: planned.title,
                body: planned.storage,
                status: Status::Current,
                at,
                detail: Detail::None,
            };
            site.create(ADMINISTRATOR, new).map_err(|refusal| refused(&what, &refusal))?;
        }
        Ok(jira)
    }
}

pub(crate) fn refused(what: &str, refusal: &Refusal) -> SandboxError {
    SandboxError::Load(match refusal {
        Refusal::TitleTaken { .. } => format!("{what}: the title is used twice in the space"),
        Refusal::NotFound(text) | Refusal::Invalid(text) | Refusal::Forbidden(text) => {
            format!("{what}: {text}")
        }
        Refusal::Conflict { .. } | Refusal::Gone | Refusal::Broken => format!("{what}: refused"),
    })
}

fn space_for(site: &mut Site, key: &str, names: &HashMap<String, String>, at: Timestamp) -> u64 {
    if let Some(space) = site.space_by_key(key) {
        return space.id;
    }
    let name = names.get(key).map_or(key, String::as_str);
    site.add_space(key, name, "", at, everybody())
}

/// The readers of a space that says nothing else.
pub(crate) fn everybody() -> Subjects {
    Subjects { groups: [USERS.to_owned()].into(), ..Subjects::default() }
}

fn find_parent(
    site: &Site,
    space: u64,
    title: &str,
    planned: &Planned,
) -> Result<u64, SandboxError> {
    site.titled(space, title)
        .iter()
        .copied()
        .find(|id| site.item(*id).is_some_and(|item| item.kind != Kind::BlogPost))
        .ok_or_else(|| {
            SandboxError::Load(format!(
                "{} in {}: no parent with the title {title} was added before",
                planned.title, planned.space
            ))
        })
}

fn find_files(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), SandboxError> {
    let unreadable =
        |error: std::io::Error| SandboxError::Load(format!("{}: {error}", directory.display()));
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            find_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "xhtml") {
            found.push(path);
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}
