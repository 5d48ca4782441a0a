//! How tasks start other programs: at the root of the workspace, with the cargo that started us, in a clean environment.

use std::path::{Path, PathBuf};

use xshell::{Cmd, Shell};

use crate::report::Failure;

/// The root of the workspace, wherever the task was started.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The build directory, where tools and logs of tasks go too.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A shell that stands at the root of the workspace.
pub(crate) fn shell() -> Result<Shell, Failure> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    Ok(shell)
}

/// The cargo that runs this task, with `arguments`.
pub(crate) fn cargo<'a>(shell: &'a Shell, arguments: &[&str]) -> Cmd<'a> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    clean(shell.cmd(program).args(arguments))
}

/// Takes away what `cargo run` told *this* package about itself. Some build scripts (ring's, for one) ask to be run again
/// when these change, so leaving them in would compile half of the tree twice.
pub(crate) fn clean(mut command: Cmd<'_>) -> Cmd<'_> {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || matches!(
                text.as_ref(),
                "CARGO_BIN_NAME"
                    | "CARGO_CRATE_NAME"
                    | "CARGO_PRIMARY_PACKAGE"
                    | "OUT_DIR"
                    | "LD_LIBRARY_PATH"
            );
        if ours {
            command = command.env_remove(&name);
        }
    }
    command
}
