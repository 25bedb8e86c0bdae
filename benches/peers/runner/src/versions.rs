//! The versions of the libraries that were measured.

const LOCK: &str = include_str!("../../Cargo.lock");

/// Returns the version of the library that a peer measures.
pub(crate) fn version(package: &str) -> String {
    let (name, is_own) = match package {
        "fang" | "floor" => ("fang", true),
        "fang-0-11" => ("fang", false),
        "graphile" => ("graphile_worker", false),
        "apalis" => ("apalis-postgres", false),
        other => (other, false),
    };
    // In the lock file, a package from a path has no `source`.
    let wanted = |block: &&str| {
        block.contains(&format!("name = \"{name}\"\n")) && block.contains("\nsource = ") != is_own
    };
    let version = LOCK.split("[[package]]\n").find(wanted).and_then(|block| block.split('"').nth(3));
    version.unwrap_or("unknown").to_owned()
}
