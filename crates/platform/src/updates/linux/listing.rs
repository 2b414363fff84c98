//! What `apt-get --simulate` says it would do, and what `apt-cache show` says of packages.
//!
//! Both speak the same in every language: their lines are made of field names and versions.

use latarnik_agent_core::Update;
use latarnik_model::{RestartBehavior, UpdateCategory, UpdateSource};
use std::collections::{BTreeMap, BTreeSet};

/// What a simulated upgrade would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// Installed packages with a newer version, and packages that are unpacked and wait for their
    /// configuration: they are not installed before it worked.
    pub(super) offers: Vec<Offer>,
}

/// An installed package with a newer version, or one whose installation did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The package, with `:architecture` when that is not the machine's own.
    pub(super) name: String,
    /// `None` if the candidate is unpacked and not configured.
    pub(super) installed: Option<String>,
    pub(super) candidate: String,
    pub(super) architecture: String,
    pub(super) category: UpdateCategory,
}

impl Offer {
    /// `{package}={candidate}`; also what `apt-get install` takes.
    pub(super) fn key(&self) -> String {
        format!("{}={}", self.name, self.candidate)
    }

    /// The name without an architecture.
    pub(super) fn package(&self) -> &str {
        self.name
            .split_once(':')
            .map_or(&self.name, |(package, _)| package)
    }

    pub(super) fn into_update(self, descriptions: &Descriptions) -> Update {
        let description = descriptions.of(&self);
        Update {
            key: self.key(),
            source: UpdateSource::Apt,
            title: description
                .and_then(|d| d.summary.clone())
                .unwrap_or_else(|| self.name.clone()),
            category: self.category,
            severity: None,
            kb: None,
            update_id: None,
            revision: None,
            size_bytes: description.and_then(|d| d.size_bytes),
            released_at: None,
            restart: RestartBehavior::Unknown,
            titles: None,
            package: Some(self.name),
            installed_version: self.installed,
            available_version: Some(self.candidate),
        }
    }
}

/// Reads the lines `Inst name [installed] (candidate origins [architecture])` and
/// `Conf name (candidate origins [architecture])`. A package that would be new is no update of its
/// own.
pub(super) fn parse(simulation: &str) -> Listing {
    let mut listing = Listing::default();
    let mut unpacked = BTreeSet::new();
    for line in simulation.lines() {
        if let Some(rest) = line.strip_prefix("Inst ") {
            unpacked.extend(rest.split_whitespace().next());
            listing.offers.extend(offer(rest));
        } else if let Some(rest) = line.strip_prefix("Conf ") {
            let waiting = unconfigured(rest).into_iter();
            listing
                .offers
                .extend(waiting.filter(|offer| !unpacked.contains(offer.name.as_str())));
        }
    }
    listing
}

fn offer(rest: &str) -> Option<Offer> {
    let (name, rest) = rest.split_once(' ')?;
    let (installed, rest) = rest.strip_prefix('[')?.split_once("] (")?;
    candidate(name, Some(installed), rest)
}

fn unconfigured(rest: &str) -> Option<Offer> {
    let (name, rest) = rest.split_once(" (")?;
    candidate(name, None, rest)
}

fn candidate(name: &str, installed: Option<&str>, rest: &str) -> Option<Offer> {
    let (inside, _) = rest.split_once(')')?;
    let (candidate, rest) = inside.split_once(' ')?;
    let (origins, architecture) = rest.rsplit_once('[').unwrap_or((rest, ""));
    Some(Offer {
        name: name.to_owned(),
        installed: installed.map(str::to_owned),
        candidate: candidate.to_owned(),
        architecture: architecture.trim_end_matches(']').to_owned(),
        category: category(origins),
    })
}

/// By where the package comes from: `Label:version/suite`, several with commas between.
///
/// Debian's security archive is labelled `Debian-Security`; it and Ubuntu's are suites that end in
/// `-security` (also `jammy-infra-security` and `jammy-apps-security` of Ubuntu's extended
/// support).
fn category(origins: &str) -> UpdateCategory {
    let is_security = |origin: &str| {
        let (label, suite) = origin.split_once(':').unwrap_or(("", origin));
        label == "Debian-Security" || suite.ends_with("-security")
    };
    if origins.split(',').any(|origin| is_security(origin.trim())) {
        UpdateCategory::Security
    } else {
        UpdateCategory::Optional
    }
}

/// What the package lists say of packages, by package, version and architecture.
#[derive(Debug, Default)]
pub(super) struct Descriptions(BTreeMap<(String, String, String), Description>);

#[derive(Debug, Default)]
struct Description {
    summary: Option<String>,
    size_bytes: Option<u64>,
}

impl Descriptions {
    /// Adds the paragraphs that `apt-cache show` wrote.
    pub(super) fn add(&mut self, paragraphs: &str) {
        for paragraph in paragraphs.split("\n\n") {
            let field = |name: &str| {
                let mut lines = paragraph.lines();
                lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
            };
            let (Some(package), Some(version), Some(architecture)) =
                (field("Package"), field("Version"), field("Architecture"))
            else {
                continue;
            };
            let description = Description {
                summary: field("Description-en").or_else(|| field("Description")),
                size_bytes: field("Size").and_then(|size| size.parse().ok()),
            };
            self.0.insert((package, version, architecture), description);
        }
    }

    fn of(&self, offer: &Offer) -> Option<&Description> {
        self.0.get(&(
            offer.package().to_owned(),
            offer.candidate.clone(),
            offer.architecture.clone(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((Inst|Conf) )?[ -~ąę\\[\\]()\n]{0,80}") {
            parse(&text);
            Descriptions::default().add(&text);
        }

        #[test]
        fn an_offer_is_read_back(
            name in "[a-z][a-z0-9+.-]{1,20}(:i386)?",
            installed in "([0-9]:)?[0-9][a-z0-9.+~-]{0,12}",
            candidate in "([0-9]:)?[0-9][a-z0-9.+~-]{0,12}",
        ) {
            let line = format!("Inst {name} [{installed}] ({candidate} Debian:12/stable [amd64])");
            let offers = parse(&line).offers;
            prop_assert_eq!(offers.len(), 1);
            prop_assert_eq!(offers[0].key(), format!("{name}={candidate}"));
            prop_assert_eq!(offers[0].installed.as_deref(), Some(installed.as_str()));
        }
    }

    const SIMULATION: &str = "\
Reading package lists...
Calculating upgrade...
The following packages have been kept back:
  held
Inst libc6 [2.36-9+deb12u8] (2.36-9+deb12u13 Debian:12.12/stable [amd64]) []
Inst libc6:i386 [2.36-9+deb12u8] (2.36-9+deb12u13 Debian:12.12/stable [i386])
Inst python3-jwt [2.6.0-1] (2.6.0-1+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [all])
Inst openssl [3.0.2] (3.0.3 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [amd64])
Inst vim [1] (2 UbuntuESMApps:22.04/jammy-apps-security [amd64])
Inst linux-image-6.1.0-42-amd64 (6.1.192-2 Debian-Security:12/oldstable-security [amd64])
Inst local [1:0.9~rc1] (1:0.9 localhost [amd64])
Conf libc6 (2.36-9+deb12u13 Debian:12.12/stable [amd64])
Conf linux-image-6.1.0-42-amd64 (6.1.192-2 Debian-Security:12/oldstable-security [amd64])
Conf broken (1.0 localhost [amd64])
";

    #[test]
    fn offers_are_upgrades_of_installed_packages_and_what_waits_for_its_configuration() {
        let listing = parse(SIMULATION);
        let keys: Vec<_> = listing.offers.iter().map(Offer::key).collect();
        assert_eq!(
            keys,
            [
                "libc6=2.36-9+deb12u13",
                "libc6:i386=2.36-9+deb12u13",
                "python3-jwt=2.6.0-1+deb12u1",
                "openssl=3.0.3",
                "vim=2",
                "local=1:0.9",
                "broken=1.0",
            ]
        );
        let unfinished = listing.offers.iter().filter(|o| o.installed.is_none());
        assert_eq!(unfinished.count(), 1);
    }

    #[test]
    fn security_follows_from_the_origin() {
        let offers = parse(SIMULATION).offers;
        let security: Vec<_> = offers
            .iter()
            .filter(|offer| offer.category == UpdateCategory::Security)
            .map(|offer| offer.name.as_str())
            .collect();
        assert_eq!(security, ["python3-jwt", "openssl", "vim"]);
    }

    #[test]
    fn a_description_belongs_to_its_architecture() {
        let mut descriptions = Descriptions::default();
        descriptions.add(
            "Package: libc6\nVersion: 2.36-9+deb12u13\nArchitecture: i386\nSize: 10\n\n\
             Package: libc6\nArchitecture: amd64\nVersion: 2.36-9+deb12u13\nSize: 20\n\
             Description-en: GNU C Library: Shared libraries\n This is more.\n",
        );
        let updates: Vec<_> = parse(SIMULATION)
            .offers
            .into_iter()
            .take(2)
            .map(|offer| offer.into_update(&descriptions))
            .collect();
        assert_eq!(updates[0].title, "GNU C Library: Shared libraries");
        assert_eq!(updates[0].size_bytes, Some(20));
        assert_eq!(
            (updates[1].title.as_str(), updates[1].size_bytes),
            ("libc6:i386", Some(10))
        );
    }
}
