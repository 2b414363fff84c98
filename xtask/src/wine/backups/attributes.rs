//! What Windows keeps of files beside their content goes along.

use super::{Job, content, local, restic};
use crate::{
    json,
    wine::{Bench, prefix::Prefix},
};
use anyhow::{Context, Result, ensure};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

const SOURCE: &str = r"C:\data\books";
const TARGET: &str = r"C:\restored\C\data\books";

pub(in crate::wine) fn run(bench: &Bench<'_>) -> Result<()> {
    let prefix = bench.prefix("attributes")?;
    prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
    furnish(&prefix)?;
    let source = content(&prefix.path("data/books"))?;
    let attributes = shown(&prefix, SOURCE)?;
    let job = Job::write(&prefix, "books", &local(SOURCE))?;
    job.run("run", &["run", "--full"])?;
    // Nothing of it makes files look changed.
    let again = job.run("run", &["run"])?;
    let again = json::field(&again, "run");
    for number in ["new_files", "changed_files", "findings"] {
        ensure!(json::field(again, number) == 0, "{number}: {again:#}");
    }
    let proven = job.run("test_restore", &["test-restore"])?;
    let proven = json::field(&proven, "test_restore");
    ensure!(json::text(proven, "outcome") == Some("passed"), "{proven}");
    job.run("restore", &["restore", "--target", r"C:\restored"])?;
    ensure!(content(&prefix.path("restored/C/data/books"))? == source);
    let restored = shown(&prefix, TARGET)?.replace(TARGET, SOURCE);
    ensure!(
        restored == attributes,
        "instead of\n{attributes}\nthere is\n{restored}"
    );
    // What is read-only is replaced all the same, and read-only again.
    for name in source.keys() {
        fs::write(prefix.path("data/books").join(name), "changed")?;
    }
    job.run("restore", &["restore", "--in-place", "--replace"])?;
    ensure!(content(&prefix.path("data/books"))? == source);
    let replaced = shown(&prefix, SOURCE)?;
    ensure!(
        replaced == attributes,
        "instead of\n{attributes}\nthere is\n{replaced}"
    );
    opens_for_restic(&prefix)
}

fn furnish(prefix: &Prefix) -> Result<()> {
    let books = prefix.path("data/books");
    fs::create_dir_all(books.join("ukryte"))?;
    for name in [
        "plain.txt",
        "read-only.txt",
        "hidden.txt",
        "ukryte/system.txt",
    ] {
        fs::write(books.join(name), name)?;
    }
    for (sign, name) in [
        ("-a", r"plain.txt"),
        ("+r", r"read-only.txt"),
        ("+h", r"hidden.txt"),
        ("+s", r"ukryte\system.txt"),
        ("+h", r"ukryte"),
    ] {
        let path = format!(r"{SOURCE}\{name}");
        prefix.run(30, &["attrib", sign, &path])?.expect_success()?;
    }
    let shown = shown(prefix, SOURCE)?;
    for sign in ["R", "H", "S"] {
        let has = |line: &str| {
            line.split(SOURCE)
                .next()
                .is_some_and(|signs| signs.contains(sign))
        };
        ensure!(shown.lines().any(has), "no file is {sign}:\n{shown}");
    }
    Ok(())
}

/// The attributes of everything below a folder, in a fixed order.
fn shown(prefix: &Prefix, folder: &str) -> Result<String> {
    let all = format!(r"{folder}\*");
    let text = prefix
        .run(30, &["attrib", &all, "/s", "/d"])?
        .expect_success()?;
    let mut lines: Vec<&str> = text.lines().filter(|line| line.contains(folder)).collect();
    lines.sort_by_key(|line| line.rsplit(folder).next());
    Ok(lines.join("\n"))
}

/// Restic gives files the permissions that its own snapshots of Windows have.
fn opens_for_restic(prefix: &Prefix) -> Result<()> {
    let repository = prefix.path("backup/books");
    let repository = repository.to_str().context("the prefix has a plain name")?;
    let target = prefix.path("by-restic");
    let text = target.to_str().context("the prefix has a plain name")?;
    restic(repository, &[], &["restore", "latest", "--target", text])?;
    let mode = |name: &str| -> Result<u32> {
        let path: &Path = &target.join("C/data/books").join(name);
        Ok(fs::metadata(path)?.permissions().mode() & 0o777)
    };
    for (name, expected) in [
        ("plain.txt", 0o666),
        ("read-only.txt", 0o444),
        ("ukryte", 0o777),
    ] {
        let mode = mode(name)?;
        ensure!(mode == expected, "{name} has mode {mode:o}");
    }
    Ok(())
}
