"""
Currencies: how many decimals a sum is rounded to, and how buckets are scaled. A static table.

Exponents: ISO 4217, list one of 2026-01-01 (six-group.com). The scale of buckets is our own: the power of ten
that brings the currency nearest to the euro's order of magnitude. It never follows exchange rates, so that an
amount never changes its bucket.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["UNKNOWN_CURRENCY", "bucket_power", "exponent_of", "is_known_currency"]

#: ISO 4217's code for "no currency": a statement that names none, until the user says which.
UNKNOWN_CURRENCY = "XXX"

_TWO_DECIMALS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
    "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR "
    "RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
    "TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG "
    # Withdrawn codes that stand in old statements.
    "ATS BEF BYR CUC CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE ROL SIT SKK SLL ANG"
)
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

_EXPONENTS = MappingProxyType(
    dict.fromkeys(_TWO_DECIMALS.split(), 2)
    | dict.fromkeys(_NO_DECIMALS.split(), 0)
    | dict.fromkeys(_THREE_DECIMALS.split(), 3)
    | dict.fromkeys(_FOUR_DECIMALS.split(), 4)
)

_POWERS = MappingProxyType(
    dict.fromkeys(
        "ARS CZK DOP EGP GYD HTG INR ISK JMD KES KGS LRD MDL MKD MUR MVR MXN NIO NPR PHP PKR RSD RUB "
        "SRD THB TRY TWD UAH UYU ZAR".split(),
        1,
    )
    | dict.fromkeys(
        "AMD AOA CLP CRC DJF DZD HUF JPY KMF KZT LKR RWF XAF XOF XPF YER BIF".split(), 2
    )
    | dict.fromkeys("COP IQD KRW LBP MMK MNT MWK NGN PYG TZS UGX".split(), 3)
    | dict.fromkeys("GNF IDR IRR KHR LAK MGA SLL STD UZS VND".split(), 4)
)


def is_known_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code of money, present or withdrawn."""
    return code in _EXPONENTS


def exponent_of(code: str) -> int:
    """Return the number of decimals of a currency's minor unit; 2 for the unknown currency."""
    return _EXPONENTS.get(code, 2)


def bucket_power(code: str) -> int:
    """Return the power of ten by which a currency's bucket thresholds are scaled."""
    return _POWERS.get(code, 0)
