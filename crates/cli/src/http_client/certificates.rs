//! The trusted certificate authorities: those of the machine, as for curl and wrangler.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the machine's store. `NODE_EXTRA_CA_CERTS` is added, because users behind
//! an inspecting proxy have set it for wrangler. Mozilla's list is used on a machine without a store.

use std::env;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Reads the current certificates.
pub fn tls() -> TlsConfig {
    let mut certificates = rustls_native_certs::load_native_certs().certs;
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
    TlsConfig::builder().root_certs(roots).build()
}
