pub(super) fn is_elevated() -> bool {
    rustix::process::geteuid().is_root()
}
