//! Lists of updates, texts and categories.

use crate::late_binding::{no_late_binding, unscripted};
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows::{
    Win32::{
        Foundation::{E_INVALIDARG, VARIANT_BOOL, VARIANT_FALSE},
        System::UpdateAgent::{
            ICategory, ICategory_Impl, ICategoryCollection, ICategoryCollection_Impl,
            IImageInformation, IStringCollection, IStringCollection_Impl, IUpdate,
            IUpdateCollection, IUpdateCollection_Impl,
        },
    },
    core::{BSTR, IUnknown, Ref, Result, implement},
};

/// `IUpdateCollection`; also a class of its own, so that clients can make one.
#[implement(IUpdateCollection)]
#[derive(Default)]
pub(crate) struct Updates(Mutex<Vec<IUpdate>>);

impl Updates {
    pub(crate) fn new(updates: Vec<IUpdate>) -> Self {
        Self(Mutex::new(updates))
    }

    fn list(&self) -> MutexGuard<'_, Vec<IUpdate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identifiers of the updates in a collection, whoever made it.
pub(crate) fn ids(updates: &IUpdateCollection) -> Result<Vec<String>> {
    // SAFETY: the caller's objects live in the caller's apartment, which calls.
    unsafe {
        (0..updates.Count()?)
            .map(|index| Ok(updates.get_Item(index)?.Identity()?.UpdateID()?.to_string()))
            .collect()
    }
}

/// The item at an index of COM's.
pub(crate) fn at<T: Clone>(items: &[T], index: i32) -> Result<T> {
    let item = usize::try_from(index)
        .ok()
        .and_then(|index| items.get(index));
    item.cloned().ok_or_else(|| E_INVALIDARG.into())
}

fn count<T>(items: &[T]) -> Result<i32> {
    i32::try_from(items.len()).map_err(|_| E_INVALIDARG.into())
}

impl IUpdateCollection_Impl for Updates_Impl {
    fn get_Item(&self, index: i32) -> Result<IUpdate> {
        at(&self.list(), index)
    }
    fn Count(&self) -> Result<i32> {
        count(&self.list())
    }
    fn ReadOnly(&self) -> Result<VARIANT_BOOL> {
        Ok(VARIANT_FALSE)
    }
    fn Add(&self, update: Ref<IUpdate>) -> Result<i32> {
        let mut list = self.list();
        list.push(update.ok()?.clone());
        Ok(count(&list)? - 1)
    }
    fn Clear(&self) -> Result<()> {
        self.list().clear();
        Ok(())
    }
    unscripted! {
        put_Item(i32, Ref<IUpdate>) -> ();
        _NewEnum() -> IUnknown;
        Copy() -> IUpdateCollection;
        Insert(i32, Ref<IUpdate>) -> ();
        RemoveAt(i32) -> ();
    }
}

#[implement(IStringCollection)]
pub(crate) struct Texts(pub(crate) Vec<String>);

impl IStringCollection_Impl for Texts_Impl {
    fn get_Item(&self, index: i32) -> Result<BSTR> {
        at(&self.0, index).map(|text| BSTR::from(text.as_str()))
    }
    fn Count(&self) -> Result<i32> {
        count(&self.0)
    }
    unscripted! {
        put_Item(i32, &BSTR) -> ();
        _NewEnum() -> IUnknown;
        ReadOnly() -> VARIANT_BOOL;
        Add(&BSTR) -> i32;
        Clear() -> ();
        Copy() -> IStringCollection;
        Insert(i32, &BSTR) -> ();
        RemoveAt(i32) -> ();
    }
}

#[implement(ICategoryCollection)]
pub(crate) struct Categories(pub(crate) Vec<String>);

impl ICategoryCollection_Impl for Categories_Impl {
    fn get_Item(&self, index: i32) -> Result<ICategory> {
        at(&self.0, index).map(|id| Category(id).into())
    }
    fn Count(&self) -> Result<i32> {
        count(&self.0)
    }
    unscripted! {
        _NewEnum() -> IUnknown;
    }
}

/// A category without a usable name: whoever looks at names finds nonsense.
#[implement(ICategory)]
struct Category(String);

impl ICategory_Impl for Category_Impl {
    fn Name(&self) -> Result<BSTR> {
        Ok(BSTR::from("Zażółć gęślą jaźń"))
    }
    fn CategoryID(&self) -> Result<BSTR> {
        Ok(BSTR::from(self.0.as_str()))
    }
    unscripted! {
        Children() -> ICategoryCollection;
        Description() -> BSTR;
        Image() -> IImageInformation;
        Order() -> i32;
        Parent() -> ICategory;
        Type() -> BSTR;
        Updates() -> IUpdateCollection;
    }
}

no_late_binding!(Updates_Impl, Texts_Impl, Categories_Impl, Category_Impl);
