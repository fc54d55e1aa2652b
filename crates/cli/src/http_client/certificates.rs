//! The trusted certificate authorities: those of the machine, as for curl and wrangler.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the machine's store. `NODE_EXTRA_CA_CERTS` is added, because users behind
//! an inspecting proxy have set it for wrangler. Mozilla's list is used on a machine without a store.

use std::env;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_native_certs::load_certs_from_paths;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::environment::EnvironmentError;

const FILE: &str = "SSL_CERT_FILE";
const FOLDERS: &str = "SSL_CERT_DIR";

/// Reads the current certificates.
///
/// # Errors
/// Returns an error if a variable names certificates and none of them can be read: the default ones must not replace
/// them.
pub fn tls() -> Result<TlsConfig, EnvironmentError> {
    if let Some(path) = env::var_os(FILE) {
        check_file(&PathBuf::from(path))?;
    }
    let mut certificates = rustls_native_certs::load_native_certs().certs;
    if let Some(folders) = env::var_os(FOLDERS)
        && certificates.is_empty()
    {
        let fault = format!("names {}, where no certificate can be read", folders.display());
        return Err(EnvironmentError { variable: FOLDERS, fault });
    }
    if let Some(path) = env::var_os("NODE_EXTRA_CA_CERTS")
        && let Ok(more) = CertificateDer::pem_file_iter(path)
    {
        // Node also ignores a file that it cannot read.
        certificates.extend(more.flatten());
    }
    let roots = if certificates.is_empty() {
        RootCerts::WebPki
    } else {
        let own = |certificate: &CertificateDer<'static>| Certificate::from_der(certificate).to_owned();
        certificates.iter().map(own).collect::<Vec<_>>().into()
    };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

fn check_file(path: &Path) -> Result<(), EnvironmentError> {
    let loaded = load_certs_from_paths(Some(path), None);
    if !loaded.certs.is_empty() {
        return Ok(());
    }
    let reason = loaded.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    let fault = format!("names {}, where no certificate in PEM can be read{reason}", path.display());
    Err(EnvironmentError { variable: FILE, fault })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("authority.pem");
        let told = check_file(&path).unwrap_err().to_string();
        assert!(told.starts_with("SSL_CERT_FILE names ") && told.contains("authority.pem"), "{told}");
        fs::write(&path, "no PEM").unwrap();
        assert!(check_file(&path).is_err());
        assert!(check_file(folder.path()).is_err());
        fs::write(&path, include_str!("../../../../tests/harness/certificates/authority.pem")).unwrap();
        assert_eq!(check_file(&path), Ok(()));
    }
}
