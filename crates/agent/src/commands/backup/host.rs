//! This machine, as the backup engine asks it.

use latarnik_backup::{OperatingSystem, SystemMetadata};
use latarnik_platform::{
    file_properties::{self, FileProperties},
    process,
};
use std::{io, path::Path};

#[derive(Debug)]
pub(super) struct Host;

impl OperatingSystem for Host {
    fn is_gone(&self, process: u32) -> bool {
        process::is_gone(process)
    }

    fn metadata(&self, path: &Path) -> io::Result<Option<SystemMetadata>> {
        let properties = file_properties::read(path)?;
        Ok(properties.map(|properties| SystemMetadata {
            attributes: properties.attributes,
            descriptor: properties.descriptor.map(Into::into),
        }))
    }

    fn set_metadata(&self, path: &Path, metadata: &SystemMetadata) -> io::Result<()> {
        let properties = FileProperties {
            attributes: metadata.attributes,
            descriptor: metadata.descriptor.as_deref().map(Into::into),
        };
        file_properties::write(path, &properties)
    }
}
