//! What servers answer when they are asked for a folder's content.

/// A line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What lies under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File { bytes: u64 },
    Folder,
}

/// A line of `MLSD`: `type=file;size=17;modify=…; name` (RFC 3659). `None` for what is neither a
/// file nor a folder, and for the folder itself and its parent.
pub(super) fn machine_readable(line: &str) -> Option<Line> {
    let (facts, name) = line.split_once(' ')?;
    let fact = |wanted: &str| {
        facts.split(';').find_map(|fact| {
            let (key, value) = fact.split_once('=')?;
            key.eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let kind = match fact("type")?.to_ascii_lowercase().as_str() {
        "file" => Kind::File {
            bytes: fact("size")?.parse().ok()?,
        },
        "dir" => Kind::Folder,
        _ => return None,
    };
    Some(Line {
        name: name.to_owned(),
        kind,
    })
}

/// A line of `LIST`, in the words of Unix or of DOS. The format is nobody's standard; names with
/// spaces are not ours, so they are left out and what is left has a fixed number of words.
pub(super) fn for_people(line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split_whitespace().collect();
    unix(&words).or_else(|| dos(&words))
}

fn unix(words: &[&str]) -> Option<Line> {
    let mode = *words.first()?;
    // Access control lists add a character.
    if !(10..=11).contains(&mode.len()) {
        return None;
    }
    let name = *words.last()?;
    let number = |place: usize| words.get(place).and_then(|word| word.parse::<u64>().ok());
    let is_iso_date = |place: usize| {
        words
            .get(place)
            .is_some_and(|word| word.len() == 10 && word.matches('-').count() == 2)
    };
    let bytes = match words.len() {
        // -rw-r--r-- 1 owner group 17 Jan 2 15:04 name
        9 => number(4)?,
        // The same with a date like 2026-01-02, or without a group.
        8 if is_iso_date(5) => number(4)?,
        8 => number(3)?,
        _ => return None,
    };
    let kind = match mode.chars().next()? {
        '-' => Kind::File { bytes },
        'd' => Kind::Folder,
        _ => return None,
    };
    (name != "." && name != "..").then(|| Line {
        name: name.to_owned(),
        kind,
    })
}

/// `01-02-26  03:04PM  <DIR>  name`, or a size in the place of `<DIR>`.
fn dos(words: &[&str]) -> Option<Line> {
    let &[date, time, size, name] = words else {
        return None;
    };
    if date.matches(['-', '/', '.']).count() != 2 || !time.contains(':') {
        return None;
    }
    let kind = if size == "<DIR>" {
        Kind::Folder
    } else {
        Kind::File {
            bytes: size.replace(',', "").parse().ok()?,
        }
    };
    Some(Line {
        name: name.to_owned(),
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Line, for_people, machine_readable};

    fn file(name: &str, bytes: u64) -> Option<Line> {
        Some(Line {
            name: name.to_owned(),
            kind: Kind::File { bytes },
        })
    }

    fn folder(name: &str) -> Option<Line> {
        Some(Line {
            name: name.to_owned(),
            kind: Kind::Folder,
        })
    }

    #[test]
    fn machine_readable_lines() {
        for (line, expected) in [
            (
                "type=file;size=17;modify=20260102030405; a.b",
                file("a.b", 17),
            ),
            ("Type=File;Size=0;UNIX.mode=0644; empty", file("empty", 0)),
            (
                "modify=20260102030405;type=dir;sizd=4096; data",
                folder("data"),
            ),
            ("type=cdir;sizd=4096; /backups", None),
            ("type=pdir;sizd=4096; /", None),
            ("type=OS.unix=symlink;size=3; link", None),
            ("type=file; unknown-size", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(machine_readable(line), expected, "{line}");
        }
    }

    #[test]
    fn lines_for_people() {
        for (line, expected) in [
            (
                "-rw-r--r--    1 34       34             17 Jan 02 03:04 config",
                file("config", 17),
            ),
            (
                "-rw-------    1 ftp ftp 5000000000 Dec 31  2025 large",
                file("large", 5_000_000_000),
            ),
            (
                "drwxr-xr-x+   2 ftp ftp 4096 Jan 02 03:04 data",
                folder("data"),
            ),
            (
                "-rw-r--r-- 1 user group 17 2026-01-02 03:04 iso",
                file("iso", 17),
            ),
            (
                "-rw-r--r--   1 owner   17 Jan 02 03:04 no-group",
                file("no-group", 17),
            ),
            (
                "-rw-r--r-- 1 ftp ftp 17 sty 02 03:04 polish",
                file("polish", 17),
            ),
            ("lrwxrwxrwx 1 ftp ftp 3 Jan 02 03:04 link -> target", None),
            ("-rw-r--r-- 1 ftp ftp 17 Jan 02 03:04 two words", None),
            ("-rw-r--r-- 1 owner 17 Jan 02 03:04 two words", None),
            ("drwxr-xr-x 2 ftp ftp 4096 Jan 02 03:04 ..", None),
            (
                "01-02-26  03:04PM       <DIR>          data",
                folder("data"),
            ),
            (
                "01-02-2026  03:04AM              1,017 config",
                file("config", 1017),
            ),
            ("01-02-26  03:04PM   17 two words", None),
            ("total 12", None),
            ("", None),
        ] {
            assert_eq!(for_people(line), expected, "{line}");
        }
    }
}
