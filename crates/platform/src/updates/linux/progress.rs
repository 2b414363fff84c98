//! How far an installation is, from what apt and dpkg say in English, which their environment makes
//! them speak. apt's own status stream closes the programs' standard error, where their errors are.

use latarnik_agent_core::TaskProgress;

/// Downloading is this much of the way.
const DOWNLOAD_PERCENT: usize = 40;

/// Counts steps: a download, an unpacking and a configuration for each package.
#[derive(Debug)]
pub(super) struct Progress {
    packages: usize,
    downloaded: usize,
    unpacked: usize,
    configured: usize,
}

impl Progress {
    pub(super) const fn of(packages: usize) -> Self {
        Self {
            packages,
            downloaded: 0,
            unpacked: 0,
            configured: 0,
        }
    }

    /// Reads a line such as `Get:3 http://… trixie/main amd64 libc6 amd64 2.36 [2757 kB]`.
    pub(super) fn downloading(&mut self, line: &str) -> Option<TaskProgress> {
        let fetched = line.strip_prefix("Get:")?;
        self.downloaded += 1;
        let package = fetched.split_whitespace().nth(3)?;
        Some(self.now(package))
    }

    /// Reads lines such as `Unpacking libc6:amd64 (2.36) over (2.35) ...` and
    /// `Setting up libc6:amd64 (2.36) ...`.
    pub(super) fn installing(&mut self, line: &str) -> Option<TaskProgress> {
        let named = if let Some(unpacking) = line.strip_prefix("Unpacking ") {
            self.unpacked += 1;
            unpacking
        } else {
            let configuring = line.strip_prefix("Setting up ")?;
            self.configured += 1;
            configuring
        };
        Some(self.now(named.split_whitespace().next()?))
    }

    /// Packages that come along with the chosen ones can make it more than all of the way.
    fn now(&self, package: &str) -> TaskProgress {
        let packages = self.packages.max(1);
        let part = |done: usize, share: usize| done.min(packages) * share / packages;
        let share = (100 - DOWNLOAD_PERCENT) / 2;
        let begun = if self.unpacked > 0 {
            packages
        } else {
            self.downloaded
        };
        let percent = part(begun, DOWNLOAD_PERCENT)
            + part(self.unpacked, share)
            + part(self.configured, share);
        TaskProgress {
            percent: u8::try_from(percent).ok(),
            done: u32::try_from(self.configured.min(packages)).ok(),
            total: u32::try_from(packages).ok(),
            current: Some(package.to_owned()),
            ..TaskProgress::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_only_grows_and_ends_at_all_of_the_way() {
        let mut progress = Progress::of(2);
        let mut told = Vec::new();
        told.extend(
            progress.downloading("Get:1 http://deb stable/main amd64 libc6 amd64 2.36 [2 kB]"),
        );
        told.extend(progress.downloading("Get:2 http://deb stable/main amd64 vim amd64 9 [2 kB]"));
        for line in [
            "(Reading database ... 8 files and directories currently installed.)",
            "Unpacking libc6:amd64 (2.36) over (2.35) ...",
            "Setting up libc6:amd64 (2.36) ...",
            "Unpacking vim (9) over (8) ...",
            "Setting up vim (9) ...",
            "Setting up vim-common (9) ...",
        ] {
            told.extend(progress.installing(line));
        }
        let percents: Vec<_> = told
            .iter()
            .filter_map(|progress| progress.percent)
            .collect();
        assert_eq!(percents, [20, 40, 55, 70, 85, 100, 100]);
        assert_eq!((told[5].done, told[5].total), (Some(2), Some(2)));
        assert_eq!(told[2].current.as_deref(), Some("libc6:amd64"));
    }
}
