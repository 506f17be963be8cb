"""Dashboard "one unit": how it is, whether that is normal, and what was found."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import Rows, board
from grafana.unit_days import day_rows, first_row
from grafana.unit_state import state_rows
from grafana.unit_tables import HEIGHT, alert_rows, trips


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "State, peers, damage and trips of one electric drive unit. Bands are 90 % intervals."
    rows: Rows = [first_row(), *alert_rows(), *day_rows(), *state_rows(), (HEIGHT, [trips()])]
    return board("edu-unit", "Drive unit", text, rows, units_of="edu_state")
