//! `cargo xtask dist`: the programs as they are shipped, with their SHA-256.

use crate::{
    changes,
    programs::{self, Build},
    step, windows,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Builds the programs into one folder and returns it.
pub(crate) fn run(workspace: &Workspace) -> Result<PathBuf> {
    let programs = programs::build(workspace, Build::Release)?;
    let windows_agent = windows::build(workspace, windows::Profile::Dist)?;
    let folder = workspace.target.join("programs");
    fs::create_dir_all(&folder)
        .with_context(|| format!("could not create {}", folder.display()))?;
    let sources = [
        ("latarnik-linux-x86_64", programs.server),
        ("latarnik-agent-linux-x86_64", programs.agent),
        ("latarnik-agent-windows-x86_64.exe", windows_agent),
    ];
    let mut sums = String::new();
    for (name, source) in sources {
        let place = folder.join(name);
        fs::copy(&source, &place)
            .with_context(|| format!("could not copy {}", source.display()))?;
        let (sum, bytes) = digest(&place)?;
        step::say(&format!("{name:<34} {:>6.1} MB  {sum}", bytes as f64 / 1e6));
        sums.push_str(&format!("{sum}  {name}\n"));
    }
    fs::write(folder.join("SHA256SUMS"), sums).context("could not write the checksums")?;
    step::say(&format!("\nPrograms and SHA256SUMS: {}", folder.display()));
    Ok(folder)
}

fn digest(path: &Path) -> Result<(String, usize)> {
    let content = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    Ok((changes::hex(&Sha256::digest(&content)), content.len()))
}
