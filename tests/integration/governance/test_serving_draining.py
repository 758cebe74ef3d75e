"""After the switch: requests to the old version end, it is unloaded, and a hand-off that dies is taken up again."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from serving_world import BASE, ask, name_of, serving

from clinical_sdft.errors import ServingError
from clinical_sdft.workspace import Workspace
from governance.services import commands


@pytest.fixture
def hospital(world):
    yield from serving(world)


class TestDraining:
    @pytest.fixture
    def rollout(self, hospital):
        self.server = hospital.server()
        self.old = name_of(hospital.promoted("u1"))
        hospital.hand_off(self.server)
        self.new = name_of(hospital.promoted("u2"))
        return hospital

    def patient(self, name):
        """Start a request that takes long, and wait until the server has it."""
        self.server.held[name] = threading.Event()
        answers = []
        thread = threading.Thread(target=lambda: answers.append(ask(self.server, name)))
        thread.start()
        while not self.server.busy[name]:
            time.sleep(0.01)
        return thread, answers

    def test_requests_to_the_old_version_end_before_it_is_unloaded(self, rollout):
        thread, answers = self.patient(self.old)
        seen = []

        def sleep(seconds):
            rollout.waited.append(seconds)
            seen.append((rollout.route()["name"], sorted(self.server.loras)))
            if len(rollout.waited) == 3:
                self.server.held[self.old].set()
                thread.join()

        done = rollout.hand_off(self.server, sleep=sleep)
        assert answers == [(200, "asthma")]
        assert (done.unloaded, done.drained) == (1, True) and list(self.server.loras) == [self.new]
        assert all(entry == (self.new, sorted([self.old, self.new])) for entry in seen)  # switched, both loaded
        assert rollout.events("serving-drained") == [{"unloaded": 1, "drained": True}]

    def test_after_the_time_out_the_old_version_is_unloaded_all_the_same(self, rollout):
        thread, _ = self.patient(self.old)
        done = rollout.hand_off(self.server, drain_seconds=5)
        assert (done.unloaded, done.drained) == (1, False) and rollout.waited == [1.0] * 5
        assert rollout.events("serving-drained") == [{"unloaded": 1, "drained": False}]
        self.server.held[self.old].set()
        thread.join()

    def test_requests_to_others_are_not_waited_for(self, rollout):
        thread, _ = self.patient(BASE)
        self.server.busy["of-another-team"] += 1
        self.server.note_load()
        assert rollout.hand_off(self.server).drained
        self.server.held[BASE].set()
        thread.join()

    def test_without_metrics_the_time_out_is_waited_for(self, rollout):
        self.server.metrics = False
        done = rollout.hand_off(self.server, drain_seconds=3)
        assert (done.unloaded, done.drained, len(rollout.waited)) == (1, False, 3)

    def test_a_server_that_goes_down_after_the_switch_leaves_the_new_version_answering(self, rollout):
        self.server.faults = [("/v1/unload_lora_adapter", 0)] * 3
        with pytest.raises(ServingError, match=f"unload: .*{self.new} answers; hand off again"):
            rollout.hand_off(self.server)
        assert rollout.route()["name"] == self.new and ask(self.server, self.new) == (200, "asthma")
        assert rollout.events("serving-failed") == [{"stage": "unload", "servers": 1, "error": "ServingError"}]
        done = rollout.hand_off(self.server)
        assert (done.switched, done.unloaded) == (False, 1) and list(self.server.loras) == [self.new]

    def test_a_disk_that_is_full_at_the_switch_takes_no_adapter_away(self, rollout, monkeypatch):
        def full(engine, serving):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("governance.services.serving.sync_pointer", full)
            with pytest.raises(OSError, match="No space"):
                rollout.hand_off(self.server)
        assert rollout.route()["name"] == self.old and sorted(self.server.loras) == sorted([self.old, self.new])
        commands.open_governance(rollout.world.gov.workspace, database_url=rollout.world.url)
        assert rollout.route()["name"] == self.new
        assert rollout.hand_off(self.server).unloaded == 1

    def test_a_restarted_server_gets_the_adapter_back(self, rollout):
        rollout.hand_off(self.server)
        self.server.stop()
        self.server.start()
        assert ask(self.server, self.new)[0] == 404
        done = rollout.hand_off(self.server)
        assert (done.loaded, done.switched) == (1, True) and ask(self.server, self.new)[0] == 200

    def test_an_answer_that_was_lost_is_no_failure(self, rollout):
        self.server.faults = [("/v1/load_lora_adapter", -1)]
        done = rollout.hand_off(self.server)
        assert done.loaded == 1 and rollout.route()["name"] == self.new
        assert self.server.asked("/v1/load_lora_adapter").count(self.new) == 2


class TestKilled:
    """A hand-off killed with SIGKILL in the middle is finished by starting the same command again."""

    @pytest.fixture
    def workspace(self, hospital):
        self.server = hospital.server()
        self.old = name_of(hospital.promoted("u1"))
        hospital.hand_off(self.server)
        self.new = name_of(hospital.promoted("u2"))
        url = hospital.world.url
        return Workspace.create(hospital.world.gov.workspace, {"database_url": url} if url else None).root

    def command(self, workspace):
        words = [
            "serve",
            "hand-off",
            "--as",
            "rita",
            "--server",
            self.server.url,
            "--workspace",
            str(workspace),
            "--json",
        ]
        return [sys.executable, "-m", "clinical_sdft.cli", *words]

    def kill_when(self, workspace, reached):
        process = subprocess.Popen(self.command(workspace), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while not reached() and time.monotonic() < end:
            time.sleep(0.01)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def finish(self, hospital, workspace, switched):
        done = subprocess.run(self.command(workspace), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["name"], said["switched"], said["unloaded"]) == (self.new, switched, 1)
        assert hospital.route()["name"] == self.new and list(self.server.loras) == [self.new]
        assert len(hospital.events("serving-handed-off")) == 2
        assert commands.verify_store(hospital.world.gov).problems == []

    def test_during_the_canary(self, hospital, workspace):
        self.server.held[self.new] = threading.Event()
        self.kill_when(workspace, lambda: self.server.busy[self.new])
        assert hospital.route()["name"] == self.old and ask(self.server, self.old) == (200, "asthma")
        self.server.held[self.new].set()
        self.finish(hospital, workspace, switched=True)

    def test_while_draining(self, hospital, workspace):
        self.server.busy[self.old] += 1
        self.server.note_load()
        self.kill_when(workspace, lambda: "/metrics" in [path for _, path, _ in self.server.calls])
        assert hospital.route()["name"] == self.new and sorted(self.server.loras) == sorted([self.old, self.new])
        self.server.busy[self.old] -= 1
        self.server.note_load()
        self.finish(hospital, workspace, switched=False)
