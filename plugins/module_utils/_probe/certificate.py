# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a report needs out of an X.509 certificate (RFC 5280), trusting none of its bytes.

The standard library reads a certificate only after it has verified it, and a probe must describe
the certificates that do not verify. Nothing here verifies a signature or a chain: TLS does that.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any

from .._model.safe_text import printable
from . import der
from .certificate_names import ATTRIBUTES, CURVES, HASHES, KEYS, PSS, SIGNATURES, STRINGS

# The largest certificates seen in public are below 64 KiB.
MAX_CERTIFICATE_BYTES = 256 * 1024
_MAX_NAME_TEXT = 1000
_MAX_VALUE_TEXT = 255

_COMMON_NAME = "2.5.4.3"
_SUBJECT_KEY_ID = "2.5.29.14"
_SUBJECT_ALT_NAME = "2.5.29.17"
_AUTHORITY_KEY_ID = "2.5.29.35"
_BASIC_CONSTRAINTS = "2.5.29.19"
_PRIME_FIELD = bytes.fromhex("2a8648ce3d0101")  # 1.2.840.10045.1.1
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_KEY_IDENTIFIER, _MAX_KEY_ID = 0x80, 64
_TIME = re.compile(rb"([0-9]{2}|[0-9]{4})" + rb"([0-9]{2})" * 5 + rb"Z")
_TIME_LENGTHS = {der.UTC_TIME: 13, der.GENERALIZED_TIME: 15}
_SPECIAL = str.maketrans({char: "\\" + char for char in ',+"\\<>;'})


class CertificateError(ValueError):
    """The bytes are no certificate that can be read; the text is one line and safe to print."""


@dataclass(frozen=True)
class Certificate:
    """What a certificate says; every text is safe to print (see ``_text.printable``).

    ``subject`` and ``issuer`` read as in RFC 4514. ``names`` holds the dNSName and iPAddress
    entries of subjectAltName in their order, ``dns_names`` and ``ip_addresses`` each kind alone;
    dNSNames keep their case and A-labels. ``not_before`` and ``not_after`` are aware, in UTC, and
    both inside the validity. ``serial`` and the SHA-256 fingerprints are lower-case hex;
    ``spki_sha256`` is over the SubjectPublicKeyInfo, as DANE selector 1 wants it (RFC 6698, 2.1.2).
    ``key_type`` is RSA, EC, Ed25519, Ed448, DSA or an OID; ``key_bits`` is the size of the modulus
    or the field, None where it is not known; ``curve`` is named as in RFC 5480 and RFC 5639, an
    OID, ``explicit``, or None. ``signature_hash`` is in hashlib's spelling, None where the
    algorithm has no separate hash or is not known. ``key_id`` and ``issuer_key_id`` are the key
    identifiers of the subject and the authority in hex, "" for none (4.2.1.1, 4.2.1.2).
    """

    subject: str
    issuer: str
    common_name: str | None
    names: tuple[str, ...]
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    serial: str
    key_type: str
    key_bits: int | None
    curve: str | None
    signature: str
    signature_hash: str | None
    sha256: str
    spki_sha256: str
    is_ca: bool
    self_issued: bool
    key_id: str = ""
    issuer_key_id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: tuples as lists, times in ISO 8601 with ``Z``."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else value


def parse_certificate(data: bytes) -> Certificate:
    """Return what the DER certificate ``data`` says (RFC 5280, 4.1).

    Raises CertificateError, and nothing else, for bytes that are not one whole certificate. The
    time it takes grows with the length of ``data`` and not faster.
    """
    try:
        return _certificate(bytes(data))
    except der.DerError as error:
        raise CertificateError(str(error)) from None


def days_left(certificate: Certificate, now: datetime) -> int:
    """Return the whole days from ``now`` (aware) to the end of the validity, rounded down.

    0 means less than a day is left; below 0 the certificate has expired.
    """
    return (certificate.not_after - now).days


def match_name(certificate: Certificate, name: str) -> bool:
    """Say whether the certificate is for ``name``, a host name or an IP address (RFC 9525, 6).

    Only subjectAltName counts, never the common name. ``*`` stands for one whole leftmost label
    above at least two others, as OpenSSL has it, and never for part of an address. A host name may
    end in a dot and may hold U-labels.
    """
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _match_dns(certificate.dns_names, name)
    return any(address == ipaddress.ip_address(text) for text in certificate.ip_addresses)


def _match_dns(patterns: tuple[str, ...], name: str) -> bool:
    host = name[:-1] if name.endswith(".") else name
    if not host.isascii():
        # IDNA 2003, as the socket module resolves names: this is the host that answered.
        try:
            host = host[:254].encode("idna").decode("ascii")
        except UnicodeError:
            return False
    host = host.lower()
    if len(host) > 253 or not re.fullmatch(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", host):
        return False
    first, _dot, rest = host.partition(".")
    candidates = {host}
    # A last label of digits is an address in a form that ipaddress does not take, such as 127.1.
    if "." in rest and "_" not in first and not rest.rpartition(".")[2].isdigit():
        candidates.add("*." + rest)
    return any(pattern.lower() in candidates for pattern in patterns)


def _certificate(data: bytes) -> Certificate:
    if len(data) > MAX_CERTIFICATE_BYTES:
        raise der.DerError(f"certificate: larger than {MAX_CERTIFICATE_BYTES} bytes")
    outer = der.Reader(data, "certificate")
    whole = der.Reader(outer.take(der.SEQUENCE).body, "certificate")
    outer.finish()
    tbs = der.Reader(whole.take(der.SEQUENCE).body, "to-be-signed part")
    algorithm = whole.take(der.SEQUENCE)
    der.read_bit_string(whole.take(der.BIT_STRING).body)
    whole.finish()

    _check_version(tbs.optional(0xA0))
    serial = der.read_integer(tbs.take(der.INTEGER).body)
    if tbs.take(der.SEQUENCE).raw != algorithm.raw:
        raise der.DerError("certificate: its two signature algorithms differ")  # RFC 5280, 4.1.1.2
    issuer = tbs.take(der.SEQUENCE)
    validity = der.Reader(tbs.take(der.SEQUENCE).body, "validity")
    not_before, not_after = _time(validity), _time(validity)
    validity.finish()
    subject = tbs.take(der.SEQUENCE)
    key = tbs.take(der.SEQUENCE)
    tbs.optional(0x81)  # issuerUniqueID and subjectUniqueID: obsolete, and say nothing here
    tbs.optional(0x82)
    extensions = _extensions(tbs.optional(0xA3))
    tbs.finish()

    subject_text, common_name = _name(subject.body)
    names = _alt_names(extensions.get(_SUBJECT_ALT_NAME))
    key_type, key_bits, curve = _key(key.body)
    signature, signature_hash = _signature(algorithm.body)
    return Certificate(
        subject=subject_text,
        issuer=_name(issuer.body)[0],
        common_name=common_name,
        names=tuple(text for _tag, text in names),
        dns_names=tuple(text for tag, text in names if tag == _DNS_NAME),
        ip_addresses=tuple(text for tag, text in names if tag == _IP_ADDRESS),
        not_before=not_before,
        not_after=not_after,
        serial=printable(_hex(serial), _MAX_VALUE_TEXT),
        key_type=key_type,
        key_bits=key_bits,
        curve=curve,
        signature=signature,
        signature_hash=signature_hash,
        sha256=hashlib.sha256(data).hexdigest(),
        spki_sha256=hashlib.sha256(key.raw).hexdigest(),
        is_ca=_is_ca(extensions.get(_BASIC_CONSTRAINTS)),
        self_issued=issuer.raw == subject.raw,
        key_id=_key_id(extensions.get(_SUBJECT_KEY_ID)),
        issuer_key_id=_issuer_key_id(extensions.get(_AUTHORITY_KEY_ID)),
    )


def _check_version(explicit: der.Element | None) -> None:
    if explicit is not None:
        reader = der.Reader(explicit.body, "version")
        version = der.read_integer(reader.take(der.INTEGER).body)
        reader.finish()
        if version not in (0, 1, 2):
            raise der.DerError("certificate: its version is none of 1, 2 and 3")


def _hex(number: int) -> str:
    digits = f"{abs(number):x}"
    return ("-" if number < 0 else "") + "0" * (len(digits) % 2) + digits


def _time(reader: der.Reader) -> datetime:
    """Read a UTCTime or GeneralizedTime in the one form each may have (RFC 5280, 4.1.2.5)."""
    element = reader.take(*_TIME_LENGTHS)
    found = _TIME.fullmatch(element.body)
    if not found or len(element.body) != _TIME_LENGTHS[element.tag]:
        raise der.DerError("validity: a time is not in the form of RFC 5280")
    year, month, day, hour, minute, second = map(int, found.groups())
    if element.tag == der.UTC_TIME:
        year += 1900 if year >= 50 else 2000
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise der.DerError("validity: a time names no moment") from None


def _name(body: bytes) -> tuple[str, str | None]:
    """Return a Name as text, most specific part first, and its last common name, if any."""
    parts = []
    common_name = None
    rdns = der.Reader(body, "name")
    while rdns.more():
        values = []
        rdn = der.Reader(rdns.take(der.SET).body, "name")
        while rdn.more():
            oid, value, escaped = _attribute(rdn.take(der.SEQUENCE).body)
            if oid == _COMMON_NAME:
                common_name = printable(value, _MAX_VALUE_TEXT)
            values.append(f"{ATTRIBUTES.get(oid, oid)}={escaped}")
        parts.append("+".join(values))
    return printable(",".join(reversed(parts)), _MAX_NAME_TEXT), common_name


def _attribute(body: bytes) -> tuple[str, str, str]:
    """Return OID, value and escaped value; what is no string is shown as # and its hex."""
    reader = der.Reader(body, "name")
    oid = der.read_oid(reader.take(der.OID).body)
    value = reader.take()
    reader.finish()
    encoding = STRINGS.get(value.tag)
    if encoding is None:
        shown = "#" + value.raw[:_MAX_VALUE_TEXT].hex()
        return oid, shown, shown
    text = value.body.decode(encoding, "backslashreplace")
    return oid, text, _escape(text)


def _escape(value: str) -> str:
    """Escape what separates the parts of a name (RFC 4514, 2.4)."""
    text = value.translate(_SPECIAL)
    if text.endswith(" "):
        text = text[:-1] + "\\ "
    return "\\" + text if text.startswith(("#", " ")) else text


def _extensions(explicit: der.Element | None) -> dict[str, bytes]:
    """Return the contents of each extension by OID; the same one twice is an error (4.2)."""
    found: dict[str, bytes] = {}
    if explicit is None:
        return found
    outer = der.Reader(explicit.body, "extensions")
    reader = der.Reader(outer.take(der.SEQUENCE).body, "extensions")
    outer.finish()
    while reader.more():
        extension = der.Reader(reader.take(der.SEQUENCE).body, "extension")
        oid = der.read_oid(extension.take(der.OID).body)
        critical = extension.optional(der.BOOLEAN)
        if critical is not None:
            der.read_boolean(critical.body)
        value = extension.take(der.OCTET_STRING).body
        extension.finish()
        if oid in found:
            raise der.DerError(f"extensions: {oid} stands twice")
        found[oid] = value
    return found


def _alt_names(value: bytes | None) -> list[tuple[int, str]]:
    """Return the dNSName and iPAddress entries of a subjectAltName with their tags (4.2.1.6)."""
    names: list[tuple[int, str]] = []
    if value is None:
        return names
    reader = _inner_sequence(value, "subjectAltName")
    while reader.more():
        entry = reader.take()
        if entry.tag == _DNS_NAME:
            text = entry.body.decode("ascii", "backslashreplace")
            names.append((_DNS_NAME, printable(text, _MAX_VALUE_TEXT)))
        elif entry.tag == _IP_ADDRESS:
            if len(entry.body) not in (4, 16):
                raise der.DerError("subjectAltName: an iPAddress is neither 4 nor 16 bytes long")
            names.append((_IP_ADDRESS, str(ipaddress.ip_address(entry.body))))
    return names


def _is_ca(value: bytes | None) -> bool:
    if value is None:
        return False
    reader = _inner_sequence(value, "basicConstraints")
    flag = reader.optional(der.BOOLEAN)
    path_length = reader.optional(der.INTEGER)
    if path_length is not None:
        der.read_integer(path_length.body)
    reader.finish()
    return flag is not None and der.read_boolean(flag.body)


def _key_id(value: bytes | None) -> str:
    """Return a subjectKeyIdentifier in hex, "" for none."""
    if value is None:
        return ""
    reader = der.Reader(value, "subjectKeyIdentifier")
    found = reader.take(der.OCTET_STRING).body
    reader.finish()
    return found[:_MAX_KEY_ID].hex()


def _issuer_key_id(value: bytes | None) -> str:
    """Return the keyIdentifier of an authorityKeyIdentifier in hex, "" for none."""
    if value is None:
        return ""
    found = _inner_sequence(value, "authorityKeyIdentifier").optional(_KEY_IDENTIFIER)
    return found.body[:_MAX_KEY_ID].hex() if found is not None else ""


def _inner_sequence(value: bytes, what: str) -> der.Reader:
    """Return a reader over the SEQUENCE that is all of ``value``."""
    outer = der.Reader(value, what)
    reader = der.Reader(outer.take(der.SEQUENCE).body, what)
    outer.finish()
    return reader


def _algorithm(body: bytes, what: str) -> tuple[str, der.Element | None]:
    """Return the OID and the parameters, if any, of an AlgorithmIdentifier (4.1.1.2)."""
    reader = der.Reader(body, what)
    oid = der.read_oid(reader.take(der.OID).body)
    parameters = reader.take() if reader.more() else None
    reader.finish()
    return oid, parameters


def _signature(body: bytes) -> tuple[str, str | None]:
    oid, parameters = _algorithm(body, "signature algorithm")
    if oid != PSS:
        return SIGNATURES.get(oid, (oid, None))
    hash_name: str | None = "sha1"  # the default of RFC 4055, 3.1
    if parameters is not None:
        fields_ = der.Reader(parameters.body, "RSASSA-PSS parameters")
        explicit = fields_.optional(0xA0)
        if explicit is not None:
            chosen = der.Reader(explicit.body, "RSASSA-PSS parameters")
            hash_oid, _none = _algorithm(chosen.take(der.SEQUENCE).body, "RSASSA-PSS parameters")
            hash_name = HASHES.get(hash_oid)
    return f"RSASSA-PSS with {hash_name or 'an unknown hash'}", hash_name


def _key(body: bytes) -> tuple[str, int | None, str | None]:
    """Return type, size in bits and curve of a SubjectPublicKeyInfo (RFC 3279, 5480, 8410)."""
    reader = der.Reader(body, "public key")
    oid, parameters = _algorithm(reader.take(der.SEQUENCE).body, "public key")
    key = der.read_bit_string(reader.take(der.BIT_STRING).body)
    reader.finish()
    key_type, bits = KEYS.get(oid, (oid, None))
    if key_type == "RSA":
        bits = _first_integer_bits(_inner_sequence(key, "RSA key"))
    elif key_type == "DSA" and parameters is not None and parameters.tag == der.SEQUENCE:
        bits = _first_integer_bits(der.Reader(parameters.body, "DSA parameters"))
    elif key_type == "EC":
        return (key_type, *_curve(parameters))
    return key_type, bits, None


def _first_integer_bits(reader: der.Reader) -> int:
    number = der.read_integer(reader.take(der.INTEGER).body)
    if number <= 0:
        raise der.DerError("public key: its size is not positive")
    return number.bit_length()


def _curve(parameters: der.Element | None) -> tuple[int | None, str | None]:
    """Return the size and the name of a curve; RFC 5480, 2.1.1 allows only named ones."""
    if parameters is None:
        return None, None
    if parameters.tag == der.OID:
        oid = der.read_oid(parameters.body)
        name, bits = CURVES.get(oid, (oid, None))
        return bits, name
    if parameters.tag != der.SEQUENCE:
        return None, None
    domain = der.Reader(parameters.body, "curve parameters")  # SEC 1, C.2: SpecifiedECDomain
    domain.take(der.INTEGER)
    field = der.Reader(domain.take(der.SEQUENCE).body, "curve parameters")
    is_prime_field = field.take(der.OID).body == _PRIME_FIELD
    return (_first_integer_bits(field) if is_prime_field else None), "explicit"
