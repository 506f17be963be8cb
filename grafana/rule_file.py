"""The alert rules as Grafana's provisioning reads them: query, its last number, comparison."""

import json
from typing import Any

from grafana_foundation_sdk.builders import alerting, expr
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.alerting import RelativeTimeRange
from grafana_foundation_sdk.models.common import DataSourceRef

from grafana.rules import RULES, Rule

FOLDER, GROUP, INTERVAL = "EDU Twin", "service", "1m"
REDUCED, CONDITION = "B", "C"
EXPRESSION = DataSourceRef(type_val="__expr__", uid="__expr__")
KEYS = ("uid", "title", "condition", "data", "for", "noDataState", "execErrState", "labels", "annotations")
"""What a provisioning file takes; the rest of a rule belongs to the HTTP API."""


def document() -> dict[str, Any]:
    """The file. Grafana fills its environment into labels and leaves queries and annotations alone."""
    rules = [json.loads(JSONEncoder().encode(build(rule).build())) for rule in RULES]
    kept = [{name: rule[name] for name in KEYS} for rule in rules]
    group = {"orgId": 1, "name": GROUP, "folder": FOLDER, "interval": INTERVAL, "rules": kept}
    return {"apiVersion": 1, "groups": [group]}


def build(rule: Rule) -> alerting.Rule:
    """One rule."""
    window = RelativeTimeRange(from_val=rule.window_s, to=0)
    query = alerting.Query("A").datasource_uid(rule.source).relative_time_range(window).model(rule.query())
    return (
        alerting.Rule(rule.title)
        .uid(rule.uid)
        .condition(CONDITION)
        .with_query(query)
        .with_query(_expression(REDUCED, _reduced()))
        .with_query(_expression(CONDITION, _compared(rule)))
        .for_val(rule.lasts)
        .no_data_state(rule.silence)  # type: ignore[arg-type]  # a word of the SDK's
        .exec_err_state("Error")
        .annotations({"summary": rule.summary, "dashboard": f"/d/{rule.dashboard}"})
        .labels({"severity": rule.severity, "maker": "${EDU_TWIN_MAKER}"})
    )


def _expression(ref_id: str, model: Builder[Any]) -> alerting.Query:
    return alerting.Query(ref_id).datasource_uid(EXPRESSION.uid or "").model(model)


def _reduced() -> Builder[Any]:
    return expr.TypeReduce().ref_id(REDUCED).expression("A").reducer("last").datasource(EXPRESSION)


def _compared(rule: Rule) -> Builder[Any]:
    kind, limit = ("gt", rule.above) if rule.above is not None else ("lt", rule.below)
    if limit is None:
        raise ValueError(f"{rule.uid} has no limit")
    evaluator = expr.ExprTypeThresholdConditionsEvaluator().type(kind).params([limit])  # type: ignore[arg-type]
    condition = expr.ExprTypeThresholdConditions().evaluator(evaluator)
    compared = expr.TypeThreshold().ref_id(CONDITION).expression(REDUCED).conditions([condition])
    return compared.datasource(EXPRESSION)
