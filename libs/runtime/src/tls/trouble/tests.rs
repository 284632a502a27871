use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::*;

#[track_caller]
fn check(error: rustls::Error, expected: impl FnOnce(String) -> Trouble) {
    let expected = expected(error.to_string());
    let error = io::Error::new(io::ErrorKind::InvalidData, error);
    assert_eq!(Trouble::of(&error), Some(expected.clone()));
    assert_eq!(Trouble::of(&io::Error::other(error)), Some(expected));
}

#[test]
fn whose_fault_it_is_is_told_apart() {
    let unknown = CertificateError::UnknownIssuer;
    check(unknown.into(), Trouble::NotBelieved);
    let required = AlertDescription::CertificateRequired;
    check(rustls::Error::AlertReceived(required), Trouble::Refused);
    let message = InvalidMessage::InvalidContentType;
    check(rustls::Error::InvalidMessage(message), Trouble::Plain);
    let hangs = io::Error::new(io::ErrorKind::TimedOut, Trouble::Hangs);
    assert_eq!(Trouble::of(&hangs), Some(Trouble::Hangs));
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    assert_eq!(Trouble::of(&refused), None);
}
