"""Commands of people about alerts, written to the fleet's log."""

from typing import Any

from schemas.daily import Acknowledge, Snooze
from streams.fleet_log import encode

CONFIRM_S = 30


def log_topic(maker: str) -> str:
    """Name of a maker's fleet log."""
    return f"edu.{maker}.daily.v1"


def say(producer: Any, command: Acknowledge | Snooze) -> None:
    """Write a command by a kafka-python producer; returns when the broker has it. KafkaError."""
    for record in encode(command):
        headers = list(record.headers)
        sent = producer.send(log_topic(command.maker), record.value, key=record.key, headers=headers, partition=0)
        sent.get(timeout=CONFIRM_S)
