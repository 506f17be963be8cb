"""``edu-twin alerts``: what both stages found, taking it in hand, and what the fleet's detectors cost."""

import json
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from streams.commands.errors import UNAVAILABLE, UserError

if TYPE_CHECKING:
    from schemas.daily import Acknowledge, Snooze
    from schemas.fleet_alerts import FleetAlert
    from streams.alert_history import History

T = TypeVar("T")
READ_S = 120
EPOCH = date(1970, 1, 1)

HELP = "Alerts of the fleet stage and limits of units: look, take in hand, judge the detectors."
alerts = typer.Typer(help=HELP, no_args_is_help=True)
MakerOption = Annotated[str, typer.Option("--maker", envvar="EDU_TWIN_MAKER", help="Whose fleet.")]
BrokersOption = Annotated[
    str, typer.Option("--brokers", envvar="EDU_TWIN_BROKERS", help="Kafka, host:port, several with commas.")
]
LakeOption = Annotated[
    Path | None, typer.Option("--lake", help="Read a lake instead of Kafka.", file_okay=False, exists=False)
]
AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="Its id, as list shows it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]
LOCAL = "127.0.0.1:9092"


@alerts.command("list")
def list_(
    maker: MakerOption = "",
    brokers: BrokersOption = LOCAL,
    lake: LakeOption = None,
    ended: Annotated[bool, typer.Option("--all", help="With those that ended and those in shadow.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Alerts as they are now, the most urgent first."""
    from streams.alert_history import ENDS, standing

    shown = [
        alert
        for alert in standing(_told(maker, brokers, lake))
        if ended or not (alert.shadow or alert.transition in ENDS)
    ]
    if as_json:
        typer.echo(json.dumps([alert.model_dump(mode="json") for alert in shown]))
        return
    from streams.commands.alerts_table import table

    table(shown)


@alerts.command()
def show(
    alert: AlertArgument,
    maker: MakerOption = "",
    brokers: BrokersOption = LOCAL,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that is needed to judge one alert, and its life so far."""
    from streams.alert_history import find

    steps = find(_told(maker, brokers, lake), alert)
    if not steps:
        raise UserError(f"there is no alert {alert}: edu-twin alerts list --all shows their ids")
    if as_json:
        typer.echo(json.dumps([step.model_dump(mode="json") for step in steps]))
        return
    from streams.commands.alerts_table import story

    story(steps)


@alerts.command()
def ack(alert: AlertArgument, maker: MakerOption = "", brokers: BrokersOption = LOCAL) -> None:
    """Say that somebody has it in hand: from now on only an escalation speaks again, of a limit a later crossing."""
    from schemas.daily import Acknowledge

    _open_alert(maker, brokers, alert)
    _say(Acknowledge(maker=maker, alert_id=alert, time_us=time.time_ns() // 1000), brokers)
    typer.echo(f"{alert} is acknowledged: the fleet stage takes it at its place in the log")


@alerts.command()
def snooze(
    alert: AlertArgument,
    days: Annotated[int, typer.Option(min=1, max=365, help="From today (UTC).")],
    maker: MakerOption = "",
    brokers: BrokersOption = LOCAL,
) -> None:
    """Silence an alert for some days, except for an escalation."""
    from schemas.daily import Snooze

    _open_alert(maker, brokers, alert)
    until = datetime.now(UTC).date() + timedelta(days=days)
    _say(Snooze(maker=maker, alert_id=alert, until=until, time_us=time.time_ns() // 1000), brokers)
    typer.echo(f"{alert} is quiet until {until}")


@alerts.command()
def budget(
    maker: MakerOption = "",
    brokers: BrokersOption = LOCAL,
    lake: LakeOption = None,
    rules: Annotated[
        Path | None, typer.Option(envvar="EDU_TWIN_FLEET_RULES", help="The fleet's rules, if not the defaults.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Alarms of each detector, those in shadow too, against its share of what people accept.

    Taken as false alarms, so of a fleet thought healthy: the bounds are one-sided 95 % of a Poisson count. A new rule
    stands under "shadow" in the rules until its upper bound is within.
    """
    from streams.alert_history import of_lake, of_topics
    from streams.fleet_rules import load_rules
    from streams.limits import LIMIT
    from twin.fleet.budget import expected

    try:
        known = load_rules(rules)
    except ValueError as error:
        raise UserError(str(error)) from None
    history: History
    if lake:
        try:
            history = of_lake(lake)
        except FileNotFoundError as error:
            raise UserError(str(error)) from None
    else:
        history = _ask(of_topics, maker, brokers)
    if not history.unit_days:
        raise UserError("no days of any unit are known yet", UNAVAILABLE)
    found_by_detectors = [alert for alert in history.alerts if alert.detector != LIMIT]
    lines = expected(found_by_detectors, history.unit_months, known)
    if as_json:
        found = [{**line._asdict(), "rate": line.rate._asdict()} for line in lines]
        typer.echo(json.dumps({"unit_months": history.unit_months, "days": history.days, "detectors": found}))
        return
    from streams.commands.alerts_table import costs

    costs(lines, history)


def _told(maker: str, brokers: str, lake: Path | None) -> "list[FleetAlert]":
    from streams.alert_history import of_lake, told

    if lake is None:
        found: list[FleetAlert] = _ask(told, maker, brokers)
        return found
    try:
        return of_lake(lake).alerts
    except FileNotFoundError as error:
        raise UserError(str(error)) from None


def _ask(question: Callable[[list[str], str], Coroutine[Any, Any, T]], maker: str, brokers: str) -> T:
    """What topics say."""
    import asyncio

    from aiokafka.errors import KafkaError

    from streams.addresses import broker_list
    from streams.logs import quiet_clients

    if not maker:
        raise UserError("--maker: whose fleet? (or EDU_TWIN_MAKER, or --lake)")
    try:
        servers = broker_list(brokers)
    except ValueError as error:
        raise UserError(f"--brokers: {error}") from None
    try:
        with quiet_clients():
            return asyncio.run(asyncio.wait_for(question(servers, maker), READ_S))
    except (KafkaError, OSError, TimeoutError) as error:
        problem = f"the topics of {maker} cannot be read at {brokers}: {error!r}; check --brokers and edu-twin setup"
        raise UserError(problem, UNAVAILABLE) from None


def _open_alert(maker: str, brokers: str, alert_id: str) -> None:
    """UserError unless the alert is there and has not ended: a command for another would be lost without a word."""
    from streams.alert_history import ENDS, find

    steps = find(_told(maker, brokers, None), alert_id)
    if not steps:
        raise UserError(f"there is no alert {alert_id}: edu-twin alerts list shows their ids")
    if steps[-1].transition in ENDS:
        raise UserError(f"{alert_id} is {steps[-1].transition} since {EPOCH + timedelta(days=steps[-1].day)}")


def _say(command: "Acknowledge | Snooze", brokers: str) -> None:
    """A record in the fleet's log."""
    from kafka.errors import KafkaError

    from streams.commands.publish import connect
    from streams.fleet_commands import log_topic, say

    topic = log_topic(command.maker)
    producer, _ = connect(brokers, topic)
    try:
        say(producer, command)
    except KafkaError as error:
        raise UserError(f"{topic}: the broker did not take the record: {error}", UNAVAILABLE) from None
    finally:
        producer.close(timeout=1)
