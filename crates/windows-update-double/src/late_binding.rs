//! What every object owes COM, and nobody here uses.

/// Implements `IDispatch`, the interface of script languages, by refusing.
macro_rules! no_late_binding {
    ($($object:ident),+ $(,)?) => { $(
        impl windows::Win32::System::Com::IDispatch_Impl for $object {
            fn GetTypeInfoCount(&self) -> windows::core::Result<u32> {
                Ok(0)
            }
            fn GetTypeInfo(
                &self,
                _: u32,
                _: u32,
            ) -> windows::core::Result<windows::Win32::System::Com::ITypeInfo> {
                Err(windows::Win32::Foundation::E_NOTIMPL.into())
            }
            fn GetIDsOfNames(
                &self,
                _: *const windows::core::GUID,
                _: *const windows::core::PCWSTR,
                _: u32,
                _: u32,
                _: *mut i32,
            ) -> windows::core::Result<()> {
                Err(windows::Win32::Foundation::E_NOTIMPL.into())
            }
            fn Invoke(
                &self,
                _: i32,
                _: *const windows::core::GUID,
                _: u32,
                _: windows::Win32::System::Com::DISPATCH_FLAGS,
                _: *const windows::Win32::System::Com::DISPPARAMS,
                _: *mut windows::Win32::System::Variant::VARIANT,
                _: *mut windows::Win32::System::Com::EXCEPINFO,
                _: *mut u32,
            ) -> windows::core::Result<()> {
                Err(windows::Win32::Foundation::E_NOTIMPL.into())
            }
        }
    )+ };
}

/// Methods that no test scripts: each logs its name and answers `E_NOTIMPL`.
///
/// `name(argument types) -> answer`, separated by `;`.
macro_rules! unscripted {
    ($($name:ident($($argument:ty),*) -> $answer:ty;)+) => { $(
        fn $name(&self, $(_: $argument),*) -> windows::core::Result<$answer> {
            crate::scenario::log(concat!("not implemented: ", stringify!($name)));
            Err(windows::Win32::Foundation::E_NOTIMPL.into())
        }
    )+ };
}

pub(crate) use {no_late_binding, unscripted};
