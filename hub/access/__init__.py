"""Who may read what, for which purpose: grants, the policy that holds them, and decisions.

Pure: `policy` reads a policy's text, `model` decides. `hub/query/plan` is the only caller that
turns decisions into what is fetched.
"""

from hub.access.explained import Cell, Explanation, Question, State, UnknownFieldError, matrix
from hub.access.explained import explain as explain_access
from hub.access.model import (
    FRAME,
    Caller,
    Decision,
    Denied,
    Entitlement,
    EntitlementRule,
    Grant,
    Limits,
    Policy,
    Purpose,
    Reach,
    Reason,
    Refusal,
    Reveal,
    Rows,
)
from hub.access.opaque import OPAQUE, has_number, is_opaque
from hub.access.policy import PolicyError, default_policy_text, load_policy

__all__ = [
    "FRAME",
    "OPAQUE",
    "Caller",
    "Cell",
    "Decision",
    "Denied",
    "Entitlement",
    "EntitlementRule",
    "Explanation",
    "Grant",
    "Limits",
    "Policy",
    "PolicyError",
    "Purpose",
    "Question",
    "Reach",
    "Reason",
    "Refusal",
    "Reveal",
    "Rows",
    "State",
    "UnknownFieldError",
    "default_policy_text",
    "explain_access",
    "has_number",
    "is_opaque",
    "load_policy",
    "matrix",
]
