"""``edu-twin notify``: alerts of one maker to a webhook and to Alertmanager, until SIGTERM."""

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from streams.commands.configured import PrintConfigOption, configured
from streams.commands.errors import UNAVAILABLE, UserError

if TYPE_CHECKING:
    from streams.notify import Notifier


def notify(print_config: PrintConfigOption = False) -> None:
    """Tell people's tools of every step in an alert's life, once: EDU_TWIN_NOTIFY__WEBHOOK_URL gets CloudEvents,
    EDU_TWIN_NOTIFY__ALERTMANAGER_URL what is open. Run one per maker.
    """
    settings = configured(print_config)
    if not (settings.notify.webhook_url or settings.notify.alertmanager_url):
        raise UserError("say who is told: EDU_TWIN_NOTIFY__WEBHOOK_URL or EDU_TWIN_NOTIFY__ALERTMANAGER_URL")
    from aiokafka.errors import KafkaError

    from streams import logs
    from streams.buckets import SetupError
    from streams.notify import Notifier
    from streams.setup import await_topics

    logs.configure(settings.log_level)
    try:
        await_topics(settings, ("alerts",))
        asyncio.run(_until_told_to_stop(Notifier(settings)))
    except (KafkaError, SetupError) as error:
        raise UserError(str(error), UNAVAILABLE) from None


async def _until_told_to_stop(notifier: "Notifier") -> None:
    task = asyncio.ensure_future(notifier.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):  # what was not told is told at the next start
        await task
