"""Who may read what, for which purpose: grants, the policy that holds them, and decisions.

Pure: `policy` reads a policy's text, `model` decides. `hub/query/plan` is the only caller that
turns decisions into what is fetched.
"""

from hub.access.model import (
    Caller,
    ConsentCheck,
    Decision,
    Denied,
    Entitlement,
    EntitlementRule,
    Grant,
    NoConsentOnFile,
    Policy,
    Purpose,
    Reason,
    Refusal,
    Reveal,
)
from hub.access.opaque import OPAQUE, is_opaque
from hub.access.policy import PolicyError, default_policy_text, load_policy

__all__ = [
    "OPAQUE",
    "Caller",
    "ConsentCheck",
    "Decision",
    "Denied",
    "Entitlement",
    "EntitlementRule",
    "Grant",
    "NoConsentOnFile",
    "Policy",
    "PolicyError",
    "Purpose",
    "Reason",
    "Refusal",
    "Reveal",
    "default_policy_text",
    "is_opaque",
    "load_policy",
]
