//! Proves `gateway.toml` against wrangler's configuration, and writes it as `static` data for the Worker.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use sha2::{Digest as _, Sha256};

use ostiary_grammar::{File, bake, bake_forms, bake_instruments, find_wrangler, read};

fn main() -> io::Result<()> {
    for variable in ["OSTIARY_CONFIGURATION", "OSTIARY_WRANGLER_CONFIG", "OSTIARY_WRANGLER_FILES"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // The folder with both files: the crate's own, or another one that the tests choose.
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let folder =
        env::var_os("OSTIARY_CONFIGURATION").map_or_else(|| root.clone(), |folder| root.join(folder));
    let (gateway_path, gateway_text) = configuration_file(&root, &folder.join("gateway.toml"));
    // The file of `wrangler deploy --config FILE`, which may be anywhere.
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
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let page = if checked.gateway.operator.as_ref().is_some_and(|operator| operator.page) {
        let (html, policy) = page(&root.join("src/page"))?;
        fs::write(out.join("page.html"), html)?;
        let html = "include_str!(concat!(env!(\"OUT_DIR\"), \"/page.html\"))";
        format!("Some(ostiary_core::runtime::instrumented::Page {{ html: {html}, policy: {policy:?} }})")
    } else {
        "None".to_owned()
    };
    let source = format!(
        "/// `gateway.toml`, checked.\n\
         pub(crate) static GATEWAY: ostiary_core::configuration::Gateway = {};\n\
         /// The forms of auth that it uses.\n\
         pub(crate) const FORMS: ostiary_core::configuration::Forms = {};\n\
         /// The instruments that it asks for.\n\
         pub(crate) const INSTRUMENTS: ostiary_core::configuration::Instruments = {};\n\
         /// The operator's page, where there is one.\n\
         pub(crate) const PAGE: Option<ostiary_core::runtime::instrumented::Page> = {page};\n",
        bake(&checked.gateway),
        bake_forms(&checked.gateway),
        bake_instruments(&checked.gateway),
    );
    fs::write(out.join("gateway.rs"), source)
}

/// The operator's page as one document, and its `Content-Security-Policy`: it admits the page's style and script by
/// their digests, and requests to its own origin.
fn page(folder: &Path) -> io::Result<(String, String)> {
    let read = |name: &str| {
        let path = folder.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(path)
    };
    let (style, script) = (read("style.css")?, read("script.js")?);
    let html = read("index.html")?.replace("/* style.css */", &style).replace("/* script.js */", &script);
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        digest(&script),
        digest(&style),
    );
    Ok((html, policy))
}

/// The file's path for diagnostics, and its text, which is empty if the file cannot be read.
fn configuration_file(root: &Path, path: &Path) -> (String, String) {
    println!("cargo::rerun-if-changed={}", path.display());
    let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|error| {
        println!("cargo::error={shown}: {error}");
        String::new()
    });
    (shown, text)
}
