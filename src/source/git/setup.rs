//! Settings of the git library that hold for the whole process.
//!
//! Setting them is `unsafe` in `git2`, since they are globals of a C library; this file is all there is of it.

#![allow(unsafe_code)]

use std::sync::Once;

use git2::ConfigLevel;

static ONCE: Once = Once::new();

/// Keeps libgit2 from reading any configuration but a repository's own, and lets it open repositories that belong to
/// somebody else, as those in a CI container do.
///
/// The owner check protects programs that run what a repository's configuration names (hooks, filters, pagers).
/// Nothing here does.
pub(super) fn isolate() {
    ONCE.call_once(|| {
        for level in [ConfigLevel::System, ConfigLevel::Global, ConfigLevel::XDG, ConfigLevel::ProgramData] {
            // SAFETY: the call writes a global that libgit2 reads without a lock when it opens a repository. `Once`
            // lets no two threads in here, and all code of this crate that uses git2 calls this first, so that no
            // other thread can be inside libgit2 yet.
            let outcome = unsafe { git2::opts::set_search_path(level, "") };
            outcome.expect("an empty search path needs no memory and is valid at each of these levels");
        }
        // SAFETY: as above.
        let outcome = unsafe { git2::opts::set_verify_owner_validation(false) };
        outcome.expect("switching the owner check off has no way to fail");
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_configuration_outside_repositories_is_found() {
        isolate();
        isolate();
        assert!(git2::Config::find_system().is_err());
        assert!(git2::Config::find_global().is_err());
        assert!(git2::Config::find_xdg().is_err());
    }
}
