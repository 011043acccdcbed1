"""A root key that stays in the Transit engine of HashiCorp Vault or OpenBao.

The service wraps and unwraps; a wrapped secret is its text, `vault:v1:...`. Where it is and who we
are is in the variables that Vault's own program reads: VAULT_ADDR, VAULT_TOKEN (or a file with it,
VAULT_TOKEN_FILE), VAULT_NAMESPACE, VAULT_CACERT.

Spec: Vault HTTP API, secret/transit (encrypt, decrypt).
"""

import base64
import binascii
import os
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from hub.errors import KeysUnavailableError, SealBrokenError, SetupError
from hub.sealing.files import read_private

_PATIENCE_S: Final = 5


class VaultRoot:
    """One key of one Transit engine."""

    def __init__(self, client: Any, mount: str, key: str) -> None:
        """Use a client of `hvac` that is signed in."""
        self._client = client
        self._mount, self._key = mount, key

    @override
    def __repr__(self) -> str:
        """Show which, not what."""
        return f"VaultRoot({self.id})"

    @classmethod
    def of_environment(cls, mount: str, key: str) -> "VaultRoot":
        """Reach the service that the environment names.

        Raises:
            SetupError: The environment lacks something, or the package hvac is not installed.
        """
        try:
            import hvac
        except ImportError as problem:
            raise SetupError(
                "A root key in Vault needs the package hvac: install the hub with its extra "
                "`vault`."
            ) from problem
        address, file = os.environ.get("VAULT_ADDR"), os.environ.get("VAULT_TOKEN_FILE")
        token = read_private(Path(file)).decode().strip() if file else os.environ.get("VAULT_TOKEN")
        if not address or not token:
            raise SetupError(
                "A root key in Vault needs VAULT_ADDR, and VAULT_TOKEN or VAULT_TOKEN_FILE."
            )
        client = hvac.Client(
            url=address,
            token=token,
            timeout=_PATIENCE_S,
            namespace=os.environ.get("VAULT_NAMESPACE"),
            verify=os.environ.get("VAULT_CACERT") or True,
        )
        return cls(client, mount, key)

    @property
    def id(self) -> str:
        """`vault:MOUNT/KEY`; the service's own versions of the key are its own affair."""
        return f"vault:{self._mount}/{self._key}"

    def wrap(self, secret: bytes) -> bytes:
        """Return `secret` as the newest version of the key wraps it.

        Raises:
            KeysUnavailableError: The service does not answer, or not to us.
        """
        text = self._asked("encrypt_data", plaintext=base64.b64encode(secret).decode())
        try:
            return str(text["data"]["ciphertext"]).encode("ascii")
        except (KeyError, TypeError, UnicodeEncodeError) as problem:
            raise KeysUnavailableError("The Transit engine answers in another form.") from problem

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the secret.

        Raises:
            SealBrokenError: The service says that it is not of this key, or damaged.
            KeysUnavailableError: The service does not answer, or not to us.
        """
        try:
            ciphertext = wrapped.decode("ascii")
        except UnicodeDecodeError as problem:
            raise SealBrokenError("A key of the keyring does not open.") from problem
        text = self._asked("decrypt_data", ciphertext=ciphertext)
        try:
            return base64.b64decode(text["data"]["plaintext"], validate=True)
        except (KeyError, TypeError, binascii.Error, ValueError) as problem:
            raise KeysUnavailableError("The Transit engine answers in another form.") from problem

    def _asked(self, what: str, **given: str) -> Any:
        import hvac.exceptions
        import requests

        try:
            return getattr(self._client.secrets.transit, what)(
                name=self._key, mount_point=self._mount, **given
            )
        except hvac.exceptions.InvalidRequest as problem:
            if what == "decrypt_data":
                raise SealBrokenError("A key of the keyring does not open.") from None
            raise KeysUnavailableError(
                f"The Transit engine wraps no key ({type(problem).__name__})."
            ) from None
        except (hvac.exceptions.VaultError, requests.RequestException) as problem:
            raise KeysUnavailableError(
                f"The Transit engine does not answer ({type(problem).__name__})."
            ) from None  # what lies below may quote what it was asked with
