//! Host names like those of small companies in Poland and elsewhere.

use crate::random::Random;
use std::collections::HashMap;

const WORKSTATIONS: [&str; 20] = [
    "KSIEGOWOSC",
    "RECEPCJA",
    "KADRY",
    "MAGAZYN",
    "SEKRETARIAT",
    "PROJEKTY",
    "HANDEL",
    "ZARZAD",
    "SERWIS",
    "PRODUKCJA",
    "LOGISTYKA",
    "BIURO",
    "SALES",
    "FINANCE",
    "FRONTDESK",
    "SUPPORT",
    "LAB",
    "KASA",
    "LAPTOP",
    "DESKTOP",
];
const SERVERS: [&str; 12] = [
    "SRV-SQL",
    "SRV-DC",
    "SRV-PLIKI",
    "SRV-RDS",
    "SRV-ERP",
    "SRV-OPTIMA",
    "SRV-APP",
    "SRV-PRINT",
    "SRV-BACKUP",
    "HV-NODE",
    "SRV-EXCH",
    "SRV-WSUS",
];
const LINUX: [&str; 12] = [
    "web",
    "db",
    "proxy",
    "backup",
    "git",
    "monitoring",
    "nextcloud",
    "mail",
    "vpn-gw",
    "docker",
    "gitlab",
    "poczta",
];

/// Counts the names that were given.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<&'static str, u32>);

impl Names {
    pub(super) fn workstation(&mut self, random: &mut Random) -> String {
        let stem = *random.pick(&WORKSTATIONS);
        format!("{stem}-{:02}", self.number(stem))
    }

    pub(super) fn windows_server(&mut self, random: &mut Random) -> String {
        let stem = *random.pick(&SERVERS);
        format!("{stem}{:02}", self.number(stem))
    }

    pub(super) fn linux_server(&mut self, random: &mut Random) -> String {
        let stem = *random.pick(&LINUX);
        format!("{stem}{:02}", self.number(stem))
    }

    fn number(&mut self, stem: &'static str) -> u32 {
        let number = self.0.entry(stem).or_default();
        *number += 1;
        *number
    }
}
