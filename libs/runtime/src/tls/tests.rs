use std::net::SocketAddr;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use x509_parser::prelude::ASN1Time;

use super::*;
use crate::Context;

/// An authority that signs what it is asked for.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// The files of a service, for a certificate that ends in this year.
    pub(crate) fn write(&self, folder: &Path, name: &str, ends: i32) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(ends, 1, 1);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(folder.join("tls.crt"), certificate.pem()).unwrap();
        std::fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
        std::fs::write(folder.join("ca.crt"), &self.certificate).unwrap();
    }

    pub(crate) fn service(&self, service: &str) -> (TempDir, Tls) {
        self.ending(service, 2999)
    }

    fn ending(&self, service: &str, ends: i32) -> (TempDir, Tls) {
        let folder = TempDir::new().unwrap();
        self.write(folder.path(), &name(service), ends);
        let tls = Tls::load(&Metrics::default(), folder.path(), "west").unwrap();
        (folder, tls)
    }
}

pub(crate) fn name(service: &str) -> String {
    format!("{service}.west.services.tributary.dev")
}

/// A server that says what it hears, to each connection that it lets in.
async fn echo(tls: Tls, tasks: &mut JoinSet<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let tls = tls.clone();
            connections.spawn(async move {
                let Ok(stream) = tls.accept(tcp).await else {
                    return;
                };
                let (mut from, mut to) = tokio::io::split(stream);
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

type Stream = client::TlsStream<TcpStream>;

async fn said(stream: &mut Stream) -> io::Result<()> {
    stream.write_all(b"x").await?;
    let mut heard = [0];
    stream.read_exact(&mut heard).await?;
    assert_eq!(&heard, b"x");
    Ok(())
}

/// In TLS 1.3 a client hears only from the first answer whether its own certificate was taken.
async fn talks(tls: &Tls, service: &str, to: SocketAddr) -> io::Result<Stream> {
    let tcp = TcpStream::connect(to).await.unwrap();
    let mut stream = tls.connect(service, tcp).await?;
    said(&mut stream).await?;
    Ok(stream)
}

#[tokio::test]
async fn two_services_of_one_authority_talk() {
    let authority = Authority::new();
    let (_server, server) = authority.service("merger");
    let (_client, client) = authority.service("watcher");
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    talks(&client, "merger", to).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_does_not_agree_says_whose_fault_it_is() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (_server, server) = authority.service("merger");
    let (_client, client) = authority.service("watcher");
    let (_stranger, stranger) = other.service("watcher");
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    let trouble = |error: io::Error| Trouble::of(&error).unwrap();
    let not_believed = trouble(talks(&stranger, "merger", to).await.unwrap_err());
    assert!(
        matches!(not_believed, Trouble::NotBelieved(_)),
        "{not_believed}"
    );
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = silent.local_addr().unwrap();
    let hangs = trouble(talks(&client, "merger", to).await.unwrap_err());
    assert_eq!(hangs, Trouble::Hangs);
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = plain.local_addr().unwrap();
    tasks.spawn(async move {
        let (mut tcp, _) = plain.accept().await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let plain = trouble(talks(&client, "merger", to).await.unwrap_err());
    assert!(matches!(plain, Trouble::Plain(_)), "{plain}");
}

#[tokio::test]
async fn each_connection_shows_its_certificate_anew() {
    let authority = Authority::new();
    let (_server, server) = authority.service("merger");
    let (_client, client) = authority.service("watcher");
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    for _ in 0..3 {
        let stream = talks(&client, "merger", to).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.handshake_kind(), Some(rustls::HandshakeKind::Full));
    }
}

#[tokio::test]
async fn nobody_talks_to_another_service_than_was_meant() {
    let authority = Authority::new();
    let (_server, server) = authority.service("watcher");
    let (_client, client) = authority.service("status-writer");
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    let refused = talks(&client, "merger", to).await.unwrap_err();
    assert!(
        refused.to_string().contains("not valid for name"),
        "{refused}"
    );
}

#[tokio::test]
async fn another_authority_is_not_believed_by_either() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (_server, server) = ours.service("merger");
    let (_client, stranger) = theirs.service("watcher");
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    let refused = talks(&stranger, "merger", to).await.unwrap_err();
    assert!(
        refused.to_string().contains("invalid peer certificate"),
        "{refused}"
    );
    // One that believes us, and that we do not believe.
    let folder = TempDir::new().unwrap();
    theirs.write(folder.path(), &name("watcher"), 2999);
    std::fs::write(folder.path().join("ca.crt"), &ours.certificate).unwrap();
    let stranger = Tls::load(&Metrics::default(), folder.path(), "west").unwrap();
    talks(&stranger, "merger", to).await.unwrap_err();
}

#[tokio::test]
async fn an_expired_certificate_is_not_believed_by_either() {
    let authority = Authority::new();
    let (_expired, expired) = authority.ending("merger", 2001);
    let (_valid, valid) = authority.service("merger");
    let (_client, client) = authority.service("watcher");
    let mut tasks = JoinSet::new();
    let to = echo(expired.clone(), &mut tasks).await;
    let refused = talks(&client, "merger", to).await.unwrap_err();
    assert!(refused.to_string().contains("expired"), "{refused}");
    let to = echo(valid, &mut tasks).await;
    talks(&expired, "merger", to).await.unwrap_err();
}

#[tokio::test]
async fn what_is_renewed_counts_for_new_connections_and_open_ones_go_on() {
    let (former, next) = (Authority::new(), Authority::new());
    let (server_files, server) = former.service("merger");
    let (_client, client) = former.service("watcher");
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    let mut open = talks(&client, "merger", to).await.unwrap();
    next.write(server_files.path(), &name("merger"), 2999);
    let (_renewed, renewed) = next.service("watcher");
    // It looks once a second.
    while talks(&renewed, "merger", to).await.is_err() {}
    talks(&client, "merger", to).await.unwrap_err();
    said(&mut open).await.unwrap();
}

#[tokio::test]
async fn files_that_cannot_be_used_leave_what_was_there() {
    let authority = Authority::new();
    let (files, server) = authority.service("merger");
    let (_client, client) = authority.service("watcher");
    let failures = server.0.failures.clone();
    let mut tasks = JoinSet::new();
    let to = echo(server, &mut tasks).await;
    for (file, content) in [("tls.key", "none"), ("tls.crt", ""), ("ca.crt", "none")] {
        let file = files.path().join(file);
        let before = std::fs::read(&file).unwrap();
        let seen = failures.get();
        std::fs::write(&file, content).unwrap();
        while failures.get() == seen {
            talks(&client, "merger", to).await.unwrap();
        }
        std::fs::write(&file, before).unwrap();
    }
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_its_file() {
    let authority = Authority::new();
    let (files, _tls) = authority.service("merger");
    let load = || Tls::load(&Metrics::default(), files.path(), "west").unwrap_err();
    for (file, content, why) in [
        ("tls.key", Some("none"), "is not what it should be"),
        ("tls.crt", Some(""), "there is no certificate in it"),
        ("ca.crt", None, "cannot read"),
    ] {
        let file = files.path().join(file);
        let before = std::fs::read(&file).unwrap();
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let told = load().to_string();
        assert!(told.contains(why), "{told}");
        assert!(told.contains(&file.display().to_string()), "{told}");
        std::fs::write(&file, before).unwrap();
    }
    // The key of another certificate.
    let (others, _tls) = authority.service("watcher");
    std::fs::copy(others.path().join("tls.key"), files.path().join("tls.key")).unwrap();
    assert!(load().to_string().contains("tls.crt"), "{}", load());
}

#[test]
fn what_is_wrong_with_a_certificate_depends_on_who_we_are_and_when() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let folder = TempDir::new().unwrap();
    let loaded = || Loaded::new(folder.path(), &Files::read(folder.path()).unwrap()).unwrap();
    let at =
        |year: i32| ASN1Time::from_timestamp(date_time_ymd(year, 6, 1).unix_timestamp()).unwrap();
    let us = Peer::new("merger", "west");
    ours.write(folder.path(), &name("merger"), 2020);
    assert_eq!(loaded().fault(&us, at(2019)), None);
    let fault = |peer: &Peer, year| loaded().fault(peer, at(year)).unwrap();
    let said = fault(&us, 1999);
    assert!(
        said.contains("tls.crt begins at") && said.contains("this machine's clock"),
        "{said}"
    );
    let said = fault(&us, 2020);
    assert!(said.contains("tls.crt ended at"), "{said}");
    for other in [Peer::new("watcher", "west"), Peer::new("merger", "east")] {
        let said = fault(&other, 2019);
        assert!(said.contains(&format!("and not for {other}")), "{said}");
    }
    std::fs::write(folder.path().join("ca.crt"), &theirs.certificate).unwrap();
    let said = fault(&us, 2019);
    assert!(
        said.contains("not believed by the authorities of ca.crt"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_waited_for_and_renewed_while_nobody_connects() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let context = Context::new("merger");
    let tasks = context.tasks();
    let us = Peer::new("merger", "west");
    let unmet = || context.readiness.unmet().concat();
    let (tls, ()) = tokio::join!(watched(&context, &tasks, folder.path(), us), async {
        while !unmet().contains("merger/certificate: cannot read") {
            tokio::task::yield_now().await;
        }
        authority.write(folder.path(), &name("merger"), 2001);
    });
    let _tls = tls.unwrap();
    assert!(unmet().contains("tls.crt ended at"), "{}", unmet());
    authority.write(folder.path(), &name("merger"), 2999);
    context.readiness.ready().await;
    authority.write(folder.path(), &name("merger"), 2001);
    context.readiness.unready().await;
    context.shutdown.cancel();
    tasks.join(LOOK).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_used_any_more_are_a_concern_while_the_former_count() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    authority.write(folder.path(), &name("merger"), 2999);
    let context = Context::new("merger");
    let tasks = context.tasks();
    let us = Peer::new("merger", "west");
    let tls = watched(&context, &tasks, folder.path(), us).await.unwrap();
    context.readiness.ready().await;
    let mut concerns = context.concerns();
    std::fs::write(folder.path().join("tls.crt"), "no certificate").unwrap();
    concerns.changed().await;
    let told = concerns.now().concat();
    assert!(told.starts_with("certificate: "), "{told}");
    assert!(told.contains("tls.crt is not what it should be"), "{told}");
    assert!(context.readiness.is_ready());
    drop(tls);
    authority.write(folder.path(), &name("merger"), 2998);
    concerns.changed().await;
    assert!(concerns.now().is_empty());
    context.shutdown.cancel();
    tasks.join(LOOK).await.unwrap();
}

/// Said once in the log, which compares the words.
#[test]
fn why_a_certificate_is_not_good_is_said_in_the_same_words_at_any_time() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let us = Peer::new("merger", "west");
    authority.write(folder.path(), &name("merger"), 2001);
    let tls = Tls::load(&Metrics::default(), folder.path(), "west").unwrap();
    let first = tls
        .current()
        .fault(&us, ASN1Time::from_timestamp(1_500_000_000).unwrap());
    let later = tls
        .current()
        .fault(&us, ASN1Time::from_timestamp(1_500_000_001).unwrap());
    assert!(first.is_some());
    assert_eq!(first, later);
}

#[tokio::test]
async fn who_is_told_to_stop_waits_for_no_certificate() {
    let (context, folder) = (Context::new("merger"), TempDir::new().unwrap());
    context.shutdown.cancel();
    let us = Peer::new("merger", "west");
    let waited = watched(&context, &context.tasks(), folder.path(), us).await;
    assert!(matches!(waited, Err(TlsError::Read { .. })));
}

#[test]
fn a_service_is_known_by_its_name() {
    let merger = Peer {
        service: "merger".to_owned(),
        installation: "west".to_owned(),
    };
    assert_eq!(name("merger").parse(), Ok(merger.clone()));
    assert_eq!(merger.to_string(), name("merger"));
    for other in [
        "merger.west.example.com",
        "west.services.tributary.dev",
        "merger.west.east.services.tributary.dev",
        ".west.services.tributary.dev",
        "merger..services.tributary.dev",
        "services.tributary.dev",
    ] {
        assert_eq!(other.parse::<Peer>(), Err(NoPeer), "{other}");
    }
}
