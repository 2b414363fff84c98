//! For tests only: the real servers that backups go to and come from.
//!
//! Each starter makes a server of its own in a temporary folder, on a free port of the loopback
//! interface, and ends it when it is dropped. Nothing outside of that folder is touched, and no
//! service of the machine is used. [`Proxy`] lies between a client and a server and breaks what
//! networks break: it cuts, delays and refuses.
//!
//! It knows none of the product's crates.

mod account;
#[cfg(unix)]
mod attempts;
mod certificates;
mod client;
#[cfg(unix)]
pub mod ftp;
mod mariadb;
mod postgresql;
mod process;
mod proxy;
mod s3;
#[cfg(unix)]
mod samba;
#[cfg(unix)]
mod small_disk;
#[cfg(unix)]
pub mod ssh;
#[cfg(unix)]
pub mod ssh_password;
pub mod writer;

pub use certificates::Certificates;
pub use mariadb::Mariadb;
pub use postgresql::Postgresql;
pub use process::{ServerProcess, free_port, wait_for_port};
pub use proxy::{Fault, Proxy};
pub use s3::{S3Checksums, S3Fault, S3Server};
#[cfg(unix)]
pub use samba::{Samba, SambaOptions};
#[cfg(unix)]
pub use small_disk::SmallDisk;
