//! Finds the migrations of sqlxmq. It ships them as files, not as code.

use std::error::Error;
use std::path::Path;
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    let (cargo, target) = (std::env::var("CARGO")?, std::env::var("TARGET")?);
    // Limited to this platform, since the dependencies of others are not downloaded.
    let output = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version=1", "--filter-platform", &target])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let package = packages.iter().find(|package| package["name"] == "sqlxmq").ok_or("sqlxmq is not there")?;
    let manifest = package["manifest_path"].as_str().ok_or("sqlxmq has no manifest")?;
    let migrations = Path::new(manifest).with_file_name("migrations");
    println!("cargo::rustc-env=SQLXMQ_MIGRATIONS={}", migrations.display());
    println!("cargo::rerun-if-changed=../Cargo.lock");
    Ok(())
}
