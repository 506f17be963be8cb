"""``edu-twin worker``: telemetry of one maker through the twins into the sinks, until SIGTERM."""

from streams.commands.configured import PrintConfigOption, configured
from streams.commands.errors import UNAVAILABLE, UserError
from streams.commands.opening import open_twins


def worker(print_config: PrintConfigOption = False) -> None:
    """Run a worker of the consumer group; everything is set by environment variables EDU_TWIN_…"""
    settings = configured(print_config)
    # Importing Faust and numba takes a second that --print-config should not.
    from streams import assembly, logs, worker
    from streams.buckets import SetupError
    from streams.setup import await_topics

    logs.configure(settings.log_level)
    twins = open_twins(settings.variants)
    try:
        await_topics(settings)
    except SetupError as error:
        raise UserError(str(error), UNAVAILABLE) from None
    worker.run(assembly.build(settings, twins))
