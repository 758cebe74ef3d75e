"""A real RFC 3161 authority on loopback: its own certificates, its own keys, and every way it may misbehave."""

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFIED = datetime(2026, 1, 1, tzinfo=UTC)
STAMPED_AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject, key, issuer, issuer_key, *extensions):
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(CERTIFIED)
        .not_valid_after(CERTIFIED + timedelta(days=3650))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(**given):
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


@dataclass
class Authority:
    """Root, signing certificate and key; `signer` may be swapped for a key that no certificate knows."""

    root_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    signer: ec.EllipticCurvePrivateKey | None = None
    misbehaviour: str = ""
    moment: datetime = STAMPED_AT
    asked: int = 0

    def __post_init__(self):
        ski = x509.SubjectKeyIdentifier.from_public_key(self.root_key.public_key())
        self.root = _certificate(
            "Test root",
            self.root_key,
            "Test root",
            self.root_key,
            (x509.BasicConstraints(ca=True, path_length=1), True),
            (_usage(key_cert_sign=True, crl_sign=True), True),
            (ski, False),
        )
        self.certificate = _certificate(
            "Test time stamps",
            self.key,
            "Test root",
            self.root_key,
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
            (x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski), False),
        )

    @property
    def root_pem(self):
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, query):
        self.asked += 1
        request = tsp.TimeStampReq.load(query)
        if self.misbehaviour == "refuse":
            return bytes.fromhex("30053003020102")  # PKIStatusInfo 2, rejection, and no token
        imprint = request["message_imprint"]
        if self.misbehaviour == "wrong imprint":
            imprint = tsp.MessageImprint(
                {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(b"other").digest()}
            )
        nonce = request["nonce"].native + (self.misbehaviour == "wrong nonce")
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.2.3.4.1",
                "message_imprint": imprint,
                "serial_number": self.asked,
                "gen_time": self.moment,
                "nonce": nonce,
            }
        )
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": self._token(info)}).dump()

    def _token(self, info):
        der = self.certificate.public_bytes(Encoding.DER)
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(info.dump()).digest()]}),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [
                            tsp.SigningCertificateV2(
                                {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(der).digest()})]}
                            )
                        ],
                    }
                ),
            ]
        )
        signature = (self.signer or self.key).sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        certificate = asn1_x509.Certificate.load(der)
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                        )
                    }
                ),
                "digest_algorithm": sha256,
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": signature,
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [sha256],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(info.dump()),
                },
                "certificates": [certificate],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})


@contextmanager
def serving(authority):
    """Serve an authority on loopback and yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.misbehaviour == "error":
                self.send_error(503)
                return
            body = b"<html>" if authority.misbehaviour == "not a token" else authority.answer(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
