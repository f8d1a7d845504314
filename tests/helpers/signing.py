"""Films signed by C2PA with certificates that the test makes."""

from __future__ import annotations

import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = {"action": "c2pa.created", "digitalSourceType": f"{IPTC}trainedAlgorithmicMedia"}
CAPTURED = {"action": "c2pa.created", "digitalSourceType": f"{IPTC}digitalCapture"}
EDITED = {"action": "c2pa.edited"}


def sign(
    film: Path,
    output: Path,
    *actions: dict[str, Any],
    organisation: str = "Example Newsroom",
    made_from: Path | None = None,
    remote: str = "",
) -> Path:
    """Sign a film in the name of an organisation; made from another, it was opened; with `remote` the manifest is left out,
    and its address put in."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    chain = [
        _certificate("Camera 7", organisation, leaf, "A root", root),
        _certificate("A root", "Roots", root, "A root", root),
    ]
    info = c2pa.C2paSignerInfo(
        alg=b"es256",
        sign_cert=b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain),
        private_key=leaf.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        ta_url=b"",
    )
    info.ta_url = None
    manifest: dict[str, Any] = {"claim_generator_info": [{"name": "Test camera", "version": "1.0"}]}
    if actions:
        manifest["assertions"] = [{"label": "c2pa.actions", "data": {"actions": list(actions)}}]
    builder, signed = c2pa.Builder(manifest), BytesIO()
    if made_from is not None:
        builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
        with made_from.open("rb") as file:
            builder.add_ingredient({"title": made_from.name, "relationship": "parentOf"}, "video/mp4", file)
    if remote:
        builder.set_remote_url(remote)
        builder.set_no_embed()
    with film.open("rb") as file:
        builder.sign(c2pa.Signer.from_info(info), "video/mp4", file, signed)
    output.write_bytes(signed.getvalue())
    return output


def _certificate(
    name: str, organisation: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    is_root, now = key is issuer_key, datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(name, organisation))
        .issuer_name(_name(issuer, "Roots"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage),
            critical=True,
        )
    )
    if not is_root:
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return built.sign(issuer_key, hashes.SHA256())


def _name(name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        ]
    )
