use std::{fs::File, io, path::Path};
use windows::{
    Win32::{
        Foundation::{ERROR_ALREADY_EXISTS, HLOCAL, LocalFree},
        Security::{
            ACL,
            Authorization::{
                ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
                SE_FILE_OBJECT, SetNamedSecurityInfoW,
            },
            DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl,
            PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
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
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.0.0,
        bInheritHandle: false.into(),
    };
    let name = HSTRING::from(folder);
    // SAFETY: name and attributes, with the descriptor that they point to, outlive the call.
    match unsafe { CreateDirectoryW(&name, Some(&raw const attributes)) } {
        Ok(()) => Ok(()),
        Err(error) if error.code() == HRESULT::from_win32(ERROR_ALREADY_EXISTS.0) => {
            descriptor.apply(&name)
        }
        Err(error) => Err(error.into()),
    }
}

/// The file inherits the rights of the private folder.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// Windows writes a rename through its own journal.
pub(super) fn flush_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn parse(text: &str) -> io::Result<Self> {
        let mut descriptor = PSECURITY_DESCRIPTOR::default();
        // SAFETY: the text is terminated by HSTRING; the result is freed by `drop`.
        unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                &HSTRING::from(text),
                SDDL_REVISION_1,
                &raw mut descriptor,
                None,
            )?;
        }
        Ok(Self(descriptor))
    }

    fn apply(&self, folder: &HSTRING) -> io::Result<()> {
        let mut list: *mut ACL = std::ptr::null_mut();
        let (mut present, mut defaulted) = (BOOL(0), BOOL(0));
        // SAFETY: the descriptor is valid until `drop`; the list points into it.
        let result = unsafe {
            GetSecurityDescriptorDacl(self.0, &raw mut present, &raw mut list, &raw mut defaulted)?;
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
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system allocated the descriptor with LocalAlloc and nobody else frees it.
        unsafe { LocalFree(Some(HLOCAL(self.0.0))) };
    }
}
