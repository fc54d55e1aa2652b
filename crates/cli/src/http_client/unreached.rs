//! The reasons why no response arrived.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::CertificateError;
use ureq::Timeout;

use crate::printable::Printable;

/// The reason why no response arrived. It contains no URL and no header.
#[derive(Debug)]
pub enum Unreached {
    /// The server's certificate is not trusted, so nothing was sent.
    Certificate {
        /// The error.
        fault: CertificateError,
        /// Its issuer, if known.
        issuer: Option<String>,
    },
    /// There was no connection, so nothing was sent.
    Unsent(String),
    /// No HTTP response was received on a connection: the operation may have been done.
    Failed(String),
}

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 200;

impl Unreached {
    /// Without an issuer.
    pub fn new(error: &ureq::Error) -> Self {
        let tls = match error {
            ureq::Error::Rustls(error) => Some(error),
            ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
            _ => None,
        };
        match tls {
            Some(rustls::Error::InvalidCertificate(fault)) => {
                Self::Certificate { fault: fault.clone(), issuer: None }
            }
            _ if is_before_sending(error) => Self::Unsent(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }

    /// Whether the operation may have been done.
    pub fn may_be_done(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

fn is_before_sending(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        ureq::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { fault: CertificateError::UnknownIssuer, issuer } => {
                formatter.write_str(
                    "its certificate is issued by an authority that this machine does not trust",
                )?;
                if let Some(issuer) = issuer {
                    let issuer: String = issuer.chars().take(LONGEST_NAME).collect();
                    write!(formatter, " ({})", Printable(&issuer))?;
                }
                formatter.write_str(
                    "; if it is yours, add its certificate to the machine's store, or name its file in SSL_CERT_FILE",
                )
            }
            Self::Certificate { fault, .. } => {
                write!(formatter, "its certificate is not valid: {}", Printable(&fault.to_string()))
            }
            Self::Unsent(reason) => write!(formatter, "no connection: {}", Printable(reason)),
            Self::Failed(reason) => write!(formatter, "no answer: {}", Printable(reason)),
        }
    }
}

impl Error for Unreached {}
