"""Notification and commitment: who may commit, who signs, what is compared, which state follows.

Pure state machines and rules over values; the law's numbers are in dated files beside the
profile of the score (`scoring/parameters/credit_*.toml`).
"""

from scoring.credit.clocks import Clock, clock
from scoring.credit.comparison import (
    Comparison,
    Declared,
    Difference,
    Found,
    Grade,
    Item,
    Verdict,
    Verified,
    compare,
)
from scoring.credit.eligibility import (
    Applicant,
    Eligible,
    Ineligible,
    IneligibleReason,
    PastCommitment,
    eligibility,
)
from scoring.credit.rules import CreditRules, CreditRulesError, load_rules, packaged_rules
from scoring.credit.signatures import (
    Authorisation,
    Party,
    SignatureFault,
    SignatureReason,
    Signer,
    signature_faults,
)
from scoring.credit.states import CreditState, CreditTransitionError, Performance, follow

__all__ = [
    "Applicant",
    "Authorisation",
    "Clock",
    "Comparison",
    "CreditRules",
    "CreditRulesError",
    "CreditState",
    "CreditTransitionError",
    "Declared",
    "Difference",
    "Eligible",
    "Found",
    "Grade",
    "Ineligible",
    "IneligibleReason",
    "Item",
    "Party",
    "PastCommitment",
    "Performance",
    "SignatureFault",
    "SignatureReason",
    "Signer",
    "Verdict",
    "Verified",
    "clock",
    "compare",
    "eligibility",
    "follow",
    "load_rules",
    "packaged_rules",
    "signature_faults",
]
