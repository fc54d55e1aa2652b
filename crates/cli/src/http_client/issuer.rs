//! Finds the issuer of a server's certificate, for the error message about an untrusted certificate.

use std::sync::{Arc, Mutex};

use http::Uri;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, SocksConnector, TcpConnector, Transport,
    TransportAdapter,
};
use ureq::{Agent, Error};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// The distinguished name of the issuer (RFC 4514). It uses a separate connection that ends after the certificate, so
/// no request is sent on it. `None` if no certificate arrives or it cannot be parsed.
pub fn issuer(uri: &Uri, configuration: Config) -> Option<String> {
    let shown = Arc::new(Mutex::new(None));
    let connector =
        ().chain(SocksConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(Handshake(Arc::clone(&shown)));
    let agent = Agent::with_parts(configuration, connector, DefaultResolver::default());
    // The handshake always fails.
    let _ = agent.get(uri).call();
    let certificate = shown.lock().ok()?.take()?;
    let certificate = Certificate::from_der(&certificate).ok()?;
    Some(certificate.tbs_certificate().issuer().to_string())
}

type Shown = Arc<Mutex<Option<Vec<u8>>>>;

/// A connector that starts a TLS handshake and ends when it has the certificate.
#[derive(Debug)]
struct Handshake(Shown);

impl<In: Transport> Connector<In> for Handshake {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<In>, Error> {
        // The connection to a proxy uses this connector too.
        if !details.needs_tls() {
            return Ok(chained);
        }
        let transport = chained.ok_or(Error::ConnectionFailed)?;
        let provider = Arc::new(ring::default_provider());
        let verifier = Recorder { shown: Arc::clone(&self.0), provider: Arc::clone(&provider) };
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| Error::HostNotFound)?;
        let mut connection = ClientConnection::new(Arc::new(configuration), name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), Arc::clone(&details.current_time));
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        Err(Error::ConnectionFailed)
    }
}

/// A verifier that records the certificate and trusts none.
#[derive(Debug)]
struct Recorder {
    shown: Shown,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Ok(mut shown) = self.shown.lock() {
            *shown = Some(end_entity.to_vec());
        }
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer))
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer))
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
