"""A broker that dies is waited for, whatever the worker is doing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.local import Kafka
from tests.integration.runs import PARTITIONS, Run
from tests.integration.traffic import Publisher, made_up
from tests.integration.worker_process import until

pytestmark = pytest.mark.stack


def test_a_broker_that_dies_during_a_restore_is_waited_for(
    make_kafka: Callable[[], Kafka], influxdb: Any, tmp_path: Path
) -> None:
    broker = make_kafka()
    run = Run("restore", "brokertest", broker, influxdb, tmp_path)
    run.setup()
    publisher = Publisher(broker.bootstrap, run.topic("telemetry"), PARTITIONS, made_up(run.maker, 8, 12))
    publisher.start()
    publisher.finish(30)
    worker = run.worker("only", faulty=True, EDU_TWIN_LOG_LEVEL="debug")
    try:
        worker.start(SLOW_RESTORE="3")
        until(lambda: "restoring state" in worker.unready(), 30, "a restore has begun")
        until(lambda: worker.logged("state fenced"), 30, "former owners are fenced")
        broker.kill()
        until(lambda: "the broker does not answer" in worker.unready(), 30, "the worker notices")
        assert worker.alive()
        assert "restoring state" in worker.unready()
        broker.start()
        run.await_saved(publisher.ends, 60)
        assert worker.end() == 0
    finally:
        worker.close()
    assert len(run.rows()) == 8
