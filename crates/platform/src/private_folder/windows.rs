use crate::descriptor::Descriptor;
use std::{fs::File, io, path::Path};
use windows::{
    Win32::{
        Foundation::ERROR_ALREADY_EXISTS,
        Security::{
            ACL,
            Authorization::{SE_FILE_OBJECT, SetNamedSecurityInfoW},
            DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl,
            PROTECTED_DACL_SECURITY_INFORMATION,
        },
        Storage::FileSystem::CreateDirectoryW,
    },
    core::{BOOL, HRESULT, HSTRING},
};

/// Owner and group Administrators; a protected list (nothing inherited) that gives SYSTEM and
/// Administrators full control, inherited by files and folders inside.
const PRIVATE: &str = "O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

pub(super) fn create(folder: &Path) -> io::Result<()> {
    let descriptor = Descriptor::parse(PRIVATE)?;
    let attributes = descriptor.attributes();
    let name = HSTRING::from(folder);
    // SAFETY: name and attributes, with the descriptor that they point to, outlive the call.
    match unsafe { CreateDirectoryW(&name, Some(&raw const attributes)) } {
        Ok(()) => Ok(()),
        Err(error) if error.code() == HRESULT::from_win32(ERROR_ALREADY_EXISTS.0) => {
            apply(&descriptor, &name)
        }
        Err(error) => Err(error.into()),
    }
}

/// The file inherits the rights of the private folder.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// The file has those of its folder, as the other one has.
pub(super) fn copy_rights(_model: &Path, _file: &File) -> io::Result<()> {
    Ok(())
}

/// Windows writes a rename through its own journal.
pub(super) fn flush_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Gives an existing folder the rights of the descriptor.
fn apply(descriptor: &Descriptor, folder: &HSTRING) -> io::Result<()> {
    let mut list: *mut ACL = std::ptr::null_mut();
    let (mut present, mut defaulted) = (BOOL(0), BOOL(0));
    // SAFETY: the descriptor outlives the call; the list points into it.
    let result = unsafe {
        GetSecurityDescriptorDacl(
            descriptor.0,
            &raw mut present,
            &raw mut list,
            &raw mut defaulted,
        )?;
        SetNamedSecurityInfoW(
            folder,
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            None,
            None,
            Some(list),
            None,
        )
    };
    result.ok().map_err(Into::into)
}
