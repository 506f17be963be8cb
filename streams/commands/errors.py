"""Errors a person can mend: one clear line instead of a traceback, and an exit code for machines."""

WRONG_INPUT = 2  # options, files, maps
UNAVAILABLE = 3  # a server does not answer or is not set up


class UserError(Exception):
    """What went wrong, where, and what to do; ends the command with ``exit_code``."""

    def __init__(self, message: str, exit_code: int = WRONG_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code
