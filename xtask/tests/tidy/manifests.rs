//! How manifests are written.

use crate::workspace::{manifest, members, root, settle};

#[test]
fn versions_stand_in_the_workspace_manifest_only() {
    let mut findings = Vec::new();
    for member in members() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = member.manifest.get(section).and_then(|section| section.as_table());
            for (name, value) in table.into_iter().flatten() {
                // A crate may name itself by path in its tests, to switch on its own test features.
                let itself = *name == member.name && value.get("path").is_some();
                let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                if !inherited && !itself {
                    findings.push(format!("{}/Cargo.toml: {section}.{name}", member.name));
                }
            }
        }
    }
    settle(
        "these dependencies carry their own version; put it under [workspace.dependencies] and write \
         `name.workspace = true`:",
        &findings,
    );
}

#[test]
fn every_workspace_dependency_is_used() {
    let manifest = manifest();
    let listed = manifest["workspace"]["dependencies"].as_table().unwrap();
    let members = members();
    let findings: Vec<String> = listed
        .keys()
        .filter(|name| {
            members.iter().all(|member| {
                ["dependencies", "dev-dependencies", "build-dependencies"].iter().all(|section| {
                    member.manifest.get(*section).is_none_or(|section| section.get(*name).is_none())
                })
            })
        })
        .cloned()
        .collect();
    settle("nobody uses these; take them out of [workspace.dependencies]:", &findings);
}

#[test]
fn crates_inherit_what_is_common() {
    let mut findings = Vec::new();
    for member in members() {
        let package = member.manifest["package"].as_table().unwrap();
        for key in ["version", "edition", "rust-version", "license", "repository"] {
            let inherited = package.get(key).and_then(|value| value.get("workspace")).is_some();
            if !inherited {
                findings.push(format!("{}/Cargo.toml: write `{key}.workspace = true`", member.name));
            }
        }
        if package.get("description").is_none() {
            findings.push(format!("{}/Cargo.toml: one sentence of `description` is missing", member.name));
        }
        let lints = member.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.is_none() {
            findings.push(format!("{}/Cargo.toml: write `[lints]` with `workspace = true`", member.name));
        }
    }
    settle("what all crates share stands once, in the workspace manifest:", &findings);
}

#[test]
fn features_are_explained() {
    let mut findings = Vec::new();
    for member in members() {
        let text = std::fs::read_to_string(member.directory.join("Cargo.toml")).unwrap();
        let section = text.split("[features]").nth(1).unwrap_or_default();
        let section = section.split("\n[").next().unwrap_or_default();
        let mut explained = false;
        for line in section.lines().map(str::trim) {
            if line.starts_with('#') {
                explained = true;
            } else if line.contains('=') {
                if !explained && !line.starts_with("default") {
                    findings.push(format!("{}/Cargo.toml: {line}", member.name));
                }
                explained = false;
            }
        }
    }
    settle("a comment above each feature says what it switches on:", &findings);
}

#[test]
fn the_papers_are_in_order() {
    let wanted = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "deny.toml",
        "Cargo.lock",
        ".ci/run",
    ];
    let findings: Vec<String> =
        wanted.iter().filter(|name| !root().join(name).is_file()).map(|name| (*name).to_owned()).collect();
    settle("these files are missing:", &findings);
}
