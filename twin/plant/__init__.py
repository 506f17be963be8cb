"""A simulated fleet that knows the truth: physics of its own, so that it can judge the estimators.

Imports only twin.jit and schemas. No loss or thermal formula is shared with the estimators.
"""
