"""Real Kafka and InfluxDB servers on loopback, without Docker."""

from deploy.local.influxdb import InfluxDB
from deploy.local.kafka import Kafka
from deploy.local.stack import Servers, Stack, Unavailable, available, down, influxdb_server, kafka_server, up

__all__ = [
    "InfluxDB",
    "Kafka",
    "Servers",
    "Stack",
    "Unavailable",
    "available",
    "down",
    "influxdb_server",
    "kafka_server",
    "up",
]
