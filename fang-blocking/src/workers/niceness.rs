//! How far a thread yields the processor to others.

/// Lets the calling thread, and none of the others, yield by so much more than it does now.
///
/// A thread that cannot is no reason to run nothing: it is as urgent as it was.
pub(super) fn yield_more(niceness: u8) -> std::io::Result<()> {
    // Nothing to ask of a system that might refuse the call.
    if niceness == 0 { Ok(()) } else { add(niceness) }
}

/// POSIX has this value a process, and so have its documentation and the name of the call; Linux has
/// it a thread.
#[cfg(target_os = "linux")]
fn add(niceness: u8) -> std::io::Result<()> {
    rustix::process::nice(i32::from(niceness))?;
    Ok(())
}

/// Elsewhere the call would slow down the whole process, heart and tokio tasks included.
#[cfg(not(target_os = "linux"))]
fn add(_: u8) -> std::io::Result<()> {
    Ok(())
}
