"""A Transit engine over HTTP: the two requests that the hub makes, as Vault describes them."""

import base64
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class TransitServer:
    """`with TransitServer() as engine:` one key, versions of it, and one token that may use it."""

    def __init__(self) -> None:
        self.token = "made-up-" + secrets.token_hex(8)
        self.keys = [AESGCM(secrets.token_bytes(32))]
        self.asked: list[str] = []
        self.is_sealed = False
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                self.do_POST()

            def do_POST(self):
                body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, told = engine.answer(self.path, self.headers.get("X-Vault-Token"), body)
                content = orjson.dumps(told)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *said):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path, token, body):
        self.asked.append(path)
        if self.is_sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        if path == "/v1/transit/encrypt/hub":
            nonce = secrets.token_bytes(12)
            sealed = self.keys[-1].encrypt(nonce, base64.b64decode(body["plaintext"]), None)
            text = base64.b64encode(nonce + sealed).decode()
            return 200, {"data": {"ciphertext": f"vault:v{len(self.keys)}:{text}"}}
        if path == "/v1/transit/decrypt/hub":
            return self._opened(body["ciphertext"])
        return 404, {"errors": ["no handler for route"]}

    def _opened(self, ciphertext):
        try:
            _, version, text = ciphertext.split(":")
            sealed = base64.b64decode(text, validate=True)
            plain = self.keys[int(version[1:]) - 1].decrypt(sealed[:12], sealed[12:], None)
        except (ValueError, IndexError, InvalidTag):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}
