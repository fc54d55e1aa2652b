//! Proves `gateway.toml` against wrangler's configuration, and writes it as `static` data for the Worker.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use ostiary_grammar::{File, bake, bake_forms, bake_instruments, find_wrangler, read};

fn main() -> io::Result<()> {
    for variable in ["OSTIARY_CONFIGURATION", "OSTIARY_WRANGLER_CONFIG", "OSTIARY_WRANGLER_FILES"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // The folder with both files: the crate's own, unless the tests build the Worker from another.
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let folder =
        env::var_os("OSTIARY_CONFIGURATION").map_or_else(|| root.clone(), |folder| root.join(folder));
    let (gateway_path, gateway_text) = configuration_file(&root, &folder.join("gateway.toml"));
    // `wrangler deploy --config FILE` takes a file that no folder tells.
    let named = env::var_os("OSTIARY_WRANGLER_CONFIG").filter(|name| !name.is_empty());
    let found = named.map_or_else(|| find_wrangler(&folder), |name| Ok(root.join(name)));
    let wrangler = match found {
        Ok(path) => path,
        Err(error) => {
            println!("cargo::error={error}");
            return Ok(());
        }
    };
    let (wrangler_path, wrangler_text) = configuration_file(&root, &wrangler);

    let gateway = File { path: &gateway_path, text: &gateway_text };
    let wrangler = File { path: &wrangler_path, text: &wrangler_text };
    let checked = match read(gateway, wrangler) {
        Ok(checked) => checked,
        Err(errors) => {
            for error in errors {
                println!("cargo::error={error}");
            }
            return Ok(());
        }
    };
    for warning in &checked.warnings {
        println!("cargo::warning={warning}");
    }
    let source = format!(
        "/// `gateway.toml`, checked.\n\
         pub(crate) static GATEWAY: ostiary_core::configuration::Gateway = {};\n\
         /// The forms of auth that it uses.\n\
         pub(crate) const FORMS: ostiary_core::configuration::Forms = {};\n\
         /// What it asks for besides serving requests.\n\
         pub(crate) const INSTRUMENTS: ostiary_core::configuration::Instruments = {};\n",
        bake(&checked.gateway),
        bake_forms(&checked.gateway),
        bake_instruments(&checked.gateway),
    );
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("gateway.rs"), source)
}

/// The file's path as diagnostics show it, and its text; an empty text where it cannot be read.
fn configuration_file(root: &Path, path: &Path) -> (String, String) {
    println!("cargo::rerun-if-changed={}", path.display());
    let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|error| {
        println!("cargo::error={shown}: {error}");
        String::new()
    });
    (shown, text)
}
