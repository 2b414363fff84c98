//! A clock that nobody sets.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use linux::SinceBoot;
#[cfg(windows)]
pub(crate) use windows::SinceBoot;

#[cfg(test)]
mod tests {
    use super::SinceBoot;
    use latarnik_agent_core::SteadyClock;

    #[test]
    fn time_passes_and_never_goes_back() {
        let begin = SinceBoot.elapsed();
        assert!(!begin.is_zero());
        while SinceBoot.elapsed() == begin {
            std::thread::yield_now();
        }
        assert!(SinceBoot.elapsed() > begin);
    }
}
