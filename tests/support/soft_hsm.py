"""A token of SoftHSM that was made for the tests, with a PIN in a file."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pkcs11
import pytest

from hub.sealing.files import write_private

MODULE = Path(os.environ.get("SOFTHSM2_MODULE", "/usr/lib/softhsm/libsofthsm2.so"))
PIN = "835271"


@dataclass(frozen=True)
class SoftToken:
    """A token by its label."""

    label: str
    folder: Path

    def session(self):
        """Sign in, to make keys."""
        library = pkcs11.lib(str(MODULE))
        library.reinitialize()  # it lists its tokens once
        return library.get_token(token_label=self.label).open(user_pin=PIN, rw=True)

    def address(self, key):
        """Return the address (RFC 7512) of a key."""
        where = f"module-path={MODULE}&pin-source=file:{self.folder / 'pin'}"
        return f"pkcs11:token={quote(self.label)};object={key}?{where}"


def soft_token(folder, label):
    """Make a token in the folder of this process' tokens; skip where SoftHSM is not installed."""
    if not MODULE.exists() or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed (Debian: softhsm2)")
    if "SOFTHSM2_CONF" not in os.environ:  # read once a process
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = (
        "--module",
        str(MODULE),
        "--init-token",
        "--free",
        "--label",
        label,
        "--pin",
        PIN,
        "--so-pin",
        PIN,
    )
    made = subprocess.run(["softhsm2-util", *command], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    write_private(folder / "pin", f"{PIN}\n".encode())
    return SoftToken(label, folder)
