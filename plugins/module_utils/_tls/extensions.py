# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The extensions of TLS and the signature schemes that one of them names, by code point.

Source: IANA, TLS ExtensionType Values and TLS SignatureScheme; for TLS 1.2 a scheme is a hash and a
signature algorithm, one octet each (RFC 5246 section 7.4.1.4.1), named here alike.
"""

from __future__ import annotations

SERVER_NAME, STATUS_REQUEST, SUPPORTED_GROUPS, EC_POINT_FORMATS = 0, 5, 10, 11
SIGNATURE_ALGORITHMS, ALPN, PADDING, ENCRYPT_THEN_MAC = 13, 16, 21, 22
EXTENDED_MASTER_SECRET, SESSION_TICKET, SUPPORTED_VERSIONS = 23, 35, 43
PSK_KEY_EXCHANGE_MODES, KEY_SHARE, RENEGOTIATION_INFO = 45, 51, 0xFF01

EXTENSIONS = {
    0: "server_name",
    1: "max_fragment_length",
    2: "client_certificate_url",
    3: "trusted_ca_keys",
    4: "truncated_hmac",
    5: "status_request",
    6: "user_mapping",
    7: "client_authz",
    8: "server_authz",
    9: "cert_type",
    10: "supported_groups",
    11: "ec_point_formats",
    12: "srp",
    13: "signature_algorithms",
    14: "use_srtp",
    15: "heartbeat",
    16: "application_layer_protocol_negotiation",
    17: "status_request_v2",
    18: "signed_certificate_timestamp",
    19: "client_certificate_type",
    20: "server_certificate_type",
    21: "padding",
    22: "encrypt_then_mac",
    23: "extended_master_secret",
    24: "token_binding",
    25: "cached_info",
    27: "compress_certificate",
    28: "record_size_limit",
    29: "pwd_protect",
    30: "pwd_clear",
    31: "password_salt",
    32: "ticket_pinning",
    33: "tls_cert_with_extern_psk",
    34: "delegated_credential",
    35: "session_ticket",
    41: "pre_shared_key",
    42: "early_data",
    43: "supported_versions",
    44: "cookie",
    45: "psk_key_exchange_modes",
    47: "certificate_authorities",
    48: "oid_filters",
    49: "post_handshake_auth",
    50: "signature_algorithms_cert",
    51: "key_share",
    52: "transparency_info",
    57: "quic_transport_parameters",
    65037: "encrypted_client_hello",
    65281: "renegotiation_info",
}

SCHEMES = {
    "rsa_pkcs1_md5": 0x0101,
    "dsa_md5": 0x0102,
    "rsa_pkcs1_sha1": 0x0201,
    "dsa_sha1": 0x0202,
    "ecdsa_sha1": 0x0203,
    "rsa_pkcs1_sha224": 0x0301,
    "dsa_sha224": 0x0302,
    "ecdsa_sha224": 0x0303,
    "rsa_pkcs1_sha256": 0x0401,
    "dsa_sha256": 0x0402,
    "ecdsa_secp256r1_sha256": 0x0403,
    "rsa_pkcs1_sha384": 0x0501,
    "dsa_sha384": 0x0502,
    "ecdsa_secp384r1_sha384": 0x0503,
    "rsa_pkcs1_sha512": 0x0601,
    "dsa_sha512": 0x0602,
    "ecdsa_secp521r1_sha512": 0x0603,
    "sm2sig_sm3": 0x0708,
    "gostr34102012_256a": 0x0709,
    "gostr34102012_256b": 0x070A,
    "gostr34102012_256c": 0x070B,
    "gostr34102012_256d": 0x070C,
    "gostr34102012_512a": 0x070D,
    "gostr34102012_512b": 0x070E,
    "gostr34102012_512c": 0x070F,
    "rsa_pss_rsae_sha256": 0x0804,
    "rsa_pss_rsae_sha384": 0x0805,
    "rsa_pss_rsae_sha512": 0x0806,
    "ed25519": 0x0807,
    "ed448": 0x0808,
    "rsa_pss_pss_sha256": 0x0809,
    "rsa_pss_pss_sha384": 0x080A,
    "rsa_pss_pss_sha512": 0x080B,
    "ecdsa_brainpoolP256r1tls13_sha256": 0x081A,
    "ecdsa_brainpoolP384r1tls13_sha384": 0x081B,
    "ecdsa_brainpoolP512r1tls13_sha512": 0x081C,
    "mldsa44": 0x0904,
    "mldsa65": 0x0905,
    "mldsa87": 0x0906,
}
_SCHEME_NAMES = {code: name for name, code in SCHEMES.items()}

# What a hello offers unless it asks about signatures: all, strong ones first, as clients do.
_STRONG = (
    "ecdsa_secp",
    "ed",
    "rsa_pss",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
)
USUAL = tuple(
    code for name, code in sorted(SCHEMES.items(), key=lambda row: not row[0].startswith(_STRONG))
)


def extension_name(code: int) -> str:
    """Return the name of an extension, or its code point in hexadecimal where it has none here."""
    return EXTENSIONS.get(code, f"0x{code:04x}")


def scheme_name(code: int) -> str:
    """Return the name of a scheme, or its code point in hexadecimal where it has none here."""
    return _SCHEME_NAMES.get(code, f"0x{code:04x}")


def schemes_for(authentication: str) -> tuple[int, ...]:
    """Return the schemes of one kind of key, RSA or ECDSA, in the usual order."""
    beginning = {"RSA": "rsa_", "ECDSA": "ecdsa_"}[authentication]
    return tuple(code for code in USUAL if scheme_name(code).startswith(beginning))
