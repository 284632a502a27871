"""What several cases are made of."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NOT_FOUND = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
# The end of an ARN that nothing has.
NOWHERE = "0123456789abcdef"


def certificate_for(*hosts, key=None):
    """A self-signed certificate and its key, PEM."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return {
        "Certificate": built.public_bytes(pem),
        "PrivateKey": key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain),
    }


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def attributes(pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def pick(items, *keys):
    return [{key: item.get(key) for key in keys} for item in items]
