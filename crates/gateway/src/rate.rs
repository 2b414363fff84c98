//! Limits on how much a device or an address may ask for.

mod address;
mod bucket;
mod device;

pub(crate) use address::AddressLimits;
use bucket::Unit;
pub(crate) use bucket::{Exceeded, Policy, TokenBucket};
pub(crate) use device::{Budget, DeviceBudgets, requests};
