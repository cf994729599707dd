"""Calls: what is sent, and what is made of the answers."""

import email.utils
import time
import unittest

from lockstep import AsyncTaker, LockstepError, RequestSigner, Verdict, is_final

from .stand_in import SECRET, StandIn, answer, credentials, refusal, signed_with, success

HOUR_S = 3600


class Signatures(unittest.TestCase):
    def test_they_are_those_of_the_documentation(self) -> None:
        body = b'{"order_hash":"0x1f9090aae28b8a3dceadf281b0f12828e676c3260c9a5c5a1d9c0b6e5d4f3a2b"}'
        post = RequestSigner(SECRET, lambda: 1768618824.1235).headers_for(
            "POST", "https://desk.example/api/v1/orders/unlock", body
        )
        self.assertEqual(post["X-API-Signature"], "HO7mxk6IT4Fk0LERk+CoFKaFK7xlUoSSp/B03dXcknY=")
        url = "https://desk.example/api/v1/takers/orders?status=locked&ticker=BRK%2FB"
        get = RequestSigner(SECRET, lambda: 1768618824.1245).headers_for("GET", url)
        self.assertEqual(get["X-API-Signature"], "ReXE9m6S9QHz00mXC0uiLsrettgTL2Xean5jaJxUogc=")

    def test_equal_requests_differ_also_when_the_clock_is_set_back(self) -> None:
        now = [1_768_000_000.0]
        signers = [RequestSigner("a secret", lambda: now[0]) for _ in range(2)]
        signatures = []
        for seconds in (0, 600, -600):
            now[0] += seconds
            signatures += [s.headers_for("GET", "http://x/y")["X-API-Signature"] for s in signers for _ in range(20)]
        self.assertEqual(len(set(signatures)), len(signatures))


class BadInput(unittest.TestCase):
    def test_it_is_told_what_is_wrong(self) -> None:
        good = credentials("http://desk.example")
        cases = {"url": ("desk.example", "url"), "api_key": ("key\n", "api_key"), "api_secret": ("", "api_secret")}
        for name, (value, named) in cases.items():
            with self.assertRaisesRegex(ValueError, named):
                AsyncTaker(**{**good, name: value})
        with self.assertRaisesRegex(TypeError, "cancel must be True or False, but is 'no'"):
            Verdict("no", "Already trading")  # type: ignore[arg-type]


class Calls(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.service = await StandIn().__aenter__()
        self.taker = AsyncTaker(**credentials(self.service.url))

    async def asyncTearDown(self) -> None:
        await self.service.__aexit__()

    async def refused(self, said: bytes) -> LockstepError:
        self.service.answers.append(said)
        with self.assertRaises(LockstepError) as raised:
            await self.taker.orders()
        return raised.exception

    async def test_a_query_is_sent_as_the_document_has_it(self) -> None:
        await self.taker.orders(status=["locked", "filled"], is_buy=True, ticker="BRK/B", page=None)
        self.assertEqual(
            self.service.calls[0].target, "/api/v1/takers/orders?status=locked,filled&is_buy=true&ticker=BRK%2FB"
        )

    async def test_a_refusal_tells_all_that_is_known(self) -> None:
        error = await self.refused(refusal(429, 429001, "Too many requests", "Retry-After: 7"))
        self.assertEqual(
            (error.status, error.code, error.message, error.details, error.request_id, error.retry_after_seconds),
            (429, 429001, "Too many requests", "why", "r-1", 7),
        )
        self.assertFalse(is_final(error))
        self.assertTrue(is_final(await self.refused(refusal(409, 409003, "Verdict conflict"))))
        for passing in ((409, 409009), (401, 10010013), (503, 503001)):
            self.assertFalse(is_final(await self.refused(refusal(*passing, "passes"))), passing)

    async def test_what_comes_from_a_proxy_is_not_final_and_no_redirect_is_followed(self) -> None:
        for said in (
            answer(403, "<html>no</html>"),
            answer(302, "", f"Location: {self.service.url}/elsewhere"),
            answer(200, "<html>hello</html>"),
        ):
            error = await self.refused(said)
            self.assertEqual((error.code, is_final(error)), (0, False))
        self.assertEqual(len(self.service.calls), 3)

    async def test_chunks_are_put_together(self) -> None:
        body = b'{"code":0,"data":{"orders":[]}}'
        chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:]))
        self.service.answers.append(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        self.assertEqual(await self.taker.orders(), {"orders": []})

    async def test_no_answer_and_half_an_answer_are_connection_errors(self) -> None:
        for said in (None, success({})[:-2], b"no HTTP at all\r\n\r\n"):
            self.service.answers.append(said)
            with self.assertRaises(ConnectionError):
                await self.taker.orders()

    async def test_all_pages_of_available_orders_are_read(self) -> None:
        page = success([{"order_hash": "0x1"}])
        self.service.answers += [page.replace(b"\r\n", b"\r\nLink: <next>\r\n", 1), success([{"order_hash": "0x2"}])]
        self.assertEqual([order["order_hash"] for order in await self.taker.available_orders()], ["0x1", "0x2"])
        self.assertEqual(self.service.calls[1].target, "/api/v1/orders/available?after=0x1")

    async def test_a_clock_that_is_off_is_corrected_once(self) -> None:
        await self.expect_tries(14 * HOUR_S, 2)
        await self.taker.orders()
        signed_at = int(signed_with(self.service.calls[-1])[0]) / 1000
        self.assertGreater(signed_at - time.time(), 13 * HOUR_S)

    async def test_a_clock_that_is_further_off_is_not_followed(self) -> None:
        with self.assertRaises(LockstepError):
            await self.expect_tries(30 * HOUR_S, 1)

    async def expect_tries(self, ahead_s: int, tries: int) -> None:
        date = email.utils.formatdate(time.time() + ahead_s, usegmt=True)
        self.service.answers.append(refusal(401, 10010011, "Timestamp expired", f"Date: {date}"))
        try:
            await self.taker.orders()
        finally:
            self.assertEqual(len(self.service.calls), tries)
            self.assertEqual(len({signed_with(call) for call in self.service.calls}), tries)
