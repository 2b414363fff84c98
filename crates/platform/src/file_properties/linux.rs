use super::FileProperties;
use std::{io, path::Path};

pub(super) fn read(_path: &Path) -> io::Result<Option<FileProperties>> {
    Ok(None)
}

pub(super) fn write(_path: &Path, _properties: &FileProperties) -> io::Result<()> {
    Ok(())
}
