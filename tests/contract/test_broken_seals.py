"""No broken seal goes uncounted: one function makes the error, wherever stored data is opened."""

import re
from pathlib import Path

HUB = Path(__file__).parents[2] / "hub"
_EXEMPT = {
    "broken.py": "the function itself",
    "roots.py": "root keys are tried at the start, and refuse it in words",
    "root_pkcs11.py": "as roots.py",
    "root_vault.py": "as roots.py",
    "sm_envelopes.py": "opens what somebody sent, nothing that is stored",
    "sm2_libcrypto.py": "as sm_envelopes.py",
    "sm2_pkcs11.py": "as sm_envelopes.py",
}


def test_only_one_function_raises_that_a_seal_is_broken():
    made = re.compile(r"(?<!class )SealBrokenError\(")
    found = {
        str(path.relative_to(HUB))
        for path in HUB.rglob("*.py")
        if path.name not in _EXEMPT and made.search(path.read_text("utf-8"))
    }

    assert found == set(), "use hub.sealing.broken.broken: it counts, and somebody is told"
