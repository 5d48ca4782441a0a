//! Reading the workspace: its crates, manifests and sources.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// One member of the workspace.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) manifest: Table,
}

/// One source file, with its path relative to the root for messages.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The manifest of the workspace.
pub(crate) fn manifest() -> Table {
    read_toml(&root().join("Cargo.toml"))
}

/// Every member, in the order of the manifest.
pub(crate) fn members() -> Vec<Member> {
    let manifest = manifest();
    let names = manifest["workspace"]["members"].as_array().unwrap().clone();
    names
        .iter()
        .map(|name| {
            let directory = root().join(name.as_str().unwrap());
            let manifest = read_toml(&directory.join("Cargo.toml"));
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            Member { name, directory, manifest }
        })
        .collect()
}

/// Every Rust file below `directory`.
pub(crate) fn sources(directory: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/");
                found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

/// Every Rust file of every member.
pub(crate) fn all_sources() -> Vec<Source> {
    members().iter().flat_map(|member| sources(&member.directory)).collect()
}

/// Fails with all findings at once, so that nobody has to mend them one by one.
pub(crate) fn settle(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}

fn read_toml(path: &Path) -> Table {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
