"""A variant's parameters from recorded runs: its own priors, residuals of a target, a fit that says how sure it is.

    free(variant, patterns)  ->  solve(free, residuals)  ->  Fit  ->  write(...)

A target (temperatures, DC power, efficiency) is a function from parameter values to residuals.
"""

from twin.identify.free import Free as Free
from twin.identify.free import free as free
from twin.identify.free import with_values as with_values
from twin.identify.solve import Errors as Errors
from twin.identify.solve import Fit as Fit
from twin.identify.solve import solve as solve
from twin.identify.toml import Origin as Origin
from twin.identify.toml import write as write
