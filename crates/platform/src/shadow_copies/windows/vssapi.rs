//! The service's programming interface, which the `windows` crate lacks: `vssapi.dll` is loaded when
//! it is needed, and its tables of functions are laid out by hand.
//!
//! Order and types of the functions: `IVssBackupComponents` and `IVssAsync`,
//! <https://learn.microsoft.com/windows/win32/api/vsbackup/>. What is not called is room in the
//! table.

use std::{
    ffi::c_void,
    path::{Path, PathBuf},
    ptr::null_mut,
    time::{Duration, Instant},
};
use windows::{
    Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW},
    core::{BOOL, Error, GUID, HRESULT, HSTRING, IUnknown, IUnknown_Vtbl, Interface, PWSTR, s, w},
};

/// `VSS_CTX_BACKUP`: with writers, and released with the object that made it.
const CONTEXT_BACKUP: i32 = 0;
/// `VSS_BT_COPY`: the programs that take part do not count it as their own backup.
const TYPE_COPY: i32 = 5;
/// `VSS_S_ASYNC_PENDING`.
pub(super) const PENDING: HRESULT = HRESULT(0x0004_2309);
/// `VSS_S_ASYNC_CANCELLED`.
pub(super) const CANCELLED: HRESULT = HRESULT(0x0004_230B);

type This = *mut c_void;
type Call = unsafe extern "system" fn(This) -> HRESULT;
type Begin = unsafe extern "system" fn(This, *mut *mut c_void) -> HRESULT;
type Room<const FUNCTIONS: usize> = [usize; FUNCTIONS];

/// `IVssBackupComponents`.
#[repr(transparent)]
#[derive(Debug, Clone)]
pub(super) struct BackupComponents(IUnknown);

#[repr(C)]
pub(super) struct BackupComponentsTable {
    _base: IUnknown_Vtbl,
    _writer_components: Room<2>,
    initialize_for_backup: unsafe extern "system" fn(This, *const u16) -> HRESULT,
    set_backup_state: unsafe extern "system" fn(This, bool, bool, i32, bool) -> HRESULT,
    _restore: Room<2>,
    gather_writer_metadata: Begin,
    _writer_metadata: Room<3>,
    _add_component: Room<1>,
    prepare_for_backup: Begin,
    abort_backup: Call,
    _writer_status: Room<4>,
    _components: Room<6>,
    _save_as_xml: Room<1>,
    backup_complete: Begin,
    _restore_components: Room<5>,
    _restore_events: Room<2>,
    set_context: unsafe extern "system" fn(This, i32) -> HRESULT,
    start_snapshot_set: unsafe extern "system" fn(This, *mut GUID) -> HRESULT,
    add_to_snapshot_set: unsafe extern "system" fn(This, *const u16, GUID, *mut GUID) -> HRESULT,
    do_snapshot_set: Begin,
    _manage_snapshots: Room<3>,
    get_snapshot_properties:
        unsafe extern "system" fn(This, GUID, *mut SnapshotProperties) -> HRESULT,
    _query: Room<1>,
    is_volume_supported: unsafe extern "system" fn(This, GUID, *const u16, *mut BOOL) -> HRESULT,
    _rest: Room<6>,
}

// SAFETY: a transparent wrapper of a COM pointer; the table is laid out as the interface's is, and
// the identifier is the interface's.
unsafe impl Interface for BackupComponents {
    type Vtable = BackupComponentsTable;
    const IID: GUID = GUID::from_u128(0x665c1d5f_c218_414d_a05d_7fef5f9d5c86);
}

/// `IVssAsync`.
#[repr(transparent)]
#[derive(Debug, Clone)]
pub(super) struct Operation(IUnknown);

#[repr(C)]
pub(super) struct OperationTable {
    _base: IUnknown_Vtbl,
    cancel: Call,
    wait: unsafe extern "system" fn(This, u32) -> HRESULT,
    query_status: unsafe extern "system" fn(This, *mut HRESULT, *mut i32) -> HRESULT,
}

// SAFETY: as above.
unsafe impl Interface for Operation {
    type Vtable = OperationTable;
    const IID: GUID = GUID::from_u128(0x507c37b4_cf5b_4e95_b0af_14eb9767467e);
}

/// `VSS_SNAPSHOT_PROP`.
#[repr(C)]
#[derive(Default)]
struct SnapshotProperties {
    snapshot: GUID,
    set: GUID,
    count: i32,
    device: PWSTR,
    volume: PWSTR,
    originating_machine: PWSTR,
    service_machine: PWSTR,
    exposed_name: PWSTR,
    exposed_path: PWSTR,
    provider: GUID,
    attributes: i32,
    created: i64,
    status: i32,
}

type Create = unsafe extern "system" fn(*mut *mut c_void) -> HRESULT;
type FreeProperties = unsafe extern "system" fn(*mut SnapshotProperties);

/// The library, which stays loaded.
#[derive(Clone, Copy)]
pub(super) struct Library {
    create: Create,
    free_properties: FreeProperties,
}

impl Library {
    pub(super) fn load() -> Result<Self, Error> {
        // SAFETY: the name is a terminated text; the system's own folder alone is searched.
        let module =
            unsafe { LoadLibraryExW(w!("vssapi.dll"), None, LOAD_LIBRARY_SEARCH_SYSTEM32) }?;
        // SAFETY: the module stays loaded, and the names are terminated texts.
        let (create, free) = unsafe {
            (
                GetProcAddress(module, s!("CreateVssBackupComponentsInternal")),
                GetProcAddress(module, s!("VssFreeSnapshotPropertiesInternal")),
            )
        };
        let (Some(create), Some(free)) = (create, free) else {
            return Err(Error::from_thread());
        };
        // SAFETY: these are the functions' types in the system's header `vsbackup.h`.
        unsafe {
            Ok(Self {
                create: std::mem::transmute::<unsafe extern "system" fn() -> isize, Create>(create),
                free_properties: std::mem::transmute::<
                    unsafe extern "system" fn() -> isize,
                    FreeProperties,
                >(free),
            })
        }
    }

    /// For a thread in an apartment.
    pub(super) fn create(self) -> Result<BackupComponents, Error> {
        let mut components = null_mut();
        // SAFETY: the function fills the pointer, which is owned from here on, or fails.
        unsafe {
            (self.create)(&raw mut components).ok()?;
            owned(components)
        }
    }

    /// Where a copy lies, without a backslash at its end.
    pub(super) fn device(
        self,
        components: &BackupComponents,
        snapshot: GUID,
    ) -> Result<PathBuf, Error> {
        let mut properties = SnapshotProperties::default();
        let table = components.vtable();
        // SAFETY: the properties are of the type that is filled; their texts are terminated, copied,
        // and freed once, by the function that is meant for it.
        unsafe {
            (table.get_snapshot_properties)(components.as_raw(), snapshot, &raw mut properties)
                .ok()?;
            let device = if properties.device.is_null() {
                Err(Error::from_hresult(HRESULT(0x8004_2308_u32.cast_signed())))
            } else {
                Ok(HSTRING::from_wide(properties.device.as_wide()))
            };
            (self.free_properties)(&raw mut properties);
            device.map(|device| PathBuf::from(device.to_os_string()))
        }
    }
}

/// Takes over a pointer that a function filled.
///
/// # Safety
///
/// It is null, or points to an object of this interface and counts as one reference.
unsafe fn owned<T: Interface>(pointer: *mut c_void) -> Result<T, Error> {
    if pointer.is_null() {
        return Err(Error::from_hresult(HRESULT(0x8004_2302_u32.cast_signed())));
    }
    // SAFETY: promised by the caller.
    Ok(unsafe { T::from_raw(pointer) })
}

impl BackupComponents {
    pub(super) fn initialize_for_backup(&self) -> Result<(), Error> {
        // SAFETY: a null text means a new backup.
        unsafe { (self.vtable().initialize_for_backup)(self.as_raw(), std::ptr::null()).ok() }
    }

    pub(super) fn set_context(&self) -> Result<(), Error> {
        // SAFETY: takes no pointers.
        unsafe { (self.vtable().set_context)(self.as_raw(), CONTEXT_BACKUP).ok() }
    }

    /// A copy, without single components, without the state that a machine boots from.
    pub(super) fn set_backup_state(&self) -> Result<(), Error> {
        // SAFETY: takes no pointers.
        unsafe {
            (self.vtable().set_backup_state)(self.as_raw(), false, false, TYPE_COPY, false).ok()
        }
    }

    pub(super) fn is_volume_supported(&self, volume: &HSTRING) -> Result<bool, Error> {
        let mut supported = BOOL::default();
        // SAFETY: the text is terminated; the answer outlives the call. No provider is named.
        unsafe {
            (self.vtable().is_volume_supported)(
                self.as_raw(),
                GUID::zeroed(),
                volume.as_ptr(),
                &raw mut supported,
            )
            .ok()?;
        }
        Ok(supported.as_bool())
    }

    pub(super) fn start_snapshot_set(&self) -> Result<(), Error> {
        let mut set = GUID::zeroed();
        // SAFETY: the answer outlives the call.
        unsafe { (self.vtable().start_snapshot_set)(self.as_raw(), &raw mut set).ok() }
    }

    /// The id that its copy will have.
    pub(super) fn add_to_snapshot_set(&self, volume: &HSTRING) -> Result<GUID, Error> {
        let mut snapshot = GUID::zeroed();
        // SAFETY: the text is terminated; the answer outlives the call. No provider is named.
        unsafe {
            (self.vtable().add_to_snapshot_set)(
                self.as_raw(),
                volume.as_ptr(),
                GUID::zeroed(),
                &raw mut snapshot,
            )
            .ok()?;
        }
        Ok(snapshot)
    }

    pub(super) fn gather_writer_metadata(&self) -> Result<Operation, Error> {
        self.begin(self.vtable().gather_writer_metadata)
    }

    pub(super) fn prepare_for_backup(&self) -> Result<Operation, Error> {
        self.begin(self.vtable().prepare_for_backup)
    }

    pub(super) fn do_snapshot_set(&self) -> Result<Operation, Error> {
        self.begin(self.vtable().do_snapshot_set)
    }

    pub(super) fn backup_complete(&self) -> Result<Operation, Error> {
        self.begin(self.vtable().backup_complete)
    }

    pub(super) fn abort_backup(&self) -> Result<(), Error> {
        // SAFETY: takes no pointers.
        unsafe { (self.vtable().abort_backup)(self.as_raw()).ok() }
    }

    fn begin(&self, function: Begin) -> Result<Operation, Error> {
        let mut operation = null_mut();
        // SAFETY: the function is one of this object's, and fills the pointer or fails.
        unsafe {
            function(self.as_raw(), &raw mut operation).ok()?;
            owned(operation)
        }
    }
}

impl Operation {
    /// Waits at most so long, and tells how it is then.
    pub(super) fn wait(&self, milliseconds: u16) -> Result<HRESULT, Error> {
        let end = Instant::now() + Duration::from_millis(milliseconds.into());
        let mut status = HRESULT(0);
        // SAFETY: the answer outlives the call; the second one is reserved and may be null.
        unsafe {
            // What it answers about the waiting says nothing about the operation.
            let _ = (self.vtable().wait)(self.as_raw(), milliseconds.into());
            (self.vtable().query_status)(self.as_raw(), &raw mut status, null_mut()).ok()?;
        }
        if status == PENDING {
            std::thread::sleep(end.saturating_duration_since(Instant::now()));
        }
        Ok(status)
    }

    pub(super) fn cancel(&self) -> Result<(), Error> {
        // SAFETY: takes no pointers.
        unsafe { (self.vtable().cancel)(self.as_raw()).ok() }
    }
}

/// The path of a folder in a copy.
pub(super) fn inside(device: &Path, rest: &Path) -> PathBuf {
    let mut root = device.as_os_str().to_owned();
    // The device itself is no folder.
    root.push(r"\");
    let root = PathBuf::from(root);
    if rest.as_os_str().is_empty() {
        root
    } else {
        root.join(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_its_functions_where_the_system_has_them() {
        // Counted in Microsoft's description of the interface, after the three of IUnknown.
        let slot = |offset: usize| offset / size_of::<usize>();
        let slots = [
            slot(std::mem::offset_of!(
                BackupComponentsTable,
                initialize_for_backup
            )),
            slot(std::mem::offset_of!(
                BackupComponentsTable,
                gather_writer_metadata
            )),
            slot(std::mem::offset_of!(
                BackupComponentsTable,
                prepare_for_backup
            )),
            slot(std::mem::offset_of!(BackupComponentsTable, backup_complete)),
            slot(std::mem::offset_of!(BackupComponentsTable, set_context)),
            slot(std::mem::offset_of!(BackupComponentsTable, do_snapshot_set)),
            slot(std::mem::offset_of!(
                BackupComponentsTable,
                is_volume_supported
            )),
            slot(size_of::<BackupComponentsTable>()),
        ];
        assert_eq!(slots, [5, 9, 14, 27, 35, 38, 44, 51]);
    }

    #[test]
    fn a_folder_lies_below_the_root_of_its_copy() {
        let device = Path::new(r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7");
        assert_eq!(
            inside(device, Path::new(r"data\books")).as_os_str(),
            r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7\data\books"
        );
        assert_eq!(
            inside(device, Path::new("")).as_os_str(),
            r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7\"
        );
    }
}
