//! The part of native-tls that `ureq` names, and no TLS: to connect is an error that says what is missing.
//!
//! A stream holds a value of a type without values, so none can exist, and the code behind one is unreachable
//! for the compiler too.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Read, Write};

/// There is no TLS here.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("downloads are off: name the program with WASM_BINDGEN_BIN, WASM_OPT_BIN, ESBUILD_BIN")
    }
}

impl std::error::Error for Error {}

/// A certificate that is not looked at.
pub struct Certificate;

impl Certificate {
    pub fn from_der(_: &[u8]) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// No client certificate is taken.
pub struct Identity(Infallible);

impl Identity {
    pub fn from_pkcs8(_: &[u8], _: &[u8]) -> Result<Self, Error> {
        Err(Error)
    }
}

/// Takes every setting and keeps none.
pub struct TlsConnectorBuilder;

impl TlsConnectorBuilder {
    pub fn danger_accept_invalid_certs(&mut self, _: bool) -> &mut Self {
        self
    }

    pub fn danger_accept_invalid_hostnames(&mut self, _: bool) -> &mut Self {
        self
    }

    pub fn disable_built_in_roots(&mut self, _: bool) -> &mut Self {
        self
    }

    pub fn add_root_certificate(&mut self, _: Certificate) -> &mut Self {
        self
    }

    pub fn identity(&mut self, identity: Identity) -> &mut Self {
        match identity.0 {}
    }

    pub fn use_sni(&mut self, _: bool) -> &mut Self {
        self
    }

    pub fn build(&self) -> Result<TlsConnector, Error> {
        Ok(TlsConnector)
    }
}

/// Connects to nothing.
#[derive(Clone)]
pub struct TlsConnector;

impl TlsConnector {
    #[must_use]
    pub fn builder() -> TlsConnectorBuilder {
        TlsConnectorBuilder
    }

    pub fn connect<S: Read + Write>(&self, _: &str, _: S) -> Result<TlsStream<S>, HandshakeError<S>> {
        Err(HandshakeError::Failure(Error))
    }
}

/// Always [`HandshakeError::Failure`].
pub enum HandshakeError<S> {
    Failure(Error),
    WouldBlock(TlsStream<S>),
}

/// Cannot exist.
pub struct TlsStream<S> {
    never: Infallible,
    stream: S,
}

impl<S> TlsStream<S> {
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }
}

impl<S> Read for TlsStream<S> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.never {}
    }
}

impl<S> Write for TlsStream<S> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match self.never {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.never {}
    }
}
