//! The nice value of worker threads.

/// Adds `niceness` to the nice value of the calling thread. After an error the thread keeps its priority and can
/// still run tasks.
pub(super) fn yield_more(niceness: u8) -> std::io::Result<()> {
    // A sandbox may refuse the call even for 0.
    if niceness == 0 { Ok(()) } else { add(niceness) }
}

/// On Linux `nice` applies to the calling thread, although POSIX defines it for the whole process.
#[cfg(target_os = "linux")]
fn add(niceness: u8) -> std::io::Result<()> {
    rustix::process::nice(i32::from(niceness))?;
    Ok(())
}

/// On other systems the call would change the whole process, including the heart and tokio tasks.
#[cfg(not(target_os = "linux"))]
fn add(_: u8) -> std::io::Result<()> {
    Ok(())
}
