use super::{FileProperties, layout::Layout};
use crate::privileges::{self, Privilege};
use std::{
    fs::File,
    io,
    os::windows::{
        fs::{MetadataExt as _, OpenOptionsExt as _},
        io::AsRawHandle as _,
    },
    path::Path,
};
use windows::{
    Win32::{
        Foundation::{
            ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, HANDLE,
            WIN32_ERROR,
        },
        Security::{
            DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, GetKernelObjectSecurity,
            OBJECT_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
            SACL_SECURITY_INFORMATION, SetKernelObjectSecurity,
        },
        Storage::FileSystem::{
            FILE_ATTRIBUTE_ARCHIVE, FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_NORMAL,
            FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_SYSTEM,
            FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAGS_AND_ATTRIBUTES,
            FILE_READ_ATTRIBUTES, READ_CONTROL, SetFileAttributesW, WRITE_DAC, WRITE_OWNER,
        },
    },
    core::HSTRING,
};

/// What a program can give a file. The others say how its content is stored (compressed,
/// encrypted, sparse), or where.
const GIVEN: u32 = FILE_ATTRIBUTE_READONLY.0
    | FILE_ATTRIBUTE_HIDDEN.0
    | FILE_ATTRIBUTE_SYSTEM.0
    | FILE_ATTRIBUTE_ARCHIVE.0
    | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED.0;
/// Folders can be opened, and links are not followed.
const ITSELF: u32 = FILE_FLAG_BACKUP_SEMANTICS.0 | FILE_FLAG_OPEN_REPARSE_POINT.0;
/// The right to see and set what is watched:
/// <https://learn.microsoft.com/windows/win32/secauthz/access-mask>.
const ACCESS_SYSTEM_SECURITY: u32 = 0x0100_0000;
/// Few descriptors are longer than a kilobyte; 64 is the most that there can be.
const USUAL_WORDS: usize = 128;
/// Where it lies among a descriptor's bytes.
const CONTROL: std::ops::Range<usize> = 2..4;

pub(super) fn read(path: &Path) -> io::Result<Option<FileProperties>> {
    let usual = READ_CONTROL.0 | FILE_READ_ATTRIBUTES.0;
    let parts = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let watched = privileges::is_enabled(Privilege::Security)
        .then(|| open(path, usual | ACCESS_SYSTEM_SECURITY).ok())
        .flatten();
    let (file, parts) = match watched {
        Some(file) => (file, parts | SACL_SECURITY_INFORMATION),
        None => (open(path, usual)?, parts),
    };
    let descriptor = match descriptor(&file, parts) {
        Err(error) if is_unsupported(&error) => None,
        other => Some(other?),
    };
    Ok(Some(FileProperties {
        attributes: file.metadata()?.file_attributes(),
        descriptor,
    }))
}

pub(super) fn write(path: &Path, properties: &FileProperties) -> io::Result<()> {
    let given = set_attributes(path, properties.attributes);
    let described = properties
        .descriptor
        .as_deref()
        .map_or(Ok(()), |descriptor| set_descriptor(path, descriptor));
    given.and(described)
}

fn open(path: &Path, access: u32) -> io::Result<File> {
    File::options()
        .access_mode(access)
        .custom_flags(ITSELF)
        .open(path)
}

fn descriptor(file: &File, parts: OBJECT_SECURITY_INFORMATION) -> io::Result<Vec<u8>> {
    let mut words = vec![0_u64; USUAL_WORDS];
    loop {
        let room = size_of_val(words.as_slice());
        let mut needed = 0;
        // SAFETY: the buffer is aligned as descriptors are, and its size is the one that is given;
        // the handle is open as long as the file.
        let answer = unsafe {
            GetKernelObjectSecurity(
                HANDLE(file.as_raw_handle()),
                parts.0,
                Some(PSECURITY_DESCRIPTOR(words.as_mut_ptr().cast())),
                u32::try_from(room).unwrap_or(u32::MAX),
                &raw mut needed,
            )
        };
        let needed = needed as usize;
        match answer {
            Ok(()) => {
                let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                bytes.truncate(needed);
                return Ok(bytes);
            }
            Err(error)
                if error.code() == ERROR_INSUFFICIENT_BUFFER.to_hresult() && needed > room =>
            {
                words = vec![0; needed.div_ceil(size_of::<u64>())];
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn set_attributes(path: &Path, attributes: u32) -> io::Result<()> {
    let attributes = match attributes & GIVEN {
        0 => FILE_ATTRIBUTE_NORMAL,
        given => FILE_FLAGS_AND_ATTRIBUTES(given),
    };
    // SAFETY: the name outlives the call.
    unsafe { SetFileAttributesW(&HSTRING::from(path), attributes) }.map_err(Into::into)
}

fn set_descriptor(path: &Path, descriptor: &[u8]) -> io::Result<()> {
    let layout = Layout::of(descriptor).ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = descriptor.to_vec();
    bytes.splice(CONTROL, layout.control_for_setting().to_le_bytes());
    let dacl = (layout.has_dacl, DACL_SECURITY_INFORMATION);
    // Only who has the privilege gives files away; for everyone else they are the caller's.
    let whole = privileges::is_enabled(Privilege::Restore).then(|| {
        let is_watched = layout.has_sacl && privileges::is_enabled(Privilege::Security);
        let access = WRITE_DAC.0 | WRITE_OWNER.0;
        let access = access
            | if is_watched {
                ACCESS_SYSTEM_SECURITY
            } else {
                0
            };
        let parts = [
            dacl,
            (layout.has_owner, OWNER_SECURITY_INFORMATION),
            (layout.has_group, GROUP_SECURITY_INFORMATION),
            (is_watched, SACL_SECURITY_INFORMATION),
        ];
        set_parts(path, &bytes, access, &parts)
    });
    match whole {
        Some(Ok(())) => Ok(()),
        Some(Err(refused)) => set_parts(path, &bytes, WRITE_DAC.0, &[dacl]).and(Err(refused)),
        None => set_parts(path, &bytes, WRITE_DAC.0, &[dacl]),
    }
    .or_else(|error| match error {
        error if is_unsupported(&error) => Ok(()),
        error => Err(error),
    })
}

fn set_parts(
    path: &Path,
    descriptor: &[u8],
    access: u32,
    parts: &[(bool, OBJECT_SECURITY_INFORMATION)],
) -> io::Result<()> {
    let parts = parts
        .iter()
        .filter(|(is_there, _)| *is_there)
        .fold(OBJECT_SECURITY_INFORMATION(0), |all, (_, part)| all | *part);
    if parts.0 == 0 {
        return Ok(());
    }
    let file = open(path, access)?;
    let mut words: Vec<u64> = Vec::with_capacity(descriptor.len().div_ceil(8));
    for chunk in descriptor.chunks(size_of::<u64>()) {
        let mut word = [0; size_of::<u64>()];
        word.iter_mut()
            .zip(chunk)
            .for_each(|(to, from)| *to = *from);
        words.push(u64::from_le_bytes(word));
    }
    // SAFETY: the descriptor is aligned, and nothing in it leads outside of it: its layout was
    // examined. The handle is open as long as the file.
    unsafe {
        SetKernelObjectSecurity(
            HANDLE(file.as_raw_handle()),
            parts,
            PSECURITY_DESCRIPTOR(words.as_mut_ptr().cast()),
        )
    }
    .map_err(Into::into)
}

/// File systems without descriptors, such as FAT.
fn is_unsupported(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| {
        [ERROR_NOT_SUPPORTED, ERROR_INVALID_FUNCTION]
            .into_iter()
            .any(|WIN32_ERROR(other)| {
                code == other as i32 || code == WIN32_ERROR(other).to_hresult().0
            })
    })
}
