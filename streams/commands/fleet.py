"""``edu-twin fleet``: the fleet stage of one maker, until SIGTERM."""

from streams.commands.configured import PrintConfigOption, configured
from streams.commands.errors import UNAVAILABLE, UserError


def fleet(print_config: PrintConfigOption = False) -> None:
    """Run the fleet stage: days of all units against their peers, alerts with a life. Settings as the worker's.

    One process of the maker is at work; more stand by. EDU_TWIN_FLEET_RULES names a file with rules that differ from
    the defaults.
    """
    settings = configured(print_config)
    from streams import assembly, logs, worker
    from streams.buckets import SetupError
    from streams.fleet_rules import load_rules
    from streams.setup import await_topics

    logs.configure(settings.log_level)
    try:
        rules = load_rules(settings.fleet_rules)
    except ValueError as error:
        raise UserError(str(error)) from None
    try:
        await_topics(settings, ("telemetry", "daily", "fleet", "alerts"))
    except SetupError as error:
        raise UserError(str(error), UNAVAILABLE) from None
    worker.run(assembly.build_fleet(settings, rules))
