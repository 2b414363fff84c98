//! Where backups go.
//!
//! A [`Destination`] keeps files under relative names: a folder of this machine, S3, SFTP, FTP or
//! SMB, one file each, all with the same behaviour: [`conformance::check`] is the contract, and
//! every kind passes it against a real server. Around a destination lie wrappers, each a
//! destination itself: [`Retrying`], [`Verified`], [`Throttled`], [`Metered`] and [`Patient`].
//! [`Settings`] describe a destination in a file or a message, [`open`] makes one of them, and
//! [`connect`] one with all wrappers in the order that a backup wants.
//! [`probe`] says in one coded answer whether it can be used, and if not, why.
//!
//! Invariants: a name holds either a whole file or none, also when the writer is killed, the
//! connection is cut or the disk is full; no secret appears in `Debug`, in a location or in a
//! failure; a failure carries a stable [`FailureCode`], never prose to show to people.
//!
//! What lies in the files is not known here, and neither is what a backup is: encryption,
//! formats, schedules and policies live elsewhere.

#[cfg(feature = "conformance")]
pub mod conformance;
mod connected;
mod content;
mod destination;
mod dial;
mod failure;
mod ftp;
mod local;
mod metered;
mod nested;
mod object_name;
mod patient;
mod pool;
mod probe;
mod retrying;
mod s3;
mod secret;
mod server_key;
mod settings;
mod sftp;
mod smb;
mod throttled;
mod tls;
mod verified;

pub use connected::{Connected, Options, connect, connect_below, wrap};
pub use content::{Content, Cursor};
pub use destination::{Destination, Entry, Space, Written};
pub use failure::{Failure, FailureCode, Operation, chain};
pub use ftp::{Ftp, FtpSecurity, FtpSettings};
pub use local::{Local, LocalSettings};
pub use metered::{Metered, Metrics};
pub use object_name::{InvalidName, ObjectName};
pub use patient::{Patience, Patient};
pub use probe::{ProbeReport, probe};
pub use retrying::{Retries, Retrying};
pub use s3::{Addressing, S3, S3Settings};
pub use secret::Secret;
pub use server_key::ServerKey;
pub use settings::{Settings, open};
pub use sftp::{Sftp, SftpSettings};
pub use smb::{Smb, SmbEncryption, SmbSettings};
pub use throttled::{Bandwidth, Throttled};
pub use verified::{Verification, Verified};
