"""The client for vLLM, word by word: what it sends, how often, and what it makes of odd answers."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from clinical_sdft.errors import ServingError
from clinical_sdft.ops.serving.http import Answer, Connection
from clinical_sdft.ops.serving.settings import ServingSettings
from clinical_sdft.ops.serving.vllm import VllmServer, needed_rank
from data_contracts import Turn
from governance.services.views import CanaryQuestion

OLD, NEW = "sha256-" + "a" * 64, "sha256-" + "b" * 64
QUESTION = CanaryQuestion("known", "known-0", "What is it?", "Answer briefly.", 16, "gout")


class Scripted:
    """A server that gives the answers it is told to, and remembers what it was asked."""

    def __init__(self):
        self.answers: list[tuple[int, str, dict[str, str]]] = []
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                status, text, headers = outer.answers.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_GET

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, text: str, status: int = 200, **headers: str) -> "Scripted":
        self.answers.append((status, text, headers))
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def scripted():
    server = Scripted()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def pauses():
    return []


def vllm(scripted, pauses=None, prefix="", key=None):
    sleep = (lambda seconds: None) if pauses is None else pauses.append
    return VllmServer(Connection(scripted.url + prefix, 5.0, key, sleep))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('{"error": {"message": "it is\\nbusy", "type": "x", "code": 503}}', "it is busy"),
        ('{"object": "error", "message": "flat", "code": 400}', "flat"),
        ('{"detail": "Not Found"}', "Not Found"),
        ('{"error": "Unauthorized"}', "Unauthorized"),
        ("<html>gateway</html>", "<html>gateway</html>"),
        ("", "no reason given"),
        ('["odd"]', "['odd']"),
        ("x" * 5000, "x" * 200),
    ],
)
def test_a_reason_is_one_line_whatever_form_it_comes_in(body, line):
    assert Answer(500, body).message == line


def test_a_server_that_stays_busy_is_asked_three_times(scripted, pauses):
    for _ in range(3):
        scripted.says('{"error": {"message": "warming up"}}', 503)
    with pytest.raises(ServingError, match=r"no answer to /v1/models \(503, warming up"):
        vllm(scripted, pauses).models()
    assert len(scripted.asked) == 3 and pauses == [1.0, 2.0]


def test_a_refusal_is_not_repeated(scripted, pauses):
    scripted.says('{"error": {"message": "no"}}', 500)
    with pytest.raises(ServingError, match="500, no"):
        vllm(scripted, pauses).models()
    assert pauses == []


def test_redirects_and_proxies_are_not_followed(scripted, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    scripted.says("", 307, Location="http://127.0.0.1:9/v1/models")
    with pytest.raises(ServingError, match=r"does not list its models \(307"):
        vllm(scripted, key="s3cret").models()
    assert len(scripted.asked) == 1


def test_a_prefix_of_the_path_and_the_key_are_sent(scripted):
    scripted.says('{"data": []}')
    assert vllm(scripted, prefix="/inner/", key="s3cret").models() == {}
    _, path, headers, _ = scripted.asked[0]
    assert path == "/inner/v1/models" and headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(vllm(scripted, key="s3cret"))


def test_the_question_is_asked_greedily_and_as_in_the_evaluation(scripted):
    scripted.says(f'{{"model": "{NEW}", "choices": [{{"message": {{"content": " gout "}}}}]}}')
    assert vllm(scripted).reply(NEW, QUESTION) == "gout"
    sent = scripted.asked[0][3]
    assert '"temperature": 0' in sent and '"repetition_penalty": 1.0' in sent and '"max_tokens": 16' in sent
    assert '{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "What is it?"}' in sent


def test_what_was_said_before_the_question_is_sent_before_it(scripted):
    scripted.says(f'{{"model": "{NEW}", "choices": [{{"message": {{"content": "gout"}}}}]}}')
    said = (("system", "Be kind."), ("user", "Hi"), ("assistant", "?"))
    turns = tuple(Turn(role=role, content=content) for role, content in said)
    vllm(scripted).reply(NEW, replace(QUESTION, turns=turns))
    sent = [(message["role"], message["content"]) for message in json.loads(scripted.asked[0][3])["messages"]]
    assert sent == [*said, ("user", "What is it?")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{{"model": "{OLD}", "choices": [{{"message": {{"content": "gout"}}}}]}}', "answered as"),
        ('{"choices": []}', "its reply is not vLLM's"),
        ("[]", "its reply is not vLLM's"),
        ("hello", "its reply is not vLLM's"),
    ],
)
def test_an_odd_reply_is_refused(scripted, text, words):
    scripted.says(text)
    with pytest.raises(ServingError, match=words):
        vllm(scripted).reply(NEW, QUESTION)


@pytest.mark.parametrize("text", ["[]", "{}", '{"data": 3}', '{"data": [{"name": "x"}]}', "<html>"])
def test_an_odd_list_of_models_is_refused(scripted, text):
    scripted.says(text)
    with pytest.raises(ServingError, match="does not list its models"):
        vllm(scripted).models()


def lora(at: str, running: str = "", waiting: str = "") -> str:
    labels = f'max_lora="2",running_lora_adapters="{running}",waiting_lora_adapters="{waiting}"'
    return f"vllm:lora_requests_info{{{labels}}} {at}\n"


def load(running: float, waiting: float, engine: int = 0) -> str:
    labels = f'{{engine="{engine}",model_name="base, with \\"quotes\\""}}'
    return f"vllm:num_requests_running{labels} {running}\nvllm:num_requests_waiting{labels} {waiting}\n"


@pytest.mark.parametrize(
    ("text", "busy"),
    [
        (load(1, 0) + lora("1.7e9", OLD) + lora("1.6e9", NEW), True),
        (load(1, 0) + lora("1.6e9", OLD) + lora("1.7e9", NEW), False),
        (load(1, 0) + lora("1.7e9", f"{NEW},{OLD}"), True),
        (load(0, 2) + lora("1.7e9", "", OLD), True),
        (load(0, 0) + lora("1.7e9", OLD), False),  # the sample is of the last step, and nothing runs since
        (load(0, 0, 0) + load(1, 0, 1) + lora("1.7e9", OLD), True),
        (load(1, 0), None),
        ("# HELP vllm:lora_requests_info Running stats on lora requests.\n", None),
        ("", None),
        ("<html>welcome to the gateway</html>", None),
    ],
)
def test_requests_in_flight_are_read_from_the_metrics(scripted, text, busy):
    scripted.says(text)
    assert vllm(scripted).in_flight(frozenset({OLD})) is busy


def test_ranks_that_vllm_takes():
    assert [needed_rank(rank) for rank in (1, 4, 16, 17, 64, 300, 512)] == [1, 8, 16, 32, 64, 320, 512]


def test_servers_are_urls_without_credentials():
    assert ServingSettings(servers=("https://gpu:8443/inner",)).servers
    for wrong in ("gpu:8000", "http://", "ftp://gpu", "http://a:b@gpu", "http://gpu?x=1"):
        with pytest.raises(ValueError, match="written like http://host:8000"):
            ServingSettings(servers=(wrong,))
    with pytest.raises(ValueError, match="Port"):
        ServingSettings(servers=("http://gpu:99999",))
