"""Calls and the socket over TLS: nobody is told a key who cannot prove to be the service."""

import os
import ssl
import subprocess
import tempfile
import unittest
from unittest.mock import patch

from lockstep import AsyncTaker, Verdict

from .stand_in import StandIn, credentials, request, until


class Tls(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.certificate, key = os.path.join(folder.name, "certificate"), os.path.join(folder.name, "key")
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -addext subjectAltName=IP:127.0.0.1"
        paths = ["-keyout", key, "-out", self.certificate]
        subprocess.run([*command.split(), *paths], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.service = await StandIn(context).__aenter__()
        self.taker = AsyncTaker(**credentials(self.service.url))

    async def asyncTearDown(self) -> None:
        await self.service.__aexit__()

    async def test_a_certificate_that_is_trusted_lets_calls_and_the_socket_through(self) -> None:
        with patch.dict(os.environ, {"SSL_CERT_FILE": self.certificate}):
            async with await self.taker.listen(on_cancellation_request=lambda _: Verdict(True, "Not traded yet")):
                self.service.push(request("q-1", "01"))
                await until(lambda: bool(self.service.calls), "the answer")

    async def test_another_gets_nothing(self) -> None:
        with self.assertRaises(ssl.SSLCertVerificationError):
            await self.taker.orders()
        self.assertEqual(self.service.calls, [])
