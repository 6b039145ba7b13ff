import datetime


def fernet():
    from cryptography.fernet import Fernet, InvalidToken

    box = Fernet(Fernet.generate_key())
    print(box.decrypt(box.encrypt(b"secret")))
    try:
        box.decrypt(b"nonsense")
    except InvalidToken as error:
        print(type(error).__name__)


def _certificate():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site.example")])
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(7).not_valid_before(start).not_valid_after(start + datetime.timedelta(9))
    names = x509.SubjectAlternativeName([x509.DNSName("site.example")])
    return key, built.add_extension(names, critical=False).sign(key, hashes.SHA256())


def certificate():
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = _certificate()[1].public_bytes(Encoding.PEM)
    back = x509.load_pem_x509_certificate(pem)
    print(back.subject.rfc4514_string(), back.not_valid_after_utc.isoformat(), back.serial_number)
    print(
        back.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    )


def rsa():
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    key.public_key().verify(key.sign(b"text", pss, hashes.SHA256()), b"text", pss, hashes.SHA256())
    print(key.key_size)


def ciphers():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA3_256, SHA256, BLAKE2b, Hash
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    for cipher in (AESGCM, ChaCha20Poly1305):
        print(cipher(b"k" * 32).encrypt(b"n" * 12, b"text", None).hex()[:16])
    print(
        PBKDF2HMAC(SHA256(), 8, b"salt", 1000).derive(b"key").hex(),
        Scrypt(b"salt", 8, 16, 1, 1).derive(b"key").hex(),
    )
    print(HKDF(SHA3_256(), 8, b"salt", b"").derive(b"key").hex())
    digest = Hash(BLAKE2b(64))
    digest.update(b"x")
    print(digest.finalize().hex()[:16])
    Ed25519PrivateKey.generate().sign(b"x")
    one, two = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    print(one.exchange(two.public_key()) == two.exchange(one.public_key()))


def containers():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

    key, certificate = _certificate()
    best = serialization.BestAvailableEncryption(b"pass")
    sealed = pkcs12.serialize_key_and_certificates(b"name", key, certificate, None, best)
    print(pkcs12.load_pkcs12(sealed, b"pass").cert.friendly_name)
    ssh = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    print(type(serialization.load_ssh_private_key(ssh, None)).__name__)
    print(len(pkcs7.serialize_certificates([certificate], serialization.Encoding.DER)) > 100)
