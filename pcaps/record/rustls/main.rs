//! rustls-serve ADDRESS NAME CERT KEY [ALPN...]: a TLS server on rustls that has a certificate for NAME alone, and speaks
//! the protocols of ALPN, if any.

use rustls::server::ResolvesServerCertUsingSni;
use rustls::sign::{any_supported_type, CertifiedKey};
use rustls::{Certificate, PrivateKey, ServerConfig, ServerConnection, Stream};
use std::error::Error;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::{env, fs::File};

fn certified(cert: &str, key: &str) -> Result<CertifiedKey, Box<dyn Error>> {
    let chain = rustls_pemfile::certs(&mut BufReader::new(File::open(cert)?))?;
    let keys = rustls_pemfile::pkcs8_private_keys(&mut BufReader::new(File::open(key)?))?;
    let key = keys.into_iter().next().ok_or("no key")?;
    let chain = chain.into_iter().map(Certificate).collect();
    Ok(CertifiedKey::new(chain, any_supported_type(&PrivateKey(key))?))
}

fn config(args: &[String]) -> Result<ServerConfig, Box<dyn Error>> {
    let mut resolver = ResolvesServerCertUsingSni::new();
    resolver.add(&args[1], certified(&args[2], &args[3])?)?;
    let mut config = ServerConfig::builder()
        .with_safe_defaults()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = args[4..].iter().map(|p| p.clone().into_bytes()).collect();
    Ok(config)
}

fn serve(config: Arc<ServerConfig>, mut socket: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut tls = ServerConnection::new(config)?;
    let mut request = [0; 4096];
    let n = Stream::new(&mut tls, &mut socket).read(&mut request)?;
    if n > 0 {
        Stream::new(&mut tls, &mut socket).write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nshop\n")?;
    }
    tls.send_close_notify();
    tls.complete_io(&mut socket)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.len() < 4 {
        return Err("usage: rustls-serve ADDRESS NAME CERT KEY [ALPN...]".into());
    }
    let config = Arc::new(config(&args)?);
    for socket in TcpListener::bind(&args[0])?.incoming() {
        if let Err(e) = serve(config.clone(), socket?) {
            eprintln!("rustls-serve: {e}");
        }
    }
    Ok(())
}
