//! A proxy that speaks TLS before a plain port, with a certificate of an authority of its own.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::network::{ANY_PORT, install_tls};

/// A running proxy; it ends with the runtime of its test.
pub(crate) struct TlsProxy {
    address: SocketAddr,
    /// The authority's certificate, in PEM.
    pub(crate) authority: String,
}

impl TlsProxy {
    /// Passes what it deciphers to `to`.
    pub(crate) async fn before(to: SocketAddr) -> Self {
        install_tls();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let server = ServerConfig::builder().with_no_client_auth();
        let server = server.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = listener.local_addr().unwrap();
        crate::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                crate::spawn(async move {
                    // A client that does not trust the certificate leaves here.
                    let Ok(mut deciphered) = acceptor.accept(stream).await else { return };
                    let mut daemon = TcpStream::connect(to).await.unwrap();
                    let _ = copy_bidirectional(&mut deciphered, &mut daemon).await;
                });
            }
        });
        Self { address, authority: authority.pem() }
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}/graphql", self.address.port())
    }
}
