//! Gives the Windows program its version resource.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_WINDOWS").is_none() {
        return Ok(());
    }
    let mut resource = winresource::WindowsResource::new();
    resource
        .set("ProductName", "Latarnik")
        .set("FileDescription", "Latarnik agent")
        .set("OriginalFilename", "latarnik-agent.exe")
        // English (United States); without it the resource has no language and is not shown.
        .set_language(0x0409);
    resource.compile()
}
