//! Proves `gateway.toml` against wrangler's configuration, and writes it as `static` data for the Worker.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;
use std::{env, fmt, fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use sha2::{Digest as _, Sha256};

use ostiary_grammar::{
    Checked, Diagnostic, File, bake, bake_forms, bake_instruments, find_wrangler, read, report,
};

/// The variable with the path of a file for what the check finds. cargo shows a warning on one line only, and an error
/// among lines of its own, so `scripts/build-worker` shows the file instead.
const REPORT: &str = "OSTIARY_REPORT";

fn main() -> io::Result<ExitCode> {
    for variable in ["OSTIARY_CONFIGURATION", "OSTIARY_WRANGLER_CONFIG", "OSTIARY_WRANGLER_FILES", REPORT] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    match check(&root) {
        Ok((checked, report)) => {
            warn(&checked.warnings, &report)?;
            write_source(&root, &checked)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => refuse(&errors),
    }
}

/// The errors of a configuration that must not be deployed.
struct Errors {
    /// For a terminal.
    report: String,
    /// On one line each.
    lines: Vec<String>,
}

/// The configuration with the report of its warnings.
fn check(root: &Path) -> Result<(Checked, String), Errors> {
    // The folder with both files: the crate's own, or another one.
    let folder =
        env::var_os("OSTIARY_CONFIGURATION").map_or_else(|| root.to_owned(), |folder| root.join(folder));
    let (gateway_path, gateway_text) = configuration_file(root, &folder.join("gateway.toml"))?;
    // The file of `wrangler deploy --config FILE`, which may be anywhere.
    let named = env::var_os("OSTIARY_WRANGLER_CONFIG").filter(|name| !name.is_empty());
    let wrangler = match named {
        Some(name) => root.join(name),
        None => find_wrangler(&folder).map_err(Errors::of_files)?,
    };
    let (wrangler_path, wrangler_text) = configuration_file(root, &wrangler)?;

    let gateway = File { path: &gateway_path, text: &gateway_text };
    let wrangler = File { path: &wrangler_path, text: &wrangler_text };
    match read(gateway, wrangler) {
        Ok(checked) => {
            let report = report(&checked.warnings, gateway, wrangler);
            Ok((checked, report))
        }
        Err(errors) => Err(Errors {
            report: report(&errors, gateway, wrangler),
            lines: errors.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// The file's path for diagnostics, and its text.
fn configuration_file(root: &Path, path: &Path) -> Result<(String, String), Errors> {
    println!("cargo::rerun-if-changed={}", path.display());
    let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| Errors::of_files(format_args!("cannot read {shown}: {error}")))?;
    Ok((shown, text))
}

impl Errors {
    /// The files cannot be read.
    fn of_files(fault: impl fmt::Display) -> Self {
        Self { report: format!("error: {fault}\n\n"), lines: vec![fault.to_string()] }
    }
}

fn refuse(errors: &Errors) -> io::Result<ExitCode> {
    if let Some(path) = env::var_os(REPORT) {
        fs::write(path, &errors.report)?;
        return Ok(ExitCode::FAILURE);
    }
    for line in &errors.lines {
        println!("cargo::error={line}");
    }
    // These lines fail the build, and an exit code would add others to them.
    Ok(ExitCode::SUCCESS)
}

fn warn(warnings: &[Diagnostic], report: &str) -> io::Result<()> {
    let Some(path) = env::var_os(REPORT).map(PathBuf::from) else {
        for warning in warnings {
            println!("cargo::warning={warning}");
        }
        return Ok(());
    };
    fs::write(&path, report)?;
    // The file stays valid while cargo does not run this again. A missing one makes cargo run it, but a file that is
    // newer than the start of this run would do so at every build.
    fs::File::options().write(true).open(&path)?.set_modified(SystemTime::UNIX_EPOCH)?;
    println!("cargo::rerun-if-changed={}", path.display());
    Ok(())
}

/// Writes the configuration as Rust source.
fn write_source(root: &Path, checked: &Checked) -> io::Result<()> {
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
