//! The account that a database server runs as: several refuse to run as root.

use anyhow::{Context, Result};
use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account of a server's package, or one that owns nothing; `None` where the tests do not
    /// run as root, and servers run as whoever tests.
    pub(crate) fn for_server(name: &str) -> Result<Option<Self>> {
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("could not read the accounts")?;
        let account = [name, "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
            .with_context(|| format!("there is neither an account `{name}` nor `nobody`"))?;
        Ok(Some(account))
    }
}

/// Gives a folder to an account.
pub(crate) fn give(folder: &Path, account: Option<Account>) -> Result<()> {
    if let Some(account) = account {
        chown(folder, Some(account.user), Some(account.group))?;
    }
    Ok(())
}

/// A program that runs as an account, in a folder.
pub(crate) fn command(program: &Path, account: Option<Account>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", folder)
        .env("TMPDIR", folder);
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
    command
}

fn find(accounts: &str, name: &str) -> Option<Account> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2).map(str::parse);
    Some(Account {
        user: fields.next()?.ok()?,
        group: fields.next()?.ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\nmysql:x:104:108::/var:/bin/sh\n";
        let account = find(accounts, "mysql").unwrap();
        assert_eq!((account.user, account.group), (104, 108));
        assert!(find(accounts, "my").is_none());
    }
}
